"""Demo scores: two past months published, made up; the last with the departments and the running one as draft, both
computed from the demo's own cases, so that every figure opens into them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from handlers.casework.demo_cases import Stage
from handlers.scoring.anonymity import WITHOUT_DAY, with_enough_ratings
from handlers.scoring.editions import Computed, keep
from handlers.scoring.freshness import outdated
from handlers.scoring.ledgering import item_lines
from handlers.scoring.requests import NewEntry
from handlers.scoring.service import Scores
from handlers.store import scores as scores_stored
from handlers.supervising.requests import AgainstScore
from handlers.supervising.service import Supervision
from rules.score_ledger import LedgerHead, LedgerLine, read, write
from rules.score_periods import Period
from rules.score_ranking import as_json, ranking
from rules.time import SHANGHAI

# So many departments of a made-up month are busy enough to be ranked.
BUSY = 9
_SUPERVISOR, _PUBLISHER = "county-supervisor", "publisher"


def plan(scores: Scores, supervision: Supervision, stage: Stage) -> None:
    """Puts everything on the stage, each at its time; nothing without the accounts of county and departments."""
    departments = list(scores.ground().departments)
    coordinators = [each for each in departments if f"{each}-coordinator" in stage.people]
    if _SUPERVISOR not in stage.people or _PUBLISHER not in stage.people or not coordinators:
        return
    running = Period.month_of(stage.now.date())
    shown = running.before
    for month in (shown.before.before, shown.before):
        _plan_published(scores, stage, month)
    _plan_shown(scores, supervision, stage, shown, coordinators[min(13, len(coordinators) - 1)])
    stage.plan(
        stage.now - timedelta(minutes=4),
        lambda at: _ignore(scores.draft(running.text, stage.people[_SUPERVISOR], now=at)),
    )


def _plan_published(scores: Scores, stage: Stage, month: Period) -> None:
    """Proposed on the second of the next month, published on its 28th, when the days for appeals are over."""
    following = month.last + timedelta(days=1)
    proposed = datetime.combine(following.replace(day=2), time(9, 30), SHANGHAI)
    published = datetime.combine(following.replace(day=28), time(10, 0), SHANGHAI)
    kept: list[int] = []

    def propose(at: datetime) -> None:
        person = stage.people[_SUPERVISOR]
        made = keep(scores.database, scores.basis(), month, _made_up(scores, month, at), None, person, at, "")
        kept.append(scores.propose(made.id, person, now=at).id)

    def publish(at: datetime) -> None:
        edition = scores_stored.by_id(scores.database, kept[0])
        assert edition is not None
        if outdated(scores.database, edition):
            # Made up, and so still true; only the demo's own cases of that month have moved on.
            made = Computed(scores.text(edition.ledger_hash), scores.text(edition.ranking_hash))
            keep(scores.database, scores.basis(), month, made, edition, stage.people[_SUPERVISOR], at, "")
        scores.publish(kept[0], stage.people[_PUBLISHER], now=at)

    stage.plan(proposed, propose)
    stage.plan(published, publish)


def _plan_shown(
    scores: Scores, supervision: Supervision, stage: Stage, month: Period, department: str
) -> None:
    """Last month: an entry, checked registers, shown to the departments a while ago, and one of them appeals."""
    begins = datetime.combine(month.last + timedelta(days=1), time(0, 5), SHANGHAI)
    shown = max(begins, stage.now - timedelta(hours=20))
    supervisor = stage.people[_SUPERVISOR]
    entered = NewEntry(
        kind="case_lost", department=department, happened=month.last - timedelta(days=9),
        basis="（演示）行政判决书（虚构文号）", note="决定依据不足，被判决撤销",
    )  # fmt: skip
    stage.plan(shown - timedelta(minutes=3), lambda at: _ignore(scores.enter(entered, supervisor, now=at)))

    def propose(at: datetime) -> None:
        for head in ("liability", "integrity"):
            checked = NewEntry(
                "register", "", None, "已与法院、复议机关、纪检机关核对（演示）", head=head, period=month.text
            )
            scores.enter(checked, supervisor, now=at)
        made = scores.draft(month.text, supervisor, now=at)
        scores.propose(made.id, supervisor, now=at)

    stage.plan(shown, propose)
    words = "判决尚未生效，我单位已提起上诉（演示）。请在二审判决以后再登记。"
    target = AgainstScore(department, month.text, f"{month.label}绩效评分（第1版）", shown, frozenset())
    stage.plan(
        max(shown + timedelta(minutes=1), stage.now - timedelta(minutes=9)),
        lambda at: _ignore(
            supervision.file_appeal(target, words, stage.people[f"{department}-coordinator"], now=at)
        ),
    )


def _ignore(_: object) -> None:
    """A stage's actions give nothing back."""


def _made_up(scores: Scores, month: Period, at: datetime) -> Computed:
    """A month that never was: the items are the county's own, the facts are drawn."""
    basis = scores.basis()
    ground = basis.ground
    lines = [*item_lines(ground, basis.elements, month.last)]
    facts = with_enough_ratings(_facts(list(ground.departments), lines, month))
    drawn = sorted(
        facts, key=lambda each: (each.kind if each.kind in WITHOUT_DAY else "", each.day, each.token)
    )
    lines += [replace(each, n=number) for number, each in enumerate(drawn, start=len(lines) + 1)]
    departments = tuple((each.id, each.short_name) for each in ground.departments.values())
    head = LedgerHead(
        ground.county.name,
        month.text,
        1,
        basis.scheme.version,
        at.date().isoformat(),
        departments,
        "演示数据，不是真的",
    )
    data = write(head, lines)
    return Computed(data, as_json(ranking(read(data), basis.scheme)))


def _facts(departments: list[str], items: list[LedgerLine], month: Period) -> Iterator[LedgerLine]:
    # One seed a month: the same demo everywhere.
    dice = random.Random(month.text)  # noqa: S311
    offered: dict[str, list[str]] = {}
    for line in items:
        offered.setdefault(line.department, []).append(line.item)
    active = sorted(offered, key=lambda each: (-len(offered[each]), departments.index(each)))
    for place, department in enumerate(active):
        closed = dice.randint(31, 72) if place < BUSY else dice.randint(1, 24)
        for _ in range(closed):
            yield from _case(dice, month, department, dice.choice(offered[department]))
        for _ in range(dice.randint(0, 4)):
            late = dice.random() < 0.12
            yield _line(dice, month, "reply", department, result="late" if late else "on_time")
        if dice.random() < 0.3:
            result = dice.choices(("answered", "late", "unanswered"), (6, 2, 1))[0]
            yield _line(dice, month, "order", department, result=result)
        if place < BUSY and dice.random() < 0.2:
            yield replace(_line(dice, month, "conduct", department), day="")
    for head in ("liability", "integrity"):
        yield LedgerLine(0, "register", "", day=month.last.isoformat(), head=head)


def _case(dice: random.Random, month: Period, department: str, item: str) -> Iterator[LedgerLine]:
    card = dice.choices((0, 1, 2, 3), (180, 12, 4, 1))[0]
    closed = _line(dice, month, "closed", department, item=item)
    result = "late" if card >= 2 else dice.choices(("early", "on_time"), (2, 3))[0]
    yield replace(closed, result=result, marks=("carded",) if card else ())
    if card:
        state = "revoked" if dice.random() < 0.15 else ""
        yield replace(
            closed,
            kind="card",
            object=dice.choice(("case", "case", "stage")),
            level=card,
            matter=closed.token[:8],
            state=state,
        )
    if dice.random() < 0.03:
        trigger = dice.choice(("second_supplement", "missing_notice", "no_reasons"))
        yield replace(closed, kind="card", object="case", trigger=trigger, level=2, matter=closed.token[8:])
    if dice.random() < 0.45:
        score = dice.choices((1, 2, 3, 4, 5), (30, 10, 4, 1, 1))[0]
        yield replace(_line(dice, month, "rating", department, result=str(score)), day="")


def _line(
    dice: random.Random, month: Period, kind: str, department: str, item: str = "", result: str = ""
) -> LedgerLine:
    day = month.first + timedelta(days=dice.randrange((month.last - month.first).days + 1))
    token = f"{dice.getrandbits(64):016x}"
    return LedgerLine(0, kind, department, day=day.isoformat(), item=item, token=token, result=result)
