"""Numbered documents: one series per issuing word, kind and year, counted without gaps inside the transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime

from handlers.store.moments import Reads, json_text, moment, stamp
from handlers.store.records import Notice, NoticeLine
from handlers.store.writer import Transaction
from rules.case_terms import NoticeKind
from rules.quick_dataclass import dataclass

# 青市监受字〔2026〕第12号: county word, department word, then what the document does.
KIND_WORDS: Mapping[NoticeKind, str] = {
    NoticeKind.RECEIPT: "收",
    NoticeKind.ACCEPTANCE: "受",
    NoticeKind.REFUSAL: "不受",
    NoticeKind.SUPPLEMENT: "补",
    NoticeKind.SPECIAL_PROCEDURE: "特",
    NoticeKind.EXTENSION: "延",
    NoticeKind.HEARING_RIGHT: "听告",
    NoticeKind.HEARING: "听通",
    NoticeKind.GRANT: "准",
    NoticeKind.DENIAL: "不准",
    NoticeKind.DELIVERY: "送",
}


def next_number(
    tx: Transaction, document_word: str, number_word: str, kind: NoticeKind, year: int, drill: bool = False
) -> str:
    """The next number of a series. A drill has series of its own: its documents use up no real number.

    A refused job takes its number back with its savepoint, so the series has no gaps.
    """
    word = f"{document_word}{number_word}{KIND_WORDS[kind]}{'练' if drill else ''}字"
    serial = next_serial(tx, f"notice/{word}/{year}")
    return f"{word}〔{year}〕第{serial}号"


def next_serial(tx: Transaction, series: str) -> int:
    """Counts a series up by one."""
    return tx.serial(series)


def insert(tx: Transaction, notice: Notice, event_seq: int) -> int:
    """Keeps a document as issued; its id is given, or 0 and found here."""
    content = {
        "addressee": notice.addressee,
        "lines": [[line.label, line.text] for line in notice.lines],
        "issuer": notice.issuer,
        "basis": notice.basis,
        "case_number": notice.case_number,
    }
    notice_id = notice.id or tx.next_id("notice")
    tx.later(
        "INSERT INTO notice (id, number, kind, subject, subject_id, unit, issued, event_seq, title, content) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            notice_id, notice.number, notice.kind, notice.subject, notice.subject_id, notice.unit, stamp(notice.issued),
            event_seq, notice.title, json_text(content),
        ),
    )  # fmt: skip
    return notice_id


def by_id(reads: Reads, notice_id: int) -> Notice | None:
    """One document."""
    row = reads.row("SELECT * FROM notice WHERE id = ?", (notice_id,))
    return None if row is None else _notice(row)


def of_subject(reads: Reads, subject: str, subject_id: int) -> tuple[Notice, ...]:
    """All documents of a case, oldest first."""
    rows = reads.rows(
        "SELECT * FROM notice WHERE subject = ? AND subject_id = ? ORDER BY id", (subject, subject_id)
    )
    return tuple(_notice(row) for row in rows)


@dataclass(frozen=True, slots=True)
class NoticeHead:
    """A document as lists name it; `event` is the sequence of the event that issued it."""

    id: int
    number: str
    kind: NoticeKind
    title: str
    issued: datetime
    event: int


def heads(reads: Reads, subject: str, subject_id: int) -> tuple[NoticeHead, ...]:
    """All documents of a case without their contents, oldest first."""
    rows = reads.rows(
        "SELECT id, number, kind, title, issued, event_seq FROM notice WHERE subject = ? AND subject_id = ? "
        "ORDER BY id",
        (subject, subject_id),
    )
    return tuple(
        NoticeHead(id_, number, NoticeKind(kind), title, moment(issued), event)
        for id_, number, kind, title, issued, event in rows
    )


def erase_contents(tx: Transaction, subject: str, subject_id: int) -> None:
    """Leaves number, kind and date; what was written to the person goes."""
    tx.execute(
        "UPDATE notice SET content = ? WHERE subject = ? AND subject_id = ?",
        (json_text({"erased": True}), subject, subject_id),
    )


def _notice(row: sqlite3.Row) -> Notice:
    content = json.loads(row["content"])
    return Notice(
        id=row["id"],
        number=row["number"],
        kind=NoticeKind(row["kind"]),
        subject=row["subject"],
        subject_id=row["subject_id"],
        unit=row["unit"],
        issued=moment(row["issued"]),
        title=row["title"],
        addressee=content.get("addressee", "（已删除）"),
        lines=tuple(NoticeLine(label, text) for label, text in content.get("lines", ())),
        issuer=content.get("issuer", ""),
        basis=content.get("basis", ""),
        case_number=content.get("case_number", ""),
    )
