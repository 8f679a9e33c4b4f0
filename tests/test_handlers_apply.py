"""Applying on the portal: drafts, faults, conditions and rows, with and without script."""

from __future__ import annotations

import re

import pytest

from rules.case_table import MOVES
from rules.case_terms import MoveName, State
from tests.filling_fixtures import APPLICANT, PART1, PART2, file_case, filled_draft, post_section
from tests.handlers_fixtures import EVERYTHING, ID_NUMBER, Office
from tests.page_fixtures import fields_of, text_of

NEW = f"/hall/apply/{EVERYTHING}/new"


def test_an_application_with_every_field_type_becomes_a_case_with_number_and_code(office: Office) -> None:
    filed = file_case(office)
    view = office.hall.casework.public_view(filed.number, filed.code, office.clock())
    assert filed.number.startswith("QH")
    assert len(filed.code) == 8
    assert view.item_code == EVERYTHING
    assert view.applicant_masked == "张*例"
    staff = office.hall.casework.staff_view(filed.number, office.people["window"], office.clock())
    assert staff.payload.answers["capital"] == "120000.00"
    assert staff.payload.answers["kinds"] == ["hot", "drink"]
    assert staff.payload.answers["staff"] == [{"name": "张示例", "id_number": ID_NUMBER}]
    assert staff.payload.applicant is not None
    assert staff.payload.applicant.id_number == ID_NUMBER
    assert "applicant_name" not in staff.payload.answers
    assert [each.name for each in staff.attachments] == ["平面图.pdf"]


def test_the_start_page_says_what_is_needed_and_saves_nothing(office: Office) -> None:
    page = office.browser().get(f"/hall/apply/{EVERYTHING}")
    words = text_of(page.text)
    for expected in ("开始办理", "5个工作日", "平面图", "续办码", "不用登录"):
        assert expected in words
    assert office.hall.database.value("SELECT count(*) FROM draft") == 0


@pytest.mark.parametrize(
    ("section", "field", "typed", "told"),
    [
        ("part1", "shop", "", "请填写“店名”"),
        ("part1", "shop", "长" * 21, "最多写 20 个字"),
        ("part1", "owner_id", "990121199003070011", "最后一位不对"),
        ("part1", "company", "91990121MA0000015X", "有一位不对"),
        ("part1", "phone2", "1390000", "手机号是 11 位"),
        ("part1", "mail", "不是邮箱", "电子邮箱写法不对"),
        ("part1", "opening", "2026-02-30", "没有“2026-02-30”这一天"),
        ("part1", "capital", "十二万", "请只写数字"),
        ("part1", "workers", "1.5", "不要小数"),
        ("part1", "workers", "0", "不能小于 1"),
        ("part1", "area", "大", "请只写数字"),
        ("part1", "place", "街上", "地址太短"),
        ("part2", "tenure", "stolen", "请在给出的选项里选一个"),
        ("part2", "kinds", [], "请选择“经营项目”"),
        ("part2", "online", "perhaps", "请选“是”或“不是”"),
        ("part2", "staff.0.id_number", "123", "身份证号是 18 位"),
    ],
)
def test_a_wrong_answer_is_told_on_top_and_at_its_field_and_stays_as_typed(
    office: Office, section: str, field: str, typed: object, told: str
) -> None:
    values = {**(PART1 if section == "part1" else PART2), field: typed}
    answer = post_section(office.browser(), NEW, section, values)
    assert answer.status_code == 422
    assert f'<a href="#f-{field}">' in answer.text
    assert f'id="e-{field}"' in answer.text
    assert told in text_of(answer.text)
    assert "data-focus" in answer.text
    if typed and isinstance(typed, str) and field not in ("tenure", "online"):
        assert fields_of(answer.text, section)[field] == [typed]


def test_what_was_typed_is_saved_even_when_it_is_wrong(office: Office) -> None:
    client = office.browser()
    answer = post_section(client, NEW, "part1", {**PART1, "owner_id": "123"})
    assert answer.status_code == 422
    draft = re.search(r'action="(/hall/apply/[^"]+)/part1"', answer.text)
    assert draft is not None
    again = client.get(f"{draft[1]}/part1")
    assert fields_of(again.text, "part1")["owner_id"] == ["123"]
    assert 'class="error-summary"' not in again.text


def test_a_draft_goes_on_in_another_browser_with_its_code(office: Office) -> None:
    first = office.browser()
    answer = post_section(first, NEW, "applicant", APPLICANT, do="leave")
    code = re.search(r'class="number-value">([^<]+)<', answer.text)
    assert code is not None
    assert "已经保存" in answer.text
    second = office.browser("203.0.113.99")
    page = second.post("/hall/drafts", data={"code": code[1].lower().replace("-", " "), "form_end": "1"})
    assert page.url.path.endswith("/applicant") or page.url.path.endswith("/agent")
    handle = page.url.path.split("/")[4]
    shown = second.get(f"/hall/apply/{EVERYTHING}/{handle}/applicant")
    assert fields_of(shown.text, "applicant")["applicant_name"] == ["张示例"]


def test_no_address_ever_holds_a_code_or_a_persons_data(office: Office) -> None:
    client = office.browser()
    seen: list[str] = []
    client.event_hooks["request"].append(lambda request: seen.append(str(request.url)))
    filed = file_case(office, client)
    codes = re.findall(r"续办码 <b[^>]*>([^<]+)<", client.get("/hall/drafts").text)
    joined = " ".join(seen)
    assert filed.code not in joined
    assert ID_NUMBER not in joined
    assert "张示例" not in joined
    assert not any(code.replace("-", "") in joined for code in codes)


def test_another_browser_does_not_open_a_draft_by_its_address(office: Office) -> None:
    draft = filled_draft(office.browser())
    stranger = office.browser("203.0.113.99")
    for page in ("check", "applicant", "materials", "saved"):
        answer = stranger.get(f"{draft}/{page}")
        assert answer.status_code == 410
        assert "张示例" not in answer.text
        assert "续办码" in answer.text
    posted = stranger.post(f"{draft}/check", data={"truth": "yes", "form_end": "1", "resume": "x"})
    assert posted.status_code == 410
    assert office.hall.database.value("SELECT count(*) FROM cases") == 0


def test_wrong_draft_codes_are_told_and_limited(office: Office) -> None:
    client = office.browser()
    statuses = [
        client.post("/hall/drafts", data={"code": f"WR{number:02}AAAAAAAA", "form_end": "1"}).status_code
        for number in range(31)
    ]
    assert statuses[:30] == [422] * 30
    assert statuses[30] == 429


def test_an_expired_draft_says_so_and_what_is_typed_now_begins_a_new_one(office: Office) -> None:
    client = office.browser()
    answer = post_section(client, NEW, "applicant", APPLICANT)
    draft = answer.url.path.removesuffix("/agent")
    token = fields_of(answer.text, "agent")["resume"][0]
    office.clock.forward(days=31)
    shown = client.get(f"{draft}/agent")
    assert shown.status_code == 410
    kept = post_section(client, draft, "part1", PART1, resume=token)
    assert kept.status_code == 200
    assert "新的草稿" in text_of(kept.text)
    assert kept.url.path.split("/")[4] != draft.split("/")[-1]
    again = client.get(kept.url.path.replace("/part2", "/part1"))
    assert fields_of(again.text, "part1")["shop"] == ["示例小馆"]


def test_a_cookie_that_ended_does_not_lose_what_was_typed(office: Office) -> None:
    client = office.browser()
    answer = post_section(client, NEW, "applicant", APPLICANT)
    draft = answer.url.path.removesuffix("/agent")
    token = fields_of(answer.text, "agent")["resume"][0]
    client.cookies.clear()
    saved = post_section(client, draft, "agent", {"by_agent": "no"}, resume=token)
    assert saved.status_code == 200
    assert saved.url.path == f"{draft}/part1"


# --- conditions ---


def test_without_script_an_answer_calls_up_its_questions(office: Office) -> None:
    client = office.browser()
    first = client.get(f"{NEW}/part2")
    assert re.search(
        r'<div data-when="tenure"[^>]* hidden>\s*<div class="field">\s*<label[^>]*for="f-landlord"',
        first.text,
    )
    values = {**PART2, "tenure": "rent", "without_script": "1"}
    asked = post_section(client, NEW, "part2", values)
    assert asked.status_code == 422
    assert "根据您的回答，下面多了几个问题" in asked.text
    assert 'id="e-landlord"' not in asked.text
    assert re.search(
        r'<div data-when="tenure" data-when-values="rent">\s*<div class="field">\s*<label[^>]*for="f-landlord"',
        asked.text,
    )
    draft = re.search(r'action="(/hall/apply/[^"]+)/part2"', asked.text)
    assert draft is not None
    on = post_section(client, draft[1], "part2", {**values, "landlord": "王示例"})
    assert on.url.path.endswith("/materials")


def test_with_script_a_visible_question_left_empty_is_an_error_at_its_field(office: Office) -> None:
    answer = post_section(office.browser(), NEW, "part2", {**PART2, "tenure": "rent", "landlord": ""})
    assert answer.status_code == 422
    assert 'id="e-landlord"' in answer.text


def test_answers_to_hidden_questions_are_not_filed(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    post_section(client, draft, "part2", {**PART2, "tenure": "own", "landlord": "不该有的"})
    page = client.get(f"{draft}/check").text
    assert "不该有的" not in page
    answer = client.post(f"{draft}/check", data={**fields_of(page, "/check"), "truth": "yes"})
    number = re.findall(r'class="number-value">([^<]+)<', answer.text)[0]
    staff = office.hall.casework.staff_view(number, office.people["window"], office.clock())
    assert "landlord" not in staff.payload.answers


def test_the_last_page_says_until_when_an_application_can_be_taken_back(office: Office) -> None:
    client = office.browser()
    page = client.get(f"{filled_draft(client)}/check").text
    assert "作出决定以前，您可以随时撤回" in page
    assert State.IN_REVIEW in MOVES[MoveName.WITHDRAW].from_states


def test_a_question_on_another_page_follows_the_answer_given_here(office: Office) -> None:
    client = office.browser()
    answer = post_section(client, NEW, "part2", {**PART2, "tenure": "own"})
    assert 'id="f-material_contract"' not in answer.text
    draft = answer.url.path.removesuffix("/materials")
    answer = post_section(client, draft, "part2", {**PART2, "tenure": "rent", "landlord": "王示例"})
    assert 'id="f-material_contract"' in answer.text


# --- rows ---


def test_rows_are_added_and_removed_without_script(office: Office) -> None:
    client = office.browser()
    added = post_section(client, NEW, "part2", {**PART2, "do": ""}, add_row="staff")
    assert added.status_code == 200
    assert "第 2 行" in added.text
    assert fields_of(added.text, "part2")["staff.0.name"] == ["张示例"]
    draft = added.url.path.removesuffix("/part2")
    two = {**PART2, "staff.1.name": "李示例", "staff.1.id_number": ID_NUMBER}
    removed = post_section(client, draft, "part2", {**two, "do": ""}, remove_row="staff.0")
    assert fields_of(removed.text, "part2")["staff.0.name"] == ["李示例"]
    assert "第 2 行" not in removed.text


def test_no_more_rows_than_the_table_takes(office: Office) -> None:
    client = office.browser()
    three = {f"staff.{row}.name": "张示例" for row in range(3)} | {
        f"staff.{row}.id_number": ID_NUMBER for row in range(3)
    }
    answer = post_section(client, NEW, "part2", {**PART2, **three, "do": ""}, add_row="staff")
    assert "第 4 行" not in answer.text
    four = {**three, "staff.3.name": "张示例", "staff.3.id_number": ID_NUMBER}
    draft = answer.url.path.removesuffix("/part2")
    refused = post_section(client, draft, "part2", {**PART2, **four})
    assert "最多填 3 行" in text_of(refused.text)
