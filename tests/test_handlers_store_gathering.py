"""Filings that come together: written as one, refused alone, and what they leave is what each alone would have left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from handlers.casework.auditing import audit
from handlers.casework.requests import Filed
from handlers.store.gathering import Gathering
from rules.errors import Conflict
from tests.casework_fixtures import LICENCE, PLAIN, Hall, application, at, make_hall
from tests.loops import run_apart


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return make_hall(tmp_path)


def file_at_once(hall: Hall, keys: list[str], delivery: str = "window") -> list[Filed | BaseException]:
    async def all_of_them() -> list[Filed | BaseException]:
        return await asyncio.gather(
            *(
                hall.casework.file_case_async(
                    replace(application(PLAIN if key.startswith("plain") else LICENCE), delivery=delivery),
                    key=key, channel="web", now=at("2026-03-02"),
                )
                for key in keys
            ),
            return_exceptions=True,
        )  # fmt: skip

    return run_apart(all_of_them())


def rows(hall: Hall, table: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in hall.database.rows(f"SELECT * FROM {table}")]


def test_filings_that_come_together_leave_what_they_leave_one_by_one(tmp_path: Path) -> None:
    crowd, alone = make_hall(tmp_path / "a"), make_hall(tmp_path / "b")
    keys = [f"{kind}-{at_}" for at_ in range(20) for kind in ("plain", "licence")]
    file_at_once(crowd, keys)
    for key in keys:
        file_at_once(alone, [key])
    assert audit(crowd.database).sound
    assert audit(alone.database).sound
    for table in ("step", "material", "fee", "clock", "daily_count", "number_series"):
        assert rows(crowd, table) == rows(alone, table), table
    for query in (
        "SELECT number, item_code, state, due, received_at FROM cases ORDER BY id",
        "SELECT number, title, content, event_seq FROM notice ORDER BY id",
        "SELECT seq, kind, subject_id, subject_number FROM event ORDER BY seq",
        "SELECT template, recipient, body FROM outbox ORDER BY id",
    ):
        one, other = crowd.database.rows(query), alone.database.rows(query)
        assert [tuple(row) for row in one] == [tuple(row) for row in other], query


def test_a_key_sent_twice_in_one_crowd_files_once(hall: Hall) -> None:
    filed = file_at_once(hall, ["plain-1", "plain-2", "plain-1", "plain-3", "plain-1"])
    numbers = [each.number for each in filed if isinstance(each, Filed)]
    assert len(numbers) == 5
    assert len(set(numbers)) == 3
    assert [each.repeated for each in filed if isinstance(each, Filed)] == [False, False, True, False, True]
    assert audit(hall.database).sound


def test_a_key_used_for_something_else_is_refused_and_touches_nobody(hall: Hall) -> None:
    file_at_once(hall, ["plain-1"])
    filed = file_at_once(hall, ["plain-2", "plain-1", "plain-3"], delivery="courier")
    assert isinstance(filed[1], Conflict)
    numbers = [row[0] for row in hall.database.rows("SELECT number FROM cases ORDER BY id")]
    assert numbers[1:] == [each.number for each in filed if isinstance(each, Filed)]
    serials = [int(str(number)[-7:-1]) for number in numbers]
    assert serials == [1, 2, 3]
    assert audit(hall.database).sound


def test_a_crowd_that_cannot_be_written_together_is_written_one_by_one(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Gathering) -> None:
        self.connection.execute("INSERT INTO number_series (series, last) VALUES ('half', 'not a number')")

    monkeypatch.setattr(Gathering, "write", broken)
    filed = file_at_once(hall, [f"plain-{at_}" for at_ in range(6)])
    assert all(isinstance(each, Filed) for each in filed)
    assert hall.database.value("SELECT count(*) FROM cases") == 6
    assert hall.database.value("SELECT count(*) FROM number_series WHERE series = 'half'") == 0
    assert audit(hall.database).sound
