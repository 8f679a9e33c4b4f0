"""A department appeals against its score of a period, with evidence, while the window is open."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers import reply_form
from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.reply_form import ReplyForm
from handlers.scores_page import levels, signed
from handlers.scoring.views import DepartmentView
from handlers.session import check_csrf
from handlers.staff_frame import SCORES, staff_page
from handlers.supervising import drafts
from handlers.supervising.requests import AgainstScore
from handlers.written_back import written_back
from presentation.view import Crumb
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid
from rules.permissions import Capability

_ADDRESS = SCORES + "/{period}/{department}/appeal"


def appeal_page(request: Request) -> Response:
    """The form."""
    return _page(request)


def _view(request: Request) -> DepartmentView:
    hall = hall_of(request)
    view = hall.scores.department_view(
        request.path_params["period"],
        request.path_params["department"],
        signed(request).person_id,
        levels(hall),
        now=hall.now(),
    )
    if not view.may_appeal:
        raise IllegalMove("现在不能对这一期的得分申诉：还没有征求意见、已经过了申诉期，或者已经申诉过。")
    return view


def _page(request: Request, form: ReplyForm | None = None, refused: str = "", status: int = 200) -> Response:
    hall, view = hall_of(request), _view(request)
    topic = drafts.score_topic(view.place.id, view.period.text)
    limits = reply_form.upload_limits(hall)
    name = f"{view.place.name} {view.period.label}"
    return staff_page(
        request,
        "staff/score_appeal.html",
        f"申诉 {name}得分",
        current=SCORES,
        crumbs=(
            Crumb("绩效评分", SCORES),
            Crumb(name, f"{SCORES}/{view.period.text}/{view.place.id}"),
            Crumb("申诉"),
        ),
        status=status,
        view=view,
        place=view.place,
        reply=form or reply_form.shown(hall, topic, signed(request).person_id),
        refused=refused,
        saved=request.query_params.get("done") == "saved",
        accept=limits["accept"],
        most_files=limits["most_files"],
        most_megabytes=limits["most_megabytes"],
    )


async def appeal(request: Request) -> Response:
    """Files the appeal, or keeps its draft."""
    hall, person = hall_of(request), signed(request)
    try:
        view = await run_in_threadpool(_view, request)
    except IllegalMove as error:
        return await _too_late(request, error)
    edition = view.edition
    assert edition is not None
    assert edition.proposed is not None
    topic = drafts.score_topic(view.place.id, view.period.text)
    here = f"{SCORES}/{view.period.text}/{view.place.id}"
    posted = await reply_form.taken(request, topic)
    if not posted.send and not posted.refused_file:
        return RedirectResponse(f"{here}/appeal?done=saved", 303)
    fields: dict[str, str] = {}
    refused, status = "", 422
    if posted.send:
        avoid = frozenset(filter(None, (edition.made_by, edition.proposed_by)))
        about = f"{view.period.label}绩效评分（第{edition.edition}版）"
        target = AgainstScore(view.place.id, view.period.text, about, edition.proposed, avoid)
        try:
            await run_in_threadpool(
                lambda: hall.supervision.file_appeal(target, posted.text, person.person_id, now=hall.now())
            )
        except Invalid as error:
            fields = dict(error.fields)
        except (IllegalMove, Conflict, Forbidden) as error:
            refused, status = error.detail, error.status
        else:
            return RedirectResponse(f"{here}?done=appealed", 303)
    shown = await run_in_threadpool(reply_form.shown, hall, topic, person.person_id, posted, fields)
    try:
        return await run_in_threadpool(_page, request, shown, refused, status)
    except IllegalMove as error:  # the last moment passed between the look and the filing
        return await _given_back(request, error, posted.text)


async def _too_late(request: Request, error: IllegalMove) -> Response:
    """The window has closed, or a colleague was first, while it was being written."""
    async with form_of(request, reply_form.most_bytes(hall_of(request))) as form:
        check_csrf(request, form)
        text = text_of(form, "text", reply_form.MOST_TEXT)
    return await _given_back(request, error, text)


async def _given_back(request: Request, error: IllegalMove, text: str) -> Response:
    return await written_back(request, error, [text], list_name="绩效评分", list_address=SCORES, why="")


_READ = may(Capability.SCORES_SEE)

routes = [
    route(_ADDRESS, appeal_page, guard=_READ, name="score_appeal"),
    route(_ADDRESS, appeal, guard=_READ, methods=("POST",), name="score_appeal_file"),
]
