"""Small facts about the database itself, and whether anybody uses it yet."""

from __future__ import annotations

from handlers.store.moments import Reads
from handlers.store.writer import Transaction


def get(reads: Reads, key: str) -> str | None:
    """A fact, if it was ever written down."""
    found: str | None = reads.value("SELECT value FROM setting WHERE key = ?", (key,))
    return found


def starting_with(reads: Reads, prefix: str) -> tuple[str, ...]:
    """The facts whose keys begin with a prefix, in the order of their keys."""
    rows = reads.rows(
        "SELECT value FROM setting WHERE key >= ? AND key < ? ORDER BY key", (prefix, prefix + "\U0010ffff")
    )
    return tuple(row["value"] for row in rows)


def put(tx: Transaction, key: str, value: str) -> None:
    """Writes a fact down."""
    tx.execute(
        "INSERT INTO setting VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )


def sizes(reads: Reads) -> tuple[int, int, int]:
    """How many cases, letters and accounts there are."""
    row = reads.row(
        "SELECT (SELECT count(*) FROM cases) AS a, (SELECT count(*) FROM letter) AS b, "
        "(SELECT count(*) FROM person) AS c"
    )
    assert row is not None
    return row["a"], row["b"], row["c"]
