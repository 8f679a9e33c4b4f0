"""What a supervisor proposes to find about conduct before another has reviewed it, and what was done about it."""

from __future__ import annotations

from sqlite_utils import Database


def m0011_findings_reviewed(database: Database) -> None:
    """Two columns of the letter, empty for what is there."""
    for name in ("proposed", "handling"):
        database.execute(f"ALTER TABLE letter ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
