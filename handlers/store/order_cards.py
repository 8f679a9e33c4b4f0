"""The cards of a supervision order: the one that brought it, those that joined it, those taken off since."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, moment_or_none, stamp
from handlers.store.writer import Transaction
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class OrderCard:
    """A card of an order. `finding`: what the document says of it; empty for the card the document was issued with.

    `removed`: when the card was revoked and taken off, with the reason in `removal`.
    """

    card_id: int
    order_id: int
    joined: datetime
    finding: str = ""
    removed: datetime | None = None
    removal: str = ""


def add(tx: Transaction, entry: OrderCard) -> None:
    """One more card of an order."""
    tx.execute(
        "INSERT INTO supervision_order_card (card_id, order_id, joined, finding) VALUES (?, ?, ?, ?)",
        (entry.card_id, entry.order_id, stamp(entry.joined), entry.finding),
    )


def remove(tx: Transaction, card_id: int, at: datetime, reason: str) -> None:
    """Takes a card off its order; it stays readable as taken off."""
    tx.execute(
        "UPDATE supervision_order_card SET removed = ?, removal = ? WHERE card_id = ? AND removed IS NULL",
        (stamp(at), reason, card_id),
    )


def with_order(reads: Reads, card_ids: Sequence[int]) -> frozenset[int]:
    """Which of some cards brought or joined an order, also when they were taken off it since."""
    rows = reads.rows(
        f"SELECT card_id FROM supervision_order_card WHERE card_id IN ({marks(card_ids)})",  # noqa: S608
        tuple(card_ids),
    )
    return frozenset(row[0] for row in rows)


def of_order(reads: Reads, order_id: int) -> tuple[OrderCard, ...]:
    """All cards of an order, in the order they came."""
    rows = reads.rows(
        "SELECT * FROM supervision_order_card WHERE order_id = ? ORDER BY joined, card_id", (order_id,)
    )
    return tuple(_card(row) for row in rows)


def _card(row: sqlite3.Row) -> OrderCard:
    return OrderCard(
        card_id=row["card_id"],
        order_id=row["order_id"],
        joined=moment(row["joined"]),
        finding=row["finding"],
        removed=moment_or_none(row["removed"]),
        removal=row["removal"],
    )
