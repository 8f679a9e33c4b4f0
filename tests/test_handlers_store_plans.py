"""Reads and clean-ups that go over large tables take the way over the small index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from handlers.store import chases, letters, statistics
from handlers.store.database import Database
from handlers.store.writer import Transaction
from tests.casework_fixtures import at, make_hall


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = make_hall(tmp_path).database
    yield made
    made.close()


class Planned:
    """Reads and writes as it is asked to, and keeps how the database went about it."""

    def __init__(self, under: Database | Transaction) -> None:
        self.under: Any = under
        self.steps: list[str] = []

    def _plan(self, sql: str, values: Any) -> None:
        self.steps += [row[3] for row in self.under.rows("EXPLAIN QUERY PLAN " + sql, values)]

    def row(self, sql: str, values: Any = ()) -> sqlite3.Row | None:
        self._plan(sql, values)
        found: sqlite3.Row | None = self.under.row(sql, values)
        return found

    def rows(self, sql: str, values: Any = ()) -> list[sqlite3.Row]:
        self._plan(sql, values)
        found: list[sqlite3.Row] = self.under.rows(sql, values)
        return found

    def value(self, sql: str, values: Any = ()) -> Any:
        self._plan(sql, values)
        return self.under.value(sql, values)

    def execute(self, sql: str, values: Any = ()) -> Any:
        self._plan(sql, values)
        return self.under.execute(sql, values)


def test_overdue_cases_in_review_are_found_among_the_running_clocks_alone(database: Database) -> None:
    planned = Planned(database)
    statistics.overdue(planned, date(2026, 3, 1), date(2026, 3, 31), at("2026-04-01"), 10)
    assert sum("clock_running" in each for each in planned.steps) == 2, (
        "once for the rows, once for their number"
    )
    by_subject = [each for each in planned.steps if "SEARCH k" in each and "subject_id=?" not in each]
    assert by_subject == []


@pytest.mark.parametrize("drop", [chases.drop_drafts_before, letters.drop_stray_files])
def test_files_of_old_drafts_are_found_by_their_owner(database: Database, drop: Any) -> None:
    def job(tx: Transaction) -> list[str]:
        planned = Planned(tx)
        drop(planned, at("2026-04-01"))
        return [each for each in planned.steps if "attachment" in each]

    steps = database.write(job)
    assert steps
    assert all("attachment_of_owner (owner>? AND owner<?)" in each for each in steps)
