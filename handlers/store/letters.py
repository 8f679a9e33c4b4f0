"""Consultations and complaints: rows, their numbers, and the conditional updates."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, moment_or_none, stamp
from handlers.store.notices import next_serial
from handlers.store.people_records import Letter, Writer
from handlers.store.writer import Transaction
from rules.errors import Conflict

_CHANGEABLE = frozenset(
    {
        "state", "chases", "chased", "answer", "answered", "answered_by", "extension_days", "score",
        "rating_words", "due", "public",
    }
)  # fmt: skip


def next_number(tx: Transaction, prefix: str, kind: str, day: date) -> str:
    """A letter's number: prefix, Z for 咨询 or T for 投诉, day, four digits."""
    mark = "T" if kind == "complaint" else "Z"
    serial = next_serial(tx, f"letter/{prefix}{mark}/{day.isoformat()}")
    return f"{prefix}{mark}{day:%Y%m%d}{serial:04d}"


def insert(tx: Transaction, letter: Letter, query_hash: bytes) -> int:
    """A new letter; `letter.id` is ignored and returned anew."""
    writer = None if letter.writer is None else json.dumps(asdict(letter.writer), ensure_ascii=False)
    cursor = tx.execute(
        "INSERT INTO letter (number, query_hash, kind, department, item_code, case_id, title, content, writer, "
        "writer_masked, state, public, drill, received, due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            letter.number, query_hash, letter.kind, letter.department, letter.item_code, letter.case_id,
            letter.title, letter.content, writer, letter.writer_masked, letter.state, int(letter.public),
            int(letter.drill), stamp(letter.received), stamp(letter.due),
        ),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def change(tx: Transaction, letter: Letter, **columns: object) -> None:
    """Updates a letter that still is as it was read. Raises Conflict when someone was faster."""
    unknown = columns.keys() - _CHANGEABLE
    assert not unknown, unknown
    values = [stamp(each) if isinstance(each, datetime) else each for each in columns.values()]
    cursor = tx.execute(
        f"UPDATE letter SET {', '.join(f'{name} = ?' for name in columns)} "  # noqa: S608
        "WHERE id = ? AND state = ? AND chases = ? AND extension_days = ?",
        (*values, letter.id, letter.state, letter.chases, letter.extension_days),
    )
    if cursor.rowcount != 1:
        raise Conflict("这封来信刚刚被别人处理过。请刷新页面再操作。")


def show(tx: Transaction, letter_id: int, level: int, due: datetime) -> None:
    """What lists show of a letter's clock."""
    tx.execute("UPDATE letter SET level = ?, due = ? WHERE id = ?", (level, stamp(due), letter_id))


def by_number(reads: Reads, number: str) -> Letter | None:
    """The letter with this number."""
    row = reads.row("SELECT * FROM letter WHERE number = ?", (number,))
    return None if row is None else _letter(row)


def by_id(reads: Reads, letter_id: int) -> Letter | None:
    """The letter with this row id."""
    row = reads.row("SELECT * FROM letter WHERE id = ?", (letter_id,))
    return None if row is None else _letter(row)


def query_hash(reads: Reads, letter_id: int) -> bytes:
    """The keyed hash of the letter's query code."""
    found: bytes | None = reads.value("SELECT query_hash FROM letter WHERE id = ?", (letter_id,))
    return found or b""


def answered_in_public(reads: Reads, most: int) -> tuple[Letter, ...]:
    """Answered letters whose writer agreed to their publication, newest first; never drill."""
    rows = reads.rows(
        "SELECT * FROM letter WHERE public = 1 AND answered IS NOT NULL AND drill = 0 "
        "ORDER BY answered DESC, id DESC LIMIT ?",
        (most,),
    )
    return tuple(_letter(row) for row in rows)


def of_departments(
    reads: Reads, departments: Sequence[str], is_open: bool, most: int, page: int
) -> tuple[tuple[Letter, ...], int]:
    """A page of a desk's letters, the most urgent first, and how many there are."""
    where = f"department IN ({marks(departments)}) AND state {'=' if is_open else '<>'} 'open'"
    total: int = reads.value(f"SELECT count(*) FROM letter WHERE {where}", tuple(departments))  # noqa: S608
    # Who had to remind the department comes first.
    order = "chases > 0 DESC, due, id" if is_open else "answered DESC, id DESC"
    rows = reads.rows(
        f"SELECT * FROM letter WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608
        (*departments, most, (page - 1) * most),
    )
    return tuple(_letter(row) for row in rows), total


def open_by_department(reads: Reads) -> dict[str, int]:
    """Open letters by department, drill left out."""
    rows = reads.rows(
        "SELECT department, count(*) AS total FROM letter WHERE state = 'open' AND drill = 0 GROUP BY department"
    )
    return {row["department"]: row["total"] for row in rows}


def _letter(row: sqlite3.Row) -> Letter:
    return Letter(
        id=row["id"],
        number=row["number"],
        kind=row["kind"],
        department=row["department"],
        item_code=row["item_code"],
        case_id=row["case_id"],
        title=row["title"],
        content=row["content"],
        writer=None if row["writer"] is None else Writer(**json.loads(row["writer"])),
        writer_masked=row["writer_masked"],
        state=row["state"],
        public=bool(row["public"]),
        drill=bool(row["drill"]),
        received=moment(row["received"]),
        chases=row["chases"],
        chased=moment_or_none(row["chased"]),
        answer=row["answer"],
        answered=moment_or_none(row["answered"]),
        answered_by=row["answered_by"],
        extension_days=row["extension_days"],
        score=row["score"],
        rating_words=row["rating_words"],
        due=moment(row["due"]),
        level=row["level"],
    )
