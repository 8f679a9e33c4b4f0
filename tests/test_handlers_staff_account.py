"""Signing in, the second factor, passwords, time-outs, and who may open which staff page."""

from __future__ import annotations

import re
from typing import Any

import pyotp
import pytest
from starlette.routing import Route

from handlers.guard import guard_of
from handlers.passwords import is_common
from handlers.session import COOKIE
from handlers.staff_frame import DESK, local_path
from handlers.store import people
from tests.staff_fixtures import (
    CASE,
    PASSWORD,
    Office,
    fields_of,
    filed,
    sign_in,
    staffed,
    text_of,
)

__all__ = ["staffed"]

NEW = "three-Horses-9-lamps"
ROLES_OF: dict[str, tuple[str, ...]] = {
    "/hall/staff/": ("window", "reviewer", "decider", "coordinator", "supervisor", "market-supervisor"),
    "/hall/staff/window": ("window", "coordinator"),
    "/hall/staff/letters": (
        "window",
        "reviewer",
        "decider",
        "coordinator",
        "supervisor",
        "market-supervisor",
    ),
    "/hall/staff/messages": ("window", "publisher", "supervisor"),
    "/hall/staff/account": ("window", "publisher", "supervisor"),
    "/hall/board": ("supervisor", "market-supervisor", "coordinator"),
    "/hall/cards": ("supervisor", "market-supervisor", "coordinator", "decider"),
}
NOT_FOR: dict[str, tuple[str, ...]] = {
    "/hall/staff/": ("publisher",),
    "/hall/staff/window": ("reviewer", "supervisor", "publisher"),
    "/hall/staff/letters": ("publisher",),
    "/hall/board": ("window", "reviewer", "decider", "publisher"),
    "/hall/cards": ("window", "reviewer", "publisher"),
}


def staff_routes(office: Office) -> list[Route]:
    """The routes of these rooms' own pages that are not open to everyone."""
    return [
        each
        for each in office.app.routes
        if isinstance(each, Route)
        and (guard := guard_of(each)) is not None
        and not guard.public
        and each.path.startswith(("/hall/staff/", "/hall/board", "/hall/cards"))
    ]


def test_every_staff_page_sends_strangers_to_the_sign_in_page_and_posts_change_nothing(
    staffed: Office,
) -> None:
    found = staff_routes(staffed)
    assert len(found) > 40
    client = staffed.browser()
    for each in found:
        path = re.sub(r"\{[^}]+\}", "1", each.path)
        if "GET" in (each.methods or ()):
            answer = client.get(path, follow_redirects=False)
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/hall/staff/sign-in?next="), path
        else:
            answer = client.post(path, data={"form_end": "1"}, follow_redirects=False)
            assert answer.status_code == 401, path


@pytest.mark.parametrize("path", ROLES_OF)
def test_pages_open_for_their_roles_and_not_for_others(staffed: Office, path: str) -> None:
    for login in ROLES_OF[path]:
        assert staffed.signed_in(login).get(path).status_code == 200, login
    for login in NOT_FOR.get(path, ()):
        assert staffed.signed_in(login).get(path).status_code == 403, login


def test_every_staff_post_without_the_sessions_token_is_refused(staffed: Office) -> None:
    case = filed(staffed)
    clients = {login: staffed.signed_in(login) for login in ("coordinator", "supervisor", "decider")}
    for each in staff_routes(staffed):
        if "POST" not in (each.methods or ()):
            continue
        path = each.path.replace("{number}", case.number).replace("{move}", "pre_review")
        path = re.sub(r"\{[^}]+\}", "1", path)
        guard = guard_of(each)
        assert guard is not None
        login = "supervisor" if "supervisor" in guard.name else "coordinator"
        for token in ({}, {"csrf": "x"}):
            answer = clients[login].post(path, data={"form_end": "1", **token})
            # A made-up number of a card, order or appeal is not found before anything else is looked at.
            assert answer.status_code == 403 or (answer.status_code == 404 and "/1" in path), path
    assert (
        staffed.hall.casework.staff_view(case.number, staffed.people["window"], staffed.clock()).case.version
        == 0
    )


def test_a_form_posted_from_another_site_is_refused(staffed: Office) -> None:
    client = staffed.browser()
    client.headers["sec-fetch-site"] = "cross-site"
    assert sign_in(client, "window").status_code == 403
    assert COOKIE not in client.cookies


def test_signing_in_comes_back_to_the_page_that_was_asked_for(staffed: Office) -> None:
    client = staffed.browser()
    page = client.get("/hall/staff/?tab=all")
    assert page.url.path == "/hall/staff/sign-in"
    answer = sign_in(client, "window", next=fields_of(page.text, "/hall/staff/sign-in")["next"][0])
    assert str(answer.url).endswith("/hall/staff/?tab=all")


@pytest.mark.parametrize(
    "target",
    ["https://elsewhere.invalid/", "//elsewhere.invalid/", "/\\elsewhere.invalid", "\\\\elsewhere.invalid",
     "javascript:alert(1)", "/\t/elsewhere.invalid", "hall/staff", "", "/hall/staff/sign-in?next=/x",
     "//[", "/\\[", "//\u2100", "//[x]/hall"],
)  # fmt: skip
def test_next_leads_nowhere_but_into_this_hall(target: str) -> None:
    assert local_path(target) == DESK


@pytest.mark.parametrize("target", ["//[", "/\\[", "//\u2100"])
def test_an_address_that_is_none_does_not_break_the_sign_in_page(staffed: Office, target: str) -> None:
    answer = staffed.browser().get("/hall/staff/sign-in", params={"next": target})
    assert answer.status_code == 200
    assert fields_of(answer.text, "sign-in")["next"] == [DESK]


def test_a_token_with_other_letters_is_refused(staffed: Office) -> None:
    client = staffed.signed_in("window")
    answer = client.post("/hall/staff/sign-out", data={"csrf": "令牌é", "form_end": "1"})
    assert answer.status_code == 403


@pytest.mark.parametrize("position", ["9" * 5000, "-1", "x", "٣", "1.0"])
def test_a_fee_that_is_no_number_is_not_found(staffed: Office, position: str) -> None:
    path = f"{CASE}{filed(staffed).number}/fees/{position}"
    client = staffed.signed_in("window")
    data = {"csrf": client.headers["x-csrf"], "form_end": "1"}
    assert client.post(path, data=data).status_code == 404
    assert staffed.browser().post(path, data={"form_end": "1"}).status_code == 401


@pytest.mark.parametrize("kind", ["", ".csv"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-13-01"])
def test_looks_are_not_searched_by_a_day_that_has_no_next(staffed: Office, kind: str, day: str) -> None:
    client = staffed.signed_in("admin")
    for name in ("since", "until"):
        answer = client.get(f"/hall/access-log{kind}?{name}={day}")
        assert answer.status_code == 422
        assert "写得不对" in answer.text


def test_wrong_password_and_unknown_login_get_the_same_answer_until_both_are_locked(staffed: Office) -> None:
    said: dict[str, list[tuple[int, str]]] = {"window": [], "nobody-here": []}
    for login in said:
        client = staffed.browser(address=f"203.0.113.{len(login)}")
        for _ in range(people.MOST_FAILURES + 1):
            answer = sign_in(client, login, "wrong-password-1")
            fault = re.search(r'id="errors"[^>]*>(.*?)</div>', answer.text, re.S)
            assert fault is not None
            said[login].append((answer.status_code, re.sub(r"\d{1,2}:\d\d", "", text_of(fault[1]))))
    assert said["window"] == said["nobody-here"]
    assert [status for status, _ in said["window"]] == [401] * 5 + [429]


def test_a_locked_account_is_told_until_when_and_opens_again_by_itself(staffed: Office) -> None:
    client = staffed.browser()
    for _ in range(people.MOST_FAILURES):
        sign_in(client, "window", "wrong-password-1")
    answer = sign_in(client, "window")
    assert answer.status_code == 429
    assert "09:46" in text_of(answer.text)
    assert int(answer.headers["retry-after"]) > 800
    staffed.clock.forward(minutes=16)
    assert sign_in(client, "window").url.path == "/hall/staff/"


def test_an_address_that_keeps_guessing_is_held_back(staffed: Office) -> None:
    client = staffed.browser(address="198.51.100.9")
    for number in range(30):
        sign_in(client, f"guess-{number}", "wrong-password-1")
    assert sign_in(client, "window").status_code == 429
    assert sign_in(staffed.browser(address="198.51.100.10"), "window").url.path == "/hall/staff/"


def test_the_session_token_is_new_at_sign_in_and_gone_after_signing_out(staffed: Office) -> None:
    client = staffed.browser()
    client.cookies.set(COOKIE, "planted-by-someone")
    sign_in(client, "window")
    first = client.cookies.get(COOKIE, domain="testserver.local") or dict(client.cookies)[COOKIE]
    assert first != "planted-by-someone"
    page = client.get("/hall/staff/").text
    answer = client.post("/hall/staff/sign-out", data=fields_of(page, "sign-out"))
    assert "已安全退出" in text_of(answer.text)
    stale = staffed.browser()
    stale.cookies.set(COOKIE, first)
    assert stale.get("/hall/staff/").url.path == "/hall/staff/sign-in"


def test_signing_in_again_ends_the_browsers_earlier_session(staffed: Office) -> None:
    client = staffed.signed_in("window")
    old = dict(client.cookies)[COOKIE]
    sign_in(client, "reviewer")
    stale = staffed.browser()
    stale.cookies.set(COOKIE, old)
    assert stale.get("/hall/staff/").url.path == "/hall/staff/sign-in"


def test_a_session_ends_by_idling_and_by_age(staffed: Office) -> None:
    client = staffed.signed_in("window")
    staffed.clock.forward(minutes=29)
    assert client.get("/hall/staff/").url.path == "/hall/staff/"
    staffed.clock.forward(minutes=30)
    assert client.get("/hall/staff/").url.path == "/hall/staff/sign-in"
    client = staffed.signed_in("window")
    for _ in range(30):
        staffed.clock.forward(minutes=25)
        client.get("/hall/staff/")
    assert client.get("/hall/staff/").url.path == "/hall/staff/sign-in"


def test_what_was_typed_when_the_session_ended_comes_back_after_signing_in(staffed: Office) -> None:
    case = filed(staffed)
    client = staffed.signed_in("window")
    fields = fields_of(client.get(CASE + case.number).text, "/moves/refuse")
    typed = {
        "refuse.reason": "不属于本机关<b>职权</b>",
        "refuse.basis": "《某规定》第一条",
        "refuse.confirm": "yes",
    }
    staffed.clock.forward(minutes=40)
    answer = client.post(f"{CASE}{case.number}/moves/refuse", data={**fields, **typed})
    assert answer.status_code == 401
    assert "您写的内容没有丢" in answer.text
    answer = client.post(
        "/hall/staff/sign-in",
        data={**fields_of(answer.text, "/hall/staff/sign-in"), "login": "window", "password": PASSWORD},
    )
    assert "不属于本机关&lt;b&gt;" in answer.text
    assert "<b>职权" not in answer.text
    answer = client.post(f"{CASE}{case.number}/moves/refuse", data=fields_of(answer.text, "/moves/refuse"))
    assert answer.status_code == 200
    shown = fields_of(answer.text, "/moves/refuse")
    assert shown["refuse.reason"] == ["不属于本机关<b>职权</b>"]
    view = staffed.hall.casework.staff_view(case.number, staffed.people["window"], staffed.clock())
    assert view.case.state == "received"


def enrol(office: Office, client: Any) -> pyotp.TOTP:
    page = client.get("/hall/staff/account").text
    page = client.post("/hall/staff/account/second-factor", data=fields_of(page, "second-factor")).text
    assert 'class="qr"' in page
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert secret is not None
    totp = pyotp.TOTP(secret[1].replace(" ", ""))
    data = {**fields_of(page, "confirm"), "digits": totp.at(office.clock())}
    answer = client.post("/hall/staff/account/second-factor/confirm", data=data)
    assert "动态码已启用" in answer.text
    return totp


def test_the_second_factor_stands_between_password_and_desk(staffed: Office) -> None:
    totp = enrol(staffed, staffed.signed_in("decider"))
    staffed.clock.forward(minutes=2)
    client = staffed.browser()
    page = sign_in(client, "decider", next="/hall/staff/account")
    assert page.url.path == "/hall/staff/second-factor"
    before = dict(client.cookies)[COOKIE]
    assert client.get("/hall/staff/").url.path == "/hall/staff/sign-in"
    data = fields_of(client.get("/hall/staff/second-factor?next=/hall/staff/account").text, "second-factor")
    wrong = client.post("/hall/staff/second-factor", data={**data, "digits": "000000"})
    assert wrong.status_code == 401
    answer = client.post("/hall/staff/second-factor", data={**data, "digits": totp.at(staffed.clock())})
    assert answer.url.path == "/hall/staff/account"
    assert dict(client.cookies)[COOKIE] != before


def test_digits_work_once_and_five_wrong_ones_end_the_sign_in(staffed: Office) -> None:
    totp = enrol(staffed, staffed.signed_in("decider"))
    staffed.clock.forward(minutes=2)
    first, second = staffed.browser(), staffed.browser()
    for client in (first, second):
        sign_in(client, "decider")
    data = {"digits": totp.at(staffed.clock()), "form_end": "1"}
    assert first.post("/hall/staff/second-factor", data=data).url.path == "/hall/staff/"
    assert second.post("/hall/staff/second-factor", data=data).status_code == 401
    for _ in range(4):
        last = second.post("/hall/staff/second-factor", data={"digits": "123456", "form_end": "1"})
    assert last.status_code == 429
    assert second.get("/hall/staff/").url.path == "/hall/staff/sign-in"


def test_the_second_factor_is_switched_off_with_the_password_only(staffed: Office) -> None:
    client = staffed.signed_in("decider")
    enrol(staffed, client)
    page = client.get("/hall/staff/account").text
    fields = fields_of(page, "disable")
    path = "/hall/staff/account/second-factor/disable"
    assert client.post(path, data={**fields, "password_again": "wrong-password-1"}).status_code == 422
    assert "动态码已关闭" in client.post(path, data={**fields, "password_again": PASSWORD}).text
    assert sign_in(staffed.browser(), "decider").url.path == "/hall/staff/"


def test_an_initial_password_must_be_changed_before_anything_else(staffed: Office) -> None:
    hashed = people.hash_password(PASSWORD)
    person, now = staffed.people["window"], staffed.clock()
    staffed.hall.database.write(lambda tx: people.set_password(tx, person, hashed, now, must_change=True))
    client = staffed.browser()
    page = sign_in(client, "window", next="/hall/staff/messages")
    assert page.url.path == "/hall/staff/new-password"
    assert client.get("/hall/staff/").url.path == "/hall/staff/new-password"
    fields = fields_of(page.text, "new-password")
    for password, again, words in (
        ("short-1", "short-1", "10"),
        ("window-2026-aa", "window-2026-aa", "登录名"),
        ("qinghe2026!!", "qinghe2026!!", "太常见"),
        (NEW, NEW + "x", "不一样"),
        (PASSWORD, PASSWORD, "不能和现在的密码相同"),
    ):
        answer = client.post(
            "/hall/staff/new-password", data={**fields, "password": password, "again": again}
        )
        assert answer.status_code == 422, password
        assert words in text_of(answer.text), password
    answer = client.post("/hall/staff/new-password", data={**fields, "password": NEW, "again": NEW})
    assert answer.url.path == "/hall/staff/messages"
    assert sign_in(staffed.browser(), "window", PASSWORD).status_code == 401


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(staffed: Office) -> None:
    here, elsewhere = staffed.signed_in("window"), staffed.signed_in("window")
    fields = fields_of(here.get("/hall/staff/account").text, "account/password")
    path = "/hall/staff/account/password"
    data = {**fields, "current": "wrong-password-1", "password": NEW, "again": NEW}
    assert here.post(path, data=data).status_code == 422
    answer = here.post(path, data={**data, "current": PASSWORD})
    assert "密码已改" in answer.text
    assert here.get("/hall/staff/").url.path == "/hall/staff/"
    assert elsewhere.get("/hall/staff/").url.path == "/hall/staff/sign-in"


def test_other_devices_are_listed_and_can_be_signed_out(staffed: Office) -> None:
    here, elsewhere = staffed.signed_in("window"), staffed.signed_in("window")
    page = here.get("/hall/staff/account").text
    assert "就是这台" in page
    assert "别的设备" in page
    here.post("/hall/staff/account/sessions", data=fields_of(page, "account/sessions"))
    assert elsewhere.get("/hall/staff/").url.path == "/hall/staff/sign-in"
    assert here.get("/hall/staff/").url.path == "/hall/staff/"


@pytest.mark.parametrize(
    "password", ["password123", "P@ssw0rd2026", "1qaz2wsx3edc", "Qwertyuiop1", "woaini1314!!"]
)
def test_what_everybody_tries_first_is_common(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize("password", [NEW, PASSWORD, "correct-horse-battery-7"])
def test_a_password_of_ones_own_is_not_common(password: str) -> None:
    assert not is_common(password)
