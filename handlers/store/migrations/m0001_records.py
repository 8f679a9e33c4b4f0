"""The first schema: units and people, cases with steps, clocks and notices, the event chain, letters, counts."""

from __future__ import annotations

from sqlite_utils import Database

_UNITS_AND_PEOPLE = """
CREATE TABLE org_unit (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, parent TEXT, department TEXT,
  number_word TEXT NOT NULL DEFAULT '', position INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
  id TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, phone TEXT NOT NULL DEFAULT '',
  email TEXT NOT NULL DEFAULT '', password_hash TEXT NOT NULL, password_changed TEXT NOT NULL,
  must_change INTEGER NOT NULL DEFAULT 0, totp_secret BLOB, totp_enabled INTEGER NOT NULL DEFAULT 0,
  totp_last INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, locked_until TEXT,
  active INTEGER NOT NULL DEFAULT 1, demo INTEGER NOT NULL DEFAULT 0, created TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE assignment (
  id INTEGER PRIMARY KEY, person TEXT NOT NULL REFERENCES person(id), role TEXT NOT NULL, unit TEXT NOT NULL,
  valid_from TEXT, valid_to TEXT
) STRICT;
CREATE INDEX assignment_of_person ON assignment(person);

CREATE TABLE session (
  token_hash BLOB PRIMARY KEY, person TEXT NOT NULL REFERENCES person(id), csrf TEXT NOT NULL,
  second_factor INTEGER NOT NULL, created TEXT NOT NULL, seen TEXT NOT NULL, expires TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of_person ON session(person);
"""

_DRAFTS = """
CREATE TABLE draft (
  code_hash BLOB PRIMARY KEY, item TEXT NOT NULL, item_version TEXT NOT NULL, data TEXT NOT NULL,
  created TEXT NOT NULL, saved TEXT NOT NULL, expires TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_expires ON draft(expires);

CREATE TABLE attachment (
  id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, name TEXT NOT NULL, extension TEXT NOT NULL,
  media_type TEXT NOT NULL, size INTEGER NOT NULL, field TEXT NOT NULL DEFAULT '',
  draft_hash BLOB, case_id INTEGER, received TEXT NOT NULL, received_by TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_of_case ON attachment(case_id) WHERE case_id IS NOT NULL;
CREATE INDEX attachment_of_draft ON attachment(draft_hash) WHERE draft_hash IS NOT NULL;
CREATE INDEX attachment_by_content ON attachment(sha256);
CREATE INDEX attachment_unclaimed ON attachment(received) WHERE case_id IS NULL;
"""

# `cases` is plural only because CASE is a word of SQL.
_CASES = """
CREATE TABLE cases (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, query_hash BLOB NOT NULL,
  item_code TEXT NOT NULL, item_name TEXT NOT NULL, item_version TEXT NOT NULL, item_type TEXT NOT NULL,
  case_kind TEXT NOT NULL, department TEXT NOT NULL, accepting_unit TEXT NOT NULL, holder_unit TEXT NOT NULL,
  holder_role TEXT NOT NULL, state TEXT NOT NULL, step INTEGER NOT NULL DEFAULT -1,
  channel TEXT NOT NULL, applicant_kind TEXT NOT NULL, applicant_masked TEXT NOT NULL, account TEXT,
  has_agent INTEGER NOT NULL DEFAULT 0, source_system TEXT, source_id TEXT,
  parent INTEGER REFERENCES cases(id), project_code TEXT, drill INTEGER NOT NULL DEFAULT 0,
  promised_days INTEGER NOT NULL, promised_unit TEXT NOT NULL, statutory_days INTEGER, statutory_unit TEXT,
  limit_basis TEXT NOT NULL DEFAULT '', delivery TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '',
  received_at TEXT NOT NULL, submitted_at TEXT NOT NULL, accepted_at TEXT, decided_at TEXT, closed_at TEXT,
  delivered_at TEXT, supplements INTEGER NOT NULL DEFAULT 0, extensions INTEGER NOT NULL DEFAULT 0,
  deemed INTEGER NOT NULL DEFAULT 0, rating INTEGER, level INTEGER NOT NULL DEFAULT 0,
  due TEXT, supplement_due TEXT, version INTEGER NOT NULL DEFAULT 0, due_provisional INTEGER NOT NULL DEFAULT 0, changed_at TEXT NOT NULL
) STRICT;
CREATE INDEX case_by_holder ON cases(holder_unit, state, due);
CREATE INDEX case_by_department ON cases(department, state, received_at);
CREATE INDEX case_by_accepting ON cases(accepting_unit, state, received_at);
CREATE INDEX case_open ON cases(department, drill, level, state, due_provisional)
  WHERE state NOT IN ('delivered', 'refused', 'voided', 'withdrawn');
CREATE INDEX case_by_closing ON cases(closed_at, department) WHERE closed_at IS NOT NULL;
CREATE UNIQUE INDEX case_by_source ON cases(source_system, source_id) WHERE source_id IS NOT NULL;
CREATE INDEX case_by_parent ON cases(parent) WHERE parent IS NOT NULL;
CREATE INDEX case_by_account ON cases(account) WHERE account IS NOT NULL;

CREATE TABLE case_payload (
  case_id INTEGER PRIMARY KEY REFERENCES cases(id), applicant_name TEXT NOT NULL DEFAULT '',
  applicant TEXT, agent TEXT, answers TEXT, delivery_address TEXT NOT NULL DEFAULT '', erased_at TEXT
) STRICT;
CREATE INDEX case_payload_by_name ON case_payload(applicant_name);

CREATE TABLE step (
  case_id INTEGER NOT NULL REFERENCES cases(id), position INTEGER NOT NULL, code TEXT NOT NULL,
  name TEXT NOT NULL, role TEXT NOT NULL, unit TEXT NOT NULL, limit_days INTEGER, state TEXT NOT NULL,
  started TEXT, ended TEXT, person TEXT, opinion TEXT, PRIMARY KEY (case_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE material (
  case_id INTEGER NOT NULL REFERENCES cases(id), position INTEGER NOT NULL, code TEXT NOT NULL,
  name TEXT NOT NULL, required INTEGER NOT NULL, exempt INTEGER NOT NULL, originals INTEGER NOT NULL DEFAULT 0,
  copies INTEGER NOT NULL DEFAULT 0, electronic INTEGER NOT NULL DEFAULT 0, reused INTEGER NOT NULL DEFAULT 0,
  how TEXT NOT NULL DEFAULT '', received TEXT, verdict TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (case_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE fee (
  case_id INTEGER NOT NULL REFERENCES cases(id), position INTEGER NOT NULL, name TEXT NOT NULL,
  standard TEXT NOT NULL, basis TEXT NOT NULL, cents INTEGER, paid_at TEXT, waived TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (case_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate (
  case_id INTEGER PRIMARY KEY REFERENCES cases(id), number TEXT UNIQUE, name TEXT NOT NULL, kind TEXT NOT NULL,
  certificate_type TEXT NOT NULL DEFAULT '', validity TEXT NOT NULL DEFAULT '', issuer TEXT NOT NULL,
  decided TEXT NOT NULL, issued TEXT, revoked TEXT
) STRICT;

CREATE TABLE rating (
  case_id INTEGER PRIMARY KEY REFERENCES cases(id), score INTEGER NOT NULL, words TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
"""

_CLOCKS = """
CREATE TABLE clock (
  id INTEGER PRIMARY KEY, subject TEXT NOT NULL, subject_id INTEGER NOT NULL, kind TEXT NOT NULL,
  object TEXT NOT NULL, step INTEGER, department TEXT NOT NULL, unit TEXT NOT NULL, person TEXT,
  drill INTEGER NOT NULL DEFAULT 0, started TEXT NOT NULL, limit_days INTEGER NOT NULL,
  statutory_days INTEGER, extension_days INTEGER NOT NULL DEFAULT 0, limit_unit TEXT NOT NULL,
  basis TEXT NOT NULL DEFAULT '', precision TEXT NOT NULL, due TEXT NOT NULL, provisional INTEGER NOT NULL,
  warn_at TEXT, yellow_at TEXT, red_at TEXT, next_at TEXT, level INTEGER NOT NULL DEFAULT 0, since TEXT,
  stopped TEXT, stop_reason TEXT NOT NULL DEFAULT '', rules TEXT NOT NULL, put_off TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX clock_of_subject ON clock(subject, subject_id);
CREATE INDEX clock_next ON clock(next_at) WHERE next_at IS NOT NULL;
CREATE INDEX clock_running ON clock(id) WHERE stopped IS NULL;

CREATE TABLE pause (
  id INTEGER PRIMARY KEY, subject TEXT NOT NULL, subject_id INTEGER NOT NULL, department TEXT NOT NULL,
  kind TEXT NOT NULL, reason TEXT NOT NULL, basis TEXT NOT NULL DEFAULT '', started TEXT NOT NULL, ended TEXT,
  notified_days INTEGER, unit TEXT NOT NULL, notice TEXT, drill INTEGER NOT NULL DEFAULT 0,
  result TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX pause_of_subject ON pause(subject, subject_id);
"""

_EVENTS = """
CREATE TABLE event (
  seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, subject_id INTEGER NOT NULL,
  subject_number TEXT NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL, unit TEXT NOT NULL,
  from_state TEXT NOT NULL, to_state TEXT NOT NULL, drill INTEGER NOT NULL, commitment TEXT NOT NULL,
  previous TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE INDEX event_of_subject ON event(subject, subject_id);
CREATE INDEX event_by_time ON event(at);
CREATE INDEX event_by_actor ON event(actor, seq) WHERE actor LIKE 'p-%';
CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER event_is_not_removed BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

CREATE TABLE event_payload (
  seq INTEGER PRIMARY KEY REFERENCES event(seq), salt TEXT, payload TEXT, erased_at TEXT
) STRICT;
"""

_NOTICES = """
CREATE TABLE number_series (
  series TEXT PRIMARY KEY, last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notice (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, subject TEXT NOT NULL,
  subject_id INTEGER NOT NULL, unit TEXT NOT NULL, issued TEXT NOT NULL, event_seq INTEGER NOT NULL,
  title TEXT NOT NULL, content TEXT NOT NULL
) STRICT;
CREATE INDEX notice_of_subject ON notice(subject, subject_id);

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, template TEXT NOT NULL, recipient_kind TEXT NOT NULL,
  recipient TEXT NOT NULL, subject TEXT NOT NULL, subject_id INTEGER NOT NULL, subject_number TEXT NOT NULL,
  body TEXT NOT NULL, sealed BLOB, drill INTEGER NOT NULL DEFAULT 0, read_at TEXT, sent_at TEXT,
  attempts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_of_recipient ON outbox(recipient_kind, recipient, id);
CREATE INDEX outbox_unsent ON outbox(id) WHERE sent_at IS NULL;
CREATE INDEX outbox_of_subject ON outbox(subject, subject_id);
"""

_SUPERVISION = """
CREATE TABLE card (
  id INTEGER PRIMARY KEY, clock_id INTEGER NOT NULL REFERENCES clock(id), subject TEXT NOT NULL,
  subject_id INTEGER NOT NULL, subject_number TEXT NOT NULL, department TEXT NOT NULL, unit TEXT NOT NULL,
  level INTEGER NOT NULL, rule TEXT NOT NULL, rules TEXT NOT NULL, since TEXT NOT NULL, issued TEXT NOT NULL,
  state TEXT NOT NULL, why TEXT NOT NULL, drill INTEGER NOT NULL DEFAULT 0, decided_by TEXT,
  decided_at TEXT, decision TEXT NOT NULL DEFAULT '', UNIQUE (clock_id, level, rule)
) STRICT;
CREATE INDEX card_of_subject ON card(subject, subject_id);
CREATE INDEX card_by_department ON card(department, issued);
CREATE INDEX card_by_issue ON card(issued);

CREATE TABLE letter (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, query_hash BLOB NOT NULL, kind TEXT NOT NULL,
  department TEXT NOT NULL, item_code TEXT, case_id INTEGER, title TEXT NOT NULL, content TEXT,
  writer TEXT, writer_masked TEXT NOT NULL, state TEXT NOT NULL, public INTEGER NOT NULL DEFAULT 0,
  drill INTEGER NOT NULL DEFAULT 0, received TEXT NOT NULL, chases INTEGER NOT NULL DEFAULT 0, chased TEXT,
  answer TEXT, answered TEXT, answered_by TEXT, extension_days INTEGER NOT NULL DEFAULT 0, score INTEGER,
  rating_words TEXT NOT NULL DEFAULT '', due TEXT NOT NULL, level INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX letter_by_department ON letter(department, state, due);
CREATE INDEX letter_public ON letter(answered) WHERE public = 1 AND answered IS NOT NULL;
"""

_COUNTS = """
CREATE TABLE daily_count (
  day TEXT NOT NULL, department TEXT NOT NULL, measure TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (day, department, measure)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  scope TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, result BLOB NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency(at);

CREATE TABLE access_log (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, person TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
  subject_number TEXT NOT NULL, what TEXT NOT NULL, request TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX access_by_subject ON access_log(subject, subject_number);

CREATE TABLE zero_hit (
  query TEXT NOT NULL, day TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (query, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""


def statements(script: str) -> list[str]:
    """One statement each; a trigger's body is written on one line that ends with END."""
    found: list[str] = []
    current: list[str] = []
    for line in script.strip().splitlines():
        current.append(line)
        text = line.rstrip()
        if text.endswith("END;") or (text.endswith(";") and not current[0].startswith("CREATE TRIGGER")):
            found.append("\n".join(current))
            current = []
    return found


def m0001_records(database: Database) -> None:
    """Every table of DESIGN “Records”."""
    for script in (
        _UNITS_AND_PEOPLE,
        _DRAFTS,
        _CASES,
        _CLOCKS,
        _EVENTS,
        _NOTICES,
        _SUPERVISION,
        _COUNTS,
    ):
        for statement in statements(script):
            database.execute(statement)
