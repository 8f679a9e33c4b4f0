"""A month that is over, with two cases granted and rated, for tests of scores."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from handlers.scoring.requests import NewEntry
from handlers.store import people
from handlers.store.score_records import Edition
from handlers.store.writer import Transaction
from rules.access import Role
from rules.score_ledger import LedgerLine, read
from tests.handlers_fixtures import Office
from tests.staff_fixtures import filed, staffed

__all__ = ["staffed"]


MARCH, APRIL = "2026-03", "2026-04"


@pytest.fixture
def scored(staffed: Office, tmp_path: Path) -> Office:
    """An office with a second county supervisor, its own published/ folder, and a month that is over: two cases
    granted, one of them late, one rated."""
    office = staffed
    root = tmp_path / "root"
    shutil.copytree(office.hall.root.path, root, ignore=shutil.ignore_patterns("site", ".hall"))
    office.hall.scores.root = type(office.hall.root)(root)

    def add(tx: Transaction) -> None:
        for login, role in (("supervisor-two", Role.COUNTY_SUPERVISOR), ("county-publisher", Role.PUBLISHER)):
            office.people[login] = people.add(tx, login, f"{login}示例", "x", office.clock())
            people.assign(tx, office.people[login], role, "county", date(2025, 1, 1))

    office.hall.database.write(add)
    for key, days in (("a", 1), ("b", 20)):
        case = filed(office, key=key)
        number = case.number
        office.move(number, "pre_review", "window")
        office.move(number, "accept", "window")
        office.clock.forward(days=days)
        office.hall.casework.sweep(office.clock())
        office.move(number, "complete_step", "reviewer", opinion="属实")
        office.move(number, "grant", "decider", opinion="同意")
        office.hall.casework.rate(number, case.query_code, 5, "太慢", now=office.clock())
    office.clock.set("2026-04-01T09:00")
    return office


def rated(office: Office, count: int) -> None:
    """So many cases more of the month, granted at once and rated, one of them badly."""
    after = office.clock()
    office.clock.set("2026-03-25T09:00")
    for at in range(count):
        case = filed(office, key=f"rated-{at}")
        office.move(case.number, "pre_review", "window")
        office.move(case.number, "accept", "window")
        office.move(case.number, "complete_step", "reviewer", opinion="属实")
        office.move(case.number, "grant", "decider", opinion="同意")
        office.hall.casework.rate(case.number, case.query_code, 4 if at == 0 else 1, "", now=office.clock())
    office.clock.set(after.isoformat())


def lines_of(office: Office, period: str = MARCH, department: str = "") -> tuple[LedgerLine, ...]:
    return read(office.hall.scores.compute(period, office.clock(), department).ledger).lines


def of_kind(lines: tuple[LedgerLine, ...], kind: str) -> list[LedgerLine]:
    return [each for each in lines if each.kind == kind]


def proposed(office: Office) -> Edition:
    scores, person = office.hall.scores, office.people["supervisor"]
    return scores.propose(scores.draft(MARCH, person, now=office.clock()).id, person, now=office.clock())


def published(office: Office) -> Edition:
    made = proposed(office)
    office.clock.set("2026-04-20T09:00")
    return office.hall.scores.publish(made.id, office.people["supervisor-two"], now=office.clock())


def entry(**changes: Any) -> NewEntry:
    plain: dict[str, Any] = {
        "kind": "case_lost", "department": "market", "happened": date(2026, 3, 20), "basis": "（示例）行政判决书",
    }  # fmt: skip
    return NewEntry(**{**plain, **changes})
