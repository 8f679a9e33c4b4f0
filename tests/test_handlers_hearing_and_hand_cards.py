"""Two pages of supervision's other side: the applicant asks for a hearing, the supervisor issues a card by hand."""

from __future__ import annotations

from handlers.store import cards, cases
from tests.staff_fixtures import CASE, Office, do, fields_of, filed, staffed  # noqa: F401

NEW = "/hall/cards/by-hand"
FIELDS = {
    "subject": "case",
    "trigger": "outside_system",
    "level": "2",
    "reason": "窗口要求到别处盖章后才收件",
    "evidence": "来访记录第3号",
    "form_end": "1",
}


def test_a_supervisor_issues_a_card_by_hand_and_lands_on_it(staffed: Office) -> None:  # noqa: F811
    case = filed(staffed)
    client = staffed.signed_in("supervisor")
    page = client.get(NEW)
    assert page.status_code == 200
    csrf = fields_of(page.text, "/by-hand")["csrf"]
    lacking = client.post(NEW, data={**FIELDS, "number": case.number, "reason": "", "csrf": csrf})
    assert lacking.status_code == 422
    assert "请写明理由" in lacking.text
    assert "来访记录第3号" in lacking.text, "what was written stays"
    unknown = client.post(NEW, data={**FIELDS, "number": "QH999", "csrf": csrf})
    assert unknown.status_code == 422
    issued = client.post(NEW, data={**FIELDS, "number": case.number, "csrf": csrf})
    assert issued.status_code == 200
    assert "监察员发牌" in issued.text
    assert "来访记录第3号" in issued.text
    found = cases.by_number(staffed.hall.database, case.number)
    assert found is not None
    assert [each.by_hand for each in cards.of_subject(staffed.hall.database, "case", found.id)] == [True]
    again = client.post(NEW, data={**FIELDS, "number": case.number, "csrf": csrf})
    assert again.status_code == 409
    assert "已经发过" in again.text


def test_a_card_by_hand_is_refused_to_whom_the_county_does_not_let_decide(staffed: Office) -> None:  # noqa: F811
    client = staffed.signed_in("supervisor")
    own = staffed.signed_in("market-supervisor")
    for department in ("police", "market"):
        values = {**FIELDS, "subject": "department", "department": department, "csrf": own.headers["x-csrf"]}
        assert own.post(NEW, data=values).status_code == 403
    assert staffed.signed_in("window").get(NEW).status_code == 403
    forged = client.post(NEW, data={**FIELDS, "number": "x", "csrf": "wrong"})
    assert forged.status_code == 403


def test_hostile_values_of_a_card_by_hand_are_answered_as_mistakes(staffed: Office) -> None:  # noqa: F811
    client = staffed.signed_in("supervisor")
    csrf = fields_of(client.get(NEW).text, "/by-hand")["csrf"]
    for changes in (
        {"level": "9"},
        {"level": "x"},
        {"trigger": "' OR 1=1"},
        {"subject": "<script>"},
        {"number": "\x00"},
    ):
        answer = client.post(NEW, data={**FIELDS, "number": "1", **changes, "csrf": csrf})
        assert answer.status_code in (400, 422), changes
        assert "<script>" not in answer.text.replace("<script src", "")
