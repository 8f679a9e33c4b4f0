"""Letters: rows, their numbers, the conditional updates, and the lists of desks and of the public."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, moment_or_none, stamp
from handlers.store.notices import next_serial
from handlers.store.people_records import Letter, PublishedLetter, Writer
from handlers.store.writer import Transaction
from rules.errors import Conflict
from rules.letter_terms import CONDUCT, CONDUCT_MARK, KIND_MARKS, OPEN, LetterState
from rules.quick_dataclass import dataclass

_CHANGEABLE = frozenset(
    {
        "kind", "topic", "department", "state", "public", "due", "chases", "chased", "answer", "answered",
        "answered_by", "extension_days", "score", "rating_words", "level", "assigned_unit", "assigned_person",
        "draft", "drafted_by", "review_words", "reviewed_by", "published_at", "published", "outcome", "finding",
        "confirmed", "settled", "settled_at", "confirm_by", "disputes", "transfers", "returns", "reclassified",
        "objected", "late", "proposed", "handling",
    }
)  # fmt: skip
_OPEN = ", ".join(f"'{each}'" for each in sorted(OPEN))
# A complaint about conduct is in no list but the county supervisor's own.
_ORDINARY = f"topic <> '{CONDUCT}'"
_TABS: Mapping[str, str] = {
    "to_assign": f"state = '{LetterState.RECEIVED}'",
    "to_answer": f"state IN ('{LetterState.ASSIGNED}', '{LetterState.ANSWERING}', '{LetterState.REOPENED}')",
    "to_review": f"state = '{LetterState.IN_REVIEW}'",
    "disputed": f"disputes > 0 AND state IN ({_OPEN})",
    "overdue": f"state IN ({_OPEN}) AND due < :now",
    "done": f"state NOT IN ({_OPEN})",
    "all": "1",
}
TABS = tuple(_TABS)


@dataclass(frozen=True, slots=True)
class LetterScope:
    """Which letters a person reaches: by department, or by the unit that has it."""

    departments: tuple[str, ...]
    units: tuple[str, ...]
    taken_in: tuple[str, ...] = ()
    """Units of a town: letters about the cases they accepted."""


@dataclass(frozen=True, slots=True)
class PublicFilter:
    """What the public list is narrowed to; empty: not. `month` as 2026-11."""

    department: str = ""
    kind: str = ""
    month: str = ""
    item: str = ""


def next_number(tx: Transaction, prefix: str, kind: str, day: date, conduct: bool) -> str:
    """A letter's number: prefix, the mark of its kind, day, four digits."""
    mark = CONDUCT_MARK if conduct else KIND_MARKS[kind]
    serial = next_serial(tx, f"letter/{prefix}{mark}/{day.isoformat()}")
    return f"{prefix}{mark}{day:%Y%m%d}{serial:04d}"


def insert(
    tx: Transaction,
    letter: Letter,
    query_hash: bytes,
    about: bytes | None = None,
    person: bytes | None = None,
) -> int:
    """A new letter; `letter.id` is ignored and returned anew. `about`: sealed, who is complained about; `person`:
    the digest of that person's account.
    """
    writer = None if letter.writer is None else json.dumps(asdict(letter.writer), ensure_ascii=False)
    cursor = tx.execute(
        "INSERT INTO letter (number, query_hash, kind, own_kind, topic, department, assigned_unit, item_code, case_id, "
        "title, content, writer, writer_masked, state, public, drill, received, due, about, about_person) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            letter.number, query_hash, letter.kind, letter.own_kind, letter.topic, letter.department,
            letter.assigned_unit, letter.item_code, letter.case_id, letter.title, letter.content, writer,
            letter.writer_masked, letter.state, int(letter.public), int(letter.drill), stamp(letter.received),
            stamp(letter.due), about, person,
        ),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def change(tx: Transaction, letter: Letter, **columns: object) -> None:
    """Updates a letter that still is as it was read. Raises Conflict when someone was faster."""
    unknown = columns.keys() - _CHANGEABLE
    assert not unknown, unknown
    cursor = tx.execute(
        f"UPDATE letter SET {''.join(f'{name} = ?, ' for name in columns)}version = version + 1 "  # noqa: S608
        "WHERE id = ? AND version = ?",
        (*map(_stored, columns.values()), letter.id, letter.version),
    )
    if cursor.rowcount != 1:
        raise Conflict("这封来信刚刚被别人处理过。请刷新页面再操作。")


def _stored(value: object) -> object:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, PublishedLetter):
        return json.dumps(asdict(value), ensure_ascii=False)
    return int(value) if isinstance(value, bool) else value


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


def about(reads: Reads, letter_id: int) -> tuple[bytes | None, bytes | None]:
    """Who is complained about: sealed words, and the digest of their account; None where nobody is named."""
    row = reads.row("SELECT about, about_person FROM letter WHERE id = ?", (letter_id,))
    return (None, None) if row is None else (row["about"], row["about_person"])


def of_case(reads: Reads, case_id: int) -> tuple[Letter, ...]:
    """The letters about a case, oldest first; never one about conduct."""
    rows = reads.rows(
        f"SELECT * FROM letter WHERE case_id = ? AND {_ORDINARY} ORDER BY id",  # noqa: S608
        (case_id,),
    )
    return tuple(_letter(row) for row in rows)


def _reached(scope: LetterScope) -> tuple[str, tuple[str, ...]]:
    condition = (
        f"{_ORDINARY} AND (department IN ({marks(scope.departments)}) OR assigned_unit IN ({marks(scope.units)}) "  # noqa: S608
        f"OR case_id IN (SELECT id FROM cases WHERE accepting_unit IN ({marks(scope.taken_in)})))"
    )
    return condition, (*scope.departments, *scope.units, *scope.taken_in)


def listed(
    reads: Reads, scope: LetterScope, tab: str, search: str, now: datetime, most: int, page: int
) -> tuple[tuple[Letter, ...], int]:
    """A page of a desk's tab, and how many there are: chased ones and what is due first come first."""
    reached, values = _reached(scope)
    where, given = f"{reached} AND ({_TABS[tab]})", values
    if ":now" in where:
        where, given = where.replace(":now", "?"), (*values, stamp(now))
    if search:
        where += " AND (number = ? OR instr(title, ?) > 0)"
        given = (*given, search.upper(), search)
    total: int = reads.value(f"SELECT count(*) FROM letter WHERE {where}", given)  # noqa: S608
    order = (
        "answered DESC, id DESC" if tab == "done" else f"state IN ({_OPEN}) DESC, chases > 0 DESC, due, id"
    )
    rows = reads.rows(
        f"SELECT * FROM letter WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608
        (*given, most, (page - 1) * most),
    )
    return tuple(_letter(row) for row in rows), total


def tab_counts(reads: Reads, scope: LetterScope, now: datetime) -> dict[str, int]:
    """How many letters stand in each tab."""
    reached, values = _reached(scope)
    sums = ", ".join(
        f"coalesce(sum({condition.replace(':now', '?')}), 0) AS tab_{tab}" for tab, condition in _TABS.items()
    )
    given = (stamp(now),) * sums.count("?")
    row = reads.row(f"SELECT {sums} FROM letter WHERE {reached}", (*given, *values))  # noqa: S608
    return {tab: 0 if row is None else row[f"tab_{tab}"] for tab in _TABS}


def conduct(reads: Reads, person: bytes, most: int = 500) -> tuple[Letter, ...]:
    """The complaints about conduct, open ones first; without those about the reader (`person`: their digest)."""
    rows = reads.rows(
        f"SELECT * FROM letter WHERE topic = '{CONDUCT}' AND about_person IS NOT ? "  # noqa: S608
        f"ORDER BY state IN ({_OPEN}) DESC, due, id DESC LIMIT ?",
        (person, most),
    )
    return tuple(_letter(row) for row in rows)


def confirm_over(reads: Reads, now: datetime, most: int) -> tuple[str, ...]:
    """The numbers of answered letters whose writers have let the time for their word go by."""
    rows = reads.rows(
        f"SELECT number FROM letter WHERE state = '{LetterState.ANSWERED}' AND confirm_by < ? "  # noqa: S608
        "ORDER BY confirm_by, id LIMIT ?",
        (stamp(now), most),
    )
    return tuple(row["number"] for row in rows)


_PUBLIC = f"published_at IS NOT NULL AND published IS NOT NULL AND public = 1 AND drill = 0 AND {_ORDINARY}"


def published(reads: Reads, wanted: PublicFilter | None = None) -> tuple[Letter, ...]:
    """What the public may read, newest first."""
    chosen = wanted or PublicFilter()
    where, values = _PUBLIC, []
    for column, value in (("department = ?", chosen.department), ("kind = ?", chosen.kind),
                          ("substr(answered, 1, 7) = ?", chosen.month), ("item_code = ?", chosen.item)):  # fmt: skip
        if value:
            where += f" AND {column}"
            values.append(value)
    rows = reads.rows(f"SELECT * FROM letter WHERE {where} ORDER BY answered DESC, id DESC", values)  # noqa: S608
    return tuple(_letter(row) for row in rows)


def published_stamp(reads: Reads) -> str:
    """Changes whenever what the public may read changes: made anew only then."""
    row = reads.row(
        f"SELECT count(*) AS many, coalesce(max(published_at), '') AS last, coalesce(sum(version), 0) AS changed "  # noqa: S608
        f"FROM letter WHERE {_PUBLIC}"
    )
    return "" if row is None else f"{row['many']}/{row['last']}/{row['changed']}"


def to_mask(reads: Reads) -> tuple[Letter, ...]:
    """Letters that were published before publishing masked their text."""
    rows = reads.rows(
        f"SELECT * FROM letter WHERE published_at IS NOT NULL AND published IS NULL AND {_ORDINARY} ORDER BY id"  # noqa: S608
    )
    return tuple(_letter(row) for row in rows)


def answered_examples(reads: Reads, most: int) -> tuple[Letter, ...]:
    """The newest answered letters, for learning which department answers what; never conduct, never drill."""
    rows = reads.rows(
        f"SELECT * FROM letter WHERE answer IS NOT NULL AND outcome = 'answered' AND drill = 0 AND {_ORDINARY} "  # noqa: S608
        "ORDER BY id DESC LIMIT ?",
        (most,),
    )
    return tuple(_letter(row) for row in rows)


def open_by_department(reads: Reads) -> dict[str, int]:
    """Open letters by department; drill and conduct left out."""
    rows = reads.rows(
        f"SELECT department, count(*) AS total FROM letter WHERE state IN ({_OPEN}) AND drill = 0 AND {_ORDINARY} "  # noqa: S608
        "GROUP BY department"
    )
    return {row["department"]: row["total"] for row in rows}


def drop_stray_files(tx: Transaction, before: datetime) -> int:
    """Removes files uploaded for letters that were never sent."""
    return tx.execute(
        # A range and not LIKE, which would read every attachment; 0 is what comes after the slash.
        "DELETE FROM attachment WHERE owner >= 'letter-draft/' AND owner < 'letter-draft0' AND owner <> '' "
        "AND received < ?",
        (stamp(before),),
    ).rowcount


def erase(tx: Transaction, letter: Letter) -> None:
    """Takes out what names or could name a person; state and times stay for the counts."""
    tx.execute(
        "UPDATE letter SET content = NULL, writer = NULL, writer_masked = '', about = NULL, about_person = NULL, "
        "title = '（已按规定删除）', draft = NULL, handling = '', review_words = '', rating_words = '', answer = NULL, published = NULL, published_at = NULL, public = 0, "
        "version = version + 1 WHERE id = ?",
        (letter.id,),
    )
    tx.execute("DELETE FROM attachment WHERE owner = ?", (f"letter/{letter.id}",))


_MOMENTS = ("chased", "answered", "published_at", "settled_at", "confirm_by")
_FLAGS = ("public", "drill", "reclassified", "objected", "late")
_PERHAPS = ("confirmed", "settled")
_PLAIN: Sequence[str] = tuple(
    name
    for name in Letter.__dataclass_fields__
    if name not in {*_MOMENTS, *_FLAGS, *_PERHAPS, "writer", "published", "received", "due"}
)


def _letter(row: sqlite3.Row) -> Letter:
    values: dict[str, Any] = {name: row[name] for name in _PLAIN}
    values |= {name: moment_or_none(row[name]) for name in _MOMENTS}
    values |= {name: bool(row[name]) for name in _FLAGS}
    values |= {name: None if row[name] is None else bool(row[name]) for name in _PERHAPS}
    return Letter(
        **values,
        writer=None if row["writer"] is None else Writer(**json.loads(row["writer"])),
        published=None if row["published"] is None else PublishedLetter(**json.loads(row["published"])),
        received=moment(row["received"]),
        due=moment(row["due"]),
    )
