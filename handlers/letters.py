"""Consultations and complaints from the public: asked, tracked, chased, rated; the answered ones that are public."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from catalog.answer_values import Wrong, read_value
from catalog.form_schema import FormField
from handlers import proofs, throttle, track_proof
from handlers.bodies import form_of, text_of
from handlers.casework.requests import LetterFiled, LetterRequest
from handlers.context import hall_of
from handlers.guard import public, route
from handlers.proofs import CASES, LETTERS
from handlers.store.people_records import LETTER_LABELS
from handlers.track import LimitShown, prove
from handlers.track_proof import ProvedLetter, normal_number
from presentation.dates import date_cn, duration
from presentation.view import Choice, Crumb, FieldError, TimelineEntry
from rules.errors import Conflict, IllegalMove, Invalid

_TRACK, _PURPOSE = "查咨询投诉", "提交咨询、投诉时给您的编号和查询码，写在提交成功的页面上。"
MOST_TITLE, MOST_CONTENT = 100, 3000
SHOWN, PAGE = 200, 20
_PHONE = FormField(id="phone", label="电话", type="phone", required=False)
_EMAIL = FormField(id="email", label="电子邮箱", type="email", required=False)
_KINDS = (
    Choice("consultation", "咨询", "问政策、问材料、问怎么办"),
    Choice("complaint", "投诉", "对办事慢、态度差、乱收费等不满意"),
)


async def public_list(request: Request) -> Response:
    """Letters whose writer agreed to their publication, with the answers, anonymised."""
    hall = hall_of(request)
    asked = request.query_params.get("department", "")
    letters = await run_in_threadpool(hall.casework.answered_letters, SHOWN, hall.now())
    found = [each for each in letters if not asked or each.letter.department == asked]
    page = max(1, _whole(request.query_params.get("page", "1")))
    pages = max(1, -(-len(found) // PAGE))
    page = min(page, pages)
    departments = {each.letter.department: each.department_name for each in letters}
    return hall.page(
        request,
        "citizen/letters.html",
        "公开的咨询投诉和答复",
        section="ask",
        breadcrumbs=(Crumb("我要问", "/consult/"), Crumb("公开的答复")),
        letters=found[(page - 1) * PAGE : page * PAGE],
        total=len(found),
        page=page,
        pages=pages,
        departments=sorted(departments.items(), key=lambda pair: pair[1]),
        department=asked if asked in departments else "",
    )


async def new(request: Request) -> Response:
    """The form, with department and item already chosen when one comes from an item's page."""
    hall = hall_of(request)
    query = request.query_params
    item = hall.edition.items.get(query.get("item", ""))
    case = normal_number(query.get("case", ""))
    kind = query.get("kind", "")
    values = {
        "kind": kind if kind in LETTER_LABELS else "consultation",
        "department": item.department if item else query.get("department", ""),
        "item": item.code if item else "",
        "case": case if case and proofs.recalled(request, CASES, case) else "",
        "key": secrets.token_urlsafe(18),
    }
    return _new_page(request, values, {})


async def send(request: Request) -> Response:
    """Takes the letter; sent twice it is one letter."""
    async with form_of(request) as form:
        values = {
            name: text_of(form, name, 20_000)
            for name in (
                "kind",
                "department",
                "title",
                "content",
                "name",
                "phone",
                "email",
                "item",
                "case",
                "key",
            )
        }
        values["public"] = "yes" if form.get("public") == "yes" else ""
    try:
        letter = letter_of(request, values)
        throttle.once(request, throttle.LETTERS, "letter")
        filed = await file_letter(request, letter, values["key"])
    except Invalid as error:
        return _new_page(request, values, dict(error.fields) or {"": error.detail}, 422)
    return receipt_of(request, filed)


def letter_of(request: Request, values: Mapping[str, str]) -> LetterRequest:
    """A letter from what was typed. Raises Invalid with every fault at its field."""
    hall = hall_of(request)
    errors: dict[str, str] = {}
    if values["kind"] not in LETTER_LABELS:
        errors["kind"] = "请选择是咨询还是投诉"
    if values["department"] not in hall.edition.departments:
        errors["department"] = "请选择部门。不知道是哪个部门的，选“政府办公室”或拨打服务热线"
    for name, label, most in (
        ("title", "标题", MOST_TITLE),
        ("content", "内容", MOST_CONTENT),
        ("name", "称呼", 60),
    ):
        length = len(values[name])
        if not length:
            errors[name] = f"请填写{label}"
        elif length > most:
            errors[name] = f"{label}最多 {most} 个字，现在是 {length} 个字"
    phone, email = _read(_PHONE, values["phone"], errors), _read(_EMAIL, values["email"], errors)
    if errors:
        raise Invalid("有几处需要再看一下", errors)
    item = values.get("item", "")
    case = values.get("case", "")
    return LetterRequest(
        kind=values["kind"],
        department=values["department"],
        title=values["title"],
        content=values["content"],
        name=values["name"],
        phone=phone,
        email=email,
        item_code=item if item in hall.edition.items else None,
        case_number=case if case and proofs.recalled(request, CASES, case) else None,
        public=values.get("public") == "yes",
    )


def _read(field: FormField, text: str, errors: dict[str, str]) -> str:
    if not text:
        return ""
    try:
        return read_value(field, text)
    except Wrong as wrong:
        errors[field.id] = str(wrong)
        return ""


async def file_letter(
    request: Request, letter: LetterRequest, key: str, *, drill: bool = False
) -> LetterFiled:
    """Files it under its idempotency key."""
    hall = hall_of(request)
    return await hall.casework.ask_async(
        letter, key=key or secrets.token_urlsafe(18), now=hall.now(), drill=drill
    )


def receipt_of(request: Request, filed: LetterFiled) -> Response:
    """To the letter's own page, which shows number and code."""
    answer = RedirectResponse(f"/hall/letters/{filed.number}?done=sent", 303)
    proofs.remember(request, answer, LETTERS, filed.number, filed.query_code)
    return answer


def _new_page(
    request: Request, values: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> Response:
    hall = hall_of(request)
    item = hall.edition.items.get(values.get("item", ""))
    departments = sorted(hall.edition.catalog.departments, key=lambda each: each.order)
    return hall.page(
        request,
        "citizen/letter_new.html",
        "咨询和投诉",
        status=status,
        section="ask",
        breadcrumbs=(Crumb("我要问", "/consult/"), Crumb("咨询和投诉")),
        values={
            **dict.fromkeys(("title", "content", "name", "phone", "email", "public", "case"), ""),
            **values,
        },
        kinds=_KINDS,
        departments=[Choice(each.id, each.name) for each in departments],
        item=item,
        errors=dict(errors),
        listed=[FieldError(name, text) for name, text in errors.items()],
        days=hall.county.settings.letter_days,
        most_title=MOST_TITLE,
        most_content=MOST_CONTENT,
    )


async def ask(request: Request) -> Response:
    """Asks for number and code."""
    number = normal_number(request.query_params.get("number", ""))
    return track_proof.ask(
        request,
        title=_TRACK,
        action="/hall/letters/track",
        purpose=_PURPOSE,
        number=number,
        section="ask",
        letters=True,
    )


async def show(request: Request) -> Response:
    """A letter's own page: number and code, where it is, by when, the answer, chase and rate."""
    proved = await track_proof.own_letter(request)
    return _ask_again(request) if proved is None else _letter_page(request, proved, {})


async def act(request: Request) -> Response:
    """Chases an answer that is late, or rates the one that came."""
    proved = await track_proof.own_letter(request)
    async with form_of(request) as form:
        if proved is None:
            return _ask_again(request)
        do = form.get("do")
        try:
            if do == "chase":
                await _chase(request, proved)
            elif do == "rate":
                await _rate(request, proved, form)
            else:
                raise Invalid("请从页面上的按钮操作。")
        except Invalid as error:
            return _letter_page(request, proved, dict(error.fields) or {"": error.detail})
    return RedirectResponse(f"/hall/letters/{proved.view.letter.number}?done={do}", 303)


async def _chase(request: Request, proved: ProvedLetter) -> None:
    hall = hall_of(request)
    await run_in_threadpool(
        lambda: hall.casework.chase(proved.view.letter.number, proved.code, now=hall.now())
    )


async def _rate(request: Request, proved: ProvedLetter, form: FormData) -> None:
    hall = hall_of(request)
    score, words = text_of(form, "score", 2), text_of(form, "words")
    if score not in {"1", "2", "3", "4", "5"}:
        raise Invalid("请选一个满意程度", {"score": "请选一个满意程度"})
    try:
        await run_in_threadpool(
            lambda: hall.casework.rate_letter(
                proved.view.letter.number, proved.code, int(score), words[:500], now=hall.now()
            )
        )
    except (Conflict, IllegalMove):
        if proved.view.letter.score is None:
            raise


def _ask_again(request: Request) -> Response:
    number = normal_number(request.path_params["number"])
    return track_proof.ask(
        request,
        title=_TRACK,
        action="/hall/letters/track",
        purpose=_PURPOSE,
        number=number,
        section="ask",
        letters=True,
    )


def _letter_page(request: Request, proved: ProvedLetter, errors: Mapping[str, str]) -> Response:
    hall, view = hall_of(request), proved.view
    letter = view.letter
    entries = [TimelineEntry(each.words, each.at, each.unit, "done") for each in view.timeline]
    if letter.answered is None:
        entries.append(TimelineEntry("等待答复", None, f"由{view.department_name}办理", "now"))
        entries.append(TimelineEntry("请您评价答复", None, "", "next"))
    elif letter.score is None:
        entries.append(TimelineEntry("请您评价答复", None, "", "now"))
    due = view.due
    shown = None
    if due is not None:
        when = f"最晚{date_cn(due.due)}答复" if due.stopped is None else f"应在{date_cn(due.due)}前答复"
        extra = f"，已延长{duration(due.extension, due.unit)}" if due.extension else ""
        shown = LimitShown("答复", due, when, duration(due.limit, due.unit) + extra)
    levels = hall.site_data.codes["satisfaction"]
    answer = hall.page(
        request,
        "citizen/letter.html",
        f"{view.kind_label} {letter.number}",
        status=422 if errors else 200,
        section="ask",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(Crumb("我要问", "/consult/"), Crumb(letter.number)),
        view=view,
        letter=letter,
        code=proved.code,
        entries=entries,
        limit=shown,
        errors=dict(errors),
        choices=[Choice(value, levels.label(value)) for value in ("1", "2", "3", "4", "5")],
        done=request.query_params.get("done", ""),
    )
    proofs.remember(request, answer, LETTERS, letter.number, proved.code)
    return answer


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


_PROVED = public("one's own letter, proved by number and code in a sealed cookie")
_ANYONE = public("anyone may ask or complain without an account")

routes = [
    route(
        "/hall/letters", public_list, guard=public("answers their writers agreed to publish"), name="letters"
    ),
    route("/hall/letters/new", new, guard=_ANYONE, name="letter_new"),
    route("/hall/letters/new", send, guard=_ANYONE, methods=("POST",), name="letter_send"),
    route("/hall/letters/track", ask, guard=public("asks for number and code"), name="letter_ask"),
    route(
        "/hall/letters/track",
        prove,
        guard=public("number and code are checked and limited"),
        methods=("POST",),
        name="letter_prove",
    ),
    route("/hall/letters/{number}", show, guard=_PROVED, name="letter"),
    route("/hall/letters/{number}", act, guard=_PROVED, methods=("POST",), name="letter_act"),
]
