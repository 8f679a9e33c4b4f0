"""What was typed stays when something beside it fails: the virus scanner is away, an address has sent too many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from handlers import throttle
from handlers.limiter import Limit
from handlers.store import orders as order_store
from handlers.store.clamd import Clamd
from handlers.store.scans import Scanner
from tests.filling_fixtures import APPLICANT, PART2, PDF, filled_draft, post_section
from tests.handlers_fixtures import EVERYTHING, Office
from tests.orders_fixtures import ORDERS, bureau, ordered, post
from tests.page_fixtures import fields_of, text_of
from tests.staff_fixtures import CASE, filed, staffed

__all__ = ["bureau", "staffed"]

NEVER = Limit(0, 60)
AWAY = "查毒服务暂时不能用"
MANY = "分钟再试"


def _lose_scanner(office: Office, tmp_path: Path) -> None:
    office.hall.database.scanner = Scanner(Clamd(f"unix:{tmp_path}/nobody.sock", 2))


def _pdf(field: str, name: str = "执照.pdf") -> tuple[str, Any]:
    return field, (name, PDF, "application/pdf")


def test_answers_beside_a_file_are_saved_while_the_scanner_is_away(office: Office, tmp_path: Path) -> None:
    client = office.browser()
    draft = filled_draft(client)
    _lose_scanner(office, tmp_path)
    changed = {**PART2, "staff.0.name": "李示例"}
    answer = post_section(client, draft, "part2", changed, files=[_pdf("licence_copy")])
    assert answer.status_code == 422
    assert 'id="e-licence_copy"' in answer.text
    assert AWAY in text_of(answer.text)
    assert fields_of(client.get(f"{draft}/part2").text, "part2")["staff.0.name"] == ["李示例"]


def test_files_taken_before_the_limit_and_the_answers_stay_in_the_draft(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = office.browser()
    draft = filled_draft(client)
    monkeypatch.setattr(throttle, "UPLOADS", Limit(1, 60))
    changed = {**PART2, "staff.0.name": "李示例"}
    files = [_pdf("licence_copy", "一.pdf"), _pdf("licence_copy", "二.pdf")]
    answer = post_section(client, draft, "part2", changed, files=files)
    assert answer.status_code == 422
    assert MANY in text_of(answer.text)
    page = client.get(f"{draft}/part2").text
    assert fields_of(page, "part2")["staff.0.name"] == ["李示例"]
    assert "一.pdf" in page
    assert "二.pdf" not in page


def test_a_first_page_that_may_begin_no_draft_now_comes_back_as_typed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "DRAFTS", NEVER)
    answer = post_section(office.browser(), f"/hall/apply/{EVERYTHING}/new", "applicant", APPLICANT)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert MANY in text_of(answer.text)
    assert fields_of(answer.text, "applicant")["applicant_name"] == ["张示例"]
    assert office.hall.database.value("SELECT count(*) FROM draft") == 0


def test_a_letter_stays_while_its_file_is_refused(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = office.browser()
    page = client.get("/hall/letters/new?kind=suggestion").text
    typed = {**fields_of(page, "letters/new"), "title": "希望周末开门", "content": "周末也能办事就好了"}
    _lose_scanner(office, tmp_path)
    away = client.post("/hall/letters/new", data={**typed, "do": "next"}, files=[_pdf("upload")])
    monkeypatch.setattr(throttle, "UPLOADS", NEVER)
    many = client.post("/hall/letters/new", data={**typed, "do": "next"}, files=[_pdf("upload")])
    for answer, told in ((away, AWAY), (many, MANY)):
        assert answer.status_code == 422
        assert told in text_of(answer.text)
        assert fields_of(answer.text, "letters/new")["content"] == ["周末也能办事就好了"]


def test_a_letter_or_a_report_that_may_not_be_sent_now_comes_back_whole(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "LETTERS", NEVER)
    client = office.browser()
    values = fields_of(client.get("/hall/letters/new").text, "letters/new")
    letter = {"title": "希望周末开门", "content": "周末也能办事就好了", "step": "check", "do": "send"}
    sent = client.post("/hall/letters/new", data={**values, **letter})
    report = fields_of(client.get("/hall/feedback?page=/about/").text, "feedback")
    reported = client.post("/hall/feedback", data={**report, "wrong": "周末也能办事就好了"})
    for answer, form in ((sent, "letters/new"), (reported, "feedback")):
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert MANY in text_of(answer.text)
        assert ["周末也能办事就好了"] in fields_of(answer.text, form).values()


def test_a_supplement_at_the_window_says_at_its_file_that_the_scanner_is_away(
    staffed: Office, tmp_path: Path
) -> None:
    case = filed(staffed)
    staffed.supplement_notice(case.number, "plan")
    client = staffed.signed_in("window")
    fields = fields_of(client.get(CASE + case.number).text, "/moves/supplement")
    _lose_scanner(staffed, tmp_path)
    path = f"{CASE}{case.number}/moves/supplement"
    answer = client.post(path, data=fields, files=[_pdf("supplement.file.plan")])
    assert answer.status_code == 422
    assert AWAY in text_of(answer.text)
    assert "/moves/supplement" in answer.text


def test_an_explanation_is_kept_while_its_file_is_refused(bureau: Office, tmp_path: Path) -> None:
    order = ordered(bureau)
    at = f"{ORDERS}/{order.id}"
    client = bureau.signed_in("decider")
    _lose_scanner(bureau, tmp_path)
    answer = post(client, at, f"{at}/reply", text="停电半天", send="1", files=[_pdf("files")])
    assert answer.status_code == 422
    assert AWAY in text_of(answer.text)
    assert 'id="e-files"' in answer.text
    assert fields_of(answer.text, f"{at}/reply")["text"] == ["停电半天"]
    assert "停电半天" in client.get(at).text, "kept as a draft"
    assert order_store.replies(bureau.hall.database, order.id) == ()
