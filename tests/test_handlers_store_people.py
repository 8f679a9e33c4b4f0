"""Accounts: passwords, lock-out, sessions that idle and age, the second factor."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyotp
import pytest

from handlers.store import people, sessions
from handlers.store.database import Database
from rules.access import Role
from rules.errors import Conflict, Invalid, TooMany, Unauthenticated
from tests.casework_fixtures import at

PASSWORD = "Qinghe-2026-x"
NOW = at("2026-03-02 09:00")
IDLE = timedelta(minutes=30)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database.open(tmp_path / "hall.db", migrate=True)
    hashed = people.hash_password(PASSWORD)
    database.write(lambda tx: people.add(tx, "alice", "张示例", hashed, NOW))
    yield database
    database.close()


def _id(database: Database) -> str:
    found = people.by_login(database, "alice")
    assert found is not None
    return found.id


def test_passwords_are_kept_as_argon2id_only(database: Database) -> None:
    stored = database.value("SELECT password_hash FROM person")
    assert stored.startswith("$argon2id$")


def test_signing_in_gives_a_session_that_resumes(database: Database) -> None:
    made = sessions.sign_in(database, "Alice ", PASSWORD, NOW)
    session = sessions.resume(database, made.token, NOW, IDLE)
    assert session is not None
    assert session.second_factor
    assert session.person.name == "张示例"
    assert sessions.csrf_matches(session, made.csrf)
    assert made.token.encode() not in database.path.read_bytes()


def test_unknown_login_and_wrong_password_are_refused_in_the_same_words(database: Database) -> None:
    with pytest.raises(Unauthenticated) as unknown:
        sessions.sign_in(database, "bob", PASSWORD, NOW)
    with pytest.raises(Unauthenticated) as wrong:
        sessions.sign_in(database, "alice", "wrong", NOW)
    assert unknown.value.detail == wrong.value.detail


def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(database: Database) -> None:
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            sessions.sign_in(database, "alice", "wrong", NOW)
    with pytest.raises(TooMany):
        sessions.sign_in(database, "alice", PASSWORD, NOW + timedelta(minutes=14, seconds=59))
    assert sessions.sign_in(database, "alice", PASSWORD, NOW + timedelta(minutes=15)).token


def test_a_session_ends_after_idling_and_after_twelve_hours(database: Database) -> None:
    token = sessions.sign_in(database, "alice", PASSWORD, NOW).token
    assert sessions.resume(database, token, NOW + timedelta(minutes=29), IDLE)
    assert sessions.resume(database, token, NOW + timedelta(minutes=58), IDLE)
    assert sessions.resume(database, token, NOW + timedelta(minutes=88), IDLE) is None
    assert sessions.resume(database, token, NOW + timedelta(minutes=58), IDLE) is None
    token = sessions.sign_in(database, "alice", PASSWORD, NOW).token
    for minutes in range(25, 12 * 60, 25):
        assert sessions.resume(database, token, NOW + timedelta(minutes=minutes), IDLE)
    assert sessions.resume(database, token, NOW + timedelta(hours=12), IDLE) is None


def test_signing_out_ends_the_session(database: Database) -> None:
    token = sessions.sign_in(database, "alice", PASSWORD, NOW).token
    sessions.sign_out(database, token)
    assert sessions.resume(database, token, NOW, IDLE) is None


def test_a_new_password_ends_all_sessions(database: Database) -> None:
    token = sessions.sign_in(database, "alice", PASSWORD, NOW).token
    person, hashed = _id(database), people.hash_password("Another-2026")
    database.write(lambda tx: people.set_password(tx, person, hashed, NOW, must_change=False))
    assert sessions.resume(database, token, NOW, IDLE) is None
    assert sessions.sign_in(database, "alice", "Another-2026", NOW).second_factor


def test_the_second_factor_is_asked_once_enrolled_and_each_code_works_once(database: Database) -> None:
    secret, uri = sessions.enrol(database, _id(database), "青禾县")
    assert uri.startswith("otpauth://totp/")
    totp = pyotp.TOTP(secret)
    with pytest.raises(Invalid):
        sessions.confirm_enrolment(database, _id(database), "000000", NOW)
    sessions.confirm_enrolment(database, _id(database), totp.at(NOW), NOW)
    half = sessions.sign_in(database, "alice", PASSWORD, NOW)
    assert not half.second_factor
    with pytest.raises(Unauthenticated):
        sessions.second_factor(database, half.token, totp.at(NOW), NOW)  # used at the enrolment
    later = NOW + timedelta(seconds=60)
    whole = sessions.second_factor(database, half.token, totp.at(later), later)
    assert whole.token != half.token
    assert sessions.resume(database, half.token, later, IDLE) is None
    session = sessions.resume(database, whole.token, later, IDLE)
    assert session is not None
    assert session.second_factor
    assert secret.encode() not in database.path.read_bytes()


def test_five_wrong_codes_end_the_half_open_session(database: Database) -> None:
    secret, _ = sessions.enrol(database, _id(database), "青禾县")
    sessions.confirm_enrolment(database, _id(database), pyotp.TOTP(secret).at(NOW), NOW)
    half = sessions.sign_in(database, "alice", PASSWORD, NOW)
    for _ in range(4):
        with pytest.raises(Unauthenticated):
            sessions.second_factor(database, half.token, "123", NOW)
    with pytest.raises(TooMany):
        sessions.second_factor(database, half.token, "123", NOW)
    assert sessions.resume(database, half.token, NOW, IDLE) is None


@pytest.mark.parametrize(
    "password", ["short-1", "onlylowercase", "alice-2026-abc", "aA1aA1aA1aA1", "x" * 201]
)
def test_weak_passwords_are_refused_with_the_reason(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        people.check_password_rules(password, "alice", "张示例")
    assert "password" in refused.value.fields


def test_a_login_is_taken_once_and_assignments_are_dated(database: Database) -> None:
    with pytest.raises(Conflict):
        database.write(lambda tx: people.add(tx, "alice", "另一人", "-", NOW))
    person = _id(database)
    database.write(lambda tx: people.assign(tx, person, Role.REVIEWER, "market", date(2026, 1, 1)))
    database.write(lambda tx: people.end_assignment(tx, person, Role.REVIEWER, "market", date(2026, 6, 30)))
    found = people.known(database, person).assignments[0]
    assert found.holds_on(date(2026, 6, 30))
    assert not found.holds_on(date(2026, 7, 1))


def test_an_assignment_with_a_last_day_can_be_ended_earlier_and_never_later(database: Database) -> None:
    person = _id(database)
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    database.write(lambda tx: people.assign(tx, person, Role.REVIEWER, "market", first, last))
    ended = [
        database.write(lambda tx, day=day: people.end_assignment(tx, person, Role.REVIEWER, "market", day))  # type: ignore[misc]
        for day in (date(2027, 3, 1), date(2026, 6, 30), date(2026, 6, 30), date(2026, 9, 30))
    ]
    assert ended == [0, 1, 0, 0]
    assert [each.valid_to for each in people.known(database, person).assignments] == [date(2026, 6, 30)]


def test_a_closed_account_is_out_at_once(database: Database) -> None:
    token = sessions.sign_in(database, "alice", PASSWORD, NOW).token
    person = _id(database)
    database.write(lambda tx: people.set_active(tx, person, active=False))
    assert sessions.resume(database, token, NOW, IDLE) is None
    with pytest.raises(Unauthenticated):
        sessions.sign_in(database, "alice", PASSWORD, NOW)
