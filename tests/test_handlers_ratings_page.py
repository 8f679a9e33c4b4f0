"""The pages of bad ratings: list, one of them, its forms, and what case, progress and rating pages say of it."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.casework.requests import Filed
from handlers.store import followups, outbox
from tests.api_fixtures import program
from tests.handlers_fixtures import Office
from tests.orders_fixtures import post
from tests.page_fixtures import fields_of, text_of
from tests.staff_fixtures import filed, staffed
from tests.test_handlers_staff_resume import put_back

__all__ = ["staffed"]

RATINGS = "/hall/staff/ratings"
WORDS = "排队两小时没有人理"


@pytest.fixture
def rated(staffed: Office) -> tuple[Office, Filed]:
    """Granted on Monday 2 March 2026 and rated badly; the coordinator had no hand in it."""
    case = filed(staffed)
    for move, who in (
        ("pre_review", "window"),
        ("accept", "window"),
        ("complete_step", "reviewer"),
        ("grant", "decider"),
    ):
        staffed.move(case.number, move, who, opinion="同意")
    client = staffed.browser()
    client.post("/hall/track", data={"number": case.number, "code": case.query_code, "form_end": "1"})
    fields = fields_of(client.get(f"/hall/rate/{case.number}").text, 'action="/hall/rate/')
    client.post(f"/hall/rate/{case.number}", data={**fields, "score": "5", "words": WORDS})
    return staffed, case


def record(client: Any, case: Filed, name: str, **values: str) -> Any:
    at = f"{RATINGS}/{case.number}"
    given = {f"{name}-{each}": value for each, value in values.items()}
    return post(client, at, f"{at}/moves/{name}", **given)


def test_the_list_names_what_waits_and_shows_none_of_the_words(rated: tuple[Office, Filed]) -> None:
    office, case = rated
    page = text_of(office.signed_in("coordinator").get(RATINGS).text)
    assert case.number in page
    assert "非常不满意" in page
    assert "待联系" in page
    assert WORDS not in page
    for tab in ("late", "done", "nonsense"):
        assert office.signed_in("coordinator").get(f"{RATINGS}?tab={tab}").status_code == 200


def test_from_contact_to_revisit_by_the_forms_of_the_page(rated: tuple[Office, Filed]) -> None:
    office, case = rated
    assert WORDS in office.signed_in("coordinator").get(f"{RATINGS}/{case.number}").text
    office.clock.set("2026-03-03T10:00")
    client = office.signed_in("coordinator")
    answer = record(client, case, "contact", way="phone", text="窗口午间无人")
    assert "登记已联系：已完成。" in answer.text
    record(client, case, "extend", text="要等新设备")
    record(client, case, "fix", text="午间安排值班")
    last = record(client, case, "revisit", way="phone", accepted="yes", text="现在有人了")
    page = text_of(last.text)
    for words in ("已回访", "窗口午间无人", "午间安排值班", "现在有人了", "认可", "这件差评已经办完"):
        assert words in page
    row = followups.by_number(office.hall.database, case.number)
    assert row is not None
    assert (row.accepted, row.extended) == ("yes", True)


def test_what_is_missing_or_wrong_is_told_at_its_field_and_what_was_typed_stays(
    rated: tuple[Office, Filed],
) -> None:
    office, case = rated
    client = office.signed_in("coordinator")
    answer = record(client, case, "contact", when="2026-03-09T10:00", way="", text="写了很多")
    assert answer.status_code == 422
    page = answer.text
    assert "不能是以后的时间" in page
    assert "请填写怎么联系的" in page
    assert "写了很多" in page
    assert followups.by_number(office.hall.database, case.number).contacted_at is None  # type: ignore[union-attr]


def test_a_page_that_is_no_longer_true_says_so_and_keeps_the_words(rated: tuple[Office, Filed]) -> None:
    office, case = rated
    client, at = office.signed_in("coordinator"), f"{RATINGS}/{case.number}"
    old = fields_of(client.get(at).text, f'action="{at}/moves/contact"')
    record(office.signed_in("market-supervisor"), case, "attempt", way="phone", text="响铃")
    answer = client.post(
        f"{at}/moves/contact", data={**old, "contact-way": "phone", "contact-text": "留着的话"}
    )
    assert answer.status_code == 409
    assert "有了变化" in answer.text
    assert "留着的话" in answer.text


def test_what_was_written_while_the_session_ended_comes_back_and_is_not_recorded(
    rated: tuple[Office, Filed],
) -> None:
    office, case = rated
    client, at = office.signed_in("coordinator"), f"{RATINGS}/{case.number}"
    fields = fields_of(client.get(at).text, f'action="{at}/moves/attempt"')
    office.clock.forward(minutes=40)
    answer = client.post(
        f"{at}/moves/attempt", data={**fields, "attempt-way": "visit", "attempt-text": "家里没有人"}
    )
    page = put_back(client, "coordinator", answer, f"{at}/moves/attempt")
    shown = fields_of(page.text, f'action="{at}/moves/attempt"')
    assert (shown["attempt-way"], shown["attempt-text"]) == (["visit"], ["家里没有人"])
    row = followups.by_number(office.hall.database, case.number)
    assert row is not None
    assert row.attempts == 0


def test_who_worked_on_the_case_is_told_why_there_is_nothing_to_do(rated: tuple[Office, Filed]) -> None:
    office, case = rated
    page = office.signed_in("decider").get(f"{RATINGS}/{case.number}").text
    assert "您经办过这个办件" in page
    assert WORDS not in page
    assert "/moves/contact" not in page


@pytest.mark.parametrize(
    ("who", "status"), [("police", 404), ("window", 403), ("publisher", 403), ("supervisor", 200)]
)
def test_other_departments_find_nothing_and_other_posts_may_not_ask(
    rated: tuple[Office, Filed], who: str, status: int
) -> None:
    office, case = rated
    assert office.signed_in(who).get(f"{RATINGS}/{case.number}").status_code == status


def test_case_page_shows_words_and_the_way_on_only_to_who_follows_it_up(rated: tuple[Office, Filed]) -> None:
    office, case = rated
    at, link = f"/hall/staff/cases/{case.number}", f"{RATINGS}/{case.number}"
    for who in ("coordinator", "market-supervisor", "supervisor"):
        page = office.signed_in(who).get(at).text
        assert WORDS in page
        assert link in page
    for who in ("decider", "window", "reviewer"):
        page = office.signed_in(who).get(at).text
        assert WORDS not in page
        assert link not in page
        assert "待联系" in page


def test_the_citizen_reads_on_both_pages_what_is_happening(rated: tuple[Office, Filed]) -> None:
    office, case = rated
    client = office.browser()
    client.post("/hall/track", data={"number": case.number, "code": case.query_code, "form_end": "1"})
    pages = [f"/hall/rate/{case.number}", f"/hall/track/{case.number}"]
    for page in pages:
        assert "会在2026年3月3日（周二）前联系您" in client.get(page).text
    office.clock.set("2026-03-03T10:00")
    staff = office.signed_in("coordinator")
    record(staff, case, "contact", way="phone", text="内部的话不外传")
    client = office.browser()
    client.post("/hall/track", data={"number": case.number, "code": case.query_code, "form_end": "1"})
    for page in pages:
        shown = client.get(page).text
        assert "已联系您。正在整改，最迟2026年3月9日（周一）。" in shown
        assert "内部的话不外传" not in shown
    record(staff, case, "fix", text="午间安排值班")
    assert all("午间安排值班" in client.get(page).text for page in pages)
    assert office.browser().get(pages[1]).text.count("午间安排值班") == 0


def test_the_api_tells_the_applicant_too(rated: tuple[Office, Filed]) -> None:
    office, case = rated
    headers = {"X-Query-Code": case.query_code, "accept": "application/json"}
    answer = program(office).get(f"/api/v1/cases/{case.number}", headers=headers).json()
    assert (answer["followup"]["state"], answer["followup"]["told"]) == ("open", [])
    assert "会在2026年3月3日（周二）前联系您" in answer["followup"]["words"]


def test_messages_lead_to_the_page(rated: tuple[Office, Filed]) -> None:
    office, case = rated
    page = office.signed_in("coordinator").get("/hall/staff/messages").text
    assert "收到差评" in page
    assert f"{RATINGS}/{case.number}" in page
    assert WORDS not in page
    row = followups.by_number(office.hall.database, case.number)
    assert row is not None
    assert len(outbox.of_subject(office.hall.database, "rating", row.case_id)) == 1
