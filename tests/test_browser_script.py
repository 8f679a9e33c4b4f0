"""What hall.js adds to a portal without handlers: elder mode, type-ahead, filters, ticks, help in forms."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from catalog.form_schema import Condition, FormField, Option
from catalog.root import Root
from presentation.body_templates import templates
from presentation.page import Shell
from site_builder.compile import build
from tests.browser_pages import NO_SCRIPT, WIDE, looking
from tests.site_builder_fixtures import FULL_CODE, IMMEDIATE_CODE, make_root

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"


class _Quiet(SimpleHTTPRequestHandler):
    """Files under the strict policy that the hall sends."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = Root(make_root(tmp_path_factory.mktemp("county")))
    build(root, index=False)
    site = root.path / "site"
    _write_form(site)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _write_form(site: Path) -> None:
    """A page with a form of the kinds that the script helps with."""
    choice = FormField(
        id="kind", label="方式", type="choice", options=(Option(value="eat", label="餐饮"), Option(value="sell", label="销售"))
    )  # fmt: skip
    fields = [
        FormField(id="number", label="身份证号", type="id_number"),
        choice,
        FormField(id="seats", label="座位", type="integer", when=Condition(field="kind", equals="eat")),
        FormField(
            id="staff", label="人员", type="table", max_rows=3,
            columns=(FormField(id="name", label="姓名"), FormField(id="note", label="备注", required=False)),
        ),
        FormField(id="paper", label="证明", type="file", max_files=1, max_megabytes=1),
    ]  # fmt: skip
    source = (
        '{% import "macros/form.html" as form %}<h1>表</h1><form class="form" method="get">'
        "{% for f in fields %}{{ form.field(f) }}{% endfor %}<button>提交</button></form>"
    )
    body = templates().from_string(source).render(fields=fields)
    text = Shell.load(site / "data" / "shell.html").render("表", body)
    (site / "form.html").write_text(text, encoding="utf-8")
    # A table that is full and has a fault; what is sent is answered by nothing to show, so the page stays.
    table = FormField(
        id="staff", label="人员", type="table", max_rows=3, columns=(FormField(id="name", label="姓名", help="照证件写"),)
    )  # fmt: skip
    source = (
        '{% import "macros/form.html" as form %}<h1>表</h1>'
        '<form class="form" method="post" action="/taken">{{ form.field(f, rows, errors) }}'
        '<button id="send" data-busy="正在保存…">保存<small>这一页</small></button></form>'
    )
    rows = [{"name": each} for each in "甲乙丙"]
    body = templates().from_string(source).render(f=table, rows=rows, errors={"staff.0.name": "请填写姓名"})
    text = Shell.load(site / "data" / "shell.html").render("表", body)
    (site / "full.html").write_text(text, encoding="utf-8")
    # As staff's form of a supplement at the window has it: no limit of number.
    body = '<h1>表</h1><form class="form"><input type="file" id="f-free" name="free" multiple aria-label="材料"></form>'
    text = Shell.load(site / "data" / "shell.html").render("表", body)
    (site / "unlimited.html").write_text(text, encoding="utf-8")


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    with looking(browser, url, WIDE) as made:
        yield made


def test_elder_mode_is_switched_remembered_and_set_before_the_page_is_drawn(page: Page) -> None:
    page.goto("/")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 17
    page.click("[data-elder-switch]")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == 22
    page.goto(f"/items/{FULL_CODE}/")
    assert page.evaluate("document.documentElement.hasAttribute('data-elder')")
    assert page.get_attribute("[data-elder-switch]", "aria-pressed") == "true"
    assert page.inner_text("[data-elder-switch]") == "大字版"
    page.click("[data-elder-switch]")
    page.reload()
    assert not page.evaluate("document.documentElement.hasAttribute('data-elder')")


@pytest.mark.parametrize("typed", ["开饭店", "食品", "spjy", "经营许可"])
def test_type_ahead_offers_the_item_and_enter_opens_it(page: Page, typed: str) -> None:
    page.goto("/")
    page.fill("#hero-q", typed)
    page.wait_for_selector("#hero-q-list li")
    assert "食品经营许可" in page.inner_text("#hero-q-list li:first-child")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/items/{FULL_CODE}/")


def test_a_list_filters_by_words_and_kind_without_a_server(page: Page) -> None:
    page.goto("/items/")
    page.fill("[data-filter] [name=words]", "laonian")
    assert page.inner_text("#list-count") == "共 1 项"
    assert page.is_visible(f"a[href='/items/{IMMEDIATE_CODE}/']")
    page.fill("[data-filter] [name=words]", "没有这种事")
    assert page.is_visible("#list-nothing")
    page.fill("[data-filter] [name=words]", "")
    page.select_option("[data-filter] [name=depth]", "3")
    assert page.inner_text("#list-count") == "共 1 项"


def test_ticks_stay_on_this_device(page: Page) -> None:
    page.goto(f"/items/{FULL_CODE}/")
    boxes = page.locator("[data-checklist] input")
    assert boxes.count() == 2
    boxes.first.check()
    assert "1 / 2" in page.inner_text("[data-checklist-count]")
    page.reload()
    assert page.locator("[data-checklist] input").first.is_checked()


def test_a_question_that_does_not_apply_is_hidden_and_not_required(page: Page) -> None:
    page.goto("/form.html")
    assert not page.is_visible("#f-seats")
    page.check("input[value=eat]")
    assert page.is_visible("#f-seats")
    assert page.evaluate("document.getElementById('f-seats').required")
    page.check("input[value=sell]")
    assert not page.evaluate("document.getElementById('f-seats').required")


def test_rows_are_added_up_to_the_limit_and_renumbered_when_one_goes(page: Page) -> None:
    page.goto("/form.html")
    page.fill("[name='staff.0.name']", "甲")
    page.click("[data-add-row]")
    page.fill("[name='staff.1.name']", "乙")
    page.click("[data-add-row]")
    assert not page.is_visible("[data-add-row]")
    page.locator("[data-remove-row]").first.click()
    assert page.input_value("[name='staff.0.name']") == "乙"
    assert page.locator("[data-row]").count() == 2
    assert page.evaluate("document.querySelector(\"label[for='f-staff.1.name']\") !== null")


def test_a_row_that_goes_gives_its_focus_to_the_next_and_a_new_one_brings_no_fault_along(page: Page) -> None:
    focus = "document.activeElement.name + '|' + document.activeElement.hasAttribute('data-add-row')"
    page.goto("/full.html")
    assert not page.is_visible("[data-add-row]")
    page.locator("[data-remove-row]").nth(1).press("Enter")
    assert page.input_value("[name='staff.1.name']") == "丙"
    assert page.evaluate(focus) == "staff.1.name|false"
    page.locator("[data-remove-row]").nth(1).press("Enter")
    assert page.evaluate(focus) == "add_row|true"
    page.keyboard.press("Enter")
    assert page.evaluate(focus) == "staff.1.name|false"
    assert page.get_attribute("[name='staff.0.name']", "aria-describedby") == "h-staff.0.name e-staff.0.name"
    assert page.get_attribute("[name='staff.1.name']", "aria-describedby") == "h-staff.1.name"
    assert page.get_attribute("[name='staff.1.name']", "aria-invalid") is None


def test_a_button_that_was_pressed_can_be_pressed_again_when_the_page_is_still_there(page: Page) -> None:
    page.goto("/full.html")
    page.clock.install()
    button = page.locator("#send")
    for again in ("page.clock", "pageshow"):
        button.click()
        page.clock.run_for(10)
        assert button.inner_text() == "正在保存…"
        assert button.get_attribute("aria-disabled") == "true"
        if again == "pageshow":
            page.evaluate("window.dispatchEvent(new Event('pageshow'))")
        else:
            page.clock.run_for(8000)
        assert button.inner_html() == "保存<small>这一页</small>"
        assert button.get_attribute("aria-disabled") is None


def test_a_wrong_last_digit_is_said_on_leaving_the_field(page: Page) -> None:
    page.goto("/form.html")
    page.fill("#f-number", "990121199003070011")
    page.press("#f-number", "Tab")
    assert "最后一位不对" in page.inner_text(".field-hint")
    page.fill("#f-number", "990121199003070010")
    page.press("#f-number", "Tab")
    assert page.locator(".field-hint").count() == 0


def test_a_file_too_large_is_said_before_it_is_sent(page: Page) -> None:
    page.goto("/form.html")
    page.set_input_files(
        "#f-paper", {"name": "大.pdf", "mimeType": "application/pdf", "buffer": b"x" * 1_200_000}
    )
    assert "超过 1 MB" in page.inner_text(".chosen")
    assert not page.evaluate("document.getElementById('f-paper').checkValidity()")


def test_a_field_without_a_limit_takes_several_files_and_one_with_a_limit_says_how_many(page: Page) -> None:
    page.goto("/form.html")
    pair = [{"name": f"{each}.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"} for each in "12"]
    page.evaluate("document.getElementById('f-paper').multiple = true")
    page.set_input_files("#f-paper", pair)
    assert "最多还能传 1 个文件，现在选了 2 个" in page.inner_text(".chosen")
    page.goto("/unlimited.html")
    page.set_input_files("#f-free", pair)
    assert page.inner_text(".chosen").split() == ["1.pdf（1", "KB）", "2.pdf（1", "KB）"]
    assert page.evaluate("document.getElementById('f-free').checkValidity()")


def test_the_lost_page_puts_the_words_of_the_address_into_the_search(page: Page) -> None:
    page.goto("/404.html?")
    page.evaluate("history.replaceState(null, '', '/items/开饭店/')")
    page.evaluate("document.querySelector('[data-words-of-address]').value = ''")
    page.evaluate("document.dispatchEvent(new Event('DOMContentLoaded'))")
    assert page.input_value("#lost-q") == "开饭店"


def test_without_script_everything_but_the_switch_is_there(browser: Browser, url: str) -> None:
    with looking(browser, url, NO_SCRIPT) as shown:
        shown.goto("/items/")
        assert shown.locator("#list li").count() == 3
        assert not shown.is_visible("[data-filter]")
        assert not shown.is_visible("[data-elder-switch]")
        shown.goto("/form.html")
        assert shown.is_visible("#f-seats")
        assert shown.get_attribute("[data-add-row]", "name") == "add_row"
