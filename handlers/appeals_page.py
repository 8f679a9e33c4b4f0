"""Appeals: filed against a card with evidence, filed again once, decided with reasons by someone who had no hand in it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers import reply_form
from handlers.bodies import form_of, text_of
from handlers.casework.card_reading import card_view
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.orders_page import Sent, id_of
from handlers.reply_form import ReplyForm, seen_of, signed
from handlers.session import check_csrf
from handlers.staff_frame import CARDS, ORDERS, staff_page
from handlers.supervising import drafts
from handlers.supervising.appealing import DECISIONS
from handlers.supervising.requests import AgainstCard
from presentation.view import Crumb
from rules.access import ROLE_LABELS
from rules.appeal_table import APPEAL_MOVES, AppealMove
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.permissions import Capability

HERE = "/hall/appeals"
_MOST_TEXT = 200_000
_NO_CARD, _NO_APPEAL = "没有这张牌，或者它不在您的监察范围内。", "没有这件申诉。"
_DONE = {
    "file": "申诉已提交。监察机构决定以后会告诉您。",
    "refile": "已补充证据，再次提交。",
    "revoke": "已撤销。理由已告知申诉部门。",
    "return": "已退回，要求补充证据。",
    "uphold": "已维持。理由已告知申诉部门。",
    "saved": "草稿已保存，还没有提交。",
}


def file_page(request: Request) -> Response:
    """The form of an appeal against a card."""
    return _file_page(request)


def _file_page(
    request: Request, form: ReplyForm | None = None, refused: str = "", status: int = 200
) -> Response:
    hall, person = hall_of(request), signed(request)
    card_id = id_of(request, "card", _NO_CARD)
    view = card_view(hall.database, hall.site_data.ground(), card_id, person.person_id, hall.now())
    follow = hall.supervision.follow(view.shown.card, person.person_id, hall.now())
    word = hall.lights[view.shown.card.level][2]
    return staff_page(
        request,
        "staff/appeal_new.html",
        f"申诉 {view.shown.card.subject_number}的{word}",
        current=CARDS,
        crumbs=(
            Crumb("监察牌", CARDS),
            Crumb(f"{word} {view.shown.card.subject_number}", f"{CARDS}/{card_id}"),
            Crumb("申诉"),
        ),
        status=status,
        view=view,
        card=view.shown.card,
        light_word=word,
        follow=follow,
        row=APPEAL_MOVES[AppealMove.FILE],
        reply=form or reply_form.shown(hall, drafts.card_topic(card_id), person.person_id),
        refused=refused,
        done=_DONE.get(request.query_params.get("done", ""), ""),
        **reply_form.upload_limits(hall),
    )


async def file_one(request: Request) -> Response:
    """Files an appeal, or keeps its draft."""
    hall, person = hall_of(request), signed(request)
    card_id = id_of(request, "card", _NO_CARD)
    now, topic = hall.now(), drafts.card_topic(card_id)
    await run_in_threadpool(card_view, hall.database, hall.site_data.ground(), card_id, person.person_id, now)
    posted = await reply_form.taken(request, topic)
    if not posted.send and not posted.refused_file:
        return RedirectResponse(f"{CARDS}/{card_id}/appeal?done=saved", 303)
    fields: dict[str, str] = {}
    refused, status = "", 422
    if posted.send:
        try:
            made = await run_in_threadpool(
                lambda: hall.supervision.file_appeal(
                    AgainstCard(card_id), posted.text, person.person_id, now=now
                )
            )
        except Invalid as error:
            fields = dict(error.fields)
        except (IllegalMove, Conflict, Forbidden) as error:
            refused, status = error.detail, error.status
        else:
            return RedirectResponse(f"{HERE}/{made.id}?done=file", 303)
    shown = await run_in_threadpool(reply_form.shown, hall, topic, person.person_id, posted, fields)
    return await run_in_threadpool(_file_page, request, shown, refused, status)


def appeal(request: Request) -> Response:
    """One appeal."""
    return _appeal_page(request, Sent())


def _appeal_page(request: Request, sent: Sent, status: int = 200) -> Response:
    hall, person = hall_of(request), signed(request)
    view = hall.supervision.appeal(id_of(request, "appeal", _NO_APPEAL), person.person_id, hall.now())
    reply = sent.reply
    if reply is None and view.draft is not None:
        reply = reply_form.shown(
            hall,
            _topic(view.appeal.card_id, view.appeal.department, view.appeal.score_period),
            person.person_id,
        )
    return staff_page(
        request,
        "staff/appeal.html",
        f"申诉 {view.appeal.number}",
        current=ORDERS,
        crumbs=(Crumb("督办与申诉", ORDERS), Crumb(view.appeal.number)),
        status=status,
        view=view,
        appeal=view.appeal,
        address=f"{HERE}/{view.appeal.id}",
        sent=sent,
        decisions=[each for each in view.offers if each.decides],
        refiles=next((each for each in view.offers if not each.decides), None),
        reply=reply,
        role_labels=ROLE_LABELS,
        unit_name=hall.edition.units.name,
        event_words={f"appeal.{each.move}": each.said for each in APPEAL_MOVES.values()}
        | {"recompute": "放假安排公布后重新计算期限"},
        done=_DONE.get(request.query_params.get("done", ""), ""),
        files_at=reply_form.FILES_AT,
        **reply_form.upload_limits(hall),
    )


def _topic(card_id: int | None, department: str, period: str | None) -> str:
    return drafts.card_topic(card_id) if card_id is not None else drafts.score_topic(department, period or "")


async def refile(request: Request) -> Response:
    """A returned appeal with more evidence."""
    hall, person = hall_of(request), signed(request)
    appeal_id = id_of(request, "appeal", _NO_APPEAL)
    view = await run_in_threadpool(hall.supervision.appeal, appeal_id, person.person_id, hall.now())
    topic = _topic(view.appeal.card_id, view.appeal.department, view.appeal.score_period)
    posted = await reply_form.taken(request, topic)
    if not posted.send and not posted.refused_file:
        return RedirectResponse(f"{HERE}/{appeal_id}?done=saved", 303)
    fields: dict[str, str] = {}
    if posted.send:
        try:
            await run_in_threadpool(
                lambda: hall.supervision.refile_appeal(
                    appeal_id, posted.text, person.person_id, now=hall.now(), seen=posted.seen
                )
            )
        except Invalid as error:
            fields = dict(error.fields)
        except (IllegalMove, Conflict, Forbidden) as error:
            sent = Sent("refile", {"text": posted.text}, refused=error.detail)
            return await run_in_threadpool(_appeal_page, request, sent, error.status)
        else:
            return RedirectResponse(f"{HERE}/{appeal_id}?done=refile", 303)
    shown = await run_in_threadpool(reply_form.shown, hall, topic, person.person_id, posted, fields)
    return await run_in_threadpool(_appeal_page, request, Sent(reply=shown), 422)


async def decide(request: Request) -> Response:
    """The supervisor's decision with its reasons."""
    hall, person, name = hall_of(request), signed(request), request.path_params["move"]
    appeal_id = id_of(request, "appeal", _NO_APPEAL)
    async with form_of(request) as form:
        check_csrf(request, form)
        values = {each: text_of(form, f"{name}-{each}", _MOST_TEXT) for each in ("text", "days")}
        seen, restore = seen_of(form), "restore" in form
    if restore:
        return await run_in_threadpool(_appeal_page, request, Sent(name, values))
    if name not in set(DECISIONS):
        raise NotFound("没有这种操作。请回到申诉页面重新选择。")
    try:
        await run_in_threadpool(
            lambda: hall.supervision.decide_appeal(
                appeal_id,
                name,
                values["text"],
                person.person_id,
                now=hall.now(),
                days=values["days"],
                seen=seen,
            )
        )
    except Invalid as error:
        return await run_in_threadpool(_appeal_page, request, Sent(name, values, error.fields), 422)
    except (IllegalMove, Conflict, Forbidden) as error:
        return await run_in_threadpool(
            _appeal_page, request, Sent(name, values, refused=error.detail), error.status
        )
    return RedirectResponse(f"{HERE}/{appeal_id}?done={name}", 303)


_POST = ("POST",)
_READ = may(Capability.ORDERS_SEE)

routes = [
    route(CARDS + "/{card}/appeal", file_page, guard=_READ, name="appeal_new"),
    route(CARDS + "/{card}/appeal", file_one, guard=_READ, methods=_POST, name="appeal_file"),
    route(HERE + "/{appeal}", appeal, guard=_READ, name="appeal"),
    route(HERE + "/{appeal}/refile", refile, guard=_READ, methods=_POST, name="appeal_refile"),
    route(
        HERE + "/{appeal}/moves/{move}",
        decide,
        guard=may(Capability.APPEALS_DECIDE),
        methods=_POST,
        name="appeal_decide",
    ),
]
