"""Headers, request numbers and the same-origin rule, for every answer alike."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("hall.access")

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_RAW = tuple((name.lower().encode(), value.encode()) for name, value in HEADERS.items())
_LOGGED_PATH = 300
PORTAL = "portal"
Answered = Callable[[str, str, int, float | None], None]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def request_id(request: Request) -> str:
    """The number a person quotes and the log holds."""
    number: str = request.scope.get("hall.request_id", "")
    return number


def from_elsewhere(method: str, headers: Headers) -> bool:
    """Whether another site made the browser send this (cross-site request forgery).

    Browsers name their site in Sec-Fetch-Site or Origin; a program that sends neither holds no cookie
    of a person, so there is nothing to forge.
    """
    if method in SAFE_METHODS:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is not None:
        try:
            return urlsplit(origin).netloc != headers.get("host", "")
        except ValueError:
            return True
    return False


def route_of(scope: Scope) -> str:
    """The template of the route that answers, never the address itself: that may hold a visitor's number or words."""
    template: str = getattr(scope.get("endpoint"), "template", PORTAL)
    return template


class Security:
    """ASGI middleware: numbers the request, refuses forged ones, sets headers, writes one log line.

    `answered` is told each request by method, route, status and seconds (None for a stream).
    """

    def __init__(self, app: ASGIApp, answered: Answered | None = None) -> None:
        self.app = app
        self.answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["hall.request_id"] = os.urandom(6).hex()
        safe = scope["method"] in SAFE_METHODS
        scope["hall.forged"] = not safe and from_elsewhere(scope["method"], Headers(scope=scope))
        started = time.perf_counter()
        status = 500
        streamed = False

        async def sending(message: Message) -> None:
            nonlocal status, streamed
            if message["type"] == "http.response.start":
                status = message["status"]
                streamed = _complete(message, scope)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - started
            _note(scope, status, seconds)
            if self.answered is not None:
                self.answered(scope["method"], route_of(scope), status, None if streamed else seconds)


def _complete(message: Message, scope: Scope) -> bool:
    """Adds the headers every answer has where it has none of its own; whether it is a stream of events."""
    own = dict(message["headers"])
    headers = [*message["headers"], *(pair for pair in _RAW if pair[0] not in own)]
    if scope["path"].startswith(("/hall", "/api")) and b"cache-control" not in own:
        headers.append((b"cache-control", b"no-store"))
    headers.append((b"x-request-id", scope["hall.request_id"].encode()))
    message["headers"] = headers
    return bool(own.get(b"content-type", b"").startswith(b"text/event-stream"))


def _note(scope: Scope, status: int, seconds: float) -> None:
    """One line a request. Address and query string stay out: they may hold a query code or what a person typed."""
    if not log.isEnabledFor(logging.INFO):
        return
    route, role = route_of(scope), scope.get("hall.role", "public")
    method = scope["method"] if scope["method"].isalpha() else "?"
    if route == PORTAL and status < 400:
        # A file of the portal, so nobody's words; quoted all the same, so that nobody writes a line of their own.
        route = quote(scope["path"][:_LOGGED_PATH], safe="/")
    milliseconds = round(seconds * 1000, 1)
    number = scope["hall.request_id"]
    log.info(
        "%s %s %s %d %.1fms %s",
        number,
        method,
        route,
        status,
        milliseconds,
        role,
        extra={
            "request_id": number,
            "method": method,
            "route": route,
            "status": status,
            "ms": milliseconds,
            "role": role,
        },
    )
