"""The list of bad ratings: what is first, who finds what in it, how long what has no day of its own has waited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from handlers.casework.requests import Filed
from handlers.store import followups, people
from handlers.store.writer import Transaction
from rules.access import Role
from rules.errors import Forbidden, NotFound
from tests.casework_fixtures import at
from tests.followup_fixtures import Rated, decided, rated


@pytest.fixture
def bad(tmp_path: Path) -> Iterator[Rated]:
    made = rated(tmp_path)
    yield made
    made.hall.database.close()


def another(bad: Rated) -> Filed:
    filed = decided(bad.hall)
    bad.hall.casework.rate(filed.number, filed.query_code, 4, "", now=at("2026-03-05 15:00"))
    return filed


def found(bad: Rated, when: str, tab: str) -> list[tuple[str, bool]]:
    page = bad.room.page(bad.hall.people["coordinator"], at(when), tab=tab)
    return [(each.followup.number, each.late) for each in page.lines]


def test_the_list_of_missed_days_does_not_wait_for_the_sweep_and_keeps_what_is_done(bad: Rated) -> None:
    assert (found(bad, "2026-03-06 23:59", "late"), found(bad, "2026-03-06 23:59", "open")) == (
        [],
        [(bad.case.number, False)],
    )
    assert found(bad, "2026-03-07", "late") == [(bad.case.number, True)]
    bad.move("contact", "coordinator", "2026-03-09")
    bad.move("fix", "coordinator", "2026-03-09")
    bad.move("revisit", "coordinator", "2026-03-10", accepted="yes")
    assert found(bad, "2026-03-11", "open") == []
    assert found(bad, "2026-03-11", "late") == found(bad, "2026-03-11", "done") == [(bad.case.number, False)]


def test_among_missed_days_what_is_not_done_comes_before_what_is(bad: Rated) -> None:
    done, waiting = bad.case.number, another(bad)
    bad.move("contact", "coordinator", "2026-03-09")
    bad.move("fix", "coordinator", "2026-03-09")
    bad.move("revisit", "coordinator", "2026-03-10", accepted="yes")
    assert found(bad, "2026-03-11", "late") == [(waiting.number, True), (done, False)]


def test_what_has_a_day_comes_first_then_what_waits_longest_for_review_or_revisit(bad: Rated) -> None:
    untouched, disputed, fixed = another(bad).number, another(bad), bad.case
    bad.move("contact", "coordinator", "2026-03-06")
    bad.move("fix", "coordinator", "2026-03-06 10:00")
    bad.case = disputed
    bad.move("contact", "coordinator", "2026-03-06")
    bad.move("dispute", "coordinator", "2026-03-09", finding="unfounded")
    page = bad.room.page(bad.hall.people["coordinator"], at("2026-03-11"), tab="open")
    assert [(each.followup.number, each.waited) for each in page.lines] == [
        (untouched, None),
        (fixed.number, 3),
        (disputed.number, 2),
    ]
    assert bad.view("coordinator", "2026-03-11").waited == 2


def test_nothing_is_listed_that_cannot_be_opened(bad: Rated) -> None:
    """Who answers for a department works in it: a post above all departments reaches none of their ratings."""
    hall = bad.hall

    def appoint(role: Role) -> str:
        def job(tx: Transaction) -> str:
            made = people.add(tx, f"wide-{role}", "全县示例", "-", at("2026-01-01"))
            people.assign(tx, made, role, "county", date(2024, 1, 1))
            return made

        return hall.database.write(job)

    with pytest.raises(Forbidden, match="只对监察员和部门负责人开放"):
        bad.room.page(appoint(Role.COORDINATOR), at("2026-03-06"))
    supervisor = bad.room.page(appoint(Role.COUNTY_SUPERVISOR), at("2026-03-06"))
    assert [each.followup.number for each in supervisor.lines] == [bad.case.number]


def test_a_supervisor_who_wrote_into_the_case_has_worked_on_it(bad: Rated) -> None:
    supervisor = bad.hall.people["supervisor"]
    assert not followups.worked_on(bad.hall.database, bad.row.case_id, supervisor)
    bad.hall.casework.record_charge(
        bad.case.number,
        bad.hall.staff("supervisor"),
        "材料打印费",
        500,
        "申请人出示的收据",
        now=at("2026-03-06"),
    )
    assert followups.worked_on(bad.hall.database, bad.row.case_id, supervisor)
    with pytest.raises(Forbidden, match="经办过"):
        bad.move("contact", "supervisor", "2026-03-06 10:00")
    assert bad.view("supervisor", "2026-03-06 10:00").words_hidden


@pytest.mark.parametrize("who", ["health", "health_front", "window", "reviewer", "publisher", "admin"])
def test_for_everybody_else_there_is_no_such_follow_up(bad: Rated, who: str) -> None:
    with pytest.raises(NotFound):
        bad.view(who, "2026-03-06")
    with pytest.raises(NotFound):
        bad.move("contact", who, "2026-03-06")
