"""Rows of many jobs of one kind written together: one statement over all of them instead of one for each row.

Filings come in crowds and write twenty rows each into the same tables. Run together they only read, count and hand
over rows; the rows go in when the last has been run. A job that refuses has handed over nothing. Whatever else goes
wrong, the writer runs the same jobs again one by one, each in its own savepoint, as all other jobs always are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import Any, cast

from handlers.store.transaction import Transaction, Values, newest_id

_AT_ONCE = 16
_SET_SERIAL = "INSERT INTO number_series (series, last) VALUES (?, ?) ON CONFLICT (series) DO UPDATE SET last = excluded.last"


class NotTogether(Exception):
    """This job must be run by itself."""


class Gathering(Transaction):
    """A transaction that keeps what is written `later` until the end of a run of jobs.

    What a job does by statements of its own sees all rows handed over before, and cannot be taken back alone.
    """

    __slots__ = (
        "_counts",
        "_direct",
        "_head",
        "_job",
        "_names",
        "_numbers",
        "_numbers_before",
        "_rows",
        "_sums",
    )

    def __init__(self, connection: sqlite3.Connection, head: tuple[int, str] | None) -> None:
        super().__init__(connection)
        self.head = head
        self._rows: dict[str, list[Sequence[object]]] = {}
        self._counts: dict[tuple[str, tuple[object, ...]], int] = {}
        self._numbers: dict[str, int] = {}
        self._job: list[tuple[str, tuple[Sequence[object], ...]]] = []
        self._sums: list[tuple[tuple[str, tuple[object, ...]], int]] = []
        self._names: set[Hashable] = set()
        self.begin()

    def begin(self) -> None:
        """The next job."""
        self._direct = False
        self._head, self._numbers_before = self.head, dict(self._numbers)

    def keep(self) -> None:
        """The job stands."""
        for sql, rows in self._job:
            kept = self._rows.get(sql)
            if kept is None:
                self._rows[sql] = list(rows)
            else:
                kept.extend(rows)
        for key, by in self._sums:
            self._counts[key] = self._counts.get(key, 0) + by
        self._job.clear()
        self._sums.clear()

    def undo(self) -> None:
        """The job refused; its numbers go to the next. Raises NotTogether when it has written by itself."""
        if self._direct:
            raise NotTogether("a job that wrote was refused")
        self._job.clear()
        self._sums.clear()
        self.head, self._numbers = self._head, self._numbers_before

    def write(self) -> None:
        """Everything handed over goes in, table by table in the order in which the first job named them."""
        for sql, rows in self._rows.items():
            _insert(self.connection, sql, rows)
        self._rows.clear()
        for (sql, key), by in self._counts.items():
            self.connection.execute(sql, cast(Any, (*key, by)))
        self._counts.clear()
        series = [(name, last) for name, last in self._numbers.items() if not name.startswith("id ")]
        if series:
            self.connection.executemany(_SET_SERIAL, series)
        self._numbers.clear()

    def later(self, sql: str, *rows: Sequence[object]) -> None:
        if rows:
            self._job.append((sql, rows))

    def tally(self, sql: str, key: tuple[object, ...], by: int) -> None:
        self._sums.append(((sql, key), by))

    def serial(self, series: str) -> int:
        last = self._numbers.get(series)
        if last is None:
            row = self._execute("SELECT last FROM number_series WHERE series = ?", (series,)).fetchone()
            last = 0 if row is None else row[0]
        self._numbers[series] = last + 1
        return last + 1

    def next_id(self, table: str) -> int:
        name = f"id {table}"
        last = self._numbers.get(name)
        self._numbers[name] = found = (newest_id(self.connection, table) if last is None else last) + 1
        return found

    def peek(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        return super().row(sql, values)

    def mark_written(self, name: Hashable) -> None:
        self._names.add(name)

    def was_written(self, name: Hashable) -> bool:
        return name in self._names

    @contextmanager
    def part(self) -> Iterator[None]:
        raise NotTogether("a part of its own cannot be undone here")
        yield

    def execute(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        self._now()
        return super().execute(sql, values)

    def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            self._now()
            super().many(sql, rows)

    def row(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        self._now()
        return super().row(sql, values)

    def rows(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        self._now()
        return super().rows(sql, values)

    def value(self, sql: str, values: Values = ()) -> Any:
        self._now()
        return super().value(sql, values)

    def _now(self) -> None:
        """What was handed over goes in before a statement of a job's own."""
        self.keep()
        self.write()
        self._direct = True


@lru_cache(maxsize=64)
def _for_many(sql: str) -> str:
    """The INSERT of one row as one of `_AT_ONCE` rows."""
    _, _, values = sql.rpartition(" VALUES ")
    return sql + f", {values}" * (_AT_ONCE - 1)


def _insert(connection: sqlite3.Connection, sql: str, rows: Sequence[Sequence[object]]) -> None:
    """As few statements as can be: between any two the event loop's thread takes the interpreter, and gives it back
    when it pleases."""
    whole = len(rows) - len(rows) % _AT_ONCE
    for start in range(0, whole, _AT_ONCE):
        connection.execute(_for_many(sql), tuple(chain.from_iterable(rows[start : start + _AT_ONCE])))
    if whole < len(rows):
        connection.executemany(sql, cast(Any, rows[whole:]))
