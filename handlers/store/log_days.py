"""The published days of the log and the keys that signed them, as the database keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

from handlers.store.moments import Reads
from handlers.store.writer import Transaction
from rules.chain import canonical
from rules.log_days import DayStatement, KeyStatement, day_statement
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class PublishedDay:
    """A day with its signature and its hash; `event` is the event that says it was published."""

    statement: DayStatement
    signature: str
    hash: str
    event: int


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A key with the two signatures under its statement: its own and that of the key before ('' for none)."""

    statement: KeyStatement
    own: str
    before: str


def add_day(tx: Transaction, day: PublishedDay) -> None:
    """Keeps a published day."""
    said = day.statement
    tx.execute(
        "INSERT INTO log_day (day, position, first, last, statement, signature, hash, event_seq) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            said.day, said.position, said.first, said.last, canonical(asdict(said)).decode(), day.signature,
            day.hash, day.event,
        ),
    )  # fmt: skip


def last_day(reads: Reads) -> PublishedDay | None:
    """The newest published day."""
    row = reads.row("SELECT * FROM log_day ORDER BY position DESC LIMIT 1")
    return None if row is None else _day(row)


def by_day(reads: Reads, day: str) -> PublishedDay | None:
    """The day published under this date."""
    row = reads.row("SELECT * FROM log_day WHERE day = ?", (day,))
    return None if row is None else _day(row)


def holding(reads: Reads, sequence: int) -> PublishedDay | None:
    """The published day that holds an event."""
    row = reads.row(
        "SELECT * FROM log_day WHERE last >= ? AND first <= ? ORDER BY last, position LIMIT 1",
        (sequence, sequence),
    )
    return None if row is None else _day(row)


def all_days(reads: Reads) -> tuple[PublishedDay, ...]:
    """All published days, oldest first."""
    return tuple(_day(row) for row in reads.rows("SELECT * FROM log_day ORDER BY position"))


def leaves(reads: Reads, first: int, last: int) -> tuple[str, ...]:
    """The hashes of some events, in order."""
    rows = reads.rows("SELECT hash FROM event WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last))
    return tuple(row["hash"] for row in rows)


def days_after(reads: Reads, sequence: int) -> Iterator[tuple[int, date]]:
    """Number and day of every event after one, in order."""
    for row in reads.rows(
        "SELECT seq, substr(at, 1, 10) AS day FROM event WHERE seq > ? ORDER BY seq", (sequence,)
    ):
        yield row["seq"], date.fromisoformat(row["day"])


def add_key(tx: Transaction, entry: KeyEntry) -> None:
    """Keeps a key of the history."""
    said = entry.statement
    text = canonical({"statement": asdict(said), "own": entry.own, "before": entry.before}).decode()
    tx.execute(
        "INSERT INTO log_key (id, position, algorithm, public, since, entry) VALUES (?, ?, ?, ?, ?, ?)",
        (said.id, said.position, said.algorithm, said.public, said.since, text),
    )


def keys(reads: Reads) -> tuple[KeyEntry, ...]:
    """The history of keys, oldest first."""
    found = (json.loads(row["entry"]) for row in reads.rows("SELECT entry FROM log_key ORDER BY position"))
    return tuple(KeyEntry(KeyStatement(**each["statement"]), each["own"], each["before"]) for each in found)


def _day(row: object) -> PublishedDay:
    values: dict[str, object] = dict(row)  # type: ignore[call-overload]
    statement = day_statement(json.loads(str(values["statement"])))
    return PublishedDay(
        statement, str(values["signature"]), str(values["hash"]), int(str(values["event_seq"]))
    )
