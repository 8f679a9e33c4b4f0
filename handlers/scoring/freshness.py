"""Whether an edition still says what the records say: what has changed since it was computed, in words."""

from __future__ import annotations

from datetime import timedelta

from handlers.store import scores
from handlers.store.moments import Reads
from handlers.store.score_records import Edition
from presentation.dates import date_cn
from rules.errors import IllegalMove
from rules.score_periods import Period
from rules.time import day_start, local_date


def outdated(reads: Reads, edition: Edition) -> IllegalMove | None:
    """Why an edition has to be computed anew before it goes a step further; None when it need not be.

    What is entered, withdrawn or revoked while departments look at a proposal belongs to its period and to no
    other: published without it, it would be counted nowhere.
    """
    period = Period.parse(edition.period)
    if local_date(edition.as_of) <= period.last:
        return IllegalMove(
            f"这一版是{date_cn(edition.as_of)}算的，{period.label}那时还没有过完。请先按现在的数据重新计算。"
        )
    if scores.upheld_since(reads, edition.period, edition.as_of):
        return IllegalMove("有申诉成立以后还没有重新计算。请先更正事实（撤销牌、撤回登记），再重新计算。")
    if period.span != "month":
        newer = [month.label for month in period.months if _published_since(reads, month, edition)]
        return IllegalMove(f"{'、'.join(newer)}新公布以后还没有重新计算。请先重新计算。") if newer else None
    first, after = day_start(period.first), day_start(period.last + timedelta(days=1))
    changed = scores.changed_since(reads, edition.period, first, after, edition.as_of)
    if changed:
        return IllegalMove(f"{'、'.join(changed)}以后还没有重新计算。请先按现在的数据重新计算。")
    return None


def _published_since(reads: Reads, month: Period, edition: Edition) -> bool:
    newest = scores.newest(reads, month.text, "published")
    return newest is not None and newest.published is not None and newest.published > edition.as_of
