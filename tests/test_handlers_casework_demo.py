"""Demo data: every state and light is there, the log is sound, real data are never mixed with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.reader import read
from catalog.root import Root
from catalog.version import version_hash
from handlers.casework import demo, demo_people
from handlers.casework.auditing import audit
from handlers.casework.ground import FixedGuides, Guide
from handlers.casework.service import Casework
from handlers.store import people, sessions
from handlers.store.database import Database
from rules.access import Role
from rules.case_terms import OPEN, State
from rules.errors import Conflict
from tests.casework_fixtures import Hall, at, dump, ground, make_hall


@pytest.fixture
def casework(tmp_path: Path, sample_root: Path) -> Iterator[Casework]:
    reading = read(Root(sample_root), cache=False)
    guides = {each.item.code: Guide(each.item, version_hash(each.item)) for each in reading.items}
    sample = replace(
        ground(), county=reading.county, departments=reading.departments, units=reading.units,
        guides=FixedGuides(guides),
    )  # fmt: skip
    database = Database.open(tmp_path / "hall.db", migrate=True)
    yield Casework(database, lambda: sample)
    database.close()


@pytest.mark.parametrize("now", ["2026-11-20 15:00", "2026-02-24 08:01", "2026-10-04 00:10"])
def test_every_state_and_light_is_planted_on_any_day(casework: Casework, now: str) -> None:
    planted = demo.plant(casework, at(now))
    assert planted.cases >= 40
    states = {row["state"] for row in casework.database.rows("SELECT DISTINCT state FROM cases")}
    assert states == {each.value for each in State if each not in (State.DRAFT, State.DENIED)} | {"denied"}
    levels = {row["level"] for row in casework.database.rows("SELECT DISTINCT level FROM cases")}
    assert levels == {0, 1, 2, 3}
    assert casework.database.value("SELECT count(*) FROM cases WHERE deemed") >= 1
    assert casework.database.value("SELECT count(*) FROM cases WHERE extensions") >= 1
    assert casework.database.value("SELECT count(*) FROM rating") >= 5
    assert audit(casework.database).sound
    moments = [row["at"] for row in casework.database.rows("SELECT at FROM event ORDER BY seq")]
    assert moments == sorted(moments)
    assert moments[-1] <= at(now).isoformat()
    _assert_full_desk(casework)
    before = dump(casework.database)
    assert demo.plant(casework, at(now)).already
    assert dump(casework.database) == before
    account = next(iter(planted.accounts[1].split()))
    assert sessions.sign_in(casework.database, account, demo_people.PASSWORD, at(now)).second_factor


def _assert_full_desk(casework: Casework) -> None:
    """The market department has every open state and light, and work for each of its roles."""
    rows = casework.database.rows("SELECT state, level, holder_role FROM cases WHERE department = 'market'")
    assert {row["state"] for row in rows} >= {each.value for each in OPEN} | {"granted", "denied"}
    assert {row["level"] for row in rows if row["state"] in set(OPEN)} == {0, 1, 2, 3}
    held = {row["level"] for row in rows if row["holder_role"] == Role.REVIEWER}
    assert held == {0, 1, 2, 3}
    waiting = Counter(row["holder_role"] for row in rows)
    assert min(waiting[each.value] for each in (Role.WINDOW_CLERK, Role.REVIEWER, Role.DECIDER)) >= 5


def test_demo_data_are_not_put_into_a_database_in_use(tmp_path: Path) -> None:
    hall: Hall = make_hall(tmp_path)
    before = dump(hall.database)
    with pytest.raises(Conflict):
        demo.plant(hall.casework, at("2026-03-02"))
    assert dump(hall.database) == before
    assert len(people.everyone(hall.database)) == 11
    hall.database.close()
