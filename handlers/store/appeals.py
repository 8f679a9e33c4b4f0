"""Appeals against cards and scores with their statements: rows, numbers, conditional updates."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, json_text, moment, moment_or_none, stamp
from handlers.store.notices import next_serial
from handlers.store.writer import Transaction
from rules.appeal_table import AppealState
from rules.errors import Conflict
from rules.quick_dataclass import dataclass

_CHANGEABLE = frozenset({"state", "rounds", "due", "decided_by", "decided_at", "reasons"})


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal (申诉) against a card, or against a score of a period.

    `about` names in words what is appealed against. `avoid`: persons who may not decide besides those a card names.
    `due`: while open, until when it is to be decided; while returned, until when it may be filed again.
    `reasons` are the supervisor's last words.
    """

    id: int
    number: str
    card_id: int | None
    score_period: str | None
    department: str
    subject: str
    subject_id: int
    subject_number: str
    about: str
    avoid: frozenset[str]
    filed: datetime
    filed_by: str
    state: AppealState
    rounds: int
    due: datetime
    level: int
    decided_by: str | None
    decided_at: datetime | None
    reasons: str
    version: int
    drill: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """What was written at one move of an appeal, by the department or the supervisor."""

    id: int
    appeal_id: int
    move: str
    text: str
    at: datetime
    person: str


def next_number(tx: Transaction, prefix: str, year: int, drill: bool) -> str:
    """An appeal's number: prefix, SS for 申诉 (SL in a drill), year, four digits."""
    mark = "SL" if drill else "SS"
    serial = next_serial(tx, f"appeal/{prefix}{mark}/{year}")
    return f"{prefix}{mark}{year}{serial:04d}"


def insert(tx: Transaction, appeal: Appeal) -> int:
    """A new appeal; `appeal.id` is ignored. Raises Conflict when there is one against this card or score."""
    try:
        cursor = tx.execute(
            "INSERT INTO appeal (number, card_id, score_period, department, subject, subject_id, subject_number, about, "
            "avoid, filed, filed_by, state, due, drill) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                appeal.number, appeal.card_id, appeal.score_period, appeal.department, appeal.subject,
                appeal.subject_id, appeal.subject_number, appeal.about, json_text(sorted(appeal.avoid)),
                stamp(appeal.filed), appeal.filed_by, appeal.state, stamp(appeal.due), int(appeal.drill),
            ),
        )  # fmt: skip
    except sqlite3.IntegrityError as error:
        raise Conflict("已经提出过申诉，只能申诉一次。") from error
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def change(tx: Transaction, appeal: Appeal, **columns: object) -> None:
    """Updates an appeal that still is as it was read. Raises Conflict when someone was faster."""
    unknown = columns.keys() - _CHANGEABLE
    assert not unknown, unknown
    values = [stamp(each) if isinstance(each, datetime) else each for each in columns.values()]
    cursor = tx.execute(
        f"UPDATE appeal SET {', '.join(f'{name} = ?' for name in columns)}, version = version + 1 "  # noqa: S608
        "WHERE id = ? AND version = ?",
        (*values, appeal.id, appeal.version),
    )
    if cursor.rowcount != 1:
        raise Conflict("这件申诉刚刚被别人处理过。请刷新页面再操作。")


def show(tx: Transaction, appeal_id: int, level: int, due: datetime) -> None:
    """What lists show of an appeal's clock."""
    tx.execute("UPDATE appeal SET level = ?, due = ? WHERE id = ?", (level, stamp(due), appeal_id))


def add_statement(tx: Transaction, statement: Statement) -> int:
    """Words at a move; `statement.id` is ignored and returned anew."""
    cursor = tx.execute(
        "INSERT INTO appeal_statement (appeal_id, move, text, at, person) VALUES (?, ?, ?, ?, ?)",
        (statement.appeal_id, statement.move, statement.text, stamp(statement.at), statement.person),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def statements(reads: Reads, appeal_id: int) -> tuple[Statement, ...]:
    """What was written, oldest first."""
    rows = reads.rows("SELECT * FROM appeal_statement WHERE appeal_id = ? ORDER BY id", (appeal_id,))
    return tuple(
        Statement(row["id"], row["appeal_id"], row["move"], row["text"], moment(row["at"]), row["person"])
        for row in rows
    )


def by_id(reads: Reads, appeal_id: int) -> Appeal | None:
    """One appeal."""
    row = reads.row("SELECT * FROM appeal WHERE id = ?", (appeal_id,))
    return None if row is None else _appeal(row)


def of_card(reads: Reads, card_id: int) -> Appeal | None:
    """The appeal against a card."""
    row = reads.row("SELECT * FROM appeal WHERE card_id = ?", (card_id,))
    return None if row is None else _appeal(row)


def of_statement(reads: Reads, statement_id: int) -> Appeal | None:
    """The appeal a statement belongs to."""
    row = reads.row(
        "SELECT * FROM appeal WHERE id = (SELECT appeal_id FROM appeal_statement WHERE id = ?)",
        (statement_id,),
    )
    return None if row is None else _appeal(row)


def of_score(reads: Reads, department: str, period: str) -> Appeal | None:
    """The appeal against a department's score of a period."""
    row = reads.row("SELECT * FROM appeal WHERE department = ? AND score_period = ?", (department, period))
    return None if row is None else _appeal(row)


def listed(
    reads: Reads, departments: Sequence[str], states: Sequence[AppealState], most: int, page: int = 1
) -> tuple[tuple[Appeal, ...], int]:
    """A page of the appeals of some departments, what is due first while it is open; and how many there are."""
    where = f"department IN ({marks(departments)}) AND state IN ({marks(states)})"
    values: list[object] = [*departments, *states]
    total: int = reads.value(f"SELECT count(*) FROM appeal WHERE {where}", values)  # noqa: S608
    rows = reads.rows(
        f"SELECT * FROM appeal WHERE {where} ORDER BY state NOT IN ('open', 'returned'), "  # noqa: S608
        "CASE WHEN state IN ('open', 'returned') THEN due END, id DESC LIMIT ? OFFSET ?",
        (*values, most, (page - 1) * most),
    )
    return tuple(_appeal(row) for row in rows), total


def _appeal(row: sqlite3.Row) -> Appeal:
    return Appeal(
        id=row["id"],
        number=row["number"],
        card_id=row["card_id"],
        score_period=row["score_period"],
        department=row["department"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        subject_number=row["subject_number"],
        about=row["about"],
        avoid=frozenset(json.loads(row["avoid"])),
        filed=moment(row["filed"]),
        filed_by=row["filed_by"],
        state=AppealState(row["state"]),
        rounds=row["rounds"],
        due=moment(row["due"]),
        level=row["level"],
        decided_by=row["decided_by"],
        decided_at=moment_or_none(row["decided_at"]),
        reasons=row["reasons"],
        version=row["version"],
        drill=bool(row["drill"]),
    )
