"""Seals every change of a covered row into a second hash chain, written by the transaction that changed it.

Triggers of the writing connection (temporary ones: they live in the program, not in the file) report each
changed row; before the commit the digests of all rows changed are written as one seal that is chained to the
seal before and to the newest event. Whoever changes a row by any other way leaves it at odds with its seal.
Chosen over a digest in each event's payload because rows change after their event in the same transaction,
and over one more event per move because the public log would double.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.store.sealed_tables import SEALED, Sealed
from rules.chain import GENESIS, SHA256, framed

DIGEST_BYTES = 20
SALT_BYTES = 16
_SAVED_WITHOUT_DEFAULT = object()

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A covered table as this database has it: key columns first, then the others in the schema's order."""

    sealed: Sealed
    columns: tuple[str, ...]
    defaults: tuple[object, ...]

    @property
    def table(self) -> str:
        return self.sealed.table

    def key(self, values: Values) -> str:
        """The row's key as seals write it."""
        width = len(self.sealed.key)
        return str(values[0]) if width == 1 else "/".join(map(str, values[:width]))

    def digest(self, values: Values, salt: bytes) -> str:
        """The row's digest. Trailing columns that stand at their default do not count: a column added later
        leaves the digests of older rows as they are."""
        end = len(values)
        defaults = self.defaults
        while values[end - 1] == defaults[end - 1]:
            end -= 1
        return SHA256.digest(salt + ascii(values[:end]).encode())[:DIGEST_BYTES].hex()

    def listed(self, row: str) -> str:
        """The columns for a SELECT or a trigger."""
        return ", ".join(f'{row}."{each}"' for each in self.columns)


def shapes(connection: sqlite3.Connection) -> tuple[Shape, ...]:
    """The covered tables that this database has."""
    found = (_shape(connection, each) for each in SEALED)
    return tuple(each for each in found if each is not None)


def _shape(connection: sqlite3.Connection, sealed: Sealed) -> Shape | None:
    info = connection.execute(f'PRAGMA table_info("{sealed.table}")').fetchall()
    if not info:
        return None
    by_name = {row[1]: row for row in info}
    others = [row[1] for row in info if row[1] not in sealed.key and row[1] not in sealed.left_out]
    columns = (*sealed.key, *others)
    defaults = [_default(connection, by_name[each]) for each in columns]
    # A key is never cut off, so that the loop over trailing defaults ends.
    defaults[: len(sealed.key)] = [_SAVED_WITHOUT_DEFAULT] * len(sealed.key)
    return Shape(sealed, columns, tuple(defaults))


def _default(connection: sqlite3.Connection, info: Sequence[Any]) -> object:
    if info[4] is None:
        return _SAVED_WITHOUT_DEFAULT if info[3] else None
    return connection.execute(f"SELECT {info[4]}").fetchone()[0]  # noqa: S608


class Ledger:
    """What a writing connection has changed since the last commit, and the seal over it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._shapes = shapes(connection)
        self._kept: dict[tuple[int, str], Values | None] = {}
        self._job: dict[tuple[int, str], Values | None] = {}
        self._keys = tuple(each.key for each in self._shapes)
        self._can_seal = any(each.table == "log_day" for each in self._shapes)
        if self._can_seal:
            connection.create_function("hall_sealed", -1, self._changed)
            connection.create_function("hall_unsealed", -1, self._removed)
            for number, shape in enumerate(self._shapes):
                self._watch(number, shape)

    def keep(self) -> None:
        """The job that changed these rows stands."""
        if self._job:
            self._kept.update(self._job)
            self._job.clear()

    def drop(self) -> None:
        """The job was rolled back, and what it changed with it."""
        self._job.clear()

    def mark(self) -> dict[tuple[int, str], Values | None]:
        """What the job has changed so far, to come back to when a part of it is rolled back."""
        return dict(self._job)

    def back_to(self, mark: dict[tuple[int, str], Values | None]) -> None:
        """The part since the mark was rolled back."""
        self._job = mark

    def seal(self, head: tuple[int, str] | None, why: str = "") -> None:
        """Writes the seal over all that was kept, as part of the open transaction."""
        if not self._kept:
            return
        lines = [self._line(number, key, values) for (number, key), values in self._kept.items()]
        self._kept.clear()
        write_seal(self._connection, head, "\n".join(lines), why)

    def _line(self, number: int, key: str, values: Values | None) -> str:
        shape = self._shapes[number]
        if values is None:
            if shape.sealed.personal:
                forget_salt(self._connection, shape.table, key)
            return f"{shape.table}\t{key}\t-"
        salt = new_salt(self._connection, shape.table, key) if shape.sealed.personal else b""
        return f"{shape.table}\t{key}\t{shape.digest(values, salt)}"

    def _changed(self, number: int, *values: Any) -> None:
        self._job[number, self._keys[number](values)] = values

    def _removed(self, number: int, *key: Any) -> None:
        self._job[number, self._keys[number](key)] = None

    def _watch(self, number: int, shape: Shape) -> None:
        table, only = shape.table, shape.sealed.only
        new, old = only.format(row="NEW"), only.format(row="OLD")
        gone = ", ".join(f'OLD."{each}"' for each in shape.sealed.key)
        columns = ", ".join(f'"{each}"' for each in shape.columns)
        for name, event, when, call in (
            ("added", "INSERT", new, f"hall_sealed({number}, {shape.listed('NEW')})"),
            ("changed", f"UPDATE OF {columns}", new, f"hall_sealed({number}, {shape.listed('NEW')})"),
            ("removed", "DELETE", old, f"hall_unsealed({number}, {gone})"),
        ):
            self._connection.execute(
                f'CREATE TEMP TRIGGER "{table}_{name}_is_sealed" AFTER {event} ON main."{table}" '
                f"{f'WHEN {when} ' if when else ''}BEGIN SELECT {call}; END"
            )


def write_seal(
    connection: sqlite3.Connection, head: tuple[int, str] | None, lines: str, why: str = ""
) -> None:
    """Appends one seal to the chain of seals."""
    last = connection.execute("SELECT id, hash FROM seal ORDER BY id DESC LIMIT 1").fetchone()
    number, previous = (1, GENESIS) if last is None else (last[0] + 1, last[1])
    if head is None:
        row = connection.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        head = (0, GENESIS) if row is None else (row[0], row[1])
    connection.execute(
        "INSERT INTO seal (id, seq, head, why, rows, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (number, *head, why, lines, previous, seal_hash(number, *head, why, lines, previous)),
    )


def seal_hash(number: int, seq: int, head: str, why: str, lines: str, previous: str) -> str:
    """The hash of a seal over its predecessor's, the event it stands after, and its rows."""
    parts = (previous, str(number), str(seq), head, why, lines)
    return SHA256.digest(b"county-hall seal\0" + b"".join(framed(each.encode()) for each in parts)).hex()


def new_salt(connection: sqlite3.Connection, table: str, key: str) -> bytes:
    """A fresh salt for a row; the digest of what stood there before proves nothing from now on."""
    salt = os.urandom(SALT_BYTES)
    connection.execute(
        "INSERT INTO row_salt (tab, key, salt) VALUES (?, ?, ?) "
        "ON CONFLICT (tab, key) DO UPDATE SET salt = excluded.salt",
        (table, key, salt),
    )
    return salt


def forget_salt(connection: sqlite3.Connection, table: str, key: str) -> None:
    """The row is gone."""
    connection.execute("DELETE FROM row_salt WHERE tab = ? AND key = ?", (table, key))


def sealed_rows(connection: sqlite3.Connection, shape: Shape) -> Iterator[tuple[str, str]]:
    """Key and digest of every row as it stands now."""
    only = shape.sealed.only.format(row="it")
    where = f" WHERE {only}" if only else ""
    salts: dict[str, bytes] = {}
    if shape.sealed.personal:
        salts = {
            row[0]: row[1]
            for row in connection.execute("SELECT key, salt FROM row_salt WHERE tab = ?", (shape.table,))
        }
    cursor = connection.cursor()
    cursor.row_factory = None
    for values in cursor.execute(f'SELECT {shape.listed("it")} FROM "{shape.table}" AS it{where}'):  # noqa: S608
        key = shape.key(values)
        yield key, shape.digest(values, salts.get(key, b""))
