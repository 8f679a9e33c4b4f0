"""Opens the hall's one file: settings, the writer, persistent read connections, key and attachment folder."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from handlers.store import migrations, upgrading
from handlers.store.failures import named
from handlers.store.scans import Scanner
from handlers.store.vault import Vault
from handlers.store.writer import Job, Values, Writer

T = TypeVar("T")

BUSY_SECONDS = 15.0
WRITER_KIBIBYTES = 16_000
# There may be forty of them, one a thread, and what they leave out the system's own cache of the file holds.
READER_KIBIBYTES = 4_000


class _Connection(sqlite3.Connection):
    """Only so that it can be held by weak reference: a thread that ends takes its connection with it."""


class Database:
    """One county's records. Reading may happen in any thread; writing goes through `write` alone."""

    def __init__(self, path: Path, *, files: Path | None = None, key: Path | None = None) -> None:
        self.path = path.resolve()
        self.files = (files or self.path.parent / "files").resolve()
        self.vault = Vault.at(key or self.path.parent / "hall.key")
        self.scanner: Scanner | None = None
        """Looks at every file before it is taken; None where the county has no virus scanner."""
        self.writer = Writer(lambda: connect(self.path))
        self._readers = threading.local()
        self._open: weakref.WeakSet[_Connection] = weakref.WeakSet()

    @classmethod
    def open(cls, path: Path, *, migrate: bool = False) -> Database:
        """An existing, up-to-date database; with `migrate` it is made or brought up to date first."""
        if migrate:
            bring_up_to_date(path)
        else:
            with _told():
                connection = connect(path, must_exist=True)
                try:
                    migrations.check(connection)
                finally:
                    connection.close()
        return cls(path)

    def write(self, job: Job[T]) -> T:
        """Runs a job in the writer and returns its result once it is durable. Blocks; not for event loops."""
        return self.writer.run(job)

    async def write_async(self, job: Job[T]) -> T:
        """The same for event loops."""
        return await self.writer.run_async(job)

    def reader(self) -> sqlite3.Connection:
        """This thread's read-only connection. An event loop's never waits for another process: it raises Occupied."""
        connection = cast("sqlite3.Connection | None", getattr(self._readers, "connection", None))
        if connection is None:
            with _told():
                patience = 0.0 if _on_event_loop() else BUSY_SECONDS
                connection = connect(self.path, must_exist=True, patience=patience)
                connection.execute("PRAGMA query_only=ON")
                connection.execute(f"PRAGMA cache_size=-{READER_KIBIBYTES}")
            self._readers.connection = connection
            self._open.add(connection)
        return connection

    def rows(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """All rows of a read."""
        try:
            return self.reader().execute(sql, cast(Any, values)).fetchall()
        except sqlite3.Error as error:
            _tell(error)
            raise

    def row(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        """The first row of a read, or None."""
        try:
            return cast("sqlite3.Row | None", self.reader().execute(sql, cast(Any, values)).fetchone())
        except sqlite3.Error as error:
            _tell(error)
            raise

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, values)
        return None if found is None else found[0]

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several reads of this thread that see one and the same moment."""
        connection = self.reader()
        if connection.in_transaction:
            yield
            return
        with _told():
            connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("COMMIT")

    def close(self) -> None:
        """Finishes writing and closes what is open."""
        self.writer.close()
        for connection in list(self._open):
            connection.close()
        self._readers = threading.local()


def bring_up_to_date(path: Path) -> tuple[str, ...]:
    """Makes the database if need be and applies missing migrations; returns their names.

    What is upgraded is copied before (`hall.before-….db`), and nobody else may be using it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _told(), upgrading.one_at_a_time(path.resolve()):
        upgrading.keep_old(path.resolve())
        connection = connect(path)
        try:
            return migrations.migrate(connection)
        finally:
            connection.close()


def connect(path: Path, *, must_exist: bool = False, patience: float | None = None) -> _Connection:
    """A connection with the hall's settings: WAL, durable commits, foreign keys, patience (seconds) with others."""
    seconds = BUSY_SECONDS if patience is None else patience
    mode = "rw" if must_exist else "rwc"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=seconds,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
        factory=_Connection,
    )
    connection.row_factory = sqlite3.Row
    _use_write_ahead_log(connection, seconds)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={int(seconds * 1000)}",
        "temp_store=MEMORY",
        f"cache_size=-{WRITER_KIBIBYTES}",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _use_write_ahead_log(connection: sqlite3.Connection, patience: float) -> None:
    """Once per file. While another connection does it SQLite refuses at once, without waiting its timeout."""
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                connection.close()
                raise
            time.sleep(0.01)


@contextmanager
def _told() -> Iterator[None]:
    """Faults of the machine leave with a name a person understands."""
    try:
        yield
    except sqlite3.Error as error:
        _tell(error)
        raise


def _tell(error: sqlite3.Error) -> None:
    """Raises what a person understands in place of the error, if there is such a thing."""
    known = named(error)
    if known is not None:
        raise known from error


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def marks(values: Sequence[object]) -> str:
    """`?, ?, ?` for `IN (…)`."""
    return ", ".join("?" * len(values))
