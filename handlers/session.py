"""Who is signed in: the cookie, the session behind it, the token that staff forms carry."""

from __future__ import annotations

import hmac
from datetime import timedelta

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from handlers.context import Hall, hall_of
from handlers.second_factor_rule import EnrolmentOwed
from handlers.store import sessions
from handlers.store.people_records import Person, Session
from rules.access import Assignment, Role
from rules.errors import Forbidden, Unauthenticated
from rules.quick_dataclass import dataclass

COOKIE = "hall_session"
_TOKENS_IN = frozenset({b"authorization", b"cookie"})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A member of staff at this request, with the roles held today."""

    account: Person
    csrf: str
    token: str
    assignments: tuple[Assignment, ...]

    @property
    def person_id(self) -> str:
        return self.account.id

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(assignment.role for assignment in self.assignments)


def idle(hall: Hall) -> timedelta:
    """How long a session lives without a request."""
    return timedelta(minutes=hall.county.settings.session_idle_minutes)


def token_of(request: Request) -> str:
    """The session's token: from the browser's cookie, or for programs from `Authorization: Bearer`."""
    if not any(name in _TOKENS_IN for name, _ in request.scope["headers"]):
        return ""  # nearly everybody; looking headers up by name takes far longer
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and request.url.path.startswith("/api/"):
        return token.strip()
    return request.cookies.get(COOKIE, "")


def session_of(request: Request, *, touch: bool = True) -> Session | None:
    """The session behind the cookie, whether or not its second factor has been given."""
    token = token_of(request)
    if not token or len(token) > 200:
        return None
    hall = hall_of(request)
    return sessions.resume(hall.database, token, hall.now(), idle(hall), touch=touch)


def signed_in(request: Request, *, touch: bool = True) -> SignedIn | None:
    """The person signed in, or None; who still owes the second factor, its enrolment or a new password is nobody yet.

    Without `touch` an idle session goes on idling.
    """
    session = session_of(request, touch=touch)
    if (
        session is None
        or not session.second_factor
        or not session.person.active
        or session.person.must_change
    ):
        return None
    hall = hall_of(request)
    today = hall.now().date()
    if hall.second_factor.owed(session, today):
        return None
    held = tuple(each for each in session.person.assignments if each.holds_on(today))
    return SignedIn(session.person, session.csrf, token_of(request), held)


def refusal(request: Request) -> Unauthenticated:
    """Why nobody is signed in at this request: to be raised."""
    session, hall = session_of(request, touch=False), hall_of(request)
    if session is not None and hall.second_factor.owed(session, hall.now().date()):
        return EnrolmentOwed()
    return Unauthenticated("请先登录。登录后会回到这一页。")


def set_cookie(request: Request, response: Response, token: str) -> None:
    """The session cookie: not readable by scripts, not sent from other sites."""
    response.set_cookie(
        COOKIE, token, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )


def clear_cookie(response: Response) -> None:
    """Forgets the session in the browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def check_csrf(request: Request, form: FormData) -> None:
    """Raises Forbidden unless a staff form carries its session's token."""
    person: SignedIn | None = request.state.person
    given = form.get("csrf")
    if (
        person is None
        or not isinstance(given, str)
        or not hmac.compare_digest(given.encode(), person.csrf.encode())
    ):
        raise Forbidden("页面已经过期，没有执行。请刷新页面后再操作一次。")
