"""Supervision orders with their replies and accountability, appeals with their statements, chases, owned files."""

from __future__ import annotations

from sqlite_utils import Database

from handlers.store.migrations.m0001_records import statements

_ORDERS = """
CREATE TABLE supervision_order (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, card_id INTEGER UNIQUE REFERENCES card(id),
  subject TEXT NOT NULL CHECK (subject IN ('case', 'letter', 'department')), subject_id INTEGER NOT NULL,
  subject_number TEXT NOT NULL, department TEXT NOT NULL, unit TEXT NOT NULL, issuer_unit TEXT NOT NULL,
  text TEXT NOT NULL, demand TEXT NOT NULL, document TEXT NOT NULL,
  issued TEXT NOT NULL, issued_by TEXT NOT NULL, explain_due TEXT NOT NULL, correct_due TEXT,
  state TEXT NOT NULL CHECK (state IN ('issued', 'explained', 'accepted', 'correcting', 'corrected', 'closed', 'cancelled')),
  explained_at TEXT, late INTEGER NOT NULL DEFAULT 0, correction_late INTEGER NOT NULL DEFAULT 0,
  returns INTEGER NOT NULL DEFAULT 0, chases INTEGER NOT NULL DEFAULT 0, level INTEGER NOT NULL DEFAULT 0,
  closed_at TEXT, closing TEXT NOT NULL DEFAULT '', version INTEGER NOT NULL DEFAULT 0, drill INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX order_by_department ON supervision_order(department, state, explain_due);
CREATE INDEX order_by_issue ON supervision_order(issued);
CREATE INDEX order_of_subject ON supervision_order(subject, subject_id);

CREATE TABLE order_reply (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES supervision_order(id),
  kind TEXT NOT NULL CHECK (kind IN ('explain', 'report')), text TEXT NOT NULL, at TEXT NOT NULL, person TEXT NOT NULL,
  late INTEGER NOT NULL DEFAULT 0, verdict TEXT NOT NULL DEFAULT '', verdict_words TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX reply_of_order ON order_reply(order_id);

CREATE TABLE accountability (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES supervision_order(id), department TEXT NOT NULL,
  unit TEXT NOT NULL, person TEXT, kind TEXT NOT NULL, outcome TEXT NOT NULL, decided TEXT NOT NULL,
  entered TEXT NOT NULL, entered_by TEXT NOT NULL, withdrawn TEXT, withdrawn_by TEXT,
  withdrawal TEXT NOT NULL DEFAULT '', drill INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX accountability_of_order ON accountability(order_id);
CREATE INDEX accountability_by_department ON accountability(department, decided);
"""

_APPEALS = """
CREATE TABLE appeal (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, card_id INTEGER UNIQUE REFERENCES card(id), score_period TEXT,
  department TEXT NOT NULL, subject TEXT NOT NULL DEFAULT '', subject_id INTEGER NOT NULL DEFAULT 0,
  subject_number TEXT NOT NULL DEFAULT '', about TEXT NOT NULL, avoid TEXT NOT NULL DEFAULT '[]',
  filed TEXT NOT NULL, filed_by TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'returned', 'revoked', 'upheld')),
  rounds INTEGER NOT NULL DEFAULT 1, due TEXT NOT NULL, level INTEGER NOT NULL DEFAULT 0, decided_by TEXT,
  decided_at TEXT, reasons TEXT NOT NULL DEFAULT '', version INTEGER NOT NULL DEFAULT 0, drill INTEGER NOT NULL DEFAULT 0,
  CHECK (card_id IS NOT NULL OR score_period IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX appeal_of_score ON appeal(department, score_period) WHERE score_period IS NOT NULL;
CREATE INDEX appeal_by_department ON appeal(department, state, filed);

CREATE TABLE appeal_statement (
  id INTEGER PRIMARY KEY, appeal_id INTEGER NOT NULL REFERENCES appeal(id), move TEXT NOT NULL, text TEXT NOT NULL,
  at TEXT NOT NULL, person TEXT NOT NULL
) STRICT;
CREATE INDEX statement_of_appeal ON appeal_statement(appeal_id);
"""

_CHASES = """
CREATE TABLE chase (
  id INTEGER PRIMARY KEY, subject TEXT NOT NULL, subject_id INTEGER NOT NULL, subject_number TEXT NOT NULL,
  department TEXT NOT NULL, unit TEXT NOT NULL, person TEXT NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL,
  words TEXT NOT NULL DEFAULT '', drill INTEGER NOT NULL DEFAULT 0, UNIQUE (subject, subject_id, person, day)
) STRICT;
CREATE INDEX chase_by_department ON chase(department, at);

CREATE TABLE reply_draft (
  topic TEXT NOT NULL, person TEXT NOT NULL REFERENCES person(id), text TEXT NOT NULL, saved TEXT NOT NULL,
  PRIMARY KEY (topic, person)
) STRICT, WITHOUT ROWID;
"""

# Files of replies and appeals: `owner` says whose they are (`reply/12`), empty for those of cases and drafts.
_FILES = """
ALTER TABLE attachment ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE INDEX attachment_of_owner ON attachment(owner) WHERE owner <> '';
"""


def m0003_orders(database: Database) -> None:
    """Everything that follows a card."""
    for script in (_ORDERS, _APPEALS, _CHASES, _FILES):
        for statement in statements(script):
            database.execute(statement)
