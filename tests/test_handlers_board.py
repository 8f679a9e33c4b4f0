"""The board and the cards: what needs a person first, figures without drill, deciding and revoking with reasons."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from handlers.casework.ground import Ground
from handlers.store import cards as card_store
from handlers.store.cards import CardFilter
from handlers.store.records import Card
from tests.staff_fixtures import CASE, Office, fields_of, filed, staffed, text_of

__all__ = ["staffed"]

BOARD, CARDS = "/hall/board", "/hall/cards"


def overdue(office: Office, key: str = "k1", drill: bool = False) -> str:
    """A case accepted on 2 March with five days promised, looked at ten working days later."""
    office.clock.set("2026-03-02T09:30")
    case = filed(office, key=key, drill=drill)
    office.move(case.number, "pre_review", "window")
    office.move(case.number, "accept", "window")
    office.clock.set("2026-03-16T10:00")
    office.hall.casework.sweep(office.clock())
    return case.number


def all_cards(office: Office) -> tuple[Card, ...]:
    found, _ = card_store.listed(office.hall.database, ("market",), CardFilter(), 100)
    return found


@pytest.fixture
def confirmed_first(staffed: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The same office under rules by which a person confirms every card."""
    ground = staffed.hall.site_data.ground

    def by_hand() -> Ground:
        found = ground()
        rules = {name: replace(rule, mode="confirm") for name, rule in found.card_rules.items()}
        return replace(found, card_rules=rules)

    monkeypatch.setattr(staffed.hall.casework, "ground", by_hand)
    return staffed


def figures_in(page: str) -> dict[str, int]:
    return {label: int(count) for label, count in re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page)}


def test_the_board_counts_by_light_and_leaves_the_drill_out(staffed: Office) -> None:
    overdue(staffed)
    overdue(staffed, "drill", drill=True)
    page = staffed.signed_in("supervisor").get(BOARD).text
    assert figures_in(page)["在办"] == 1
    row = re.search(r"<tr><td[^>]*><a [^>]*>青禾县市场监督管理局</a></td>(.*?)</tr>", page, re.S)
    assert row is not None
    assert re.findall(r'class="num">(\d+)<', row[1])[:1] == ["1"]


def test_what_needs_a_person_stands_first_with_a_way_to_the_case(staffed: Office) -> None:
    number = overdue(staffed)
    page = staffed.signed_in("supervisor").get(BOARD).text
    assert page.index("现在要人处理的") < page.index("各部门在办件") < page.index("用表格看")
    assert "还没有办结" in page
    assert f'href="{CASE}{number}"' in page
    assert "在办件里看" in page


def test_a_quiet_board_says_so(staffed: Office) -> None:
    words = text_of(staffed.signed_in("supervisor").get(BOARD).text)
    assert "现在没有要您处理的" in words
    assert "还没有发过牌" in text_of(staffed.signed_in("supervisor").get(CARDS).text)


def test_supervisors_see_their_own_departments_only(staffed: Office) -> None:
    overdue(staffed)
    words = staffed.signed_in("market-supervisor").get(BOARD).text
    assert "青禾县市场监督管理局" in words
    assert "青禾县公安局" not in words
    assert staffed.signed_in("admin").get(BOARD).status_code == 200


def test_cards_are_filtered_and_each_leads_to_its_case(staffed: Office) -> None:
    number = overdue(staffed)
    client = staffed.signed_in("supervisor")
    levels = sorted({each.level for each in all_cards(staffed)})
    assert levels[-1] >= 2
    for level in levels:
        page = client.get(f"{CARDS}?level={level}").text
        rows = re.findall(r'data-row-link href="/hall/cards/(\d+)"', page)
        assert len(rows) == sum(each.level == level for each in all_cards(staffed))
    page = client.get(CARDS).text
    assert page.count('<span class="sr">办件 </span>') == len(all_cards(staffed))
    assert f'href="{CASE}{number}"' in page
    assert "没有符合的牌" in client.get(CARDS + "?state=revoked").text
    assert client.get(CARDS + "?department=police").text.count('<span class="sr">办件 </span>') == 0


def test_a_card_tells_rule_reason_and_the_count_of_days(staffed: Office) -> None:
    overdue(staffed)
    card = all_cards(staffed)[0]
    words = text_of(staffed.signed_in("supervisor").get(f"{CARDS}/{card.id}").text)
    for expected in (card.why, card.rule, card.rules, "为什么是这一天", "监察系统按规则发现"):
        assert expected in words


def test_a_card_is_revoked_with_the_reason_and_stays_visible(staffed: Office) -> None:
    overdue(staffed)
    card = next(each for each in all_cards(staffed) if each.level == 2)
    client = staffed.signed_in("supervisor")
    path = f"{CARDS}/{card.id}"
    fields = fields_of(client.get(path).text, "/revoke")
    assert client.post(f"{path}/revoke", data={**fields, "reason": " "}).status_code == 422
    answer = client.post(f"{path}/revoke", data={**fields, "reason": "停电一天，有证明"})
    assert "已撤销" in answer.text
    assert "停电一天，有证明" in answer.text
    assert "supervisor示例" in answer.text
    again = client.post(f"{path}/revoke", data={**fields, "reason": "再来一次"})
    assert again.status_code == 409
    assert f"/hall/cards/{card.id}" in client.get(CARDS + "?state=revoked").text


def test_a_pending_card_is_confirmed_or_dropped_by_a_supervisor(confirmed_first: Office) -> None:
    office = confirmed_first
    overdue(office)
    pending = [each for each in all_cards(office) if each.state == "pending"]
    assert len(pending) >= 2
    client = office.signed_in("supervisor")
    assert "等您确认的牌" in client.get(BOARD).text
    # Enter in the reason presses the first button that submits: that one does nothing, so nobody confirms by accident.
    listed = client.get(CARDS + "/pending").text.split("/decide")[1].split("</form>")[0]
    assert " disabled" in re.findall(r"<button[^>]*>", listed)[0]
    first, second = pending[0], pending[1]
    fields = fields_of(client.get(f"{CARDS}/{first.id}").text, "/decide")
    nothing = client.post(f"{CARDS}/{first.id}/decide", data=fields)
    assert nothing.status_code == 422
    unfounded = client.post(f"{CARDS}/{first.id}/decide", data={**fields, "decision": "drop"})
    assert unfounded.status_code == 422
    assert "不发牌要写明理由" in unfounded.text
    client.post(f"{CARDS}/{first.id}/decide", data={**fields, "decision": "confirm"})
    client.post(f"{CARDS}/{second.id}/decide", data={**fields, "decision": "drop", "reason": "系统时间有误"})
    states = {each.id: each.state for each in all_cards(office)}
    assert (states[first.id], states[second.id]) == ("issued", "dismissed")


def test_only_supervisors_within_their_scope_decide(staffed: Office) -> None:
    overdue(staffed)
    card = all_cards(staffed)[0]
    coordinator = staffed.signed_in("coordinator")
    page = coordinator.get(f"{CARDS}/{card.id}")
    assert page.status_code == 200
    assert "/revoke" not in page.text
    data = {"csrf": coordinator.headers["x-csrf"], "reason": "想撤", "form_end": "1"}
    assert coordinator.post(f"{CARDS}/{card.id}/revoke", data=data).status_code == 403
    assert all_cards(staffed)[0].state == card.state
    for unknown in ("999999", "x", "9" * 30):
        assert staffed.signed_in("supervisor").get(f"{CARDS}/{unknown}").status_code == 404
