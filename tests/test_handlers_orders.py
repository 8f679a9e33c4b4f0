"""Orders and appeals over HTTP: pages and API, what each role is offered, drafts kept, hostile input, documents."""

from __future__ import annotations

import io
from typing import Any

import pytest
from docx import Document

from handlers.store import appeals as appeal_store
from handlers.store import cards as card_store
from handlers.store import orders as order_store
from handlers.store.cards import CardFilter
from handlers.store.orders import Order
from handlers.store.people import add, assign
from handlers.store.records import Card
from rules.access import Role
from tests.handlers_fixtures import EXE, PDF
from tests.staff_fixtures import Office, fields_of, filed, quick_hash, staffed, text_of
from tests.test_handlers_api import assert_problem, program

__all__ = ["staffed"]

ORDERS, CARDS, APPEALS = "/hall/orders", "/hall/cards", "/hall/appeals"


@pytest.fixture
def bureau(staffed: Office) -> Office:
    """A case carded on Tuesday 10 March (five days promised from 2 March), and a second county supervisor."""
    office = staffed

    def more(tx: Any) -> None:
        office.people["county2"] = add(tx, "county2", "county2示例", quick_hash()[1], office.clock())
        assign(tx, office.people["county2"], Role.COUNTY_SUPERVISOR, "county", office.clock().date())

    office.hall.database.write(more)
    case = filed(office)
    office.move(case.number, "pre_review", "window")
    office.move(case.number, "accept", "window")
    office.clock.set("2026-03-10T10:00")
    office.hall.casework.sweep(office.clock())
    return office


def carded(office: Office) -> Card:
    found, _ = card_store.listed(office.hall.database, ("market",), CardFilter(level=2, state="issued"), 100)
    return next(each for each in found if each.object == "case")


def ordered(office: Office) -> Order:
    found = order_store.of_card(office.hall.database, carded(office).id)
    assert found is not None
    return found


def post(client: Any, at: str, action: str, files: Any = None, **values: str) -> Any:
    """Posts a form of a page with what is typed into it, as a browser would."""
    fields: dict[str, Any] = {**fields_of(client.get(at).text, f'action="{action}"'), **values}
    return client.post(action, data=fields, files=files)


def test_an_order_goes_its_whole_way_through_the_pages(bureau: Office) -> None:
    order, clerk, county = ordered(bureau), bureau.signed_in("decider"), bureau.signed_in("supervisor")
    at = f"{ORDERS}/{order.id}"
    listed = text_of(clerk.get(ORDERS).text)
    assert "等本部门办" in listed
    assert order.number in listed
    page = clerk.get(at).text
    assert "提交情况说明" in page
    assert "/moves/accept" not in page
    assert "为什么是这一天" in page
    sent = post(
        clerk,
        at,
        f"{at}/reply",
        {"files": ("证明.pdf", PDF, "application/pdf")},
        text="窗口停电半天",
        send="1",
    )
    assert "提交情况说明：已完成" in text_of(sent.text)
    assert "证明.pdf" in sent.text
    assert order.number in county.get(ORDERS + "?tab=decide").text
    post(county, at, f"{at}/moves/return", **{"return-text": "没有附停电证明", "return-days": "2"})
    assert "没有附停电证明" in clerk.get(at).text
    post(clerk, at, f"{at}/reply", text="补停电证明", send="1")
    post(county, at, f"{at}/moves/accept")
    post(county, at, f"{at}/moves/demand", **{"demand-text": "配备应急电源", "demand-days": "3"})
    post(clerk, at, f"{at}/reply", text="已配备", send="1")
    done = post(county, at, f"{at}/moves/close", **{"close-text": "整改到位"})
    assert "已办结" in text_of(done.text)
    assert order.number in county.get(ORDERS + "?tab=done").text


def test_words_and_files_survive_every_refusal(bureau: Office) -> None:
    order, clerk = ordered(bureau), bureau.signed_in("coordinator")
    at = f"{ORDERS}/{order.id}"
    refused = post(
        clerk, at, f"{at}/reply", {"files": ("x.exe", EXE, "application/pdf")}, text="写了很久的话", send="1"
    )
    assert refused.status_code == 422
    assert "写了很久的话" in refused.text
    assert "x.exe" in text_of(refused.text)
    fake = post(
        clerk, at, f"{at}/reply", {"files": ("x.pdf", EXE, "application/pdf")}, text="写了很久的话", send="1"
    )
    assert fake.status_code == 422
    empty = post(
        clerk, at, f"{at}/reply", {"files": ("证明.pdf", PDF, "application/pdf")}, text=" ", send="1"
    )
    assert empty.status_code == 422
    assert "请填写情况说明" in empty.text
    assert "证明.pdf" in empty.text
    long = post(clerk, at, f"{at}/reply", text="长" * 5001, send="1")
    assert long.status_code == 422
    assert "最多写 5000" in long.text
    saved = post(clerk, at, f"{at}/reply", text="草稿的话", save="1")
    assert "草稿已保存" in saved.text
    page = clerk.get(at).text
    assert "草稿的话" in page
    assert "证明.pdf" in page
    assert "草稿的话" not in bureau.signed_in("decider").get(at).text
    assert order_store.replies(bureau.hall.database, order.id) == ()


def test_who_may_what_over_http(bureau: Office) -> None:
    order = ordered(bureau)
    at = f"{ORDERS}/{order.id}"
    for login, status in (
        ("window", 403), ("reviewer", 403), ("publisher", 403), ("police", 404), ("decider", 200),
        ("market-supervisor", 200), ("supervisor", 200), ("admin", 200),
    ):  # fmt: skip
        assert bureau.signed_in(login).get(at).status_code == status, login
    clerk = bureau.signed_in("decider")
    data = {"csrf": clerk.headers["x-csrf"], "form_end": "1", "cancel-text": "不想要"}
    assert clerk.post(f"{at}/moves/cancel", data=data).status_code == 403
    own = bureau.signed_in("market-supervisor")
    data = {"csrf": own.headers["x-csrf"], "form_end": "1", "cancel-text": "不想要"}
    assert own.post(f"{at}/moves/cancel", data=data).status_code == 403
    assert own.post(f"{at}/moves/cancel", data={**data, "csrf": "x"}).status_code == 403
    county = bureau.signed_in("supervisor")
    data["csrf"] = county.headers["x-csrf"]
    assert county.post(f"{at}/moves/nonsense", data=data).status_code == 404
    assert county.post(f"{at}/moves/close", data={**data, "close-text": "x"}).status_code == 409
    for unknown in ("999999", "x", "9" * 30, "-1"):
        assert county.get(f"{ORDERS}/{unknown}").status_code == 404
    assert order_store.by_id(bureau.hall.database, order.id) == order


def test_an_old_page_is_told_and_nothing_happens(bureau: Office) -> None:
    order, clerk, county = ordered(bureau), bureau.signed_in("decider"), bureau.signed_in("supervisor")
    at = f"{ORDERS}/{order.id}"
    post(clerk, at, f"{at}/reply", text="情况", send="1")
    old = fields_of(county.get(at).text, f'action="{at}/moves/demand"')
    post(bureau.signed_in("county2"), at, f"{at}/moves/accept")
    answer = county.post(f"{at}/moves/demand", data={**old, "demand-text": "改", "demand-days": "3"})
    assert answer.status_code == 409
    assert "有了变化" in answer.text


def test_the_document_prints_and_opens_as_word(bureau: Office) -> None:
    order, client = ordered(bureau), bureau.signed_in("decider")
    page = text_of(client.get(f"{ORDERS}/{order.id}/document").text)
    answer = client.get(f"{ORDERS}/{order.id}/document.docx")
    words = "\n".join(
        [*(each.text for each in Document(io.BytesIO(answer.content)).paragraphs),
         *(cell.text for table in Document(io.BytesIO(answer.content)).tables for row in table.rows for cell in row.cells)]
    )  # fmt: skip
    for expected in (
        "督办通知书",
        order.number,
        "青禾县市场监督管理局",
        "（盖章处）",
        "2026年3月17日",
        "特此通知",
    ):
        assert expected in page
        assert expected in words
    assert bureau.signed_in("police").get(f"{ORDERS}/{order.id}/document.docx").status_code == 404


def test_an_order_by_hand_is_issued_once_and_shown_as_words(bureau: Office) -> None:
    county = bureau.signed_in("supervisor")
    nasty = "<script>alert(1)</script>\u202e窗口无人"
    fields = fields_of(county.get(f"{ORDERS}/new?department=market").text, 'action="/hall/orders/new"')
    data = {**fields, "subject": "department", "department": "market", "text": nasty}
    first = county.post(f"{ORDERS}/new", data=data)
    assert county.post(f"{ORDERS}/new", data=data).url == first.url
    assert "<script>alert" not in first.text
    assert "&lt;script&gt;" in first.text
    case = ordered(bureau).subject_number
    about = county.post(
        f"{ORDERS}/new", data={**fields, "key": "k2", "subject": "case", "number": case, "text": "拖延"}
    )
    assert "督办" in about.text
    for wrong in (
        {"subject": "case", "number": "QH0"},
        {"subject": "x"},
        {"subject": "department", "department": "nowhere"},
    ):
        refused = county.post(f"{ORDERS}/new", data={**fields, "text": "留着的话", "key": "k3", **wrong})
        assert refused.status_code == 422
        assert "留着的话" in refused.text


def test_chasing_and_accountability_on_the_page(bureau: Office) -> None:
    order, county = ordered(bureau), bureau.signed_in("supervisor")
    at = f"{ORDERS}/{order.id}"
    done = post(county, at, f"{at}/chase", **{"chase-words": "请尽快"})
    assert "已催办" in done.text
    assert f'action="{at}/chase"' not in county.get(at).text
    data = {"csrf": county.headers["x-csrf"], "form_end": "1"}
    assert county.post(f"{at}/chase", data=data).status_code == 409
    bad = post(
        county, at, f"{at}/accountability", **{"account-outcome": "谈话", "account-decided": "2026-13-45"}
    )
    assert bad.status_code == 422
    assert "谈话" in bad.text
    values = {
        "account-kind": "talk",
        "account-person": "示例某某",
        "account-outcome": "谈话提醒一次",
        "account-decided": "2026-03-10",
    }
    page = post(county, at, f"{at}/accountability", **values)
    assert "责任追究已登记" in page.text
    assert "示例某某" not in page.text
    assert "示例某某" in county.get(at + "?show=personal").text
    looks = bureau.hall.database.rows("SELECT what FROM access_log WHERE subject = 'order'")
    assert [row["what"] for row in looks] == ["accountability"]
    assert "登记责任追究" not in bureau.signed_in("market-supervisor").get(at).text.partition("经过")[0]


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
    assert again.json()["id"] == first.json()["id"]
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
