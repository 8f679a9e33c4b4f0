"""Messages that wait to be sent or read, written by the transaction that caused them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, moment_or_none, stamp
from handlers.store.records import Message
from handlers.store.writer import Transaction

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be sent. `sealed` holds what must not lie open in the database (a query code)."""

    at: datetime
    template: str
    recipient_kind: str
    recipient: str
    subject: str
    subject_id: int
    subject_number: str
    body: str
    drill: bool = False
    sealed: bytes | None = None


def add(tx: Transaction, messages: Sequence[NewMessage]) -> None:
    """Queues messages."""
    tx.many(
        "INSERT INTO outbox (at, template, recipient_kind, recipient, subject, subject_id, subject_number, body, "
        "drill, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                stamp(each.at), each.template, each.recipient_kind, each.recipient, each.subject,
                each.subject_id, each.subject_number, each.body, int(each.drill), each.sealed,
            )
            for each in messages
        ],
    )  # fmt: skip


def for_staff(reads: Reads, person: str, units: Sequence[str]) -> tuple[Message, ...]:
    """The newest messages to a person or to the units they work in."""
    rows = reads.rows(
        "SELECT * FROM outbox WHERE recipient_kind = 'person' AND recipient = ? OR recipient_kind = 'unit' "  # noqa: S608
        f"AND recipient IN ({marks(units)}) ORDER BY id DESC LIMIT ?",
        (person, *units, MOST_SHOWN),
    )
    return tuple(_message(row) for row in rows)


def of_subject(reads: Reads, subject: str, subject_id: int) -> tuple[Message, ...]:
    """Everything queued about a case or letter."""
    rows = reads.rows(
        "SELECT * FROM outbox WHERE subject = ? AND subject_id = ? ORDER BY id", (subject, subject_id)
    )
    return tuple(_message(row) for row in rows)


def erase_bodies(tx: Transaction, subject: str, subject_id: int) -> None:
    """Takes out what was written to the person."""
    tx.execute(
        "UPDATE outbox SET body = '', sealed = NULL WHERE subject = ? AND subject_id = ?",
        (subject, subject_id),
    )


def _message(row: sqlite3.Row) -> Message:
    return Message(
        id=row["id"],
        at=moment(row["at"]),
        template=row["template"],
        recipient_kind=row["recipient_kind"],
        recipient=row["recipient"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        subject_number=row["subject_number"],
        body=row["body"],
        drill=bool(row["drill"]),
        read_at=moment_or_none(row["read_at"]),
        sent_at=moment_or_none(row["sent_at"]),
    )
