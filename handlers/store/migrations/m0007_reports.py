"""Statistics: one row of facts per case, what happened to it more than once, roll-ups, saved and quarterly reports."""

from __future__ import annotations

from sqlite_utils import Database

from handlers.store.migrations.m0001_records import statements

# Days are numbers like 20261122, months like 202611: short, sorted, and readable in a query.
_FACTS = """
CREATE TABLE stat_item (
  id INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE, code TEXT NOT NULL, name TEXT NOT NULL,
  item_type TEXT NOT NULL, depth INTEGER, visits INTEGER, themes TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX stat_item_by_code ON stat_item(code);

CREATE TABLE case_fact (
  case_id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES stat_item(id), department TEXT NOT NULL,
  unit TEXT NOT NULL, channel TEXT NOT NULL, outcome TEXT NOT NULL, online INTEGER NOT NULL,
  filed INTEGER NOT NULL, accepted INTEGER, closed INTEGER, rated INTEGER, rating INTEGER,
  on_time INTEGER, early INTEGER, agency_days INTEGER, total_days INTEGER, lived_days INTEGER,
  agency_hours INTEGER, total_hours INTEGER, paused_days INTEGER NOT NULL DEFAULT 0, visits INTEGER,
  provisional INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX fact_by_filing ON case_fact(filed, department);
CREATE INDEX fact_by_acceptance ON case_fact(accepted, department) WHERE accepted IS NOT NULL;
CREATE INDEX fact_by_closing ON case_fact(closed, department) WHERE closed IS NOT NULL;
CREATE INDEX fact_by_rating ON case_fact(rated, department) WHERE rated IS NOT NULL;
CREATE INDEX fact_provisional ON case_fact(case_id) WHERE provisional = 1;

CREATE TABLE case_happening (
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, day INTEGER NOT NULL, case_id INTEGER NOT NULL
) STRICT;
CREATE INDEX happening_by_day ON case_happening(kind, day);

CREATE TABLE stat_roll (
  period INTEGER NOT NULL, measure TEXT NOT NULL, department TEXT NOT NULL, value INTEGER NOT NULL,
  count INTEGER NOT NULL, PRIMARY KEY (measure, period, department, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE stat_mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

_REPORTS = """
CREATE TABLE saved_report (
  id INTEGER PRIMARY KEY, person TEXT NOT NULL REFERENCES person(id), unit TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL, query TEXT NOT NULL, saved TEXT NOT NULL, UNIQUE (person, name)
) STRICT;
CREATE INDEX saved_report_of_unit ON saved_report(unit) WHERE unit <> '';

CREATE TABLE quarterly_report (
  period TEXT PRIMARY KEY, number TEXT NOT NULL, addressee TEXT NOT NULL, preface TEXT NOT NULL,
  conclusions TEXT NOT NULL, saved TEXT NOT NULL, saved_by TEXT NOT NULL, version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


def m0007_reports(database: Database) -> None:
    """What statistics read, and the reports people keep."""
    for script in (_FACTS, _REPORTS):
        for statement in statements(script):
            database.execute(statement)
