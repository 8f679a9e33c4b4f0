"""Every look at personal data: who, when, at what. Added to only; what is older than the retention goes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, stamp
from handlers.store.writer import Transaction
from rules.quick_dataclass import dataclass

WHAT_LABELS: Mapping[str, str] = {
    "case": "办件",
    "notice": "文书",
    "attachment": "附件",
    "letter": "来信",
    "order": "督办",
    "accountability": "责任追究",
    "appeal": "申诉",
    "rating": "差评",
    "messages": "消息",
    "search": "按姓名查找",
    "list": "清单（姓名遮住一部分）",
    "statistics": "统计下钻",
    "scores": "人员绩效",
    "export": "导出",
    "api": "接口",
    "access_log": "查看记录",
    "timeline": "办件全程",
    "second_factor": "重置动态码",
}


@dataclass(frozen=True, slots=True)
class Look:
    """One look. `what` is a key of WHAT_LABELS; `subject_number` empty where many were looked at (`found` how
    many); `request` is the request number; `unit` the one whose assignment allowed it."""

    at: datetime
    person: str
    role: str
    subject: str
    subject_number: str
    what: str
    request: str = ""
    unit: str = ""
    found: int | None = None


@dataclass(frozen=True, slots=True)
class LookFilter:
    """What an administrator searches by; empty means any. Times: from `since` on, before `until`."""

    persons: tuple[str, ...] = ()
    number: str = ""
    what: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LooksOfDay:
    """How often a role at a unit looked at something on a day: what the person concerned may know."""

    day: str
    role: str
    unit: str
    what: str
    count: int


def add(tx: Transaction, look: Look) -> None:
    """Writes a look down."""
    tx.execute(
        "INSERT INTO access_log (at, person, role, subject, subject_number, what, request, unit, found) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stamp(look.at), look.person, look.role, look.subject, look.subject_number, look.what, look.request,
            look.unit, look.found,
        ),
    )  # fmt: skip


def of_subject(reads: Reads, subject: str, number: str) -> tuple[Look, ...]:
    """Who has looked, oldest first."""
    rows = reads.rows(
        "SELECT * FROM access_log WHERE subject = ? AND subject_number = ? ORDER BY id", (subject, number)
    )
    return tuple(_look(row) for row in rows)


def by_day(reads: Reads, subject: str, number: str) -> tuple[LooksOfDay, ...]:
    """The looks at one case or letter by day, role, unit and kind, newest day first; no names."""
    rows = reads.rows(
        "SELECT substr(at, 1, 10) AS day, role, unit, what, count(*) AS total FROM access_log "
        "WHERE subject = ? AND subject_number = ? GROUP BY day, role, unit, what ORDER BY day DESC, role, what",
        (subject, number),
    )
    return tuple(LooksOfDay(r["day"], r["role"], r["unit"], r["what"], r["total"]) for r in rows)


def count_of(reads: Reads, subject: str, number: str) -> int:
    """How often staff have looked at one case or letter."""
    found: int = reads.value(
        "SELECT count(*) FROM access_log WHERE subject = ? AND subject_number = ?", (subject, number)
    )
    return found


def search(reads: Reads, wanted: LookFilter, size: int, page: int) -> tuple[tuple[Look, ...], int]:
    """A page of looks, newest first, and how many there are."""
    where, values = _where(wanted)
    total: int = reads.value(f"SELECT count(*) FROM access_log WHERE {where}", values)  # noqa: S608
    rows = reads.rows(
        f"SELECT * FROM access_log WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608
        (*values, size, (page - 1) * size),
    )
    return tuple(_look(row) for row in rows), total


def forget_before(tx: Transaction, moment_: datetime, most: int) -> int:
    """Removes what is older than the retention, some at a time; returns how many went."""
    cursor = tx.execute(
        "DELETE FROM access_log WHERE id IN (SELECT id FROM access_log WHERE at < ? ORDER BY at LIMIT ?)",
        (stamp(moment_), most),
    )
    return cursor.rowcount


def _where(wanted: LookFilter) -> tuple[str, tuple[object, ...]]:
    parts, values = ["1"], list[object]()
    if wanted.persons:
        parts.append(f"person IN ({marks(wanted.persons)})")
        values.extend(wanted.persons)
    for column, value in (("subject_number", wanted.number), ("what", wanted.what)):
        if value:
            parts.append(f"{column} = ?")
            values.append(value)
    if wanted.since is not None:
        parts.append("at >= ?")
        values.append(stamp(wanted.since))
    if wanted.until is not None:
        parts.append("at < ?")
        values.append(stamp(wanted.until))
    return " AND ".join(parts), tuple(values)


def _look(row: sqlite3.Row) -> Look:
    return Look(
        at=moment(row["at"]),
        person=row["person"],
        role=row["role"],
        subject=row["subject"],
        subject_number=row["subject_number"],
        what=row["what"],
        request=row["request"],
        unit=row["unit"],
        found=row["found"],
    )
