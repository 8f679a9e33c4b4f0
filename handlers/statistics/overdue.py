"""Cases past their promise in a period, without anything that names an applicant."""

from __future__ import annotations

from datetime import date, datetime

from handlers.casework.ground import Ground
from handlers.store import statistics
from handlers.store.database import Database
from handlers.store.records import Case
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


@dataclass(frozen=True, slots=True)
class OverdueCases:
    """Those that fell due first, by department; `total` are all of them, `running` those still in hand."""

    rows: tuple[OverdueCase, ...]
    total: int
    running: int


def overdue_cases(
    database: Database, ground: Ground, found: Window, now: datetime, most: int
) -> OverdueCases:
    """Decided late in the period, and in review past their promise now; at most so many, the first to fall due.

    Shown by department, the longest over first.
    """
    with database.snapshot():
        overdue = statistics.overdue(database, found.first, found.last, now, most)
    rows = [_row(ground, case, local_date(due), now) for case, due in overdue.cases]
    order = {each.short_name: place for place, each in enumerate(ground.departments.values())}
    rows.sort(key=lambda each: (order.get(each.department, len(order)), -each.over, each.due))
    return OverdueCases(tuple(rows), overdue.late + overdue.running, overdue.running)


def _row(ground: Ground, case: Case, due: date, now: datetime) -> OverdueCase:
    end, department = case.closed_at or now, ground.departments.get(case.department)
    return OverdueCase(
        department.short_name if department else ground.unit_name(case.department),
        case.item_name,
        None if case.accepted_at is None else local_date(case.accepted_at),
        due,
        None if case.closed_at is None else local_date(case.closed_at),
        ground.calendar.working_days_between(due, local_date(end)),
    )
