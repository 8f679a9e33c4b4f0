"""Checks login and password within the limits of guessing; a browser that has signed in before keeps its own count.

An account locks after five wrong passwords, an address after thirty in ten minutes. Both could be used to keep
other people out: whoever knows a login can lock it, and a whole service centre sits behind one address. So a
browser in which the account's owner has signed in before is known by a sealed cookie and is counted by itself.
"""

from __future__ import annotations

import secrets
import time
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from handlers import proofs, throttle
from handlers.context import hall_of
from handlers.limiter import Limit
from handlers.store import people, sessions
from handlers.store.people_records import NewSession
from handlers.throttle import address_of
from rules.errors import TooMany, Unauthenticated

DEVICE_COOKIE = "hall_device"
DEVICE_LASTS = timedelta(days=90)
_MINUTES = int(people.LOCKED_FOR.total_seconds() // 60)
# A login that nobody has is locked like one that somebody has, so that the answers are alike.
_UNKNOWN_LOGIN = Limit(people.MOST_FAILURES, _MINUTES)
_KNOWN_DEVICE = Limit(people.MOST_FAILURES, _MINUTES)


def new_session(request: Request, login: str, password: str) -> NewSession:
    """A session for the right password. Blocks for some 50 ms. Raises Unauthenticated, TooMany."""
    device = _device_of(request, login)
    if device:
        return _from_known_device(request, login, password, device)
    hall, sender = hall_of(request), address_of(request)
    if not hall.limiter.test(throttle.SIGN_INS, "sign-in", sender):
        raise _locked(request, throttle.SIGN_INS, "sign-in", sender, "这个网络地址短时间里试错的次数太多。")
    try:
        return sessions.sign_in(hall.database, login, password, hall.now())
    except Unauthenticated:
        wrong(request)
        name = login.strip().lower()
        unknown = people.by_login(hall.database, login) is None
        if unknown and not hall.limiter.hit(_UNKNOWN_LOGIN, "unknown-login", name):
            raise _locked(request, _UNKNOWN_LOGIN, "unknown-login", name, people.LOCKED_WORDS) from None
        raise
    except TooMany:
        wrong(request)
        raise


def wrong(request: Request) -> None:
    """Counts a wrong password or wrong digits against the address; what is right is never counted."""
    hall_of(request).limiter.hit(throttle.SIGN_INS, "sign-in", address_of(request))


def remember_device(request: Request, response: Response, login: str) -> None:
    """Lets the account's owner sign in from this browser even while others have the account locked."""
    token = proofs.sealed(request, secrets.token_urlsafe(12), _context(login))
    response.set_cookie(
        DEVICE_COOKIE,
        token,
        max_age=int(DEVICE_LASTS.total_seconds()),
        path="/hall/staff",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def _from_known_device(request: Request, login: str, password: str, device: str) -> NewSession:
    hall = hall_of(request)
    if not hall.limiter.test(_KNOWN_DEVICE, "device", device):
        raise _locked(request, _KNOWN_DEVICE, "device", device, people.LOCKED_WORDS)
    try:
        return sessions.sign_in(hall.database, login, password, hall.now(), known_device=True)
    except Unauthenticated:
        hall.limiter.hit(_KNOWN_DEVICE, "device", device)
        raise


def _device_of(request: Request, login: str) -> str:
    """What counts this browser, if it is one of the login's; it opens nothing without the password."""
    token = request.cookies.get(DEVICE_COOKIE, "")
    return proofs.opened(request, token, _context(login)) or "" if 0 < len(token) <= 200 else ""


def _context(login: str) -> str:
    return f"device/{login.strip().lower()}"


def _locked(request: Request, limit: Limit, what: str, who: str, words: str) -> TooMany:
    reset = hall_of(request).limiter.free_at(limit, what, who)
    return TooMany(words, max(1, round(reset - time.time())))
