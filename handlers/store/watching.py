"""What the board counts: open cases by item, light and state, the days behind the trend, lists on the way down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from handlers.store.case_lists import OPEN
from handlers.store.cases import case_of
from handlers.store.database import marks
from handlers.store.moments import Reads
from handlers.store.records import Case
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ItemLights:
    """One item of a department: its open cases by light, 0 to 3."""

    code: str
    name: str
    by_light: tuple[int, int, int, int]


def items_by_light(reads: Reads, department: str) -> tuple[ItemLights, ...]:
    """The items of a department that have open cases, the most urgent first; drill left out."""
    rows = reads.rows(
        "SELECT item_code, max(item_name) AS name, sum(level = 0) AS a, sum(level = 1) AS b, sum(level = 2) AS c, "  # noqa: S608
        f"sum(level = 3) AS d FROM cases WHERE {OPEN} AND drill = 0 AND department = ? GROUP BY item_code "
        "ORDER BY d DESC, c DESC, b DESC, a DESC, item_code",
        (department,),
    )
    return tuple(
        ItemLights(row["item_code"], row["name"], (row["a"], row["b"], row["c"], row["d"])) for row in rows
    )


def open_cases(
    reads: Reads, department: str, item: str, light: int | None, most: int, page: int
) -> tuple[tuple[Case, ...], int]:
    """The open cases of an item, the most urgent first, and how many; drill left out."""
    where, values = (
        f"{OPEN} AND drill = 0 AND department = ? AND item_code = ?",
        list[object]([department, item]),
    )
    if light is not None:
        where, values = f"{where} AND level = ?", [*values, light]
    total: int = reads.value(f"SELECT count(*) FROM cases WHERE {where}", values)  # noqa: S608
    rows = reads.rows(
        f"SELECT * FROM cases WHERE {where} ORDER BY level DESC, due IS NULL, due, id LIMIT ? OFFSET ?",  # noqa: S608
        (*values, most, (page - 1) * most),
    )
    return tuple(case_of(row) for row in rows), total


def by_state(reads: Reads, departments: Sequence[str]) -> dict[str, int]:
    """Open cases by state; drill left out."""
    rows = reads.rows(
        f"SELECT state, count(*) AS total FROM cases WHERE {OPEN} AND drill = 0 "  # noqa: S608
        f"AND department IN ({marks(departments)}) GROUP BY state",
        tuple(departments),
    )
    return {row["state"]: row["total"] for row in rows}


def by_day(
    reads: Reads, departments: Sequence[str], measures: Sequence[str], first: date, last: date
) -> dict[tuple[str, str], int]:
    """Sums of the daily roll-up by day (`2026-03-01`) and measure."""
    rows = reads.rows(
        "SELECT day, measure, sum(count) AS total FROM daily_count WHERE day BETWEEN ? AND ? "  # noqa: S608
        f"AND measure IN ({marks(measures)}) AND department IN ({marks(departments)}) GROUP BY day, measure",
        (first.isoformat(), last.isoformat(), *measures, *departments),
    )
    return {(row["day"], row["measure"]): row["total"] for row in rows}


def titles(reads: Reads, ids: Sequence[int]) -> dict[int, str]:
    """Item names of cases by row id."""
    rows = reads.rows(f"SELECT id, item_name FROM cases WHERE id IN ({marks(ids)})", tuple(ids))  # noqa: S608
    return {row["id"]: row["item_name"] for row in rows}
