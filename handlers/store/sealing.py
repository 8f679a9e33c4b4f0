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
from collections.abc import Iterator

from handlers.store.sealed_tables import SEALED, Sealed
from rules.chain import GENESIS, SHA256, framed
from rules.quick_dataclass import dataclass

DIGEST_BYTES = 20
SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Shape:
    """A covered table as this database has it: its columns in the schema's order, without those left out.

    `endings` are the defaults of the last columns as they stand at the end of a row's text, last column first.
    """

    sealed: Sealed
    columns: tuple[str, ...]
    blobs: frozenset[str]
    endings: tuple[str, ...]

    @property
    def table(self) -> str:
        return self.sealed.table

    def key(self, row: str) -> str:
        """The SQL of a row's key as seals write it."""
        return " || '/' || ".join(f'{row}."{each}"' for each in self.sealed.key)

    def text(self, row: str) -> str:
        """The SQL of a row's text: one form only, NULL and text told apart. (Ours have no REAL columns.)"""
        columns = (
            f'quote({row}."{each}")' if each in self.blobs else f'{row}."{each}"' for each in self.columns
        )
        return f"json_array({', '.join(columns)})"

    def digest(self, text: str, salt: bytes) -> str:
        """The row's digest. Last columns that stand at their default do not count: a column added later
        leaves the digests of older rows as they are."""
        text = text[:-1]
        for ending in self.endings:
            if not text.endswith(ending):
                break
            text = text[: -len(ending)]
        return SHA256.digest(salt + text.encode())[:DIGEST_BYTES].hex()


def shapes(connection: sqlite3.Connection) -> tuple[Shape, ...]:
    """The covered tables that this database has."""
    found = (_shape(connection, each) for each in SEALED)
    return tuple(each for each in found if each is not None)


def _shape(connection: sqlite3.Connection, sealed: Sealed) -> Shape | None:
    info = connection.execute(f'PRAGMA table_info("{sealed.table}")').fetchall()
    if not info:
        return None
    covered = [row for row in info if row[1] not in sealed.left_out]
    blobs = frozenset(row[1] for row in covered if row[2] == "BLOB")
    endings = list[str]()
    for row in reversed(covered):
        if row[1] in sealed.key or (row[3] and row[4] is None):
            break
        default = row[4] or "NULL"
        if row[1] in blobs:
            default = f"quote({default})"
        text: str = connection.execute(f"SELECT json_array({default})").fetchone()[0]
        endings.append("," + text[1:-1])
    return Shape(sealed, tuple(row[1] for row in covered), blobs, tuple(endings))


class Ledger:
    """What a writing connection has changed since the last commit, and the seal over it.

    The triggers write the changed rows down in a table of the connection's own, in memory: by `number of the table,
    tab, key` with their text, NULL for a row that is gone. What is rolled back takes its lines with it, and no Python
    runs while a statement does.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._shapes = shapes(connection)
        self._watching = False
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'seal'").fetchone():
            self._watching = True
            connection.execute("CREATE TEMP TABLE hall_changed (place TEXT NOT NULL, text TEXT)")
            for number, shape in enumerate(self._shapes):
                self._watch(number, shape)

    def _changed(self) -> dict[str, str | None]:
        """Each row that stands changed, with its last text."""
        if not self._watching:
            return {}
        cursor = self._connection.cursor()
        cursor.row_factory = None
        found = dict(cursor.execute("SELECT place, text FROM temp.hall_changed ORDER BY rowid"))
        if found:
            cursor.execute("DELETE FROM temp.hall_changed")
        return found

    def seal(self, head: tuple[int, str] | None, why: str = "") -> None:
        """Writes the seal over all that was kept, as part of the open transaction."""
        changed = self._changed()
        if not changed:
            return
        lines, salts, gone = list[str](), list[tuple[str, str, bytes]](), list[tuple[str, str]]()
        drawn = memoryview(os.urandom(SALT_BYTES * len(changed)))
        for place, text in changed.items():
            number, _, key = place.partition("\t")
            shape = self._shapes[int(number)]
            table, salt = shape.table, b""
            if text is None:
                gone.append((table, key))
                lines.append(f"{table}\t{key}\t-")
                continue
            if shape.sealed.personal:
                at = len(salts) * SALT_BYTES
                salt = bytes(drawn[at : at + SALT_BYTES])
                salts.append((table, key, salt))
            lines.append(f"{table}\t{key}\t{shape.digest(text, salt)}")
        if salts:
            self._connection.executemany(_NEW_SALT, salts)
        if gone:
            self._connection.executemany("DELETE FROM row_salt WHERE tab = ? AND key = ?", gone)
        write_seal(self._connection, head, "\n".join(lines), why)

    def _watch(self, number: int, shape: Shape) -> None:
        table, only = shape.table, shape.sealed.only
        columns = ", ".join(f'"{each}"' for each in shape.columns)
        for name, event, row in (
            ("added", "INSERT", "NEW"),
            ("changed", f"UPDATE OF {columns}", "NEW"),
            ("removed", "DELETE", "OLD"),
        ):
            when = f"WHEN {only.format(row=row)} " if only else ""
            text = shape.text(row) if row == "NEW" else "NULL"
            self._connection.execute(
                f'CREATE TEMP TRIGGER "{table}_{name}_is_sealed" AFTER {event} ON main."{table}" {when}'  # noqa: S608
                f"BEGIN INSERT INTO hall_changed VALUES ('{number}' || char(9) || {shape.key(row)}, {text}); END"
            )


_NEW_SALT = "INSERT INTO row_salt (tab, key, salt) VALUES (?, ?, ?) ON CONFLICT (tab, key) DO UPDATE SET salt = excluded.salt"


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


def new_salt(connection: sqlite3.Connection, table: str, key: str) -> None:
    """A fresh salt for a row; the digest of what stood there before proves nothing from now on."""
    connection.execute(_NEW_SALT, (table, key, os.urandom(SALT_BYTES)))


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
    for row in connection.execute(
        f'SELECT {shape.key("it")}, {shape.text("it")} FROM "{shape.table}" AS it{where}'  # noqa: S608
    ):
        key = str(row[0])
        yield key, shape.digest(row[1], salts.get(key, b""))
