"""Signing in beyond the password, in a browser: a new password, enrolling the second factor, entering its digits."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyotp
import pytest

from handlers.context import shanghai_now
from handlers.store import people
from handlers.store.database import Database
from handlers.store.writer import Transaction
from rules.access import Role
from tests.browser_journeys import go_on
from tests.browser_pages import (
    DARK,
    ELDER_PHONE,
    NO_SCRIPT,
    PHONE,
    WIDE,
    ZOOMED,
    Look,
    looking,
    sideways,
    violations,
)
from tests.conftest import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.conftest import LiveHall

pytestmark = pytest.mark.browser

FIRST, NEW = "two-Ponies-7-lamps", "three-Horses-9-lamps"
LOOKS = (WIDE, PHONE, DARK, ELDER_PHONE, ZOOMED, NO_SCRIPT)
# Every look in `make soak`; the three that differ most always.
EACH_LOOK = pytest.mark.parametrize(
    "look",
    [
        pytest.param(look, marks=() if look in (WIDE, ELDER_PHONE, NO_SCRIPT) else pytest.mark.soak)
        for look in LOOKS
    ],
    ids=lambda look: look.name,
)
SEND = "main form.form .buttons button[type=submit]"


def login_of(kind: str, look: Look) -> str:
    return f"{kind}-{LOOKS.index(look)}"


@pytest.fixture(scope="module")
def strict(built_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHall]:
    """A county that requires the second factor of its supervisors, with a supervisor and a clerk for every look."""
    root = tmp_path_factory.mktemp("strict") / "county"
    shutil.copytree(built_county, root, ignore=shutil.ignore_patterns(".hall"))
    with (root / "county.yml").open("a", encoding="utf-8") as county:
        county.write("\nsign_in: {second_factor: [county_supervisor]}\n")
    path = root / ".hall" / "hall.db"
    path.parent.mkdir()
    database = Database.open(path, migrate=True)

    def add(tx: Transaction) -> None:
        hashed = people.hash_password(FIRST)
        for look in LOOKS:
            for kind, role, unit in (
                ("supervisor", Role.COUNTY_SUPERVISOR, "county"), ("clerk", Role.REVIEWER, "market"),
            ):  # fmt: skip
                who = people.add(
                    tx,
                    login_of(kind, look),
                    f"{kind}示例",
                    hashed,
                    shanghai_now(),
                    must_change=kind == "supervisor",
                )
                people.assign(tx, who, role, unit, date(2025, 1, 1))

    database.write(add)
    database.close()
    with serving(root / "site", path, root=root) as running:
        yield running


class Looker:
    """One browser on its way through the pages; `seen` keeps what is wrong, by page."""

    def __init__(self, page: Page, look: Look) -> None:
        self.page, self.look = page, look
        self.wrong: dict[str, list[str]] = {}

    def at(self, name: str, heading: str, *, refused: bool = False) -> None:
        """Looks closely at the page one is on; a refusal must have the focus and be told to who cannot see it."""
        assert self.page.locator("h1").inner_text() == heading
        found = violations(self.page) if self.look.script else []
        if over := sideways(self.page) if self.look.script else 0:
            found.append(f"moves sideways by {over} px")
        if refused:
            assert self.page.locator(".error-summary[role=alert]").count() == 1
            if self.look.script and self.page.evaluate("document.activeElement.id") != "errors":
                found.append("the refusal has not the focus")
        if found:
            self.wrong[name] = found

    def sign_in(self, login: str, password: str) -> None:
        self.page.goto("/hall/staff/sign-in")
        self.send(login=login, password=password)

    def send(self, **values: str) -> None:
        for name, value in values.items():
            self.page.fill(f"main input[name={name}]", value)
        go_on(self.page, SEND)

    def secret(self) -> pyotp.TOTP:
        assert self.page.get_by_role("img", name="动态码的二维码").is_visible()
        return pyotp.TOTP(self.page.inner_text(".secret").replace(" ", ""))


def digits(totp: pyotp.TOTP, after: str = "") -> str:
    """The digits now, or, when they have been used, those of the next half minute, which are taken already."""
    now = totp.now()
    return now if now != after else totp.at(time.time() + 30)


def wrong(totp: pyotp.TOTP) -> str:
    return f"{(int(totp.now()) + 500_000) % 1_000_000:06d}"


@EACH_LOOK
def test_a_new_supervisor_comes_through_password_and_enrolment_to_the_desk(
    browser: Browser, strict: LiveHall, look: Look
) -> None:
    with looking(browser, strict.url, look) as page:
        looker = Looker(page, look)
        looker.sign_in(login_of("supervisor", look), FIRST)
        looker.at("new password", "先换一个密码")
        looker.send(password="short", again="other")
        looker.at("new password refused", "先换一个密码", refused=True)
        looker.send(password=NEW, again=NEW)
        looker.at("enrolment owed", "先启用动态码")
        go_on(page, SEND)
        totp = looker.secret()
        looker.at("code to scan", "先启用动态码")
        looker.send(digits=wrong(totp))
        looker.at("wrong digits", "先启用动态码", refused=True)
        totp = looker.secret()
        used = digits(totp)
        looker.send(digits=used)
        assert "/hall/staff/" in page.url
        assert "enrolment" not in page.url
        page.context.clear_cookies()
        looker.sign_in(login_of("supervisor", look), NEW)
        looker.at("digits", "输入动态码")
        looker.send(digits=wrong(totp))
        looker.at("digits refused", "输入动态码", refused=True)
        looker.send(digits=digits(totp, used))
        assert page.url.endswith("/hall/staff/")
        assert looker.wrong == {}


@EACH_LOOK
def test_a_clerk_enrols_of_their_own_accord_from_the_account_page(
    browser: Browser, strict: LiveHall, look: Look
) -> None:
    with looking(browser, strict.url, look) as page:
        looker = Looker(page, look)
        looker.sign_in(login_of("clerk", look), FIRST)
        page.goto("/hall/staff/account")
        looker.at("account", "我的账号")
        go_on(page, "form[action$='/second-factor'] button[type=submit]")
        looker.at("code to scan", "启用动态码")
        looker.send(digits=wrong(looker.secret()))
        looker.at("wrong digits", "启用动态码", refused=True)
        looker.send(digits=digits(looker.secret()))
        looker.at("enrolled", "我的账号")
        assert looker.wrong == {}
