"""Who holds a post today: people by role and unit, with how they can be reached."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date

from handlers.store.database import marks
from handlers.store.moments import Reads
from handlers.store.writer import Transaction
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Reachable:
    """A member of staff with phone and e-mail (empty when not known)."""

    person: str
    phone: str
    email: str
    active: bool


def holders(reads: Reads, unit: str, roles: Sequence[str], day: date) -> tuple[str, ...]:
    """The active people who hold one of some roles at exactly this unit on a day."""
    rows = reads.rows(
        "SELECT DISTINCT person.id FROM assignment JOIN person ON person.id = assignment.person "  # noqa: S608
        f"WHERE assignment.unit = ? AND assignment.role IN ({marks(roles)}) AND person.active = 1 "
        "AND coalesce(valid_from, ?) <= ? AND coalesce(valid_to, ?) >= ? ORDER BY person.id",
        (unit, *roles, *[day.isoformat()] * 4),
    )
    return tuple(row["id"] for row in rows)


def everywhere(reads: Reads, role: str, day: date) -> tuple[str, ...]:
    """The active people who hold a role at any unit on a day."""
    rows = reads.rows(
        "SELECT DISTINCT person.id FROM assignment JOIN person ON person.id = assignment.person "
        "WHERE assignment.role = ? AND person.active = 1 "
        "AND coalesce(valid_from, ?) <= ? AND coalesce(valid_to, ?) >= ? ORDER BY person.id",
        (role, *[day.isoformat()] * 4),
    )
    return tuple(row["id"] for row in rows)


def units_of(reads: Reads, person: str, day: date) -> tuple[str, ...]:
    """The units where a person holds any post on a day."""
    rows = reads.rows(
        "SELECT DISTINCT unit FROM assignment WHERE person = ? AND coalesce(valid_from, ?) <= ? "
        "AND coalesce(valid_to, ?) >= ? ORDER BY unit",
        (person, *[day.isoformat()] * 4),
    )
    return tuple(row["unit"] for row in rows)


def reachable(reads: Reads, person: str) -> Reachable | None:
    """How a person can be reached."""
    row: sqlite3.Row | None = reads.row("SELECT id, phone, email, active FROM person WHERE id = ?", (person,))
    return None if row is None else Reachable(row["id"], row["phone"], row["email"], bool(row["active"]))


def set_reachable(tx: Transaction, person: str, phone: str, email: str) -> None:
    """A person's phone and e-mail."""
    tx.execute("UPDATE person SET phone = ?, email = ? WHERE id = ?", (phone, email, person))
