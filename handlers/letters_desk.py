"""The letters desk: what the public asked and complained of, answered within its time, reminded ones first."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.casework.authority import SEES_CASES, departments_in_scope
from handlers.casework.requests import ByStaff
from handlers.context import Hall, hall_of
from handlers.guard import route, staff
from handlers.security import request_id
from handlers.session import SignedIn, check_csrf
from handlers.staff_frame import CASE_READERS, WORKERS, address, page_number, staff_page
from handlers.store.people_records import Letter, Writer
from presentation.masking import masked_id, masked_name, masked_phone
from presentation.view import Crumb, FieldError
from rules.access import Role, in_scope
from rules.errors import Conflict, IllegalMove, Invalid

HERE = "/hall/staff/letters"
TABS = (("open", "待答复"), ("answered", "已答复"))
_EXTENDERS = frozenset({Role.DECIDER, Role.COORDINATOR})
PAGE_SIZE = 20
_MOST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What was typed on a letter's page and could not be carried out."""

    text: str = ""
    reason: str = ""
    publish: bool = True
    errors: tuple[FieldError, ...] = ()
    refused: str = ""

    def error(self, name: str) -> str:
        """The fault of one field."""
        return next((each.message for each in self.errors if each.field == name), "")


def letters(request: Request) -> Response:
    """A list of letters."""
    hall, person = hall_of(request), _person(request)
    tab = request.query_params.get("tab", "open")
    tab = tab if tab in dict(TABS) else "open"
    page = page_number(request)
    found, total = hall.casework.letters_desk(
        person.person_id, now=hall.now(), tab=tab, page=page, size=PAGE_SIZE
    )
    return staff_page(
        request,
        "staff/letters.html",
        f"来信 - {dict(TABS)[tab]}",
        current=HERE,
        crumbs=(Crumb("来信"),),
        letters=found,
        total=total,
        tab=tab,
        tabs=[(address(HERE, tab=each), label) for each, label in TABS],
        current_tab=address(HERE, tab=tab),
        page=page,
        pages=max(-(-total // PAGE_SIZE), 1),
        pages_url=address(HERE, tab=tab) + "&page={page}",
        in_scope=bool(_departments(hall, person)),
    )


def letter(request: Request) -> Response:
    """One letter."""
    return _letter_page(request, request.path_params["number"], Sent())


def _letter_page(request: Request, number: str, sent: Sent, status: int = 200) -> Response:
    """Reads the letter (the look is logged) and shows it. Raises NotFound out of scope."""
    hall, person = hall_of(request), _person(request)
    view, whole = hall.casework.staff_letter(number, person.person_id, hall.now(), request_id(request))
    is_open = whole.state == "open"
    revealed = request.query_params.get("show") == "personal"
    days = hall.county.settings.letter_extension
    return staff_page(
        request,
        "staff/letter.html",
        f"{view.kind_label}：{whole.title}",
        current=HERE,
        crumbs=(Crumb("来信", HERE), Crumb(whole.number)),
        status=status,
        view=view,
        letter=whole,
        writer=_writer(whole, masked=not revealed),
        revealed=revealed,
        sent=sent,
        address=f"{HERE}/{whole.number}",
        may_answer=is_open and _reaches(hall, person, whole, WORKERS),
        may_extend=is_open
        and not whole.extension_days
        and days > 0
        and _reaches(hall, person, whole, _EXTENDERS),
        extension_days=days,
        done={"answer": "答复已发出，来信人可以看到。", "extend": "已延长答复期限，并告知来信人。"}.get(
            request.query_params.get("done", ""), ""
        ),
    )


async def answer(request: Request) -> Response:
    """Answers the letter; with the answer it is said whether both may be published."""
    hall, person, number = hall_of(request), _person(request), request.path_params["number"]
    async with form_of(request) as form:
        check_csrf(request, form)
        text = text_of(form, "text", _MOST_TEXT)
        publish = text_of(form, "publish", 5) == "yes"
        restore = "restore" in form
    sent = Sent(text=text, publish=publish)
    if restore:
        return await run_in_threadpool(_letter_page, request, number, sent)
    try:
        await run_in_threadpool(
            lambda: hall.casework.answer(
                number, ByStaff(person.person_id), text, now=hall.now(), public=publish
            )
        )
    except Invalid as error:
        faults = tuple(FieldError(name, words) for name, words in error.fields.items())
        sent = Sent(text=text, publish=publish, errors=faults)
        return await run_in_threadpool(_letter_page, request, number, sent, 422)
    except (IllegalMove, Conflict) as error:
        sent = Sent(text=text, publish=publish, refused=error.detail)
        return await run_in_threadpool(_letter_page, request, number, sent, 409)
    return RedirectResponse(f"{HERE}/{number}?done=answer", 303)


async def extend(request: Request) -> Response:
    """Lengthens the time for the answer, once, with the reason told."""
    hall, person, number = hall_of(request), _person(request), request.path_params["number"]
    async with form_of(request) as form:
        check_csrf(request, form)
        reason = text_of(form, "reason", _MOST_TEXT)
        restore = "restore" in form
    sent = Sent(reason=reason)
    if restore:
        return await run_in_threadpool(_letter_page, request, number, sent)
    try:
        if len(reason) > 1000:
            raise Invalid("理由太长", {"reason": f"最多写 1000 个字，现在是 {len(reason)} 个字"})
        await run_in_threadpool(
            lambda: hall.casework.extend_letter(number, ByStaff(person.person_id), reason, now=hall.now())
        )
    except Invalid as error:
        faults = tuple(FieldError(name, words) for name, words in error.fields.items())
        return await run_in_threadpool(_letter_page, request, number, Sent(reason=reason, errors=faults), 422)
    except (IllegalMove, Conflict) as error:
        refused = Sent(reason=reason, refused=error.detail)
        return await run_in_threadpool(_letter_page, request, number, refused, 409)
    return RedirectResponse(f"{HERE}/{number}?done=extend", 303)


def _writer(whole: Letter, masked: bool) -> tuple[tuple[str, str], ...]:
    writer = whole.writer or Writer("（已按规定删除）")
    if not masked or whole.writer is None:
        return (("来信人", writer.name), ("电话", writer.phone), ("邮箱", writer.email))
    return (
        ("来信人", masked_name(writer.name)),
        ("电话", masked_phone(writer.phone)),
        ("邮箱", masked_id(writer.email)),
    )


def _reaches(hall: Hall, person: SignedIn, whole: Letter, roles: frozenset[Role]) -> bool:
    """Whether one of these roles is held where it reaches the letter's department: what the page offers."""
    tree = hall.edition.units.tree
    return any(
        each.role in roles and in_scope(each.unit, tree, whole.department) for each in person.assignments
    )


def _departments(hall: Hall, person: SignedIn) -> tuple[str, ...]:
    ground = hall.site_data.ground()
    return departments_in_scope(person.assignments, ground, SEES_CASES, hall.now().date())


def _person(request: Request) -> SignedIn:
    person: SignedIn = request.state.person
    return person


_POST = ("POST",)

routes = [
    route(HERE, letters, guard=staff(*CASE_READERS), name="staff_letters"),
    route(HERE + "/{number}", letter, guard=staff(*CASE_READERS), name="staff_letter"),
    route(HERE + "/{number}/answer", answer, guard=staff(*WORKERS), methods=_POST, name="staff_answer"),
    route(HERE + "/{number}/extend", extend, guard=staff(*_EXTENDERS), methods=_POST, name="staff_extend"),
]
