"""The enrolment of the second factor that a post must have: all that a sign-in opens which still owes it."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers import signing_in
from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import public, route
from handlers.session import clear_cookie, session_of, set_cookie, token_of
from handlers.staff_frame import NO_INDEX, SIGN_IN, address, local_path
from handlers.staff_resume import Kept, kept_in, resumed
from handlers.store import sessions
from handlers.store.people_records import Session
from presentation.view import Crumb
from rules.errors import Forbidden, Invalid, Unauthenticated

ENROLMENT = "/hall/staff/enrolment"


def owes(request: Request, session: Session) -> bool:
    """Whether the session opens nothing but this enrolment (a new password comes first)."""
    hall = hall_of(request)
    return not session.person.must_change and hall.second_factor.owed(session, hall.now().date())


def enrolment_values(secret: str, uri: str, fault: str = "") -> dict[str, Any]:
    """What the steps of an enrolment show, here and in one's own account."""
    return {
        "secret": " ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        "uri": uri,
        "fault": fault,
    }


def wrong_digits(error: Invalid) -> str:
    """What is said over the new secret that replaces one whose digits were wrong."""
    return f"{error.fields.get('digits', error.detail)}。为了安全换了一个新的二维码，请重新扫描"


def owed_page(
    request: Request,
    session: Session,
    target: str,
    kept: Kept | None,
    status: int = 200,
    **steps: Any,
) -> Response:
    """Why the second factor must be enrolled now; with `steps`, the code to scan."""
    return hall_of(request).page(
        request,
        "staff/enrolment_owed.html",
        "先启用动态码",
        status=status,
        head=NO_INDEX,
        breadcrumbs=(Crumb("工作人员登录", SIGN_IN), Crumb("先启用动态码")),
        name=session.person.name,
        csrf=session.csrf,
        target=target,
        kept=kept,
        **steps,
    )


def show(request: Request) -> Response:
    """The page of a sign-in that owes its enrolment; all others are where they should be after the sign-in page."""
    session, target = session_of(request), local_path(request.query_params.get("next", ""))
    if session is None or not owes(request, session):
        return _elsewhere(target)
    return owed_page(request, session, target, None)


async def begin(request: Request) -> Response:
    """A new secret for the authenticator, shown once."""
    async with form_of(request) as form:
        session, target, kept = await _asked(request, form)
    return _elsewhere(target) if session is None else await _with_secret(request, session, target, kept)


async def confirm(request: Request) -> Response:
    """Right digits: enrolled and signed in, under a new token. Wrong ones: a new secret."""
    async with form_of(request) as form:
        session, target, kept = await _asked(request, form)
        digits = text_of(form, "digits", 20)
    if session is None:
        return _elsewhere(target)
    hall, person = hall_of(request), session.person
    try:
        made = await run_in_threadpool(
            sessions.complete_enrolment, hall.database, token_of(request), person.id, digits, hall.now()
        )
    except Invalid as error:
        return await _with_secret(request, session, target, kept, wrong_digits(error), 422)
    except Unauthenticated:  # ended elsewhere meanwhile
        return _elsewhere(target)
    answer = resumed(request, kept, made.csrf) if kept else RedirectResponse(target, 303)
    set_cookie(request, answer, made.token)
    signing_in.remember_device(request, answer, person.login)
    return answer


async def sign_out(request: Request) -> Response:
    """Ends a sign-in that owes its enrolment."""
    async with form_of(request) as form:
        session, target, _ = await _asked(request, form)
    if session is None:
        return _elsewhere(target)
    await run_in_threadpool(sessions.sign_out, hall_of(request).database, token_of(request))
    answer = RedirectResponse(SIGN_IN + "?out=1", 303)
    clear_cookie(answer)
    return answer


async def _asked(request: Request, form: FormData) -> tuple[Session | None, str, Kept | None]:
    """The session if it owes the enrolment, where it goes on to, what was being written. Raises Forbidden."""
    target, kept = local_path(text_of(form, "next", 2000)), kept_in(form)
    session = await run_in_threadpool(session_of, request)
    if session is None or not owes(request, session):
        return None, target, kept
    if not sessions.csrf_matches(session, text_of(form, "csrf", 200)):
        raise Forbidden("页面已经过期，没有执行。请刷新页面后再操作一次。")
    return session, target, kept


async def _with_secret(
    request: Request, session: Session, target: str, kept: Kept | None, fault: str = "", status: int = 200
) -> Response:
    hall = hall_of(request)
    secret, uri = await run_in_threadpool(
        sessions.enrol, hall.database, session.person.id, hall.county.hall_name
    )
    steps = enrolment_values(secret, uri, fault)
    return owed_page(request, session, target, kept, status, **steps)


def _elsewhere(target: str) -> Response:
    return RedirectResponse(address(SIGN_IN, next=target), 303)


_BEGUN = public("a sign-in that owes its enrolment: the cookie of its own session is asked for inside")

routes = [
    route(ENROLMENT, show, guard=_BEGUN, name="owed_enrolment"),
    route(ENROLMENT, begin, guard=_BEGUN, methods=("POST",), name="owed_enrolment_begin"),
    route(ENROLMENT + "/confirm", confirm, guard=_BEGUN, methods=("POST",), name="owed_enrolment_confirm"),
    route(ENROLMENT + "/sign-out", sign_out, guard=_BEGUN, methods=("POST",), name="owed_enrolment_out"),
]
