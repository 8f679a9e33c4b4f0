"""Reports people keep: named questions of statistics, and the hand-written parts of quarterly reports."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, stamp
from handlers.store.writer import Transaction
from rules.errors import Conflict
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A named question. `unit`: everyone with a post in it sees it too; empty: only `person`."""

    id: int
    person: str
    person_name: str
    unit: str
    name: str
    query: Mapping[str, str]
    saved: datetime


@dataclass(frozen=True, slots=True)
class QuarterlyText:
    """The parts of a quarterly report that a person writes. `version` 0: nobody has written anything yet."""

    period: str
    number: str
    addressee: str
    preface: str
    conclusions: str
    saved: datetime | None
    saved_by: str
    version: int


_REPORT = "SELECT r.*, p.name AS person_name FROM saved_report r JOIN person p ON p.id = r.person "


def saved_for(reads: Reads, person: str, units: Sequence[str]) -> tuple[SavedReport, ...]:
    """A person's own reports and those shared in their units, own ones first, by name."""
    rows = reads.rows(
        f"{_REPORT} WHERE r.person = ? OR r.unit IN ({marks(units)}) ORDER BY r.person <> ?, r.name",
        (person, *units, person),
    )
    return tuple(_report(row) for row in rows)


def by_id(reads: Reads, report_id: int) -> SavedReport | None:
    """One report."""
    row = reads.row(f"{_REPORT} WHERE r.id = ?", (report_id,))
    return None if row is None else _report(row)


def count_of(reads: Reads, person: str) -> int:
    """How many a person has."""
    found: int = reads.value("SELECT count(*) FROM saved_report WHERE person = ?", (person,))
    return found


def save(tx: Transaction, person: str, unit: str, name: str, query: Mapping[str, str], at: datetime) -> int:
    """Keeps a question; one of the same name is replaced. Returns its number."""
    row = tx.row(
        "INSERT INTO saved_report (person, unit, name, query, saved) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (person, name) DO UPDATE SET unit = excluded.unit, query = excluded.query, "
        "saved = excluded.saved RETURNING id",
        (person, unit, name, json.dumps(dict(query), ensure_ascii=False, sort_keys=True), stamp(at)),
    )
    assert row is not None
    found: int = row["id"]
    return found


def remove(tx: Transaction, report_id: int, person: str) -> bool:
    """Forgets a person's own report; whether there was one."""
    return (
        tx.execute("DELETE FROM saved_report WHERE id = ? AND person = ?", (report_id, person)).rowcount == 1
    )


def quarterly(reads: Reads, period: str) -> QuarterlyText | None:
    """What has been written for a quarter."""
    row = reads.row("SELECT * FROM quarterly_report WHERE period = ?", (period,))
    if row is None:
        return None
    return QuarterlyText(
        row["period"], row["number"], row["addressee"], row["preface"], row["conclusions"],
        moment(row["saved"]), row["saved_by"], row["version"],
    )  # fmt: skip


def save_quarterly(tx: Transaction, text: QuarterlyText, person: str, at: datetime) -> None:
    """Saves over the version that was read. Raises Conflict when someone was faster."""
    new = (text.period, text.number, text.addressee, text.preface, text.conclusions, stamp(at), person)
    cursor = tx.execute(
        "INSERT INTO quarterly_report (period, number, addressee, preface, conclusions, saved, saved_by, version) "
        "SELECT ?, ?, ?, ?, ?, ?, ?, 1 WHERE ? = 0 "
        "ON CONFLICT (period) DO NOTHING",
        (*new, text.version),
    )
    if text.version:
        cursor = tx.execute(
            "UPDATE quarterly_report SET number = ?, addressee = ?, preface = ?, conclusions = ?, saved = ?, "
            "saved_by = ?, version = version + 1 WHERE period = ? AND version = ?",
            (*new[1:], text.period, text.version),
        )
    if cursor.rowcount != 1:
        raise Conflict("这份通报刚刚被别人改过。请打开新的一版，把您的修改再写一遍。")


def _report(row: sqlite3.Row) -> SavedReport:
    return SavedReport(
        row["id"], row["person"], row["person_name"], row["unit"], row["name"],
        {str(name): str(value) for name, value in json.loads(row["query"]).items()}, moment(row["saved"]),
    )  # fmt: skip
