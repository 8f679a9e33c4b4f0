"""Signing in and out: password, second factor, the password that must be changed, and where one goes on to."""

from __future__ import annotations

from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers import signing_in
from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import public, route, staff
from handlers.passwords import check_new_password
from handlers.session import COOKIE, SignedIn, check_csrf, clear_cookie, session_of, set_cookie
from handlers.staff_enrolment import ENROLMENT, owed_page, owes
from handlers.staff_frame import DESK, NO_INDEX, SIGN_IN, address, local_path
from handlers.staff_resume import Kept, kept_in, resumed
from handlers.store import people, sessions
from handlers.store.people_records import NewSession, Person, Session
from presentation.dates import datetime_cn
from presentation.view import Crumb
from rules.errors import Forbidden, HallError, Invalid, TooMany, Unauthenticated

SECOND_FACTOR = "/hall/staff/second-factor"
NEW_PASSWORD = "/hall/staff/new-password"  # noqa: S105


async def show_sign_in(request: Request) -> Response:
    """The sign-in page; who is signed in already goes on."""
    target = local_path(request.query_params.get("next", ""))
    session = session_of(request)
    if session is not None and session.second_factor:
        return RedirectResponse(_still_owed(request, session, target) or target, 303)
    note = "已安全退出。" if request.query_params.get("out") else ""
    return _sign_in_page(request, target, note=note)


async def sign_in(request: Request) -> Response:
    """Checks login and password. The session, its cookie and its form token are always new ones."""
    hall = hall_of(request)
    async with form_of(request) as form:
        login, target = text_of(form, "login", 100), local_path(text_of(form, "next", 2000))
        given = form.get("password")
        password = given if isinstance(given, str) else ""
        kept = kept_in(form)
    try:
        if not login or not password:
            raise Unauthenticated("请填写登录名和密码。")
        made = await run_in_threadpool(signing_in.new_session, request, login, password)
    except TooMany as error:
        headers = {"Retry-After": str(error.retry_after)}
        until = datetime_cn(hall.now() + timedelta(seconds=error.retry_after + 59))
        fault = f"{error.detail.rstrip('。')}。请在 {until} 以后再试。"
        return _sign_in_page(request, target, kept, login=login, fault=fault, status=429, headers=headers)
    except Unauthenticated as error:
        return _sign_in_page(request, target, kept, login=login, fault=error.detail, status=401)
    old = request.cookies.get(COOKIE, "")
    if old:
        await run_in_threadpool(sessions.sign_out, hall.database, old[:200])
    session = await run_in_threadpool(_session, request, made.token)
    answer = _onward(request, session, target, kept)
    set_cookie(request, answer, made.token)
    if made.second_factor and not owes(request, session):
        signing_in.remember_device(request, answer, login)
    return answer


def _still_owed(request: Request, session: Session, target: str) -> str:
    """The page of what a session owes before it opens anything: digits, new password, enrolment. Empty: nothing."""
    if not session.second_factor:
        return address(SECOND_FACTOR, next=target)
    if session.person.must_change:
        return address(NEW_PASSWORD, next=target)
    return address(ENROLMENT, next=target) if owes(request, session) else ""


def _onward(request: Request, session: Session, target: str, kept: Kept | None) -> Response:
    """Where a fresh session goes: to what it owes, to what was being written, or to the page asked for."""
    if kept and not session.second_factor:
        return _digits_page(request, target, kept)
    if kept and owes(request, session):
        return owed_page(request, session, target, kept)
    owed = _still_owed(request, session, target)
    if owed or not kept:
        return RedirectResponse(owed or target, 303)
    return resumed(request, kept, session.csrf)


def _session(request: Request, token: str) -> Session:
    hall = hall_of(request)
    idle = timedelta(minutes=hall.county.settings.session_idle_minutes)
    found = sessions.resume(hall.database, token, hall.now(), idle)
    if found is None:
        raise Unauthenticated("登录已经失效，请重新登录。")
    return found


async def show_second_factor(request: Request) -> Response:
    """Asks for the six digits of a sign-in that has begun."""
    session = session_of(request)
    target = local_path(request.query_params.get("next", ""))
    if session is None:
        return RedirectResponse(SIGN_IN, 303)
    return RedirectResponse(target, 303) if session.second_factor else _digits_page(request, target, None)


async def second_factor(request: Request) -> Response:
    """Checks the six digits; the token changes with the rights it gives."""
    hall = hall_of(request)
    async with form_of(request) as form:
        digits, target = text_of(form, "digits", 20), local_path(text_of(form, "next", 2000))
        kept = kept_in(form)
    token = request.cookies.get(COOKIE, "")
    session = session_of(request)
    if session is None or session.second_factor:
        return _sign_in_page(request, target, kept, fault="登录已经失效，请重新登录。", status=401)
    try:
        made = await run_in_threadpool(sessions.second_factor, hall.database, token, digits, hall.now())
    except TooMany as error:
        signing_in.wrong(request)
        answer = _sign_in_page(request, target, kept, fault=error.detail, status=429)
        clear_cookie(answer)
        return answer
    except Unauthenticated as error:
        signing_in.wrong(request)
        return _digits_page(request, target, kept, fault=error.detail, status=401)
    answer = _onward(request, await run_in_threadpool(_session, request, made.token), target, kept)
    set_cookie(request, answer, made.token)
    signing_in.remember_device(request, answer, session.person.login)
    return answer


async def show_new_password(request: Request) -> Response:
    """The page of an account whose password must be changed before anything else."""
    session = session_of(request)
    if session is None or not session.second_factor:
        return RedirectResponse(SIGN_IN, 303)
    target = local_path(request.query_params.get("next", ""))
    return (
        _new_password_page(request, target, {})
        if session.person.must_change
        else RedirectResponse(target, 303)
    )


async def new_password(request: Request) -> Response:
    """Sets the new password; every session of the account ends and this one begins anew."""
    session = session_of(request)
    async with form_of(request) as form:
        target = local_path(text_of(form, "next", 2000))
        token = text_of(form, "csrf", 200)
        given, again = form.get("password"), form.get("again")
    if session is None or not session.second_factor or not session.person.must_change:
        return RedirectResponse(SIGN_IN, 303)
    if not sessions.csrf_matches(session, token):
        raise Forbidden("页面已经过期，没有执行。请刷新页面后再操作一次。")
    password = given if isinstance(given, str) else ""
    try:
        made = await run_in_threadpool(change_password, request, session.person, password, str(again or ""))
    except Invalid as error:
        return _new_password_page(request, target, dict(error.fields), status=422)
    fresh = await run_in_threadpool(_session, request, made.token)
    answer = RedirectResponse(_still_owed(request, fresh, target) or target, 303)
    set_cookie(request, answer, made.token)
    return answer


def change_password(request: Request, person: Person, password: str, again: str) -> NewSession:
    """Checks and sets a password, ends all sessions, and opens a new one. Raises Invalid with the field."""
    hall = hall_of(request)
    check_new_password(password, again, person.login, person.name)
    if _same_password(request, person.login, password):
        message = "新密码不能和现在的密码相同"
        raise Invalid(message, {"password": message})
    hashed = people.hash_password(password)
    now = hall.now()
    hall.database.write(lambda tx: people.set_password(tx, person.id, hashed, now, must_change=False))
    return sessions.sign_in(hall.database, person.login, password, now)


def _same_password(request: Request, login: str, password: str) -> bool:
    hall = hall_of(request)
    try:
        people.check_credentials(hall.database, login, password, hall.now())
    except HallError:
        return False
    return True


async def sign_out(request: Request) -> Response:
    """Ends this session."""
    person: SignedIn = request.state.person
    async with form_of(request) as form:
        check_csrf(request, form)
    await run_in_threadpool(sessions.sign_out, hall_of(request).database, person.token)
    answer = RedirectResponse(SIGN_IN + "?out=1", 303)
    clear_cookie(answer)
    return answer


def _sign_in_page(
    request: Request,
    target: str,
    kept: Kept | None = None,
    *,
    login: str = "",
    fault: str = "",
    note: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    hall = hall_of(request)
    return hall.page(
        request,
        "staff/sign_in.html",
        "工作人员登录",
        status=status,
        headers=headers,
        head=NO_INDEX,
        breadcrumbs=(Crumb("工作人员登录"),),
        target=target,
        asked=target != DESK,
        kept=kept,
        login=login,
        fault=fault,
        note=note,
        idle_minutes=hall.county.settings.session_idle_minutes,
        longest_hours=int(sessions.LONGEST.total_seconds() // 3600),
    )


def _digits_page(
    request: Request, target: str, kept: Kept | None, *, fault: str = "", status: int = 200
) -> Response:
    return hall_of(request).page(
        request,
        "staff/second_factor.html",
        "输入动态码",
        status=status,
        head=NO_INDEX,
        breadcrumbs=(Crumb("工作人员登录", SIGN_IN), Crumb("输入动态码")),
        target=target,
        kept=kept,
        fault=fault,
    )


def _new_password_page(
    request: Request, target: str, errors: dict[str, str], *, status: int = 200
) -> Response:
    session = session_of(request)
    if session is None:
        return RedirectResponse(SIGN_IN, 303)
    return hall_of(request).page(
        request,
        "staff/new_password.html",
        "先换一个密码",
        status=status,
        head=NO_INDEX,
        breadcrumbs=(Crumb("工作人员登录", SIGN_IN), Crumb("先换一个密码")),
        target=target,
        csrf=session.csrf,
        name=session.person.name,
        errors=errors,
    )


_ANYONE = public("here staff say who they are")
_BEGUN = public("a sign-in that has begun: the cookie of its own session is asked for inside")

routes = [
    route(SIGN_IN, show_sign_in, guard=_ANYONE, name="sign_in"),
    route(SIGN_IN, sign_in, guard=_ANYONE, methods=("POST",), name="sign_in_post"),
    route(SECOND_FACTOR, show_second_factor, guard=_BEGUN, name="second_factor"),
    route(SECOND_FACTOR, second_factor, guard=_BEGUN, methods=("POST",), name="second_factor_post"),
    route(NEW_PASSWORD, show_new_password, guard=_BEGUN, name="new_password"),
    route(NEW_PASSWORD, new_password, guard=_BEGUN, methods=("POST",), name="new_password_post"),
    route("/hall/staff/sign-out", sign_out, guard=staff(), methods=("POST",), name="sign_out"),
]
