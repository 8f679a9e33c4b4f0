"""What the rules about events need to know: conclusions, sums charged, reasons given before, what failed."""

from __future__ import annotations

from sqlite_utils import Database

from handlers.store.migrations.m0001_records import statements

_SCRIPT = """
ALTER TABLE step ADD COLUMN conclusion TEXT;
ALTER TABLE fee ADD COLUMN charged INTEGER;

CREATE TABLE reason_given (
  department TEXT NOT NULL, digest BLOB NOT NULL, case_id INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (department, digest, case_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE unjudged (
  id INTEGER PRIMARY KEY, rule TEXT NOT NULL, fact TEXT NOT NULL, happened TEXT NOT NULL, why TEXT NOT NULL,
  next_at TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 1, UNIQUE (rule, fact)
) STRICT;
CREATE INDEX unjudged_next ON unjudged(next_at);
"""


def m0009_findings(database: Database) -> None:
    """Two columns and two small tables; nothing that is there changes."""
    for statement in statements(_SCRIPT):
        database.execute(statement)
