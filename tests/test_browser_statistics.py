"""Statistics in a browser: charts are drawn over their tables, without script the tables stand, axe finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.casework.demo_people import PASSWORD
from tests.browser_pages import NO_SCRIPT, PHONE, WIDE, faults, looking, sign_in, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.conftest import LiveHall

pytestmark = pytest.mark.browser

PAGES = {
    "statistics": "/hall/statistics",
    "by month": "/hall/statistics?group=month&period=2026",
    "quarterly": "/hall/statistics/quarterly",
    "definitions": "/hall/statistics/definitions",
    "cases behind": "/hall/statistics/cases?measure=filed&period=2026",
    "public figures": "/supervision/figures/",
}


@pytest.mark.parametrize("look", [WIDE, PHONE], ids=lambda look: look.name)
def test_pages_of_statistics_have_no_faults(browser: Browser, live_hall: LiveHall, look: object) -> None:
    with looking(browser, live_hall.url, look) as page:  # type: ignore[arg-type]
        sign_in(page, "county-supervisor", PASSWORD)
        assert faults(visit(page, PAGES), PAGES if look is WIDE else ()) == {}


def test_a_chart_is_drawn_and_its_table_folded_until_asked_for(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        sign_in(page, "county-supervisor", PASSWORD)
        page.goto(PAGES["statistics"])
        page.wait_for_selector(".chart canvas")
        first = page.locator(".chart").first
        assert not first.locator("table").is_visible()
        first.locator("summary").click()
        assert first.locator("table").is_visible()
        with page.expect_download() as saved:
            first.locator("[data-chart-csv]").click()
        text = saved.value.path().read_text(encoding="utf-8-sig")
        assert text.startswith("部门,收件（件）")


def test_without_script_the_tables_say_it_all(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, NO_SCRIPT) as page:
        sign_in(page, "county-supervisor", PASSWORD)
        page.goto(PAGES["statistics"])
        assert page.locator(".chart table").first.is_visible()
        assert page.locator(".chart-canvas:visible").count() == 0
