"""Elder mode: switched on and remembered, every kind of page without a violation, large on a phone too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.casework.demo_people import PASSWORD
from tests.browser_pages import (
    ELDER,
    ELDER_PHONE,
    KINDS,
    PUBLIC_PAGES,
    STAFF_PAGES,
    SUPERVISOR_PAGES,
    WIDE,
    faults,
    looking,
    sign_in,
    staff_pages,
    visit,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.conftest import LiveHall

pytestmark = pytest.mark.browser


def test_public_pages_have_no_violation_and_fit(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, ELDER) as page:
        assert faults(visit(page, PUBLIC_PAGES), axe=KINDS) == {}


def test_public_pages_fit_a_phone(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, ELDER_PHONE) as page:
        assert faults(visit(page, PUBLIC_PAGES), axe=("home", "item")) == {}


@pytest.mark.parametrize(
    ("login", "pages"),
    [("market-coordinator", STAFF_PAGES), ("county-supervisor", SUPERVISOR_PAGES)],
    ids=["clerk", "supervisor"],
)
def test_staff_pages_have_no_violation_and_fit(
    browser: Browser, live_hall: LiveHall, login: str, pages: dict[str, str]
) -> None:
    with looking(browser, live_hall.url, ELDER) as page:
        sign_in(page, login, PASSWORD)
        assert faults(visit(page, staff_pages(page, pages))) == {}


def test_letters_lines_and_buttons_are_as_large_as_promised(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        page.goto("/")
        page.click("[data-elder-switch]")
        for path in ("/help/deadlines/", "/hall/track"):
            page.goto(path)
            size, line = page.evaluate(
                "[getComputedStyle(document.body).fontSize, getComputedStyle(document.body).lineHeight].map(parseFloat)"
            )
            assert size >= 22
            assert line >= 1.5 * size
        box = page.locator("main .button").first.bounding_box()
        assert box is not None
        assert box["height"] >= 56
