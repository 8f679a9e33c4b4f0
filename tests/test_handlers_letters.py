"""Letters: written page by page, sent once, tracked with number and code, chased, rated; the public ones anonymised."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.casework.requests import ByStaff
from handlers.correspondence.requests import LetterData
from handlers.store.attachments import of_owner
from rules.letter_terms import LetterMove
from tests.filling_fixtures import file_case
from tests.handlers_fixtures import FOOD, Office, TestClient
from tests.page_fixtures import fields_of, text_of

LETTER = {
    "kind": "consultation",
    "department": "market",
    "title": "开小吃店要办哪些证",
    "content": "想在城关镇开一家小吃店,\n要办哪些证？<script>alert(1)</script>",
    "name": "张示例",
    "phone": "0000-5550999",
}


@dataclass(frozen=True)
class Sent:
    number: str
    code: str
    client: TestClient


def send(office: Office, client: TestClient | None = None, **changes: str) -> Sent:
    browser = client or office.browser()
    values = fields_of(browser.get("/hall/letters/new").text, "letters/new")
    page = browser.post(
        "/hall/letters/new", data={**values, **LETTER, "step": "check", "do": "send", **changes}
    )
    assert page.status_code == 200, text_of(page.text)
    number, code = re.findall(r'class="number-value">([^<]+)<', page.text)[:2]
    return Sent(number, code, browser)


def answer(office: Office, number: str, text: str = "要办营业执照和食品经营许可。") -> None:
    room, now = office.hall.correspondence, office.clock()
    room.by_staff(
        number, ByStaff(office.people["coordinator"]), LetterMove.SUBMIT, LetterData({"text": text}), now=now
    )
    room.by_staff(
        number, ByStaff(office.people["decider"]), LetterMove.ANSWER, LetterData(publish=True), now=now
    )


def test_a_letter_gets_number_code_and_the_day_of_its_answer(office: Office) -> None:
    sent = send(office)
    page = sent.client.get(f"/hall/letters/{sent.number}")
    words = text_of(page.text)
    for expected in (sent.number, sent.code, "最晚2026年3月9日（周一）答复", "为什么是这一天", "等待答复"):
        assert expected in words, expected
    assert "<script>alert" not in page.text


def test_an_items_page_brings_department_and_item_along(office: Office) -> None:
    page = office.browser().get(f"/hall/letters/new?item={FOOD}")
    values = fields_of(page.text, "letters/new")
    assert values["department"] == ["market"]
    assert values["item"] == [FOOD]
    assert "食品经营许可" in page.text


def test_every_fault_is_told_at_its_field_on_its_page_and_what_was_typed_stays(office: Office) -> None:
    client = office.browser()
    wrong = {**LETTER, "department": "nowhere", "title": "", "phone": "123", "email": "x", "form_end": "1"}
    page = client.post("/hall/letters/new", data=wrong)
    assert page.status_code == 422
    for field in ("department", "title"):
        assert f'href="#f-{field}"' in page.text
        assert f'id="e-{field}"' in page.text
    fields = fields_of(page.text, "letters/new")
    assert fields["content"][0].startswith("想在城关镇")
    assert fields["phone"] == ["123"]
    page = client.post(
        "/hall/letters/new", data={**fields, "department": "market", "title": "标题", "do": "next"}
    )
    assert fields_of(page.text, "letters/new")["step"] == ["you"]
    page = client.post("/hall/letters/new", data={**fields_of(page.text, "letters/new"), "do": "next"})
    assert page.status_code == 422
    for field in ("phone", "email"):
        assert f'id="e-{field}"' in page.text


def _walk(client: TestClient, page: str, **typed: str) -> str:
    fields = fields_of(page, "letters/new")
    answer = client.post("/hall/letters/new", data={**fields, **typed, "do": "next"})
    assert answer.status_code == 200, text_of(answer.text)
    return str(answer.text)


def test_a_letter_is_written_page_by_page_without_script_with_a_file_and_without_a_name(
    office: Office,
) -> None:
    client = office.browser()
    page = _walk(client, client.get("/hall/letters/new").text, kind="suggestion")
    fields = fields_of(page, "letters/new")
    pdf = (
        "照片.pdf",
        b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "application/pdf",
    )
    answer = client.post(
        "/hall/letters/new",
        data={
            **fields,
            "department": "",
            "title": "希望周末开门",
            "content": "周末也能办事就好了",
            "do": "next",
        },
        files={"upload": pdf},
    )
    assert answer.status_code == 200, text_of(answer.text)
    page = _walk(client, answer.text, signed="no")
    assert "不知道，请帮我转" in text_of(page)
    assert "照片.pdf" in page
    sent = client.post("/hall/letters/new", data={**fields_of(page, "letters/new"), "do": "send"})
    number = re.findall(r'class="number-value">([^<]+)<', sent.text)[0]
    row = office.hall.database.row("SELECT * FROM letter")
    assert row is not None
    assert (row["number"], row["kind"], row["state"], row["writer_masked"]) == (
        number,
        "suggestion",
        "received",
        "匿名",
    )
    (file,) = of_owner(office.hall.database, f"letter/{row['id']}")
    assert client.get(f"/hall/letters/{number}/files/{file.id}").status_code == 200
    assert office.browser("203.0.113.80").get(f"/hall/letters/{number}/files/{file.id}").status_code == 404


def test_a_complaint_about_conduct_is_offered_no_publication_and_no_similar_letters(office: Office) -> None:
    client = office.browser()
    page = _walk(client, client.get("/hall/letters/new").text, kind="conduct")
    assert "只有县监察员能看到" in page
    page = _walk(
        client, page, title="态度不好", content="窗口人员骂人，很难听", about="某人", department="market"
    )
    assert 'name="public" value="yes"' not in page
    page = _walk(client, page, signed="no")
    sent = client.post(
        "/hall/letters/new", data={**fields_of(page, "letters/new"), "do": "send", "public": "yes"}
    )
    assert "县监察员" in text_of(sent.text)
    row = office.hall.database.row("SELECT * FROM letter")
    assert row is not None
    assert (row["topic"], row["public"], row["kind"]) == ("conduct", 0, "complaint")


def test_enter_in_the_title_goes_on_and_neither_deletes_a_file_nor_lists_names(office: Office) -> None:
    client = office.browser()
    page = _walk(client, client.get("/hall/letters/new").text, kind="conduct")
    typed = {**fields_of(page, "letters/new"), "department": "market", "content": "窗口人员骂人，很难听"}
    pdf = (
        "照片.pdf",
        b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "application/pdf",
    )
    page = client.post(
        "/hall/letters/new", data={**typed, "title": "", "do": "next"}, files={"upload": pdf}
    ).text
    form = page.split('action="/hall/letters/new"')[1].split("</form>")[0]
    assert 'name="remove_file"' in form
    assert 'value="names"' in form
    # Enter in a field presses the first button that submits, whatever it is.
    first = re.findall(r'<button[^>]*type="submit"[^>]*>', form)[0]
    assert 'name="do" value="next"' in first


def test_similar_answers_are_a_page_on_the_way_and_may_end_it(office: Office) -> None:
    first = send(office, public="yes")
    answer(office, first.number)
    client = office.browser("203.0.113.81")
    fields = fields_of(client.get("/hall/letters/new?kind=consultation").text, "letters/new")
    page = client.post(
        "/hall/letters/new",
        data={**fields, **LETTER, "title": "小吃店要办哪些证", "do": "next", "step": "text"},
    )
    assert "别人问过差不多的" in text_of(page.text)
    assert "要办营业执照" in page.text
    assert "要办营业执照" in client.get("/hall/letters/similar?q=小吃店办证").text
    page = client.post("/hall/letters/new", data={**fields_of(page.text, "letters/new"), "do": "next"})
    assert fields_of(page.text, "letters/new")["step"] == ["you"]


def test_the_same_letter_sent_twice_is_one_letter(office: Office) -> None:
    client = office.browser()
    data = {
        **fields_of(client.get("/hall/letters/new").text, "letters/new"),
        **LETTER,
        "step": "check",
        "do": "send",
    }
    first = client.post("/hall/letters/new", data=data)
    second = client.post("/hall/letters/new", data=data)
    assert first.url == second.url
    assert office.hall.database.value("SELECT count(*) FROM letter") == 1


def test_a_letter_is_tracked_from_the_one_page_for_all_numbers(office: Office) -> None:
    sent = send(office)
    client = office.browser("203.0.113.70")
    for door in ("/hall/track", "/hall/letters/track"):
        page = client.post(door, data={"number": sent.number, "code": sent.code, "form_end": "1"})
        assert page.url.path == f"/hall/letters/{sent.number}"
    stranger = office.browser("203.0.113.71")
    wrong = stranger.post("/hall/track", data={"number": sent.number, "code": "AAAA2222", "form_end": "1"})
    assert wrong.status_code == 422
    assert LETTER["title"] not in wrong.text
    assert LETTER["title"] not in stranger.get(f"/hall/letters/{sent.number}").text


def test_a_cases_proof_is_none_for_a_letter(office: Office) -> None:
    sent = send(office)
    filed = file_case(office, office.browser("203.0.113.72"))
    page = filed.client.get(f"/hall/letters/{sent.number}")
    assert LETTER["title"] not in page.text


def test_a_letter_is_chased_answered_and_rated_once(office: Office) -> None:
    sent = send(office)
    address = f"/hall/letters/{sent.number}"
    office.clock.forward(days=1)
    page = sent.client.post(address, data={"do": "chase", "form_end": "1"})
    if page.status_code == 200 and "number-value" not in page.text:
        page = _proved_again(office, sent).get(address)
    office.clock.forward(minutes=5)
    client = _proved_again(office, sent)
    client.post(address, data={"do": "chase", "form_end": "1"})
    assert office.hall.database.value("SELECT chases FROM letter") == 1
    answer(office, sent.number)
    page = client.get(address)
    assert "要办营业执照和食品经营许可" in page.text
    unrated = client.post(address, data={"do": "rate", "form_end": "1"})
    assert unrated.status_code == 422
    rated = client.post(address, data={"do": "rate", "score": "1", "form_end": "1"})
    assert "谢谢您的评价" in text_of(rated.text)
    client.post(address, data={"do": "rate", "score": "5", "form_end": "1"})
    assert office.hall.database.value("SELECT score FROM letter") == 1


def _proved_again(office: Office, sent: Sent) -> TestClient:
    client = office.browser("203.0.113.73")
    client.post("/hall/track", data={"number": sent.number, "code": sent.code, "form_end": "1"})
    return client


def test_only_agreed_answers_are_public_and_hold_no_name_or_phone(office: Office) -> None:
    private = send(office, title="不公开的来信")
    public = send(office, office.browser("203.0.113.74"), title="公开的来信", public="yes")
    client = office.browser("203.0.113.75")
    assert "还没有公开的来信" in client.get("/hall/letters").text
    answer(office, private.number)
    answer(office, public.number)
    page = client.get("/hall/letters").text
    assert "公开的来信" in page
    assert "不公开的来信" not in page
    assert "张示例" not in page
    assert "5550999" not in page
    assert "<script>alert" not in page
    assert "公开的来信" in client.get("/hall/letters?department=market&page=9999").text


def test_a_letter_names_a_case_only_if_its_code_was_proved(office: Office) -> None:
    filed = file_case(office)
    mine = send(office, filed.client, case=filed.number)
    theirs = send(office, office.browser("203.0.113.76"), case=filed.number)
    rows = {
        row["number"]: row["case_id"]
        for row in office.hall.database.rows("SELECT number, case_id FROM letter")
    }
    assert rows[mine.number] is not None
    assert rows[theirs.number] is None


def test_too_many_letters_from_one_address_are_stopped(office: Office) -> None:
    client = office.browser("203.0.113.79")
    values = fields_of(client.get("/hall/letters/new").text, "letters/new")
    statuses = []
    for number in range(31):
        data = {**values, **LETTER, "key": f"k{number}", "step": "check", "do": "send"}
        statuses.append(client.post("/hall/letters/new", data=data, follow_redirects=False).status_code)
    assert statuses == [303] * 30 + [429]


def test_a_letter_about_a_case_stands_on_the_cases_own_page(office: Office) -> None:
    filed = file_case(office)
    mine = send(office, filed.client, case=filed.number, public="")
    page = text_of(filed.client.get(f"/hall/track/{filed.number}").text)
    assert "关于这个办件的来信" in page
    assert mine.number in page
    answer(office, mine.number, "请带上原件到窗口来一次。")
    assert "请带上原件到窗口来一次" in filed.client.get(f"/hall/track/{filed.number}").text
    assert "关于这个办件的来信" not in office.browser("203.0.113.90").get(f"/hall/track/{filed.number}").text


def test_every_kind_of_letter_is_found_from_the_one_page_for_all_numbers(office: Office) -> None:
    for at, kind in enumerate(("suggestion", "praise", "report_error")):
        sent = send(office, office.browser(f"203.0.113.{100 + at}"), kind=kind)
        other = office.browser(f"203.0.113.{110 + at}")
        found = other.post("/hall/track", data={"number": sent.number, "code": sent.code, "form_end": "1"})
        assert sent.number in text_of(found.text)
        assert found.status_code == 200


def test_names_are_offered_only_where_the_county_lists_its_staff(office: Office) -> None:
    client = office.browser()
    page = _walk(client, client.get("/hall/letters/new").text, kind="conduct")
    fields = fields_of(page, "letters/new")
    listed = client.post("/hall/letters/new", data={**fields, "department": "market", "do": "names"}).text
    offered = office.hall.county.settings.letter_names_staff
    assert ('name="chosen"' in listed) is offered
    typed = {"title": "态度不好", "content": "窗口人员骂人，很难听", "department": "market", "do": "next"}
    page = client.post("/hall/letters/new", data={**fields, **typed, "chosen": "coordinator示例"}).text
    assert ('value="coordinator示例"' in page) is True
