"""Writing a letter, one topic a page and without script: what it is, what it says, what was answered before, who asks."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from catalog.answer_values import Wrong, read_value
from catalog.form_schema import FormField
from handlers import proofs, throttle
from handlers.bodies import MEGABYTE, chunks, files_of, form_of, text_of
from handlers.context import Hall, hall_of
from handlers.correspondence.requests import LetterFiled, LetterRequest
from handlers.correspondence.writing import MOST_CONTENT, MOST_TITLE
from handlers.guard import public, route
from handlers.proofs import CASES, LETTERS
from handlers.store import attachments
from handlers.store.attachments import Limits
from handlers.track_proof import normal_number
from presentation.view import Choice, Crumb, FieldError, UploadedFile
from rules.errors import Invalid, TooLarge, TooMany, Unavailable, UnsupportedMedia
from rules.letter_terms import CONDUCT, KIND_LABELS, LetterKind
from rules.petition import other_ways

STEPS = ("kind", "text", "similar", "you", "check")
TITLES = ("是什么事", "写下来", "有没有答复过", "怎么联系您", "核对提交")
_PHONE = FormField(id="phone", label="电话", type="phone", required=False)
_EMAIL = FormField(id="email", label="电子邮箱", type="email", required=False)
_KINDS = (
    Choice("consultation", "咨询", "问政策、问材料、问怎么办"),
    Choice("complaint", "投诉", "办事慢、多收费、问题没解决"),
    Choice(CONDUCT, "投诉工作人员的态度和作风", "只有县监察员能看到，被投诉的人和他的部门都看不到"),
    Choice("suggestion", "建议", "希望政府怎么做得更好"),
    Choice("report_error", "纠错", "网站或办事指南写错了"),
    Choice("praise", "表扬", "想感谢某个窗口或工作人员"),
)
_FIELDS = ("kind", "department", "title", "content", "about", "signed", "name", "phone", "email", "public", "item",
           "case", "key", "files", "topic")  # fmt: skip
# Which page a fault belongs to.
_PAGE_OF = {"kind": "kind", "topic": "kind", "department": "text", "title": "text", "content": "text", "about": "text",
            "files": "text"}  # fmt: skip
MOST_FILES = 5
_TOKEN = re.compile(r"[A-Za-z0-9_\-]{20,60}")


async def new(request: Request) -> Response:
    """The first page, or the second when a link says what the letter is about."""
    hall = hall_of(request)
    query = request.query_params
    item = hall.edition.items.get(query.get("item", ""))
    case = normal_number(query.get("case", ""))
    kind = query.get("kind", "")
    known = kind in KIND_LABELS or kind == CONDUCT
    values = {
        "kind": kind if known else "consultation",
        "department": item.department if item else query.get("department", ""),
        "item": item.code if item else "",
        "case": case if case and proofs.recalled(request, CASES, case) else "",
        "title": query.get("title", "")[:MOST_TITLE],
        "key": secrets.token_urlsafe(18),
        "files": secrets.token_urlsafe(24),
    }
    return await _page(request, "text" if item or known else "kind", values, {})


async def send(request: Request) -> Response:
    """One page answered: on to the next, back, or sent; sent twice it is one letter."""
    hall = hall_of(request)
    most = hall.county.settings.upload_total_megabytes * MEGABYTE
    async with form_of(request, most) as form:
        values = {name: text_of(form, name, 20_000) for name in _FIELDS}
        step = text_of(form, "step", 20) or "check"
        do = text_of(form, "do", 20) or ("send" if step == "check" else "next")
        remove = text_of(form, "remove_file", 100)
        chosen = text_of(form, "chosen", 100)
        if step not in STEPS:
            step = "kind"
        errors = await _files(request, values, form, remove) if step == "text" else {}
    if values["kind"] == CONDUCT:
        values |= {"kind": "complaint", "topic": CONDUCT}
    elif step == "kind":
        values["topic"] = ""
    if step == "text" and values["topic"] == CONDUCT and not values["about"]:
        values["about"] = chosen
    if do == "names":
        return await _page(request, step, values, {})
    if do == "back":
        return await _page(request, _before(step), values, {})
    if remove or errors:
        return await _page(request, step, values, errors, 422 if errors else 200)
    if do != "send":
        wrong = {
            name: text for name, text in _faults(hall, values).items() if _PAGE_OF.get(name, "you") == step
        }
        if wrong:
            return await _page(request, step, values, wrong, 422)
        return await _page(request, await _after(request, step, values), values, {})
    try:
        letter = letter_of(request, values)
        filed = await file_letter(request, letter, values["key"])
    except Invalid as error:
        wrong = dict(error.fields) or {"": error.detail}
        page = min((_PAGE_OF.get(name, "you") for name in wrong), key=STEPS.index)
        return await _page(request, page, values, wrong, 422)
    except TooMany as error:
        answer = await _page(request, "check", values, {"": error.detail}, error.status)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    return receipt_of(request, filed)


def _before(step: str) -> str:
    at = STEPS.index(step)
    # The page of earlier answers is only passed through.
    return STEPS[max(0, at - 2 if step == "you" else at - 1)]


async def _after(request: Request, step: str, values: Mapping[str, str]) -> str:
    following = STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]
    if following == "similar" and (values["topic"] == CONDUCT or not await _similar(request, values)):
        return "you"
    return following


async def _similar(request: Request, values: Mapping[str, str]) -> tuple[object, ...]:
    hall = hall_of(request)
    return await run_in_threadpool(hall.correspondence.similar, values["title"], values["content"])


async def _files(request: Request, values: dict[str, str], form: FormData, remove: str) -> dict[str, str]:
    """Takes in what was chosen, takes out what is not wanted; returns why a file was not taken."""
    hall = hall_of(request)
    owner = owner_of(values["files"])
    if not owner:
        values["files"] = secrets.token_urlsafe(24)
        owner = owner_of(values["files"])
    if remove:
        await hall.database.write_async(lambda tx: attachments.drop_owned(tx, owner, remove))
    settings = hall.county.settings
    limits = Limits(settings.upload_types, settings.upload_megabytes * MEGABYTE)
    held = len(await run_in_threadpool(attachments.of_owner, hall.database, owner))
    for upload in files_of(form, "upload"):
        if held >= MOST_FILES:
            return {"upload": f"最多上传 {MOST_FILES} 个文件，多出来的没有保存"}
        try:
            throttle.once(request, throttle.UPLOADS, "upload")
            await attachments.receive(
                hall.database,
                chunks(upload),
                upload.filename or "",
                limits,
                hall.now(),
                field="letter",
                owner=owner,
            )
        except (TooLarge, UnsupportedMedia, Invalid, Unavailable, TooMany) as error:
            return {"upload": error.detail.rstrip("。")}
        held += 1
    return {}


def owner_of(token: str) -> str:
    """Under what a letter's files lie until it is sent; empty for what is no token of ours."""
    return f"letter-draft/{token}" if _TOKEN.fullmatch(token) else ""


def _faults(hall: Hall, values: Mapping[str, str]) -> dict[str, str]:
    """Every fault at its field."""
    errors: dict[str, str] = {}
    if values["kind"] not in KIND_LABELS:
        errors["kind"] = "请选择是什么事"
    if values["department"] and values["department"] not in hall.edition.departments:
        errors["department"] = "请选择部门；不知道是哪个部门的，选“不知道，请帮我转”"
    for name, label, least, most in (("title", "标题", 2, MOST_TITLE), ("content", "内容", 5, MOST_CONTENT)):
        length = len(values[name])
        if length < least:
            errors[name] = f"请填写{label}" if not length else f"{label}至少写 {least} 个字"
        elif length > most:
            errors[name] = f"{label}最多 {most} 个字，现在是 {length} 个字"
    if values.get("signed") != "no":
        if values.get("signed") == "yes" and not values["name"]:
            errors["name"] = "请填写怎么称呼您；不想留的，选“匿名”"
        if len(values["name"]) > 60:
            errors["name"] = f"称呼最多 60 个字，现在是 {len(values['name'])} 个字"
        _read(_PHONE, values["phone"], errors)
        _read(_EMAIL, values["email"], errors)
    if len(values.get("about", "")) > 60:
        errors["about"] = "姓名最多 60 个字"
    return errors


def letter_of(request: Request, values: Mapping[str, str]) -> LetterRequest:
    """A letter from what was typed. Raises Invalid with every fault at its field."""
    hall = hall_of(request)
    given = {name: values.get(name, "") for name in _FIELDS}
    errors = _faults(hall, given)
    if errors:
        raise Invalid("有几处需要再看一下", errors)
    anonymous = given["signed"] == "no"
    item, case = given["item"], given["case"]
    return LetterRequest(
        kind=given["kind"],
        department=given["department"],
        title=given["title"],
        content=given["content"],
        name="" if anonymous else given["name"],
        phone="" if anonymous else _read(_PHONE, given["phone"], {}),
        email="" if anonymous else _read(_EMAIL, given["email"], {}),
        item_code=item if item in hall.edition.items else None,
        case_number=case if case and proofs.recalled(request, CASES, case) else None,
        public=given["public"] == "yes",
        topic=CONDUCT if given["topic"] == CONDUCT and given["kind"] == LetterKind.COMPLAINT else "",
        about=given["about"] if given["topic"] == CONDUCT else "",
        files=owner_of(given["files"]),
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
    """Files it under its idempotency key. Raises TooMany, but not for one that is filed already."""
    hall = hall_of(request)
    key = key or secrets.token_urlsafe(18)
    try:
        throttle.once(request, throttle.LETTERS, "letter")
    except TooMany:
        before = await run_in_threadpool(hall.correspondence.asked_before, letter, key=key, drill=drill)
        if before is None:
            raise
        return before
    return await hall.correspondence.ask_async(letter, key=key, now=hall.now(), drill=drill)


def receipt_of(request: Request, filed: LetterFiled) -> Response:
    """To the letter's own page, which shows number and code."""
    answer = RedirectResponse(f"/hall/letters/{filed.number}?done=sent", 303)
    proofs.remember(request, answer, LETTERS, filed.number, filed.query_code)
    return answer


async def _page(
    request: Request, step: str, values: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> Response:
    similar = await _similar(request, values) if step == "similar" else ()
    return await run_in_threadpool(_rendered, request, step, values, errors, similar, status)


def _rendered(
    request: Request,
    step: str,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    similar: tuple[object, ...],
    status: int,
) -> Response:
    hall = hall_of(request)
    given = {**dict.fromkeys(_FIELDS, ""), **values}
    conduct = given["topic"] == CONDUCT
    item = hall.edition.items.get(given["item"])
    departments = sorted(hall.edition.catalog.departments, key=lambda each: each.order)
    names = {each.id: each.name for each in departments}
    files = attachments.of_owner(hall.database, owner_of(given["files"])) if owner_of(given["files"]) else ()
    kind = given["kind"] if given["kind"] in KIND_LABELS else LetterKind.CONSULTATION
    return hall.page(
        request,
        "citizen/letter_new.html",
        f"{TITLES[STEPS.index(step)]} - 写信",
        status=status,
        section="ask",
        breadcrumbs=(Crumb("我要问", "/consult/"), Crumb("写信")),
        step=step,
        titles=[
            title for name, title in zip(STEPS, TITLES, strict=True) if name != "similar" or step == "similar"
        ],
        current=[name for name in STEPS if name != "similar" or step == "similar"].index(step),
        values=given,
        hidden=[(name, given[name]) for name in _FIELDS if name not in _ON_PAGE[step]],
        conduct=conduct,
        chosen=CONDUCT if conduct else given["kind"],
        kind_label="工作作风投诉" if conduct else KIND_LABELS[kind],
        kinds=_KINDS,
        departments=[Choice(each.id, each.name) for each in departments],
        department_name=names.get(given["department"], "不知道，请帮我转"),
        item=item,
        staff=_staff(hall, given["department"]) if conduct and step == "text" else (),
        lists_staff=hall.county.settings.letter_names_staff,
        similar=similar,
        ways=other_ways(given["title"] + given["content"]) if step in ("similar", "you", "check") else (),
        files=[UploadedFile(each.id, each.name, each.size) for each in files],
        types=hall.county.settings.upload_types,
        megabytes=hall.county.settings.upload_megabytes,
        most_files=MOST_FILES,
        errors=dict(errors),
        listed=[FieldError(name, text) for name, text in errors.items()],
        days=hall.correspondence.limits.of(kind).days,
        most_title=MOST_TITLE,
        most_content=MOST_CONTENT,
    )


def _staff(hall: Hall, department: str) -> tuple[Choice, ...]:
    """The names of who works in a department, where the county lists them; a name without an account's id."""
    if not hall.county.settings.letter_names_staff or department not in hall.edition.departments:
        return ()
    names = dict.fromkeys(each.name for each in hall.correspondence.colleagues((department,), hall.now()))
    return tuple(Choice(name, name) for name in names)


_ON_PAGE: Mapping[str, tuple[str, ...]] = {
    "kind": ("kind", "topic"),
    "text": ("department", "title", "content", "about"),
    "similar": (),
    "you": ("signed", "name", "phone", "email", "public"),
    "check": (),
}
_ANYONE = public("anyone may ask or complain without an account")

routes = [
    route("/hall/letters/new", new, guard=_ANYONE, name="letter_new"),
    route("/hall/letters/new", send, guard=_ANYONE, methods=("POST",), name="letter_send"),
]
