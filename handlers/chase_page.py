"""Reminding the holder of a case by hand (催办), from the case's own page."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.reply_form import signed
from handlers.session import check_csrf
from handlers.staff_frame import DESK, staff_page
from handlers.store import cases, chases
from presentation.view import Crumb, FieldError
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.permissions import Capability

HERE = "/hall/staff/chase"
_MOST_TEXT = 20_000


def chase(request: Request) -> Response:
    """The form, with the reminders there have been."""
    return _page(request)


def _page(
    request: Request, words: str = "", error: str = "", refused: str = "", status: int = 200
) -> Response:
    hall, person = hall_of(request), signed(request)
    number = request.path_params["number"].strip().upper()[:50]
    hall.casework.staff_view(number, person.person_id, hall.now(), "")  # raises NotFound out of scope; logged
    case = cases.by_number(hall.database, number)
    if case is None:
        raise NotFound("没有找到这个办件。")
    return staff_page(
        request,
        "staff/chase.html",
        f"催办 {number}",
        current=DESK,
        crumbs=(Crumb(number, f"/hall/staff/cases/{number}"), Crumb("催办")),
        status=status,
        case=case,
        chases=chases.of_subject(hall.database, "case", case.id),
        unit_name=hall.edition.units.name,
        words=words,
        error=error,
        error_list=[FieldError("words", error)] if error else [],
        refused=refused,
        done=request.query_params.get("done") == "chase",
    )


async def send(request: Request) -> Response:
    """Reminds the holder."""
    hall, person, number = hall_of(request), signed(request), request.path_params["number"][:50]
    async with form_of(request) as form:
        check_csrf(request, form)
        words, restore = text_of(form, "words", _MOST_TEXT), "restore" in form
    if restore:
        return await run_in_threadpool(_page, request, words)
    try:
        await run_in_threadpool(
            lambda: hall.supervision.chase("case", number, words, person.person_id, now=hall.now())
        )
    except Invalid as error:
        return await run_in_threadpool(
            _page, request, words, error.fields.get("words", error.detail), "", 422
        )
    except (IllegalMove, Conflict, Forbidden) as error:
        return await run_in_threadpool(_page, request, words, "", error.detail, error.status)
    return RedirectResponse(f"{HERE}/{number}?done=chase", 303)


_AT = HERE + "/{number}"

routes = [
    route(_AT, chase, guard=may(Capability.ORDERS_ISSUE), name="case_chase"),
    route(_AT, send, guard=may(Capability.ORDERS_ISSUE), methods=("POST",), name="case_chase_send"),
]
