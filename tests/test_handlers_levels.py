"""Levels: county, department and town see what is theirs and nothing else; looks at data are kept and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from catalog.permissions import load_permissions, packaged, permissions_from_json, permissions_to_json
from catalog.problems import Problem
from catalog.root import Root
from handlers import access_log_page
from handlers.casework.requests import Filed
from handlers.correspondence.requests import LetterRequest
from handlers.site_data import SiteData
from handlers.store import access_log, people
from handlers.store.access_log import Look, LookFilter
from handlers.store.writer import Transaction
from handlers.supervising.requests import OrderRequest
from rules.access import Role
from rules.errors import Invalid
from rules.permissions import MOST, Capability, Permissions, Reach, faults
from tests.handlers_fixtures import EVERYTHING, REPOSITORY, Office
from tests.staff_fixtures import CASE, filed, quick_hash, staffed

__all__ = ["staffed"]

WATCHERS = {
    "w-county": (Role.COUNTY_SUPERVISOR, "county"),
    "w-market": (Role.DEPARTMENT_SUPERVISOR, "market"),
    "w-police": (Role.DEPARTMENT_SUPERVISOR, "police"),
    "w-chengguan": (Role.TOWN_SUPERVISOR, "town-chengguan"),
    "w-qingshui": (Role.TOWN_SUPERVISOR, "town-qingshui"),
}
SEES = {
    "w-county": (True, True),
    "w-market": (True, True),
    "w-police": (False, False),
    "w-chengguan": (True, False),
    "w-qingshui": (False, False),
}


@pytest.fixture
def levels(staffed: Office) -> tuple[Office, Filed, Filed]:
    """A case a village of Chengguan took in, and one filed online; both belong to market supervision."""
    town, online = filed(staffed, "张示例", "t1"), filed(staffed, "李示例", "o1")

    def add(tx: Transaction) -> None:
        # As a village's window files it: the fixture's item names no town, the unit alone counts here.
        tx.execute("UPDATE cases SET accepting_unit = 'village-dongmen' WHERE number = ?", (town.number,))
        for login, (role, unit) in WATCHERS.items():
            staffed.people[login] = people.add(tx, login, f"{login}示例", quick_hash()[1], staffed.clock())
            people.assign(tx, staffed.people[login], role, unit, date(2025, 1, 1))

    staffed.hall.database.write(add)
    staffed.clock.forward(days=60)
    staffed.hall.casework.sweep(staffed.clock())
    return staffed, town, online


@pytest.mark.parametrize("login", sorted(WATCHERS))
def test_each_level_sees_its_own_cases_cards_and_lists(
    levels: tuple[Office, Filed, Filed], login: str
) -> None:
    office, town, online = levels
    client = office.signed_in(login)
    for case, sees in zip((town, online), SEES[login], strict=True):
        page = client.get(CASE + case.number)
        assert page.status_code == (200 if sees else 404), (login, case)
        assert (case.number in client.get("/hall/staff/?tab=all").text) is sees
        cards = client.get("/hall/cards")
        assert cards.status_code == 200 or not any(SEES[login])
        assert (case.number in cards.text) is sees, (login, case)
        # Cards are found by their numbers too: those of others do not exist.
        numbers = [
            row["id"]
            for row in office.hall.database.rows(
                "SELECT id FROM card WHERE subject_number = ?", (case.number,)
            )
        ]
        assert numbers
        for card in numbers:
            assert client.get(f"/hall/cards/{card}").status_code == (200 if sees else 404), (login, card)


@pytest.mark.parametrize("login", ["w-chengguan", "w-qingshui"])
def test_a_town_supervisor_watches_and_changes_nothing(
    levels: tuple[Office, Filed, Filed], login: str
) -> None:
    office, town, _ = levels
    client = office.signed_in(login)
    card = office.hall.database.value("SELECT id FROM card WHERE subject_number = ?", (town.number,))
    for path in ("/hall/board", "/hall/orders", "/hall/statistics", "/hall/access-log", "/hall/staff/window"):
        assert client.get(path).status_code == 403, path
    for path in (
        f"/hall/cards/{card}/decide",
        f"/hall/cards/{card}/revoke",
        f"{CASE}{town.number}/moves/accept",
    ):
        assert client.post(path, data={"reason": "x", "form_end": "1"}).status_code == 403, path
    assert client.get("/hall/staff/").status_code == 200
    assert "监察看板" not in client.get("/hall/staff/").text


def test_a_county_that_takes_a_right_away_is_obeyed_at_the_door(levels: tuple[Office, Filed, Filed]) -> None:
    office, _, _ = levels
    client = office.signed_in("decider")
    assert client.get("/hall/statistics").status_code == 200
    edition = office.hall.edition
    grants = {key: dict(value) for key, value in edition.permissions.grants.items()}
    del grants[Capability.STATISTICS_SEE][Role.DECIDER]
    changed = replace(edition, permissions=Permissions(grants))
    office.hall.site_data.edition = lambda: changed  # type: ignore[method-assign]
    assert client.get("/hall/statistics").status_code == 403


@pytest.mark.parametrize(("capability", "role", "login", "path"), [
    (Capability.CASES_WORK, Role.WINDOW_CLERK, "window", "/api/v1/desk/cases/{number}/moves"),
    (Capability.CASES_RECORD, Role.WINDOW_CLERK, "window", "/api/v1/desk/cases/{number}/charges"),
    (Capability.CASES_INTAKE, Role.WINDOW_CLERK, "window", "/api/v1/desk/cases/{number}/fees"),
    (Capability.ORDERS_ISSUE, Role.DEPARTMENT_SUPERVISOR, "market-supervisor", "/hall/staff/chase/{number}"),
    (Capability.SCORES_PUBLISH, Role.PUBLISHER, "publisher", "/hall/scores/compute"),
])  # fmt: skip
def test_what_a_county_takes_away_is_gone_from_pages_and_programs(
    staffed: Office, capability: Capability, role: Role, login: str, path: str
) -> None:
    case = filed(staffed)
    client = staffed.signed_in(login)
    client.headers["accept"] = "application/json"

    def answer() -> int:
        return int(client.post(path.format(number=case.number), json={}).status_code)

    assert "岗位没有这项权限" not in client.post(path.format(number=case.number), json={}).text
    _withdraw(staffed, capability, role)
    assert answer() == 403


def test_who_may_answer_enter_and_look_at_persons_is_the_countys_to_say(staffed: Office) -> None:
    order = staffed.hall.supervision.issue_order(
        OrderRequest("department", department="market", text="三次现场检查没有人"),
        staffed.people["supervisor"], key="o", now=staffed.clock(),
    )  # fmt: skip
    decider, supervision = staffed.people["decider"], staffed.hall.supervision
    assert [each.row.answers for each in supervision.order(order.id, decider, staffed.clock()).offers] == [
        True
    ]
    scores, watcher = staffed.hall.scores, staffed.people["market-supervisor"]
    assert scores.sees_persons("market", watcher, now=staffed.clock())
    assert scores.reach(staffed.people["supervisor"], staffed.clock()).enters
    _withdraw(staffed, Capability.ORDERS_ANSWER, Role.DECIDER)
    _withdraw(staffed, Capability.SCORES_PERSONS, Role.DEPARTMENT_SUPERVISOR)
    _withdraw(staffed, Capability.SCORES_ENTER, Role.COUNTY_SUPERVISOR)
    assert supervision.order(order.id, decider, staffed.clock()).offers == ()
    assert not scores.sees_persons("market", watcher, now=staffed.clock())
    assert not scores.reach(staffed.people["supervisor"], staffed.clock()).enters


def _withdraw(office: Office, capability: Capability, role: Role) -> None:
    edition = office.hall.edition
    grants = {key: dict(value) for key, value in edition.permissions.grants.items()}
    del grants[capability][role]
    changed = replace(edition, permissions=Permissions(grants))
    office.hall.site_data.edition = lambda: changed  # type: ignore[method-assign]


def test_permissions_come_with_the_build_and_are_held_to_their_bounds(
    staffed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (staffed.hall.site / "data" / "permissions.json").read_bytes()
    assert (
        permissions_from_json(text)
        == packaged()
        == permissions_from_json(permissions_to_json(packaged()).encode())
    )

    def never(root: Root) -> Permissions:
        raise AssertionError("read from the root's file")

    monkeypatch.setattr("handlers.site_data.load_permissions", never)
    assert SiteData(staffed.hall.root, staffed.hall.site).edition().permissions == packaged()
    beyond = text.replace(b'"data.erase": {', b'"data.erase": {"county_supervisor": "county",')
    assert beyond != text
    for odd in (beyond, b"{}", b"[", text.replace(b'"county"', b'"everywhere"')):
        with pytest.raises(Invalid):
            permissions_from_json(odd)


def test_the_shipped_permissions_are_within_bounds_and_grant_everything_to_someone() -> None:
    assert list(faults(packaged())) == []
    assert set(packaged().grants) == set(Capability) == set(MOST)


@pytest.mark.parametrize(("capability", "role", "reach"), [
    (Capability.CASES_SEE, Role.ADMINISTRATOR, Reach.COUNTY),
    (Capability.CASES_SEE, Role.PUBLISHER, Reach.COUNTY),
    (Capability.LETTERS_CONDUCT, Role.DEPARTMENT_SUPERVISOR, Reach.DEPARTMENT),
    (Capability.APPEALS_DECIDE, Role.DEPARTMENT_SUPERVISOR, Reach.DEPARTMENT),
    (Capability.CARDS_DECIDE, Role.TOWN_SUPERVISOR, Reach.TOWN),
    (Capability.ACCESS_LOG_SEE, Role.COUNTY_SUPERVISOR, Reach.COUNTY),
    (Capability.CASES_SEE, Role.TOWN_SUPERVISOR, Reach.COUNTY),
    (Capability.CASES_SEE, Role.DEPARTMENT_SUPERVISOR, Reach.COUNTY),
    (Capability.CASES_WORK, Role.APPLICANT, Reach.CASES),
])  # fmt: skip
def test_separations_of_duty_cannot_be_lifted(capability: Capability, role: Role, reach: Reach) -> None:
    grants = {key: dict(value) for key, value in packaged().grants.items()}
    grants[capability][role] = reach
    assert [where for where, _ in faults(Permissions(grants))] == [capability]


def test_a_faulty_file_of_the_root_is_named_and_the_packaged_one_stands(tmp_path: Path) -> None:
    (tmp_path / "county.yml").write_text((REPOSITORY / "county.yml").read_text("utf-8"), "utf-8")
    (tmp_path / "content").mkdir()
    text = (REPOSITORY / "catalog/defaults/permissions.yml").read_text("utf-8")
    own = tmp_path / "content" / "permissions.yml"
    own.write_text(text.replace("  data.erase:", "  data.erase:\n    county_supervisor: county"), "utf-8")
    problems: list[Problem] = []
    assert load_permissions(Root(tmp_path), problems) == packaged()
    assert "职责必须分开" in problems[0].message
    own.write_text(text.replace("    publisher: county\n", ""), "utf-8")
    assert Role.PUBLISHER not in load_permissions(Root(tmp_path)).roles(Capability.SCORES_SEE)


# --- the access log ---


def test_every_look_is_found_by_person_case_kind_and_day_and_looking_is_a_look(
    levels: tuple[Office, Filed, Filed],
) -> None:
    office, town, _ = levels
    office.signed_in("w-market").get(CASE + town.number)
    office.signed_in("w-county").get("/hall/staff/?tab=all&q=张示例")
    admin = office.signed_in("admin")
    day = office.clock().date().isoformat()
    for query in (f"number={town.number}", "who=w-market", "what=case", f"since={day}&until={day}"):
        page = admin.get(f"/hall/access-log?{query}").text
        assert town.number in page, query
        assert "w-market示例" in page
        assert "张示例" not in page
    assert "没有这样的记录" in admin.get("/hall/access-log?who=nobody").text
    assert admin.get("/hall/access-log?since=2026-13-01").status_code == 422
    export = admin.get("/hall/access-log.csv?what=case")
    assert export.headers["content-type"].startswith("text/csv")
    assert town.number in export.text
    looks = {
        each.what for each in access_log.search(office.hall.database, access_log.LookFilter(), 100, 1)[0]
    }
    assert {"case", "access_log", "export"} <= looks


def test_a_name_two_bear_finds_the_looks_of_both_and_a_login_those_of_one(
    levels: tuple[Office, Filed, Filed],
) -> None:
    office, town, _ = levels
    both = [office.people[each] for each in ("w-market", "w-county")]
    office.hall.database.write(
        lambda tx: [tx.execute("UPDATE person SET name = '陈示例' WHERE id = ?", (each,)) for each in both]
    )
    for login in ("w-market", "w-county"):
        office.signed_in(login).get(CASE + town.number)
    admin = office.signed_in("admin")
    page = admin.get("/hall/access-log?who=陈示例&what=case").text
    assert "陈示例（w-market）" in page
    assert "陈示例（w-county）" in page
    page = admin.get("/hall/access-log?who=w-county&what=case").text
    assert "陈示例（w-county）" in page
    assert "陈示例（w-market）" not in page


def test_an_export_that_cannot_hold_all_that_was_found_says_so(
    levels: tuple[Office, Filed, Filed], monkeypatch: pytest.MonkeyPatch
) -> None:
    office, town, _ = levels
    for login in ("w-market", "w-county"):
        office.signed_in(login).get(CASE + town.number)
    admin = office.signed_in("admin")
    assert "没有导出" not in admin.get("/hall/access-log.csv?what=case").text
    monkeypatch.setattr(access_log_page, "MOST_EXPORTED", 1)
    assert "装不下" in admin.get("/hall/access-log?what=case").text
    _, kept, words = admin.get("/hall/access-log.csv?what=case").text.splitlines()
    assert town.number in kept
    assert "共 2 条，一次最多导出最新的 1 条" in words


def test_who_looks_at_cases_does_not_read_the_record_of_looks(levels: tuple[Office, Filed, Filed]) -> None:
    office, _, _ = levels
    for login in ("w-county", "w-market", "decider", "publisher"):
        assert office.signed_in(login).get("/hall/access-log").status_code == 403


def test_the_applicant_reads_who_looked_by_role_and_day_without_names(
    levels: tuple[Office, Filed, Filed],
) -> None:
    office, town, _ = levels
    office.signed_in("w-market").get(CASE + town.number)
    office.signed_in("w-county").get(CASE + town.number)
    browser = office.browser()
    page = browser.post(
        f"/hall/track/{town.number}/record",
        data={"number": town.number, "code": town.query_code, "form_end": "1"},
    )
    assert page.status_code == 200
    assert "部门监察员" in page.text
    assert "县监察员" in page.text
    assert "w-market" not in page.text
    assert "2" in page.text
    assert "最晚" in page.text or "已经公布" in page.text
    assert "查看过2次" in browser.get(f"/hall/track/{town.number}").text
    stranger = office.browser().get(f"/hall/track/{town.number}/record")
    assert "部门监察员" not in stranger.text
    assert office.browser().get(f"/hall/track/{town.number}/proof.json").status_code == 404


def test_looks_are_kept_as_long_as_the_county_says_and_no_longer(levels: tuple[Office, Filed, Filed]) -> None:
    office, town, _ = levels
    database, now = office.hall.database, office.clock()
    months = office.hall.county.settings.access_log_months
    old = Look(now - timedelta(days=31 * months, seconds=1), "p-x", "reviewer", "case", town.number, "case")
    young = replace(old, at=now - timedelta(days=31 * months))
    database.write(lambda tx: (access_log.add(tx, old), access_log.add(tx, young)))
    assert office.hall.logbook.forget_old_looks(now) == 1
    assert access_log.count_of(database, "case", town.number) == 1


def test_a_page_of_a_list_with_masked_names_is_one_look_without_a_name(
    levels: tuple[Office, Filed, Filed],
) -> None:
    office, _, online = levels
    staffed_letter(office)
    watcher, county = office.signed_in("w-market"), office.people["w-county"]
    before = access_log.search(office.hall.database, LookFilter(), 100, 1)[1]
    watcher.get("/hall/staff/?tab=all")
    watcher.get("/hall/staff/?tab=all&state=granted")  # shows nobody
    watcher.get(f"/hall/board/market/{EVERYTHING}")
    watcher.get("/hall/staff/letters?tab=all")
    rows, total = access_log.search(office.hall.database, LookFilter(what="list"), 100, 1)
    own = [(each.subject, each.subject_number, each.role, each.found) for each in reversed(rows)]
    assert own == [
        ("case", "", "department_supervisor", 2),
        ("case", "", "department_supervisor", 2),
        ("letter", "", "department_supervisor", 1),
    ]
    assert access_log.search(office.hall.database, LookFilter(), 100, 1)[1] == before + total
    office.hall.casework.desk(county, now=office.clock(), tab="all", search="没有这个人")
    searched = access_log.search(office.hall.database, LookFilter(what="search"), 100, 1)[0][0]
    assert (searched.person, searched.found) == (county, 0), (
        "a search by name says something whatever it finds"
    )
    assert not any(online.number in str(each) for each in rows)


def staffed_letter(office: Office) -> None:
    office.hall.correspondence.ask(
        LetterRequest("consultation", "market", "怎么办证", "要什么材料？", "张示例", phone="0000-5550999"),
        key="letter", now=office.clock(),
    )  # fmt: skip
