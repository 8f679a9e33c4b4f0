"""Signed-in sessions: made anew at every sign-in, ended by idling or age; the second factor (TOTP)."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from datetime import datetime, timedelta

import pyotp

from handlers.store import access_log
from handlers.store.database import Database
from handlers.store.moments import Reads, moment, stamp
from handlers.store.people import LOCKED_FOR, check_credentials, count_failure, known
from handlers.store.people_records import NewSession, Session
from handlers.store.writer import Transaction
from rules.access import Role
from rules.errors import Invalid, TooMany, Unauthenticated, Unavailable
from rules.quick_dataclass import dataclass

log = logging.getLogger("hall.sessions")

LONGEST = timedelta(hours=12)
# `seen` is written at most this often: reading pages should not mean writing.
SEEN_EVERY = timedelta(minutes=1)
_STEP_SECONDS = 30


def sign_in(
    database: Database, login: str, password: str, now: datetime, *, known_device: bool = False
) -> NewSession:
    """A new session. Raises Unauthenticated or TooMany (see people.check_credentials). Blocks for some 50 ms."""
    person = check_credentials(database, login, password, now, known_device=known_device)
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    complete = not person.totp_enabled

    def job(tx: Transaction) -> None:
        tx.execute(
            "INSERT INTO session (token_hash, person, csrf, second_factor, created, seen, expires) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (_hash(token), person.id, csrf, int(complete), stamp(now), stamp(now), stamp(now + LONGEST)),
        )

    database.write(job)
    return NewSession(token, csrf, complete)


def resume(
    database: Database, token: str, now: datetime, idle: timedelta, *, touch: bool = True
) -> Session | None:
    """The session of a cookie; None when there is none, or it has idled or aged out.

    A session that still owes its second factor comes back with `second_factor` False. Without `touch` the
    look does not count as use.
    """
    if not token or len(token) > 200:
        return None
    digest = _hash(token)
    row = database.row("SELECT * FROM session WHERE token_hash = ?", (digest,))
    if row is None:
        return None
    seen, expires = moment(row["seen"]), moment(row["expires"])
    person = known(database, row["person"])
    if now >= expires or now - seen >= idle or not person.active:
        database.write(lambda tx: tx.execute("DELETE FROM session WHERE token_hash = ?", (digest,)).rowcount)
        return None
    if touch and now - seen >= SEEN_EVERY:
        _note_seen(database, digest, now)
    return Session(person, row["csrf"], bool(row["second_factor"]), moment(row["created"]), seen, expires)


def _note_seen(database: Database, digest: bytes, now: datetime) -> None:
    try:
        database.write(
            lambda tx: (
                tx.execute("UPDATE session SET seen = ? WHERE token_hash = ?", (stamp(now), digest)).rowcount
            )
        )
    except Unavailable as error:  # a full disk must not take reading down too
        log.warning("a session's last request was not noted: %s", error.detail)


def sign_out(database: Database, token: str) -> None:
    """Ends the session."""
    database.write(
        lambda tx: tx.execute("DELETE FROM session WHERE token_hash = ?", (_hash(token),)).rowcount
    )


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One signed-in browser of a person, for the list that lets them end the others."""

    created: datetime
    seen: datetime
    here: bool


def of_person(
    reads: Reads, person: str, token: str, now: datetime, idle: timedelta
) -> tuple[OpenSession, ...]:
    """A person's living sessions, the newest first; `here` marks the one of `token`."""
    rows = reads.rows(
        "SELECT * FROM session WHERE person = ? AND expires > ? AND seen > ? ORDER BY created DESC",
        (person, stamp(now), stamp(now - idle)),
    )
    digest = _hash(token)
    return tuple(
        OpenSession(moment(row["created"]), moment(row["seen"]), row["token_hash"] == digest) for row in rows
    )


def end_others(tx: Transaction, person: str, token: str) -> int:
    """Ends all of a person's sessions but the one of `token`; returns how many."""
    return tx.execute(
        "DELETE FROM session WHERE person = ? AND token_hash <> ?", (person, _hash(token))
    ).rowcount


def drop_expired(tx: Transaction, now: datetime) -> int:
    """Removes what has aged out."""
    return tx.execute("DELETE FROM session WHERE expires <= ?", (stamp(now),)).rowcount


def csrf_matches(session: Session, given: str) -> bool:
    """Whether a form carries the session's secret, in constant time."""
    return hmac.compare_digest(session.csrf.encode(), given.encode())


def second_factor(database: Database, token: str, digits: str, now: datetime) -> NewSession:
    """Completes a sign-in with the authenticator's six digits; the token changes with the rights it gives.

    Raises Unauthenticated for wrong or used digits; after five wrong ones the account locks (TooMany).
    """
    digest = _hash(token)
    row = database.row(
        "SELECT session.*, totp_secret, totp_last FROM session JOIN person ON person.id = session.person "
        "WHERE token_hash = ?",
        (digest,),
    )
    if row is None or row["totp_secret"] is None:
        raise Unauthenticated("登录已经失效，请重新登录。")
    secret = database.vault.unseal(row["totp_secret"], f"totp/{row['person']}")
    step = _matching_step(secret, digits, now)
    if step is None or step <= row["totp_last"]:
        if database.write(lambda tx: _count_wrong_digits(tx, row["person"], now)):
            raise TooMany(
                "动态码错误次数过多，账号已临时锁定，请一刻钟后再试。", int(LOCKED_FOR.total_seconds())
            )
        raise Unauthenticated("动态码不对，或者已经用过。请等下一个动态码再试。")
    new_token = secrets.token_urlsafe(32)

    def job(tx: Transaction) -> None:
        used = tx.execute(
            "UPDATE person SET totp_last = ?, failures = 0, locked_until = NULL WHERE id = ? AND totp_last < ?",
            (step, row["person"], step),
        )
        if used.rowcount != 1:
            raise Unauthenticated("动态码已经用过。请等下一个动态码再试。")
        tx.execute(
            "UPDATE session SET token_hash = ?, second_factor = 1, seen = ? WHERE token_hash = ?",
            (_hash(new_token), stamp(now), digest),
        )

    database.write(job)
    return NewSession(new_token, row["csrf"], True)


def enrol(database: Database, person: str, issuer: str) -> tuple[str, str]:
    """A new secret for an authenticator, not in force before `confirm_enrolment`: (secret, otpauth address)."""
    secret = pyotp.random_base32()
    login = known(database, person).login
    sealed = database.vault.seal(secret, f"totp/{person}")
    database.write(
        lambda tx: (
            tx.execute(
                "UPDATE person SET totp_secret = ? WHERE id = ? AND totp_enabled = 0", (sealed, person)
            ).rowcount
        )
    )
    return secret, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def confirm_enrolment(database: Database, person: str, digits: str, now: datetime) -> None:
    """Puts the second factor in force once the authenticator has shown the right digits. Raises Invalid."""
    sealed, step = _first_digits(database, person, digits, now)
    database.write(lambda tx: _put_in_force(tx, person, sealed, step))


def complete_enrolment(database: Database, token: str, person: str, digits: str, now: datetime) -> NewSession:
    """Enrols who may do nothing before: the session goes on under a new token, all others of the person end.

    The others have shown the password only; the new second factor must not let them in too. Raises Invalid.
    """
    sealed, step = _first_digits(database, person, digits, now)
    new_token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)

    def job(tx: Transaction) -> None:
        _put_in_force(tx, person, sealed, step)
        renewed = tx.execute(
            "UPDATE session SET token_hash = ?, csrf = ?, seen = ? WHERE token_hash = ? AND person = ?",
            (_hash(new_token), csrf, stamp(now), _hash(token), person),
        )
        if renewed.rowcount != 1:
            raise Unauthenticated("登录已经失效，请重新登录。")
        end_others(tx, person, new_token)

    database.write(job)
    return NewSession(new_token, csrf, True)


def _first_digits(database: Database, person: str, digits: str, now: datetime) -> tuple[bytes, int]:
    """The sealed secret that these digits are right for, and their time step. Raises Invalid."""
    sealed = database.value("SELECT totp_secret FROM person WHERE id = ? AND totp_enabled = 0", (person,))
    step = None
    if sealed is not None:
        step = _matching_step(database.vault.unseal(sealed, f"totp/{person}"), digits, now)
    if step is None:
        raise _wrong_first_digits()
    return sealed, step


def _put_in_force(tx: Transaction, person: str, sealed: bytes, step: int) -> None:
    """Only the secret whose digits were shown: another page may have asked for a new one meanwhile."""
    changed = tx.execute(
        "UPDATE person SET totp_enabled = 1, totp_last = ? WHERE id = ? AND totp_enabled = 0 AND totp_secret = ?",
        (step, person, sealed),
    )
    if changed.rowcount != 1:
        raise _wrong_first_digits()


def _wrong_first_digits() -> Invalid:
    return Invalid("动态码不对，第二因素没有启用。", {"digits": "动态码不对，请核对手机时间后再试"})


def reset_second_factor(tx: Transaction, person: str, now: datetime) -> None:
    """For a lost telephone: off, every session ends (one may be on it), and the act is kept with the looks."""
    drop_second_factor(tx, person)
    tx.execute("DELETE FROM session WHERE person = ?", (person,))
    access_log.add(tx, access_log.Look(now, person, Role.SYSTEM, "account", "", "second_factor"))


def drop_second_factor(tx: Transaction, person: str) -> None:
    """Takes the second factor off."""
    tx.execute(
        "UPDATE person SET totp_enabled = 0, totp_secret = NULL, totp_last = 0 WHERE id = ?", (person,)
    )


def _count_wrong_digits(tx: Transaction, person: str, now: datetime) -> bool:
    """Wrong digits count like wrong passwords; at the fifth every sign-in that has begun ends."""
    locked = count_failure(tx, person, now)
    if locked:
        tx.execute("DELETE FROM session WHERE person = ? AND second_factor = 0", (person,))
    return locked


def _matching_step(secret: str, digits: str, now: datetime) -> int | None:
    """The time step whose digits these are: now, or one step to either side for clocks that differ."""
    totp = pyotp.TOTP(secret)
    step = int(now.timestamp()) // _STEP_SECONDS
    given = digits.strip().replace(" ", "")
    for each in (step, step - 1, step + 1):
        if hmac.compare_digest(totp.generate_otp(each).encode(), given.encode()):
            return each
    return None


def _hash(token: str) -> bytes:
    # The token has 256 random bits, so a plain hash is enough.
    return hashlib.sha256(token.encode()).digest()
