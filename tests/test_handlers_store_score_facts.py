"""What orders and letters count as in a score, told by the moves and sweeps that made them, never by planted rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from handlers.store.moments import Reads
from handlers.store.score_facts import facts
from handlers.store.score_records import Fact
from rules.time import day_start
from tests.casework_fixtures import at
from tests.order_fixtures import bureau
from tests.supervising_fixtures import Bureau

__all__ = ["bureau"]


def month(reads: Reads, kind: str, as_of: str, period: str = "2026-03") -> list[Fact]:
    """The facts of a kind that a month has as its records stand, read at a moment."""
    first = day_start(datetime.fromisoformat(f"{period}-01").date())
    after = day_start((first + timedelta(days=31)).replace(day=1).date())
    return [each for each in facts(reads, period, first, after, at(as_of)) if each.kind == kind]


def results(reads: Reads, kind: str, as_of: str, period: str = "2026-03") -> list[str]:
    return [each.result for each in month(reads, kind, as_of, period)]


# --- orders: 13 March, to be explained by the 20th -------------------------------------------------------------


def _unexplained(bureau: Bureau) -> None:
    bureau.order()


def _demanded(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.hall.casework.sweep(at("2026-03-23"))
    bureau.move(order, "demand", "county", "2026-03-23", text="建立顶岗制度", days="3")
    bureau.move(order, "report", "coordinator", "2026-03-24", text="制度已印发")
    bureau.move(order, "close", "county", "2026-03-25", text="整改到位")


def _returned(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(order, "explain", "decider", "2026-03-16", text="人手不够")
    bureau.move(order, "return", "county", "2026-03-17", text="没有说原因", days="2")


def _returned_late(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(order, "explain", "decider", "2026-03-23", text="人手不够")
    bureau.move(order, "return", "county", "2026-03-24", text="没有说原因", days="2")


def _returned_and_demanded(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(order, "explain", "decider", "2026-03-16", text="人手不够")
    bureau.move(order, "return", "county", "2026-03-17", text="没有说原因", days="2")
    bureau.move(order, "demand", "county", "2026-03-20", text="建立顶岗制度", days="3")
    bureau.move(order, "report", "coordinator", "2026-03-23", text="制度已印发")


@pytest.mark.parametrize("made", [_unexplained, _demanded, _returned, _returned_late, _returned_and_demanded])
def test_an_order_left_without_an_explanation_is_unanswered_swept_or_not(
    bureau: Bureau, made: Callable[[Bureau], None]
) -> None:
    made(bureau)
    assert results(bureau.hall.database, "order", "2026-04-01") == ["unanswered"]
    bureau.hall.casework.sweep(at("2026-03-31 20:00"))
    assert results(bureau.hall.database, "order", "2026-04-01") == ["unanswered"]


@pytest.mark.parametrize(("when", "said"), [("2026-03-20 17:00", "answered"), ("2026-03-23 09:00", "late")])
@pytest.mark.parametrize("judged", ["", "accept", "demand"])
def test_an_explained_order_is_answered_or_late_whatever_was_decided_on_it(
    bureau: Bureau, when: str, said: str, judged: str
) -> None:
    order = bureau.order()
    bureau.hall.casework.sweep(at(when))
    bureau.move(order, "explain", "decider", when, text="因停电一天")
    if judged:
        bureau.move(order, judged, "county", "2026-03-24", text="建立顶岗制度", days="3")
    bureau.hall.casework.sweep(at("2026-03-31"))
    assert results(bureau.hall.database, "order", "2026-04-01") == [said]


def test_a_returned_order_counts_when_it_is_explained_again_or_its_new_day_has_passed(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(order, "explain", "decider", "2026-03-16", text="人手不够")
    bureau.move(order, "return", "county", "2026-03-17", text="没有说原因", days="2")
    assert results(bureau.hall.database, "order", "2026-03-19 20:00") == []
    assert results(bureau.hall.database, "order", "2026-03-20 00:00:01") == ["unanswered"]
    bureau.move(order, "explain", "coordinator", "2026-03-19", text="窗口一人请假，没有顶岗")
    assert results(bureau.hall.database, "order", "2026-03-19 20:00") == ["answered"]
