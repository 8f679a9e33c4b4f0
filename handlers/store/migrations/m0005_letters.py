"""Letters whole: who has them, drafts, review, publication, disputes, and findings."""

from __future__ import annotations

from sqlite_utils import Database

_COLUMNS = (
    "own_kind TEXT NOT NULL DEFAULT ''",
    "topic TEXT NOT NULL DEFAULT ''",
    "assigned_unit TEXT NOT NULL DEFAULT ''",
    "assigned_person TEXT",
    "draft TEXT",
    "drafted_by TEXT",
    "review_words TEXT NOT NULL DEFAULT ''",
    "reviewed_by TEXT",
    "published_at TEXT",
    "published TEXT",
    "outcome TEXT NOT NULL DEFAULT ''",
    "finding TEXT NOT NULL DEFAULT ''",
    "confirmed INTEGER",
    "about BLOB",
    "about_person BLOB",
    "settled INTEGER",
    "settled_at TEXT",
    "confirm_by TEXT",
    "disputes INTEGER NOT NULL DEFAULT 0",
    "transfers INTEGER NOT NULL DEFAULT 0",
    "returns INTEGER NOT NULL DEFAULT 0",
    "reclassified INTEGER NOT NULL DEFAULT 0",
    "objected INTEGER NOT NULL DEFAULT 0",
    "late INTEGER NOT NULL DEFAULT 0",
    "version INTEGER NOT NULL DEFAULT 0",
)
_STATEMENTS = (
    "UPDATE letter SET own_kind = kind, assigned_unit = department, "
    "late = CASE WHEN answered IS NOT NULL AND answered > due THEN 1 ELSE 0 END, "
    "outcome = CASE WHEN answered IS NULL THEN '' ELSE 'answered' END, "
    # Published until now as it was written: what is published is kept masked from here on (hall publish does it).
    "published_at = CASE WHEN public = 1 AND drill = 0 THEN answered END, "
    # Nobody asked these writers whether it was settled: unstated, and never counted as settled.
    "state = CASE state WHEN 'open' THEN 'assigned' ELSE 'closed' END",
    "CREATE INDEX letter_by_unit ON letter(assigned_unit, state, due)",
    "CREATE INDEX letter_to_close ON letter(confirm_by) WHERE state = 'answered'",
    "CREATE INDEX letter_of_case ON letter(case_id) WHERE case_id IS NOT NULL",
    "CREATE INDEX letter_published ON letter(published_at) WHERE published_at IS NOT NULL",
    "CREATE INDEX letter_conduct ON letter(state, received) WHERE topic = 'conduct'",
)


def m0005_letters(database: Database) -> None:
    """Columns of the whole letter; what was open is assigned to the department it was written to."""
    for column in _COLUMNS:
        database.execute(f"ALTER TABLE letter ADD COLUMN {column}")
    for statement in _STATEMENTS:
        database.execute(statement)
