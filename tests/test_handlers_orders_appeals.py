"""Appeals, pending cards and the API of supervision over HTTP; anyone verifies an order's paper."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.store import appeals as appeal_store
from handlers.store import cards as card_store
from handlers.store import orders as order_store
from handlers.store.cards import CardFilter
from tests.api_fixtures import assert_problem, program
from tests.filling_fixtures import EXE, PDF
from tests.handlers_fixtures import Office
from tests.orders_fixtures import APPEALS, CARDS, ORDERS, bureau, carded, ordered, post
from tests.page_fixtures import fields_of, text_of
from tests.staff_fixtures import filed, staffed

__all__ = ["bureau", "staffed"]


def test_an_appeal_goes_its_whole_way_through_the_pages(bureau: Office) -> None:
    card, clerk = carded(bureau), bureau.signed_in("decider")
    at = f"{CARDS}/{card.id}"
    assert f"{at}/appeal" in clerk.get(at).text
    county = bureau.signed_in("supervisor")
    assert f"{at}/appeal" not in county.get(at).text
    assert "现在不能申诉" in county.get(f"{at}/appeal").text
    saved = post(
        clerk,
        f"{at}/appeal",
        f"{at}/appeal",
        {"files": ("停电.pdf", PDF, "application/pdf")},
        text="写一半",
        save="1",
    )
    assert "草稿已保存" in saved.text
    sent = post(clerk, f"{at}/appeal", f"{at}/appeal", text="当天停电", send="1")
    assert "申诉已提交" in sent.text
    assert "停电.pdf" in sent.text
    appeal = appeal_store.of_card(bureau.hall.database, card.id)
    assert appeal is not None
    here = f"{APPEALS}/{appeal.id}"
    again = (
        post(clerk, here, f"{at}/appeal", text="再来", send="1")
        if f'action="{at}/appeal"' in clerk.get(here).text
        else None
    )
    assert again is None
    back = post(county, here, f"{here}/moves/return", **{"return-text": "缺证明", "return-days": "2"})
    assert "已退回" in back.text
    assert appeal.number in clerk.get(ORDERS).text
    post(clerk, here, f"{here}/refile", text="补证明", send="1")
    empty = post(county, here, f"{here}/moves/revoke", **{"revoke-text": ""})
    assert empty.status_code == 422
    done = post(county, here, f"{here}/moves/revoke", **{"revoke-text": "查明属实"})
    assert "已撤销" in done.text
    shown = text_of(county.get(at).text)
    for expected in ("已撤销", "申诉成立", "这一项不再督办", "查明属实"):
        assert expected in shown
    assert "已撤销 1 张" in text_of(county.get(CARDS).text)
    assert bureau.signed_in("police").get(here).status_code == 404


def test_pending_cards_wait_in_a_queue_and_the_confirmer_stands_back(
    bureau: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    ground = bureau.hall.site_data.ground
    monkeypatch.setattr(
        bureau.hall.casework, "ground",
        lambda: replace(ground(), card_rules={name: replace(rule, mode="confirmed") for name, rule in ground().card_rules.items()}),
    )  # fmt: skip
    bureau.clock.set("2026-03-02T11:00")
    case = filed(bureau, key="k9")
    bureau.move(case.number, "pre_review", "window")
    bureau.move(case.number, "accept", "window")
    bureau.clock.set("2026-03-10T11:00")
    bureau.hall.casework.sweep(bureau.clock())
    county = bureau.signed_in("supervisor")
    queue = county.get(f"{CARDS}/pending").text
    found, _ = card_store.listed(bureau.hall.database, ("market",), CardFilter(level=2, state="pending"), 100)
    card = next(each for each in found if each.object == "case")
    assert f'href="{CARDS}/{card.id}"' in queue
    done = post(county, f"{CARDS}/pending", f"{CARDS}/{card.id}/decide", decision="confirm")
    assert str(done.url).partition("?")[0].endswith("/pending")
    assert order_store.of_card(bureau.hall.database, card.id) is not None
    post(
        bureau.signed_in("decider"),
        f"{CARDS}/{card.id}/appeal",
        f"{CARDS}/{card.id}/appeal",
        text="不服",
        send="1",
    )
    appeal = appeal_store.of_card(bureau.hall.database, card.id)
    assert appeal is not None
    here = f"{APPEALS}/{appeal.id}"
    assert "您要回避" in county.get(here).text
    data = {"csrf": county.headers["x-csrf"], "form_end": "1", "uphold-text": "维持"}
    assert county.post(f"{here}/moves/uphold", data=data).status_code == 403
    other = bureau.signed_in("county2")
    assert "已维持" in post(other, here, f"{here}/moves/uphold", **{"uphold-text": "维持"}).text


def test_a_late_appeal_is_refused_with_its_day_and_keeps_the_words(bureau: Office) -> None:
    card, clerk = carded(bureau), bureau.signed_in("decider")
    at = f"{CARDS}/{card.id}/appeal"
    fields = fields_of(clerk.get(at).text, f'action="{at}"')
    bureau.clock.set("2026-03-18T00:00")
    clerk = bureau.signed_in("decider")
    answer = clerk.post(at, data={**fields, "csrf": clerk.headers["x-csrf"], "text": "晚了的话", "send": "1"})
    assert answer.status_code == 409
    assert "2026年3月17日" in answer.text
    assert (
        bureau.hall.supervision.draft(f"appeal-card/{card.id}", bureau.people["decider"]).text == "晚了的话"
    )


def bearer(office: Office, login: str) -> Any:
    client = program(office)
    token = client.post("/api/v1/session", json={"login": login, "password": "Qinghe-2026-test"}).json()[
        "token"
    ]
    client.headers["authorization"] = f"Bearer {token}"
    return client


def test_the_api_does_the_same_as_the_pages(bureau: Office) -> None:
    card, order = carded(bureau), ordered(bureau)
    clerk, county = bearer(bureau, "decider"), bearer(bureau, "supervisor")
    lines = clerk.get("/api/v1/orders").json()
    assert lines["tab"] == "ours"
    assert order.id in [each["id"] for each in lines["lines"]]
    at = f"/api/v1/orders/{order.id}"
    one = clerk.get(at).json()
    assert (one["number"], one["moves"]) == (order.number, ["explain"])
    added = clerk.post(f"{at}/files", files={"file": ("证明.pdf", PDF, "application/pdf")})
    assert added.status_code == 201
    assert_problem(clerk.post(f"{at}/files", files={"file": ("x.exe", EXE, "x/y")}), 415)
    assert_problem(clerk.post(f"{at}/files", json={}), 400)
    explained = clerk.post(f"{at}/moves", json={"move": "explain", "text": "停电"}).json()
    assert [file["name"] for file in explained["replies"][0]["files"]] == ["证明.pdf"]
    assert_problem(clerk.post(f"{at}/moves", json={"move": "accept"}), 403)
    assert_problem(county.post(f"{at}/moves", json={"move": "return", "text": "x"}), 422)
    assert_problem(county.post(f"{at}/moves", json={"move": "accept", "seen": 99}), 409)
    assert county.post(f"{at}/moves", json={"move": "accept"}).json()["state"] == "accepted"
    assert_problem(county.post(f"{at}/moves", json={"move": "fly"}), 422)
    entry = {"kind": "talk", "outcome": "谈话", "decided": "2026-03-10", "person": "示例某某"}
    assert county.post(f"{at}/accountability", json=entry).json()["person"] != "示例某某"
    assert_problem(clerk.post(f"{at}/accountability", json=entry), 403)
    made = {"subject": "department", "department": "market", "text": "窗口无人"}
    first = county.post("/api/v1/orders", json=made, headers={"Idempotency-Key": "k"})
    assert first.status_code == 201
    again = county.post("/api/v1/orders", json=made, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    chase = {"subject": "order", "number": str(first.json()["id"])}
    assert county.post("/api/v1/chases", json=chase).status_code == 201
    assert_problem(county.post("/api/v1/chases", json=chase), 409)
    follow = clerk.get(f"/api/v1/cards/{card.id}").json()
    assert (follow["order"], follow["may_appeal"]) == (order.id, True)
    assert (
        clerk.post(f"/api/v1/cards/{card.id}/files", files={"file": ("证据.pdf", PDF, "x/y")}).status_code
        == 201
    )
    appeal = clerk.post(f"/api/v1/cards/{card.id}/appeals", json={"text": "停电"}).json()
    assert appeal["statements"][0]["files"][0]["name"] == "证据.pdf"
    assert_problem(clerk.post(f"/api/v1/cards/{card.id}/appeals", json={"text": "又"}), 409)
    here = f"/api/v1/appeals/{appeal['id']}"
    assert_problem(clerk.post(f"{here}/moves", json={"move": "revoke", "text": "x"}), 403)
    decided = county.post(f"{here}/moves", json={"move": "revoke", "text": "属实", "seen": appeal["version"]})
    assert decided.json()["state"] == "revoked"
    taken_off = clerk.get(at).json()
    assert card.id not in taken_off["cards"]
    assert f"第{card.id}号牌已于" in "".join(taken_off["additions"])
    stranger = bearer(bureau, "police")
    for address in (at, here, f"/api/v1/cards/{card.id}"):
        assert_problem(stranger.get(address), 404)


def test_anyone_who_holds_the_paper_may_verify_it_and_sees_nothing_of_a_person(bureau: Office) -> None:
    order, clerk = ordered(bureau), bureau.signed_in("decider")
    paper = clerk.get(f"{ORDERS}/{order.id}/document").text
    code = bureau.hall.supervision.order(order.id, bureau.people["supervisor"], bureau.clock()).check_code
    assert code in paper
    assert "扫码核对本文书" in paper
    stranger = bureau.browser()
    at = "/hall/check/order"
    scanned = stranger.get(at, params={"number": order.number, "code": code})
    assert scanned.status_code == 200
    shown = text_of(scanned.text)
    for expected in ("这是本县发出的督办通知书", order.number, "青禾县市场监督管理局", "待说明"):
        assert expected in shown
    for hidden in (order.subject_number, "超出", "张示例"):
        assert hidden not in shown
    typed = stranger.post(
        at, data={"number": order.number.replace("〔", "(").replace("〕", ")"), "code": code, "form_end": "1"}
    )
    assert "这是本县发出的督办通知书" in typed.text
    for number, tried in ((order.number, "22222222"), ("青督字〔2026〕第999号", code), (order.number, "")):
        assert stranger.post(at, data={"number": number, "code": tried, "form_end": "1"}).status_code == 422
    for _ in range(12):
        answer = stranger.post(at, data={"number": order.number, "code": "33333333", "form_end": "1"})
    assert answer.status_code == 429
