"""Lists of cases: what the desk and the board ask, with authority as part of every query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.store.cases import case_of
from handlers.store.database import marks
from handlers.store.moments import Reads, stamp
from handlers.store.records import Case
from rules.case_terms import ENDED
from rules.quick_dataclass import dataclass

# A list ends here and a tab shows this number for any more.
MOST_LISTED = 10_000
MOST_COUNTED = 1_000

_ENDED = tuple(sorted(ENDED))
OPEN = f"state NOT IN ({', '.join(repr(str(state)) for state in _ENDED)})"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person may see and has to do.

    `departments` and `accepting`: cases of these are seen. `holders`: (role, units) pairs whose work is theirs;
    `fronts`: departments for which they may also do the front work.
    """

    person: str
    departments: tuple[str, ...]
    accepting: tuple[str, ...]
    step_units: tuple[str, ...]
    holders: tuple[tuple[str, tuple[str, ...]], ...]
    fronts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to. `search` looks into numbers, applicants' names and items' names."""

    tab: str
    search: str = ""
    department: str | None = None
    state: str | None = None


Condition = tuple[str, list[object]]


def listed(
    reads: Reads, scope: Scope, wanted: Wanted, now: datetime, soon: datetime, most: int, page: int
) -> tuple[tuple[Case, ...], int]:
    """A page of a list and how many there are in all (at most MOST_LISTED)."""
    where, values = _where(scope, wanted, now, soon)
    total = _counted(reads, where, values, MOST_LISTED)
    order = "changed_at DESC, id DESC" if wanted.tab in ("done", "all") else "due IS NULL, due, id"
    rows = reads.rows(
        f"SELECT * FROM cases WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608
        (*values, most, (page - 1) * most),
    )
    return tuple(case_of(row) for row in rows), total


def count(reads: Reads, scope: Scope, tab: str, now: datetime, soon: datetime) -> int:
    """How many cases a tab holds (at most MOST_COUNTED)."""
    where, values = _where(scope, Wanted(tab), now, soon)
    return _counted(reads, where, values, MOST_COUNTED)


def _counted(reads: Reads, where: str, values: list[object], most: int) -> int:
    """At most `most`: nobody reads beyond, and counting a million rows for a tab would cost a second."""
    found: int = reads.value(
        f"SELECT count(*) FROM (SELECT 1 FROM cases WHERE {where} LIMIT ?)",  # noqa: S608
        (*values, most),
    )
    return found


def _where(scope: Scope, wanted: Wanted, now: datetime, soon: datetime) -> tuple[str, list[object]]:
    conditions: list[Condition] = [_seen(scope)]
    if wanted.tab == "to_do":
        conditions.append(_to_do(scope))
    elif wanted.tab == "done":
        conditions.append(
            ("id IN (SELECT subject_id FROM event WHERE actor = ? AND actor LIKE 'p-%' AND subject = 'case')",
             [scope.person])
        )  # fmt: skip
        conditions.append(_not(_to_do(scope)))
    elif wanted.tab == "due_soon":
        conditions.append(_to_do(scope))
        conditions.append(("due >= ? AND (due <= ? OR level > 0)", [stamp(now), stamp(soon)]))
    elif wanted.tab == "overdue":
        conditions.append((f"{OPEN} AND due < ?", [stamp(now)]))
    if wanted.department:
        conditions.append(("department = ?", [wanted.department]))
    if wanted.state:
        conditions.append(("state = ?", [wanted.state]))
    if wanted.search.strip():
        conditions.append(_found(wanted.search.strip()))
    text = " AND ".join(f"({condition})" for condition, _ in conditions)
    return text, [value for _, values in conditions for value in values]


def _seen(scope: Scope) -> Condition:
    parts, values = list[str](), list[object]()
    for column, units in (("department", scope.departments), ("accepting_unit", scope.accepting)):
        if units:
            parts.append(f"{column} IN ({marks(units)})")
            values += units
    if scope.step_units:
        parts.append(f"id IN (SELECT case_id FROM step WHERE unit IN ({marks(scope.step_units)}))")  # noqa: S608
        values += scope.step_units
    # A constant among the alternatives would keep SQLite from using an index for each of them.
    return " OR ".join(parts) or "0", values


def _to_do(scope: Scope) -> Condition:
    parts, values = list[str](), list[object]()
    for role, units in scope.holders:
        if units:
            parts.append(f"{OPEN} AND holder_role = ? AND holder_unit IN ({marks(units)})")
            values += [role, *units]
    if scope.fronts:
        parts.append(f"{OPEN} AND holder_role = 'window_clerk' AND department IN ({marks(scope.fronts)})")
        values += scope.fronts
    return " OR ".join(f"({part})" for part in parts) or "0", values


def _not(condition: Condition) -> Condition:
    return f"NOT ({condition[0]})", condition[1]


def _found(text: str) -> Condition:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return (
        "number LIKE ? ESCAPE '\\' OR item_name LIKE ? ESCAPE '\\' OR "
        "id IN (SELECT case_id FROM case_payload WHERE applicant_name LIKE ? ESCAPE '\\')",
        [f"{escaped.upper()}%", f"%{escaped}%", f"{escaped}%"],
    )


def open_by_light(reads: Reads, departments: Sequence[str]) -> dict[tuple[str, int], int]:
    """Open cases by department and light; drill left out."""
    rows = reads.rows(
        f"SELECT department, level, count(*) AS total FROM cases WHERE {OPEN} AND drill = 0 "  # noqa: S608
        f"AND department IN ({marks(departments)}) GROUP BY department, level",
        tuple(departments),
    )
    return {(row["department"], row["level"]): row["total"] for row in rows}


def paused_and_provisional(reads: Reads, departments: Sequence[str]) -> tuple[int, int]:
    """How many open cases stand in a special procedure, and how many have a provisional due day."""
    row = reads.row(
        "SELECT sum(state = 'special_procedure') AS paused, sum(due_provisional) AS provisional FROM cases "  # noqa: S608
        f"WHERE {OPEN} AND drill = 0 AND department IN ({marks(departments)})",
        tuple(departments),
    )
    return (0, 0) if row is None else (row["paused"] or 0, row["provisional"] or 0)


def open_by_department(
    reads: Reads, departments: Sequence[str], *, overdue_at: datetime | None = None
) -> dict[str, int]:
    """Open cases by department; with `overdue_at` those whose due moment is past then. Drill left out."""
    late, values = ("", []) if overdue_at is None else (" AND due < ?", [stamp(overdue_at)])
    rows = reads.rows(
        f"SELECT department, count(*) AS total FROM cases WHERE {OPEN} AND drill = 0 "  # noqa: S608
        f"AND department IN ({marks(departments)}){late} GROUP BY department",
        (*departments, *values),
    )
    return {row["department"]: row["total"] for row in rows}
