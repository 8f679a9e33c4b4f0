"""What the browser tests share: the kinds of pages, contexts for wide, phone, elder, dark and script-less use, axe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOOD = "11990121MB0000238C4990123001001"
BIRTH_PLAIN = "生小孩上户口"

# One page of every kind the portal and the handlers have.
PUBLIC_PAGES = {
    "home": "/",
    "item": f"/items/{FOOD}/",
    "departments": "/departments/",
    "department": "/departments/market/",
    "themes": "/themes/",
    "life events": "/life/",
    "life event": "/life/shop/",
    "all items": "/items/",
    "alphabet": "/alphabet/",
    "changes": "/changes/",
    "disclosure": "/disclosure/",
    "news": "/news/",
    "data": "/data/",
    "sitemap": "/sitemap/",
    "help": "/help/",
    "supervision": "/supervision/",
    "search": "/hall/search?q=开饭店",
    "search without a hit": "/hall/search?q=zzzzqqqq",
    "apply": f"/hall/apply/{FOOD}",
    "track": "/hall/track",
    "letter": "/hall/letters/new",
    "letters": "/hall/letters",
    "rate": "/hall/rate",
    "feedback": "/hall/feedback",
    "drafts": "/hall/drafts",
    "sign in": "/hall/staff/sign-in",
    "not found": "/no/such/page/",
}
STAFF_PAGES = {
    "desk": "/hall/staff/",
    "letters desk": "/hall/staff/letters",
    "account": "/hall/staff/account",
    "messages": "/hall/staff/messages",
}
SUPERVISOR_PAGES = {"board": "/hall/board", "cards": "/hall/cards"}


@dataclass(frozen=True)
class Look:
    """One way of looking at a page."""

    name: str
    width: int = 1280
    height: int = 900
    elder: bool = False
    dark: bool = False
    script: bool = True


WIDE = Look("wide")
PHONE = Look("phone", width=360, height=740)
ELDER = Look("elder", elder=True)
ELDER_PHONE = Look("elder phone", width=360, height=740, elder=True)
DARK = Look("dark", dark=True)
NO_SCRIPT = Look("no script", script=False)


@contextmanager
def looking(browser: Browser, url: str, look: Look) -> Iterator[Page]:
    """A page whose console errors and failed requests end the test when the block ends."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": look.width, "height": look.height},
        color_scheme="dark" if look.dark else "light",
        java_script_enabled=look.script,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    if look.elder:
        context.add_init_script("try { localStorage.setItem('hall-elder', '1') } catch (e) {}")
    faults: list[str] = []
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if _is_fault(message) else None)
    page.on("request", lambda request: faults.append(request.url) if _is_foreign(request, url) else None)
    try:
        yield page
    finally:
        context.close()
    assert faults == []


def _is_fault(message: Any) -> bool:
    # A page answered with 4xx is what some tests ask for; the browser notes it as an error of the console.
    return message.type == "error" and "status of 4" not in message.text


def _is_foreign(request: Any, url: str) -> bool:
    return not request.url.startswith((url, "data:", "blob:", "about:"))


def violations(page: Page) -> list[str]:
    """What axe finds wrong (WCAG 2.1 A and AA, best practices), one line each with the first place."""
    found = Axe().run(page)
    return [
        f"{each['id']}: {each['help']} ({each['nodes'][0]['html'][:160]})"
        for each in found.response["violations"]
    ]


def sideways(page: Page) -> int:
    """How many pixels the page can be moved sideways: 0 on a page that fits."""
    moved: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return moved


def sign_in(page: Page, login: str, password: str) -> None:
    """Through the page, as a member of staff does."""
    page.goto("/hall/staff/sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url("**/hall/staff/**")
