"""The org tree as the database last saw it: copied from the root's files at start, never edited here."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.store.moments import Reads
from handlers.store.people_records import Unit
from handlers.store.writer import Transaction


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


def _rows(units: Sequence[Unit]) -> list[tuple[object, ...]]:
    return [
        (each.id, each.name, each.kind, each.parent, each.department, each.number_word, position)
        for position, each in enumerate(units)
    ]
