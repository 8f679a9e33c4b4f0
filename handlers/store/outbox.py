"""Messages that wait to be sent or read, written by the transaction that caused them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, moment_or_none, stamp
from handlers.store.records import Message
from handlers.store.writer import Transaction
from rules.quick_dataclass import dataclass

IN_APP = "in_app"


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be sent. `sealed` holds what must not lie open in the database (a query code).

    `recipient_kind`: `person` (its id), `unit` (its code; `roles` narrow it to who holds one of them there),
    `applicant` (the number of a case or letter). `channels` are those of the rule: in_app, sms, email, wecom,
    dingtalk, feishu; what goes to applicants the county's settings say. With a `fact` (`card:12`) a recipient gets
    one message about it on each channel, whoever asks for it how often. `urgent` may pass the quiet hours.
    """

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
    channels: tuple[str, ...] = (IN_APP,)
    fact: str = ""
    urgent: bool = False
    roles: tuple[str, ...] = ()


def add(tx: Transaction, messages: Sequence[NewMessage]) -> None:
    """Queues messages; what a recipient was already told of the same fact on the same channel is left out."""
    tx.later(
        "INSERT INTO outbox (at, template, recipient_kind, recipient, subject, subject_id, subject_number, body, "
        "drill, sealed, channels, fact, urgent, roles, split_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *[
            (
                stamp(each.at), each.template, each.recipient_kind, each.recipient, each.subject,
                each.subject_id, each.subject_number, each.body, int(each.drill), each.sealed,
                " ".join(channels), each.fact, int(each.urgent), " ".join(each.roles), _split_at(each, channels),
            )
            for each, channels in _untold(tx, messages)
        ],
    )  # fmt: skip


def _split_at(message: NewMessage, channels: Sequence[str]) -> str | None:
    """A message that is only read on the desk needs no dispatcher."""
    return stamp(message.at) if message.recipient_kind != "applicant" and list(channels) == [IN_APP] else None


def _untold(tx: Transaction, messages: Sequence[NewMessage]) -> Iterator[tuple[NewMessage, tuple[str, ...]]]:
    told = _told(tx, tuple({each.fact for each in messages if each.fact}))
    for each in messages:
        wanted = tuple(dict.fromkeys(each.channels))
        if each.fact:
            already = told.setdefault((each.fact, each.recipient_kind, each.recipient), set())
            wanted = tuple(channel for channel in wanted if channel not in already)
            already.update(wanted)
        if wanted:
            yield each, wanted


def _told(tx: Transaction, facts: tuple[str, ...]) -> dict[tuple[str, str, str], set[str]]:
    """On which channels whom was told of some facts."""
    told: dict[tuple[str, str, str], set[str]] = {}
    if facts:
        rows = tx.rows(
            "SELECT fact, recipient_kind, recipient, channels FROM outbox "  # noqa: S608
            # Said twice, so that SQLite may use the index of messages with a fact.
            f"WHERE fact IN ({marks(facts)}) AND fact <> ''",
            facts,
        )
        for row in rows:
            told.setdefault((row[0], row[1], row[2]), set()).update(row[3].split())
    return told


def was_told(reads: Reads, fact: str) -> bool:
    """Whether anybody was told of a fact."""
    return reads.value("SELECT 1 FROM outbox WHERE fact = ? AND fact <> '' LIMIT 1", (fact,)) is not None


def of_subject(reads: Reads, subject: str, subject_id: int) -> tuple[Message, ...]:
    """Everything queued about a case or letter."""
    rows = reads.rows(
        "SELECT * FROM outbox WHERE subject = ? AND subject_id = ? ORDER BY id", (subject, subject_id)
    )
    return tuple(_message(row) for row in rows)


def erase_bodies(tx: Transaction, subject: str, subject_id: int) -> None:
    """Takes out what was written to the person, and of its sending the address and what a provider said of it."""
    tx.execute(
        "UPDATE outbox SET body = '', sealed = NULL WHERE subject = ? AND subject_id = ?",
        (subject, subject_id),
    )
    tx.execute(
        "UPDATE delivery SET address_hash = NULL, address_masked = '', reason = '' "
        "WHERE message_id IN (SELECT id FROM outbox WHERE subject = ? AND subject_id = ?)",
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
