"""Scores in a browser: staff and public pages have no faults of access and do not move sideways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.casework.demo_people import PASSWORD
from tests.browser_pages import PHONE, WIDE, faults, looking, sign_in, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.conftest import LiveHall

pytestmark = pytest.mark.browser

PAGES = {
    "scores": "/hall/scores",
    "entries": "/hall/scores/entries",
    "department": "/hall/scores/2026-10/market",
    "persons": "/hall/scores/2026-10/market/persons",
    "mine": "/hall/scores/mine",
    "public scores": "/supervision/scores/",
}


@pytest.mark.parametrize("look", [WIDE, PHONE], ids=lambda look: look.name)
def test_pages_of_scores_have_no_faults(browser: Browser, live_hall: LiveHall, look: object) -> None:
    with looking(browser, live_hall.url, look) as page:  # type: ignore[arg-type]
        sign_in(page, "county-supervisor", PASSWORD)
        assert faults(visit(page, PAGES), PAGES if look is WIDE else ()) == {}
