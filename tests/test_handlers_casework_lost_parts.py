"""Cases whose item version, or whose unit, is no longer in the files: they go on, or say what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.units import OrgTree
from handlers import former_units
from handlers.casework.ground import FixedGuides, Guide
from handlers.casework.requests import Filed
from handlers.statistics.scope import reach_of
from handlers.store import case_parts, cases, clocks, people
from handlers.store.units import Unfinished
from handlers.watching.service import Watching
from rules.access import Role
from rules.case_terms import State
from rules.clock import ClockKind
from rules.errors import Forbidden, HallError, Unavailable
from tests.casework_fixtures import COUNTY, LICENCE, ON_THE_SPOT, Hall, application, at, dump, make_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def ready_to_grant(hall: Hall) -> Filed:
    return hall.to_decision(hall.accept(hall.file()), "2026-03-04")


def with_guides(hall: Hall, *guides: Guide) -> None:
    known = FixedGuides({guide.item.code: guide for guide in guides})
    hall.holder.ground = replace(hall.holder.ground, guides=known)


def test_where_the_pinned_version_is_gone_the_present_one_says_which_certificate_is_owed(hall: Hall) -> None:
    filed = ready_to_grant(hall)
    with_guides(hall, Guide(LICENCE, "another-version"))
    hall.move(filed, "grant", "decider", "2026-03-05", opinion="同意")
    certificate = case_parts.certificate(hall.database, 1)
    assert certificate is not None
    assert certificate.name == "食品经营许可证"
    running = {each.kind for each in clocks.of_subject(hall.database, "case", 1) if each.stopped is None}
    assert ClockKind.CERTIFICATE in running


def test_without_any_version_a_grant_is_refused_and_says_what_to_put_back(hall: Hall) -> None:
    filed = ready_to_grant(hall)
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    with_guides(hall)
    before = dump(hall.database)
    with pytest.raises(Unavailable, match=f"data/versions/{case.item_version}.json"):
        hall.move(filed, "grant", "decider", "2026-03-05", opinion="同意")
    assert dump(hall.database) == before
    # What needs no item goes on.
    assert (
        hall.move(filed, "deny", "decider", "2026-03-05", reason="不符合", basis="依据").state is State.DENIED
    )


MARKET = ("market", "market-licensing", "window-market")
NOW = at("2026-03-05")


def remove(hall: Hall, *units: str) -> None:
    """Takes units out of the files, as a merged department's folder is; then the hall is built and read anew."""
    hall.casework.synchronise_units(NOW)
    before = hall.holder.ground
    present = OrgTree({each.id: each for each in before.units if each.id not in units})
    hall.holder.ground = replace(
        before,
        departments={code: each for code, each in before.departments.items() if code not in units},
        units=former_units.with_former(hall.database, present, COUNTY),
    )
    hall.casework.synchronise_units(NOW)


def on_desk(hall: Hall, who: str, tab: str = "all") -> list[str]:
    return [each.number for each in hall.casework.desk(hall.people[who], now=NOW, tab=tab).rows]


def test_cases_of_a_department_that_was_removed_go_their_way_in_the_hands_of_its_people(hall: Hall) -> None:
    filed = hall.accept(hall.file())
    remove(hall, *MARKET)
    assert on_desk(hall, "section", "to_do") == [filed.number]
    hall.to_decision(filed, "2026-03-04")
    assert hall.move(filed, "grant", "decider", "2026-03-05", opinion="同意").state is State.GRANTED
    certificate = case_parts.certificate(hall.database, 1)
    assert certificate is not None
    # What the citizen is given bears the name that the department had.
    assert certificate.issuer == "青禾县市场监督管理局"
    assert hall.move(filed, "deliver", "window", "2026-03-05", method="窗口").state is State.DELIVERED


def test_the_county_reaches_them_too_and_lists_mark_the_department(hall: Hall) -> None:
    filed = hall.accept(hall.file())
    remove(hall, *MARKET)
    (row,) = hall.casework.desk(hall.people["county"], now=NOW, tab="all").rows
    assert (row.number, row.department_name) == (filed.number, "青禾县市场监督管理局（已撤销）")
    assert row.holder_name == "许可股（已撤销）"
    view = hall.casework.staff_view(filed.number, hall.people["county"], NOW)
    assert view.public.number == filed.number
    # Whoever takes the work over at the county, or at the department that was, makes its moves.
    since = at("2026-03-01").date()
    other = hall.people["health"]
    with pytest.raises(Forbidden):
        hall.move(filed, "complete_step", "health", "2026-03-05", opinion="属实")
    hall.database.write(lambda tx: people.assign(tx, other, Role.REVIEWER, "market", since))
    hall.move(filed, "complete_step", "health", "2026-03-05", opinion="属实")


def test_red_cards_of_a_department_that_was_removed_stay_on_the_countys_board(hall: Hall) -> None:
    hall.accept(hall.file())
    remove(hall, *MARKET)
    hall.casework.sweep(at("2026-06-01"))
    watching = Watching(hall.database, lambda: hall.holder.ground)
    scope = watching.scope(hall.people["county"], NOW)
    assert watching.board(scope, at("2026-06-01")).red


def test_a_section_that_was_removed_is_reached_from_its_department(hall: Hall) -> None:
    filed = hall.accept(hall.file())
    remove(hall, "market-licensing")
    assert on_desk(hall, "reviewer", "to_do") == [filed.number]
    hall.move(filed, "complete_step", "reviewer", "2026-03-05", opinion="属实")


def test_what_has_work_left_is_counted_and_said_in_the_log(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    filed = hall.accept(hall.file())
    hall.file(item=ON_THE_SPOT)
    remove(hall, *MARKET, "town-qingshui")
    tree = hall.holder.ground.units
    left = {unit.id: found for unit, found in former_units.unfinished(hall.database, tree).items()}
    assert left["market"] == Unfinished(1, 0, 0)
    assert "town-qingshui" not in left
    assert "unit market is in no file any more and holds open work: 1 cases" in caplog.text
    hall.move(filed, "withdraw", "applicant", "2026-03-05")
    assert former_units.unfinished(hall.database, tree) == {}


def test_a_unit_that_was_removed_is_offered_nowhere_and_comes_back_with_its_file(hall: Hall) -> None:
    whole = hall.holder.ground
    remove(hall, "window-market")
    tree = hall.holder.ground.units
    assert "window-market" not in tree
    assert [each.id for each in tree.of_kind("window")] == []
    with pytest.raises(HallError):
        hall.casework.file_case(
            replace(application(), accepting_unit="window-market"), key="k-1", channel="web", now=NOW
        )
    assert former_units.with_former(hall.database, whole.units, COUNTY).former == {}


def test_the_county_still_sees_the_figures_of_the_whole(hall: Hall) -> None:
    remove(hall, *MARKET)
    account = people.known(hall.database, hall.people["county"])
    assert reach_of(account, hall.holder.ground, NOW).whole
