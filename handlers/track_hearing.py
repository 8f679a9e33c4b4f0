"""The applicant asks for a hearing, within five working days of being told of the right."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers import proofs, track_proof
from handlers.bodies import form_of, text_of
from handlers.casework.requests import ByApplicant, MoveData
from handlers.context import hall_of
from handlers.guard import public, route
from handlers.proofs import CASES
from handlers.track_proof import ProvedCase, normal_number
from presentation.view import Crumb
from rules.case_terms import MoveName
from rules.clock import ClockKind
from rules.errors import Conflict, IllegalMove, Invalid

# Longer than casework takes, so that what is too long comes back with its fault instead of being lost.
_MOST_TEXT = 20_000


async def hearing(request: Request) -> Response:
    """What a hearing is, until when one may ask, and the form."""
    proved = await track_proof.own_case(request)
    return _ask(request) if proved is None else _page(request, proved, "", "", 200)


async def ask_for_hearing(request: Request) -> Response:
    """Asks for it."""
    async with form_of(request) as posted:
        reason, key = text_of(posted, "reason", _MOST_TEXT), text_of(posted, "key", 100)
        given = track_proof.answered(posted)
    proved = await track_proof.own_case(request)
    if proved is None or given is not None:
        return await _late(request, reason, given)
    hall, view = hall_of(request), proved.view
    try:
        await hall.casework.move_async(
            view.number,
            MoveName.REQUEST_HEARING,
            ByApplicant(proved.code),
            MoveData(values={"reason": reason}),
            key=key or secrets.token_urlsafe(18),
            now=hall.now(),
        )
    except Invalid as error:
        return _page(request, proved, reason, error.fields.get("reason", error.detail), 422)
    except (IllegalMove, Conflict) as error:
        if not reason:
            raise
        return track_proof.too_late(request, view, "要求听证", error.detail, reason)
    return RedirectResponse(f"/hall/track/{view.number}?done=hearing", 303)


async def _late(request: Request, reason: str, given: tuple[str, str] | None) -> Response:
    """Of a browser whose proof has ended: the reason goes along while number and code are asked again."""
    if not reason:
        return _ask(request)
    proved = await track_proof.prove_late(
        track_proof.prove_case,
        request,
        given,
        {"reason": reason},
        title="查进度",
        purpose="要先核对编号和查询码。",
    )
    if isinstance(proved, Response):
        return proved
    answer = _page(request, proved, reason, "", 200)
    proofs.remember(request, answer, CASES, proved.view.number, proved.code)
    return answer


def _page(request: Request, proved: ProvedCase, reason: str, wrong: str, status: int) -> Response:
    view = proved.view
    if not any(each.move.name is MoveName.REQUEST_HEARING for each in view.moves):
        why = "现在不能要求听证：还没有告知听证权利，或者提出的五个工作日已经过了，或者已经提出过。"
        if not reason:
            raise IllegalMove(why)
        return track_proof.too_late(request, view, "要求听证", why, reason)
    window = next((each for each in view.clocks if each.kind == ClockKind.HEARING_REQUEST), None)
    return hall_of(request).page(
        request,
        "citizen/hearing.html",
        f"要求听证 {view.number}",
        status=status,
        section="look",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(
            Crumb("查进度", "/hall/track"),
            Crumb(view.number, f"/hall/track/{view.number}"),
            Crumb("要求听证"),
        ),
        case=view,
        window=window,
        reason=reason,
        wrong=wrong,
        key=secrets.token_urlsafe(18),
    )


def _ask(request: Request) -> Response:
    number = normal_number(request.path_params["number"])
    return track_proof.ask(
        request, title="查进度", action="/hall/track", purpose="要先核对编号和查询码。", number=number
    )


_PROVED = public("one's own case, proved by number and code in a sealed cookie")

routes = [
    route("/hall/track/{number}/hearing", hearing, guard=_PROVED, name="hearing"),
    route(
        "/hall/track/{number}/hearing", ask_for_hearing, guard=_PROVED, methods=("POST",), name="hearing_ask"
    ),
]
