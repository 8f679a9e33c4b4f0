"""One's own account: roles and units, password, second factor, the browsers that are signed in."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import route, staff
from handlers.session import SignedIn, check_csrf, idle, set_cookie
from handlers.staff_account import SECOND_FACTOR, change_password
from handlers.staff_enrolment import enrolment_values, wrong_digits
from handlers.staff_frame import address, staff_page
from handlers.store import people, sessions
from presentation.view import Crumb, FieldError
from rules.access import ROLE_LABELS
from rules.errors import Forbidden, HallError, Invalid, TooMany

HERE = "/hall/staff/account"
_DONE = {
    "password": "密码已改。其他地方的登录都已退出。",
    "enabled": "动态码已启用。下次登录要输入六位数字。",
    "disabled": "动态码已关闭。",
    "ended": "其他地方的登录都已退出。",
}


def account(request: Request) -> Response:
    """The account page."""
    return _account_page(request, {})


def _account_page(request: Request, errors: dict[str, str], status: int = 200) -> Response:
    hall, person = hall_of(request), _person(request)
    open_sessions = sessions.of_person(hall.database, person.person_id, person.token, hall.now(), idle(hall))
    return staff_page(
        request,
        "staff/account.html",
        "我的账号",
        current=HERE,
        crumbs=(Crumb("我的账号"),),
        status=status,
        errors=errors,
        error_list=[FieldError(name, text) for name, text in errors.items()],
        done=_DONE.get(request.query_params.get("done", ""), ""),
        sessions=open_sessions,
        role_labels=ROLE_LABELS,
        unit_name=hall.edition.units.name,
        today=hall.now().date(),
        must_have_factor=hall.second_factor.asks(person.account, hall.now().date()),
    )


async def password(request: Request) -> Response:
    """Changes the password; every other session ends, this one begins anew."""
    person = _person(request)
    async with form_of(request) as form:
        check_csrf(request, form)
        current, given, again = (_secret(form, name) for name in ("current", "password", "again"))
    try:
        await run_in_threadpool(_check_current, request, current, "current")
        made = await run_in_threadpool(change_password, request, person.account, given, again)
    except Invalid as error:
        return await run_in_threadpool(_account_page, request, dict(error.fields), 422)
    onward = address(HERE, done="password")
    answer = RedirectResponse(onward if made.second_factor else address(SECOND_FACTOR, next=onward), 303)
    set_cookie(request, answer, made.token)
    return answer


async def begin_enrolment(request: Request) -> Response:
    """A new secret for the authenticator; it is in force only after its digits were shown to be right."""
    hall, person = hall_of(request), _person(request)
    async with form_of(request) as form:
        check_csrf(request, form)
    if person.account.totp_enabled:
        return RedirectResponse(HERE, 303)
    secret, uri = await run_in_threadpool(
        sessions.enrol, hall.database, person.person_id, hall.county.hall_name
    )
    return _enrolment_page(request, secret, uri)


def _enrolment_page(request: Request, secret: str, uri: str, fault: str = "", status: int = 200) -> Response:
    return staff_page(
        request,
        "staff/enrolment.html",
        "启用动态码",
        current=HERE,
        crumbs=(Crumb("我的账号", HERE), Crumb("启用动态码")),
        status=status,
        **enrolment_values(secret, uri, fault),
    )


async def confirm_enrolment(request: Request) -> Response:
    """Puts the second factor in force. Wrong digits: a new secret, so that the page can show it again."""
    hall, person = hall_of(request), _person(request)
    async with form_of(request) as form:
        check_csrf(request, form)
        digits = text_of(form, "digits", 20)
    try:
        await run_in_threadpool(
            sessions.confirm_enrolment, hall.database, person.person_id, digits, hall.now()
        )
    except Invalid as error:
        if person.account.totp_enabled:
            return RedirectResponse(HERE, 303)
        secret, uri = await run_in_threadpool(
            sessions.enrol, hall.database, person.person_id, hall.county.hall_name
        )
        return _enrolment_page(request, secret, uri, wrong_digits(error), 422)
    return RedirectResponse(address(HERE, done="enabled"), 303)


async def disable(request: Request) -> Response:
    """Takes the second factor off; the password is asked for once more."""
    hall, person = hall_of(request), _person(request)
    async with form_of(request) as form:
        check_csrf(request, form)
        current = _secret(form, "password_again")
    if hall.second_factor.asks(person.account, hall.now().date()):
        raise Forbidden("您的岗位登录必须使用动态码，不能关闭。手机丢了、换了，请系统管理员核实身份后重置。")
    try:
        await run_in_threadpool(_check_current, request, current, "password_again")
    except Invalid as error:
        return await run_in_threadpool(_account_page, request, dict(error.fields), 422)
    await hall.database.write_async(lambda tx: sessions.drop_second_factor(tx, person.person_id))
    return RedirectResponse(address(HERE, done="disabled"), 303)


async def end_sessions(request: Request) -> Response:
    """Signs out everywhere else."""
    hall, person = hall_of(request), _person(request)
    async with form_of(request) as form:
        check_csrf(request, form)
    await hall.database.write_async(lambda tx: sessions.end_others(tx, person.person_id, person.token))
    return RedirectResponse(address(HERE, done="ended"), 303)


def _check_current(request: Request, given: str, field: str) -> None:
    """Raises Invalid at `field` unless this is the account's password; wrong ones count as at sign-in."""
    hall, person = hall_of(request), _person(request)
    try:
        people.check_credentials(hall.database, person.account.login, given, hall.now())
    except TooMany as error:
        raise Invalid(error.detail, {field: error.detail}) from error
    except HallError as error:
        message = "现在的密码不对，请再填一遍"
        raise Invalid(message, {field: message}) from error


def _secret(form: FormData, name: str) -> str:
    """A password exactly as typed."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _person(request: Request) -> SignedIn:
    person: SignedIn = request.state.person
    return person


_POST = ("POST",)

routes = [
    route(HERE, account, guard=staff(), name="staff_account"),
    route(HERE + "/password", password, guard=staff(), methods=_POST, name="staff_password"),
    route(HERE + "/second-factor", begin_enrolment, guard=staff(), methods=_POST, name="staff_enrol"),
    route(
        HERE + "/second-factor/confirm", confirm_enrolment, guard=staff(), methods=_POST, name="staff_confirm"
    ),
    route(HERE + "/second-factor/disable", disable, guard=staff(), methods=_POST, name="staff_disable"),
    route(HERE + "/sessions", end_sessions, guard=staff(), methods=_POST, name="staff_end_sessions"),
]
