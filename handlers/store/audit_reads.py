"""What an audit compares the chain with: payloads that are gone, what hangs on events, where cases stand."""

from __future__ import annotations

import json
from collections.abc import Iterator

from handlers.store import events
from handlers.store.database import Database
from rules.case_terms import MoveName
from rules.chain import ChainRow
from rules.quick_dataclass import dataclass

_MOVES = ", ".join(f"'{name}'" for name in MoveName)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands, and the move that should have left it there (sequence None: no move at all)."""

    number: str
    state: str
    sequence: int | None
    moved_to: str


def chain(database: Database) -> Iterator[ChainRow]:
    """The whole chain in order, row by row."""
    return events.chain_rows(database.reader().execute(events.CHAIN_QUERY))


def event_count(database: Database) -> int:
    """How many events there are."""
    found: int = database.value("SELECT count(*) FROM event")
    return found


def named_by_erasures(database: Database) -> frozenset[int]:
    """The events whose payloads some erasure says it has taken out."""
    named: set[int] = set()
    for row in database.rows(
        "SELECT payload FROM event JOIN event_payload USING (seq) WHERE kind = 'erase' AND payload IS NOT NULL"
    ):
        erased = json.loads(row["payload"]).get("erased")
        if isinstance(erased, list):
            named.update(each for each in erased if isinstance(each, int))
    return frozenset(named)


def without_payload(database: Database) -> tuple[int, ...]:
    """The events whose payloads are gone."""
    rows = database.rows(
        "SELECT event.seq AS seq FROM event LEFT JOIN event_payload USING (seq) WHERE payload IS NULL ORDER BY seq"
    )
    return tuple(row["seq"] for row in rows)


def last_named(database: Database) -> int:
    """The newest event that a document or payload belongs to, whether or not it is still there."""
    found: int | None = database.value(
        "SELECT max(seq) AS seq FROM (SELECT max(event_seq) AS seq FROM notice "
        "UNION ALL SELECT max(seq) FROM event_payload)"
    )
    return found or 0


def misplaced(database: Database) -> tuple[Standing, ...]:
    """The cases that do not stand where their last move left them."""
    rows = database.rows(
        "SELECT number, state, seq, to_state FROM (SELECT number, state, (SELECT seq FROM event "  # noqa: S608
        f"WHERE subject = 'case' AND subject_id = cases.id AND kind IN ({_MOVES}) ORDER BY seq DESC LIMIT 1) "
        "AS last FROM cases) LEFT JOIN event ON seq = last WHERE to_state IS NOT state ORDER BY number"
    )
    return tuple(Standing(row["number"], row["state"], row["seq"], row["to_state"] or "") for row in rows)
