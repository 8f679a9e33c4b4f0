"""发送情况: the administrator's view of what goes out by SMS, e-mail and robots; and the gateway's receipts."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from catalog.delivery import CHANNEL_LABELS, ROBOTS
from handlers import throttle
from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.delivering import receipts
from handlers.delivering.wording import message_label
from handlers.guard import may, public, route
from handlers.session import check_csrf
from handlers.staff_frame import DELIVERIES, address, page_number, staff_page
from handlers.store.delivery_lists import FILTERS
from handlers.store.delivery_records import DELIVERY_STATES, DeliveryShown, DeliveryState
from presentation.view import Choice, Crumb
from rules.errors import BadRequest, NotFound, TooLarge
from rules.permissions import Capability

PAGE_SIZE = 30
_TABS = {"": "全部", "troubled": "失败", "waiting": "等待", "sent": "已发出", "suppressed": "不发"}
_AGAIN = frozenset({DeliveryState.FAILED, DeliveryState.GIVEN_UP, DeliveryState.SUPPRESSED})
_RECEIPT_BYTES = 256 * 1024


def deliveries(request: Request) -> Response:
    """The queue, today by channel, and the list."""
    hall = hall_of(request)
    asked = request.query_params
    wanted = asked.get("state", "") if asked.get("state", "") in FILTERS else ""
    channel = asked.get("channel", "") if asked.get("channel", "") in CHANNEL_LABELS else ""
    page = page_number(request)
    shown, count = hall.delivery.listed(wanted, channel, page, PAGE_SIZE)
    url = address(DELIVERIES, state=wanted, channel=channel)
    settings = hall.delivery.settings()
    return staff_page(
        request,
        "staff/deliveries.html",
        "发送情况",
        current=DELIVERIES,
        crumbs=(Crumb("发送情况"),),
        settings=settings,
        figures=hall.delivery.figures(),
        not_ready=hall.delivery.not_ready(),
        resting=hall.delivery.resting(),
        shown=shown,
        count=count,
        page=page,
        pages=max(1, -(-count // PAGE_SIZE)),
        pages_url=url + ("&" if "?" in url else "?") + "page={page}",
        tabs=[(address(DELIVERIES, state=name, channel=channel), label) for name, label in _TABS.items()],
        current_tab=address(DELIVERIES, state=wanted, channel=channel),
        wanted=wanted,
        channel=channel,
        channels=[Choice(name, label) for name, label in CHANNEL_LABELS.items() if name != "in_app"],
        labels=CHANNEL_LABELS,
        states=DELIVERY_STATES,
        message_label=message_label,
        whom=_whom,
        may_again=_AGAIN,
        done="已重新排队，马上再发一次。" if asked.get("done") else "",
    )


async def again(request: Request) -> Response:
    """再发一次."""
    async with form_of(request) as form:
        check_csrf(request, form)
        state, channel = text_of(form, "state", 20), text_of(form, "channel", 20)
    text = request.path_params["delivery"]
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise NotFound("没有这条发送记录。")
    await run_in_threadpool(hall_of(request).delivery.send_again, int(text))
    return RedirectResponse(address(DELIVERIES, state=state, channel=channel, done="1"), 303)


async def receipt(request: Request) -> Response:
    """What became of messages, told by the SMS gateway."""
    hall = hall_of(request)
    throttle.once(request, throttle.RECEIPTS, "receipts")
    wanted = await run_in_threadpool(hall.delivery.receipts)
    if wanted is None:
        raise NotFound("没有这个页面。")
    given = request.headers.get(wanted.header, "") if wanted.header else ""
    if wanted.parameter and not given:
        given = request.query_params.get(wanted.parameter, "")
    with throttle.proving(request, "receipts"):
        await run_in_threadpool(hall.delivery.check_receipt_secret, given[:500])
    value: Any = await _body_of(request)
    await run_in_threadpool(hall.delivery.take_reports, receipts.reports_in(value, wanted))
    return PlainTextResponse(wanted.answer)


async def _body_of(request: Request) -> Any:
    """The posted JSON or form fields. Raises TooLarge, BadRequest."""
    raw = b""
    async for piece in request.stream():
        raw += piece
        if len(raw) > _RECEIPT_BYTES:
            raise TooLarge("回执太大。")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(raw.decode("utf-8"), max_num_fields=receipts.MOST_REPORTS))
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequest("回执读不懂：要 JSON 或表单。") from error


def _whom(shown: DeliveryShown) -> str:
    """The recipient as the page shows it: a group by its name, a phone or address masked, never in full."""
    row = shown.delivery
    if row.channel in ROBOTS:
        return row.address_masked or row.recipient.partition(":")[2]
    who = "申请人" if row.recipient.startswith("applicant:") and shown.subject == "case" else "工作人员"
    if row.recipient.startswith("applicant:") and shown.subject == "letter":
        who = "写信人"
    return f"{who} {row.address_masked}".strip()


_ADMINISTRATOR = may(Capability.DELIVERIES_SEE)

routes = [
    route(DELIVERIES, deliveries, guard=_ADMINISTRATOR, name="staff_deliveries"),
    route(
        DELIVERIES + "/{delivery}/again",
        again,
        guard=_ADMINISTRATOR,
        methods=("POST",),
        name="staff_delivery_again",
    ),
    route(
        "/hall/delivery/receipts",
        receipt,
        guard=public("the gateway's shared secret is checked, tries limited"),
        methods=("POST",),
        name="delivery_receipts",
    ),
]
