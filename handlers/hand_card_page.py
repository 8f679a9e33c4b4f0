"""A supervisor issues a card by hand, for what no computer sees: with the reason and the evidence."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.casework.hand_findings import HandCard, hand_triggers, issue_by_hand
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.session import SignedIn, check_csrf
from handlers.staff_frame import staff_page
from presentation.view import Choice, Crumb, FieldError
from rules.errors import Conflict, Forbidden, HallError, Invalid, NotFound
from rules.permissions import Capability

HERE = "/hall/cards/by-hand"
_FIELDS = ("subject", "number", "department", "trigger", "level", "reason", "evidence")
_LONGEST = 10_000


def blank(request: Request) -> Response:
    """The form; `?subject=case&number=…` fills in what it is about."""
    asked = request.query_params
    values = {name: asked.get(name, "")[:60] for name in ("subject", "number", "trigger")}
    return _page(request, {**dict.fromkeys(_FIELDS, ""), **values}, {}, "", 200)


async def issue(request: Request) -> Response:
    """Issues it and shows the card."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    async with form_of(request) as form:
        check_csrf(request, form)
        values = {name: text_of(form, name, _LONGEST).strip() for name in _FIELDS}
        restore = "restore" in form
    if restore:
        return await run_in_threadpool(_page, request, values, {}, "", 200)
    about_department = values["subject"] == "department"
    wanted = HandCard(
        level=int(values["level"]) if values["level"] in ("1", "2", "3") else 0,
        subject=values["subject"],
        number=values["department"] if about_department else values["number"],
        reason=values["reason"],
        evidence=values["evidence"],
        trigger="" if values["trigger"] == "other" else values["trigger"] or "?",
    )
    ground = hall.site_data.ground()
    try:
        card = await run_in_threadpool(
            lambda: issue_by_hand(hall.database, ground, person.person_id, wanted, hall.now())
        )
    except Invalid as error:
        wrong = dict(error.fields)
        if about_department and "number" in wrong:
            wrong["department"] = wrong.pop("number")
        return await run_in_threadpool(_page, request, values, wrong, "", 422)
    except NotFound as error:
        return await run_in_threadpool(_page, request, values, {"number": error.detail}, "", 422)
    except (Conflict, Forbidden) as error:
        return await run_in_threadpool(_page, request, values, {}, _said(error), error.status)
    return RedirectResponse(f"/hall/cards/{card.id}", 303)


def _said(error: HallError) -> str:
    return error.detail


def _page(
    request: Request, values: Mapping[str, str], errors: Mapping[str, str], refused: str, status: int
) -> Response:
    hall = hall_of(request)
    edition = hall.edition
    triggers = [Choice(trigger, label) for trigger, label in hand_triggers(hall.site_data.ground())]
    return staff_page(
        request,
        "staff/card_by_hand.html",
        "由监察员发牌",
        current="/hall/cards",
        status=status,
        crumbs=(Crumb("监察牌", "/hall/cards"), Crumb("由监察员发牌")),
        values=values,
        errors=errors,
        error_list=[FieldError(f"f-{name}", words) for name, words in errors.items()],
        refused=refused,
        departments=[Choice(code, each.short_name) for code, each in edition.departments.items()],
        triggers=[*triggers, Choice("other", "其他情形")],
        levels=[Choice(str(each.level), each.name) for each in edition.rules.levels if each.level],
    )


_GUARD = may(Capability.CARDS_DECIDE)

routes = [
    route(HERE, blank, guard=_GUARD, name="card_by_hand"),
    route(HERE, issue, guard=_GUARD, methods=("POST",), name="card_by_hand_issue"),
]
