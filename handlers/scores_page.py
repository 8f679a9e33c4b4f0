"""Scores on the desk: a department opens its own, the county computes, proposes and publishes, a clerk sees their part."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from catalog.scoring_published import DepartmentScore, RankingFile
from handlers.bodies import form_of, text_of
from handlers.context import Hall, hall_of
from handlers.guard import may, route
from handlers.security import request_id
from handlers.session import SignedIn, check_csrf
from handlers.staff_frame import SCORES, address, staff_page
from handlers.store.score_records import EDITION_LABELS, Edition
from presentation.score_bars import stretches
from presentation.view import Crumb, FieldError
from rules.appeal_table import APPEAL_LABELS, AppealState
from rules.errors import Conflict, Forbidden, HallError, IllegalMove, Invalid, NotFound
from rules.permissions import Capability
from rules.score_periods import Period
from rules.time import local_date

HERE = SCORES
_DONE = {
    "computed": "已经算好，是草稿，部门还看不到。",
    "proposed": "已经提出。各部门看得到自己的得分，申诉期内可以申诉。",
    "published": "已经公布。门户会在几秒内更新。",
    "appealed": "申诉已提交，监察机构决定以后会告诉您。",
}
_MONTHS_SHOWN = 12


def levels(hall: Hall) -> Mapping[int, str]:
    """The names of the lights."""
    return {number: hall.lights[number][2] for number in (1, 2, 3)}


def signed(request: Request) -> SignedIn:
    """Who is signed in."""
    person: SignedIn = request.state.person
    return person


def overview(request: Request) -> Response:
    """The periods: for the county with their workflow, for a department with its own totals."""
    return _overview(request)


def _overview(
    request: Request, errors: dict[str, str] | None = None, values: dict[str, str] | None = None, refused: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    hall, person = hall_of(request), signed(request)
    now = hall.now()
    reach = hall.scores.reach(person.person_id, now)
    month = Period.month_of(local_date(now))
    editions = [each for each in hall.scores.editions() if each.state != "draft" or reach.proposes]
    rows = [
        (each, Period.parse(each.period), _own(hall, each, "" if reach.county else _first(reach.departments)))
        for each in editions
    ]
    return staff_page(
        request,
        "staff/scores.html",
        "绩效评分",
        current=HERE,
        crumbs=(Crumb("绩效评分"),),
        status=status,
        reach=reach,
        month=month,
        rows=rows,
        states=EDITION_LABELS,
        departments=[(each, hall.edition.units.name(each)) for each in reach.departments],
        scheme=hall.scores.scheme,
        suggested=month.before.text,
        errors=errors or {},
        error_list=[FieldError(name, text) for name, text in (errors or {}).items()],
        values=values or {},
        refused=refused,
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )


def _first(departments: tuple[str, ...]) -> str:
    return departments[0] if departments else ""


def _own(hall: Hall, edition: Edition, department: str) -> DepartmentScore | None:
    return hall.scores.ranking(edition).department(department) if department else None


def department(request: Request) -> Response:
    """One department's score of a period, every deduction opened."""
    hall, person = hall_of(request), signed(request)
    period, wanted = request.path_params["period"], request.path_params["department"]
    view = hall.scores.department_view(
        period, wanted, person.person_id, levels(hall), now=hall.now(), number=_edition_asked(request)
    )
    return staff_page(
        request,
        "staff/score.html",
        f"{view.place.name} {view.period.label}绩效评分",
        current=HERE,
        crumbs=(Crumb("绩效评分", HERE), Crumb(f"{view.place.name} {view.period.label}")),
        view=view,
        place=view.place,
        bars=stretches((each.head.name, each.points, str(each.head.base)) for each in view.heads),
        states=EDITION_LABELS,
        appeal_states={
            each.value: label for each, label in APPEAL_LABELS.items() if each is not AppealState.DRAFT
        },
        persons_at=address(f"{HERE}/{view.period.text}/{view.place.id}/persons")
        if view.period.span == "month"
        and hall.scores.sees_persons(view.place.id, person.person_id, now=hall.now())
        else "",
        appeal_at=f"{HERE}/{view.period.text}/{view.place.id}/appeal",
        earlier=address(f"{HERE}/{view.period.before.text}/{view.place.id}"),
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )


def persons(request: Request) -> Response:
    """A department's persons in a month, by name, for who supervises them; the look is logged."""
    hall, person = hall_of(request), signed(request)
    period, wanted = request.path_params["period"], request.path_params["department"]
    view = hall.scores.persons_view(period, wanted, person.person_id, request_id(request), now=hall.now())
    back = address(f"{HERE}/{view.period.text}/{view.department}")
    return staff_page(
        request,
        "staff/score_persons.html",
        f"{view.department_name}各人 {view.period.label}",
        current=HERE,
        crumbs=(Crumb("绩效评分", HERE), Crumb(view.department_name, back), Crumb("各人")),
        view=view,
        back=back,
    )


def mine(request: Request) -> Response:
    """A clerk's own part in a month."""
    hall, person = hall_of(request), signed(request)
    now = hall.now()
    month = Period.month_of(local_date(now))
    period = Period.parse(request.query_params.get("period", "") or month.text)
    scheme, own, heads = hall.scores.own_view(period.text, person.person_id, levels(hall), now=now)
    months = [month]
    while len(months) < _MONTHS_SHOWN:
        months.append(months[-1].before)
    return staff_page(
        request,
        "staff/score_mine.html",
        f"我的{period.label}",
        current=HERE,
        crumbs=(Crumb("绩效评分", HERE), Crumb(f"我的{period.label}")),
        period=period,
        months=months,
        scheme=scheme,
        own=own,
        heads=heads,
        bars=stretches((each.head.name, each.points, str(each.head.base)) for each in heads),
    )


def edition(request: Request) -> Response:
    """One edition whole, for who proposes and publishes."""
    return _edition_page(request)


def _edition_page(request: Request, refused: str = "", status: int = 200) -> Response:
    hall, person = hall_of(request), signed(request)
    view = hall.scores.edition_view(_edition_id(request), person.person_id, now=hall.now())
    return staff_page(
        request,
        "staff/score_edition.html",
        f"{view.period.label}绩效评分第{view.edition.edition}版",
        current=HERE,
        crumbs=(Crumb("绩效评分", HERE), Crumb(f"{view.period.label}第{view.edition.edition}版")),
        status=status,
        view=view,
        edition=view.edition,
        ranking=view.ranking,
        bars={each.id: _bars(view.ranking, each) for each in view.ranking.departments},
        before={} if view.before is None else {each.id: each for each in view.before.departments},
        states=EDITION_LABELS,
        appeal_states={each.value: label for each, label in APPEAL_LABELS.items()},
        unit_name=hall.edition.units.name,
        unchecked=[
            each.name
            for each in view.scheme.heads
            if any(one.pick.kind == "register" for one in each.measured_when)
            and each.id not in view.registers
        ]
        if view.period.span == "month"
        else [],
        refused=refused,
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )


def _bars(ranking: RankingFile, place: DepartmentScore) -> object:
    return stretches(
        (each.name, place.heads[each.id].points if each.id in place.heads else None, each.base)
        for each in ranking.heads
    )


async def compute(request: Request) -> Response:
    """Computes a period's draft, its proposal anew, or a correction of what is published."""
    hall, person = hall_of(request), signed(request)
    async with form_of(request) as form:
        check_csrf(request, form)
        period, note = text_of(form, "period", 20), text_of(form, "note", 20_000)
        restore = "restore" in form
    if restore:
        return await run_in_threadpool(_overview, request, {}, {"period": period, "note": note})
    try:
        made = await run_in_threadpool(
            lambda: hall.scores.draft(period, person.person_id, now=hall.now(), note=note)
        )
    except Invalid as error:
        fields = dict(error.fields) or {"period": error.detail}
        return await run_in_threadpool(_overview, request, fields, {"period": period, "note": note}, "", 422)
    except (IllegalMove, Conflict) as error:
        kept = {"period": period, "note": note}
        return await run_in_threadpool(_overview, request, {}, kept, error.detail, 409)
    return RedirectResponse(f"{HERE}/editions/{made.id}?done=computed", 303)


async def propose(request: Request) -> Response:
    """Shows the draft to the departments."""
    return await _step(request, "proposed")


async def publish(request: Request) -> Response:
    """Publishes the proposal."""
    return await _step(request, "published")


async def _step(request: Request, done: str) -> Response:
    hall, person = hall_of(request), signed(request)
    async with form_of(request) as form:
        check_csrf(request, form)
        restore = "restore" in form
    if restore:
        return await run_in_threadpool(_edition_page, request)
    number = _edition_id(request)
    act = hall.scores.propose if done == "proposed" else hall.scores.publish
    try:
        await run_in_threadpool(lambda: act(number, person.person_id, now=hall.now()))
    except (IllegalMove, Conflict, Forbidden) as error:
        return await run_in_threadpool(_edition_page, request, error.detail, _status(error))
    return RedirectResponse(f"{HERE}/editions/{number}?done={done}", 303)


def _status(error: HallError) -> int:
    return error.status


def _edition_id(request: Request) -> int:
    text: str = request.path_params["edition"]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("没有这一版评分。")
    return int(text)


def _edition_asked(request: Request) -> int | None:
    text = request.query_params.get("edition", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


_POST = ("POST",)
_READ, _ACT = may(Capability.SCORES_SEE), may(Capability.SCORES_PUBLISH)

routes = [
    route(HERE, overview, guard=_READ, name="scores"),
    route(HERE + "/mine", mine, guard=_READ, name="score_mine"),
    route(HERE + "/compute", compute, guard=_ACT, methods=_POST, name="score_compute"),
    route(HERE + "/editions/{edition}", edition, guard=_ACT, name="score_edition"),
    route(HERE + "/editions/{edition}/propose", propose, guard=_ACT, methods=_POST, name="score_propose"),
    route(HERE + "/editions/{edition}/publish", publish, guard=_ACT, methods=_POST, name="score_publish"),
    route(HERE + "/{period}/{department}/persons", persons, guard=_READ, name="score_persons"),
    route(HERE + "/{period}/{department}", department, guard=_READ, name="score_department"),
]
