"""Searches that found nothing, by day and without personal data, so that the county can add synonyms."""

from __future__ import annotations

import re
from datetime import date

from handlers.store.moments import Reads
from handlers.store.writer import Transaction
from rules.quick_dataclass import dataclass

# Long digit strings are numbers of people, phones or cases; they are not kept.
_DIGITS = re.compile(r"\d{5,}[\dXx]*")
LONGEST = 60


@dataclass(frozen=True, slots=True)
class ZeroHit:
    """A query that found nothing and how often."""

    query: str
    count: int
    last_day: date


def cleaned(query: str) -> str:
    """The query without numbers that could be somebody's, shortened; empty when nothing is left."""
    return " ".join(_DIGITS.sub("…", query).split())[:LONGEST].strip("… ")


def record(tx: Transaction, query: str, day: date) -> None:
    """Counts a miss."""
    text = cleaned(query)
    if text:
        tx.execute(
            "INSERT INTO zero_hit (query, day, count) VALUES (?, ?, 1) "
            "ON CONFLICT (query, day) DO UPDATE SET count = count + 1",
            (text, day.isoformat()),
        )


def most_frequent(reads: Reads, since: date, most: int = 100) -> tuple[ZeroHit, ...]:
    """The commonest misses since a day."""
    rows = reads.rows(
        "SELECT query, sum(count) AS total, max(day) AS last FROM zero_hit WHERE day >= ? "
        "GROUP BY query ORDER BY total DESC, query LIMIT ?",
        (since.isoformat(), most),
    )
    return tuple(ZeroHit(row["query"], row["total"], date.fromisoformat(row["last"])) for row in rows)
