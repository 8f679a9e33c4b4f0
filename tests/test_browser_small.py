"""Phone, dark, zoomed to 200 %: every page fits, the telling ones have no violation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.casework.demo_people import PASSWORD
from tests.browser_pages import (
    DARK,
    PHONE,
    PUBLIC_PAGES,
    STAFF_PAGES,
    SUPERVISOR_PAGES,
    TABLET,
    TELLING_PAGES,
    ZOOMED,
    Look,
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


@pytest.mark.parametrize(
    ("look", "axe"),
    [(PHONE, TELLING_PAGES), (TABLET, ()), (ZOOMED, ("home", "item"))],
    ids=lambda each: each.name if isinstance(each, Look) else "",
)
def test_public_pages_fit(browser: Browser, live_hall: LiveHall, look: Look, axe: tuple[str, ...]) -> None:
    with looking(browser, live_hall.url, look) as page:
        assert faults(visit(page, PUBLIC_PAGES), axe) == {}


def test_dark_pages_keep_their_contrast(browser: Browser, live_hall: LiveHall) -> None:
    pages = {name: PUBLIC_PAGES[name] for name in TELLING_PAGES}
    with looking(browser, live_hall.url, DARK) as page:
        assert faults(visit(page, pages)) == {}
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(int(each) for each in ground.strip("rgb()").split(",")) < 60


@pytest.mark.parametrize("look", [PHONE, DARK], ids=lambda look: look.name)
@pytest.mark.parametrize(
    ("login", "pages"),
    [("market-coordinator", STAFF_PAGES), ("county-supervisor", SUPERVISOR_PAGES)],
    ids=["clerk", "supervisor"],
)
def test_staff_pages_fit(
    browser: Browser, live_hall: LiveHall, look: Look, login: str, pages: dict[str, str]
) -> None:
    with looking(browser, live_hall.url, look) as page:
        sign_in(page, login, PASSWORD)
        closely = ("case", "board") if look.dark else ("desk", "card")
        assert faults(visit(page, staff_pages(page, pages)), closely) == {}


def test_zoomed_text_is_not_cut_off(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, ZOOMED) as page:
        page.goto(PUBLIC_PAGES["item"])
        cut = page.evaluate(
            """Array.from(document.querySelectorAll('main h1, main h2, main p, main dd, main .button'))
               .filter(each => each.offsetParent && !each.closest('.sr') && getComputedStyle(each).overflow === 'hidden'
                               && each.scrollWidth > each.clientWidth + 1).map(each => each.outerHTML.slice(0, 120))"""
        )
        assert cut == []
