"""Several cards on one order: which ones, since when, what the document says of each, and which were taken off."""

from __future__ import annotations

from sqlite_utils import Database

from handlers.store.migrations.m0001_records import statements

_SCRIPT = """
CREATE TABLE supervision_order_card (
  card_id INTEGER PRIMARY KEY REFERENCES card(id), order_id INTEGER NOT NULL REFERENCES supervision_order(id),
  joined TEXT NOT NULL, finding TEXT NOT NULL DEFAULT '', removed TEXT, removal TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX card_of_order ON supervision_order_card(order_id);
INSERT INTO supervision_order_card (card_id, order_id, joined, removed, removal)
  SELECT o.card_id, o.id, o.issued, CASE WHEN c.state = 'revoked' THEN o.closed_at END,
    CASE WHEN c.state = 'revoked' THEN o.closing ELSE '' END
  FROM supervision_order o JOIN card c ON c.id = o.card_id;
"""


def m0010_order_cards(database: Database) -> None:
    """Every order a card brought keeps that card as its first."""
    for statement in statements(_SCRIPT):
        database.execute(statement)
