"""Who gets in: every route has a guard, and nobody passes one that is not theirs; forged and stolen requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.routing import Mount, Route

from handlers import throttle
from handlers.app import create_app, routes
from handlers.guard import Guard, guard_of
from handlers.session import COOKIE
from handlers.signing_in import DEVICE_COOKIE
from handlers.store import people
from rules.access import Role
from tests.api_fixtures import assert_problem, program
from tests.filling_fixtures import file_case, filled_draft
from tests.handlers_fixtures import EVERYTHING, PASSWORD, STAFF, Office
from tests.page_fixtures import fields_of
from tests.staff_fixtures import CASE, filed, sign_in, staffed

__all__ = ["staffed"]

ROLES: dict[str, frozenset[Role]] = {
    **{login: frozenset(role for role, _ in held) for login, held in STAFF.items()},
    "market-supervisor": frozenset({Role.DEPARTMENT_SUPERVISOR}),
    "publisher": frozenset({Role.PUBLISHER}),
}
FILLED = {
    "code": EVERYTHING, "handle": "new", "section": "applicant", "number": "QH202603020001", "notice": "1", "file": "x",
    "attachment": "x", "move": "accept", "position": "0", "card": "1", "order": "1", "appeal": "1",
    "entry": "1", "rest": "x",
}  # fmt: skip


def ways() -> Iterator[tuple[str, str, Guard]]:
    """Every method and address the hall answers, with its guard."""
    for each in routes():
        assert isinstance(each, Route)
        guard = guard_of(each)
        assert guard is not None, f"{each.path} has no guard"
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda match: FILLED.get(match[1], "x"), each.path)
        for method in sorted((each.methods or set()) - {"HEAD"}):
            yield method, path, guard


WAYS = tuple(ways())
BEHIND = tuple(way for way in WAYS if not way[2].public)


def test_every_route_was_made_with_a_guard_and_says_why_it_is_public(staffed: Office) -> None:
    for each in create_app(staffed.hall).routes:
        if isinstance(each, Mount):
            assert each.name == "portal"
            continue
        guard = guard_of(each)
        assert guard is not None, each
        assert not guard.public or len(guard.name) > len("public: why")


def test_there_is_something_behind_the_guards() -> None:
    assert len(BEHIND) > 30
    assert {"/hall/board", "/hall/cards", "/hall/staff/", "/api/v1/desk", "/api/v1/sweep"} <= {
        path for _, path, _ in BEHIND
    }


def test_nobody_passes_a_staff_route_without_signing_in(staffed: Office) -> None:
    person, machine = staffed.browser(), program(staffed)
    person.follow_redirects = False
    for method, path, _ in BEHIND:
        answer = person.request(method, path)
        assert answer.status_code in (303, 401), (method, path)
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/hall/staff/sign-in?next=/")
        assert machine.request(method, path).status_code == 401, (method, path)


@pytest.mark.parametrize("login", sorted(ROLES))
def test_a_role_passes_its_own_routes_and_no_others(staffed: Office, login: str) -> None:
    client = staffed.signed_in(login)
    client.headers["accept"] = "application/json"
    client.follow_redirects = False
    for method, path, guard in BEHIND:
        if path.endswith(("/sign-out", "/session")):
            continue
        answer = client.request(method, path)
        if guard.roles and not guard.roles & ROLES[login]:
            assert answer.status_code == 403, (login, method, path)
            assert "岗位没有这项权限" in answer.text
        else:
            assert answer.status_code != 401, (login, method, path)
            assert answer.status_code < 500, (login, method, path)
            assert "岗位没有这项权限" not in answer.text


@pytest.mark.parametrize("headers", [
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}, {"origin": "null"},
    {"origin": "http://["}, {"origin": "http://testserver.evil.example"}, {"sec-fetch-site": ""},
])  # fmt: skip
def test_a_request_made_by_another_site_is_refused_everywhere(
    staffed: Office, headers: dict[str, str]
) -> None:
    client = staffed.signed_in("admin")
    del client.headers["sec-fetch-site"]
    for method, path, _ in WAYS:
        if method == "GET":
            continue
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 403, (method, path, answer.status_code)
    assert client.get("/hall/staff/account").status_code == 200


def test_a_staff_form_without_its_sessions_token_changes_nothing(staffed: Office) -> None:
    case = filed(staffed)
    client, other = staffed.signed_in("window"), staffed.signed_in("coordinator")
    form = fields_of(client.get(CASE + case.number).text, "/moves/pre_review")
    for csrf in ("", "x", other.headers["x-csrf"]):
        answer = client.post(f"{CASE}{case.number}/moves/pre_review", data={**form, "csrf": csrf})
        assert answer.status_code == 403
    view = staffed.hall.casework.public_view(case.number, case.query_code, staffed.clock())
    assert view.state == "received"


def test_another_department_and_another_town_see_nothing_of_a_case(staffed: Office) -> None:
    case = filed(staffed)
    notice = staffed.hall.casework.public_view(case.number, case.query_code, staffed.clock()).notices[0].id
    unknown = staffed.signed_in("police").get(CASE + "QH202603029999")
    for login in ("police", "police-window", "town"):
        client = staffed.signed_in(login)
        client.headers["accept"] = "application/json"
        for path in (
            CASE + case.number,
            f"/api/v1/desk/cases/{case.number}",
            f"/hall/notices/{notice}.docx",
            f"/api/v1/desk/notices/{notice}",
        ):
            answer = client.get(path)
            assert answer.status_code == 404, (login, path)
            assert "张示例" not in answer.text
        assert case.number not in client.get(
            f"/hall/staff/?tab=all&q={case.number}", headers={"accept": "text/html"}
        ).text.replace(f'value="{case.number}"', "").replace(f"q={case.number}", "")
        form = {"csrf": client.headers["x-csrf"], "form_end": "1"}
        assert client.post(f"{CASE}{case.number}/moves/pre_review", data=form).status_code == 404
    assert unknown.status_code == 404


def test_another_applicant_reaches_neither_case_nor_draft_nor_file(staffed: Office) -> None:
    mine = file_case(staffed)
    draft_owner = staffed.browser()
    draft = filled_draft(draft_owner)
    file = staffed.hall.database.value("SELECT id FROM attachment WHERE case_id IS NULL")
    stranger = staffed.browser()
    file_case(staffed, stranger)
    for path in (f"/hall/track/{mine.number}", f"/hall/receipt/{mine.number}", f"/hall/track/{mine.number}/withdraw", f"/hall/track/{mine.number}/hearing",
                 f"/hall/rate/{mine.number}", "/hall/notices/1", f"/hall/receipt/{mine.number}.docx"):  # fmt: skip
        answer = stranger.get(path)
        assert "张示例" not in answer.text, path
        assert mine.code not in answer.text
        assert answer.headers["content-type"].startswith("text/html")
    assert stranger.get(f"/hall/receipt/{mine.number}.json").status_code == 404
    for path in (f"{draft}/part1", f"{draft}/check", f"{draft}/files/{file}", f"{draft}/saved"):
        assert stranger.get(path).status_code == 410, path
    own = filled_draft(stranger)
    assert stranger.get(f"{own}/files/{file}").status_code == 404


# --- guessing ---


def test_signing_in_rightly_is_never_counted_however_many_sit_behind_one_address(staffed: Office) -> None:
    for number in range(70):
        answer = program(staffed).post("/api/v1/session", json={"login": "window", "password": PASSWORD})
        assert answer.status_code == 201, number


def test_the_api_answers_wrong_passwords_as_the_page_does(staffed: Office) -> None:
    said: dict[str, list[tuple[int, str]]] = {}
    for login in ("window", "nobody-here"):
        client = program(staffed, address=f"203.0.113.{len(login)}")
        said[login] = []
        for _ in range(people.MOST_FAILURES + 1):
            answer = client.post("/api/v1/session", json={"login": login, "password": "wrong-password-1"})
            said[login].append((answer.status_code, answer.json()["detail"]))
    assert said["window"] == said["nobody-here"]
    assert said["window"][-1][0] == 429


def test_who_has_signed_in_from_a_browser_is_not_locked_out_by_a_strangers_guesses(staffed: Office) -> None:
    mine = staffed.browser()
    assert sign_in(mine, "window").url.path == "/hall/staff/"
    assert mine.cookies.get(DEVICE_COOKIE)
    stranger = staffed.browser()  # the same address: a kiosk in the same centre
    for _ in range(40):
        sign_in(stranger, "window", "wrong-password-1")
    assert sign_in(stranger, "window").status_code == 429
    assert sign_in(staffed.browser("198.51.100.7"), "window").status_code == 429
    mine.cookies.delete(COOKIE)
    assert sign_in(mine, "window").url.path == "/hall/staff/"


def test_a_known_browser_is_locked_by_its_own_guesses_and_knows_one_login_only(staffed: Office) -> None:
    mine = staffed.browser()
    sign_in(mine, "window")
    mine.cookies.delete(COOKIE)
    for _ in range(people.MOST_FAILURES):
        assert sign_in(mine, "window", "wrong-password-1").status_code == 401
    assert sign_in(mine, "window").status_code == 429
    assert sign_in(staffed.browser("198.51.100.8"), "window").url.path == "/hall/staff/"
    for _ in range(people.MOST_FAILURES):
        sign_in(mine, "decider", "wrong-password-1")
    assert sign_in(mine, "decider").status_code == 429


def test_one_address_cannot_keep_an_applicant_from_their_case(staffed: Office) -> None:
    case = filed(staffed)
    stranger = program(staffed, address="198.51.100.9")
    for number in range(20):
        stranger.get(f"/api/v1/cases/{case.number}", headers={"X-Query-Code": f"AAAA{number:04}"})
    own = program(staffed, address="198.51.100.10")
    assert (
        own.get(f"/api/v1/cases/{case.number}", headers={"X-Query-Code": case.query_code}).status_code == 200
    )
    assert_problem(
        stranger.get(f"/api/v1/cases/{case.number}", headers={"X-Query-Code": case.query_code}), 429
    )


def test_wrong_code_and_unknown_number_get_the_same_answer(staffed: Office) -> None:
    case = filed(staffed)
    client = program(staffed)
    answers = [
        client.get(f"/api/v1/cases/{number}", headers={"X-Query-Code": "AAAA2222"})
        for number in (case.number, "QH202603029999")
    ]
    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert [answer.status_code for answer in answers] == [404, 404]


def test_the_limits_still_hold_a_guesser_back(staffed: Office) -> None:
    client = program(staffed, address="198.51.100.77")
    statuses = [
        client.post("/api/v1/session", json={"login": f"guess-{n}", "password": "x"}).status_code
        for n in range(32)
    ]
    assert statuses == [401] * throttle.SIGN_INS.amount + [429] * (32 - throttle.SIGN_INS.amount)


@pytest.mark.parametrize("way", ["page", "api"])
def test_the_second_factor_is_not_guessed_by_signing_in_again(staffed: Office, way: str) -> None:
    import pyotp

    from handlers.store import sessions

    person, now = staffed.people["decider"], staffed.clock()
    secret, _ = sessions.enrol(staffed.hall.database, person, "x")
    sessions.confirm_enrolment(staffed.hall.database, person, pyotp.TOTP(secret).at(now), now)
    right = {pyotp.TOTP(secret).at(now, counter_offset=offset) for offset in (-1, 0, 1)}
    digits = [each for each in (f"{n:06}" for n in range(40)) if each not in right]
    statuses = []
    for number in range(12):
        client = staffed.browser(address=f"198.51.{number}.1")
        if way == "api":
            body = {"login": "decider", "password": PASSWORD, "totp": digits[number]}
            statuses.append(client.post("/api/v1/session", json=body).status_code)
            continue
        answer = sign_in(client, "decider")
        if answer.status_code == 200:
            answer = client.post(
                "/hall/staff/second-factor", data={"digits": digits[number], "form_end": "1"}
            )
        statuses.append(answer.status_code)
    assert statuses == [401] * 4 + [429] * 8


@pytest.mark.parametrize("token", ["", "x", "x" * 150, "x" * 5000, "../../x", "%00", "' OR 1=1 --"])
def test_a_made_up_session_is_nobody(staffed: Office, token: str) -> None:
    client = staffed.browser()
    client.cookies.set(COOKIE, token)
    assert client.get("/hall/staff/").url.path == "/hall/staff/sign-in"
    client.headers["authorization"] = f"Bearer {token}"
    assert client.get("/api/v1/desk").status_code == 401


def test_a_session_from_before_the_clock_went_back_still_ends_by_age(staffed: Office) -> None:
    client = staffed.signed_in("window")
    staffed.clock.forward(hours=-5)
    assert client.get("/hall/staff/").url.path == "/hall/staff/"
    staffed.clock.forward(hours=18)
    assert client.get("/hall/staff/").url.path == "/hall/staff/sign-in"
