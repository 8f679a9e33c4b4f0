"""Scores on their pages and in the API: the workflow, entries, persons, what is kept back from whom."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from handlers.store import people
from handlers.store.moments import stamp
from handlers.store.writer import Transaction
from rules.access import Role
from rules.errors import Forbidden, NotFound
from rules.permissions import Capability, Permissions, Reach
from rules.score_ledger import digest
from tests.handlers_fixtures import Office
from tests.page_fixtures import fields_of, text_of
from tests.scored_fixtures import MARCH, lines_of, of_kind, proposed, scored
from tests.staff_fixtures import staffed

__all__ = ["scored", "staffed"]


def test_the_workflow_goes_through_its_pages(scored: Office) -> None:
    county, two = scored.signed_in("supervisor"), _client(scored, "supervisor-two")
    page = county.get("/hall/scores").text
    form = fields_of(page, "/hall/scores/compute")
    assert form["period"] == [MARCH]
    page = county.post("/hall/scores/compute", data=form)
    assert "已经算好，是草稿" in page.text
    address = str(page.url.path)
    page = county.post(f"{address}/propose", data=fields_of(page.text, "/propose"))
    assert "征求意见" in text_of(page.text)
    own = scored.signed_in("market-supervisor")
    shown = own.get(f"/hall/scores/{MARCH}/market").text
    assert "提出申诉" in shown
    assert own.get(f"/hall/scores/{MARCH}/police").status_code == 404
    assert own.get(address).status_code in (403, 404)
    scored.clock.set("2026-04-20T09:00")
    two = _client(scored, "supervisor-two")
    page = two.post(f"{address}/publish", data=fields_of(two.get(address).text, "/publish"))
    assert "已经公布" in text_of(page.text)
    assert (
        two.post(f"{address}/publish", data={"csrf": two.headers["x-csrf"], "form_end": "1"}).status_code
        == 409
    )


def test_a_department_appeals_on_its_page(scored: Office) -> None:
    proposed(scored)
    own = scored.signed_in("market-supervisor")
    address = f"/hall/scores/{MARCH}/market/appeal"
    form = fields_of(own.get(address).text, "/appeal")
    answer = own.post(address, data={**form, "text": "", "send": "1"})
    assert answer.status_code == 422
    answer = own.post(address, data={**form, "text": "停电两天，黄牌不应当发。", "send": "1"})
    assert "申诉已提交" in answer.text
    assert scored.hall.database.value("SELECT score_period FROM appeal") == MARCH
    assert own.get(address).status_code == 409


@pytest.mark.parametrize("send", [{"send": "1"}, {"restore": "1"}, {}])
def test_an_appeal_that_comes_after_the_window_closed_is_given_back(
    scored: Office, send: dict[str, str]
) -> None:
    proposed(scored)
    own = scored.signed_in("market-supervisor")
    address = f"/hall/scores/{MARCH}/market/appeal"
    form = {**fields_of(own.get(address).text, "/appeal"), "text": "停电两天，黄牌不应当发。"}
    first = own.post(address, data={**form, "text": "已经写了一份", "send": "1"})
    assert "申诉已提交" in first.text
    answer = own.post(address, data={**form, **send})
    assert answer.status_code == 409
    assert "停电两天，黄牌不应当发。" in answer.text
    assert "已经过了申诉期，或者已经申诉过" in answer.text
    assert "转给了别的单位" not in answer.text
    assert own.post(address, data={**form, "csrf": "x"}).status_code == 403
    assert scored.hall.database.value("SELECT count(*) FROM appeal") == 1


def test_entries_are_made_and_taken_back_on_their_page(scored: Office) -> None:
    county = scored.signed_in("supervisor")
    address = "/hall/scores/entries"
    form = fields_of(county.get(address).text.split('id="h-enter"')[1], "/entries")
    bad = county.post(address, data={**form, "kind": "case_lost", "basis": ""})
    assert bad.status_code == 422
    assert "请写明依据" in bad.text
    sent = {
        **form,
        "kind": "case_lost",
        "department": "market",
        "happened": "2026-03-20",
        "basis": "判决书<b>",
    }
    good = county.post(address, data=sent)
    assert "已登记" in good.text
    assert "判决书&lt;b&gt;" in good.text
    action = re.search(r'action="(/hall/scores/entries/\d+/withdraw)"', good.text)
    assert action
    back = county.post(action[1], data={**fields_of(good.text, "/withdraw"), "reason": "登记错了"})
    assert "已撤回" in back.text
    assert scored.signed_in("market-supervisor").get(address).status_code == 403


def test_a_register_that_is_not_marked_says_so_beside_its_own_field_and_keeps_what_was_typed(
    scored: Office,
) -> None:
    county = scored.signed_in("supervisor")
    address = "/hall/scores/entries"
    registers, _, enter = county.get(address).text.partition('id="h-enter"')
    form = fields_of(registers.split('id="h-registers"')[1], "/entries")
    own = f"basis-{form['head'][0]}"
    bad = county.post(address, data={**form, "basis": "核"})
    assert bad.status_code == 422
    assert f'href="#f-{own}"' in bad.text
    registers, _, enter = bad.text.partition('id="h-enter"')
    assert f'id="e-{own}"' in registers
    assert re.search(f'id="f-{own}"[^>]*value="核"[^>]*aria-describedby="e-{own}"', registers)
    assert "has-error" not in enter
    assert ">核<" not in enter


def test_the_api_gives_published_editions_byte_for_byte_and_no_others(scored: Office) -> None:
    visitor = scored.browser()
    visitor.headers["accept"] = "application/json"
    proposed(scored)
    assert visitor.get("/api/v1/scores").json() == {"editions": []}
    assert visitor.get(f"/api/v1/scores/{MARCH}").status_code == 404
    scored.clock.set("2026-04-20T09:00")
    edition = scored.hall.scores.editions()[0]
    done = scored.hall.scores.publish(edition.id, scored.people["supervisor-two"], now=scored.clock())
    assert visitor.get("/api/v1/scores").json()["editions"][0]["ledger"] == done.ledger_hash
    assert visitor.get(f"/api/v1/scores/{MARCH}").content == scored.hall.scores.text(done.ranking_hash)
    assert digest(visitor.get(f"/api/v1/scores/{MARCH}/ledger").content) == done.ledger_hash
    assert digest(visitor.get(f"/api/v1/scores/{MARCH}/scheme?edition=1").content) == done.scheme_hash
    assert visitor.get(f"/api/v1/scores/{MARCH}/csv").content.startswith(b"\xef\xbb\xbf")
    for wrong, status in (
        ("2026-13", 422), (f"{MARCH}?edition=2", 404), (f"{MARCH}?edition=x", 422), (f"{MARCH}/nothing", 404),
    ):  # fmt: skip
        assert visitor.get(f"/api/v1/scores/{wrong}").status_code == status, wrong


def test_a_text_that_was_tampered_with_in_the_database_is_not_published(scored: Office) -> None:
    made = proposed(scored)
    scored.clock.set("2026-04-20T09:00")
    scored.hall.database.write(
        lambda tx: tx.execute("UPDATE score_text SET data = x'00' WHERE hash = ?", (made.ledger_hash,))
    )
    with pytest.raises(NotFound, match="改动"):
        scored.hall.scores.publish(made.id, scored.people["supervisor-two"], now=scored.clock())
    assert scored.hall.scores.editions()[0].state == "proposed"


def test_letters_and_orders_count_in_the_month_they_were_due(scored: Office) -> None:
    def plant(tx: Transaction) -> None:
        for number, due, answered, topic, confirmed in (
            ("L1", "2026-03-31T23:59:59+08:00", "2026-03-31T23:59:59+08:00", "", None),
            ("L2", "2026-03-31T23:59:59+08:00", "2026-04-01T00:00:00+08:00", "", None),
            ("L3", "2026-04-01T23:59:59+08:00", None, "", None),
            ("L4", "2026-03-05T23:59:59+08:00", None, "", None),
            ("L5", "2026-03-05T23:59:59+08:00", "2026-03-04T10:00:00+08:00", "conduct", 1),
            ("L6", "2026-03-05T23:59:59+08:00", "2026-03-04T10:00:00+08:00", "conduct", 0),
        ):
            tx.execute(
                "INSERT INTO letter (number, query_hash, kind, department, title, writer_masked, state, received, due, "
                "answered, topic, confirmed) VALUES (?, x'00', 'complaint', 'market', 't', 'm', 'closed', ?, ?, ?, ?, ?)",
                (number, stamp(scored.clock()), due, answered, topic, confirmed),
            )
        for number, due, explained, late in (
            ("O1", "2026-03-20T23:59:59+08:00", "2026-03-20T10:00:00+08:00", 0),
            ("O2", "2026-03-20T23:59:59+08:00", "2026-03-21T10:00:00+08:00", 1),
            ("O3", "2026-03-20T23:59:59+08:00", None, 0),
            ("O4", "2026-04-09T23:59:59+08:00", None, 0),
        ):
            tx.execute(
                "INSERT INTO supervision_order (number, subject, subject_id, subject_number, department, unit, issuer_unit, "
                "text, demand, document, issued, issued_by, explain_due, state, explained_at, late) "
                "VALUES (?, 'department', 0, '', 'market', 'market', 'county', 't', 'd', '{}', ?, 'p-1', ?, 'issued', ?, ?)",
                (number, stamp(scored.clock()), due, explained, late),
            )

    before = {kind: len(of_kind(lines_of(scored), kind)) for kind in ("order", "reply", "conduct")}
    scored.hall.database.write(plant)
    lines = lines_of(scored)
    assert sorted(each.result for each in of_kind(lines, "reply")) == ["late", "late", "on_time"]
    assert len(of_kind(lines, "conduct")) == before["conduct"] + 1
    planted = sorted(each.result for each in of_kind(lines, "order"))
    assert len(planted) == before["order"] + 3
    assert {"answered", "late", "unanswered"} <= set(planted)


def _client(office: Office, login: str) -> Any:
    from tests.staff_fixtures import quick_hash

    hashed = quick_hash()[1]
    office.hall.database.write(
        lambda tx: people.set_password(tx, office.people[login], hashed, office.clock(), must_change=False)
    )
    return office.signed_in(login)


def test_supervisors_see_persons_by_name_and_every_look_is_written_down(scored: Office) -> None:
    address = f"/hall/scores/{MARCH}/market/persons"

    def looks() -> list[tuple[Any, ...]]:
        rows = scored.hall.database.rows(
            "SELECT person, role, subject_number, found FROM access_log WHERE what = 'scores' ORDER BY id"
        )
        return [tuple(row) for row in rows]

    for login, role in (("market-supervisor", "department_supervisor"), ("supervisor", "county_supervisor")):
        desk = scored.signed_in(login)
        assert address in desk.get(f"/hall/scores/{MARCH}/market").text
        shown = desk.get(address)
        assert shown.status_code == 200
        names = scored.hall.scores.persons_view(
            MARCH, "market", scored.people[login], now=scored.clock()
        ).rows
        assert names
        assert all(name in shown.text for name, _ in names)
        assert looks()[-1] == (scored.people[login], role, "market", len(names))
    before = looks()
    assert (
        scored.signed_in("market-supervisor").get(f"/hall/scores/{MARCH}/health/persons").status_code == 404
    )
    for login in ("decider",):
        desk = scored.signed_in(login)
        assert desk.get(address).status_code == 404
        assert address not in desk.get(f"/hall/scores/{MARCH}/market").text
    assert scored.signed_in("supervisor").get("/hall/scores/2026Q1/market/persons").status_code in (404, 409)
    assert looks() == before


def test_nobody_sees_scores_whose_role_the_county_does_not_grant_them(
    scored: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = scored.hall.scores.ground()
    granted = {**ground.permissions.grants, Capability.SCORES_SEE: {Role.COUNTY_SUPERVISOR: Reach.COUNTY}}
    narrow = replace(ground, permissions=Permissions(granted))
    monkeypatch.setattr(scored.hall.scores, "ground", lambda: narrow)
    with pytest.raises(Forbidden):
        scored.hall.scores.reach(scored.people["market-supervisor"], scored.clock())
    assert scored.hall.scores.reach(scored.people["supervisor"], scored.clock()).county
