"""Every kind of page on a wide screen: no accessibility violation, no sideways movement; all of it without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.casework.demo_people import PASSWORD
from tests.browser_journeys import file_quickly
from tests.browser_pages import (
    NO_SCRIPT,
    PUBLIC_PAGES,
    STAFF_PAGES,
    SUPERVISOR_PAGES,
    WIDE,
    faults,
    looking,
    sign_in,
    staff_pages,
    violations,
    visit,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.conftest import LiveHall

pytestmark = pytest.mark.browser


def test_public_pages_have_no_violation_and_fit(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        assert faults(visit(page, PUBLIC_PAGES)) == {}


@pytest.mark.parametrize(
    ("login", "pages"),
    [("market-coordinator", STAFF_PAGES), ("county-supervisor", SUPERVISOR_PAGES)],
    ids=["clerk", "supervisor"],
)
def test_staff_pages_have_no_violation_and_fit(
    browser: Browser, live_hall: LiveHall, login: str, pages: dict[str, str]
) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        sign_in(page, login, PASSWORD)
        assert faults(visit(page, staff_pages(page, pages))) == {}


def test_the_pages_of_an_application_have_no_violation(browser: Browser, live_hall: LiveHall) -> None:
    found: dict[str, list[str]] = {}

    def look(page: Page) -> None:
        if wrong := violations(page):
            found[page.url] = wrong

    with looking(browser, live_hall.url, WIDE) as page:
        case = file_quickly(page, look)
        look(page)
        for path in (f"/hall/track/{case.number}", f"/hall/track/{case.number}/withdraw"):
            page.goto(path)
            look(page)
        page.goto(f"/hall/track/{case.number}")
        page.goto(page.locator("main a[href^='/hall/notices/']").first.get_attribute("href") or "")
        look(page)
    assert found == {}


def test_every_public_page_says_its_piece_without_script(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, NO_SCRIPT) as page:
        for name, shown in visit(page, PUBLIC_PAGES):
            assert shown.locator("h1").count() == 1, name
            assert len(shown.locator("main").inner_text()) > 20, name
            assert shown.locator("html").get_attribute("lang") == "zh-CN", name


def test_type_ahead_offers_the_item_with_department_and_limit(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        page.goto("/")
        page.fill("#hero-q", "开饭店")
        page.wait_for_selector("[role=option]")
        text = page.locator("[role=option]").first.inner_text()
        assert "食品经营许可" in text
        assert "5个工作日" in text
        page.fill("#hero-q", "spjyxk")
        page.wait_for_function("document.querySelector('[role=option]')?.innerText.includes('食品经营许可')")
