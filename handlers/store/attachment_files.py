"""The bytes of attachments on disk: under their hash, durable, tidied without crossing an upload, compared with the rows."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handlers.store.database import Database


def place_of(database: Database, sha256: str) -> Path:
    """Where bytes with this hash lie, or would."""
    return database.files / sha256[:2] / sha256


def tidy(database: Database, before: float) -> int:
    """Removes files last touched before a time (seconds since the epoch) that no row names; returns how many."""
    removed = 0
    for path in database.files.glob("*/*"):
        if _touched(path) >= before or _named(database, path.name):
            continue
        with untidied(database, alone=True):
            # Looked at again with nobody between a file and its row: the same bytes may just have come anew.
            if _touched(path) < before and not _named(database, path.name):
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _named(database: Database, sha256: str) -> bool:
    return database.value("SELECT 1 FROM attachment WHERE sha256 = ? LIMIT 1", (sha256,)) is not None


@contextmanager
def untidied(database: Database, *, alone: bool = False) -> Iterator[None]:
    """From a file's coming to rest until its row is durable no tidying of any process takes it (`alone`: tidying)."""
    database.files.mkdir(parents=True, exist_ok=True)
    handle = os.open(database.files, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def missing(database: Database) -> tuple[str, ...]:
    """Names of attachments whose bytes are not on disk: rows and files must agree."""
    rows = database.rows("SELECT id, sha256, name FROM attachment ORDER BY id")
    return tuple(
        f"{row['name']}({row['id']})" for row in rows if not place_of(database, row["sha256"]).is_file()
    )


def changed(database: Database) -> tuple[str, ...]:
    """Names of attachments whose bytes are not those that were taken in. Reads every file."""
    found: dict[str, list[str]] = {}
    for row in database.rows("SELECT id, sha256, name FROM attachment ORDER BY id"):
        found.setdefault(row["sha256"], []).append(f"{row['name']}({row['id']})")
    wrong = (
        names
        for sha256, names in found.items()
        if (path := place_of(database, sha256)).is_file() and hash_of(path) != sha256
    )
    return tuple(name for names in wrong for name in names)


def hash_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, which is its name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def settle(database: Database, temporary: Path, sha256: str) -> None:
    """Moves a temporary file into its place under its hash, readable and nothing else; the same bytes twice lie there once."""
    target = place_of(database, sha256)
    if not target.parent.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        _durable(database.files)
    temporary.chmod(0o440)
    if target.exists():
        os.utime(target)  # so that tidying does not take it before the new row is there
    else:
        temporary.replace(target)
    # For a file found there too: who brought it may not have come to this line yet.
    _durable(target.parent)


def _durable(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
