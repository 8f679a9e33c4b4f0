"""Who may exchange or upgrade the file: one program at a time, nobody else using it, the old state kept."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from handlers.store import migrations
from rules.errors import Conflict, Unavailable

# The copy, and the log that the upgrade itself writes.
_ROOM = 2.2


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Programs that upgrade or restore beside each other wait here; a killed one waits for nobody any more."""
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def must_be_unused(path: Path, what: str) -> None:
    """Raises Conflict while another connection, of this or any program, has the file open."""
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as connection:
        try:
            # With the log in use, nobody gets this lock while anybody else has so much as read.
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise Conflict(f"{path.name} 正在使用，大厅可能还在运行。请先停止服务，再{what}。") from error
        except sqlite3.DatabaseError:
            pass  # too damaged to be used by anybody


def keep_old(path: Path) -> Path | None:
    """A copy of a database that is about to be upgraded, beside it; None where there is nothing to upgrade.

    Raises Conflict while somebody uses the file, Unavailable without room for the copy. It is the way back to the
    older program: an upgraded file opens in none.
    """
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        had = migrations.applied(connection)
    waiting = [name for name in migrations.LATEST if name not in had]
    if not had or not waiting or set(had) - set(migrations.LATEST):
        return None
    must_be_unused(path, "升级")
    size = path.stat().st_size
    if shutil.disk_usage(path.parent).free < size * _ROOM:
        raise Unavailable(
            f"升级前要先留一份旧数据库，磁盘空间不够（约需 {size * _ROOM / 1_000_000:.0f} MB）。没有升级。"
        )
    kept = path.with_name(f"{path.stem}.before-{waiting[0]}.db")
    unfinished = kept.with_name(f".{kept.name}.part")
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.replace(kept)
    finally:
        unfinished.unlink(missing_ok=True)
    return kept
