"""What follows a bad rating: one row by case with its two days, and what was recorded at each step."""

from __future__ import annotations

from sqlite_utils import Database

from handlers.store.migrations.m0001_records import statements

_FOLLOWUPS = """
CREATE TABLE rating_followup (
  case_id INTEGER PRIMARY KEY REFERENCES cases(id), department TEXT NOT NULL, supervisor_unit TEXT NOT NULL,
  opened TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'fixing', 'disputed', 'fixed', 'closed', 'dropped')),
  contact_due TEXT NOT NULL, contacted_at TEXT, contact_late INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  fix_due TEXT NOT NULL, fixed_at TEXT, fix_late INTEGER NOT NULL DEFAULT 0, extended INTEGER NOT NULL DEFAULT 0,
  finding TEXT NOT NULL DEFAULT '', accepted TEXT NOT NULL DEFAULT '', closed_at TEXT,
  version INTEGER NOT NULL DEFAULT 0, drill INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX followup_by_department ON rating_followup(department, state);
CREATE INDEX followup_by_opening ON rating_followup(opened);

CREATE TABLE rating_step (
  id INTEGER PRIMARY KEY, case_id INTEGER NOT NULL REFERENCES rating_followup(case_id), move TEXT NOT NULL,
  at TEXT NOT NULL, person TEXT NOT NULL, done_at TEXT, way TEXT NOT NULL DEFAULT '',
  choice TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX step_of_followup ON rating_step(case_id);
"""


def m0013_rating_followups(database: Database) -> None:
    """Two tables, empty: what was rated before is not late now for a duty nobody had been told of."""
    for each in statements(_FOLLOWUPS):
        database.execute(each)
