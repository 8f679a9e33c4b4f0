"""The API's cases: filed by the public or at a window, tracked, supplemented, withdrawn, rated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from datetime import timedelta
from functools import lru_cache
from typing import TypeVar

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from catalog.application_form import ApplicationForm, FileAnswer, validate_answers
from catalog.form_answers import Value
from catalog.form_schema import FormField
from catalog.schema import Item
from handlers import api_answers, apply, apply_draft, apply_filing, apply_view, throttle, uploads
from handlers.api_models import (
    CaseOut,
    FiledOut,
    FileIn,
    MovedOut,
    MoveOut,
    NeedOut,
    NoticeOut,
    RateIn,
    SupplementIn,
    WithdrawIn,
)
from handlers.api_operations import Operation, answered, code_of, key_of, nothing
from handlers.apply_draft import Filling, Window
from handlers.bodies import MEGABYTE, TEXT_BYTES, chunks, files_of, form_of, json_of, parsed
from handlers.casework.requests import ByApplicant, ByStaff, Filed, MoveData
from handlers.casework.views import CaseView, MoveOption
from handlers.context import Hall, hall_of
from handlers.guard import public
from handlers.item_forms import file_questions, item_form
from handlers.session import SignedIn
from handlers.short_reads import read_here
from handlers.store import cases, idempotency
from handlers.store.records import Json
from handlers.throttle import guessing
from handlers.track_proof import normal_number
from rules.access import Role
from rules.case_terms import Move, MoveName
from rules.errors import BadRequest, Forbidden, Invalid, NotFound, TooMany
from rules.time import local, parse_stamp

DRILLERS = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR, Role.WINDOW_CLERK})
OLDEST = timedelta(days=400)
Body = TypeVar("Body", bound=BaseModel)


async def file_case(request: Request) -> Response:
    """Files a case. The same Idempotency-Key with the same content gives the same receipt (200 instead of 201)."""
    hall, key = hall_of(request), key_of(request)
    async with AsyncExitStack() as stack:
        asked, posted = await _body(request, FileIn, stack)
        person: SignedIn | None = request.state.person
        key = f"api:{person.person_id if person else ''}:{key}"
        if posted is not None:
            # Sent twice at the same moment: the second waits, finds the first one's receipt and takes no files.
            await stack.enter_async_context(apply_draft.lock(key))
        _may_file(hall, asked, person)
        asking = await item_form(hall, asked.item)
        record, form, fields = asking.record, replace(asking.form, today=hall.now().date()), asking.files
        if not apply.takes_online(record) and asked.channel == "web":
            raise Invalid("这个事项现在不能网上申请。请看办事指南里的办理地点。", {"item": "不能网上申请"})
        if asked.channel != "web" and person:
            window = Window(person.person_id, asked.accepting_unit or "")
            form = apply_view.form_for(hall, record.item, Filling(window=window))
            fields = file_questions(form)
        print_ = idempotency.fingerprint([asked.model_dump(mode="json"), await _hashes(posted, fields)])
        before = await _filed_before(request, posted, key, print_)
        if before is None:
            before = await _filed(request, asked, record.item, form, fields, posted, key, print_)
    return answered(FiledOut.model_validate(before), 200 if before.repeated else 201)


async def _filed_before(request: Request, posted: FormData | None, key: str, print_: str) -> Filed | None:
    """The receipt already given, where something would be done before the filing itself finds it: counting against
    the limit, or taking files. Raises TooMany."""
    hall = hall_of(request)
    before = None
    if posted is not None:
        before = await run_in_threadpool(hall.casework.filed_before, key, print_)
    if before is None:
        try:
            throttle.once(request, throttle.FILINGS, "file")
        except TooMany:
            before = await run_in_threadpool(hall.casework.filed_before, key, print_)
            if before is None:
                raise
    return before


async def _filed(
    request: Request,
    asked: FileIn,
    item: Item,
    form: ApplicationForm,
    fields: tuple[FormField, ...],
    posted: FormData | None,
    key: str,
    print_: str,
) -> Filed:
    hall = hall_of(request)
    answers = api_answers.as_posted(form, asked.answers)
    # Nothing is taken in for an application that is refused anyway.
    values = _check(form, answers, _announced(posted, fields))
    if posted is not None:
        values = _check(form, answers, await _take(request, posted, fields, form.total_megabytes))
    application = apply_filing.application_of(item, form, values, accepting_unit=asked.accepting_unit)
    person: SignedIn | None = request.state.person
    at_window = asked.channel != "web" and person is not None
    outside = outside_of(asked)
    if outside.told:
        application = apply_filing.from_outside(application, outside, hall.now())
    return await hall.casework.file_case_async(
        application,
        key=key,
        channel=asked.channel,
        now=local(asked.received_at) if asked.received_at else hall.now(),
        by=ByStaff(person.person_id) if at_window and person else None,
        drill=asked.drill,
        fingerprint=print_,
    )


def _check(
    form: ApplicationForm, answers: Mapping[str, tuple[str, ...]], files: Mapping[str, tuple[FileAnswer, ...]]
) -> Mapping[str, Value]:
    validated = validate_answers(form, answers, files)
    if validated.errors:
        raise Invalid("申请还不能提交", validated.errors)
    return validated.values


def _may_file(hall: Hall, asked: FileIn, person: SignedIn | None) -> None:
    """Raises Forbidden or Invalid when channel, drill flag or time of receipt are not this caller's to give."""
    if asked.channel != "web" and person is None:
        raise Forbidden("窗口、乡镇、村渠道由工作人员登录后代收。")
    if asked.drill and (person is None or not person.roles & DRILLERS):
        raise Forbidden("演练件只能由综合管理员、系统管理员或窗口人员提交。")
    if outside_of(asked).told and (asked.channel == "web" or person is None):
        raise Forbidden("系统外收件的时间和来源只由工作人员在窗口、乡镇、村渠道登记。")
    if asked.received_at is None:
        return
    if not asked.drill or asked.channel == "web":
        raise Invalid("收件时间不能自己写", {"received_at": "只有窗口渠道的演练件可以写以前的收件时间"})
    try:
        in_time = hall.now() - OLDEST <= local(asked.received_at) <= hall.now()
    except OverflowError:  # the first and last hours of the calendar have no local time
        in_time = False
    if not in_time:
        raise Invalid("收件时间不对", {"received_at": f"要在最近 {OLDEST.days} 天以内，不能是将来"})


def outside_of(asked: FileIn) -> apply_filing.Outside:
    """What the application says of its life outside the system. Raises Invalid for a moment no calendar has."""
    received, decided = (
        None if each is None else parse_stamp(each.isoformat())
        for each in (asked.received_outside, asked.decided_outside)
    )
    system, number = (asked.source_system or "").strip(), (asked.source_id or "").strip()
    return apply_filing.Outside(received, decided, system, number)


async def _body(request: Request, model: type[Body], stack: AsyncExitStack) -> tuple[Body, FormData | None]:
    """JSON alone, or multipart with the JSON as part `application`."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await json_of(request, model), None
    most = hall_of(request).county.settings.upload_total_megabytes * MEGABYTE + TEXT_BYTES
    posted = await stack.enter_async_context(form_of(request, most, whole=False))
    part = posted.get("application")
    if not isinstance(part, str):
        raise BadRequest("multipart 请求要有一个名为 application 的文本部分，内容是 JSON。")
    return parsed(part, model), posted


async def _hashes(posted: FormData | None, fields: tuple[FormField, ...]) -> list[list[str]]:
    """Name and content of every file, so that a retry with the same files is known as one."""
    found: list[list[str]] = []
    if posted is None:
        return found
    for each in fields:
        for upload in files_of(posted, each.id):
            digest = hashlib.sha256()
            async for piece in chunks(upload):
                digest.update(piece)
            await upload.seek(0)
            found.append([each.id, upload.filename or "", digest.hexdigest()])
    return found


def _announced(posted: FormData | None, fields: tuple[FormField, ...]) -> dict[str, tuple[FileAnswer, ...]]:
    if posted is None:
        return {}
    return {
        each.id: tuple(FileAnswer("", upload.filename or "", upload.size or 0) for upload in given)
        for each in fields
        if (given := files_of(posted, each.id))
    }


async def _take(
    request: Request, posted: FormData | None, fields: tuple[FormField, ...], total: int
) -> dict[str, tuple[FileAnswer, ...]]:
    if posted is None:
        return {}
    files, refused = await uploads.take(request, None, fields, posted, {}, total)
    if refused:
        raise Invalid("有文件收不了", refused)
    return files


async def get_case(request: Request) -> Response:
    """Where a case stands, for who has its query code."""
    return answered(case_out(await _own(request)))


async def _own(request: Request) -> CaseView:
    hall, number = hall_of(request), normal_number(request.path_params["number"])
    code = code_of(request)
    with guessing(request, number):
        return await read_here(hall.casework.public_view, number, code, hall.now())


def case_out(view: CaseView, moves: tuple[MoveOption, ...] | None = None) -> CaseOut:
    """The view as the API gives it; staff get their own moves."""
    options = view.moves if moves is None else moves
    plain = {name: getattr(view, name) for name in _OF_VIEW}
    return CaseOut.model_validate(
        {**plain, "moves": [move_out(each) for each in options]}, from_attributes=True
    )


_OF_VIEW = tuple(name for name in CaseOut.model_fields if name != "moves")


def move_out(option: MoveOption) -> MoveOut:
    """A move that may be made now."""
    return _move_out(option.move, option.longest_days)


@lru_cache(maxsize=128)
def _move_out(move: Move, longest_days: int | None) -> MoveOut:
    needs = []
    for each in move.needs:
        most = min(each.most, longest_days) if longest_days else each.most
        needs.append(NeedOut.model_validate({**asdict(each), "most": most}))
    return MoveOut(name=move.name, label=move.label, explanation=move.explanation, needs=needs)


async def get_notice(request: Request) -> Response:
    """A document of one's own case."""
    hall, number = hall_of(request), normal_number(request.path_params["number"])
    text, code = request.path_params["notice"], code_of(request)
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("没有这份文书。")
    with guessing(request, number):
        notice = await run_in_threadpool(hall.casework.notice_for_applicant, int(text), number, code)
    return answered(NoticeOut.model_validate(notice))


async def supplement(request: Request) -> Response:
    """Supplements once, with everything the notice named."""
    hall, key, code = hall_of(request), key_of(request), code_of(request)
    view = await _own(request)
    async with AsyncExitStack() as stack:
        asked, posted = await _body(request, SupplementIn, stack)
        item = hall.site_data.version(view.item_version) or hall.edition.item(view.item_code).item
        form = apply_view.form_for(hall, item, Filling())
        fields = tuple(
            each.model_copy(update={"required": False, "when": None})
            for each in form.fields()
            if each.type == "file"
        )
        answers = await _corrected(request, view, form, asked)
        files = await _take(request, posted, fields, form.total_megabytes)
        if not files and answers is None:
            raise Invalid("还没有上传文件，也没有改动填写的内容。")
        data = MoveData(
            attachments={
                name.removeprefix("material_"): tuple(one.id for one in given)
                for name, given in files.items()
            },
            answers=answers,
        )
        moved = await hall.casework.move_async(
            view.number, MoveName.SUPPLEMENT, ByApplicant(code), data, key=key, now=hall.now()
        )
    return answered(MovedOut.model_validate(moved))


async def _corrected(
    request: Request, view: CaseView, form: ApplicationForm, asked: SupplementIn
) -> dict[str, Json] | None:
    """The answers with those that were given again in their place; None when none was."""
    if not asked.answers:
        return None
    database = hall_of(request).database
    case = await run_in_threadpool(cases.by_number, database, view.number)
    before = {} if case is None else dict((await run_in_threadpool(cases.payload, database, case.id)).answers)
    own = {section.id for section in form.sections if section.id.startswith("part")}
    mine = {each.id for section in form.sections if section.id in own for each in section.fields}
    unknown = set(asked.answers) - mine
    if unknown:
        raise Invalid("有不能改正的字段", dict.fromkeys(sorted(unknown), "申请表里没有这一项，或者不能改"))
    files = {each.id for each in file_questions(form)}
    texts = {name: value for name, value in before.items() if name not in files}
    posted = api_answers.as_posted(form, {**texts, **asked.answers})
    only = replace(form, sections=tuple(section for section in form.sections if section.id in own))
    validated = validate_answers(only, posted, {})
    wrong = {
        name: text
        for name, text in validated.errors.items()
        if (found := form.field(name.partition(".")[0])) is None or found.type != "file"
    }
    if wrong:
        raise Invalid("改正的内容有误", wrong)
    kept = {name: value for name, value in before.items() if name not in mine}
    return {**kept, **apply_filing.own_answers(only, validated.values)}


async def withdraw(request: Request) -> Response:
    """Withdraws an undecided application."""
    hall, key, code = hall_of(request), key_of(request), code_of(request)
    asked = await json_of(request, WithdrawIn)
    number = normal_number(request.path_params["number"])
    with guessing(request, number):
        moved = await hall.casework.move_async(
            number,
            MoveName.WITHDRAW,
            ByApplicant(code),
            MoveData(values={"reason": asked.reason}),
            key=key,
            now=hall.now(),
        )
    return answered(MovedOut.model_validate(moved))


async def rate(request: Request) -> Response:
    """The one rating after the close."""
    hall, code = hall_of(request), code_of(request)
    asked = await json_of(request, RateIn)
    number = normal_number(request.path_params["number"])
    with guessing(request, number):
        await run_in_threadpool(
            lambda: hall.casework.rate(number, code, asked.score, asked.words, now=hall.now(), channel="web")
        )
    return nothing()


_ANYONE = public("anyone may apply; channel and drill flag are checked against who is signed in")
_PROVED = public("proved by the query code in a header, tries limited")

operations = (
    Operation(
        "POST", "/cases", file_case, _ANYONE, "提交申请", FiledOut, FileIn, files=True, key=True, status=201,
        errors=(400, 403, 404, 409, 413, 415, 422, 429),
    ),
    Operation("GET", "/cases/{number}", get_case, _PROVED, "查办件进度", CaseOut, code=True, errors=(400, 404, 429)),
    Operation(
        "GET", "/cases/{number}/notices/{notice}", get_notice, _PROVED, "取一份文书", NoticeOut, code=True,
        errors=(400, 404, 429),
    ),
    Operation(
        "POST", "/cases/{number}/supplement", supplement, _PROVED, "补正", MovedOut, SupplementIn, files=True,
        code=True, key=True, errors=(400, 404, 409, 413, 415, 422, 429),
    ),
    Operation(
        "POST", "/cases/{number}/withdraw", withdraw, _PROVED, "撤回", MovedOut, WithdrawIn, code=True, key=True,
        errors=(400, 404, 409, 422, 429),
    ),
    Operation(
        "POST", "/cases/{number}/rating", rate, _PROVED, "评价一次", None, RateIn, code=True, status=204,
        errors=(400, 404, 409, 422, 429),
    ),
)  # fmt: skip
