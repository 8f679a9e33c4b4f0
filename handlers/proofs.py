"""What a browser has proved it knows: secret codes in sealed, short-lived cookies, so that no address holds one.

Chosen over codes in addresses (they stay in histories, logs and screens) and over sessions in the database
(a citizen has no account): the cookie is encrypted with the hall's key, ends with the browser or after its
hours, and holds at most a handful of codes.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from handlers.context import hall_of
from rules.errors import HallError
from rules.quick_dataclass import dataclass
from rules.time import format_stamp, parse_stamp

LONGEST_COOKIE = 3800


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of code: its cookie, how long a browser may use it unasked, how many are kept."""

    cookie: str
    lasts: timedelta
    most: int


DRAFTS = Shelf("hall_drafts", timedelta(hours=12), 6)
CASES = Shelf("hall_cases", timedelta(hours=1), 6)
LETTERS = Shelf("hall_letters", timedelta(hours=1), 6)


def recalled(request: Request, shelf: Shelf, name: str) -> str | None:
    """The code this browser has proved for `name` (a number or a draft's handle), or None."""
    found = _codes(request, shelf).get(name)
    return None if found is None else found[0]


def names(request: Request, shelf: Shelf) -> tuple[str, ...]:
    """What this browser has codes for, the newest last."""
    return tuple(_codes(request, shelf))


def remember(request: Request, response: Response, shelf: Shelf, name: str, code: str) -> None:
    """Adds a code (as the newest) to the cookie of `response`."""
    now = hall_of(request).now()
    kept = {key: value for key, value in _codes(request, shelf).items() if key != name}
    kept[name] = (code, format_stamp(now + shelf.lasts))
    newest = dict(list(kept.items())[-shelf.most :])
    _set(request, response, shelf, newest)


def forget(request: Request, response: Response, shelf: Shelf, name: str | None = None) -> None:
    """Takes one code, or all of the shelf, out of the browser."""
    kept = {key: value for key, value in _codes(request, shelf).items() if name is not None and key != name}
    if kept:
        _set(request, response, shelf, kept)
    else:
        response.delete_cookie(shelf.cookie, path="/hall", httponly=True, samesite="strict")


def sealed(request: Request, text: str, context: str) -> str:
    """Text that may pass through a browser and comes back unread and unchanged, or not at all."""
    return base64.urlsafe_b64encode(hall_of(request).database.vault.seal(text, context)).decode()


def opened(request: Request, token: str, context: str) -> str | None:
    """What was sealed; None for anything else."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii", "replace"))
        return hall_of(request).database.vault.unseal(raw, context) if len(raw) > 28 else None
    except (binascii.Error, ValueError, HallError):
        return None


def _codes(request: Request, shelf: Shelf) -> dict[str, tuple[str, str]]:
    """Name to (code, end of validity), those that have ended left out."""
    token = request.cookies.get(shelf.cookie, "")
    text = opened(request, token, f"cookie/{shelf.cookie}") if 0 < len(token) <= LONGEST_COOKIE else None
    if text is None:
        return {}
    now = hall_of(request).now()
    known: Mapping[str, list[str]] = json.loads(text)
    return {name: (code, until) for name, (code, until) in known.items() if parse_stamp(until) > now}


def _set(request: Request, response: Response, shelf: Shelf, codes: Mapping[str, tuple[str, str]]) -> None:
    token = sealed(request, json.dumps(codes, ensure_ascii=False), f"cookie/{shelf.cookie}")
    response.set_cookie(
        shelf.cookie,
        token,
        path="/hall",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
