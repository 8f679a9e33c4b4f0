"""What the browser tests share: the kinds of pages, contexts for wide, phone, elder, dark and script-less use, axe."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
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
    "blank form": f"/items/{FOOD}/form/",
    "filled sample": f"/items/{FOOD}/sample/",
    "item history": f"/items/{FOOD}/history/",
    "all items": "/items/",
    "departments": "/departments/",
    "department": "/departments/market/",
    "themes": "/themes/",
    "applicant kinds": "/applicants/",
    "item types": "/types/",
    "depths": "/depth/",
    "life events": "/life/",
    "life event": "/life/shop/",
    "alphabet": "/alphabet/",
    "look door": "/query/",
    "ask door": "/consult/",
    "rate door": "/rate/",
    "watch door": "/supervision/",
    "rules": "/supervision/rules/",
    "scores": "/supervision/scores/",
    "states": "/supervision/states/",
    "calendar": "/supervision/calendar/2026/",
    "changes": "/changes/",
    "disclosure": "/disclosure/",
    "disclosure entry": "/disclosure/02-regulations/01-normative/promise-limits/",
    "news": "/news/",
    "notice": "/news/notices/2026-11-05-food-licence/",
    "data": "/data/",
    "sitemap": "/sitemap/",
    "help": "/help/",
    "help article": "/help/deadlines/",
    "about": "/about/accessibility/",
    "search": "/hall/search?q=开饭店",
    "search without a hit": "/hall/search?q=zzzzqqqq",
    "apply": f"/hall/apply/{FOOD}",
    "first page of the form": f"/hall/apply/{FOOD}/new/applicant",
    "drafts": "/hall/drafts",
    "track": "/hall/track",
    "letter": "/hall/letters/new",
    "letter about conduct": "/hall/letters/new?kind=conduct&department=market",
    "letters": "/hall/letters",
    "check an order": "/hall/check/order",
    "track a letter": "/hall/letters/track",
    "rate": "/hall/rate",
    "feedback": "/hall/feedback",
    "sign in": "/hall/staff/sign-in",
    "not found": "/no/such/page/",
}
# Stamped from the same template as another page: looked at closely once, on a wide screen.
ALIKE = (
    "applicant kinds",
    "item types",
    "depths",
    "themes",
    "look door",
    "ask door",
    "rate door",
    "track a letter",
    "rate",
)
KINDS = tuple(name for name in PUBLIC_PAGES if name not in ALIKE)
# Where a narrow or dark page differs from a wide one beyond its width.
TELLING_PAGES = ("home", "item", "changes", "search", "first page of the form", "calendar", "filled sample")
STAFF_PAGES = {
    "desk": "/hall/staff/?tab=all",
    "nothing found": "/hall/staff/?q=zzzz",
    "window": "/hall/staff/window",
    "letters desk": "/hall/staff/letters",
    "account": "/hall/staff/account",
    "messages": "/hall/staff/messages",
}
SUPERVISOR_PAGES = {
    "board": "/hall/board",
    "cards": "/hall/cards",
    "letters": "/hall/staff/letters",
    "orders": "/hall/orders?tab=open",
    "order by hand": "/hall/orders/new",
    "conduct": "/hall/staff/conduct",
    "orders that are done": "/hall/orders?tab=done",
    "cards to confirm": "/hall/cards/pending",
}
Visited = Iterable[tuple[str, "Page"]]


@dataclass(frozen=True)
class Look:
    """One way of looking at a page."""

    name: str
    width: int = 1280
    height: int = 900
    elder: bool = False
    dark: bool = False
    script: bool = True
    scale: float = 1


WIDE = Look("wide")
PHONE = Look("phone", width=360, height=740)
TABLET = Look("tablet", width=768, height=1000)
# A 1280 px screen zoomed to 200 %.
ZOOMED = Look("zoomed", width=640, height=450, scale=2)
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
        device_scale_factor=look.scale,
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
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    return [
        f"{each['id']}: {each['help']} ({each['nodes'][0]['html'][:160]})"
        for each in found.response["violations"]
    ]


def sideways(page: Page) -> int:
    """How many pixels the page can be moved sideways: 0 on a page that fits."""
    moved: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return moved


def visit(page: Page, paths: Mapping[str, str]) -> Visited:
    """Opens one page after the other."""
    for name, path in paths.items():
        page.goto(path)
        yield name, page


def faults(visited: Visited, axe: Collection[str] | None = None) -> dict[str, list[str]]:
    """What is wrong, by page: sideways movement everywhere, axe's findings on all or on those named in `axe`."""
    found: dict[str, list[str]] = {}
    for name, page in visited:
        wrong = violations(page) if axe is None or name in axe else []
        if over := sideways(page):
            wrong.append(f"moves sideways by {over} px")
        if wrong:
            found[name] = wrong
    return found


def sign_in(page: Page, login: str, password: str) -> None:
    """Through the page, as a member of staff does."""
    page.goto("/hall/staff/sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url("**/hall/staff/**")


def staff_pages(page: Page, pages: Mapping[str, str]) -> dict[str, str]:
    """The pages, and the first case and card that this reader's lists link to."""
    listed = dict(pages)
    for name, where, link in (
        ("case", "/hall/staff/?tab=all", "/hall/staff/cases/"),
        ("card", "/hall/cards", "/hall/cards/"),
        ("a letter", "/hall/staff/letters", "/hall/staff/letters/"),
        ("a complaint about conduct", "/hall/staff/conduct", "/hall/staff/letters/"),
        ("an order", "/hall/orders?tab=decide", "/hall/orders/"),
        ("an order of cards", "/hall/orders?tab=open", "/hall/orders/"),
        ("an appeal", "/hall/orders?tab=decide", "/hall/appeals/"),
    ):
        answer = page.request.get(where)
        if answer.status == 200:
            page.goto(where)
            # A row of the list, not a button above it.
            rows = page.locator(f"main table a[href^='{link}']")
            first = (
                rows.first if rows.count() else page.locator(f"main .desk-main li a[href^='{link}']").first
            )
            if first.count():
                listed[name] = first.get_attribute("href") or ""
    if "an order" in listed:
        listed["an order's paper"] = f"{listed['an order']}/document"
    return listed
