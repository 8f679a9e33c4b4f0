"""Makes the facts of cases from their records, and keeps facts and roll-ups up with the event log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from catalog.schema import Item
from handlers.casework.clocks import as_rules
from handlers.casework.ground import Ground
from handlers.store import case_facts
from handlers.store.case_facts import CaseFact, Happening, ItemFact, day_number
from handlers.store.database import Database
from handlers.store.records import Case, Clock, PauseRow
from handlers.store.writer import Transaction
from rules.clock import agency_and_total_time
from rules.pause import Pause
from rules.time import local_date

# So many events are taken in by one job: others write in between.
AT_ONCE = 2_000
ONLINE = frozenset({"web", "phone"})
DECIDED = frozenset({"granted", "denied"})
_HOUR = 3_600


def refresh(database: Database, ground: Ground, *, most: int | None = None) -> bool:
    """Takes new events in, at most about `most` of them; whether all are in. Two at once do no harm."""
    _recount_provisional(database, ground)
    newest, done = case_facts.newest_event(database), 0
    while True:
        after = int(case_facts.mark(database, "event") or 0)
        if after >= newest:
            return True
        if most is not None and done >= most:
            return False
        database.write(lambda tx: _take_in(tx, ground))
        done += AT_ONCE


def rebuild(database: Database, ground: Ground) -> None:
    """Makes everything anew from the log; the same as what was kept, unless something was wrong."""
    database.write(case_facts.forget_everything)
    refresh(database, ground)


def _take_in(tx: Transaction, ground: Ground) -> None:
    # Read again inside the job: of two processes the second finds the first one's mark.
    found = case_facts.touched(tx, int(case_facts.mark(tx, "event") or 0), AT_ONCE)
    _store(tx, ground, found.cases, found.happened)
    case_facts.set_mark(tx, "event", str(found.upto))


def _recount_provisional(database: Database, ground: Ground) -> None:
    """Cases counted before a year's calendar was out are counted again once it is."""
    seal = case_facts.seal_of(ground.calendar.years)
    before = case_facts.mark(database, "calendar")
    if before == seal:
        return
    after = 0
    while before:
        ids = case_facts.provisional_cases(database, after, 500)
        if not ids:
            break
        database.write(lambda tx, ids=ids: _store(tx, ground, ids, ()))  # type: ignore[misc]
        after = ids[-1]
    database.write(lambda tx: case_facts.set_mark(tx, "calendar", seal))


def _store(tx: Transaction, ground: Ground, ids: Sequence[int], happened: Sequence[Happening]) -> None:
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        rows = list(case_facts.cases_with_ledgers(tx, some))
        numbers = case_facts.item_numbers(tx, _items(ground, (row[0] for row in rows)))
        facts = [
            fact_of(ground, case, numbers[case.item_version], pauses, promise, rated)
            for case, pauses, promise, rated in rows
        ]
        own = set(some)
        case_facts.store(tx, facts, [each for each in happened if each.case_id in own])


def _items(ground: Ground, cases: Iterable[Case]) -> list[ItemFact]:
    found: dict[str, ItemFact] = {}
    for case in cases:
        if case.item_version not in found:
            found[case.item_version] = item_fact(case, ground.guides.version(case.item_version))
    return list(found.values())


def item_fact(case: Case, item: Item | None) -> ItemFact:
    """The pinned version of a case's item; what is not known of a version that is gone stays unknown."""
    if item is None:
        return ItemFact(case.item_version, case.item_code, case.item_name, case.item_type, None, None)
    return ItemFact(
        case.item_version,
        case.item_code,
        case.item_name,
        case.item_type,
        item.depth,
        item.visits.count,
        themes(item),
    )


def themes(item: Item) -> tuple[str, ...]:
    """Theme codes, personal ones after `p`, business ones after `b`."""
    return (*(f"p{each}" for each in item.themes_personal), *(f"b{each}" for each in item.themes_business))


def fact_of(
    ground: Ground,
    case: Case,
    item: int,
    pauses: Sequence[PauseRow],
    promise: Clock | None,
    rated: datetime | None,
) -> CaseFact:
    """A case as statistics see it, as its records stand."""
    version = ground.guides.version(case.item_version)
    base = CaseFact(
        case_id=case.id,
        item=item,
        department=case.department,
        unit=case.accepting_unit,
        channel=case.channel,
        outcome=case.outcome,
        online=int(case.channel in ONLINE),
        filed=day_number(case.submitted_at),
        accepted=None if case.accepted_at is None else day_number(case.accepted_at),
        closed=None if case.closed_at is None else day_number(case.closed_at),
        rated=None if rated is None else day_number(rated),
        rating=case.rating,
        visits=None if version is None else version.visits.count,
    )
    if case.closed_at is None or case.accepted_at is None:
        return base
    return _timed(ground, base, case, pauses, promise)


def _timed(
    ground: Ground, base: CaseFact, case: Case, pauses: Sequence[PauseRow], promise: Clock | None
) -> CaseFact:
    calendar, closed, accepted = ground.calendar, case.closed_at, case.accepted_at
    assert closed is not None
    assert accepted is not None
    if promise is None:
        ledger = tuple(Pause(each.started, each.ended, each.notified_days) for each in pauses)
    else:
        ledger = as_rules(calendar, promise, pauses)
    took = agency_and_total_time(case.submitted_at, accepted, closed, calendar, ledger)
    unpaused = agency_and_total_time(case.submitted_at, accepted, closed, calendar) if ledger else took
    paused = unpaused.agency_days - took.agency_days
    provisional = int(calendar.is_provisional_between(local_date(case.submitted_at), local_date(closed)))
    if case.outcome not in DECIDED:
        return replace(base, paused_days=paused, provisional=provisional)
    return replace(
        base,
        on_time=int(promise is None or closed <= promise.due),
        early=int(
            promise is not None and promise.limit_days > 0 and local_date(closed) < local_date(promise.due)
        ),
        agency_days=took.agency_days,
        total_days=took.total_days,
        lived_days=took.lived_days,
        # Hours that were begun count: nobody is told less than they waited.
        agency_hours=-(-took.agency_seconds // _HOUR),
        total_hours=-(-took.total_seconds // _HOUR),
        paused_days=paused,
        provisional=provisional,
    )
