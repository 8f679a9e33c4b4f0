"""Bad ratings and what follows them: the list, one of them with what its reader may record now."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.following_up.reading import TABS
from handlers.guard import may, route
from handlers.orders_page import Sent
from handlers.reply_form import seen_of, signed
from handlers.security import request_id
from handlers.session import check_csrf
from handlers.staff_frame import RATINGS, address, page_number, staff_page
from handlers.typed import for_field, moment_of
from presentation.view import Choice, Crumb
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.permissions import Capability
from rules.rating_table import CHOICES, FOLLOW_MOVES, FollowMove

_MOST_TEXT = 20_000
_DONE = {each.move.value: f"{each.label}：已完成。" for each in FOLLOW_MOVES.values()}
_CHOICES = {name: [Choice(code, label) for code, label in codes.items()] for name, codes in CHOICES.items()}


def ratings(request: Request) -> Response:
    """What waits, what has missed a day, what is done."""
    hall, person = hall_of(request), signed(request)
    found = hall.followups.page(
        person.person_id, hall.now(), tab=request.query_params.get("tab", ""), page=page_number(request)
    )
    return staff_page(
        request,
        "staff/ratings.html",
        f"差评整改 - {TABS[found.tab]}",
        current=RATINGS,
        crumbs=(Crumb("差评整改"),),
        found=found,
        tabs=[(address(RATINGS, tab=name), label, found.counts[name]) for name, label in TABS.items()],
        current_tab=address(RATINGS, tab=found.tab),
        pages_url=address(RATINGS, tab=found.tab) + "&page={page}",
    )


def rating(request: Request) -> Response:
    """One bad rating."""
    return _page(request, Sent())


def _page(request: Request, sent: Sent, status: int = 200) -> Response:
    """The page with what was sent and could not be carried out. Raises NotFound out of reach."""
    hall, person = hall_of(request), signed(request)
    view = hall.followups.view(
        request.path_params["rated"], person.person_id, hall.now(), request_id(request)
    )
    return staff_page(
        request,
        "staff/rating.html",
        f"差评 {view.followup.number}",
        current=RATINGS,
        crumbs=(Crumb("差评整改", RATINGS), Crumb(view.followup.number)),
        status=status,
        view=view,
        followup=view.followup,
        address=f"{RATINGS}/{view.followup.number}",
        sent=sent,
        choices=_CHOICES,
        now_for_field=for_field(hall.now()),
        longest=hall.county.settings.rating_fix_longest,
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )


async def move(request: Request) -> Response:
    """A step that is recorded."""
    hall, person, name = hall_of(request), signed(request), request.path_params["move"]
    number = request.path_params["rated"]
    if name not in set(FollowMove):
        raise NotFound("没有这种操作。请回到差评页面重新选择。")
    needs = FOLLOW_MOVES[FollowMove(name)].needs
    async with form_of(request) as form:
        check_csrf(request, form)
        values = {each.name: text_of(form, f"{name}-{each.name}", _MOST_TEXT) for each in needs}
        seen, restore = seen_of(form), "restore" in form
    if restore:
        return await run_in_threadpool(_page, request, Sent(name, values))
    try:
        await run_in_threadpool(
            lambda: hall.followups.move(
                number, name, _read(values), person.person_id, now=hall.now(), seen=seen
            )
        )
    except Invalid as error:
        return await run_in_threadpool(_page, request, Sent(name, values, error.fields), 422)
    except (IllegalMove, Conflict, Forbidden) as error:
        return await run_in_threadpool(_page, request, Sent(name, values, refused=error.detail), error.status)
    return RedirectResponse(f"{RATINGS}/{number}?done={name}", 303)


def _read(values: Mapping[str, str]) -> dict[str, str]:
    """The values with a moment as people write it turned into one."""
    when = moment_of(values.get("when", ""))
    return {**values, **({} if when is None else {"when": when.isoformat()})}


_READ = may(Capability.ORDERS_SEE)
_ONE = RATINGS + "/{rated}"

routes = [
    route(RATINGS, ratings, guard=_READ, name="ratings"),
    route(_ONE, rating, guard=_READ, name="rating"),
    route(_ONE + "/moves/{move}", move, guard=_READ, methods=("POST",), name="rating_move"),
]
