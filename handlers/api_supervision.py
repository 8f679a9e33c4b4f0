"""The API of what follows a card: orders, accountability, reminders, appeals; the same door as the pages."""

from __future__ import annotations

from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers import reply_form, throttle
from handlers.api_operations import Operation, answered, key_of, query_of
from handlers.api_staff_models import CardOut
from handlers.api_supervision_models import (
    AccountabilityIn,
    AccountabilityOut,
    AppealIn,
    AppealMoveIn,
    AppealOut,
    CardFollowOut,
    ChaseIn,
    ChaseOut,
    LinesOut,
    LinesQuery,
    OrderIn,
    OrderMoveIn,
    OrderOut,
    ReplyOut,
    StatementOut,
    SupervisionFileOut,
)
from handlers.bodies import MEGABYTE, TEXT_BYTES, files_of, form_of, json_of
from handlers.casework.card_reading import card_view
from handlers.context import Hall, hall_of
from handlers.guard import may
from handlers.order_papers import additions
from handlers.orders_page import id_of
from handlers.store.orders import Accountability
from handlers.supervising import drafts
from handlers.supervising.requests import AccountabilityRequest, AgainstCard, OrderRequest
from handlers.supervising.views import AppealView, OrderView
from presentation.masking import masked_name
from rules.errors import BadRequest
from rules.order_table import OrderMove
from rules.permissions import Capability
from rules.time import day_end


def _here(request: Request) -> tuple[Hall, str, datetime]:
    hall = hall_of(request)
    return hall, reply_form.signed(request).person_id, hall.now()


def supervision_lines(request: Request) -> Response:
    """What waits for a department or a supervisor, what is open, what is done."""
    hall, person, now = _here(request)
    asked: LinesQuery = query_of(request, LinesQuery)
    return answered(
        LinesOut.model_validate(
            hall.supervision.lines(person, now=now, tab=asked.tab, page=asked.page, size=asked.size)
        )
    )


def one_order(request: Request) -> Response:
    """A whole order."""
    hall, person, now = _here(request)
    return answered(
        _order_out(hall.supervision.order(id_of(request, "order", "没有这份督办。"), person, now))
    )


async def issue_order(request: Request) -> Response:
    """Issues an order by hand; the same Idempotency-Key with the same content gives the same order."""
    hall, person, now = _here(request)
    key, asked = key_of(request), await json_of(request, OrderIn)
    made, repeated = await run_in_threadpool(
        lambda: hall.supervision.issue_order_once(
            OrderRequest(**asked.model_dump()), person, key=f"{person}/api/{key}", now=now
        )
    )
    view = await run_in_threadpool(hall.supervision.order, made.id, person, now)
    return answered(_order_out(view), 200 if repeated else 201)


async def move_order(request: Request) -> Response:
    """A move of the order table."""
    hall, person, now = _here(request)
    order_id, asked = id_of(request, "order", "没有这份督办。"), await json_of(request, OrderMoveIn)
    values = {"text": asked.text, "days": "" if asked.days is None else str(asked.days)}
    await run_in_threadpool(
        lambda: hall.supervision.move_order(
            order_id, OrderMove(asked.move), values, person, now=now, seen=asked.seen
        )
    )
    return answered(_order_out(await run_in_threadpool(hall.supervision.order, order_id, person, now)))


async def add_order_file(request: Request) -> Response:
    """A file (multipart, part `file`) for one's next explanation or report."""
    hall, person, now = _here(request)
    order_id = id_of(request, "order", "没有这份督办。")
    await run_in_threadpool(hall.supervision.order, order_id, person, now)
    return await _upload(request, drafts.order_topic(order_id))


async def add_appeal_file(request: Request) -> Response:
    """A file (multipart, part `file`) for one's appeal against a card, first or again."""
    hall, person, now = _here(request)
    card_id = id_of(request, "card", "没有这张牌。")
    await run_in_threadpool(card_view, hall.database, hall.site_data.ground(), card_id, person, now)
    return await _upload(request, drafts.card_topic(card_id))


async def _upload(request: Request, topic: str) -> Response:
    hall, person, _ = _here(request)
    most = hall.county.settings.upload_megabytes * MEGABYTE + TEXT_BYTES
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise BadRequest("文件要用 multipart/form-data 上传，字段名是 file。")
    async with form_of(request, most, whole=False) as form:
        given = files_of(form, "file")
        if len(given) != 1:
            raise BadRequest("一次上传一个文件，字段名是 file。")
        throttle.once(request, throttle.UPLOADS, "upload")
        file_id = await reply_form.take_upload(hall, person, topic, given[0], given[0].filename or "")
    kept = await run_in_threadpool(hall.supervision.draft, topic, person)
    return answered(
        SupervisionFileOut.model_validate(next(each for each in kept.files if each.id == file_id)), 201
    )


async def record_accountability(request: Request) -> Response:
    """Enters who was held to account."""
    hall, person, now = _here(request)
    order_id, asked = id_of(request, "order", "没有这份督办。"), await json_of(request, AccountabilityIn)
    kinds = frozenset(hall.site_data.codes["accountability"].codes)
    entry = AccountabilityRequest(asked.kind, asked.outcome, asked.decided, asked.person, asked.unit)
    made = await run_in_threadpool(
        lambda: hall.supervision.record_accountability(order_id, entry, person, now=now, kinds=kinds)
    )
    return answered(_accountability_out(made), 201)


async def chase_by_hand(request: Request) -> Response:
    """Reminds the holder of a case, a letter or an order, once a day."""
    hall, person, now = _here(request)
    asked = await json_of(request, ChaseIn)
    made = await run_in_threadpool(
        lambda: hall.supervision.chase(asked.subject, asked.number, asked.words, person, now=now)
    )
    return answered(ChaseOut.model_validate(made), 201)


def one_card(request: Request) -> Response:
    """A card with its order and its appeal, and whether one may appeal now."""
    hall, person, now = _here(request)
    card_id = id_of(request, "card", "没有这张牌。")
    view = card_view(hall.database, hall.site_data.ground(), card_id, person, now)
    follow = hall.supervision.follow(view.shown.card, person, now)
    return answered(
        CardFollowOut(
            card=CardOut.model_validate(view.shown.card),
            order=None if follow.order is None else follow.order.id,
            order_number="" if follow.order is None else follow.order.number,
            appeal=None if follow.appeal is None else follow.appeal.id,
            appeal_number="" if follow.appeal is None else follow.appeal.number,
            appeal_until=None if follow.window is None else day_end(follow.window.due),
            may_appeal=follow.may_appeal,
            why_not=follow.why_not,
        )
    )


async def file_appeal(request: Request) -> Response:
    """Appeals against a card."""
    hall, person, now = _here(request)
    card_id, asked = id_of(request, "card", "没有这张牌。"), await json_of(request, AppealIn)
    made = await run_in_threadpool(
        lambda: hall.supervision.file_appeal(AgainstCard(card_id), asked.text, person, now=now)
    )
    return answered(_appeal_out(await run_in_threadpool(hall.supervision.appeal, made.id, person, now)), 201)


def one_appeal(request: Request) -> Response:
    """A whole appeal."""
    hall, person, now = _here(request)
    return answered(
        _appeal_out(hall.supervision.appeal(id_of(request, "appeal", "没有这件申诉。"), person, now))
    )


async def move_appeal(request: Request) -> Response:
    """Files a returned appeal again, or decides it: revoke, return, uphold."""
    hall, person, now = _here(request)
    appeal_id, asked = id_of(request, "appeal", "没有这件申诉。"), await json_of(request, AppealMoveIn)
    days = "" if asked.days is None else str(asked.days)

    def move() -> None:
        if asked.move == "refile":
            hall.supervision.refile_appeal(appeal_id, asked.text, person, now=now, seen=asked.seen)
        else:
            hall.supervision.decide_appeal(
                appeal_id, asked.move, asked.text, person, now=now, days=days, seen=asked.seen
            )

    await run_in_threadpool(move)
    return answered(_appeal_out(await run_in_threadpool(hall.supervision.appeal, appeal_id, person, now)))


def _order_out(view: OrderView) -> OrderOut:
    order = view.order
    return OrderOut(
        id=order.id, number=order.number, card=order.card_id,
        cards=[each.card.id for each in view.cards if each.entry.removed is None],
        additions=list(additions(view)), check_code=view.check_code, subject=order.subject,
        subject_number=order.subject_number, title=view.title, department=order.department, unit=order.unit,
        issuer=view.issuer_name, text=order.text, demands=list(order.paper.demands), issued=order.issued,
        explain_due=order.explain_due, correct_due=order.correct_due, state=order.state,
        state_label=view.state_label, overdue=view.overdue, late=order.late, correction_late=order.correction_late,
        returns=order.returns, chases=order.chases, version=order.version, drill=order.drill,
        replies=[
            ReplyOut(
                kind=each.reply.kind, text=each.reply.text, at=each.reply.at, late=each.reply.late,
                verdict=each.reply.verdict, verdict_words=each.reply.verdict_words,
                files=[SupervisionFileOut.model_validate(file) for file in each.files],
            )
            for each in view.replies
        ],
        accountability=[_accountability_out(each) for each in view.accountability],
        appeal=None if view.appeal is None else view.appeal.id,
        moves=[each.row.move for each in view.offers],
        why="" if view.due is None else view.due.why,
    )  # fmt: skip


def _accountability_out(entry: Accountability) -> AccountabilityOut:
    return AccountabilityOut(
        id=entry.id, unit=entry.unit, person=None if entry.person is None else masked_name(entry.person),
        kind=entry.kind, outcome=entry.outcome, decided=entry.decided, withdrawn=entry.withdrawn,
    )  # fmt: skip


def _appeal_out(view: AppealView) -> AppealOut:
    appeal = view.appeal
    return AppealOut(
        id=appeal.id, number=appeal.number, card=appeal.card_id, score_period=appeal.score_period,
        department=appeal.department, about=appeal.about, filed=appeal.filed, state=appeal.state,
        state_label=view.state_label, rounds=appeal.rounds, due=appeal.due, overdue=view.overdue,
        decided_at=appeal.decided_at, reasons=appeal.reasons, version=appeal.version, drill=appeal.drill,
        statements=[
            StatementOut(
                move=each.statement.move, text=each.statement.text, at=each.statement.at,
                files=[SupervisionFileOut.model_validate(file) for file in each.files],
            )
            for each in view.statements
        ],
        moves=[each.move for each in view.offers],
        conflict=view.conflict,
    )  # fmt: skip


_READ, _WATCH, _COUNTY = (
    may(Capability.ORDERS_SEE),
    may(Capability.ORDERS_ISSUE),
    may(Capability.APPEALS_DECIDE),
)
_DENIED, _TAG = (401, 403, 404, 409, 422), "督办与申诉"
_FILE = (400, 401, 403, 404, 413, 415, 422, 429)
_ORDER, _APPEAL, _CARD = "/orders/{order}", "/appeals/{appeal}", "/cards/{card}"

operations = (
    Operation("GET", "/orders", supervision_lines, _READ, "督办与申诉列表", LinesOut, query=LinesQuery, errors=(401, 403, 422), tag=_TAG),
    Operation("POST", "/orders", issue_order, _WATCH, "发督办通知书", OrderOut, OrderIn, key=True, status=201, errors=(400, *_DENIED), tag=_TAG),
    Operation("GET", _ORDER, one_order, _READ, "一份督办", OrderOut, errors=_DENIED, tag=_TAG),
    Operation("POST", _ORDER + "/moves", move_order, _READ, "说明、认定、退回、整改、办结、撤销", OrderOut, OrderMoveIn, errors=_DENIED, tag=_TAG),
    Operation("POST", _ORDER + "/files", add_order_file, _READ, "上传说明或整改的附件", SupervisionFileOut, files=True, status=201, errors=_FILE, tag=_TAG),
    Operation("POST", _ORDER + "/accountability", record_accountability, _COUNTY, "登记责任追究", AccountabilityOut, AccountabilityIn, status=201, errors=_DENIED, tag=_TAG),
    Operation("POST", "/chases", chase_by_hand, _WATCH, "催办", ChaseOut, ChaseIn, status=201, errors=_DENIED, tag=_TAG),
    Operation("GET", _CARD, one_card, _READ, "一张牌和它的督办、申诉", CardFollowOut, errors=_DENIED, tag=_TAG),
    Operation("POST", _CARD + "/appeals", file_appeal, _READ, "对一张牌提出申诉", AppealOut, AppealIn, status=201, errors=_DENIED, tag=_TAG),
    Operation("POST", _CARD + "/files", add_appeal_file, _READ, "上传申诉的证据", SupervisionFileOut, files=True, status=201, errors=_FILE, tag=_TAG),
    Operation("GET", _APPEAL, one_appeal, _READ, "一件申诉", AppealOut, errors=_DENIED, tag=_TAG),
    Operation("POST", _APPEAL + "/moves", move_appeal, _READ, "补充证据再提，或者决定", AppealOut, AppealMoveIn, errors=_DENIED, tag=_TAG),
)  # fmt: skip
