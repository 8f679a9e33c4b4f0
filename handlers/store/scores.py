"""Editions of scores, their texts by content, and the supervisor's entries: rows and conditional updates."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import astuple
from datetime import date, datetime
from typing import cast

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, moment_or_none, stamp, stamp_or_none
from handlers.store.score_records import Edition, EditionState, ScoreEntry
from handlers.store.writer import Transaction
from rules.errors import Conflict, NotFound
from rules.score_ledger import digest


def add_entry(tx: Transaction, entry: ScoreEntry) -> int:
    """A new entry; raises Conflict for a register that has been checked already."""
    try:
        cursor = tx.execute(
            "INSERT INTO score_entry (period, head, kind, department, person, subject, subject_number, quantity, "
            "happened, entered, entered_by, basis, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (
                entry.period, entry.head, entry.kind, entry.department, entry.person, entry.subject,
                entry.subject_number, entry.quantity, entry.happened.isoformat(), stamp(entry.entered),
                entry.entered_by, entry.basis, entry.note,
            ),
        )  # fmt: skip
    except sqlite3.IntegrityError as error:
        raise Conflict("这一项本期已经登记为核齐了。") from error
    return int(cursor.fetchone()["id"])


def withdraw_entry(tx: Transaction, entry: ScoreEntry, person: str, at: datetime, reason: str) -> None:
    """Takes an entry back; it stays visible. Raises Conflict when somebody has already done it."""
    cursor = tx.execute(
        "UPDATE score_entry SET withdrawn = ?, withdrawn_by = ?, withdrawal = ? WHERE id = ? AND withdrawn IS NULL",
        (stamp(at), person, reason, entry.id),
    )
    if cursor.rowcount != 1:
        raise Conflict("这条登记刚刚被别人撤回了，请刷新页面。")


def entry(reads: Reads, entry_id: int) -> ScoreEntry | None:
    """One entry."""
    row = reads.row("SELECT * FROM score_entry WHERE id = ?", (entry_id,))
    return None if row is None else _entry(row)


def entries(reads: Reads, period: str) -> tuple[ScoreEntry, ...]:
    """All entries of a month, withdrawn ones too, newest first."""
    rows = reads.rows("SELECT * FROM score_entry WHERE period = ? ORDER BY id DESC", (period,))
    return tuple(_entry(row) for row in rows)


def put_text(tx: Transaction, data: bytes) -> str:
    """Keeps a text under its SHA-256 and returns that."""
    name = digest(data)
    tx.execute(
        "INSERT INTO score_text (hash, size, data) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING",
        (name, len(data), zlib.compress(data, 3)),
    )
    return name


def text(reads: Reads, name: str) -> bytes:
    """A text by its SHA-256. Raises NotFound for a missing one and for one that is not what its name says."""
    found: bytes | None = reads.value("SELECT data FROM score_text WHERE hash = ?", (name,))
    try:
        data = b"" if found is None else zlib.decompress(found)
    except zlib.error:
        data = b""
    if found is None or digest(data) != name:
        raise NotFound(f"评分数据 {name[:8]} 不在数据库里，或者被改动过。请从备份恢复。")
    return data


def insert(tx: Transaction, edition: Edition) -> int:
    """A new edition."""
    cursor = tx.execute(
        "INSERT INTO score_edition (period, edition, state, scheme, scheme_hash, ledger_hash, ranking_hash, as_of, "
        "note, made, made_by, proposed, proposed_by, appeal_until, published, published_by, event_seq, version) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        _values(edition),
    )
    return int(cursor.fetchone()["id"])


def replace(tx: Transaction, old: Edition, new: Edition) -> None:
    """Writes an edition that still is as it was read. Raises Conflict when someone was faster."""
    cursor = tx.execute(
        "UPDATE score_edition SET period = ?, edition = ?, state = ?, scheme = ?, scheme_hash = ?, ledger_hash = ?, "
        "ranking_hash = ?, as_of = ?, note = ?, made = ?, made_by = ?, proposed = ?, proposed_by = ?, "
        "appeal_until = ?, published = ?, published_by = ?, event_seq = ?, version = ? WHERE id = ? AND version = ?",
        (*_values(new)[:-1], old.version + 1, old.id, old.version),
    )
    if cursor.rowcount != 1:
        raise Conflict("这一期的评分刚刚被别人改过。请刷新页面，看清现在的状态再操作。")


def drop_unused_texts(tx: Transaction) -> None:
    """Lets go of ledgers and rankings of drafts that have been computed anew since."""
    tx.execute(
        "DELETE FROM score_text WHERE hash NOT IN (SELECT ledger_hash FROM score_edition "
        "UNION SELECT ranking_hash FROM score_edition UNION SELECT scheme_hash FROM score_edition)"
    )


def by_id(reads: Reads, edition_id: int) -> Edition | None:
    """One edition."""
    row = reads.row("SELECT * FROM score_edition WHERE id = ?", (edition_id,))
    return None if row is None else _edition(row)


def editions(reads: Reads, periods: Sequence[str] = ()) -> tuple[Edition, ...]:
    """All editions (of some periods), newest period first, newest edition first."""
    where = f"WHERE period IN ({marks(periods)}) " if periods else ""
    rows = reads.rows(
        f"SELECT * FROM score_edition {where}ORDER BY period DESC, edition DESC",  # noqa: S608
        tuple(periods),
    )
    return tuple(_edition(row) for row in rows)


def newest(reads: Reads, period: str, state: EditionState | None = None) -> Edition | None:
    """The newest edition of a period, of one state if asked."""
    found = editions(reads, (period,))
    return next((each for each in found if state in (None, each.state)), None)


def open_appeals(reads: Reads, period: str) -> int:
    """How many appeals against this period's scores are not decided yet."""
    found: int = reads.value(
        "SELECT count(*) FROM appeal WHERE score_period = ? AND state IN ('open', 'returned') AND drill = 0",
        (period,),
    )
    return found


def upheld_since(reads: Reads, period: str, at: datetime) -> int:
    """How many appeals against this period's scores have been found right since the facts were gathered."""
    found: int = reads.value(
        "SELECT count(*) FROM appeal WHERE score_period = ? AND state = 'revoked' AND decided_at > ? AND drill = 0",
        (period, stamp(at)),
    )
    return found


_CHANGES = (
    ("有新的登记", "SELECT EXISTS (SELECT 1 FROM score_entry WHERE period = :period AND entered > :at)"),
    ("撤回登记", "SELECT EXISTS (SELECT 1 FROM score_entry WHERE period = :period AND withdrawn > :at)"),
    (
        "撤销牌",
        "SELECT EXISTS (SELECT 1 FROM card WHERE issued >= :first AND issued < :after AND state = 'revoked' "
        "AND decided_at > :at AND drill = 0)",
    ),
    (
        "已办结的件发牌或撤牌",
        "SELECT EXISTS (SELECT 1 FROM cases c JOIN card d ON d.subject = 'case' AND d.subject_id = c.id "
        "WHERE c.closed_at >= :first AND c.closed_at < :after AND c.drill = 0 AND d.object = 'case' "
        "AND (d.state = 'issued' AND d.issued > :at "
        "OR d.state = 'revoked' AND d.decided_at > :at AND NOT (d.issued >= :first AND d.issued < :after)))",
    ),
    (
        "撤销督办",
        "SELECT EXISTS (SELECT 1 FROM supervision_order WHERE explain_due >= :first AND explain_due < :after "
        "AND state = 'cancelled' AND closed_at > :at AND drill = 0)",
    ),
)


def changed_since(
    reads: Reads, period: str, first: datetime, after: datetime, at: datetime
) -> tuple[str, ...]:
    """What of a month's facts was entered or taken back since they were gathered, in words; empty for nothing.

    A card may be of another month than the case that closed: the case's line says whether it had one.
    """
    values: dict[str, object] = {
        "period": period,
        "first": stamp(first),
        "after": stamp(after),
        "at": stamp(at),
    }
    return tuple(words for words, sql in _CHANGES if reads.value(sql, values))


def appeals_of(reads: Reads, period: str, departments: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    """(department, number, state) of the appeals of some departments against a period's scores."""
    rows = reads.rows(
        f"SELECT department, number, state FROM appeal WHERE score_period = ? AND department IN ({marks(departments)}) "  # noqa: S608
        "AND drill = 0 ORDER BY id",
        (period, *departments),
    )
    return tuple((row["department"], row["number"], row["state"]) for row in rows)


def _values(edition: Edition) -> tuple[object, ...]:
    return tuple(stamp_or_none(each) if isinstance(each, datetime) else each for each in astuple(edition)[1:])


def _edition(row: sqlite3.Row) -> Edition:
    return Edition(
        id=row["id"],
        period=row["period"],
        edition=row["edition"],
        state=cast(EditionState, row["state"]),
        scheme=row["scheme"],
        scheme_hash=row["scheme_hash"],
        ledger_hash=row["ledger_hash"],
        ranking_hash=row["ranking_hash"],
        as_of=moment(row["as_of"]),
        note=row["note"],
        made=moment(row["made"]),
        made_by=row["made_by"],
        proposed=moment_or_none(row["proposed"]),
        proposed_by=row["proposed_by"],
        appeal_until=moment_or_none(row["appeal_until"]),
        published=moment_or_none(row["published"]),
        published_by=row["published_by"],
        event_seq=row["event_seq"],
        version=row["version"],
    )


def _entry(row: sqlite3.Row) -> ScoreEntry:
    return ScoreEntry(
        id=row["id"],
        period=row["period"],
        head=row["head"],
        kind=row["kind"],
        department=row["department"],
        person=row["person"],
        subject=row["subject"],
        subject_number=row["subject_number"],
        quantity=row["quantity"],
        happened=date.fromisoformat(row["happened"]),
        entered=moment(row["entered"]),
        entered_by=row["entered_by"],
        basis=row["basis"],
        note=row["note"],
        withdrawn=moment_or_none(row["withdrawn"]),
        withdrawn_by=row["withdrawn_by"],
        withdrawal=row["withdrawal"],
    )
