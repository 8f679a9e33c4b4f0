"""Whether a printed supervision order is genuine: for anyone who holds it, without a word of what it says."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import public, route
from handlers.order_papers import CHECK
from handlers.supervising.views import CheckedOrder
from handlers.throttle import guessing
from presentation.view import Crumb
from rules.errors import NotFound

_MOST = 100


async def ask(request: Request) -> Response:
    """The form; a QR code brings number and code and is answered at once."""
    number, code = (request.query_params.get(name, "")[:_MOST] for name in ("number", "code"))
    return await _checked(request, number, code) if number and code else _page(request, number)


async def check(request: Request) -> Response:
    """Number and code as typed."""
    async with form_of(request) as form:
        number, code = text_of(form, "number", _MOST), text_of(form, "code", _MOST)
    if not number or not code:
        return _page(request, number, wrong="请把编号和核对码都填上。", status=422)
    return await _checked(request, number, code)


async def _checked(request: Request, number: str, code: str) -> Response:
    hall = hall_of(request)
    try:
        with guessing(request, number):
            found = await run_in_threadpool(hall.supervision.check, number, code)
    except NotFound as error:
        return _page(request, number, wrong=error.detail, status=422)
    return _page(request, number, found)


def _page(
    request: Request, number: str, found: CheckedOrder | None = None, *, wrong: str = "", status: int = 200
) -> Response:
    return hall_of(request).page(
        request,
        "citizen/order_check.html",
        "核对督办通知书",
        status=status,
        section="watch",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(Crumb("我要督", "/supervision/"), Crumb("核对督办通知书")),
        action=CHECK,
        number=number,
        found=found,
        wrong=wrong,
    )


_HOLDER = public("who holds the paper, by the code printed on it; wrong tries are limited; shows no content")

routes = [
    route(CHECK, ask, guard=_HOLDER, name="order_check"),
    route(CHECK, check, guard=_HOLDER, methods=("POST",), name="order_check_send"),
]
