"""Cases past their promise in a period, without anything that names an applicant."""

from __future__ import annotations

from datetime import date, datetime

from handlers.casework.ground import Ground
from handlers.store import clocks, statistics
from handlers.store.database import Database
from handlers.store.records import Case
from handlers.store.statistics import Narrowed
from rules.clock import ClockKind
from rules.quick_dataclass import dataclass
from rules.statistics import Window
from rules.time import local_date


@dataclass(frozen=True, slots=True)
class OverdueCase:
    """`over`: working days past the promise, to the decision or to now. `closed` None: still in hand."""

    department: str
    item: str
    accepted: date | None
    due: date
    closed: date | None
    over: int


def overdue_cases(
    database: Database, ground: Ground, found: Window, now: datetime, most: int
) -> tuple[OverdueCase, ...]:
    """Decided late in the period, and in review past their promise now; by department, the longest over first."""
    with database.snapshot():
        late, _ = statistics.behind(
            database, ("late",), None, found.first, found.last, Narrowed(), (), most, 1
        )
        running = statistics.past_promise(database, now, most)
        rows = [_row(database, ground, case, now) for case in (*late, *running)]
    kept = [each for each in rows if each is not None]
    order = {each.short_name: place for place, each in enumerate(ground.departments.values())}
    kept.sort(key=lambda each: (order.get(each.department, len(order)), -each.over, each.due))
    return tuple(kept[:most])


def _row(database: Database, ground: Ground, case: Case, now: datetime) -> OverdueCase | None:
    promise = next(
        (each for each in clocks.of_subject(database, "case", case.id) if each.kind is ClockKind.PROMISE),
        None,
    )
    if promise is None:
        return None
    end, department = case.closed_at or now, ground.departments.get(case.department)
    return OverdueCase(
        department.short_name if department else ground.unit_name(case.department),
        case.item_name,
        None if case.accepted_at is None else local_date(case.accepted_at),
        local_date(promise.due),
        None if case.closed_at is None else local_date(case.closed_at),
        ground.calendar.working_days_between(local_date(promise.due), local_date(end)),
    )
