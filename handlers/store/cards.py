"""Supervision cards as records: one per rule, level and fact, whatever number of sweeps looks; the watch list."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, moment_or_none, stamp, stamp_or_none
from handlers.store.records import Card, Watched
from handlers.store.writer import Transaction
from rules.errors import Conflict
from rules.quick_dataclass import dataclass


def insert(tx: Transaction, card: Card) -> int | None:
    """A new card; None when this fact already has one of this level under this rule."""
    cursor = tx.execute(
        "INSERT INTO card (clock_id, subject, subject_id, subject_number, department, unit, object, \"trigger\", "
        "fact, level, rule, rules, since, raised, issued, state, why, evidence, by_hand, issued_by, confirmed_by, "
        "drill, decided_by, decided_at, decision) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (rule, level, fact) DO NOTHING RETURNING id",
        (
            card.clock_id, card.subject, card.subject_id, card.subject_number, card.department, card.unit,
            card.object, card.trigger, card.fact, card.level, card.rule, card.rules, stamp(card.since),
            stamp(card.raised), stamp(card.issued), card.state, card.why, card.evidence, int(card.by_hand),
            card.issued_by, card.confirmed_by, int(card.drill), card.decided_by, stamp_or_none(card.decided_at),
            card.decision,
        ),
    )  # fmt: skip
    row = cursor.fetchone()
    return None if row is None else int(row["id"])


def decide(tx: Transaction, card: Card, state: str, person: str, at: datetime, why: str) -> None:
    """Issues, dismisses or revokes a card that still is as it was read. Raises Conflict when someone was faster.

    A pending card that is confirmed takes effect at `at`.
    """
    confirmed = state == "issued"
    cursor = tx.execute(
        "UPDATE card SET state = ?, decided_by = ?, decided_at = ?, decision = ?, "
        "issued = CASE WHEN ? THEN ? ELSE issued END, confirmed_by = CASE WHEN ? THEN ? ELSE confirmed_by END "
        "WHERE id = ? AND state = ?",
        (state, person, stamp(at), why, confirmed, stamp(at), confirmed, person, card.id, card.state),
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
    reads: Reads,
    departments: Sequence[str],
    wanted: CardFilter,
    most: int,
    page: int = 1,
    taken_in: Sequence[str] = (),
) -> tuple[tuple[Card, ...], int]:
    """A page of the cards of some departments, what waits for a person first, then the newest; and how many.

    `taken_in`: units whose cases count as well, whatever department handles them (a town's).
    """
    where, values = f"department IN ({marks(departments)})", list[object](departments)
    if taken_in:
        within = f"SELECT id FROM cases WHERE accepting_unit IN ({marks(taken_in)})"  # noqa: S608
        where, values = f"({where} OR subject = 'case' AND subject_id IN ({within}))", [*values, *taken_in]
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
    """How many cards of some departments took effect, drill, unconfirmed and dismissed ones left out."""
    found: int = reads.value(
        f"SELECT count(*) FROM card WHERE department IN ({marks(departments)}) AND drill = 0 "  # noqa: S608
        "AND state IN ('issued', 'revoked') AND issued BETWEEN ? AND ?",
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


def of_fact(reads: Reads, rule: str, level: int, fact: str) -> Card | None:
    """The card a rule gave a fact at a level."""
    row = reads.row("SELECT * FROM card WHERE rule = ? AND level = ? AND fact = ?", (rule, level, fact))
    return None if row is None else _card(row)


def watch(tx: Transaction, seen: Watched) -> int | None:
    """Puts something on the watch list; None when this rule already put this fact there."""
    cursor = tx.execute(
        'INSERT INTO watch ("trigger", fact, rule, rules, subject, subject_id, subject_number, department, unit, '
        "at, why, drill) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rule, fact) DO NOTHING RETURNING id",
        (
            seen.trigger, seen.fact, seen.rule, seen.rules, seen.subject, seen.subject_id, seen.subject_number,
            seen.department, seen.unit, stamp(seen.at), seen.why, int(seen.drill),
        ),
    )  # fmt: skip
    row = cursor.fetchone()
    return None if row is None else int(row["id"])


def watched(
    reads: Reads, departments: Sequence[str], first: datetime, last: datetime, most: int
) -> tuple[Watched, ...]:
    """The watch list of some departments in a period, newest first, drill left out."""
    rows = reads.rows(
        f"SELECT * FROM watch WHERE department IN ({marks(departments)}) AND drill = 0 "  # noqa: S608
        "AND at BETWEEN ? AND ? ORDER BY at DESC, id DESC LIMIT ?",
        (*departments, stamp(first), stamp(last), most),
    )
    return tuple(_watched(row) for row in rows)


def watched_of_subject(reads: Reads, subject: str, subject_id: int) -> tuple[Watched, ...]:
    """Why a case is watched with priority, oldest first."""
    rows = reads.rows(
        "SELECT * FROM watch WHERE subject = ? AND subject_id = ? ORDER BY id", (subject, subject_id)
    )
    return tuple(_watched(row) for row in rows)


def _watched(row: sqlite3.Row) -> Watched:
    return Watched(
        id=row["id"],
        trigger=row["trigger"],
        fact=row["fact"],
        rule=row["rule"],
        rules=row["rules"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        subject_number=row["subject_number"],
        department=row["department"],
        unit=row["unit"],
        at=moment(row["at"]),
        why=row["why"],
        drill=bool(row["drill"]),
    )


def _card(row: sqlite3.Row) -> Card:
    return Card(
        id=row["id"],
        clock_id=row["clock_id"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        subject_number=row["subject_number"],
        department=row["department"],
        unit=row["unit"],
        object=row["object"],
        trigger=row["trigger"],
        fact=row["fact"],
        level=row["level"],
        rule=row["rule"],
        rules=row["rules"],
        since=moment(row["since"]),
        raised=moment(row["raised"]),
        issued=moment(row["issued"]),
        state=row["state"],
        why=row["why"],
        drill=bool(row["drill"]),
        evidence=row["evidence"],
        by_hand=bool(row["by_hand"]),
        issued_by=row["issued_by"],
        confirmed_by=row["confirmed_by"],
        decided_by=row["decided_by"],
        decided_at=moment_or_none(row["decided_at"]),
        decision=row["decision"],
    )
