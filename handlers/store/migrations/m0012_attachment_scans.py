"""What a virus scanner found about the bytes of attachments, by their hash."""

from __future__ import annotations

from sqlite_utils import Database


def m0012_attachment_scans(database: Database) -> None:
    """One row by content: `clean`, `waiting` (taken unscanned) or `found`. Nothing without a scanner."""
    database.execute(
        "CREATE TABLE attachment_scan (sha256 TEXT PRIMARY KEY, state TEXT NOT NULL "
        "CHECK (state IN ('clean', 'waiting', 'found')), at TEXT NOT NULL) WITHOUT ROWID"
    )
    database.execute("CREATE INDEX attachment_scan_waiting ON attachment_scan (at) WHERE state = 'waiting'")
