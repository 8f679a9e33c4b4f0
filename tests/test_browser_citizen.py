"""A citizen opens a restaurant: from 开饭店 on a phone to the receipt; the same without script."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.browser_journeys import (
    AGENT,
    APPLICANT,
    DELIVERY,
    EQUIPMENT,
    LATER,
    LIST,
    PEOPLE,
    PLACE,
    WHAT,
    answer,
    begin,
    fill_page_without_script,
    fill_pages,
    go_on,
    receipt_of,
    title,
    track,
    upload,
)
from tests.browser_pages import FOOD, NO_SCRIPT, PHONE, looking, sideways

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.conftest import LiveHall

pytestmark = pytest.mark.browser


def cases_in(hall: LiveHall) -> int:
    with sqlite3.connect(f"file:{hall.database}?mode=ro", uri=True) as database:
        count: int = database.execute("SELECT count(*) FROM cases").fetchone()[0]
    return count


def focused(page: Page) -> str:
    """The id of what has the focus."""
    name: str = page.evaluate("document.activeElement.id")
    return name


def test_a_phone_finds_the_licence_by_an_everyday_phrase_and_reads_its_guide(
    browser: Browser, live_hall: LiveHall
) -> None:
    with looking(browser, live_hall.url, PHONE) as page:
        page.goto("/")
        page.fill("#hero-q", "开饭店")
        page.wait_for_selector("#hero-q-list [role=option]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/hall/search?*")
        first = page.locator(".item-list a").first
        assert "食品经营许可（新办）" in first.inner_text()
        first.click()
        page.wait_for_url(f"**/items/{FOOD}/")
        facts = page.inner_text(".facts")
        assert "5个工作日" in facts
        assert "不收费" in facts
        page.locator("[data-checklist] input").first.check()
        assert "1 / " in page.inner_text("[data-checklist-count]")
        assert sideways(page) == 0
        page.get_by_role("link", name="开始办理").first.click()
        page.wait_for_url(f"**/hall/apply/{FOOD}")


def test_a_phone_applies_saves_resumes_elsewhere_and_a_double_click_files_once(
    browser: Browser, live_hall: LiveHall
) -> None:
    with looking(browser, live_hall.url, PHONE) as page:
        begin(page)
        go_on(page)
        assert focused(page) == "errors"
        assert "请填写" in page.inner_text("#errors")
        page.locator("#errors a").first.click()
        assert page.evaluate("document.activeElement.closest('.field') !== null")
        fill_pages(page, [APPLICANT, AGENT, PLACE])
        conditional_fields_come_and_go(page)
        answer(page, WHAT)
        go_on(page, LATER)
        code = page.inner_text(".number-value")
    with looking(browser, live_hall.url, PHONE) as page:
        page.goto("/hall/drafts")
        page.fill("[name=code]", code)
        go_on(page, "main .buttons button[type=submit]")
        assert "/part3" in page.url, page.url
        a_row_is_added(page)
        go_on(page)
        fill_pages(page, [EQUIPMENT])
        upload(page)
        page.wait_for_selector(".chosen canvas")
        assert "制度清单.pdf" in page.locator(".chosen").all_inner_texts()[1]
        go_on(page)
        fill_pages(page, [DELIVERY])
        assert title(page) == "核对并提交"
        summary = page.inner_text("main")
        for words in ("示例小馆", "李样本", "平面图.png", "制度清单.pdf", "热食类食品制售", "到窗口领取"):
            assert words in summary
        assert sideways(page) == 0
        page.check("[name=truth]")
        before = cases_in(live_hall)
        page.dblclick("main .button.large[type=submit]")
        page.wait_for_url("**/hall/receipt/*")
        case = receipt_of(page)
        assert cases_in(live_hall) == before + 1
    with looking(browser, live_hall.url, PHONE) as page:
        track(page, case)
        assert "待预审" in page.inner_text(".number-value")
        page.get_by_text("为什么是这一天").first.click()
        days = page.locator(".trace[open] .trace-days li")
        assert days.count() >= 2
        assert "第1天" in page.inner_text(".trace[open] .trace-days")
        assert sideways(page) == 0


def conditional_fields_come_and_go(page: Page) -> None:
    """On the page 做什么: a platform is asked for only when one sells online."""
    assert page.locator("#f-platform").is_hidden()
    page.check("[name=online][value=yes]")
    assert page.locator("#f-platform").is_visible()
    page.check("[name=online][value=no]")
    assert page.locator("#f-platform").is_hidden()


def a_row_is_added(page: Page) -> None:
    """On the page 人员: a second manager."""
    page.click("[data-rows=managers] [data-add-row]")
    answer(
        page,
        PEOPLE
        | {
            "managers.1.name": "李样本",
            "managers.1.id_number": "990121198511120024",
            "managers.1.duty": "厨师长",
        },
    )


def test_a_disguised_file_is_refused_beside_its_field_and_what_was_typed_stays(
    browser: Browser, live_hall: LiveHall
) -> None:
    with looking(browser, live_hall.url, PHONE) as page:
        begin(page)
        fill_pages(page, [APPLICANT, AGENT, PLACE, WHAT, PEOPLE, EQUIPMENT])
        wrong = {"name": "平面图.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90 no document at all"}
        page.set_input_files("[name=material_layout]", [wrong])
        page.set_input_files("[name=material_rules_list]", [LIST])
        go_on(page)
        assert focused(page) == "errors"
        assert page.locator("#e-material_layout").is_visible()
        assert "制度清单.pdf" in page.inner_text(".uploaded")


def test_without_script_the_same_errand_is_filed_once_and_tracked(
    browser: Browser, live_hall: LiveHall
) -> None:
    with looking(browser, live_hall.url, NO_SCRIPT) as page:
        page.goto("/")
        page.fill("#hero-q", "开饭店")
        page.click(".hero-search button")
        page.wait_for_url("**/hall/search?*")
        page.locator(".item-list a").first.click()
        page.get_by_role("link", name="开始办理").first.click()
        page.get_by_role("link", name="开始办理").click()
        # Without script a question that an answer calls up appears after saving.
        assert fill_page_without_script(page, APPLICANT) == 3, "kind, then its papers, then their number"
        for answers in (AGENT, PLACE, WHAT):
            fill_page_without_script(page, answers)
        page.click("[name=add_row][value=managers]")
        page.wait_for_selector("[name='managers.1.name']")
        page.click("[name=remove_row][value='managers.1']")
        answer(page, PEOPLE)
        go_on(page)
        fill_pages(page, [EQUIPMENT])
        upload(page)
        go_on(page)
        assert "delivery" in page.url, page.url
        fill_pages(page, [DELIVERY])
        page.check("[name=truth]")
        before = cases_in(live_hall)
        page.dblclick("main .button.large[type=submit]")
        page.wait_for_url("**/hall/receipt/*")
        case = receipt_of(page)
        page.go_back()
        assert receipt_of(page) == case, "the form that was sent is not offered again"
        assert cases_in(live_hall) == before + 1
    with looking(browser, live_hall.url, NO_SCRIPT) as page:
        track(page, case)
        page.get_by_text("为什么是这一天").first.click()
        assert page.locator(".trace[open] .trace-days li").first.is_visible()
        page.get_by_role("link", name="撤回申请").click()
        page.check("[name=sure]")
        go_on(page, "main .button.danger")
        assert "已撤回" in page.inner_text("main")


def test_a_wrong_code_shows_nothing_of_the_case(browser: Browser, live_hall: LiveHall) -> None:
    with sqlite3.connect(f"file:{live_hall.database}?mode=ro", uri=True) as database:
        number, masked = database.execute("SELECT number, applicant_masked FROM cases LIMIT 1").fetchone()
    with looking(browser, live_hall.url, PHONE) as page:
        page.goto("/hall/track")
        page.fill("[name=number]", number)
        page.fill("[name=code]", "ABCD2345")
        go_on(page, "main .buttons button[type=submit]")
        assert focused(page) == "errors"
        assert masked not in page.inner_text("main")
        assert page.input_value("[name=number]") == number
        page.goto(f"/hall/receipt/{number}")
        assert masked not in page.inner_text("main")
