"""Makes the facts of cases from their records, and keeps facts and roll-ups up with the event log."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from handlers.casework.clocks import as_rules
from handlers.casework.ground import Ground
from handlers.statistics.making import DECIDED, HOUR, ONLINE, Maker
from handlers.store import case_facts, fact_bulk
from handlers.store.case_facts import CaseFact, Happening, day_number
from handlers.store.database import Database
from handlers.store.fact_bulk import Bare
from handlers.store.records import Case, Clock, PauseRow
from handlers.store.writer import Transaction
from rules.clock import agency_and_total_time
from rules.pause import Pause
from rules.time import local_date

# So many events are taken in by one job: others write in between.
AT_ONCE = 2_000
# Of the bulk: so many cases by one step, so many events looked through, so many seconds of steps in one job.
CASES_AT_ONCE = 5_000
EVENTS_AT_ONCE = 200_000
LONGEST_JOB = 0.5
BULK = "bulk"


def refresh(database: Database, ground: Ground, *, most: int | None = None) -> bool:
    """Takes new events in, at most about `most` of them; whether all are in. Two at once do no harm."""
    if case_facts.counted_otherwise(database):
        database.write(case_facts.forget_what_was_counted_otherwise)
    _recount_provisional(database, ground)
    newest, done = case_facts.newest_event(database), 0
    if newest and not case_facts.mark(database, "event") and not catch_up(database, ground, most):
        return False
    while True:
        after = int(case_facts.mark(database, "event") or 0)
        if after >= newest:
            return True
        if most is not None and done >= most:
            return False
        database.write(lambda tx: _take_in(tx, ground))
        done += AT_ONCE


def rebuild(database: Database, ground: Ground) -> None:
    """Makes everything anew; the same as what was kept, unless something was wrong."""
    database.write(case_facts.forget_everything)
    refresh(database, ground)


def catch_up(database: Database, ground: Ground, most: int | None = None) -> bool:
    """The first taking in, in bulk: all cases as they stand, then what happened, then the roll-ups month by month.

    Many short jobs, each of which notes how far it is, so that others write in between and one that was broken off
    goes on. Events that come meanwhile are taken in afterwards; that puts right what they changed.
    """
    maker, done = Maker(ground), 0
    while not database.write(lambda tx: _bulk_job(tx, maker)):
        done += AT_ONCE
        if most is not None and done >= most:
            return False
    return True


def _bulk_job(tx: Transaction, maker: Maker) -> bool:
    """The next job of the bulk; whether all is done. What is done is read inside: two at once take turns."""
    if case_facts.mark(tx, "event"):
        return True
    noted = case_facts.mark(tx, BULK) or f"facts 0 {case_facts.newest_event(tx)}"
    phase, position, upto = noted.split()
    until = time.perf_counter() + LONGEST_JOB
    while True:
        phase, position = _bulk_step(tx, maker, phase, int(position), int(upto))
        if not phase or time.perf_counter() >= until:
            break
    if phase:
        case_facts.set_mark(tx, BULK, f"{phase} {position} {upto}")
        return False
    case_facts.set_mark(tx, "event", upto)
    case_facts.drop_mark(tx, BULK)
    return True


def _bulk_step(tx: Transaction, maker: Maker, phase: str, position: int, upto: int) -> tuple[str, str]:
    """One step; which phase is next and from where. An empty phase is the end."""
    if phase == "facts":
        cases = fact_bulk.bare_after(tx, position, CASES_AT_ONCE)
        if not cases:
            return "happenings", "0"
        fact_bulk.put_facts(tx, _rows(tx, maker, cases))
        return "facts", str(cases[-1].id)
    if phase == "happenings":
        if position >= upto:
            return "rolls", "0"
        end = min(position + EVENTS_AT_ONCE, upto)
        fact_bulk.put_happenings(tx, position, end)
        return "happenings", str(end)
    month = fact_bulk.next_month(tx, position)
    if month is None:
        return "", "0"
    fact_bulk.roll_month(tx, month)
    return "rolls", str(month)


def _rows(tx: Transaction, maker: Maker, cases: Sequence[Bare]) -> list[tuple[object, ...]]:
    """Facts as rows: by the table of days where a case is plain, else the long way."""
    maker.know(tx, cases)
    made = [(case, maker.plain(case)) for case in cases]
    found = [row for _, row in made if row is not None]
    others = [case.id for case, row in made if row is None]
    for start in range(0, len(others), 500):
        for case, pauses, promise, rated in case_facts.cases_with_ledgers(tx, others[start : start + 500]):
            fact = fact_of(maker.ground, case, maker.item(case.item_version), pauses, promise, rated)
            found.append(tuple(getattr(fact, name) for name in case_facts.COLUMNS))
    return found


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
    maker = Maker(ground)
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        rows = _rows(tx, maker, fact_bulk.bare_of(tx, some))
        own = set(some)
        case_facts.store(
            tx,
            [CaseFact(*row) for row in rows],  # type: ignore[arg-type]
            [each for each in happened if each.case_id in own],
        )


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
        agency_hours=-(-took.agency_seconds // HOUR),
        total_hours=-(-took.total_seconds // HOUR),
        paused_days=paused,
        provisional=provisional,
    )
