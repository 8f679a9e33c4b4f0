"""What staff write down that happened beside the hall: a supplement notice given elsewhere, money that was taken."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from handlers.bodies import form_of
from handlers.case_recording import recorded, recording
from handlers.casework.requests import ByStaff
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.typed import cents_of, moment_of
from rules.errors import Invalid
from rules.permissions import Capability


async def supplement(request: Request) -> Response:
    """Writes down a supplement notice that was given outside the system."""
    hall, number = hall_of(request), request.path_params["number"]
    names = ("told", "given_at", "reason")
    async with form_of(request) as form:
        made = recording(request, form, "told", names, ("told", "reason"), done="told", anchor="#h-notices")

    def record(by: ByStaff) -> None:
        given = moment_of(made.value("given_at"))
        if given is None:
            raise Invalid("这次告知还不能补录", {"given_at": "请写告知的日期和时间"})
        hall.casework.record_supplement(
            number, by, made.value("told"), given, made.value("reason"), now=hall.now()
        )

    return await recorded(request, made, record)


async def charge(request: Request) -> Response:
    """Writes down money that was taken beside what the guide says."""
    hall, number = hall_of(request), request.path_params["number"]
    names = ("name", "charged", "reason")
    async with form_of(request) as form:
        made = recording(request, form, "charge", names, names, done="charge", anchor="#fees")

    def record(by: ByStaff) -> None:
        cents = cents_of(made.value("charged"))
        if cents is None:
            raise Invalid("这笔收费还不能登记", {"charged": "请写金额，例如 50 或 12.50"})
        hall.casework.record_charge(
            number, by, made.value("name"), cents, made.value("reason"), now=hall.now()
        )

    return await recorded(request, made, record)


_GUARD = may(Capability.CASES_RECORD)
_CASE = "/hall/staff/cases/{number}"

routes = [
    route(_CASE + "/told-outside", supplement, guard=_GUARD, methods=("POST",), name="staff_told_outside"),
    route(_CASE + "/charges", charge, guard=_GUARD, methods=("POST",), name="staff_charge"),
]
