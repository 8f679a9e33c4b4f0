"""Filing what was filled in: once, whole, escaped, at a window for a walk-in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from handlers import apply_draft
from handlers.apply_draft import Filling, Window
from handlers.apply_filing import application_of, attachments_of
from handlers.apply_view import form_for, paper_given
from rules.identifiers import with_resident_check
from tests.api_fixtures import ANSWERS, file_web
from tests.catalog_fixtures import make_item
from tests.filling_fixtures import APPLICANT, PART1, PART2, PDF, file_case, filled_draft, post_section
from tests.handlers_fixtures import COUNTER, ELSEWHERE, EVERYTHING, ID_NUMBER, SUSPENDED, Office
from tests.page_fixtures import fields_of, text_of

NEW = f"/hall/apply/{EVERYTHING}/new"


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
    # The browser here is the clerk's: it neither offers the clerk's own phone nor keeps a citizen's.
    assert re.search(r'<form[^>]* id="form"[^>]* autocomplete="off"', page.text)
    assert 'autocomplete="tel"' not in page.text
    own = office.browser().get(f"/hall/apply/{EVERYTHING}/new/applicant").text
    assert 'autocomplete="tel"' in own
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


def test_an_id_number_of_somebody_not_born_yet_is_refused_on_the_page_and_by_the_api(office: Office) -> None:
    born = with_resident_check(f"990121{office.clock() + timedelta(days=1):%Y%m%d}001")
    client = office.browser()
    page = post_section(client, NEW, "applicant", {**APPLICANT, "applicant_id_number": born})
    assert page.status_code == 422
    assert "还没有到" in text_of(page.text)
    answer = file_web(client, answers={**ANSWERS, "applicant_id_number": born})
    assert answer.status_code == 422
    assert "还没有到" in answer.text
    assert office.hall.database.value("SELECT count(*) FROM cases") == 0


def test_an_items_own_answers_are_kept_whatever_its_questions_are_called(office: Office) -> None:
    item = make_item(
        form={
            "sections": [
                {
                    "title": "图纸",
                    "fields": [
                        {"id": "paper_map_copies", "label": "图纸副本给谁"},
                        {"id": "paper_size", "label": "纸张", "required": False},
                    ],
                }
            ]
        },
        materials=[{"name": "平面图", "id": "plan", "necessity": "required", "forms": ["electronic"]}],
    )
    given = {"paper_map_copies": "two", "paper_size": "A3", "paper_plan_copies": "2"}
    for window, papers in ((None, ()), (Window("anybody", "window-market"), ((0, 2),))):
        form = form_for(office.hall, item, Filling(window=window))
        application = application_of(item, form, {name: given[name] for name in given if form.field(name)})
        assert application.answers == {"paper_map_copies": "two", "paper_size": "A3"}
        assert tuple((each.originals, each.copies) for each in application.materials) == papers


def test_files_of_a_question_and_of_a_material_with_the_same_id_are_all_kept(office: Office) -> None:
    fields = [{"id": "site_photo", "label": "现场照片", "type": "file"}]
    item = make_item(
        form={"sections": [{"title": "现场", "fields": fields}]},
        materials=[{"name": "照片", "id": "site_photo", "necessity": "required", "forms": ["electronic"]}],
    )
    form = form_for(office.hall, item, Filling())
    given = {"site_photo": ("id1",), "material_site_photo": ("id2", "id3")}
    assert attachments_of(form, given) == {"site_photo": ("id1", "id2", "id3")}


def test_papers_of_a_material_with_a_long_id_are_counted_too(office: Office) -> None:
    code = "a" * 48
    item = make_item(
        materials=[{"name": "平面图", "id": code, "necessity": "required", "forms": ["electronic"]}]
    )
    form = form_for(office.hall, item, Filling(window=Window("anybody", "window-market")))
    counted = [each.id for each in form.fields() if each.label.startswith("平面图：")]
    assert paper_given(form, dict(zip(counted, ("1", "3"), strict=True))) == {code: (1, 3)}


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
