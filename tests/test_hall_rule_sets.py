"""A county chooses the three-light rules and counting to the second in county.yml, and both reach every page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.root import Root
from handlers.app import create_app
from handlers.casework.requests import Application, ByStaff
from handlers.store import outbox
from handlers.store.records import Party
from site_builder.compile import build
from tests.handlers_fixtures import CITIZEN_JOBS, FOOD, Office, open_office
from tests.page_fixtures import text_of

USUAL_WORDS = ("预警", "黄牌", "红牌")


@pytest.fixture(scope="module")
def county(built_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The little county with both settings changed, built anew."""
    folder = tmp_path_factory.mktemp("three") / "county"
    shutil.copytree(built_county, folder, ignore=shutil.ignore_patterns("site", ".hall"))
    settings = (folder / "county.yml").read_text(encoding="utf-8")
    changed = settings.replace("four-level", "three-light").replace("precision: day", "precision: second")
    assert changed != settings
    (folder / "county.yml").write_text(changed, encoding="utf-8")
    assert build(Root(folder), site=folder / "site").errors == ()
    return folder


@pytest.fixture
def office(county: Path, tmp_path: Path) -> Iterator[Office]:
    made = open_office(county, tmp_path)
    made.app = create_app(made.hall, (*CITIZEN_JOBS, "staff", "supervision"))
    yield made
    made.close()


def accepted(office: Office) -> str:
    """A food licence (5 working days promised) filed and accepted on Monday 2026-03-02 at 09:30:00."""
    person = Party(
        kind="1", name="张示例", id_type="111", id_number="990121199003070010", phone="0000-5550999"
    )
    filed = office.hall.casework.file_case(
        Application(item_code=FOOD, applicant=person, answers={}), key="k", channel="web", now=office.clock()
    )
    office.move(filed.number, "pre_review", "window")
    office.move(filed.number, "accept", "window")
    return filed.number


def test_the_portal_explains_three_lights_and_counts_to_the_second(county: Path) -> None:
    site = county / "site"
    for address in ("supervision/rules", "help/lights", "help", "supervision"):
        words = text_of((site / address / "index.html").read_text(encoding="utf-8"))
        assert not [each for each in USUAL_WORDS if each in words], address
    rules = text_of((site / "supervision" / "rules" / "index.html").read_text(encoding="utf-8"))
    assert "三种状态" in rules
    assert "算到秒" in rules
    assert "按天算" not in rules
    published = json.loads((site / "data" / "supervision.json").read_text(encoding="utf-8"))
    assert {rule["precision"] for rule in published["rules"]} == {"second"}


def test_a_case_turns_yellow_and_red_at_the_very_second(office: Office) -> None:
    number = accepted(office)

    def light_at(moment: str) -> int:
        office.clock.set(moment)
        office.hall.casework.sweep(office.clock())
        person = office.people["supervisor"]
        public = office.hall.casework.staff_view(number, person, office.clock()).public
        return next(each.light for each in public.clocks if each.kind == "promise")

    # Two working days before the promised end (2026-03-09 09:30:00), and one second over it.
    assert light_at("2026-03-04T09:30:00") == 0
    assert light_at("2026-03-04T09:30:01") == 2
    assert light_at("2026-03-09T09:30:00") == 2
    assert light_at("2026-03-09T09:30:01") == 3


def test_board_cards_desk_and_messages_speak_of_lights(office: Office) -> None:
    number = accepted(office)
    office.clock.set("2026-03-10T10:00:00")
    office.hall.casework.sweep(office.clock())
    supervisor = office.signed_in("supervisor")
    pages = [
        supervisor.get(address) for address in ("/hall/board", "/hall/cards", "/hall/cards/1", "/hall/staff/")
    ]
    pages.append(supervisor.get(f"/hall/staff/cases/{number}"))
    for page in pages:
        assert page.status_code == 200
        words = text_of(page.text)
        assert not [each for each in USUAL_WORDS if each in words], page.url
    assert "■ 红灯" in text_of(pages[0].text)
    assert "绿灯" in text_of(pages[0].text)
    told = [
        each.body
        for each in outbox.of_subject(office.hall.database, "case", 1)
        if each.template.startswith("card.")
    ]
    assert told
    assert not [body for body in told if any(each in body for each in USUAL_WORDS)]


def test_a_decided_card_is_spoken_of_by_the_rule_sets_own_word(office: Office) -> None:
    accepted(office)
    office.clock.set("2026-03-10T10:00:00")
    office.hall.casework.sweep(office.clock())
    card = office.hall.casework.revoke_card(
        1, ByStaff(office.people["supervisor"]), "停电一天", now=office.clock()
    )
    bodies = [
        each.body
        for each in outbox.of_subject(office.hall.database, "case", 1)
        if each.template == "card.decided"
    ]
    assert card.state == "revoked"
    assert any("灯已撤销" in body for body in bodies)
