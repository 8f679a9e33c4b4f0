"""Facts and roll-ups made in bulk: bare rows in order of case, happenings and roll-ups by statements over sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from handlers.store.case_facts import COLUMNS, HAPPENINGS
from handlers.store.database import marks
from handlers.store.moments import Reads
from handlers.store.statistics import BASES, SOURCES, Base
from handlers.store.writer import Transaction


class Bare(NamedTuple):
    """What a case's fact is made from, texts as stored. `due` and `limit_days` are its promise's, if it has one."""

    id: int
    item_version: str
    item_code: str
    item_name: str
    item_type: str
    department: str
    unit: str
    channel: str
    outcome: str
    submitted: str
    accepted: str | None
    closed: str | None
    rating: int | None
    rated: str | None
    due: str | None
    limit_days: int | None
    paused: int


_BARE = """
SELECT c.id, c.item_version, c.item_code, c.item_name, c.item_type, c.department, c.accepting_unit, c.channel, c.outcome,
  c.submitted_at, c.accepted_at, c.closed_at, c.rating, r.at, k.due, k.limit_days,
  EXISTS (SELECT 1 FROM pause p WHERE p.subject = 'case' AND p.subject_id = c.id)
FROM cases c LEFT JOIN rating r ON r.case_id = c.id
  LEFT JOIN clock k ON k.id = (
    SELECT max(id) FROM clock WHERE subject = 'case' AND subject_id = c.id AND kind = 'promise')
WHERE c.drill = 0 AND
"""


def bare_of(reads: Reads, ids: Sequence[int]) -> list[Bare]:
    """These cases; drill left out."""
    return [Bare._make(row) for row in reads.rows(f"{_BARE} c.id IN ({marks(ids)})", ids)]


def bare_after(reads: Reads, after: int, most: int) -> list[Bare]:
    """The next cases by number of row; drill left out."""
    rows = reads.rows(f"{_BARE} c.id > ? ORDER BY c.id LIMIT ?", (after, most))
    return [Bare._make(row) for row in rows]


def put_facts(tx: Transaction, facts: Sequence[tuple[object, ...]]) -> None:
    """Facts as plain rows; roll-ups are not moved."""
    tx.many(
        f"INSERT OR REPLACE INTO case_fact ({', '.join(COLUMNS)}) VALUES ({marks(COLUMNS)})",  # noqa: S608
        facts,
    )


def put_happenings(tx: Transaction, after: int, upto: int) -> None:
    """What happened in these events to cases that have a fact; the day is the stamp's own, which is Shanghai's."""
    kinds = tuple(HAPPENINGS)
    tx.execute(
        "INSERT OR IGNORE INTO case_happening "  # noqa: S608
        "SELECT e.seq, e.kind, CAST(replace(substr(e.at, 1, 10), '-', '') AS INTEGER), e.subject_id FROM event e "
        f"WHERE e.seq > ? AND e.seq <= ? AND e.subject = 'case' AND e.drill = 0 AND e.kind IN ({marks(kinds)}) "
        "AND EXISTS (SELECT 1 FROM case_fact f WHERE f.case_id = e.subject_id)",
        (after, upto, *kinds),
    )


def next_month(reads: Reads, after: int) -> int | None:
    """The first month (202611) after one in which anything is to be rolled up; None when there is none."""
    days: list[int | None] = [
        reads.value(f"SELECT min({each}) FROM case_fact WHERE {each} > ?", (after * 100 + 99,))  # noqa: S608
        for each in ("filed", "accepted", "closed", "rated")
    ]
    days += [
        reads.value(
            "SELECT min(day) FROM case_happening WHERE kind = ? AND day > ?", (kind, after * 100 + 99)
        )
        for kind in HAPPENINGS
    ]
    found = [each for each in days if each is not None]
    return min(found) // 100 if found else None


def roll_month(tx: Transaction, month: int) -> None:
    """Rolls a month's days up, and the days into the month, in place of what was there."""
    days = (month * 100, month * 100 + 99)
    for name, base in BASES.items():
        if not base.rolled:
            continue
        tx.execute("DELETE FROM stat_roll WHERE measure = ? AND period BETWEEN ? AND ?", (name, *days))
        tx.execute("DELETE FROM stat_roll WHERE measure = ? AND period = ?", (name, month))
        tx.execute(_rolling(name, base), days)
        tx.execute(
            "INSERT INTO stat_roll (period, measure, department, value, count) "
            "SELECT ?, measure, department, value, sum(count) FROM stat_roll "
            "WHERE measure = ? AND period BETWEEN ? AND ? GROUP BY department, value",
            (month, name, *days),
        )


def _rolling(name: str, base: Base) -> str:
    source = SOURCES[base.source]
    # Grouped by a number that is the same everywhere SQLite would sort; by day and department the index is in order.
    value = "" if base.value == "0" else f", {base.value}"
    return (
        "INSERT INTO stat_roll (period, measure, department, value, count) "  # noqa: S608
        f"SELECT {base.day}, '{name}', {source.department}, {base.value}, count(*) FROM {source.tables} "
        f"WHERE {base.day} BETWEEN ? AND ? AND {source.where} AND {base.where} "
        f"GROUP BY {base.day}, {source.department}{value}"
    )
