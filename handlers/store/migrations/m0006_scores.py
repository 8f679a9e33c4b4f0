"""Score entries by the supervisor, editions of scores with their texts by content, indexes for a month's facts."""

from __future__ import annotations

from sqlite_utils import Database

from handlers.store.migrations.m0001_records import statements

_SCORES = """
CREATE TABLE score_entry (
  id INTEGER PRIMARY KEY, period TEXT NOT NULL, head TEXT NOT NULL, kind TEXT NOT NULL, department TEXT NOT NULL,
  person TEXT, subject TEXT NOT NULL DEFAULT '', subject_number TEXT NOT NULL DEFAULT '',
  quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0), happened TEXT NOT NULL, entered TEXT NOT NULL,
  entered_by TEXT NOT NULL, basis TEXT NOT NULL, note TEXT NOT NULL DEFAULT '', withdrawn TEXT, withdrawn_by TEXT,
  withdrawal TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX score_entry_by_period ON score_entry(period, department);
CREATE UNIQUE INDEX score_register ON score_entry(period, head) WHERE kind = 'register' AND withdrawn IS NULL;

CREATE TABLE score_edition (
  id INTEGER PRIMARY KEY, period TEXT NOT NULL, edition INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'proposed', 'published')),
  scheme TEXT NOT NULL, scheme_hash TEXT NOT NULL, ledger_hash TEXT NOT NULL, ranking_hash TEXT NOT NULL,
  as_of TEXT NOT NULL, note TEXT NOT NULL DEFAULT '', made TEXT NOT NULL, made_by TEXT NOT NULL,
  proposed TEXT, proposed_by TEXT, appeal_until TEXT, published TEXT, published_by TEXT, event_seq INTEGER,
  version INTEGER NOT NULL DEFAULT 0, UNIQUE (period, edition)
) STRICT;

CREATE TABLE score_text (
  hash TEXT PRIMARY KEY, size INTEGER NOT NULL, data BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""

_INDEXES = """
CREATE INDEX rating_by_time ON rating(at);
CREATE INDEX letter_by_due ON letter(due);
"""


def m0006_scores(database: Database) -> None:
    """Entries, editions and texts of scores."""
    for script in (_SCORES, _INDEXES):
        for statement in statements(script):
            database.execute(statement)
