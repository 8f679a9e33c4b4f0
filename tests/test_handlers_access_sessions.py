"""Sessions and tokens: they age out, are no substitute for each other, and end with the post."""

from __future__ import annotations

import re

import pyotp

from handlers.session import COOKIE
from handlers.store import people, sessions
from tests.access_fixtures import Everyone
from tests.handlers_fixtures import PASSWORD
from tests.safety_fixtures import everyone, no_limits_of_earlier_tests

__all__ = ["everyone", "no_limits_of_earlier_tests"]


# --- sessions ---


def test_a_programs_token_idles_and_ages_out_like_a_browsers(everyone: Everyone) -> None:
    clock = everyone.office.clock
    begun = clock()
    program = everyone.program("b-decider")
    try:
        clock.forward(minutes=29)
        assert program.get("/api/v1/desk").status_code == 200
        clock.forward(minutes=29)
        assert program.get("/api/v1/desk").status_code == 200
        clock.forward(minutes=30)
        assert program.get("/api/v1/desk").status_code == 401
        clock.moment = begun
        program = everyone.program("b-decider")
        for _ in range(28):
            clock.forward(minutes=25)
            assert program.get("/api/v1/messages").status_code == 200
        clock.forward(minutes=25)
        assert program.get("/api/v1/messages").status_code == 401
    finally:
        clock.moment = begun


def test_a_token_is_no_cookie_a_cookie_is_no_token_for_pages_and_no_address_takes_one(
    everyone: Everyone,
) -> None:
    client = everyone.client("b-decider")
    token = dict(client.cookies)[COOKIE]
    bare = everyone.client("anonymous")
    assert bare.get("/hall/staff/", headers={"authorization": f"Bearer {token}"}).status_code == 303
    for path in (
        f"/hall/staff/?{COOKIE}={token}",
        f"/api/v1/desk?token={token}",
        f"/api/v1/desk?access_token={token}",
    ):
        assert bare.get(path).status_code in (303, 401), path
    assert bare.get("/api/v1/desk", headers={"authorization": f"Basic {token}"}).status_code == 401


def test_a_session_planted_before_signing_in_is_not_the_one_signed_in(everyone: Everyone) -> None:
    own = everyone.client("b-window")
    planted = dict(own.cookies)[COOKIE]
    victim = everyone.client("anonymous")
    victim.cookies.set(COOKIE, planted)
    answer = victim.post(
        "/hall/staff/sign-in", data={"login": "county", "password": PASSWORD, "form_end": "1"}
    )
    assert answer.status_code == 303
    fresh = re.search(rf"{COOKIE}=([^;]+)", answer.headers["set-cookie"])
    assert fresh is not None
    assert fresh[1] != planted
    assert own.get("/hall/staff/").status_code == 303  # the planted one ended with it
    csrf = own.headers["x-csrf"]
    thief = everyone.client("anonymous")
    thief.cookies.set(COOKIE, fresh[1])
    assert thief.post("/hall/staff/sign-out", data={"csrf": csrf, "form_end": "1"}).status_code == 403


def test_digits_given_once_open_nothing_again_neither_page_nor_api_nor_older_ones(everyone: Everyone) -> None:
    office, database = everyone.office, everyone.hall.database
    person, begun = office.people["b-coordinator"], office.clock()
    secret, _ = sessions.enrol(database, person, "x")
    totp = pyotp.TOTP(secret)
    sessions.confirm_enrolment(database, person, totp.at(begun), begun)
    try:
        office.clock.forward(minutes=2)
        digits, older = totp.at(office.clock()), totp.at(office.clock(), counter_offset=-1)
        body = {"login": "b-coordinator", "password": PASSWORD}
        client = everyone.client("anonymous")
        assert client.post("/hall/staff/sign-in", data={**body, "form_end": "1"}).status_code == 303
        assert client.get("/hall/staff/").status_code == 303
        answer = client.post("/hall/staff/second-factor", data={"digits": digits, "form_end": "1"})
        assert answer.status_code == 303
        assert client.get("/hall/staff/messages").status_code == 200
        program = everyone.program("anonymous")
        for used in (digits, older, ""):
            assert program.post("/api/v1/session", json={**body, "totp": used}).status_code == 401
        office.clock.forward(seconds=30)
        answer = program.post("/api/v1/session", json={**body, "totp": totp.at(office.clock())})
        assert answer.status_code == 201
    finally:
        office.clock.moment = begun
        database.write(lambda tx: sessions.drop_second_factor(tx, person))


def test_a_post_that_ends_or_an_account_that_closes_is_out_at_the_next_request(everyone: Everyone) -> None:
    client, database = everyone.client("x-clerk"), everyone.hall.database
    path = f"/hall/staff/cases/{everyone.things.case.number}"
    assert client.get(path).status_code == 200
    person = everyone.office.people["x-clerk"]
    today = everyone.office.clock().date()
    database.write(
        lambda tx: tx.execute(
            "UPDATE assignment SET valid_to = ? WHERE person = ?",
            (f"{today.replace(day=1):%Y-%m-%d}", person),
        )
    )
    assert client.get(path).status_code == 403
    assert client.get("/hall/staff/account").status_code == 200
    database.write(lambda tx: tx.execute("UPDATE person SET active = 0 WHERE id = ?", (person,)))
    assert client.get("/hall/staff/account").status_code == 303


def test_a_locked_account_is_locked_for_the_api_and_page_alike_until_its_time(everyone: Everyone) -> None:
    office = everyone.office
    begun = office.clock()
    page, program = everyone.client("anonymous"), everyone.program("anonymous")
    for at in range(people.MOST_FAILURES):
        data = {"login": "y-clerk", "password": f"wrong-password-{at}"}
        answer = (
            page.post("/hall/staff/sign-in", data={**data, "form_end": "1"})
            if at % 2
            else program.post("/api/v1/session", json=data)
        )
        assert answer.status_code == 401
    right = {"login": "y-clerk", "password": PASSWORD}
    try:
        assert program.post("/api/v1/session", json=right).status_code == 429
        office.clock.forward(minutes=14, seconds=59)
        assert page.post("/hall/staff/sign-in", data={**right, "form_end": "1"}).status_code == 429
        office.clock.forward(seconds=2)
        assert page.post("/hall/staff/sign-in", data={**right, "form_end": "1"}).status_code == 303
    finally:
        office.clock.moment = begun
