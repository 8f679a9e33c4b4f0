"""Every look at personal data: who, when, at what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers.store.moments import Reads, moment, stamp
from handlers.store.writer import Transaction


@dataclass(frozen=True, slots=True)
class Look:
    """One look. `what`: case, notice, attachment, letter, export; `request` is the request number."""

    at: datetime
    person: str
    role: str
    subject: str
    subject_number: str
    what: str
    request: str = ""


def add(tx: Transaction, look: Look) -> None:
    """Writes a look down."""
    tx.execute(
        "INSERT INTO access_log (at, person, role, subject, subject_number, what, request) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            stamp(look.at), look.person, look.role, look.subject, look.subject_number, look.what, look.request,
        ),
    )  # fmt: skip


def of_subject(reads: Reads, subject: str, number: str) -> tuple[Look, ...]:
    """Who has looked, oldest first: the person concerned may ask for this."""
    rows = reads.rows(
        "SELECT * FROM access_log WHERE subject = ? AND subject_number = ? ORDER BY id", (subject, number)
    )
    return tuple(
        Look(
            at=moment(row["at"]),
            person=row["person"],
            role=row["role"],
            subject=row["subject"],
            subject_number=row["subject_number"],
            what=row["what"],
            request=row["request"],
        )
        for row in rows
    )
