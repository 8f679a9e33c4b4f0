"""What staff do in a browser: a case from the phone to the handed-over certificate, every notice, a red card."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from handlers.casework.demo_people import PASSWORD
from tests.browser_journeys import PLAN, Case, file_quickly, go_on, move, track
from tests.browser_pages import NO_SCRIPT, PHONE, WIDE, looking, sideways, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.conftest import LiveHall

pytestmark = pytest.mark.browser

NOTICES = (
    "收件凭证",
    "补正告知书",
    "受理通知书",
    "特别程序告知书",
    "准予决定书",
    "送达回证",
)


class Office:
    """Everybody's browser, each signed in once."""

    def __init__(self, pages: dict[str, Page]) -> None:
        self.pages = pages

    def move(self, who: str, case: Case, name: str, **values: str) -> None:
        """A move by one of the department's people; the page afterwards says that it was done."""
        page = self.pages[who]
        move(page, case.number, name, **values)
        assert page.locator(".error-summary").count() == 0, page.inner_text(".error-summary")


@pytest.fixture(scope="module")
def office(browser: Browser, live_hall: LiveHall) -> Iterator[Office]:
    with (
        looking(browser, live_hall.url, WIDE) as window,
        looking(browser, live_hall.url, WIDE) as reviewer,
        looking(browser, live_hall.url, NO_SCRIPT) as decider,
    ):
        pages = {"window": window, "reviewer": reviewer, "decider": decider}
        for who, page in pages.items():
            sign_in(page, f"market-{who}", PASSWORD)
        yield Office(pages)


@pytest.fixture(scope="module")
def delivered(browser: Browser, live_hall: LiveHall, office: Office) -> Case:
    """A case applied for on a phone, supplemented once, through a special procedure, granted and handed over."""
    with looking(browser, live_hall.url, PHONE) as phone:
        case = file_quickly(phone)
        to_do(office.pages["window"], case)
        reason = "平面图看不清功能分区，请重新画一张。"
        office.move("window", case, "supplement_notice", missing="layout", reason=reason, days="15")
        supplement(phone, case, reason)
        office.move("window", case, "pre_review", opinion="材料齐全")
        office.move("window", case, "accept")
        office.move("reviewer", case, "complete_step", opinion="资料齐全，同意")
        special = {"kind": "2", "days": "5", "reason": "新设备需要检验", "basis": "《行政许可法》第四十五条"}
        office.move("reviewer", case, "start_special", **special)
        track(phone, case)
        assert "特别程序" in phone.inner_text(".number-value")
        assert "不计入" in phone.inner_text("main")
        office.move("reviewer", case, "end_special", opinion="检验合格")
        office.move("reviewer", case, "complete_step", opinion="现场核查合格，同意")
        office.move("decider", case, "grant", opinion="准予", confirm="yes")
        office.move("window", case, "deliver", recipient="张示例")
        return case


def to_do(page: Page, case: Case) -> None:
    """The new case lies on the window's desk and opens from there by keyboard."""
    page.goto(f"/hall/staff/?q={case.number}")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/hall/staff/cases/{case.number}")
    assert "990121199003070010" not in page.inner_text("main")


def supplement(page: Page, case: Case, reason: str) -> None:
    """The applicant reads what is missing and sends a new drawing."""
    track(page, case)
    page.get_by_role("link", name="去补正").click()
    assert reason in page.inner_text("main")
    go_on(page, "button[name=do][value=send]")
    assert page.evaluate("document.activeElement.id") == "errors"
    page.set_input_files("[name=material_layout]", [PLAN])
    go_on(page, "button[name=do][value=send]")
    assert "补正材料已经收到" in page.inner_text("main")


def test_the_decided_case_shows_its_whole_course_to_the_applicant_who_rates_it_once(
    browser: Browser, live_hall: LiveHall, delivered: Case
) -> None:
    with looking(browser, live_hall.url, PHONE) as page:
        track(page, delivered)
        assert "已送达" in page.inner_text(".number-value")
        assert "食品经营许可证" in page.inner_text("main")
        assert sideways(page) == 0
        page.get_by_role("link", name="评价这次办事").click()
        page.check("[name=score][value='1']")
        page.fill("[name=words]", "一次就办好了")
        go_on(page, "main .buttons button[type=submit]")
        assert "谢谢" in page.inner_text("main")
        page.goto(f"/hall/rate/{delivered.number}")
        assert page.locator("[name=score]").count() == 0


def test_every_notice_opens_as_a_numbered_page_and_as_a_word_file(
    browser: Browser, live_hall: LiveHall, delivered: Case
) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        track(page, delivered)
        links = page.locator("main a[href^='/hall/notices/']")
        found = links.evaluate_all("all => all.map(each => each.getAttribute('href'))")
        pages = sorted({each for each in found if not each.endswith(".docx")})
        titles = []
        for each in pages:
            page.goto(each)
            titles.append(page.inner_text(".paper-title"))
            assert re.search(r"〔?\d{4}〕?.*第?\d+号", page.inner_text(".paper-number"))
            answer = page.request.get(f"{each}.docx")
            assert answer.status == 200
            document = zipfile.ZipFile(io.BytesIO(answer.body())).read("word/document.xml").decode()
            assert "食品经营许可" in document
        for wanted in NOTICES:
            assert any(wanted in each for each in titles), (wanted, titles)


def test_the_case_page_keeps_every_opinion_and_the_certificate(office: Office, delivered: Case) -> None:
    page = office.pages["reviewer"]
    page.goto(f"/hall/staff/cases/{delivered.number}")
    text = page.inner_text("main")
    for words in ("资料齐全，同意", "现场核查合格，同意", "检验合格", "《行政许可法》第四十五条"):
        assert words in text
    assert "990121199003070010" not in text
    go_on(page, "a[href$='show=personal']")
    assert "990121199003070010" in page.inner_text("main")


def test_a_stale_move_is_refused_and_keeps_what_was_written(
    browser: Browser, live_hall: LiveHall, office: Office
) -> None:
    page = office.pages["window"]
    page.goto("/hall/staff/?tab=all&state=received")
    rows = page.locator("a[data-row-link]").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    for row in rows:
        page.goto(row)
        if page.locator("#move-supplement_notice").count():
            break
    number = page.url.rpartition("/")[2]
    page.locator("#move-supplement_notice summary").click()
    page.fill("[name='supplement_notice.reason']", "请补交制度清单。")
    with looking(browser, live_hall.url, WIDE) as other:
        sign_in(other, "market-coordinator", PASSWORD)
        move(other, number, "pre_review", opinion="齐全")
    go_on(page, "#move-supplement_notice .buttons button")
    assert page.evaluate("document.activeElement.id") == "errors"
    assert "请补交制度清单。" in page.inner_text("main")


def test_the_supervisor_finds_a_red_card_on_the_board_and_revokes_it_with_reasons(
    browser: Browser, live_hall: LiveHall
) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        sign_in(page, "county-supervisor", PASSWORD)
        page.goto("/hall/board")
        red = page.locator(".urgent-red .card-list a[href^='/hall/cards/']").first
        assert "红牌" in page.inner_text(".urgent-red")
        address = red.get_attribute("href") or ""
        red.click()
        page.wait_for_url(f"**{address}")
        assert "超出" in page.inner_text("main")
        page.get_by_text("为什么是这一天").first.click()
        assert page.locator(".trace[open] .trace-days li").first.is_visible()
        go_on(page, ".buttons .danger")
        assert page.evaluate("document.activeElement.id") == "errors"
        page.fill("[name=reason]", "系统停机半天，期间不能办理，查明不应发牌。")
        go_on(page, ".buttons .danger")
        assert "已撤销" in page.inner_text("main")
        page.goto("/hall/cards?state=revoked")
        assert page.locator(f"a[href='{address}']").count() >= 1


def test_a_person_without_the_role_does_not_see_the_board(browser: Browser, live_hall: LiveHall) -> None:
    with looking(browser, live_hall.url, WIDE) as page:
        sign_in(page, "market-reviewer", PASSWORD)
        answer = page.goto("/hall/board")
        assert answer is not None
        assert answer.status == 403
        assert page.locator("h1").count() == 1
