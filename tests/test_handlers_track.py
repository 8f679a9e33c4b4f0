"""Tracking, supplementing and withdrawing one's own case."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest

from handlers import throttle
from handlers.limiter import Limit
from rules.errors import NotFound
from rules.identifiers import with_resident_check
from tests.filling_fixtures import PDF, FiledCase, file_case, filled_draft
from tests.handlers_fixtures import Office
from tests.page_fixtures import fields_of, text_of


def _prove(office: Office, filed: FiledCase, address: str = "203.0.113.77"):  # type: ignore[no-untyped-def]
    client = office.browser(address)
    data = {
        "number": filed.number.lower(),
        "code": f" {filed.code[:4].lower()} {filed.code[4:]}",
        "form_end": "1",
    }
    return client, client.post("/hall/track", data=data)


def test_number_and_code_show_where_a_case_stands_and_why_it_is_due_that_day(office: Office) -> None:
    filed = file_case(office)
    _, page = _prove(office, filed)
    assert page.url.path == f"/hall/track/{filed.number}"
    words = text_of(page.text)
    for expected in (
        "待预审",
        "现在由",
        "预计不晚于",
        "为什么是这一天",
        "已收到您的申请",
        "受理",
        "初审",
        "审批",
        "收件凭证",
    ):
        assert expected in words, expected
    assert 'aria-current="step"' in page.text
    assert "张示例" not in words
    assert "张*例" in words


def test_the_query_code_is_in_no_page_of_tracking(office: Office) -> None:
    filed = file_case(office)
    _, page = _prove(office, filed)
    assert filed.code not in page.text


def test_unknown_number_and_wrong_code_get_the_same_answer(office: Office) -> None:
    filed = file_case(office)
    client = office.browser("203.0.113.78")
    one = client.post("/hall/track", data={"number": filed.number, "code": "AAAA2222", "form_end": "1"})
    two = client.post("/hall/track", data={"number": "QH202603029999", "code": filed.code, "form_end": "1"})
    assert (one.status_code, two.status_code) == (422, 422)
    assert text_of(one.text).replace(filed.number, "") == text_of(two.text).replace("QH202603029999", "")


def test_unknown_number_and_wrong_code_take_the_same_time(office: Office) -> None:
    filed = file_case(office)
    hall = office.hall

    def spent(number: str) -> float:
        best = 9.0
        for _ in range(30):
            started = time.perf_counter()
            with pytest.raises(NotFound):
                hall.casework.public_view(number, "AAAA2222", office.clock())
            best = min(best, time.perf_counter() - started)
        return best

    known, unknown = spent(filed.number), spent("QH202603029999")
    assert abs(known - unknown) < 0.002


def test_wrong_codes_are_limited_per_number_whoever_asks(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "WRONG_PER_NUMBER", Limit(10, minutes=60))
    filed = file_case(office)
    for number in range(10):
        client = office.browser(f"203.0.113.{100 + number}")
        wrong = client.post(
            "/hall/track", data={"number": filed.number, "code": f"AAAA22{number:02}", "form_end": "1"}
        )
        assert wrong.status_code == 422
    client, refused = _prove(office, filed, "203.0.113.200")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "分钟再试" in text_of(refused.text)
    # Whoever has already proved the code is not shut out by a stranger's guesses.
    assert filed.client.get(f"/hall/track/{filed.number}").status_code == 200
    assert "办理过程" in filed.client.get(f"/hall/track/{filed.number}").text


def test_wrong_codes_are_limited_per_address_over_many_numbers(office: Office) -> None:
    client = office.browser("203.0.113.201")
    statuses = [
        client.post(
            "/hall/track", data={"number": f"QH20260302{n:04}", "code": "AAAA2222", "form_end": "1"}
        ).status_code
        for n in range(31)
    ]
    assert statuses == [422] * 30 + [429]


def test_an_address_alone_opens_nothing(office: Office) -> None:
    filed = file_case(office)
    stranger = office.browser("203.0.113.79")
    for address in (
        "track/{}",
        "track/{}/withdraw",
        "track/{}/supplement",
        "receipt/{}",
        "rate/{}",
        "receipt/{}.docx",
    ):
        page = stranger.get("/hall/" + address.format(filed.number))
        assert 'name="code"' in page.text, address
        assert "样样都问的许可" not in page.text, address
    assert stranger.get(f"/hall/receipt/{filed.number}.json").status_code == 404


def test_a_proof_ends_after_its_hour_and_by_the_button(office: Office) -> None:
    filed = file_case(office)
    client, _ = _prove(office, filed)
    client.post("/hall/track/leave", data={})
    assert 'name="code"' in client.get(f"/hall/track/{filed.number}").text
    office.clock.forward(minutes=61)
    assert 'name="code"' in filed.client.get(f"/hall/track/{filed.number}").text


def test_the_button_leaves_nothing_of_a_filed_or_an_unfinished_application_to_the_next_person(
    office: Office,
) -> None:
    client = office.browser()
    draft = filled_draft(client)
    page = client.get(f"{draft}/check").text
    data = {**fields_of(page, "/check"), "truth": "yes"}
    receipt = client.post(f"{draft}/check", data=data)
    code = re.findall(r'class="number-value">([^<]+)<', receipt.text)[1].strip()
    assert "没有提交的申请和补正也从这台设备上清除" in text_of(receipt.text)
    unfinished = filled_draft(client)
    assert "续办码抄好了，清除这台设备上的记录" in text_of(client.get(f"{unfinished}/saved").text)
    left = client.post("/hall/track/leave", data={})
    assert "没有提交的申请和补正也在内" in text_of(left.text)
    for address in (f"{draft}/check", f"{draft}/applicant", f"{unfinished}/check"):
        assert "张示例" not in client.get(address).text
    # The page that was sent, sent again by the browser's Back, carries its own token: it opens nothing either.
    again = client.post(f"{draft}/check", data=data)
    assert 'name="code"' in again.text
    assert code not in again.text


def test_a_summary_left_open_leads_to_the_receipt_only_shortly_after_filing(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    page = client.get(f"{draft}/check").text
    client.post(f"{draft}/check", data={**fields_of(page, "/check"), "truth": "yes"})
    office.clock.forward(minutes=9)
    assert "申请已经提交" in text_of(client.get(f"{draft}/check").text)
    office.clock.forward(minutes=70)
    late = client.get(f"{draft}/check")
    assert 'name="code"' in late.text
    assert "张示例" not in late.text


def test_a_forged_or_foreign_cookie_proves_nothing(office: Office) -> None:
    filed = file_case(office)
    token = filed.client.cookies["hall_cases"]
    client = office.browser("203.0.113.80")
    for forged in (
        token[:-4] + "AAAA",
        "x" * 200,
        "",
        "=%00",
        token[:40] + ("B" if token[40] == "A" else "A") + token[41:],
    ):
        client.headers["cookie"] = f"hall_cases={forged}"
        assert 'name="code"' in client.get(f"/hall/track/{filed.number}").text
    client.headers["cookie"] = f"hall_letters={token}"
    assert 'name="code"' in client.get(f"/hall/letters/{filed.number}").text


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(office: Office) -> None:
    filed = file_case(office)
    answer = office.browser("203.0.113.81").post(
        "/hall/track",
        data={"number": filed.number, "code": filed.code, "form_end": "1"},
        follow_redirects=False,
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/hall" in cookie
    assert filed.code.lower() not in cookie


def test_pages_of_a_case_are_neither_cached_nor_indexed(office: Office) -> None:
    filed = file_case(office)
    page = filed.client.get(f"/hall/track/{filed.number}")
    assert page.headers["cache-control"] == "no-store"
    assert 'content="noindex"' in page.text
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|\sstyle=|\son\w+=", page.text)


def test_a_year_whose_holidays_are_not_published_is_marked_provisional(office: Office) -> None:
    office.clock.set("2026-12-29T10:00")
    filed = file_case(office)
    page = filed.client.get(f"/hall/track/{filed.number}")
    assert "暂定" in page.text
    assert "放假安排还没有公布" in text_of(page.text)


def test_ones_own_files_are_listed_and_come_as_downloads(office: Office) -> None:
    filed = file_case(office)
    page = filed.client.get(f"/hall/track/{filed.number}")
    link = re.search(r'href="(/hall/track/[^"]+/files/[^"]+)"', page.text)
    assert link is not None
    answer = filed.client.get(link[1])
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment")
    other = file_case(office, office.browser("203.0.113.61"))
    foreign = link[1].replace(filed.number, other.number)
    assert other.client.get(foreign).status_code == 404
    assert 'name="code"' in office.browser("203.0.113.62").get(link[1]).text


# --- withdraw ---


def test_withdrawing_asks_first_and_then_ends_the_case(office: Office) -> None:
    filed = file_case(office)
    address = f"/hall/track/{filed.number}/withdraw"
    page = filed.client.get(address)
    assert "不能恢复" in text_of(page.text)
    unsure = filed.client.post(address, data=fields_of(page.text, "withdraw"))
    assert unsure.status_code == 422
    data = {**fields_of(page.text, "withdraw"), "sure": "yes", "reason": "不开了"}
    done = filed.client.post(address, data=data)
    assert "申请已经撤回" in text_of(done.text)
    assert "已撤回" in text_of(done.text)
    again = filed.client.post(address, data=data)
    assert again.status_code == 409 or "已撤回" in text_of(again.text)


def test_a_decided_case_cannot_be_withdrawn(office: Office) -> None:
    filed = file_case(office)
    office.finish(filed.number)
    assert filed.client.get(f"/hall/track/{filed.number}/withdraw").status_code == 409


# --- supplement ---


def test_a_supplement_sends_new_files_and_corrected_answers_once(office: Office) -> None:
    filed = file_case(office)
    office.supplement_notice(filed.number, "plan")
    page = filed.client.get(f"/hall/track/{filed.number}")
    assert "去补正" in page.text
    assert "请在" in text_of(page.text)
    address = f"/hall/track/{filed.number}/supplement"
    form = filed.client.get(address)
    values = fields_of(form.text, "supplement")
    assert values["shop"] == ["示例小馆"]
    assert 'id="f-material_plan"' in form.text
    assert "applicant_name" not in values
    sent = filed.client.post(
        address,
        data={**values, "shop": "改好的店名", "do": "send"},
        files={"material_plan": ("新平面图.pdf", PDF + b" ", "application/pdf")},
    )
    assert "补正材料已经收到" in text_of(sent.text), text_of(sent.text)
    staff = office.hall.casework.staff_view(filed.number, office.people["window"], office.clock())
    assert staff.payload.answers["shop"] == "改好的店名"
    assert staff.payload.answers["capital"] == "120000.00"
    assert staff.payload.answers["staff"] == [{"name": "张示例", "id_number": "990121199003070010"}]
    assert {each.name for each in staff.attachments} == {"平面图.pdf", "新平面图.pdf"}
    assert filed.client.get(address).status_code == 409


def test_a_supplement_takes_no_id_number_of_somebody_not_born_yet(office: Office) -> None:
    filed = file_case(office)
    office.supplement_notice(filed.number, "plan")
    address = f"/hall/track/{filed.number}/supplement"
    values = fields_of(filed.client.get(address).text, "supplement")
    born = with_resident_check(f"990121{office.clock() + timedelta(days=1):%Y%m%d}001")
    sent = filed.client.post(address, data={**values, "owner_id": born, "do": "send"})
    assert sent.status_code == 422
    assert "还没有到" in text_of(sent.text)


def test_files_of_a_supplement_wait_until_it_is_sent(office: Office) -> None:
    filed = file_case(office)
    office.supplement_notice(filed.number, "plan")
    address = f"/hall/track/{filed.number}/supplement"
    values = fields_of(filed.client.get(address).text, "supplement")
    kept = filed.client.post(
        address,
        data={**values, "do": "save"},
        files={"material_plan": ("新平面图.pdf", PDF + b" ", "application/pdf")},
    )
    assert "新平面图.pdf" in kept.text
    assert "还没有提交" in kept.text
    view = office.hall.casework.public_view(filed.number, filed.code, office.clock())
    assert view.state == "supplementing"
    values = fields_of(kept.text, "supplement")
    sent = filed.client.post(address, data={**values, "do": "send"})
    assert "补正材料已经收到" in text_of(sent.text)


def test_an_empty_or_wrong_supplement_is_not_sent(office: Office) -> None:
    filed = file_case(office)
    office.supplement_notice(filed.number, "plan")
    address = f"/hall/track/{filed.number}/supplement"
    values = fields_of(filed.client.get(address).text, "supplement")
    empty = filed.client.post(address, data={**values, "do": "send"})
    assert empty.status_code == 422
    assert "还没有上传文件" in text_of(empty.text)
    wrong = filed.client.post(address, data={**values, "owner_id": "123", "do": "send"})
    assert wrong.status_code == 422
    assert 'id="e-owner_id"' in wrong.text
    assert fields_of(wrong.text, "supplement")["owner_id"] == ["123"]
    disguised = filed.client.post(
        address,
        data={**values, "do": "send"},
        files={"material_plan": ("图.pdf", b"MZ\x90", "application/pdf")},
    )
    assert disguised.status_code == 422
    assert office.hall.casework.public_view(filed.number, filed.code, office.clock()).state == "supplementing"


def test_a_case_that_is_not_returned_takes_no_supplement(office: Office) -> None:
    filed = file_case(office)
    assert filed.client.get(f"/hall/track/{filed.number}/supplement").status_code == 409


def test_reasons_written_by_staff_are_escaped(office: Office) -> None:
    filed = file_case(office)
    office.move(filed.number, "refuse", "window", reason="<script>alert(1)</script>", basis="某规定")
    page = filed.client.get(f"/hall/track/{filed.number}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
