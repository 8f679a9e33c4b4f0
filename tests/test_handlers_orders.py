"""Orders over HTTP: their whole way through the pages, words and files kept, who may what, the paper."""

from __future__ import annotations

import io

from docx import Document

from handlers.store import orders as order_store
from handlers.store.people import assign
from rules.access import Role
from tests.filling_fixtures import EXE, PDF
from tests.handlers_fixtures import Office
from tests.orders_fixtures import ORDERS, bureau, ordered, post
from tests.page_fixtures import fields_of, text_of
from tests.staff_fixtures import staffed

__all__ = ["bureau", "staffed"]


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


def test_a_reminder_that_one_may_not_send_or_sent_today_comes_back_with_its_words(bureau: Office) -> None:
    order = ordered(bureau)
    # Supervises another department, and answers for this one: may read the order and not remind of it.
    bureau.hall.database.write(
        lambda tx: assign(
            tx, bureau.people["decider"], Role.DEPARTMENT_SUPERVISOR, "police", bureau.clock().date()
        )
    )
    for who, before, status in (("decider", 0, 403), ("supervisor", 1, 409)):
        client = bureau.signed_in(who)
        data = {"csrf": client.headers["x-csrf"], "chase-words": f"{who}写的话", "form_end": "1"}
        for _ in range(before):
            client.post(f"{ORDERS}/{order.id}/chase", data=data)
        refused = client.post(f"{ORDERS}/{order.id}/chase", data=data)
        assert refused.status_code == status
        assert order.number in refused.text
        assert f"<li>{who}写的话</li>" in refused.text


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
