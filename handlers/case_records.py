"""What staff write down that happened beside the hall: a supplement notice given elsewhere, money that was taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from handlers.bodies import form_of, text_of
from handlers.case_moves import acting, back
from handlers.case_page import Refused, case_response
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.typed import cents_of, moment_of
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid
from rules.permissions import Capability

# Longer than casework takes, so that what is too long comes back with its fault instead of being lost.
_MOST_TEXT = 20_000
SUPPLEMENT, CHARGE = "told", "charge"
FIELDS: Mapping[str, tuple[str, ...]] = {
    SUPPLEMENT: ("told", "given_at", "reason"),
    CHARGE: ("name", "charged", "reason"),
}


async def supplement(request: Request) -> Response:
    """Writes down a supplement notice that was given outside the system."""
    hall, number = hall_of(request), request.path_params["number"]
    async with form_of(request) as form:
        by = await acting(request, form, number)
        values, restore = _written(form, SUPPLEMENT), "restore" in form
    if restore:
        return await run_in_threadpool(lambda: case_response(request, number, written=values))
    given = moment_of(values["told.given_at"])

    def record() -> None:
        if given is None:
            raise Invalid("这次告知还不能补录", {"given_at": "请写告知的日期和时间"})
        told, reason = values["told.told"], values["told.reason"]
        hall.casework.record_supplement(number, by, told, given, reason, now=hall.now())

    return await _recorded(request, number, SUPPLEMENT, values, record, "#h-notices")


async def charge(request: Request) -> Response:
    """Writes down money that was taken beside what the guide says."""
    hall, number = hall_of(request), request.path_params["number"]
    async with form_of(request) as form:
        by = await acting(request, form, number)
        values, restore = _written(form, CHARGE), "restore" in form
    if restore:
        return await run_in_threadpool(lambda: case_response(request, number, written=values))
    cents = cents_of(values["charge.charged"])

    def record() -> None:
        if cents is None:
            raise Invalid("这笔收费还不能登记", {"charged": "请写金额，例如 50 或 12.50"})
        name, reason = values["charge.name"], values["charge.reason"]
        hall.casework.record_charge(number, by, name, cents, reason, now=hall.now())

    return await _recorded(request, number, CHARGE, values, record, "#fees")


def _written(form: FormData, prefix: str) -> dict[str, str]:
    return {f"{prefix}.{name}": text_of(form, f"{prefix}.{name}", _MOST_TEXT) for name in FIELDS[prefix]}


async def _recorded(
    request: Request,
    number: str,
    prefix: str,
    values: Mapping[str, str],
    record: Callable[[], None],
    anchor: str,
) -> Response:
    """Back to the case; with the faults at their fields, or why it was refused, and everything that was written."""
    try:
        await run_in_threadpool(record)
    except Invalid as error:
        wrong = {f"{prefix}.{name}": text for name, text in error.fields.items()} or {"": error.detail}
        return await run_in_threadpool(
            lambda: case_response(request, number, written=values, errors=wrong, status=422)
        )
    except (Conflict, IllegalMove, Forbidden) as error:
        refused = Refused("没有登记", error.detail, tuple(text for text in values.values() if text))
        status = error.status
        return await run_in_threadpool(
            lambda: case_response(request, number, written=values, refused=refused, status=status)
        )
    return back(number, prefix, anchor)


_GUARD = may(Capability.CASES_RECORD)
_CASE = "/hall/staff/cases/{number}"

routes = [
    route(_CASE + "/told-outside", supplement, guard=_GUARD, methods=("POST",), name="staff_told_outside"),
    route(_CASE + "/charges", charge, guard=_GUARD, methods=("POST",), name="staff_charge"),
]
