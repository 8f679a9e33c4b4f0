"""The errand the browser tests walk: a food licence applied for page by page, and what staff do with it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from handlers.casework.demo_cases import PDF
from tests.browser_pages import FOOD

if TYPE_CHECKING:
    from playwright.sync_api import Page

APPLICANT = {
    "applicant_kind": "1",
    "applicant_name": "张示例",
    "applicant_id_type": "111",
    "applicant_id_number": "990121199003070010",
    "contact_name": "张示例",
    "contact_phone": "0000-5550199",
    "contact_address": "青禾县城关镇人民路示例8号",
}
AGENT = {"by_agent": "no"}
PLACE = {
    "shop_name": "示例小馆",
    "address": "青禾县城关镇人民路示例8号",
    "area": "86",
    "tenure": "rent",
    "has_warehouse": "yes",
    "warehouse": "青禾县清水镇清水街示例12号",
}
WHAT = {
    "entity": "catering",
    "marks": "none",
    "projects": ("hot", "drink"),
    "online": "no",
    "uses_machines": "no",
}
PEOPLE = {
    "managers.0.name": "张示例",
    "managers.0.id_number": "990121199003070010",
    "managers.0.duty": "店长",
    "staff": "4",
    "healthy": "3",
}
EQUIPMENT = {
    "equipment.0.name": "热力消毒柜",
    "equipment.0.count": "1",
    "equipment.0.place": "餐具清洗消毒间",
    "seats": "32",
    "visit_from": "2027-01-08",
}
DELIVERY = {"delivery": "window"}
NEXT = ".buttons button[name=do][value=next]"
LATER = ".buttons button[name=do][value=leave]"


@dataclass(frozen=True)
class Case:
    """What an applicant holds: the case number and the query code."""

    number: str
    code: str


def picture() -> bytes:
    """A small PNG: a floor plan drawn by hand."""
    image = Image.new("RGB", (320, 240), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 20, 300, 220), outline="black", width=3)
    pen.line((160, 20, 160, 220), fill="black", width=2)
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()


PLAN = {"name": "平面图.png", "mimeType": "image/png", "buffer": picture()}
LIST = {"name": "制度清单.pdf", "mimeType": "application/pdf", "buffer": PDF}


def answer(page: Page, answers: Mapping[str, str | Sequence[str]], *, shown_only: bool = False) -> None:
    """Fills a page of the form as a person does, whatever kind of question each is."""
    for name, value in answers.items():
        control = page.locator(f"[name='{name}']")
        if shown_only and not control.first.is_visible():
            continue
        kind = control.first.get_attribute("type")
        if kind in ("radio", "checkbox"):
            for each in (value,) if isinstance(value, str) else value:
                page.check(f"[name='{name}'][value='{each}']")
        elif control.first.evaluate("each => each.tagName") == "SELECT":
            control.select_option(str(value))
        else:
            control.fill(str(value))


def go_on(page: Page, button: str = NEXT) -> None:
    """Saves a page of the form and waits for what follows."""
    with page.expect_navigation():
        page.click(button)


def title(page: Page) -> str:
    """The page's heading."""
    return page.inner_text("h1")


def begin(page: Page) -> None:
    """From the start page of the application into its first page."""
    page.goto(f"/hall/apply/{FOOD}")
    page.get_by_role("link", name="开始办理").click()


def fill_pages(page: Page, pages: Sequence[Mapping[str, str | Sequence[str]]]) -> None:
    """Page after page, each saved."""
    for answers in pages:
        answer(page, answers)
        go_on(page)


def fill_page_without_script(page: Page, answers: Mapping[str, str | Sequence[str]]) -> int:
    """Saves until the page has asked all that the answers call up; how often it had to be saved."""
    section, times = page.url.rpartition("/")[2], 0
    while page.url.endswith(f"/{section}"):
        answer(page, answers, shown_only=True)
        go_on(page)
        times += 1
        assert times < 4, page.inner_text("main")
    return times


def upload(page: Page) -> None:
    """The two files that the food licence asks for."""
    page.set_input_files("[name=material_layout]", [PLAN])  # type: ignore[list-item]
    page.set_input_files("[name=material_rules_list]", [LIST])  # type: ignore[list-item]


def receipt_of(page: Page) -> Case:
    """Number and code as they stand on the receipt."""
    values = page.locator(".number-value:visible").all_inner_texts()
    assert re.fullmatch(r"QH\d{15}", values[0]), values
    assert re.fullmatch(r"[A-Z0-9]{4}-?[A-Z0-9]{4}", values[1]), values
    return Case(values[0], values[1])


def file_quickly(page: Page, look: Callable[[Page], None] = lambda page: None) -> Case:
    """A whole application; `look` is called on every page of the form once it is filled in."""
    begin(page)
    for answers in (APPLICANT, AGENT, PLACE, WHAT, PEOPLE, EQUIPMENT):
        answer(page, answers)
        look(page)
        go_on(page)
    upload(page)
    look(page)
    go_on(page)
    fill_pages(page, [DELIVERY])
    look(page)
    page.check("[name=truth]")
    go_on(page, "main .button.large[type=submit]")
    return receipt_of(page)


def track(page: Page, case: Case) -> None:
    """Asks for a case by number and code."""
    page.goto("/hall/track")
    page.fill("[name=number]", case.number)
    page.fill("[name=code]", case.code)
    page.click("main .buttons button[type=submit]")
    page.wait_for_url(f"**/hall/track/{case.number}")


def move(page: Page, number: str, name: str, **values: Any) -> None:
    """Makes a move on the case page through its form."""
    page.goto(f"/hall/staff/cases/{number}")
    form = page.locator(f"#move-{name}")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    for need, value in values.items():
        control = form.locator(f"[name='{name}.{need}']")
        if control.first.get_attribute("type") == "checkbox":
            form.locator(f"[name='{name}.{need}'][value='{value}']").check()
        elif control.evaluate("each => each.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(str(value))
    with page.expect_navigation():
        form.locator(".buttons button[type=submit]").click()
