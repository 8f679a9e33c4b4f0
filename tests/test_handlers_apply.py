"""Applying through the pages: every field type, drafts, conditions without script, one filing per click."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from handlers import apply_draft
from tests.handlers_fixtures import (
    APPLICANT,
    COUNTER,
    ELSEWHERE,
    EVERYTHING,
    ID_NUMBER,
    PART1,
    PART2,
    PDF,
    SUSPENDED,
    Office,
    fields_of,
    file_case,
    filled_draft,
    post_section,
    text_of,
)

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


# --- filing ---


def test_the_same_click_sent_twice_gives_one_case_and_the_same_receipt(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    data = {**fields_of(client.get(f"{draft}/check").text, "/check"), "truth": "yes"}
    first = client.post(f"{draft}/check", data=data)
    second = client.post(f"{draft}/check", data=data)
    assert first.url == second.url
    assert re.findall(r'number-value">([^<]+)', first.text) == re.findall(
        r'number-value">([^<]+)', second.text
    )
    assert office.hall.database.value("SELECT count(*) FROM cases") == 1
    assert client.get(f"{draft}/applicant").url == first.url


def test_two_clicks_at_the_same_moment_give_one_case(office: Office) -> None:
    from concurrent.futures import ThreadPoolExecutor

    client = office.browser()
    draft = filled_draft(client)
    data = {**fields_of(client.get(f"{draft}/check").text, "/check"), "truth": "yes"}

    def click(_: int) -> str:
        answer = client.post(f"{draft}/check", data=data, follow_redirects=False)
        return answer.headers["location"]

    with ThreadPoolExecutor(4) as pool:
        places = set(pool.map(click, range(4)))
    assert len(places) == 1
    assert office.hall.database.value("SELECT count(*) FROM cases") == 1


def test_nothing_personal_stays_in_the_draft_after_filing(office: Office) -> None:
    file_case(office)
    for row in office.hall.database.rows("SELECT data FROM draft"):
        assert ID_NUMBER not in row["data"]
        assert "示例" not in row["data"]


def test_an_incomplete_application_is_not_filed_and_every_gap_links_to_its_page(office: Office) -> None:
    client = office.browser()
    answer = post_section(client, NEW, "applicant", APPLICANT)
    draft = answer.url.path.removesuffix("/agent")
    refused = client.post(f"{draft}/check", data={"truth": "yes", "form_end": "1"})
    assert refused.status_code == 422
    assert f'href="{draft}/part1?check=1#f-shop"' in refused.text
    assert 'id="e-shop"' in client.get(f"{draft}/part1?check=1").text
    assert office.hall.database.value("SELECT count(*) FROM cases") == 0


def test_without_the_declaration_nothing_is_filed(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    refused = client.post(f"{draft}/check", data={"form_end": "1"})
    assert refused.status_code == 422
    assert "打勾确认" in refused.text
    assert 'href="#f-truth"' in refused.text


def test_a_form_that_was_cut_off_changes_nothing(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    cut = client.post(f"{draft}/part1", data={"shop": "半截"})
    assert cut.status_code == 400
    assert "不完整" in text_of(cut.text)
    assert fields_of(client.get(f"{draft}/part1").text, "part1")["shop"] == ["示例小馆"]
    assert client.post(f"{draft}/check", data={"truth": "yes"}).status_code == 400
    assert office.hall.database.value("SELECT count(*) FROM cases") == 0


def test_a_huge_text_body_is_refused_while_it_arrives(office: Office) -> None:
    answer = office.browser().post(f"{NEW}/part1", content=b"story=" + b"x" * (3 * 1024 * 1024), headers={
        "content-type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert answer.status_code == 413
    assert "没有保存" in text_of(answer.text)


def test_an_item_that_changed_meanwhile_says_so_and_keeps_the_answers(office: Office) -> None:
    client = office.browser()
    answer = post_section(client, NEW, "applicant", APPLICANT)
    office.hall.database.write(lambda tx: tx.execute("UPDATE draft SET item_version = 'older'"))
    shown = client.get(answer.url.path.replace("/agent", "/applicant"))
    assert "办事指南更新过" in shown.text
    assert fields_of(shown.text, "applicant")["applicant_name"] == ["张示例"]


def test_every_answer_is_escaped_wherever_it_is_shown(office: Office) -> None:
    client = office.browser()
    evil = "\"'><script>alert(1)</script>"
    answer = post_section(client, NEW, "part1", {**PART1, "shop": evil, "story": evil, "owner_id": evil})
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    draft = filled_draft(client)
    post_section(client, draft, "part1", {**PART1, "shop": evil[:20], "story": evil})
    check = client.get(f"{draft}/check").text
    assert "<script>alert" not in check
    assert "&lt;script&gt;alert(1)" in check


def test_an_unknown_item_or_page_is_told_with_a_search(office: Office) -> None:
    client = office.browser()
    for address in ("/hall/apply/NOSUCHITEM0001", "/hall/apply/..%2f..%2fetc", f"{NEW}/nosuchpage"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert 'action="/hall/search"' in answer.text


# --- where it is not done online ---


@pytest.mark.parametrize(
    ("code", "words"), [(ELSEWHERE, "另一个网站"), (COUNTER, "到窗口办"), (SUSPENDED, "暂停办理")]
)
def test_an_item_that_is_not_taken_online_says_how_to_do_it(office: Office, code: str, words: str) -> None:
    client = office.browser()
    answer = client.get(f"/hall/apply/{code}")
    assert answer.status_code == 200
    assert words in text_of(answer.text)
    assert "开始办理" not in answer.text
    assert client.get(f"/hall/apply/{code}/new/applicant").status_code == 404
    assert post_section(client, f"/hall/apply/{code}/new", "applicant", APPLICANT).status_code == 404


# --- window ---


def test_a_window_clerk_files_for_a_walk_in_with_papers_shown_at_the_window(office: Office) -> None:
    clerk = office.signed_in("window")
    start = clerk.get(f"/hall/apply/{COUNTER}")
    assert "窗口代收代办" in start.text
    data = fields_of(start.text, "/window")
    assert data["unit"] == [""] or data["unit"] == ["window-market"]
    page = clerk.post(f"/hall/apply/{COUNTER}/window", data={**data, "unit": "window-market"})
    draft = page.url.path.removesuffix("/applicant")
    post_section(clerk, draft, "applicant", APPLICANT)
    post_section(clerk, draft, "agent", {"by_agent": "no"})
    post_section(clerk, draft, "delivery", {"delivery": "window"})
    check = clerk.get(f"{draft}/check").text
    receipt = clerk.post(f"{draft}/check", data={**fields_of(check, "/check"), "truth": "yes"})
    number = re.findall(r'number-value">([^<]+)', receipt.text)[0]
    case = office.hall.casework.staff_view(number, office.people["window"], office.clock()).case
    assert (case.channel, case.accepting_unit) == ("window", "window-market")
    assert case.received_at == office.clock()


def test_a_walk_ins_papers_are_counted_instead_of_uploaded(office: Office) -> None:
    clerk = office.signed_in("town")
    page = clerk.post(
        f"/hall/apply/{EVERYTHING}/window",
        data={"csrf": clerk.headers["x-csrf"], "unit": "town-chengguan", "form_end": "1"},
    )
    draft = page.url.path.removesuffix("/applicant")
    for section, values in (
        ("applicant", APPLICANT),
        ("agent", {"by_agent": "no"}),
        ("part1", PART1),
        ("part2", PART2),
    ):
        assert post_section(clerk, draft, section, values).status_code == 200
    post_section(clerk, draft, "materials", {"paper_plan_originals": "1", "paper_plan_copies": "2"})
    post_section(clerk, draft, "delivery", {"delivery": "window"})
    check = clerk.get(f"{draft}/check").text
    receipt = clerk.post(f"{draft}/check", data={**fields_of(check, "/check"), "truth": "yes"})
    number = re.findall(r'number-value">([^<]+)', receipt.text)[0]
    view = office.hall.casework.staff_view(number, office.people["town"], office.clock())
    plan = next(each for each in view.materials if each.code == "plan")
    assert (view.case.channel, plan.originals, plan.copies) == ("town", 1, 2)


def test_a_walk_ins_draft_is_only_for_the_clerk_who_took_it_down(office: Office) -> None:
    clerk = office.signed_in("window")
    page = clerk.post(
        f"/hall/apply/{EVERYTHING}/window",
        data={"csrf": clerk.headers["x-csrf"], "unit": "window-market", "form_end": "1"},
    )
    code = re.search(r"续办码 <b[^>]*>([^<]+)<", page.text)
    assert code is not None
    answer = office.browser().post("/hall/drafts", data={"code": code[1], "form_end": "1"})
    assert answer.status_code == 403


def test_nobody_files_at_a_window_that_is_not_theirs(office: Office) -> None:
    clerk = office.signed_in("town")
    data = {"csrf": clerk.headers["x-csrf"], "unit": "window-market", "form_end": "1"}
    assert clerk.post(f"/hall/apply/{EVERYTHING}/window", data=data).status_code == 403
    assert clerk.post(f"/hall/apply/{EVERYTHING}/window", data={**data, "csrf": "x"}).status_code == 403
    anonymous = office.browser().post(f"/hall/apply/{EVERYTHING}/window", data=data)
    assert anonymous.status_code in (401, 403)


def test_a_request_from_another_site_is_refused(office: Office) -> None:
    client = office.browser()
    client.headers["sec-fetch-site"] = "cross-site"
    assert post_section(client, NEW, "applicant", APPLICANT).status_code == 403
    assert office.hall.database.value("SELECT count(*) FROM draft") == 0


def test_a_draft_keeps_what_two_tabs_save_at_once(office: Office) -> None:
    from concurrent.futures import ThreadPoolExecutor

    client = office.browser()
    draft = filled_draft(client)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(post_section, client, draft, "part1", {**PART1, "shop": "新店名"})
        two = pool.submit(post_section, client, draft, "agent", {"by_agent": "yes", "agent_name": "王示例"})
        one.result()
        two.result()
    check = client.get(f"{draft}/check").text
    assert "新店名" in check
    assert "王示例" in check


def test_a_files_field_forged_as_text_is_not_taken_for_a_file(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    post_section(
        client,
        draft,
        "materials",
        {"material_photo": "/etc/passwd"},
        files={"material_plan": ("b.pdf", PDF, "application/pdf")},
    )
    assert "passwd" not in client.get(f"{draft}/check").text


def test_a_draft_shows_its_code_in_groups_of_four() -> None:
    draft = replace(apply_draft.fresh("x", "v"), code="ABCDEFGHJKLM")
    assert draft.shown_code == "ABCD-EFGH-JKLM"
