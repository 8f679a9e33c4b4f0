"""Supervision cards as records: one per clock, level and rule, whatever number of sweeps looks."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, moment_or_none, stamp
from handlers.store.records import Card
from handlers.store.writer import Transaction
from rules.errors import Conflict


def insert(tx: Transaction, card: Card) -> int | None:
    """A new card; None when this clock already has one of this level under this rule."""
    cursor = tx.execute(
        "INSERT INTO card (clock_id, subject, subject_id, subject_number, department, unit, level, rule, rules, "
        "since, issued, state, why, drill) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (clock_id, level, rule) DO NOTHING RETURNING id",
        (
            card.clock_id, card.subject, card.subject_id, card.subject_number, card.department, card.unit,
            card.level, card.rule, card.rules, stamp(card.since), stamp(card.issued), card.state, card.why,
            int(card.drill),
        ),
    )  # fmt: skip
    row = cursor.fetchone()
    return None if row is None else int(row["id"])


def decide(tx: Transaction, card: Card, state: str, person: str, at: datetime, why: str) -> None:
    """Issues or revokes a card that still is as it was read. Raises Conflict when someone was faster."""
    cursor = tx.execute(
        "UPDATE card SET state = ?, decided_by = ?, decided_at = ?, decision = ? WHERE id = ? AND state = ?",
        (state, person, stamp(at), why, card.id, card.state),
    )
    if cursor.rowcount != 1:
        raise Conflict("这张牌刚刚被别人处理过，请刷新页面。")


def by_id(reads: Reads, card_id: int) -> Card | None:
    """One card."""
    row = reads.row("SELECT * FROM card WHERE id = ?", (card_id,))
    return None if row is None else _card(row)


def of_subject(reads: Reads, subject: str, subject_id: int) -> tuple[Card, ...]:
    """All cards of a case or letter, oldest first."""
    rows = reads.rows(
        "SELECT * FROM card WHERE subject = ? AND subject_id = ? ORDER BY id", (subject, subject_id)
    )
    return tuple(_card(row) for row in rows)


def newest(reads: Reads, departments: Sequence[str], most: int, page: int = 1) -> tuple[Card, ...]:
    """The newest cards of some departments."""
    rows = reads.rows(
        f"SELECT * FROM card WHERE department IN ({marks(departments)}) "  # noqa: S608
        "ORDER BY issued DESC, id DESC LIMIT ? OFFSET ?",
        (*departments, most, (page - 1) * most),
    )
    return tuple(_card(row) for row in rows)


@dataclass(frozen=True, slots=True)
class CardFilter:
    """What a list of cards is narrowed to; `running`: only of clocks that still run."""

    level: int | None = None
    state: str | None = None
    running: bool = False


def listed(
    reads: Reads, departments: Sequence[str], wanted: CardFilter, most: int, page: int = 1
) -> tuple[tuple[Card, ...], int]:
    """A page of the cards of some departments, what waits for a person first, then the newest; and how many."""
    where, values = f"department IN ({marks(departments)})", list[object](departments)
    if wanted.level is not None:
        where, values = f"{where} AND level = ?", [*values, wanted.level]
    if wanted.state is not None:
        where, values = f"{where} AND state = ?", [*values, wanted.state]
    if wanted.running:
        where += " AND clock_id IN (SELECT id FROM clock WHERE stopped IS NULL)"
    total: int = reads.value(f"SELECT count(*) FROM card WHERE {where}", values)  # noqa: S608
    rows = reads.rows(
        f"SELECT * FROM card WHERE {where} ORDER BY state <> 'pending', issued DESC, id DESC LIMIT ? OFFSET ?",  # noqa: S608
        (*values, most, (page - 1) * most),
    )
    return tuple(_card(row) for row in rows), total


def issued_between(reads: Reads, departments: Sequence[str], first: datetime, last: datetime) -> int:
    """How many cards of some departments were issued, drill left out."""
    found: int = reads.value(
        f"SELECT count(*) FROM card WHERE department IN ({marks(departments)}) AND drill = 0 "  # noqa: S608
        "AND issued BETWEEN ? AND ?",
        (*departments, stamp(first), stamp(last)),
    )
    return found


def pending(reads: Reads, departments: Sequence[str]) -> int:
    """How many cards wait for a person's confirmation."""
    found: int = reads.value(
        f"SELECT count(*) FROM card WHERE state = 'pending' AND department IN ({marks(departments)})",  # noqa: S608
        tuple(departments),
    )
    return found


def _card(row: sqlite3.Row) -> Card:
    return Card(
        id=row["id"],
        clock_id=row["clock_id"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        subject_number=row["subject_number"],
        department=row["department"],
        unit=row["unit"],
        level=row["level"],
        rule=row["rule"],
        rules=row["rules"],
        since=moment(row["since"]),
        issued=moment(row["issued"]),
        state=row["state"],
        why=row["why"],
        drill=bool(row["drill"]),
        decided_by=row["decided_by"],
        decided_at=moment_or_none(row["decided_at"]),
        decision=row["decision"],
    )
