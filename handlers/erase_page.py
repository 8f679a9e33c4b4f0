"""按规定删除个人信息: the administrator's form for a case or a letter, by number, with the reason; nothing is shown of it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.casework.requests import ByStaff
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.reply_form import signed
from handlers.session import check_csrf
from handlers.staff_frame import ERASE, staff_page
from handlers.track import LETTER_MARKS
from handlers.track_proof import normal_number
from presentation.view import Crumb, FieldError
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.permissions import Capability

_MOST = 5000


def show(request: Request) -> Response:
    """The form."""
    return _page(request, "", "", {})


async def send(request: Request) -> Response:
    """Erases what the number names, once it was typed twice."""
    hall, person = hall_of(request), signed(request)
    async with form_of(request) as form:
        check_csrf(request, form)
        number, again = (normal_number(text_of(form, name, 100)) for name in ("number", "again"))
        reason, restore = text_of(form, "reason", _MOST), "restore" in form
    if restore:
        return await run_in_threadpool(_page, request, number, reason, {})
    wrong = {} if number else {"number": "请填写办件或来信编号"}
    if number and again != number:
        wrong = {"again": "两次写的编号不一样。删除以后不能恢复，请再核对一遍"}
    if not reason:
        wrong["reason"] = "请写明删除的理由和依据"
    if wrong:
        return await run_in_threadpool(_page, request, number, reason, wrong, 422)
    prefix = hall.county.case_prefix
    letter = number[len(prefix) : len(prefix) + 1] in LETTER_MARKS

    def erase() -> None:
        if letter:
            hall.correspondence.erase(number, person.person_id, reason, now=hall.now())
        else:
            hall.casework.erase(number, ByStaff(person.person_id), reason, now=hall.now())

    try:
        await run_in_threadpool(erase)
    except Invalid as error:
        return await run_in_threadpool(_page, request, number, reason, dict(error.fields), 422)
    except (NotFound, IllegalMove, Conflict, Forbidden) as error:
        return await run_in_threadpool(_page, request, number, reason, {"number": error.detail}, error.status)
    return RedirectResponse(f"{ERASE}?done=1", 303)


def _page(request: Request, number: str, reason: str, wrong: dict[str, str], status: int = 200) -> Response:
    return staff_page(
        request,
        "staff/erase.html",
        "删除个人信息",
        current=ERASE,
        crumbs=(Crumb("删除个人信息"),),
        status=status,
        address=ERASE,
        number=number,
        reason=reason,
        errors=wrong,
        error_list=[FieldError(name, words) for name, words in wrong.items()],
        done=bool(request.query_params.get("done")),
    )


_ERASES = may(Capability.DATA_ERASE)

routes = [
    route(ERASE, show, guard=_ERASES, name="erase"),
    route(ERASE, send, guard=_ERASES, methods=("POST",), name="erase_send"),
]
