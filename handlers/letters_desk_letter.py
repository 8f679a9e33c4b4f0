"""One letter on the desk: everything about it, and its moves as forms; what is refused comes back filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import form_of, text_of
from handlers.casework.requests import ByStaff
from handlers.context import Hall, hall_of
from handlers.correspondence.assigning import Suggestion
from handlers.correspondence.requests import LetterData
from handlers.guard import may, route
from handlers.letters_desk import CONDUCT, HERE
from handlers.security import request_id
from handlers.session import SignedIn, check_csrf
from handlers.staff_frame import staff_page
from handlers.store.people_records import Letter, Writer
from handlers.uploads import to_save
from handlers.written_back import written_back
from presentation.masking import masked_id, masked_name, masked_phone
from presentation.view import Choice, Crumb, FieldError
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.letter_table import LETTER_MOVES
from rules.letter_terms import FINDINGS, KIND_LABELS, LetterMove, LetterState
from rules.permissions import Capability
from rules.petition import other_ways
from rules.quick_dataclass import dataclass

_MOST_TEXT = 200_000
_NAMES = ("text", "reason", "unit", "person", "kind", "finding", "outcome", "mask", "publish", "suggested")
_WRITTEN = ("text", "reason", "outcome", "mask")
_DONE: Mapping[str, str] = {
    LetterMove.ASSIGN: "已分办。",
    LetterMove.HAND: "已交给承办人。",
    LetterMove.TRANSFER: "已转办，并告知来信人。",
    LetterMove.RETURN: "已退回政务服务中心。",
    LetterMove.DRAFT: "草稿已保存。",
    LetterMove.SUBMIT: "答复已提交，等另一位负责人审核。",
    LetterMove.SEND_BACK: "已退回修改。",
    LetterMove.ANSWER: "答复已发出，来信人可以看到。",
    LetterMove.REDIRECT: "已告知来信人应向哪里反映。",
    LetterMove.EXTEND: "已延长答复期限，并告知来信人。",
    LetterMove.RECLASSIFY: "类别已更改，并告知来信人。",
    LetterMove.ESCALATE: "已转县监察员。",
    LetterMove.RELEASE: "已转为普通来信，并告知来信人。",
    LetterMove.PROPOSE: "认定意见已提交，等另一位县监察员审核。",
    LetterMove.ENDORSE: "认定和答复已发出。",
    LetterMove.OVERRULE: "认定意见已退回。",
    LetterMove.FINDING: "认定和答复已发出。",
    LetterMove.SUPERVISE: "已督促办理单位。",
    LetterMove.PUBLISH: "已公开。",
    LetterMove.UNPUBLISH: "已撤下。",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """What was typed on a letter's page and could not be carried out."""

    move: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()
    refused: str = ""

    def value(self, move: str, name: str, default: str = "") -> str:
        """What was typed for a field of a move."""
        return self.values.get(name, default) if move == self.move else default

    def error(self, move: str, name: str) -> str:
        """The fault of one field of a move."""
        if move != self.move:
            return ""
        return next((each.message for each in self.errors if each.field == f"{move}.{name}"), "")


def letter(request: Request) -> Response:
    """One letter."""
    return _letter_page(request, request.path_params["number"], Sent())


async def move(request: Request) -> Response:
    """Makes a move with the form that stands on the letter's page; what was written comes back whatever happens."""
    number, name = request.path_params["number"], request.path_params["move"]
    async with form_of(request) as form:
        check_csrf(request, form)
        values = {each: text_of(form, f"{name}.{each}", _MOST_TEXT) for each in _NAMES}
        seen = text_of(form, "seen", 12)
        restore, look = "restore" in form, "preview" in form
    wanted = next((each for each in LETTER_MOVES if each == name), None)
    if wanted is None:
        raise NotFound("没有这种操作。请回到来信页面重新选择。")
    try:
        if restore or look:
            return await run_in_threadpool(_letter_page, request, number, Sent(name, values))
        return await _made(request, wanted, values, seen)
    except NotFound as error:
        # Handed on while somebody was writing.
        texts = (values[each] for each in _WRITTEN)
        return await written_back(request, error, texts, list_name="来信", list_address=HERE)


async def _made(request: Request, wanted: LetterMove, values: Mapping[str, str], seen: str) -> Response:
    hall, person, number = hall_of(request), _person(request), request.path_params["number"]
    name = wanted.value
    data = LetterData(
        values=values,
        seen=int(seen) if seen.isascii() and seen.isdigit() else None,
        publish=values["publish"] == "yes",
        mask=mask_words(values["mask"]),
    )
    try:
        await run_in_threadpool(
            lambda: hall.correspondence.by_staff(
                number, ByStaff(person.person_id), wanted, data, now=hall.now()
            )
        )
    except Invalid as error:
        faults = tuple(FieldError(f"{name}.{each}", words) for each, words in error.fields.items())
        sent = Sent(name, values, faults, "" if faults else error.detail)
        return await run_in_threadpool(_letter_page, request, number, sent, 422)
    except (IllegalMove, Conflict) as error:
        return await run_in_threadpool(
            _letter_page, request, number, Sent(name, values, refused=error.detail), 409
        )
    except Forbidden as error:
        return await run_in_threadpool(
            _letter_page, request, number, Sent(name, values, refused=error.detail), 403
        )
    gone = await run_in_threadpool(_out_of_reach, hall, number, person)
    return RedirectResponse(HERE if gone else f"{HERE}/{number}?done={name}", 303)


def mask_words(text: str) -> tuple[str, ...]:
    """Words to mask besides what was found: one a line, or between commas."""
    for mark in ("\r", "，", "、", ",", ";", "；"):
        text = text.replace(mark, "\n")
    return tuple(dict.fromkeys(each.strip() for each in text.split("\n") if each.strip()))


def file(request: Request) -> Response:
    """A file of a letter, to save; the look is logged."""
    hall, person = hall_of(request), _person(request)
    found, path = hall.correspondence.attachment_for_staff(
        request.path_params["number"],
        request.path_params["file"],
        person.person_id,
        hall.now(),
        request_id(request),
    )
    return to_save(found, path)


def _out_of_reach(hall: Hall, number: str, person: SignedIn) -> bool:
    """After a transfer the letter may be someone else's to read."""
    try:
        hall.correspondence.preview(number, person.person_id, (), hall.now())
    except NotFound:
        return True
    return False


def _letter_page(request: Request, number: str, sent: Sent, status: int = 200) -> Response:
    """Reads the letter (the look is logged) and shows it. Raises NotFound out of scope."""
    hall, person = hall_of(request), _person(request)
    whole = hall.correspondence.for_staff(number, person.person_id, hall.now(), request_id(request))
    view, record = whole.view, whole.letter
    revealed = request.query_params.get("show") == "personal"
    preview = whole.preview
    if preview is not None and sent.value(sent.move, "mask"):
        words = mask_words(sent.values["mask"])
        preview = hall.correspondence.preview(number, person.person_id, words, hall.now())
    text = f"{record.title} {record.content or ''}"
    suggestions: tuple[Suggestion, ...] = ()
    if view.may(LetterMove.ASSIGN) or view.may(LetterMove.TRANSFER):
        without = "" if record.state == LetterState.RECEIVED else record.department
        suggestions = hall.correspondence.suggest(record.title, record.content or "", without)
    home = CONDUCT if view.is_conduct else HERE
    return staff_page(
        request,
        "staff/letter.html",
        f"{view.kind_label}：{record.title}",
        current=home,
        crumbs=(Crumb("工作作风投诉" if view.is_conduct else "来信", home), Crumb(record.number)),
        status=status,
        home=home,
        view=view,
        whole=whole,
        letter=record,
        writer=_writer(record, masked=not revealed),
        revealed=revealed,
        sent=sent,
        address=f"{HERE}/{record.number}",
        preview=preview,
        suggestions=suggestions,
        ways=other_ways(text) if view.is_open else (),
        places=_places(hall),
        inside=_inside(hall, record),
        people=_people(hall, record),
        kinds=[Choice(kind, label) for kind, label in KIND_LABELS.items() if kind != record.kind],
        findings=[Choice(name, label) for name, label in FINDINGS.items()],
        limits=hall.correspondence.limits,
        extension=hall.correspondence.limits.of(record.kind).extension,
        done=_DONE.get(request.query_params.get("done", ""), ""),
    )


def _places(hall: Hall) -> list[Choice]:
    """Where a letter may go: the departments, then towns and villages."""
    edition = hall.edition
    departments = sorted(edition.departments.values(), key=lambda each: (each.order, each.id))
    return [Choice(each.id, each.name) for each in departments] + [
        Choice(each.id, each.name) for each in edition.units.of_kind("town", "village")
    ]


def _inside(hall: Hall, record: Letter) -> list[Choice]:
    """The sections and windows of the department that has it."""
    return [
        Choice(each.id, each.name)
        for each in hall.edition.units
        if each.department == record.department and each.kind not in ("county", "centre")
    ]


def _people(hall: Hall, record: Letter) -> list[Choice]:
    units = tuple(each.value for each in _inside(hall, record)) or (record.department,)
    found = hall.correspondence.colleagues((record.department, *units), hall.now())
    return [Choice(each.id, each.name) for each in found]


def _writer(record: Letter, masked: bool) -> tuple[tuple[str, str], ...]:
    if record.writer is None:
        return (("来信人", "（已按规定删除）"),)
    writer: Writer = record.writer
    if not writer.name and not writer.phone and not writer.email:
        return (("来信人", "匿名"),)
    if not masked:
        return (("来信人", writer.name or "匿名"), ("电话", writer.phone), ("邮箱", writer.email))
    return (
        ("来信人", masked_name(writer.name) or "匿名"),
        ("电话", masked_phone(writer.phone)),
        ("邮箱", masked_id(writer.email)),
    )


def _person(request: Request) -> SignedIn:
    person: SignedIn = request.state.person
    return person


routes = [
    route(HERE + "/{number}", letter, guard=may(Capability.LETTERS_SEE), name="staff_letter"),
    route(HERE + "/{number}/files/{file}", file, guard=may(Capability.LETTERS_SEE), name="staff_letter_file"),
    route(
        HERE + "/{number}/moves/{move}",
        move,
        guard=may(Capability.LETTERS_SEE),
        methods=("POST",),
        name="staff_letter_move",
    ),
]
