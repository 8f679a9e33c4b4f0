"""How often an address may try or send something: wrong codes count per address and per number."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from starlette.requests import Request

from handlers.context import hall_of
from handlers.limiter import Limit
from rules.errors import Forbidden, NotFound, TooMany

# A service centre sits behind one address, so what is right is generous; what counts here are wrong codes.
WRONG_PER_ADDRESS = Limit(30, 10)
# From all addresses together: more than one of them may try, so that nobody alone keeps an applicant from their
# case. A code of 8 characters of 31 outlives the case by ages all the same.
WRONG_PER_NUMBER = Limit(300, 60)
WRONG_PER_NUMBER_AND_ADDRESS = Limit(10, 60)
FILINGS = Limit(120, 60)
DRAFTS = Limit(240, 60)
UPLOADS = Limit(600, 60)
LETTERS = Limit(30, 60)
SIGN_INS = Limit(30, 10)
# A gateway reports one by one as fast as it sends.
RECEIPTS = Limit(1200, 1)
WRONG_SECRETS = Limit(20, 60)


def address_of(request: Request) -> str:
    """Who counts as one sender: an IPv4 address, or the /64 that an IPv6 household has."""
    return _sender(request.client.host if request.client else "unknown")


def _sender(host: str) -> str:
    return _household(host) if ":" in host else host


@lru_cache(maxsize=4096)
def _household(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        # How a proxy that listens for both kinds writes an IPv4 visitor; in one /64 all of them would be one.
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return host


def once(request: Request, limit: Limit, what: str) -> None:
    """Counts one sending of this address; staff who are signed in are not counted. Raises TooMany."""
    if getattr(request.state, "person", None) is not None:
        return
    hall = hall_of(request)
    if not hall.limiter.hit(limit, what, address_of(request)):
        raise _too_many(request, limit, what, address_of(request))


@contextmanager
def guessing(request: Request, number: str) -> Iterator[None]:
    """Around the check of a code: a NotFound inside counts against the address, the number, and both together.

    Raises TooMany before the check once any of the counts is used up, whether the code is right or not.
    """
    limiter, address = hall_of(request).limiter, address_of(request)
    tries = (
        (WRONG_PER_ADDRESS, "wrong", address),
        (WRONG_PER_NUMBER_AND_ADDRESS, "wrong-here", f"{address} {number[:60]}"),
        (WRONG_PER_NUMBER, "wrong-number", number[:60]),
    )
    for limit, what, who in tries:
        if not limiter.test(limit, what, who):
            raise _too_many(request, limit, what, who)
    try:
        yield
    except NotFound:
        for limit, what, who in tries:
            limiter.hit(limit, what, who)
        raise


@contextmanager
def proving(request: Request, what: str) -> Iterator[None]:
    """Around the check of a program's secret: a Forbidden inside counts against the address. Raises TooMany."""
    limiter, address = hall_of(request).limiter, address_of(request)
    if not limiter.test(WRONG_SECRETS, what, address):
        raise _too_many(request, WRONG_SECRETS, what, address)
    try:
        yield
    except Forbidden:
        limiter.hit(WRONG_SECRETS, what, address)
        raise


def _too_many(request: Request, limit: Limit, what: str, who: str) -> TooMany:
    reset = hall_of(request).limiter.free_at(limit, what, who)
    wait = max(1, round(reset - time.time()))
    minutes = max(1, -(-wait // 60))
    return TooMany(
        f"短时间里试的次数太多了。为了保护您的信息，请过 {minutes} 分钟再试；急着办的，可以打电话或到窗口查询。",
        wait,
    )
