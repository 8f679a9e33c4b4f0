"""A county requires the second factor of some posts: who holds one enrols it before anything else opens."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner
from starlette.routing import Route

from catalog.checking import check_root
from catalog.county import County
from catalog.root import Root
from catalog.sign_in import SignInSettings, load_sign_in
from hall.commands.new import lay_out
from hall.commands.user import command as user
from handlers.app import create_app
from handlers.guard import guard_of
from handlers.second_factor_rule import SecondFactorRule
from handlers.session import COOKIE
from handlers.store import access_log, people, sessions
from handlers.store.access_log import LookFilter
from handlers.store.database import Database
from rules.access import Role
from rules.errors import Invalid
from tests.handlers_fixtures import CITIZEN_JOBS
from tests.staff_fixtures import PASSWORD, Office, fields_of, sign_in, staffed, text_of

__all__ = ["staffed"]

OWED = "/hall/staff/enrolment"
DOOR = "/hall/staff/sign-in"
NEW = "three-Horses-9-lamps"
RULE = "sign_in: {{second_factor: [{}]}}\n"


@pytest.fixture
def strict(staffed: Office, tmp_path: Path) -> Office:
    """The staffed office with its API, in a county that requires it of its administrators and supervisors."""
    county = tmp_path / "county"
    county.mkdir()
    shutil.copy(staffed.hall.root.county, county / "county.yml")
    staffed.hall.root = Root(county)
    staffed.hall.second_factor = SecondFactorRule(staffed.hall.root)
    staffed.app = create_app(staffed.hall, (*CITIZEN_JOBS, "staff", "supervision"))
    require(staffed, "administrator", "county_supervisor")
    return staffed


def require(office: Office, *roles: str) -> None:
    path = office.hall.root.county
    text = re.sub(r"(?m)^sign_in:.*\n", "", path.read_text("utf-8"))
    path.write_text(text + (RULE.format(", ".join(roles)) if roles else ""), encoding="utf-8")


def token(client: Any) -> str:
    return str(dict(client.cookies)[COOKIE])


def steps(client: Any) -> tuple[pyotp.TOTP, dict[str, list[str]]]:
    """Asks for the code to scan; what the authenticator holds then, and the form for its digits."""
    page = client.get(OWED).text
    page = client.post(OWED, data=fields_of(page, f'"{OWED}"')).text
    assert 'class="qr"' in page
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert secret is not None
    return pyotp.TOTP(secret[1].replace(" ", "")), fields_of(page, "confirm")


def enrol(office: Office, client: Any) -> tuple[pyotp.TOTP, Any]:
    totp, fields = steps(client)
    return totp, client.post(f"{OWED}/confirm", data={**fields, "digits": totp.at(office.clock())})


def test_the_right_password_leads_to_the_enrolment_and_opens_nothing_else(strict: Office) -> None:
    client = strict.browser()
    answer = sign_in(client, "supervisor", next="/hall/staff/messages")
    assert answer.url.path == OWED
    assert "您的岗位登录必须使用动态码" in text_of(answer.text)
    assert "desk-nav" not in answer.text
    client.follow_redirects = False
    program = strict.browser()
    program.headers.update({"accept": "application/json", "authorization": f"Bearer {token(client)}"})
    walked = 0
    for each in strict.app.routes:
        guard = guard_of(each)
        if not isinstance(each, Route) or guard is None:
            continue
        path = re.sub(r"\{[^}]+\}", "1", each.path)
        for method in sorted((each.methods or set()) - {"HEAD"}):
            if guard.public:
                if method == "GET" and path != OWED:
                    answer = client.get(path)
                    assert "supervisor示例" not in answer.text, path
                continue
            walked += 1
            if path.startswith("/api/"):
                refused = program.request(method, path)
                assert refused.status_code == 401, (method, path)
                assert refused.json()["type"].endswith("#second-factor-required"), (method, path)
                continue
            answer = client.request(method, path, data={"form_end": "1"} if method == "POST" else None)
            assert answer.status_code == (303 if method == "GET" else 401), (method, path)
            if method == "GET":
                assert answer.headers["location"].startswith(DOOR + "?next="), path
    assert walked > 100
    assert client.get(DOOR + "?next=/hall/staff/messages").headers["location"].startswith(OWED + "?next=")


def test_right_digits_sign_in_fully_under_a_new_token(strict: Office) -> None:
    other, client = strict.signed_in("admin"), strict.browser()
    sign_in(client, "admin")
    before = token(client)
    page = client.get(f"{OWED}?next=/hall/staff/messages").text
    assert fields_of(page, f'"{OWED}"')["next"] == ["/hall/staff/messages"]
    totp, fields = steps(client)
    wrong = client.post(f"{OWED}/confirm", data={**fields, "digits": "000000"})
    assert wrong.status_code == 422
    assert totp.secret not in wrong.text.replace(" ", "")
    assert client.get("/hall/staff/").url.path == OWED
    _, answer = enrol(strict, client)
    assert answer.url.path == "/hall/staff/"
    assert token(client) != before
    assert client.get("/hall/staff/account").status_code == 200
    stale = strict.browser()
    stale.cookies.set(COOKIE, before)
    assert stale.get("/hall/staff/").url.path == DOOR
    # The others had shown the password only.
    assert other.get("/hall/staff/").url.path == DOOR


def test_digits_of_the_enrolment_do_not_work_again(strict: Office) -> None:
    first = strict.browser()
    sign_in(first, "admin")
    totp, _ = enrol(strict, first)
    second = strict.browser()
    assert sign_in(second, "admin").url.path == "/hall/staff/second-factor"
    data = {"digits": totp.at(strict.clock()), "form_end": "1"}
    assert second.post("/hall/staff/second-factor", data=data).status_code == 401
    strict.clock.forward(minutes=1)
    data = {"digits": totp.at(strict.clock()), "form_end": "1"}
    assert second.post("/hall/staff/second-factor", data=data).url.path == "/hall/staff/"


def test_an_enrolment_without_the_sessions_token_or_by_nobody_changes_nothing(strict: Office) -> None:
    client = strict.browser()
    sign_in(client, "admin")
    totp, fields = steps(client)
    right = {**fields, "digits": totp.at(strict.clock())}
    for way in ("", "/confirm", "/sign-out"):
        assert client.post(OWED + way, data={**right, "csrf": "x"}).status_code == 403
        assert strict.browser().post(OWED + way, data=right).url.path == DOOR
        assert strict.signed_in("window").post(OWED + way, data=right).url.path == "/hall/staff/"
    assert not people.known(strict.hall.database, strict.people["admin"]).totp_enabled
    assert client.get("/hall/staff/").url.path == OWED


def test_who_cannot_enrol_now_signs_out(strict: Office) -> None:
    client = strict.browser()
    page = sign_in(client, "admin").text
    answer = client.post(f"{OWED}/sign-out", data=fields_of(page, "enrolment/sign-out"))
    assert answer.url.path == DOOR
    assert "已安全退出" in answer.text
    assert client.get("/hall/staff/").url.path == DOOR


def test_the_new_password_comes_first_and_then_the_enrolment(strict: Office) -> None:
    hashed, person, now = people.hash_password(PASSWORD), strict.people["admin"], strict.clock()
    strict.hall.database.write(lambda tx: people.set_password(tx, person, hashed, now, must_change=True))
    client = strict.browser()
    page = sign_in(client, "admin", next="/hall/staff/messages")
    assert page.url.path == "/hall/staff/new-password"
    assert client.get(OWED).url.path == "/hall/staff/new-password"
    fields = fields_of(page.text, "new-password")
    answer = client.post("/hall/staff/new-password", data={**fields, "password": NEW, "again": NEW})
    assert answer.url.path == OWED
    assert fields_of(answer.text, f'"{OWED}"')["next"] == ["/hall/staff/messages"]
    assert enrol(strict, client)[1].url.path == "/hall/staff/"


def test_a_post_given_later_is_owed_at_the_next_request_from_its_first_day_on(strict: Office) -> None:
    running = strict.signed_in("window")
    assert running.get("/hall/staff/").url.path == "/hall/staff/"
    person = strict.people["window"]
    strict.hall.database.write(
        lambda tx: people.assign(tx, person, Role.ADMINISTRATOR, "county", date(2026, 3, 3))
    )
    assert running.get("/hall/staff/").url.path == "/hall/staff/"
    strict.clock.set("2026-03-03T00:05")
    again = strict.browser()
    assert sign_in(again, "window").url.path == OWED
    strict.hall.database.write(
        lambda tx: people.end_assignment(tx, person, Role.ADMINISTRATOR, "county", date(2026, 3, 3))
    )
    strict.clock.set("2026-03-04T00:05")
    assert again.get("/hall/staff/").url.path == DOOR  # idled out
    assert sign_in(again, "window").url.path == "/hall/staff/"


def test_a_running_session_owes_it_and_what_was_being_written_is_kept(strict: Office) -> None:
    require(strict)
    client = strict.signed_in("decider")
    page = client.get("/hall/staff/account").text
    require(strict, "decider")
    assert client.get("/hall/staff/").url.path == OWED
    data = {**fields_of(page, "account/second-factor"), "opinion": "正在写的意见"}
    late = client.post("/hall/staff/cases/x/moves/grant", data=data)
    assert late.status_code == 401
    page = client.post(
        DOOR, data={**fields_of(late.text, "sign-in"), "login": "decider", "password": PASSWORD}
    ).text
    assert fields_of(page, f'"{OWED}"')["kept.opinion"] == ["正在写的意见"]
    page = client.post(OWED, data=fields_of(page, f'"{OWED}"')).text
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert secret is not None
    digits = pyotp.TOTP(secret[1].replace(" ", "")).at(strict.clock())
    answer = client.post(f"{OWED}/confirm", data={**fields_of(page, "confirm"), "digits": digits})
    assert "正在写的意见" in answer.text
    assert client.get("/hall/staff/").url.path == "/hall/staff/"


def test_who_must_have_it_cannot_switch_it_off_and_is_told_why(strict: Office) -> None:
    client = strict.browser()
    sign_in(client, "admin")
    enrol(strict, client)
    page = client.get("/hall/staff/account").text
    assert "不能关闭" in text_of(page)
    assert "second-factor/disable" not in page
    data = {**fields_of(page, "account/password"), "password_again": PASSWORD}
    answer = client.post("/hall/staff/account/second-factor/disable", data=data)
    assert answer.status_code == 403
    assert "不能关闭" in text_of(answer.text)
    assert people.known(strict.hall.database, strict.people["admin"]).totp_enabled


def test_the_api_gives_no_token_before_the_enrolment(strict: Office) -> None:
    program = strict.browser()
    program.headers["accept"] = "application/json"
    body = {"login": "admin", "password": PASSWORD}
    answer = program.post("/api/v1/session", json=body)
    assert answer.status_code == 401
    assert answer.json()["type"].endswith("#second-factor-required")
    assert "网页" in answer.json()["detail"]
    assert strict.hall.database.value("SELECT count(*) FROM session") == 0
    client = strict.browser()
    sign_in(client, "admin")
    totp, _ = enrol(strict, client)
    strict.clock.forward(minutes=1)
    made = program.post("/api/v1/session", json={**body, "totp": totp.at(strict.clock())})
    assert made.status_code == 201
    assert program.post("/api/v1/session", json={"login": "window", "password": PASSWORD}).status_code == 201


def test_a_reset_ends_the_sessions_is_written_down_and_owes_the_enrolment_again(strict: Office) -> None:
    client = strict.browser()
    sign_in(client, "admin")
    old, _ = enrol(strict, client)
    place = ["--root", str(strict.hall.root.path), "--db", str(strict.hall.database.path)]
    shown = CliRunner().invoke(user, ["second-factor", "admin", *place])
    assert "已启用，岗位要求必须启用" in shown.output
    assert client.get("/hall/staff/").url.path == "/hall/staff/"
    done = CliRunner().invoke(user, ["second-factor", "ADMIN", "--reset", *place])
    assert done.exit_code == 0, done.output
    assert client.get("/hall/staff/").url.path == DOOR
    looks, _ = access_log.search(strict.hall.database, LookFilter(what="second_factor"), 10, 1)
    assert [(each.person, each.role, each.subject) for each in looks] == [
        (strict.people["admin"], "system", "account")
    ]
    assert sign_in(client, "admin").url.path == OWED
    new, answer = enrol(strict, client)
    assert answer.url.path == "/hall/staff/"
    assert new.secret != old.secret


def test_by_default_nothing_is_required(staffed: Office) -> None:
    assert staffed.hall.second_factor.roles() == frozenset()
    for login in ("admin", "supervisor"):
        client = staffed.browser()
        assert sign_in(client, login).url.path == "/hall/staff/"
        assert client.get(OWED).url.path == "/hall/staff/"


def test_a_county_file_spoilt_later_leaves_the_rule_that_was_read_last(strict: Office) -> None:
    assert Role.ADMINISTRATOR in strict.hall.second_factor.roles()
    for text in ("sign_in: {second_factor: [king]}\n", "sign_in: [\n"):
        strict.hall.root.county.write_text(text, encoding="utf-8")
        assert Role.ADMINISTRATOR in strict.hall.second_factor.roles()
        with pytest.raises(Invalid):
            load_sign_in(strict.hall.root)
    strict.hall.root.county.unlink()
    assert Role.ADMINISTRATOR in strict.hall.second_factor.roles()


def test_hall_check_names_a_post_that_does_not_exist(small_root: Path) -> None:
    path = small_root / "county.yml"
    text = path.read_text("utf-8")
    path.write_text(text + RULE.format("administrator, county_supervisor"), encoding="utf-8")
    assert [
        each for each in check_root(Root(small_root), date(2026, 3, 2)).errors if "sign_in" in each.field
    ] == []
    for wrong in ("applicant", "king"):
        path.write_text(text + RULE.format(f"administrator, {wrong}"), encoding="utf-8")
        found = [
            each for each in check_root(Root(small_root), date(2026, 3, 2)).errors if "sign_in" in each.field
        ]
        assert len(found) == 1
        assert wrong in found[0].message
        assert found[0].line == len(text.splitlines()) + 1


def test_it_is_not_published_and_the_schema_knows_it() -> None:
    assert "second_factor" in str(County.model_json_schema()["$defs"]["SignInSettings"]["properties"])
    given = SignInSettings(second_factor=("administrator",))
    assert given.second_factor_roles == {Role.ADMINISTRATOR}
    assert County.model_fields["sign_in"].exclude


def test_a_new_county_has_it_as_a_sample_to_uncomment(tmp_path: Path) -> None:
    names = ("name", "short_name", "division_code", "case_prefix", "department", "department_name", "number_word",
             "credit_code", "enquiry", "supervision", "today")  # fmt: skip
    lay_out(tmp_path, dict.fromkeys(names, "甲") | {"department": "x"})
    path = tmp_path / "county.yml"
    assert load_sign_in(Root(tmp_path)).second_factor == ()
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("# sign_in:", "sign_in:").replace("#   second_factor", "  second_factor"), "utf-8"
    )
    assert load_sign_in(Root(tmp_path)).second_factor == ("administrator", "county_supervisor")


def test_two_enrolments_at_once_put_only_the_shown_secret_in_force(staffed: Office) -> None:
    database: Database = staffed.hall.database
    person, now = staffed.people["admin"], staffed.clock()
    first, _ = sessions.enrol(database, person, "大厅")
    sessions.enrol(database, person, "大厅")
    made = sessions.sign_in(database, "admin", PASSWORD, now)
    with pytest.raises(Invalid):
        sessions.complete_enrolment(database, made.token, person, pyotp.TOTP(first).at(now), now)
    assert not people.known(database, person).totp_enabled
