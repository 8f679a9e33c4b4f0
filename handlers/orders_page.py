"""Supervision orders: the list of what waits, one order with all that may be done, its document, orders by hand."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers import reply_form
from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.notices import docx_response, for_page
from handlers.order_papers import additions, document_of
from handlers.reply_form import ReplyForm, seen_of, signed
from handlers.security import request_id
from handlers.session import check_csrf
from handlers.staff_frame import ORDERS, address, page_number, staff_page
from handlers.supervising import drafts
from handlers.supervising.listing import TABS
from handlers.supervising.requests import OrderRequest
from handlers.supervising.views import OrderView
from handlers.uploads import to_save
from presentation.masking import masked_name
from presentation.view import Choice, Crumb, FieldError
from presentation.word_files import notice_file
from rules.access import ROLE_LABELS
from rules.errors import Conflict, Forbidden, HallError, IllegalMove, Invalid, NotFound
from rules.order_table import ORDER_MOVES, OrderMove
from rules.permissions import Capability
from rules.quick_dataclass import dataclass

HERE = ORDERS
_MOST_TEXT = 200_000
DONE = {
    **{each.move.value: f"{each.label}：已完成。" for each in ORDER_MOVES.values()},
    "saved": "草稿已保存，还没有提交。",
    "chase": "已催办，消息已发给责任单位。",
    "accountability": "责任追究已登记。",
    "withdraw": "这条记录已撤回，仍然看得到。",
}
EVENT_WORDS = {
    **{f"order.{each.move}": each.said for each in ORDER_MOVES.values()},
    "order.join": "并入一张牌",
    "order.leave": "一张牌撤销，这一项不再督办",
    "order.chase": "催办",
    "order.accountability": "登记责任追究",
    "order.accountability_withdrawn": "撤回一条责任追究记录",
    "card": "逾期，监察系统按规则发现",
    "recompute": "放假安排公布后重新计算期限",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent on an order's page and could not be carried out."""

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    reply: ReplyForm | None = None

    @property
    def error_list(self) -> list[FieldError]:
        """For the list at the top: ids carry the form's name, as the page has several."""
        if self.reply is not None:
            return list(self.reply.errors)
        return [FieldError(f"{self.form}-{name}", words) for name, words in self.fields.items()]

    def value(self, form: str, name: str, usual: str = "") -> str:
        """What was typed into a field of a form."""
        return self.values.get(name, usual) if form == self.form else usual

    def error(self, form: str, name: str) -> str:
        """The fault of a field of a form."""
        return self.fields.get(name, "") if form == self.form else ""


def orders(request: Request) -> Response:
    """What waits for the reader, what is open, what is done."""
    hall, person = hall_of(request), signed(request)
    found = hall.supervision.lines(
        person.person_id, now=hall.now(), tab=request.query_params.get("tab", ""), page=page_number(request)
    )
    tabs = [
        (address(HERE, tab=name), label, found.counts[name])
        for name, label in TABS.items()
        if name != "ours" or found.answers
    ]
    return staff_page(
        request,
        "staff/orders.html",
        f"督办与申诉 - {TABS[found.tab]}",
        current=HERE,
        crumbs=(Crumb("督办与申诉"),),
        found=found,
        tabs=tabs,
        current_tab=address(HERE, tab=found.tab),
        pages_url=address(HERE, tab=found.tab) + "&page={page}",
    )


def order(request: Request) -> Response:
    """One order."""
    return order_page(request, Sent())


def order_page(request: Request, sent: Sent, status: int = 200) -> Response:
    """The page of an order with what was sent and could not be carried out. Raises NotFound out of reach."""
    hall, person = hall_of(request), signed(request)
    order_id = id_of(request, "order", "没有这份督办。")
    view = hall.supervision.order(order_id, person.person_id, hall.now())
    revealed = request.query_params.get("show") == "personal" and any(
        each.person for each in view.accountability
    )
    if revealed:
        hall.supervision.reveal(order_id, person.person_id, hall.now(), request_id(request))
    writes = next((each.row for each in view.offers if each.row.files), None)
    reply = None
    if writes is not None:
        reply = sent.reply or reply_form.shown(hall, drafts.order_topic(order_id), person.person_id)
    return staff_page(
        request,
        "staff/order.html",
        f"督办 {view.order.number}",
        current=HERE,
        crumbs=(Crumb("督办与申诉", HERE), Crumb(view.order.number)),
        status=status,
        view=view,
        order=view.order,
        address=f"{HERE}/{order_id}",
        sent=sent,
        additions=additions(view),
        writes=writes,
        reply=reply,
        moves=[each for each in view.offers if not each.row.files],
        revealed=revealed,
        names=[_shown_name(each.person, revealed) for each in view.accountability],
        kinds=[Choice(code, name) for code, name in hall.site_data.codes["accountability"].codes.items()],
        units=_units(request, view),
        today=hall.now().date().isoformat(),
        event_words=EVENT_WORDS,
        role_labels=ROLE_LABELS,
        unit_name=hall.edition.units.name,
        done=DONE.get(request.query_params.get("done", ""), ""),
        files_at=reply_form.FILES_AT,
        **reply_form.upload_limits(hall),
    )


def _shown_name(name: str | None, revealed: bool) -> str:
    if name is None:
        return ""
    return name if revealed else masked_name(name)


def _units(request: Request, view: OrderView) -> list[Choice]:
    units = hall_of(request).edition.units
    below = units.tree.under(view.order.department)
    return [
        Choice(each.id, units.label(each.id)) for each in (*units, *units.former.values()) if each.id in below
    ]


async def move(request: Request) -> Response:
    """A move of the order table that brings no files."""
    hall, person, name = hall_of(request), signed(request), request.path_params["move"]
    order_id = id_of(request, "order", "没有这份督办。")
    async with form_of(request) as form:
        check_csrf(request, form)
        values = {each: text_of(form, f"{name}-{each}", _MOST_TEXT) for each in ("text", "days")}
        seen, restore = seen_of(form), "restore" in form
    if restore:
        return await run_in_threadpool(order_page, request, Sent(name, values))
    if name not in set(OrderMove) or ORDER_MOVES[OrderMove(name)].files:
        raise NotFound("没有这种操作。请回到督办页面重新选择。")
    try:
        await run_in_threadpool(
            lambda: hall.supervision.move_order(
                order_id, name, values, person.person_id, now=hall.now(), seen=seen
            )
        )
    except Invalid as error:
        return await run_in_threadpool(order_page, request, Sent(name, values, error.fields), 422)
    except (IllegalMove, Conflict, Forbidden) as error:
        return await run_in_threadpool(
            order_page, request, Sent(name, values, refused=error.detail), error.status
        )
    return RedirectResponse(f"{HERE}/{order_id}?done={name}", 303)


async def reply(request: Request) -> Response:
    """An explanation or a report: kept as a draft at every submit, sent when asked."""
    hall, person = hall_of(request), signed(request)
    order_id = id_of(request, "order", "没有这份督办。")
    view = await run_in_threadpool(hall.supervision.order, order_id, person.person_id, hall.now())
    writes = next((each.row for each in view.offers if each.row.files), None)
    topic = drafts.order_topic(order_id)
    posted = await reply_form.taken(request, topic)
    sent = Sent(values={"text": posted.text})
    if writes is None:
        sent = Sent(
            "reply", {"text": posted.text}, refused="现在不能提交说明或整改报告，您写的内容已存为草稿。"
        )
        return await run_in_threadpool(order_page, request, sent, 409)
    if not posted.send:
        if posted.refused_file:
            shown = await run_in_threadpool(reply_form.shown, hall, topic, person.person_id, posted)
            return await run_in_threadpool(order_page, request, Sent(reply=shown), 422)
        return RedirectResponse(f"{HERE}/{order_id}?done=saved#h-reply", 303)
    try:
        await run_in_threadpool(
            lambda: hall.supervision.move_order(
                order_id,
                writes.move,
                {"text": posted.text},
                person.person_id,
                now=hall.now(),
                seen=posted.seen,
            )
        )
    except Invalid as error:
        shown = await run_in_threadpool(
            reply_form.shown, hall, topic, person.person_id, posted, dict(error.fields)
        )
        return await run_in_threadpool(order_page, request, Sent(reply=shown), 422)
    except (IllegalMove, Conflict, Forbidden) as error:
        sent = Sent("reply", {"text": posted.text}, refused=error.detail)
        return await run_in_threadpool(order_page, request, sent, error.status)
    return RedirectResponse(f"{HERE}/{order_id}?done={writes.move}", 303)


async def chase(request: Request) -> Response:
    """Reminds the department of an order."""
    hall, person = hall_of(request), signed(request)
    order_id = id_of(request, "order", "没有这份督办。")
    async with form_of(request) as form:
        check_csrf(request, form)
        words, restore = text_of(form, "chase-words", _MOST_TEXT), "restore" in form
    sent = {"words": words}
    if restore:
        return await run_in_threadpool(order_page, request, Sent("chase", sent))
    try:
        await run_in_threadpool(
            lambda: hall.supervision.chase("order", str(order_id), words, person.person_id, now=hall.now())
        )
    except Invalid as error:
        return await run_in_threadpool(order_page, request, Sent("chase", sent, error.fields), 422)
    except (IllegalMove, Conflict, Forbidden) as error:
        refused = Sent("chase", sent, refused=error.detail)
        return await run_in_threadpool(order_page, request, refused, error.status)
    return RedirectResponse(f"{HERE}/{order_id}?done=chase", 303)


def paper(request: Request) -> Response:
    """The document as a page to print."""
    hall, person = hall_of(request), signed(request)
    view = hall.supervision.order(id_of(request, "order", "没有这份督办。"), person.person_id, hall.now())
    return staff_page(
        request,
        "staff/order_paper.html",
        f"督办通知书 {view.order.number}",
        current=HERE,
        crumbs=(
            Crumb("督办与申诉", HERE),
            Crumb(view.order.number, f"{HERE}/{view.order.id}"),
            Crumb("文书"),
        ),
        document=for_page(document_of(view, hall.county)),
        order=view.order,
    )


def paper_docx(request: Request) -> Response:
    """The document as DOCX."""
    hall, person = hall_of(request), signed(request)
    view = hall.supervision.order(id_of(request, "order", "没有这份督办。"), person.person_id, hall.now())
    try:
        content = notice_file(document_of(view, hall.county))
    except ValueError as error:
        raise HallError("这份文书里有无法排版的字符，请打印网页版。") from error
    return docx_response(content, f"督办通知书-{view.order.number}")


def supervision_file(request: Request) -> Response:
    """A file of an explanation, a report, an appeal or one's own draft, to save; the look is logged."""
    hall, person = hall_of(request), signed(request)
    found, path = hall.supervision.file(
        request.path_params["file"][:60], person.person_id, hall.now(), request_id(request)
    )
    return to_save(found, path)


def new_order(request: Request) -> Response:
    """The form of an order by hand; a case, a letter or a department may be named in the address."""
    asked = request.query_params
    values = {
        "subject": "case" if asked.get("case") else "letter" if asked.get("letter") else "department",
        "number": (asked.get("case") or asked.get("letter") or "")[:50],
        "department": asked.get("department", "")[:60],
        "key": secrets.token_urlsafe(12),
    }
    return _new_page(request, values, {})


def _new_page(
    request: Request, values: Mapping[str, str], fields: Mapping[str, str], status: int = 200
) -> Response:
    hall, person = hall_of(request), signed(request)
    tree, departments = hall.edition.units.tree, hall.edition.departments
    issuers, day = hall.edition.permissions.roles(Capability.ORDERS_ISSUE), hall.now().date()
    own = [each.unit for each in person.assignments if each.role in issuers and each.holds_on(day)]
    choices = [
        Choice(code, each.name)
        for code, each in departments.items()
        if any(unit in tree.upwards(code) for unit in own)
    ]
    return staff_page(
        request,
        "staff/order_new.html",
        "发督办通知书",
        current=HERE,
        crumbs=(Crumb("督办与申诉", HERE), Crumb("发督办通知书")),
        status=status,
        values={"text": "", "demand": "", "basis": "", **values},
        errors=fields,
        error_list=[FieldError(name, words) for name, words in fields.items()],
        departments=choices,
        days=hall.county.settings.explanation_days,
    )


async def create_order(request: Request) -> Response:
    """Issues an order by hand."""
    hall, person = hall_of(request), signed(request)
    async with form_of(request) as form:
        check_csrf(request, form)
        names = ("subject", "number", "department", "text", "demand", "basis", "key")
        values = {each: text_of(form, each, _MOST_TEXT) for each in names}
        restore = "restore" in form
    if restore:
        return await run_in_threadpool(_new_page, request, {**values, "key": secrets.token_urlsafe(12)}, {})
    asked = OrderRequest(**{name: value for name, value in values.items() if name != "key"})
    try:
        if not 1 <= len(values["key"]) <= 80:
            raise Invalid("请再提交一次", {"text": "页面已过期，请再提交一次"})
        made = await run_in_threadpool(
            lambda: hall.supervision.issue_order(
                asked, person.person_id, key=f"{person.person_id}/{values['key']}", now=hall.now()
            )
        )
    except Invalid as error:
        fresh = {**values, "key": secrets.token_urlsafe(12)}
        return await run_in_threadpool(_new_page, request, fresh, error.fields, 422)
    except (NotFound, Forbidden) as error:
        where = "department" if values["subject"] == "department" else "number"
        return await run_in_threadpool(_new_page, request, values, {where: error.detail}, 422)
    return RedirectResponse(f"{HERE}/{made.id}?done=issue", 303)


def id_of(request: Request, name: str, unknown: str) -> int:
    """A row id from the address. Raises NotFound for anything else."""
    text: str = request.path_params[name]
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound(unknown)
    return int(text)


_POST = ("POST",)
_READ, _SUPERVISE = may(Capability.ORDERS_SEE), may(Capability.ORDERS_ISSUE)
_ONE = HERE + "/{order}"

routes = [
    route(HERE, orders, guard=_READ, name="orders"),
    route(HERE + "/new", new_order, guard=_SUPERVISE, name="order_new"),
    route(HERE + "/new", create_order, guard=_SUPERVISE, methods=_POST, name="order_create"),
    route(_ONE, order, guard=_READ, name="order"),
    route(_ONE + "/document", paper, guard=_READ, name="order_paper"),
    route(_ONE + "/document.docx", paper_docx, guard=_READ, name="order_docx"),
    route(_ONE + "/moves/{move}", move, guard=_SUPERVISE, methods=_POST, name="order_move"),
    route(_ONE + "/reply", reply, guard=_READ, methods=_POST, name="order_reply"),
    route(_ONE + "/chase", chase, guard=_SUPERVISE, methods=_POST, name="order_chase"),
    route(reply_form.FILES_AT + "{file}", supervision_file, guard=_READ, name="supervision_file"),
]
