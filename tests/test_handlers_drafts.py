"""Going on with drafts: those of this device are listed and can be deleted."""

from __future__ import annotations

import re

from tests.filling_fixtures import APPLICANT, filled_draft, post_section
from tests.handlers_fixtures import EVERYTHING, Office
from tests.page_fixtures import fields_of, text_of

NEW = f"/hall/apply/{EVERYTHING}/new"


def test_drafts_of_this_device_are_listed_and_lead_to_the_first_open_page(office: Office) -> None:
    client = office.browser()
    post_section(client, NEW, "applicant", APPLICANT)
    page = client.get("/hall/drafts")
    assert "样样都问的许可" in page.text
    assert re.search(rf'href="/hall/apply/{EVERYTHING}/[0-9a-f]{{8}}/agent"', page.text)
    assert "样样都问的许可" not in office.browser("203.0.113.98").get("/hall/drafts").text


def test_a_draft_is_deleted_by_who_holds_it(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    handle = draft.split("/")[-1]
    stranger = office.browser("203.0.113.98")
    stranger.post("/hall/drafts", data={"delete": handle, "form_end": "1"})
    assert office.hall.database.value("SELECT count(*) FROM draft") == 1
    client.post("/hall/drafts", data={"delete": handle, "form_end": "1"})
    assert office.hall.database.value("SELECT count(*) FROM draft") == 0
    assert client.get(f"{draft}/check").status_code == 410


def test_a_draft_deleted_in_another_tab_or_expired_is_deleted_all_the_same(office: Office) -> None:
    client = office.browser()
    handles = [filled_draft(client).split("/")[-1] for _ in range(2)]
    other = office.browser()
    other.cookies = client.cookies
    other.post("/hall/drafts", data={"delete": handles[0], "form_end": "1"})
    assert office.hall.database.value("SELECT count(*) FROM draft") == 1
    again = client.post("/hall/drafts", data={"delete": handles[0], "form_end": "1"})
    assert again.status_code == 200
    assert "deleted=1" in str(again.url)
    office.clock.forward(minutes=60 * 24 * 100)
    assert client.post("/hall/drafts", data={"delete": handles[1], "form_end": "1"}).status_code == 200


def test_a_draft_that_was_sent_leads_to_its_receipt(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    page = client.get(f"{draft}/check").text
    code = re.search(r"续办码 <b[^>]*>([^<]+)<", page)
    assert code is not None
    receipt = client.post(f"{draft}/check", data={**fields_of(page, "/check"), "truth": "yes"})
    other = office.browser("203.0.113.97")
    again = other.post("/hall/drafts", data={"code": code[1], "form_end": "1"})
    assert again.url.path == receipt.url.path
    assert "样样都问的许可" not in client.get("/hall/drafts").text


def test_the_page_is_plain_without_any_draft(office: Office) -> None:
    words = text_of(office.browser().get("/hall/drafts").text)
    assert "没有续办码" in words
    empty = office.browser().post("/hall/drafts", data={"code": "", "form_end": "1"})
    assert empty.status_code == 422
