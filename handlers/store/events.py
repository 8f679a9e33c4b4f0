"""The event chain: appended inside the writing transaction, payload and salt apart so that they can be erased."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from handlers.store.moments import Reads, by_name, moment, stamp
from handlers.store.records import Event, Json
from handlers.store.writer import Transaction
from rules.chain import GENESIS, ChainRow, canonical, commit, event_hash
from rules.quick_dataclass import dataclass

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What happened, before it has its place in the chain. Metadata are public: no personal data in them.

    `actor` is a person's id, or `applicant`, `agent`, `system`.
    """

    at: datetime
    kind: str
    subject: str
    subject_id: int
    subject_number: str
    actor: str
    role: str
    unit: str
    from_state: str
    to_state: str
    drill: bool
    payload: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Appended:
    """Where an event ended up."""

    sequence: int
    hash: str
    salt: str


_Row = tuple[object, ...]
_INSERT = (
    "INSERT INTO event (seq, at, kind, subject, subject_id, subject_number, actor, role, unit, from_state, "
    "to_state, drill, commitment, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_PAYLOAD = "INSERT INTO event_payload (seq, salt, payload) VALUES (?, ?, ?)"


def append(tx: Transaction, event: NewEvent) -> Appended:
    """Adds an event at the head of the chain, which is read inside this very transaction."""
    appended, row, payload = _linked(tx, event)
    tx.later(_INSERT, row)
    tx.later(_INSERT_PAYLOAD, payload)
    return appended


def append_all(tx: Transaction, new: Sequence[NewEvent]) -> None:
    """Adds events one after the other, written together."""
    linked = [_linked(tx, event) for event in new]
    tx.later(_INSERT, *[row for _, row, _ in linked])
    tx.later(_INSERT_PAYLOAD, *[payload for _, _, payload in linked])


def _linked(tx: Transaction, event: NewEvent) -> tuple[Appended, _Row, _Row]:
    """The event's rows, hung on the head of the chain, which it becomes."""
    if tx.head is None:
        last = tx.peek("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")
        tx.head = (0, GENESIS) if last is None else (last["seq"], last["hash"])
    sequence, previous = tx.head[0] + 1, tx.head[1]
    salt = os.urandom(SALT_BYTES)
    text = canonical(event.payload)
    commitment = commit(text, salt)
    at = stamp(event.at)
    metadata = _metadata(
        sequence, at, event.kind, event.subject, event.subject_id, event.subject_number, event.actor,
        event.role, event.unit, event.from_state, event.to_state, int(event.drill),
    )  # fmt: skip
    digest = event_hash(previous, metadata, commitment)
    tx.head = (sequence, digest)
    return (
        Appended(sequence, digest, salt.hex()),
        (*metadata.values(), commitment, previous, digest),
        (sequence, salt.hex(), text.decode()),
    )


def _metadata(
    sequence: int, at: str, kind: str, subject: str, subject_id: int, subject_number: str, actor: str, role: str,
    unit: str, from_state: str, to_state: str, drill: int,
) -> dict[str, object]:  # fmt: skip
    return {
        "sequence": sequence,
        "at": at,
        "kind": kind,
        "subject": subject,
        "subject_id": subject_id,
        "subject_number": subject_number,
        "actor": actor,
        "role": role,
        "unit": unit,
        "from_state": from_state,
        "to_state": to_state,
        "drill": drill,
    }


def metadata_of(event: Event) -> dict[str, object]:
    """The metadata that the event's hash covers."""
    return _metadata(
        event.sequence, stamp(event.at), event.kind, event.subject, event.subject_id, event.subject_number,
        event.actor, event.role, event.unit, event.from_state, event.to_state, int(event.drill),
    )  # fmt: skip


_SELECT = "SELECT event.*, salt, payload FROM event LEFT JOIN event_payload USING (seq) "


def of_subject(reads: Reads, subject: str, subject_id: int) -> tuple[Event, ...]:
    """Everything that happened to a case or letter, in order."""
    rows = reads.rows(_SELECT + "WHERE subject = ? AND subject_id = ? ORDER BY seq", (subject, subject_id))
    return tuple(_event(row) for row in rows)


@dataclass(frozen=True, slots=True)
class Told:
    """What an event tells people, without its place in the chain. `payload` None: erased."""

    sequence: int
    at: datetime
    kind: str
    unit: str
    payload: Mapping[str, Json] | None


def told_of(reads: Reads, subject: str, subject_id: int) -> tuple[Told, ...]:
    """Everything that happened to a case or letter, in order, as it is told."""
    rows = reads.rows(
        "SELECT event.seq, at, kind, unit, payload FROM event LEFT JOIN event_payload USING (seq) "
        "WHERE subject = ? AND subject_id = ? ORDER BY event.seq",
        (subject, subject_id),
    )
    return tuple(
        Told(sequence, moment(at), kind, unit, None if payload is None else json.loads(payload))
        for sequence, at, kind, unit, payload in rows
    )


def by_sequence(reads: Reads, sequence: int) -> Event | None:
    """One event."""
    row = reads.row(_SELECT + "WHERE seq = ?", (sequence,))
    return None if row is None else _event(row)


def first_of(reads: Reads, subject: str, subject_id: int, kind: str) -> Event | None:
    """The first event of a kind."""
    row = reads.row(
        _SELECT + "WHERE subject = ? AND subject_id = ? AND kind = ? ORDER BY seq LIMIT 1",
        (subject, subject_id, kind),
    )
    return None if row is None else _event(row)


def count_of(reads: Reads, subject: str, subject_id: int, kind: str) -> int:
    """How many events of a kind there are."""
    row = reads.row(
        "SELECT count(*) FROM event WHERE subject = ? AND subject_id = ? AND kind = ?",
        (subject, subject_id, kind),
    )
    assert row is not None
    return int(row[0])


def head(reads: Reads) -> tuple[int, str]:
    """Sequence and hash of the newest event; (0, GENESIS) before the first."""
    row = reads.row("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")
    return (0, GENESIS) if row is None else (row["seq"], row["hash"])


def chain_rows(cursor: sqlite3.Cursor) -> Iterator[ChainRow]:
    """The chain as `rules.chain.verify` reads it, row by row."""
    for row in cursor:
        values = tuple(row[name] for name in _META)
        metadata = _metadata(*values)
        payload, salt = row["payload"], row["salt"]
        yield ChainRow(
            sequence=row["seq"],
            previous=row["previous"],
            metadata=metadata,
            commitment=row["commitment"],
            hash=row["hash"],
            payload=None if payload is None else payload.encode(),
            salt=None if salt is None else _bytes(salt),
        )


CHAIN_QUERY = _SELECT + "ORDER BY seq"
_META = (
    "seq", "at", "kind", "subject", "subject_id", "subject_number", "actor", "role", "unit", "from_state",
    "to_state", "drill",
)  # fmt: skip


def erase_payloads(tx: Transaction, subject: str, subject_id: int, at: datetime) -> tuple[int, ...]:
    """Erases payload and salt of a subject's events; the chain goes on verifying by the commitments."""
    rows = tx.rows(
        "SELECT seq FROM event_payload JOIN event USING (seq) "
        "WHERE subject = ? AND subject_id = ? AND payload IS NOT NULL ORDER BY seq",
        (subject, subject_id),
    )
    sequences = tuple(row["seq"] for row in rows)
    tx.many(
        "UPDATE event_payload SET payload = NULL, salt = NULL, erased_at = ? WHERE seq = ?",
        [(stamp(at), sequence) for sequence in sequences],
    )
    return sequences


def _bytes(salt: str) -> bytes:
    try:
        return bytes.fromhex(salt)
    except ValueError:
        return salt.encode()  # tampered with; the commitment will not match


def _event(row: sqlite3.Row) -> Event:
    of = by_name(row)
    return Event(
        sequence=of["seq"],
        at=moment(of["at"]),
        kind=of["kind"],
        subject=of["subject"],
        subject_id=of["subject_id"],
        subject_number=of["subject_number"],
        actor=of["actor"],
        role=of["role"],
        unit=of["unit"],
        from_state=of["from_state"],
        to_state=of["to_state"],
        drill=bool(of["drill"]),
        commitment=of["commitment"],
        previous=of["previous"],
        hash=of["hash"],
        payload=None if of["payload"] is None else json.loads(of["payload"]),
        salt=of["salt"],
    )
