"""Compares every covered row with its last seal, and the chain of seals with itself and with the events."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Literal

from handlers.store.sealing import Shape, new_salt, seal_hash, sealed_rows, shapes, write_seal
from rules.chain import GENESIS
from rules.quick_dataclass import dataclass

Kind = Literal["changed", "removed", "inserted"]
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that does not stand as it was sealed. `sequence`: the event its last seal stands after."""

    kind: Kind
    table: str
    label: str
    key: str
    sequence: int

    @property
    def detail(self) -> str:
        """What was found, with table and row."""
        row = f"表 {self.table}（{self.label}）的第 {self.key} 行"
        if self.kind == "changed":
            return f"{row}与封存时不符：它最后一次合法的改动在第{self.sequence}条之前，之后被改过"
        if self.kind == "removed":
            return f"{row}不见了：第{self.sequence}条时还在，没有删除它的记录"
        return f"{row}没有任何封存：它不是由大厅写入的"


@dataclass(frozen=True, slots=True)
class SealFault:
    """A seal that does not fit its chain or its event."""

    kind: Literal["changed", "removed", "inserted", "tail_cut"]
    number: int
    sequence: int
    detail: str


def chain_faults(connection: sqlite3.Connection) -> Iterator[SealFault]:
    """The faults of the chain of seals."""
    expected, previous, beyond = 1, GENESIS, 0
    head = connection.execute("SELECT max(seq) FROM event").fetchone()[0] or 0
    for row in connection.execute(
        "SELECT seal.*, event.hash AS event_hash FROM seal LEFT JOIN event USING (seq) ORDER BY id"
    ):
        number, seq = row["id"], row["seq"]
        if number > expected:
            yield SealFault("removed", expected, seq, f"第{expected}号封存被删除")
        elif row["previous"] != previous:
            yield SealFault("changed", number, seq, f"第{number}号封存接不上前一号")
        own = seal_hash(number, seq, row["head"], row["why"], row["rows"], row["previous"])
        if own != row["hash"]:
            yield SealFault("changed", number, seq, f"第{number}号封存的内容与它的哈希不符")
        if seq > head:
            beyond = beyond or seq
        elif seq and row["event_hash"] is not None and row["event_hash"] != row["head"]:
            yield SealFault(
                "changed", number, seq, f"第{number}号封存时的第{seq}条与现在的第{seq}条不是同一条"
            )
        expected, previous = number + 1, row["hash"]
    if beyond:
        yield SealFault("tail_cut", expected, head + 1, f"有封存写在第{beyond}条之后，记录却只到第{head}条")


def row_faults(connection: sqlite3.Connection) -> Iterator[RowFault]:
    """Every covered row that was changed, removed or added by another way than the hall's own writing."""
    with closing(_last_seals(connection)) as last:
        known = shapes(connection)
        for shape in known:
            yield from _of_table(connection, last, shape)
        here = {each.table for each in known}
        for table, key, seq in last.execute(
            "SELECT tab, min(key), max(seq) FROM last WHERE digest <> '-' GROUP BY tab"
        ):
            if table not in here:
                yield RowFault("removed", table, "整张表都不见了，例如", key, seq)


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """Number and hash of the newest seal; (0, GENESIS) before the first."""
    row = connection.execute("SELECT id, hash FROM seal ORDER BY id DESC LIMIT 1").fetchone()
    return (0, GENESIS) if row is None else (row[0], row[1])


def hash_of(connection: sqlite3.Connection, number: int) -> str | None:
    """The hash of a seal."""
    row = connection.execute("SELECT hash FROM seal WHERE id = ?", (number,)).fetchone()
    return None if row is None else str(row[0])


def reseal(connection: sqlite3.Connection, known_faults: frozenset[tuple[str, str]], why: str) -> int:
    """Seals what a migration changed, inside its transaction; what was at odds before it stays at odds."""
    by_table = {each.table: each for each in shapes(connection)}
    lines = list[str]()
    found = [each for each in row_faults(connection) if (each.table, each.key) not in known_faults]
    for table in dict.fromkeys(each.table for each in found):
        shape, keys = by_table[table], {each.key for each in found if each.table == table}
        gone = {each.key for each in found if each.table == table and each.kind == "removed"}
        lines += [f"{table}\t{key}\t-" for key in sorted(gone)]
        if shape.sealed.personal:
            for key in keys - gone:
                new_salt(connection, table, key)
        lines += [
            f"{table}\t{key}\t{digest}" for key, digest in sealed_rows(connection, shape) if key in keys
        ]
    if lines:
        write_seal(connection, None, "\n".join(lines), why)
    return len(lines)


def _last_seals(connection: sqlite3.Connection) -> sqlite3.Connection:
    """The last digest of every row ever sealed, in a temporary file of its own: there may be millions."""
    last = sqlite3.connect("", isolation_level=None)
    last.execute(
        "CREATE TABLE last (tab TEXT, key TEXT, digest TEXT, seq INTEGER, PRIMARY KEY (tab, key)) WITHOUT ROWID"
    )
    last.execute("BEGIN")
    waiting: list[tuple[str, str, str, int]] = []
    for row in connection.execute("SELECT seq, rows FROM seal ORDER BY id"):
        for line in row["rows"].split("\n"):
            table, _, rest = line.partition("\t")
            key, _, digest = rest.rpartition("\t")
            waiting.append((table, key, digest, row["seq"]))
        if len(waiting) >= _AT_ONCE:
            last.executemany("INSERT OR REPLACE INTO last VALUES (?, ?, ?, ?)", waiting)
            waiting.clear()
    last.executemany("INSERT OR REPLACE INTO last VALUES (?, ?, ?, ?)", waiting)
    return last


def _of_table(connection: sqlite3.Connection, last: sqlite3.Connection, shape: Shape) -> Iterator[RowFault]:
    label, seen = shape.sealed.label, 0
    for key, digest in sealed_rows(connection, shape):
        found = last.execute(
            "SELECT digest, seq FROM last WHERE tab = ? AND key = ?", (shape.table, key)
        ).fetchone()
        if found is None or found[0] == "-":
            yield RowFault("inserted", shape.table, label, key, 0 if found is None else found[1])
            continue
        seen += 1
        if found[0] != digest:
            yield RowFault("changed", shape.table, label, key, found[1])
    standing = last.execute(
        "SELECT count(*) FROM last WHERE tab = ? AND digest <> '-'", (shape.table,)
    ).fetchone()[0]
    if standing == seen:
        return
    now = {key for key, _ in sealed_rows(connection, shape)}
    for key, seq in last.execute(
        "SELECT key, seq FROM last WHERE tab = ? AND digest <> '-' ORDER BY key", (shape.table,)
    ):
        if key not in now:
            yield RowFault("removed", shape.table, label, key, seq)
