"""What a member of staff reads on the desk: messages to them and to the units they work in, and which they have read."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from handlers.store.moments import Reads, moment, moment_or_none, stamp
from handlers.store.records import Message
from handlers.store.writer import Transaction
from rules.access import Role
from rules.quick_dataclass import dataclass

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Post:
    """A role held at a unit."""

    unit: str
    role: Role


def newest(reads: Reads, person: str, posts: Sequence[Post]) -> tuple[Message, ...]:
    """The newest messages to a person or to the units where they hold a post the message is for."""
    sql, values = _visible(person, posts)
    rows = reads.rows(
        f"SELECT outbox.*, message_read.read_at AS seen FROM ({sql}) AS visible "  # noqa: S608
        "JOIN outbox ON outbox.id = visible.id "
        "LEFT JOIN message_read ON message_read.person = ? AND message_read.message_id = outbox.id "
        "ORDER BY outbox.id DESC",
        (*values, person),
    )
    return tuple(_message(row) for row in rows)


def unread(reads: Reads, person: str, posts: Sequence[Post]) -> int:
    """How many of them have not been read."""
    sql, values = _visible(person, posts)
    count: int = reads.value(
        f"SELECT count(*) FROM ({sql}) AS visible WHERE NOT EXISTS (SELECT 1 FROM message_read "  # noqa: S608
        "WHERE person = ? AND message_id = visible.id)",
        (*values, person),
    )
    return count


def mark_read(
    tx: Transaction, person: str, posts: Sequence[Post], up_to: int, only: int | None, now: datetime
) -> int:
    """Marks one message, or all up to the newest that the page showed. Messages of others stay as they are."""
    sql, values = _visible(person, posts)
    return tx.execute(
        "INSERT INTO message_read (person, message_id, read_at) SELECT ?, visible.id, ? "  # noqa: S608
        f"FROM ({sql}) AS visible WHERE visible.id <= ? AND (? IS NULL OR visible.id = ?) "
        "ON CONFLICT DO NOTHING",
        (person, stamp(now), *values, up_to, only, only),
    ).rowcount


def _visible(person: str, posts: Sequence[Post]) -> tuple[str, list[object]]:
    """Ids of the newest messages that a person sees: one short look into the index per recipient, however many there are."""
    roles_at: dict[str, list[str]] = {}
    for each in posts:
        roles_at.setdefault(each.unit, []).append(each.role.value)
    newest = "SELECT id FROM outbox WHERE recipient_kind = ? AND recipient = ? AND channels LIKE '%in_app%'"
    parts = [f"SELECT id FROM ({newest} ORDER BY id DESC LIMIT {MOST_SHOWN})"]  # noqa: S608
    values: list[object] = ["person", person]
    for unit, roles in roles_at.items():
        own = " OR ".join("' ' || roles || ' ' LIKE ?" for _ in roles)
        parts.append(
            f"SELECT id FROM ({newest} AND (roles = '' OR {own}) ORDER BY id DESC LIMIT {MOST_SHOWN})"  # noqa: S608
        )
        values += ["unit", unit, *(f"% {role} %" for role in roles)]
    return f"SELECT id FROM ({' UNION '.join(parts)}) ORDER BY id DESC LIMIT {MOST_SHOWN}", values  # noqa: S608


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
        read_at=moment_or_none(row["seen"]),
        sent_at=moment_or_none(row["sent_at"]),
    )
