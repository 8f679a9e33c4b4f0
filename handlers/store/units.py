"""The org tree as the database last saw it: copied from the root's files at start, never edited here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handlers.store.moments import Reads
from handlers.store.people_records import Unit
from handlers.store.writer import Transaction
from rules.case_terms import OPEN as OPEN_CASES
from rules.letter_terms import OPEN as OPEN_LETTERS
from rules.order_table import ORDER_OPEN
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Unfinished:
    """How much open work names a unit."""

    cases: int
    letters: int
    orders: int


def stand(reads: Reads, units: Sequence[Unit]) -> bool:
    """Whether the table says so already: then a start need not write."""
    kept = {
        row["id"]: tuple(row)
        for row in reads.rows(
            "SELECT id, name, kind, parent, department, number_word, position FROM org_unit"
        )
    }
    wanted = {row[0]: row for row in _rows(units)}
    gone = (row for key, row in kept.items() if key not in wanted)
    return all(kept.get(key) == row for key, row in wanted.items()) and all(row[3] is None for row in gone)


def synchronise(tx: Transaction, units: Sequence[Unit]) -> None:
    """Makes the table equal to the files. Units that are gone stay, cut off: old cases name them."""
    tx.execute("UPDATE org_unit SET parent = NULL")
    tx.many(
        "INSERT INTO org_unit (id, name, kind, parent, department, number_word, position) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, "
        "parent = excluded.parent, department = excluded.department, number_word = excluded.number_word, "
        "position = excluded.position",
        _rows(units),
    )


def former(reads: Reads, present: Sequence[str]) -> tuple[Unit, ...]:
    """Units that were in the files once and are no more."""
    there = frozenset(present)
    rows = reads.rows(
        "SELECT id, name, kind, parent, department, number_word FROM org_unit ORDER BY position, id"
    )
    return tuple(Unit(*row) for row in rows if row["id"] not in there)


def unfinished(reads: Reads, units: Sequence[str]) -> Mapping[str, Unfinished]:
    """Which of these units have open work, and how much."""
    found: dict[str, Unfinished] = {}
    for unit in units:
        left = Unfinished(
            _open(reads, "cases", ("department", "accepting_unit", "holder_unit"), OPEN_CASES, unit),
            _open(reads, "letter", ("department", "assigned_unit"), OPEN_LETTERS, unit),
            _open(reads, "supervision_order", ("department",), ORDER_OPEN, unit),
        )
        if left.cases or left.letters or left.orders:
            found[unit] = left
    return found


def _open(reads: Reads, table: str, columns: Sequence[str], states: frozenset[str], unit: str) -> int:
    # One column after the other, and the states by name: each is a few steps in an index, also among a million.
    wanted = ", ".join(f"'{state}'" for state in sorted(states))
    named = " UNION ".join(
        f"SELECT id FROM {table} WHERE {column} = :unit AND state IN ({wanted})"  # noqa: S608
        for column in columns
    )
    rows = reads.rows(f"SELECT count(*) FROM ({named})", {"unit": unit})  # noqa: S608
    return int(rows[0][0])


def _rows(units: Sequence[Unit]) -> list[tuple[object, ...]]:
    return [
        (each.id, each.name, each.kind, each.parent, each.department, each.number_word, position)
        for position, each in enumerate(units)
    ]
