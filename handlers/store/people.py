"""Staff accounts: people, their dated assignments, passwords (argon2id) with lock-out."""

from __future__ import annotations

import base64
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from handlers.store.database import Database
from handlers.store.moments import Reads, moment_or_none, stamp
from handlers.store.people_records import Person
from handlers.store.writer import Transaction
from rules.access import Assignment, Role
from rules.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
LOCKED_WORDS = "密码错误次数过多，账号已临时锁定，请一刻钟后再试，或请管理员重设密码。"

_hasher = PasswordHasher()


def _drawn(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()


# Checked against when nobody has the login, so that the answer takes as long as for a wrong password. Drawn, not
# computed, for that would take as long at every start: no password is known to give it, and checking costs the same.
_nobody = (
    f"$argon2id$v={ARGON2_VERSION}$m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    f"${_drawn(_hasher.salt_len)}${_drawn(_hasher.hash_len)}"
)


def check_password_rules(password: str, login: str, name: str = "") -> None:
    """Raises Invalid for a password that is too short, of one kind of characters only, or the login itself."""
    kinds = sum(
        any(test(char) for char in password)
        for test in (str.islower, str.isupper, str.isdigit, lambda char: not char.isalnum())
    )
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        message = f"密码应为 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符"
    elif kinds < 2:
        message = "密码要包含大写、小写、数字、符号中的至少两种"
    elif login.lower() in password.lower() or (len(name) > 1 and name in password):
        message = "密码里不能包含登录名或姓名"
    elif len(set(password)) < 5:
        message = "密码里重复的字符太多"
    else:
        return
    raise Invalid(message, {"password": message})


def hash_password(password: str) -> str:
    """An argon2id hash; takes some 50 ms, so never inside the writer."""
    return _hasher.hash(password)


def add(
    tx: Transaction,
    login: str,
    name: str,
    password_hash: str,
    now: datetime,
    *,
    phone: str = "",
    email: str = "",
    must_change: bool = False,
    demo: bool = False,
) -> str:
    """A new account; returns its id. Raises Conflict when the login is taken."""
    person = "p-" + secrets.token_hex(6)
    try:
        tx.execute(
            "INSERT INTO person (id, login, name, phone, email, password_hash, password_changed, must_change, "
            "demo, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                person, login, name, phone, email, password_hash, stamp(now), int(must_change), int(demo),
                stamp(now),
            ),
        )  # fmt: skip
    except sqlite3.IntegrityError as error:
        raise Conflict(f"登录名“{login}”已经有人使用。") from error
    return person


def assign(
    tx: Transaction,
    person: str,
    role: Role,
    unit: str,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> None:
    """A dated assignment. The same one twice is one."""
    if role in (Role.APPLICANT, Role.AGENT, Role.SYSTEM):
        raise Invalid("申请人、代办人和系统不是工作人员的岗位。")
    first = None if valid_from is None else valid_from.isoformat()
    last = None if valid_to is None else valid_to.isoformat()
    known = tx.value(
        "SELECT 1 FROM assignment WHERE person = ? AND role = ? AND unit = ? AND valid_from IS ? "
        "AND valid_to IS ?",
        (person, role, unit, first, last),
    )
    if known is None:
        tx.execute(
            "INSERT INTO assignment (person, role, unit, valid_from, valid_to) VALUES (?, ?, ?, ?, ?)",
            (person, role, unit, first, last),
        )


def end_assignment(tx: Transaction, person: str, role: Role, unit: str, last_day: date) -> int:
    """Ends with a day what is open or would last longer; what has ended by then stays. Returns how many."""
    day = last_day.isoformat()
    return tx.execute(
        "UPDATE assignment SET valid_to = ? WHERE person = ? AND role = ? AND unit = ? "
        "AND (valid_to IS NULL OR valid_to > ?)",
        (day, person, role, unit, day),
    ).rowcount


def set_password(tx: Transaction, person: str, password_hash: str, now: datetime, must_change: bool) -> None:
    """A new password: unlocks the account and ends its sessions."""
    tx.execute(
        "UPDATE person SET password_hash = ?, password_changed = ?, must_change = ?, failures = 0, "
        "locked_until = NULL WHERE id = ?",
        (password_hash, stamp(now), int(must_change), person),
    )
    tx.execute("DELETE FROM session WHERE person = ?", (person,))


def set_active(tx: Transaction, person: str, active: bool) -> None:
    """Locks an account for good, or opens it again; a locked one's sessions end."""
    tx.execute(
        "UPDATE person SET active = ?, failures = 0, locked_until = NULL WHERE id = ?", (int(active), person)
    )
    if not active:
        tx.execute("DELETE FROM session WHERE person = ?", (person,))


def by_login(reads: Reads, login: str) -> Person | None:
    """The account with this login (any case)."""
    row = reads.row("SELECT * FROM person WHERE login = ?", (login.strip().lower(),))
    return None if row is None else _person(reads, row)


def by_id(reads: Reads, person: str) -> Person | None:
    """The account with this id."""
    row = reads.row("SELECT * FROM person WHERE id = ?", (person,))
    return None if row is None else _person(reads, row)


def known(reads: Reads, person: str) -> Person:
    """The account with this id. Raises NotFound."""
    found = by_id(reads, person)
    if found is None:
        raise NotFound("没有这个工作人员。")
    return found


def everyone(reads: Reads) -> tuple[Person, ...]:
    """All accounts by login."""
    return tuple(_person(reads, row) for row in reads.rows("SELECT * FROM person ORDER BY login"))


def names(reads: Reads, ids: Sequence[str]) -> dict[str, str]:
    """Names by id, for events."""
    found = {}
    for each in set(ids):
        name = reads.value("SELECT name FROM person WHERE id = ?", (each,))
        if name is not None:
            found[each] = name
    return found


def check_credentials(
    database: Database, login: str, password: str, now: datetime, *, known_device: bool = False
) -> Person:
    """The person with this login and password.

    `known_device`: the caller counts its wrong tries, and what others have done to the account does not keep it out.

    Raises Unauthenticated alike for an unknown login and a wrong password, in about equal time, and
    TooMany once the account is locked for a quarter of an hour after five wrong ones.
    """
    row = database.row("SELECT * FROM person WHERE login = ?", (login.strip().lower(),))
    right = _verify(row["password_hash"] if row is not None else _nobody, password)
    if row is None:
        raise Unauthenticated("登录名或密码不对。")
    locked = moment_or_none(row["locked_until"])
    if locked is not None and locked > now and not known_device:
        seconds = int((locked - now).total_seconds()) + 1
        raise TooMany(LOCKED_WORDS, seconds)
    if not right:
        if not known_device:
            database.write(lambda tx: count_failure(tx, row["id"], now))
        raise Unauthenticated("登录名或密码不对。")
    if not row["active"]:
        raise Unauthenticated("这个账号已停用，请联系系统管理员。")
    new_hash = hash_password(password) if _hasher.check_needs_rehash(row["password_hash"]) else None
    # Who still owes the second factor is not forgiven yet: signing in again must not give five more guesses at it.
    forgiven = bool(row["failures"]) and not row["totp_enabled"]
    if forgiven or new_hash:
        database.write(lambda tx: _forgive(tx, row["id"], forgiven, new_hash))
    return known(database, row["id"])


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password[: LONGEST_PASSWORD * 4])
    except (VerificationError, InvalidHashError):
        return False


def count_failure(tx: Transaction, person: str, now: datetime) -> bool:
    """One more wrong password or wrong digits; locks the account at the fifth and says so."""
    failures = tx.value(
        "UPDATE person SET failures = failures + 1 WHERE id = ? RETURNING failures", (person,)
    )
    if failures < MOST_FAILURES:
        return False
    tx.execute(
        "UPDATE person SET failures = 0, locked_until = ? WHERE id = ?", (stamp(now + LOCKED_FOR), person)
    )
    return True


def _forgive(tx: Transaction, person: str, forgiven: bool, new_hash: str | None) -> None:
    if forgiven:
        tx.execute("UPDATE person SET failures = 0, locked_until = NULL WHERE id = ?", (person,))
    if new_hash:
        tx.execute("UPDATE person SET password_hash = ? WHERE id = ?", (new_hash, person))


def _person(reads: Reads, row: sqlite3.Row) -> Person:
    assignments = reads.rows("SELECT * FROM assignment WHERE person = ? ORDER BY id", (row["id"],))
    return Person(
        id=row["id"],
        login=row["login"],
        name=row["name"],
        phone=row["phone"],
        email=row["email"],
        must_change=bool(row["must_change"]),
        totp_enabled=bool(row["totp_enabled"]),
        locked_until=moment_or_none(row["locked_until"]),
        active=bool(row["active"]),
        demo=bool(row["demo"]),
        assignments=tuple(
            Assignment(
                person=each["person"],
                role=Role(each["role"]),
                unit=each["unit"],
                valid_from=_day(each["valid_from"]),
                valid_to=_day(each["valid_to"]),
            )
            for each in assignments
        ),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
