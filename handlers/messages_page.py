"""消息: what the hall has told a member of staff, read and unread."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.delivering.wording import page_of
from handlers.guard import route, staff
from handlers.session import SignedIn, check_csrf
from handlers.staff_frame import MESSAGES, staff_page
from handlers.store.records import Message
from presentation.view import Crumb
from rules.errors import Invalid


def messages(request: Request) -> Response:
    """The newest hundred, unread ones marked."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    found = hall.delivery.messages(person.person_id)
    return staff_page(
        request,
        "staff/messages.html",
        "消息",
        current=MESSAGES,
        crumbs=(Crumb("消息"),),
        messages=found,
        unread=sum(each.read_at is None for each in found),
        newest=found[0].id if found else 0,
        page_of=_page_of,
    )


async def mark(request: Request) -> Response:
    """Marks one message (`message`), or all that the page showed (`up_to`), as read."""
    person: SignedIn = request.state.person
    async with form_of(request) as form:
        check_csrf(request, form)
        only, up_to = text_of(form, "message", 20), text_of(form, "up_to", 20)
    number = only or up_to
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        raise Invalid("没有这条消息。请回到消息页重新操作。")
    hall = hall_of(request)
    await run_in_threadpool(
        hall.delivery.mark_read, person.person_id, int(number), int(number) if only else None
    )
    return RedirectResponse(MESSAGES, 303)


def _page_of(message: Message) -> tuple[str, str] | None:
    return page_of(message.subject, message.subject_number, message.subject_id)


routes = [
    route(MESSAGES, messages, guard=staff(), name="staff_messages"),
    route(f"{MESSAGES}/read", mark, guard=staff(), methods=("POST",), name="staff_messages_read"),
]
