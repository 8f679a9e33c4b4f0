"""Who was held to account for what an order found: entered and taken back on the order's page."""

from __future__ import annotations

from datetime import date

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.orders_page import HERE, Sent, id_of, order_page
from handlers.reply_form import signed
from handlers.session import check_csrf
from handlers.supervising.requests import AccountabilityRequest
from rules.errors import Conflict, IllegalMove, Invalid
from rules.permissions import Capability
from rules.time import parse_date

_MOST_TEXT = 20_000
_NAMES = ("kind", "person", "unit", "outcome", "decided")
_UNKNOWN = "没有这份督办。"


async def record(request: Request) -> Response:
    """Enters who was held to account."""
    hall, person = hall_of(request), signed(request)
    order_id = id_of(request, "order", _UNKNOWN)
    async with form_of(request) as form:
        check_csrf(request, form)
        values = {each: text_of(form, f"account-{each}", _MOST_TEXT) for each in _NAMES}
        restore = "restore" in form
    if restore:
        return await run_in_threadpool(order_page, request, Sent("account", values))
    try:
        asked = AccountabilityRequest(
            values["kind"], values["outcome"], _day(values["decided"]), values["person"], values["unit"]
        )
        kinds = frozenset(hall.site_data.codes["accountability"].codes)
        await run_in_threadpool(
            lambda: hall.supervision.record_accountability(
                order_id, asked, person.person_id, now=hall.now(), kinds=kinds
            )
        )
    except Invalid as error:
        return await run_in_threadpool(order_page, request, Sent("account", values, error.fields), 422)
    except (IllegalMove, Conflict) as error:
        return await run_in_threadpool(
            order_page, request, Sent("account", values, refused=error.detail), 409
        )
    return RedirectResponse(f"{HERE}/{order_id}?done=accountability", 303)


async def withdraw(request: Request) -> Response:
    """Takes a wrong entry back with the reason; it stays readable."""
    hall, person = hall_of(request), signed(request)
    order_id = id_of(request, "order", _UNKNOWN)
    entry = id_of(request, "entry", "没有这条责任追究记录。")
    name = f"withdraw-{entry}"
    async with form_of(request) as form:
        check_csrf(request, form)
        reason, restore = text_of(form, f"{name}-reason", _MOST_TEXT), "restore" in form
    values = {"reason": reason}
    if restore:
        return await run_in_threadpool(order_page, request, Sent(name, values))
    try:
        await run_in_threadpool(
            lambda: hall.supervision.withdraw_accountability(
                order_id, entry, reason, person.person_id, now=hall.now()
            )
        )
    except Invalid as error:
        return await run_in_threadpool(order_page, request, Sent(name, values, error.fields), 422)
    except Conflict as error:
        return await run_in_threadpool(order_page, request, Sent(name, values, refused=error.detail), 409)
    return RedirectResponse(f"{HERE}/{order_id}?done=withdraw", 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if len(text) == 10 else parse_date(text)
    except (ValueError, Invalid) as error:
        raise Invalid("还不能登记", {"decided": "请写成 2026-03-01 这样的日期"}) from error


_POST = ("POST",)
_WRITE = may(Capability.APPEALS_DECIDE)
_AT = HERE + "/{order}/accountability"

routes = [
    route(_AT, record, guard=_WRITE, methods=_POST, name="accountability_record"),
    route(_AT + "/{entry}/withdraw", withdraw, guard=_WRITE, methods=_POST, name="accountability_withdraw"),
]
