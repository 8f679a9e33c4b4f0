"""The daily roll-up that pages read instead of counting events; drill cases never enter it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from handlers.store.moments import Reads
from handlers.store.records import DailyCount
from handlers.store.writer import Transaction


def add(tx: Transaction, day: date, department: str, measures: Sequence[str], by: int = 1) -> None:
    """Counts each measure up for a day and department."""
    for measure in measures:
        tx.tally(
            "INSERT INTO daily_count (day, department, measure, count) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (day, department, measure) DO UPDATE SET count = count + excluded.count",
            (day.isoformat(), department, measure),
            by,
        )


def between(reads: Reads, first: date, last: date) -> tuple[DailyCount, ...]:
    """All counts from one day to another, both included."""
    rows = reads.rows(
        "SELECT * FROM daily_count WHERE day BETWEEN ? AND ? ORDER BY day, department, measure",
        (first.isoformat(), last.isoformat()),
    )
    return tuple(
        DailyCount(date.fromisoformat(row["day"]), row["department"], row["measure"], row["count"])
        for row in rows
    )


def totals(reads: Reads, first: date, last: date) -> dict[tuple[str, str], int]:
    """Sums by department and measure from one day to another, both included."""
    rows = reads.rows(
        "SELECT department, measure, sum(count) AS total FROM daily_count WHERE day BETWEEN ? AND ? "
        "GROUP BY department, measure",
        (first.isoformat(), last.isoformat()),
    )
    return {(row["department"], row["measure"]): row["total"] for row in rows}
