"""Every staff page no other browser test opens, and the applicant's record: no violation, no sideways movement."""

from __future__ import annotations

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Route

from handlers.app import routes
from handlers.casework.demo_people import PASSWORD
from handlers.guard import guard_of
from tests.browser_journeys import Case, file_quickly, track
from tests.browser_pages import STAFF_PAGES, SUPERVISOR_PAGES, Look, faults, looking, sign_in, visit
from tests.test_browser_scores import PAGES as SCORE_PAGES
from tests.test_browser_statistics import PAGES as STATISTICS_PAGES
from tests.test_site_builder_scores import site as scored_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.conftest import LiveHall

__all__ = ["scored_site"]

pytestmark = pytest.mark.browser

WIDE = Look("1440", width=1440, height=900)
PHONE = Look("390", width=390, height=844)
ELDER = Look("1440 elder", width=1440, height=900, elder=True)
ELDER_PHONE = Look("390 elder", width=390, height=844, elder=True)
# The two that differ most in `make test`, the others between them in `make soak`.
LOOKS = pytest.mark.parametrize(
    "look",
    [
        WIDE,
        ELDER_PHONE,
        pytest.param(PHONE, marks=pytest.mark.soak),
        pytest.param(ELDER, marks=pytest.mark.soak),
    ],
    ids=lambda look: look.name,
)

FIXED: dict[str, dict[str, str]] = {
    "county-supervisor": {
        "watched": "/hall/board/watch", "a department's board": "/hall/board/market",
        "an item's board": "the first item", "card by hand": "/hall/cards/by-hand", "chase": "the first case",
        "an edition": "the first edition",
        "bad ratings": "/hall/staff/ratings", "bad ratings, closed": "/hall/staff/ratings?tab=closed", "a bad rating": "the first bad rating",
    },
    "admin": {
        "access log": "/hall/access-log", "access log, asked wrongly": "/hall/access-log?since=x",
        "deliveries": "/hall/staff/deliveries", "erase": "/hall/staff/erase",
    },
    "market-decider": {"appeal against a card": "the first card", "appeal against a score": "/hall/scores/2026-10/market/appeal"},
}  # fmt: skip
FOUND = {
    "the first item": ("/hall/board/market", "a[href^='/hall/board/market/']", "{}"),
    "the first case": ("/hall/staff/?tab=all", "main table a[href^='/hall/staff/cases/']", "{}"),
    "the first edition": ("/hall/scores", "a[href^='/hall/scores/editions/']", "{}"),
    "the first bad rating": ("/hall/staff/ratings", "main table a[href^='/hall/staff/ratings/']", "{}"),
    "the first card": ("/hall/cards?state=issued&level=2", "main table a[href^='/hall/cards/']", "{}/appeal"),
}


def pages_of(page: Page, login: str) -> dict[str, str]:
    """The pages with their addresses; of what has a number, the first that this reader's lists link to."""
    listed = {}
    for name, address in FIXED[login].items():
        where, link, form = FOUND.get(address, ("", "", ""))
        if where:
            page.goto(where)
            first = page.locator(link).first.get_attribute("href") or ""
            address = form.format(first.partition("?")[0])
            if name == "chase":
                address = first.replace("/cases/", "/chase/")
        listed[name] = address
    return listed


@LOOKS
@pytest.mark.parametrize("login", sorted(FIXED))
def test_the_other_staff_pages_have_no_violation_and_fit(
    browser: Browser, live_hall: LiveHall, login: str, look: Look
) -> None:
    with looking(browser, live_hall.url, look) as page:
        sign_in(page, login, PASSWORD)
        pages = pages_of(page, login)
        assert faults(visit(page, pages)) == {}
        assert "没有找到" not in page.inner_text("h1")


@pytest.fixture(scope="module")
def own_case(browser: Browser, live_hall: LiveHall) -> Case:
    with looking(browser, live_hall.url, WIDE) as page:
        return file_quickly(page)


@LOOKS
def test_the_record_of_ones_own_case_has_no_violation_and_fits(
    browser: Browser, live_hall: LiveHall, own_case: Case, look: Look
) -> None:
    with looking(browser, live_hall.url, look) as page:
        track(page, own_case)
        own = {
            "record": f"/hall/track/{own_case.number}/record", "withdraw": f"/hall/track/{own_case.number}/withdraw",
            "receipt": f"/hall/receipt/{own_case.number}",
        }  # fmt: skip
        assert faults(visit(page, own)) == {}


@pytest.fixture(scope="module")
def scored_portal(scored_site: Path) -> Iterator[str]:
    """A portal with published scores, served as any web server would."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(scored_site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@LOOKS
def test_the_public_pages_of_a_months_scores_have_no_violation_and_fit(
    browser: Browser, scored_portal: str, look: Look
) -> None:
    home = "/supervision/scores/"
    with looking(browser, scored_portal, look) as page:
        page.goto(f"{home}2026-10/")
        department = page.locator(f"main a[href^='{home}2026-10/']").first.get_attribute("href") or ""
        pages = {"month": f"{home}2026-10/", "an old edition": f"{home}2026-10/1/", "department": department}
        assert faults(visit(page, pages)) == {}


def test_every_staff_page_is_under_some_browser_test() -> None:
    opened = [
        *STAFF_PAGES.values(),
        *SUPERVISOR_PAGES.values(),
        *SCORE_PAGES.values(),
        *STATISTICS_PAGES.values(),
    ]
    opened += [address for pages in FIXED.values() for address in pages.values()]
    opened += [
        "/hall/board/market/item",
        "/hall/staff/ratings/N",
        "/hall/staff/chase/N",
        "/hall/scores/editions/1",
        "/hall/cards/1/appeal",
    ]
    opened += ["/hall/staff/cases/N", "/hall/cards/1", "/hall/staff/letters/N", "/hall/orders/1", "/hall/appeals/1",
               "/hall/orders/1/document"]  # fmt: skip  # browser_pages.staff_pages finds these
    paths = {address.partition("?")[0] for address in opened}
    # What is saved or streamed and not shown.
    files = ("/attachments/", "/files/", "-files/", ".docx", ".csv", "table.", "/stream")
    missing = []
    for each in routes():
        guard = guard_of(each)
        if not isinstance(each, Route) or guard is None or guard.public or "GET" not in (each.methods or ()):
            continue
        if each.path.startswith("/api/") or any(part in each.path for part in files):
            continue
        shape = re.compile(re.sub(r"\{\w+(:\w+)?\}", "[^/]+", each.path) + r"$")
        if not any(shape.match(path) for path in paths):
            missing.append(each.path)
    assert missing == []
