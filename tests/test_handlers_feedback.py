"""发现错误: a mistake in a page becomes a consultation to the page's department."""

from __future__ import annotations

from handlers.feedback import page_address
from tests.handlers_fixtures import FOOD, Office
from tests.page_fixtures import fields_of, text_of


def test_a_mistake_in_an_items_page_reaches_its_department(office: Office) -> None:
    client = office.browser()
    page = client.get(f"/hall/feedback?page=/items/{FOOD}/")
    values = fields_of(page.text, "feedback")
    assert values["page"] == [f"/items/{FOOD}/"]
    assert "市场监督管理局" in page.text
    done = client.post("/hall/feedback", data={**values, "wrong": "电话打不通", "right": "0000-5550146"})
    assert "已经提交" in text_of(done.text)
    row = office.hall.database.row("SELECT department, title, item_code, kind FROM letter")
    assert row is not None
    assert (row["department"], row["item_code"], row["kind"]) == ("market", FOOD, "report_error")
    assert row["title"].startswith("页面纠错：食品经营许可")


def test_a_mistake_elsewhere_reaches_the_office_that_runs_the_site(office: Office) -> None:
    client = office.browser()
    values = fields_of(client.get("/hall/feedback?page=/about/privacy/").text, "feedback")
    client.post("/hall/feedback", data={**values, "wrong": "有错别字"})
    assert office.hall.database.value("SELECT department FROM letter") == "government-office"


def test_an_empty_report_is_told_at_its_field(office: Office) -> None:
    page = office.browser().post("/hall/feedback", data={"page": "/x/", "phone": "123", "form_end": "1"})
    assert page.status_code == 422
    assert 'id="e-wrong"' in page.text


def test_only_a_path_of_this_site_is_kept_of_a_pages_address() -> None:
    assert page_address("/items/abc/?q=张三#x") == "/items/abc/"
    assert page_address("https://hall.example/items/abc/") == "/items/abc/"
    assert page_address("//evil.example/x") == ""
    assert page_address("javascript:alert(1)") == ""
    assert page_address("") == ""
