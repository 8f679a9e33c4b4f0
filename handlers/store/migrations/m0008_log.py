"""Seals over rows, the published days of the log and the keys that signed them, looks that can be searched."""

from __future__ import annotations

from sqlite_utils import Database

from handlers.store.migrations.m0001_records import statements

_SEALS = """
CREATE TABLE seal (
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, head TEXT NOT NULL, why TEXT NOT NULL DEFAULT '',
  rows TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER seal_is_not_changed BEFORE UPDATE ON seal
BEGIN SELECT RAISE(ABORT, 'seals are append-only'); END;
CREATE TRIGGER seal_is_not_removed BEFORE DELETE ON seal
BEGIN SELECT RAISE(ABORT, 'seals are append-only'); END;

CREATE TABLE row_salt (
  tab TEXT NOT NULL, key TEXT NOT NULL, salt BLOB NOT NULL, PRIMARY KEY (tab, key)
) STRICT, WITHOUT ROWID;
"""

_DAYS = """
CREATE TABLE log_key (
  id TEXT PRIMARY KEY, position INTEGER NOT NULL UNIQUE, algorithm TEXT NOT NULL, public TEXT NOT NULL,
  since TEXT NOT NULL, entry TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE log_day (
  day TEXT PRIMARY KEY, position INTEGER NOT NULL UNIQUE, first INTEGER NOT NULL, last INTEGER NOT NULL,
  statement TEXT NOT NULL, signature TEXT NOT NULL, hash TEXT NOT NULL, event_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX log_day_by_range ON log_day(last);
"""

_LOOKS = """
ALTER TABLE access_log ADD COLUMN unit TEXT NOT NULL DEFAULT '';
ALTER TABLE access_log ADD COLUMN found INTEGER;
CREATE INDEX access_by_time ON access_log(at);
CREATE INDEX access_by_person ON access_log(person, at);
"""


def m0008_log(database: Database) -> None:
    """Nothing is sealed here: what stands already is sealed as found once the migrations have run."""
    for script in (_SEALS, _DAYS, _LOOKS):
        for statement in statements(script):
            database.execute(statement)
