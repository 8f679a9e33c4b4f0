"""What staff write down that happened beside the hall, by page and by program: who may, what is missing, what it shows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from handlers.store import cards, case_parts, cases, events, people
from handlers.store.records import FeeDue
from handlers.typed import cents_of, moment_of
from rules.access import Role
from tests.api_fixtures import assert_problem, file_web, file_window, program
from tests.filling_fixtures import APPLICANT, post_section
from tests.handlers_fixtures import COUNTER, Office
from tests.page_fixtures import fields_of, text_of
from tests.staff_fixtures import CASE, filed, staffed  # noqa: F401

TOLD = {
    "told.told": "口头要求补交租赁合同",
    "told.given_at": "2026-03-02T09:20",
    "told.reason": "窗口断网，口头告知",
}
CHARGE = {"charge.name": "加急费", "charge.charged": "50", "charge.reason": "收据第8号"}


def _case(office: Office, number: str) -> Any:
    found = cases.by_number(office.hall.database, number)
    assert found is not None
    return found


def _triggers(office: Office, number: str) -> list[str]:
    return [each.trigger for each in cards.of_subject(office.hall.database, "case", _case(office, number).id)]


@pytest.mark.parametrize(
    ("text", "cents"),
    [("50", 5000), ("12.5", 1250), ("¥1,200.05元", 120005), ("0", 0), ("-1", None), ("1e3", None), ("", None), ("1.234", None)],
)  # fmt: skip
def test_a_sum_is_read_as_people_write_it(text: str, cents: int | None) -> None:
    assert cents_of(text) == cents


@pytest.mark.parametrize("text", ["", "昨天", "2026-02-30T10:00", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment_of(text) is None


def test_a_notice_given_outside_is_recorded_from_the_page_and_spends_the_one_notice(staffed: Office) -> None:  # noqa: F811
    case = filed(staffed)
    staffed.clock.forward(hours=3)
    client = staffed.signed_in("window")
    address = f"{CASE}{case.number}/told-outside"
    form = fields_of(client.get(CASE + case.number).text, "/told-outside")
    early = client.post(address, data=form | TOLD)
    assert early.status_code == 422, "before the application came in"
    assert "早于收件" in early.text
    assert "口头要求补交租赁合同" in early.text, "what was written stays"
    lacking = client.post(address, data=form | TOLD | {"told.reason": "", "told.given_at": "某天"})
    assert lacking.status_code == 422
    done = client.post(address, data=form | TOLD | {"told.given_at": "2026-03-02T10:30"})
    assert done.status_code == 200
    assert "系统外的补正告知已补录" in done.text
    assert "窗口断网，口头告知" in text_of(done.text)
    assert "2026年3月2日 10:30" in text_of(done.text).replace("  ", " ")
    assert _case(staffed, case.number).supplements == 1
    assert "/moves/supplement_notice" not in done.text, "a second notice is not offered"


def test_other_money_is_recorded_from_the_page_and_caught(staffed: Office) -> None:  # noqa: F811
    case = filed(staffed)
    client = staffed.signed_in("market-supervisor")
    page = client.get(CASE + case.number).text
    form = fields_of(page, "/charges")
    wrong = client.post(f"{CASE}{case.number}/charges", data=form | CHARGE | {"charge.charged": "五十"})
    assert wrong.status_code == 422
    assert "加急费" in wrong.text
    done = client.post(f"{CASE}{case.number}/charges", data=form | CHARGE)
    assert done.status_code == 200
    assert "实收¥50" in text_of(done.text)
    assert "fee_over_standard" in _triggers(staffed, case.number)
    assert client.post(f"{CASE}{case.number}/charges", data=CHARGE | {"form_end": "1"}).status_code == 403, (
        "no token"
    )


def test_a_paid_fee_asks_what_was_taken_and_holds_it_against_the_standard(staffed: Office) -> None:  # noqa: F811
    case = filed(staffed)

    def priced(tx: Any) -> None:
        due = FeeDue(0, "工本费", "每证 10 元", "某文件", 1000, None, "")
        case_parts.insert_fees(tx, _case(staffed, case.number).id, (due,))

    staffed.hall.database.write(priced)
    client = staffed.signed_in("window")
    address = f"{CASE}{case.number}/fees/0"
    form = fields_of(client.get(CASE + case.number).text, "/fees/0")
    assert form["fee.0.charged"] == ["10.00"]
    lacking = client.post(address, data=form | {"fee.0.how": "paid", "fee.0.charged": "十元"})
    assert lacking.status_code == 422
    assert 'value="十元"' in lacking.text
    done = client.post(address, data=form | {"fee.0.how": "paid", "fee.0.charged": "10.01"})
    assert done.status_code == 200
    assert "实收¥10.01" in text_of(done.text)
    assert "fee_over_standard" in _triggers(staffed, case.number)


def test_only_whom_the_county_lets_records_and_only_in_reach(staffed: Office) -> None:  # noqa: F811
    case = filed(staffed)
    for login in ("reviewer", "decider", "publisher"):
        client = staffed.signed_in(login)
        assert client.post(f"{CASE}{case.number}/charges", data=CHARGE).status_code == 403
        machine = program(staffed, login)
        assert machine.post(f"/api/v1/desk/cases/{case.number}/charges", json={}).status_code == 403
    assert "/charges" not in staffed.signed_in("decider").get(CASE + case.number).text
    other = staffed.signed_in("police-window")
    values = {**CHARGE, "csrf": other.headers["x-csrf"], "form_end": "1"}
    assert other.post(f"{CASE}{case.number}/charges", data=values).status_code == 404
    assert _triggers(staffed, case.number) == []


def test_a_program_records_the_same_and_is_told_each_fault(staffed: Office) -> None:  # noqa: F811
    case = filed(staffed)
    staffed.clock.forward(days=1)
    machine = program(staffed, "window")
    here = f"/api/v1/desk/cases/{case.number}"
    given = {"told": "口头要求补合同", "given_at": "2026-03-02T11:00:00+08:00", "reason": "断网"}
    assert machine.post(here + "/told-outside", json=given).json() == {"supplements": 1}
    again = machine.post(here + "/told-outside", json=given)
    assert again.json() == {"supplements": 2}
    assert "second_supplement" in _triggers(staffed, case.number)
    for odd in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2027-01-01T00:00:00+08:00"):
        assert_problem(machine.post(here + "/told-outside", json=given | {"given_at": odd}), 422)
    charge = {"name": "加急费", "charged": 5000, "reason": "收据第8号"}
    assert machine.post(here + "/charges", json=charge).status_code == 204
    assert_problem(machine.post(here + "/charges", json=charge | {"charged": 0}), 422)
    assert list(machine.get(here).json()["charged"].values()) == [5000]


def _at_window(client: Any) -> tuple[str, dict[str, list[str]]]:
    """A walk-in's application filled in to its last page: its address and that page's form."""
    data = {"csrf": client.headers["x-csrf"], "unit": "window-market", "form_end": "1"}
    page = client.post(f"/hall/apply/{COUNTER}/window", data=data)
    draft = str(page.url.path).rsplit("/", 1)[0]
    post_section(client, draft, "applicant", APPLICANT)
    post_section(client, draft, "agent", {"by_agent": "no"})
    post_section(client, draft, "delivery", {"delivery": "window"})
    return draft, fields_of(client.get(f"{draft}/check").text, "/check")


def test_a_case_entered_after_it_was_decided_elsewhere_is_caught_and_shown(staffed: Office) -> None:  # noqa: F811
    client = staffed.signed_in("window")
    draft, form = _at_window(client)
    outside = {
        "truth": "yes",
        "received_outside": "2026-02-27T09:00",
        "decided_outside": "2026-02-27T16:00",
        "source_system": "某业务系统",
        "source_id": "A1",
    }
    for name, odd, told in (
        ("decided_outside", "2026-02-26T09:00", "早于收件"),
        ("received_outside", "2026-03-03T09:00", "晚于现在"),
        ("received_outside", "", "什么时候收件"),
        ("source_system", "", "哪个系统"),
        ("received_outside", "上周", "日期和时间"),
    ):
        refused = client.post(f"{draft}/check", data=form | outside | {name: odd})
        assert refused.status_code == 422, (name, odd)
        assert told in refused.text
        assert 'value="A1"' in refused.text, "what was written stays"
    receipt = client.post(f"{draft}/check", data=form | outside)
    assert receipt.status_code == 200
    number = str(receipt.url.path).rsplit("/", 1)[1]
    case = _case(staffed, number)
    assert (case.source_system, case.source_id) == ("某业务系统", "A1")
    assert "outside_system" in _triggers(staffed, number)
    assert "系统外决定" in staffed.signed_in("supervisor").get(CASE + number).text
    filing = events.first_of(staffed.hall.database, "case", case.id, "file")
    assert filing is not None
    assert filing.payload is not None
    assert str(filing.payload["received_outside"]).startswith("2026-02-27T09:00")


def test_a_program_says_that_a_case_began_outside_only_for_staff_at_a_window(staffed: Office) -> None:  # noqa: F811
    outside = {"received_outside": "2026-02-02T09:00:00+08:00", "source_system": "某业务系统"}
    assert_problem(file_web(program(staffed), **outside), 403)
    clerk = program(staffed, "window")
    assert_problem(file_web(clerk, key="k2", **outside), 403)
    for odd in ("0001-01-01T00:00:00+14:00", "2010-01-01T00:00:00+08:00", "2026-12-01T00:00:00+08:00"):
        answer = file_window(clerk, "k3", **{**outside, "received_outside": odd})
        assert_problem(answer, 422)
    made = file_window(clerk, "k4", **outside)
    assert made.status_code == 201, made.text
    assert "outside_system" in _triggers(staffed, made.json()["number"])


WRITTEN = (
    ("/materials/plan", {"material.plan.note": "少<b>一页"}, "少&lt;b&gt;一页"),
    ("/fees/0", {"fee.0.how": "waived", "fee.0.waived": "低保户，凭证一份"}, "低保户，凭证一份"),
    ("/certificate", {"certificate.number": "局证〔2026〕9号"}, "局证〔2026〕9号"),
    ("/told-outside", TOLD, "口头要求补交租赁合同"),
    ("/charges", CHARGE, "收据第8号"),
)


@pytest.fixture
def reaching_all(staffed: Office) -> tuple[Any, Any]:  # noqa: F811
    """A clerk of another department who may do whatever a form of the case's page does, only not with this case."""

    def add(tx: Any) -> None:
        for role in (Role.DEPARTMENT_SUPERVISOR, Role.DECIDER):
            people.assign(tx, staffed.people["police-window"], role, "police", date(2025, 1, 1))

    staffed.hall.database.write(add)
    client = staffed.signed_in("police-window")
    return client, {"csrf": client.headers["x-csrf"], "form_end": "1"}


def test_what_was_written_beside_a_case_that_was_handed_on_is_given_back(
    staffed: Office,  # noqa: F811
    reaching_all: tuple[Any, Any],
) -> None:
    case = filed(staffed)
    client, token = reaching_all
    for action, typed, shown in WRITTEN:
        for number in (case.number, "QH202603020000999"):
            for more in ({}, {"restore": "1"}):
                late = client.post(f"{CASE}{number}{action}", data=token | typed | more)
                assert late.status_code == 404, action
                assert shown in late.text, (action, more)
                assert "没有执行" in late.text
                assert "张" not in late.text
        assert client.post(f"{CASE}{case.number}{action}", data=token).status_code == 404


def test_what_was_written_beside_a_case_that_ended_meanwhile_is_given_back_on_its_page(
    staffed: Office,  # noqa: F811
) -> None:
    case = filed(staffed)
    due = FeeDue(0, "工本费", "每证 10 元", "某文件", 1000, None, "")
    staffed.hall.database.write(lambda tx: case_parts.insert_fees(tx, _case(staffed, case.number).id, (due,)))
    client = staffed.signed_in("window")
    token = {"csrf": client.headers["x-csrf"], "form_end": "1"}
    page = client.get(CASE + case.number).text
    assert client.post(
        f"{CASE}{case.number}/fees/0", data=fields_of(page, "/fees/0") | token | {"fee.0.how": "paid"}
    ).is_success
    staffed.move(case.number, "void", "decider", reason="重复申请", basis="某规定")
    staffed.clock.forward(minutes=1)
    told = ("办件已经结束", "或者已经缴清", "才能出证", "结束")
    for (action, typed, shown), why in zip(WRITTEN[:4], told, strict=True):
        who = staffed.signed_in("decider") if action == "/certificate" else client
        late = who.post(
            f"{CASE}{case.number}{action}", data=typed | {"csrf": who.headers["x-csrf"], "form_end": "1"}
        )
        assert late.status_code == 409, (action, late.status_code)
        assert why in late.text, action
        assert shown in late.text, action
        assert "下面是这个办件现在的状态" in late.text


def test_what_is_too_long_is_told_at_its_field_and_stays(staffed: Office) -> None:  # noqa: F811
    case = filed(staffed)
    client = staffed.signed_in("window")
    token = {"csrf": client.headers["x-csrf"], "form_end": "1"}
    note = "备" * 501
    long = client.post(f"{CASE}{case.number}/materials/plan", data=token | {"material.plan.note": note})
    assert long.status_code == 422
    assert "最多写 500 个字，现在是 501 个字" in long.text
    assert note in long.text
