"""By keyboard alone, and on paper: skip link, visible focus, no trap; guide, receipt and notice without the frame."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from handlers.casework.demo_cases import PDF
from handlers.casework.demo_people import PASSWORD
from tests.browser_journeys import file_quickly
from tests.browser_pages import FOOD, PUBLIC_PAGES, WIDE, Look, looking, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.conftest import LiveHall

pytestmark = pytest.mark.browser

_FRAME = ("header.top", "footer.foot", ".doors", ".band", ".crumbs", ".skip")
_HERE = """() => {
  const each = document.activeElement;
  if (!each || each === document.body) { return null; }
  const style = getComputedStyle(each);
  const box = each.getBoundingClientRect();
  return {
    place: each.tagName + '#' + each.id + '.' + each.className + '|' + (each.getAttribute('href') || each.name || '') + '|' + each.textContent.trim().slice(0, 30),
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    visible: box.width > 1 && box.height > 1,
  };
}"""


def walk(page: Page, most: int = 400) -> list[str]:
    """Tabs once through the page; each stop must be seen. Ends when the focus leaves the page."""
    stops: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(_HERE)
        if here is None or (stops and here["place"] == stops[0] and len(stops) > 3):
            return stops
        assert here["visible"], here
        assert here["outlined"], here
        stops.append(here["place"])
    raise AssertionError(f"no way out after {most} stops: {stops[-3:]}")


@pytest.mark.parametrize("name", ["home", "item", "search", "first page of the form", "letter", "not found"])
def test_the_tab_key_reaches_everything_and_leaves_again(
    browser: Browser, live_hall: LiveHall, name: str
) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        page.goto(PUBLIC_PAGES[name])
        stops = walk(page)
        assert "skip" in stops[0]
        wanted = page.locator("main a[href]:visible, main button:visible:not([tabindex='-1'])").count()
        in_main = [each for each in stops if not each.startswith("A#.skip")]
        assert len(in_main) >= wanted


def test_the_skip_link_goes_to_the_text(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        page.goto(PUBLIC_PAGES["item"])
        page.keyboard.press("Tab")
        box = page.locator(".skip").bounding_box()
        assert box is not None
        assert box["x"] >= 0, "the skip link shows itself when it has the focus"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_mouse_is_not_needed_to_sign_in_and_open_a_case(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        page.goto("/hall/staff/sign-in")
        page.focus("[name=login]")
        page.keyboard.type("market-reviewer")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/hall/staff/")
        page.keyboard.press("j")
        page.keyboard.press("j")
        second = page.locator("a[data-row-link]").nth(1).get_attribute("href")
        assert page.evaluate("document.activeElement.getAttribute('href')") == second
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        page.wait_for_url("**/hall/staff/cases/*")
        walk(page)


# What A4 leaves between its margins, in CSS pixels.
SHEET = Look("sheet", width=660, height=900)


def printed(page: Page) -> int:
    """Looks at the page as a printer gets it; how many A4 sheets it takes."""
    page.emulate_media(media="print")
    for part in _FRAME:
        for each in page.locator(part).all():
            assert not each.is_visible(), part
    for each in page.locator("main .button, main button").all():
        assert not each.is_visible(), each.inner_text()
    document = page.pdf(format="A4", prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page[^s]", document))


def test_enter_in_a_letters_title_goes_on_with_the_file_attached(
    browser: Browser, live_hall: LiveHall
) -> None:
    pdf = {"name": "照片.pdf", "mimeType": "application/pdf", "buffer": PDF}
    with looking(browser, live_hall.url, WIDE) as page:
        page.goto("/hall/letters/new?kind=suggestion")
        page.set_input_files("#f-upload", [pdf])
        page.press("#f-title", "Enter")
        page.wait_for_selector(".uploaded")
        page.fill("#f-content", "周末也能办事就好了")
        page.fill("#f-title", "希望周末开门")
        page.press("#f-title", "Enter")
        page.wait_for_selector("#f-signed")
        page.check("[name=signed][value=no]")
        page.locator("main .buttons button[value=next]").click()
        assert "照片.pdf" in page.inner_text("main")


def test_the_guide_prints_without_the_frame_and_unfolded(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        page.goto(f"/items/{FOOD}/")
        sheets = printed(page)
        assert 2 <= sheets <= 9
        assert page.locator(".checklist").is_visible()
        assert page.locator("h1").is_visible()


def test_receipt_and_notices_print_as_documents(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        case = file_quickly(page)
        assert printed(page) <= 2
        assert page.locator(".paper").is_visible()
        shown = page.locator(".number-value:visible").all_inner_texts()
        assert shown == [case.code]
        page.emulate_media(media="screen")
        page.goto(f"/hall/track/{case.number}")
        page.goto(page.locator("main a[href^='/hall/notices/']").first.get_attribute("href") or "")
        assert printed(page) == 1
        assert page.locator(".paper-title").is_visible()


def test_a_case_prints_for_the_file(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        sign_in(page, "market-reviewer", PASSWORD)
        page.locator("a[data-row-link]").first.click()
        page.wait_for_url("**/hall/staff/cases/*")
        page.emulate_media(media="print")
        assert not page.locator(".desk-nav").is_visible()
        assert not page.locator(".moves").is_visible()
        page.wait_for_selector("#h-history")


def test_boards_figures_scores_and_the_report_print_whole_and_without_anything_to_click(
    browser: Browser, live_hall: LiveHall
) -> None:
    with looking(browser, live_hall.url, SHEET) as page:
        sign_in(page, "county-supervisor", PASSWORD)
        for path, most in (
            ("/hall/board", 9),
            ("/hall/statistics", 5),
            ("/hall/statistics/quarterly", 8),
            ("/hall/scores", 2),
        ):
            page.goto(path)
            assert printed(page) <= most, path
            for hidden in (".desk-nav", ".desk form", ".chart-canvas"):
                assert page.locator(f"{hidden}:visible").count() == 0, (path, hidden)
            cut = page.evaluate(
                "Array.from(document.querySelectorAll('main table')).filter(each => each.getClientRects().length &&"
                " each.getBoundingClientRect().right > document.documentElement.clientWidth + 1).length"
            )
            assert cut == 0, path
            page.emulate_media(media="screen")
