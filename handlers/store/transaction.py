"""What a job of the writer writes with: statements of the one connection that writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

Values = Sequence[object] | dict[str, object]

_NEXT_SERIAL = (
    "INSERT INTO number_series (series, last) VALUES (?, 1) "
    "ON CONFLICT (series) DO UPDATE SET last = last + 1 RETURNING last"
)


class Transaction:
    """What a job writes with. `head` is the chain's newest event, read once and carried from job to job."""

    __slots__ = ("_execute", "connection", "head")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._execute = connection.execute
        self.head: tuple[int, str] | None = None

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the job that is undone alone when it raises; the caller catches what it raised."""
        head = self.head
        self.connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK TO part")
                self.connection.execute("RELEASE part")
            self.head = head
            raise
        self.connection.execute("RELEASE part")

    def execute(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        """One statement."""
        return self._execute(sql, cast(Any, values))

    def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """The same statement for several rows."""
        if rows:
            self.connection.executemany(sql, cast(Any, rows))

    def row(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        """The first row or None."""
        return cast("sqlite3.Row | None", self._execute(sql, cast(Any, values)).fetchone())

    def rows(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """All rows."""
        return self._execute(sql, cast(Any, values)).fetchall()

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row, or None."""
        found = self._execute(sql, cast(Any, values)).fetchone()
        return None if found is None else found[0]

    # What follows is done at once here; `handlers.store.gathering` may put it off to the end of a run of jobs.

    def later(self, sql: str, *rows: Sequence[object]) -> None:
        """Writes rows that this job does not read again."""
        if len(rows) == 1:
            self._execute(sql, cast(Any, rows[0]))
        else:
            self.many(sql, rows)

    def tally(self, sql: str, key: tuple[object, ...], by: int) -> None:
        """Counts something up; `sql` takes the key and by how much."""
        self._execute(sql, cast(Any, (*key, by)))

    def serial(self, series: str) -> int:
        """The next number of a series, without gaps: a refused job takes its number back."""
        found: int = self.value(_NEXT_SERIAL, (series,))
        return found

    def next_id(self, table: str) -> int:
        """The id of the next row of a table, as SQLite would choose it."""
        return newest_id(self.connection, table) + 1

    def peek(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        """`row` for what no job of the same transaction can have written `later`."""
        return self.row(sql, values)

    def mark_written(self, name: Hashable) -> None:
        """Remembers by a name of the job's own that a row was written `later`."""

    def was_written(self, name: Hashable) -> bool:
        """Whether a row with this name may still be put off, so that only `row` would see it, not `peek`."""
        return False


def newest_id(connection: sqlite3.Connection, table: str) -> int:
    """The highest id of a table; 0 when it is empty."""
    found: int = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]  # noqa: S608
    return found
