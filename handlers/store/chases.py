"""Reminders by hand (催办), at most one a day per subject and person; and replies begun and not sent yet."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from handlers.store.moments import Reads, moment, stamp
from handlers.store.writer import Transaction
from rules.errors import Conflict
from rules.quick_dataclass import dataclass
from rules.time import local_date


@dataclass(frozen=True, slots=True)
class Chase:
    """One reminder: about what, to whom, by whom."""

    id: int
    subject: str
    subject_id: int
    subject_number: str
    department: str
    unit: str
    person: str
    at: datetime
    words: str
    drill: bool


def insert(tx: Transaction, chase: Chase) -> int:
    """A new reminder; `chase.id` is ignored. Raises Conflict for a second one on the same day."""
    row = tx.row(
        "INSERT INTO chase (subject, subject_id, subject_number, department, unit, person, day, at, words, drill) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (subject, subject_id, person, day) DO NOTHING RETURNING id",
        (
            chase.subject, chase.subject_id, chase.subject_number, chase.department, chase.unit, chase.person,
            local_date(chase.at).isoformat(), stamp(chase.at), chase.words, int(chase.drill),
        ),
    )  # fmt: skip
    if row is None:
        raise Conflict("您今天已经催办过这一件，明天可以再催。")
    return int(row["id"])


def of_subject(reads: Reads, subject: str, subject_id: int) -> tuple[Chase, ...]:
    """All reminders about something, oldest first."""
    rows = reads.rows(
        "SELECT * FROM chase WHERE subject = ? AND subject_id = ? ORDER BY id", (subject, subject_id)
    )
    return tuple(_chase(row) for row in rows)


def save_draft(tx: Transaction, topic: str, person: str, text: str, at: datetime) -> None:
    """Keeps what someone has written so far; `topic` says for what, as `order/12`."""
    tx.execute(
        "INSERT INTO reply_draft (topic, person, text, saved) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (topic, person) DO UPDATE SET text = excluded.text, saved = excluded.saved",
        (topic, person, text, stamp(at)),
    )


def draft(reads: Reads, topic: str, person: str) -> tuple[str, datetime] | None:
    """What someone has written so far, and when it was kept."""
    row = reads.row("SELECT text, saved FROM reply_draft WHERE topic = ? AND person = ?", (topic, person))
    return None if row is None else (row["text"], moment(row["saved"]))


def drop_draft(tx: Transaction, topic: str, person: str) -> None:
    """It was sent, or is wanted no longer."""
    tx.execute("DELETE FROM reply_draft WHERE topic = ? AND person = ?", (topic, person))


def drop_drafts_before(tx: Transaction, before: datetime) -> int:
    """Removes drafts nobody has touched since, and files of drafts without words; returns how many rows."""
    drafts = tx.execute("DELETE FROM reply_draft WHERE saved < ?", (stamp(before),)).rowcount
    files = tx.execute(
        # A range and not LIKE, which would read every attachment; 0 is what comes after the slash.
        "DELETE FROM attachment WHERE owner >= 'draft/' AND owner < 'draft0' AND owner <> '' AND received < ? AND owner NOT IN "
        "(SELECT 'draft/' || topic || '/' || person FROM reply_draft)",
        (stamp(before),),
    )
    return drafts + files.rowcount


def _chase(row: sqlite3.Row) -> Chase:
    return Chase(
        id=row["id"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        subject_number=row["subject_number"],
        department=row["department"],
        unit=row["unit"],
        person=row["person"],
        at=moment(row["at"]),
        words=row["words"],
        drill=bool(row["drill"]),
    )
