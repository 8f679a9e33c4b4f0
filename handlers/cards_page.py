"""Supervision cards: the list, and one card with its count, to confirm, drop or revoke with the reason written."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.casework.card_reading import card_list, card_view
from handlers.casework.requests import ByStaff
from handlers.context import Hall, hall_of
from handlers.guard import may, route
from handlers.orders_page import EVENT_WORDS
from handlers.session import SignedIn, check_csrf
from handlers.staff_frame import ORDERS, address, page_number, staff_page
from handlers.store.cards import CardFilter
from handlers.store.records import Card
from presentation.view import Choice, Crumb, FieldError
from rules.access import ROLE_LABELS
from rules.appeal_table import APPEAL_MOVES
from rules.errors import Conflict, IllegalMove, Invalid, NotFound
from rules.permissions import Capability

HERE = "/hall/cards"
STATES = {"pending": "待确认", "issued": "已发", "dismissed": "未确认", "revoked": "已撤销"}
QUEUE_SHOWN = 20
WORDS = {
    **EVENT_WORDS,
    **{f"appeal.{each.move}": each.said for each in APPEAL_MOVES.values()},
    "card": "监察系统按规则发现",
    "card.by_hand": "监察员发牌",
    "card.confirm": "确认发牌",
    "card.dismiss": "决定不发",
    "card.revoke": "撤销",
}
_DONE = {
    "confirm": "已确认，牌已发出。",
    "drop": "已决定不发，理由已记下。",
    "revoke": "已撤销。这张牌仍然看得到，单独计数。",
}
_LONGEST_REASON = 1000


def cards(request: Request) -> Response:
    """The list of cards in scope."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    asked = request.query_params
    level = asked.get("level", "") if asked.get("level", "") in ("1", "2", "3") else ""
    state = asked.get("state", "") if asked.get("state", "") in STATES else ""
    department = asked.get("department", "")[:60]
    found = card_list(
        hall.database,
        hall.site_data.ground(),
        person.person_id,
        hall.now(),
        wanted=CardFilter(level=int(level) if level else None, state=state or None),
        department=department or None,
        page=page_number(request),
    )
    url = address(HERE, level=level, state=state, department=department)
    return staff_page(
        request,
        "staff/cards.html",
        "监察牌",
        current=HERE,
        crumbs=(Crumb("监察牌"),),
        found=found,
        level=level,
        state=state,
        department=department,
        levels=[Choice(str(number), hall.lights[number][2]) for number in reversed(hall.lights.raised)],
        states=STATES,
        narrowed=bool(level or state or department),
        may_decide=bool(person.roles & hall.edition.permissions.roles(Capability.CARDS_DECIDE)),
        revoked=card_list(
            hall.database,
            hall.site_data.ground(),
            person.person_id,
            hall.now(),
            wanted=CardFilter(level=int(level) if level else None, state="revoked"),
            department=department or None,
            size=1,
        ).total,
        pages_url=url + ("&" if "?" in url else "?") + "page={page}",
    )


def pending(request: Request) -> Response:
    """The queue of cards that a person must confirm first, each with its reason and the two buttons."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    found = card_list(
        hall.database, hall.site_data.ground(), person.person_id, hall.now(),
        wanted=CardFilter(state="pending"), page=page_number(request), size=QUEUE_SHOWN,
    )  # fmt: skip
    return staff_page(
        request,
        "staff/cards_pending.html",
        "发牌确认",
        current=HERE,
        crumbs=(Crumb("监察牌", HERE), Crumb("发牌确认")),
        found=found,
        rules={each.card.id: _rule_words(hall, each.card) for each in found.cards},
        done=_DONE.get(request.query_params.get("done", ""), ""),
        may_decide=bool(person.roles & hall.edition.permissions.roles(Capability.CARDS_DECIDE)),
        pages_url=HERE + "/pending?page={page}",
    )


def card(request: Request) -> Response:
    """One card."""
    return _card_page(request, {}, "")


def _card_page(
    request: Request, errors: dict[str, str], reason: str, refused: str = "", status: int = 200
) -> Response:
    hall = hall_of(request)
    person: SignedIn = request.state.person
    view = card_view(hall.database, hall.site_data.ground(), _card_id(request), person.person_id, hall.now())
    shown = view.shown.card
    word = hall.lights[shown.level][2]
    follow = hall.supervision.follow(shown, person.person_id, hall.now())
    return staff_page(
        request,
        "staff/card.html",
        f"{word} {shown.subject_number}",
        current=HERE,
        crumbs=(Crumb("监察牌", HERE), Crumb(f"{word} {shown.subject_number}")),
        status=status,
        view=view,
        card=shown,
        light_word=word,
        states=STATES,
        follow=follow,
        history=sorted((*view.events, *follow.history), key=lambda each: each.sequence, reverse=True),
        actor_names={**follow.names, **view.actor_names},
        event_words=WORDS,
        subject_href=subject_address(shown),
        rule=_rule_words(hall, shown),
        errors=errors,
        error_list=[FieldError(name, text) for name, text in errors.items()],
        reason=reason,
        refused=refused,
        done=_DONE.get(request.query_params.get("done", ""), ""),
        role_labels=ROLE_LABELS,
        unit_name=hall.edition.units.name,
    )


def subject_address(shown: Card) -> str:
    """Where one sees what a card is about; empty for what has no page."""
    pages = {"case": "/hall/staff/cases/", "letter": "/hall/staff/letters/"}
    if shown.subject in pages:
        return pages[shown.subject] + shown.subject_number
    return f"{ORDERS}/{shown.subject_id}" if shown.subject == "order" else ""


def _rule_words(hall: Hall, shown: Card) -> str:
    """The rule by name; one that the county has dropped since is named by its id alone."""
    rule = hall.edition.rules.rule(shown.rule)
    return f"{rule.title}（{shown.rule}）" if rule else shown.rule


async def decide(request: Request) -> Response:
    """Confirms a pending card, or drops it with the reason."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    async with form_of(request) as form:
        check_csrf(request, form)
        decision, reason = text_of(form, "decision", 20), text_of(form, "reason", 200_000)
        queue = text_of(form, "back", 10) == "pending"
        restore = "restore" in form
    await run_in_threadpool(_in_scope, request)
    if restore:
        return await run_in_threadpool(_card_page, request, {}, reason)
    try:
        _check_reason(reason)
        if decision not in ("confirm", "drop"):
            raise Invalid("还没有选择", {"decision": "请选择确认发牌，还是不发"})
        if decision == "drop" and not reason:
            raise Invalid("不发要写理由", {"reason": "不发牌要写明理由"})
        await run_in_threadpool(
            lambda: hall.casework.decide_card(
                _card_id(request), ByStaff(person.person_id), confirm=decision == "confirm", reason=reason,
                now=hall.now(),
            )
        )  # fmt: skip
    except Invalid as error:
        return await run_in_threadpool(_card_page, request, dict(error.fields), reason, "", 422)
    except (IllegalMove, Conflict) as error:
        return await run_in_threadpool(_card_page, request, {}, reason, error.detail, 409)
    return RedirectResponse(f"{HERE}/{'pending' if queue else _card_id(request)}?done={decision}", 303)


async def revoke(request: Request) -> Response:
    """Revokes an issued card with the reason; it stays visible."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    async with form_of(request) as form:
        check_csrf(request, form)
        reason = text_of(form, "reason", 200_000)
        restore = "restore" in form
    await run_in_threadpool(_in_scope, request)
    if restore:
        return await run_in_threadpool(_card_page, request, {}, reason)
    try:
        _check_reason(reason)
        await run_in_threadpool(
            lambda: hall.casework.revoke_card(
                _card_id(request), ByStaff(person.person_id), reason, now=hall.now()
            )
        )
    except Invalid as error:
        return await run_in_threadpool(_card_page, request, dict(error.fields), reason, "", 422)
    except (IllegalMove, Conflict) as error:
        return await run_in_threadpool(_card_page, request, {}, reason, error.detail, 409)
    return RedirectResponse(f"{HERE}/{_card_id(request)}?done=revoke", 303)


def _in_scope(request: Request) -> None:
    """Raises NotFound for a card outside the reader's supervision, like for one that does not exist."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    card_view(hall.database, hall.site_data.ground(), _card_id(request), person.person_id, hall.now())


def _check_reason(reason: str) -> None:
    if len(reason) > _LONGEST_REASON:
        message = f"最多写 {_LONGEST_REASON} 个字，现在是 {len(reason)} 个字"
        raise Invalid(message, {"reason": message})


def _card_id(request: Request) -> int:
    text: str = request.path_params["card"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("没有这张牌。")
    return int(text)


_POST = ("POST",)

routes = [
    route(HERE, cards, guard=may(Capability.CARDS_SEE), name="cards"),
    route(HERE + "/pending", pending, guard=may(Capability.CARDS_SEE), name="cards_pending"),
    route(HERE + "/{card}", card, guard=may(Capability.CARDS_SEE), name="card"),
    route(
        HERE + "/{card}/decide", decide, guard=may(Capability.CARDS_DECIDE), methods=_POST, name="card_decide"
    ),
    route(
        HERE + "/{card}/revoke", revoke, guard=may(Capability.CARDS_DECIDE), methods=_POST, name="card_revoke"
    ),
]
