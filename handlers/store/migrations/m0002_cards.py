"""Cards of facts as well as of clocks: one per rule, level and fact; who issued and who confirmed; the watch list."""

from __future__ import annotations

from sqlite_utils import Database

from handlers.store.migrations.m0001_records import statements

_NEW = """
CREATE TABLE card_rebuilt (
  id INTEGER PRIMARY KEY, clock_id INTEGER REFERENCES clock(id), subject TEXT NOT NULL,
  subject_id INTEGER NOT NULL, subject_number TEXT NOT NULL, department TEXT NOT NULL, unit TEXT NOT NULL,
  object TEXT NOT NULL, "trigger" TEXT NOT NULL DEFAULT '', fact TEXT NOT NULL,
  level INTEGER NOT NULL, rule TEXT NOT NULL, rules TEXT NOT NULL, since TEXT NOT NULL, raised TEXT NOT NULL,
  issued TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('pending', 'issued', 'dismissed', 'revoked')),
  why TEXT NOT NULL, evidence TEXT NOT NULL DEFAULT '', by_hand INTEGER NOT NULL DEFAULT 0,
  issued_by TEXT NOT NULL DEFAULT 'system', confirmed_by TEXT, drill INTEGER NOT NULL DEFAULT 0,
  decided_by TEXT, decided_at TEXT, decision TEXT NOT NULL DEFAULT '', UNIQUE (rule, level, fact)
) STRICT;
"""

# A pending card that was not confirmed used to be kept as revoked; the event tells the two apart.
_COPY = """
INSERT INTO card_rebuilt (id, clock_id, subject, subject_id, subject_number, department, unit, object, "trigger",
  fact, level, rule, rules, since, raised, issued, state, why, confirmed_by, drill, decided_by, decided_at, decision)
SELECT card.id, clock_id, card.subject, card.subject_id, card.subject_number, card.department, card.unit,
  coalesce(clock.object, ''), '', 'clock:' || clock_id, card.level, rule, card.rules, card.since, card.issued,
  card.issued,
  CASE WHEN card.state = 'revoked' AND EXISTS (
    SELECT 1 FROM event JOIN event_payload USING (seq) WHERE event.kind = 'card.revoke'
      AND event.from_state = 'pending' AND event.subject = card.subject AND event.subject_id = card.subject_id
      AND json_extract(event_payload.payload, '$.card') = card.id
  ) THEN 'dismissed' ELSE card.state END,
  card.why,
  CASE WHEN card.state = 'issued' THEN decided_by END,
  card.drill, decided_by, decided_at, decision
FROM card LEFT JOIN clock ON clock.id = card.clock_id;
"""

_INDEXES = """
CREATE INDEX card_of_subject ON card(subject, subject_id);
CREATE INDEX card_of_clock ON card(clock_id) WHERE clock_id IS NOT NULL;
CREATE INDEX card_by_department ON card(department, issued);
CREATE INDEX card_by_issue ON card(issued);
CREATE INDEX card_pending ON card(department) WHERE state = 'pending';
"""

_WATCH = """
CREATE TABLE watch (
  id INTEGER PRIMARY KEY, "trigger" TEXT NOT NULL, fact TEXT NOT NULL, rule TEXT NOT NULL, rules TEXT NOT NULL,
  subject TEXT NOT NULL, subject_id INTEGER NOT NULL, subject_number TEXT NOT NULL, department TEXT NOT NULL,
  unit TEXT NOT NULL, at TEXT NOT NULL, why TEXT NOT NULL, drill INTEGER NOT NULL DEFAULT 0, UNIQUE (rule, fact)
) STRICT;
CREATE INDEX watch_by_department ON watch(department, at);
CREATE INDEX watch_of_subject ON watch(subject, subject_id);
"""


def m0002_cards(database: Database) -> None:
    """Rebuilds the table of cards, keeping every card and its number, and makes the watch list."""
    for statement in (
        *statements(_NEW),
        _COPY,
        "DROP TABLE card",
        "ALTER TABLE card_rebuilt RENAME TO card",
        *statements(_INDEXES),
        *statements(_WATCH),
    ):
        database.execute(statement)
