"""The API's letters: asked, tracked, moved by their writers; the published ones and what is like a question for all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers import throttle
from handlers.api_cases import DRILLERS
from handlers.api_letter_models import (
    LetterActIn,
    LetterFiledOut,
    LetterFileOut,
    LetterIn,
    LetterOut,
    PublicLetterOut,
    PublicLettersOut,
    PublicLettersQuery,
    SimilarLetterOut,
    SimilarLettersOut,
    SimilarLettersQuery,
)
from handlers.api_models import RateIn
from handlers.api_operations import Operation, answered, code_of, key_of, nothing, query_of
from handlers.bodies import MEGABYTE, TEXT_BYTES, chunks, files_of, form_of, json_of
from handlers.context import hall_of
from handlers.correspondence.reading import LetterView
from handlers.correspondence.requests import LetterData
from handlers.guard import public
from handlers.letters import MOST_FILES, file_letter, letter_of, owner_of
from handlers.session import SignedIn
from handlers.store import attachments
from handlers.store.attachments import Limits
from handlers.store.letters import PublicFilter
from handlers.throttle import guessing
from handlers.track_proof import normal_number
from handlers.uploads import to_save
from rules.errors import BadRequest, Conflict, Forbidden, NotFound
from rules.letter_terms import LetterMove


def letter_out(view: LetterView) -> LetterOut:
    """A letter without its writer."""
    letter = view.letter
    return LetterOut.model_validate(
        {
            **{name: getattr(letter, name) for name in LetterOut.model_fields if hasattr(letter, name)},
            "department": "" if view.is_conduct else letter.department,
            "department_name": view.department_name,
            "state_label": view.state_label,
            "due": view.due,
            "files": view.files,
            "may_chase": view.may_chase,
            "may_rate": view.may_rate,
            "moves": [row.name for row in view.moves],
        },
        from_attributes=True,
    )


async def ask(request: Request) -> Response:
    """A letter."""
    key, asked = key_of(request), await json_of(request, LetterIn)
    person: SignedIn | None = request.state.person
    if asked.drill and (person is None or not person.roles & DRILLERS):
        raise Forbidden("演练的来信只能由综合管理员、系统管理员或窗口人员提交。")
    names = ("kind", "topic", "about", "department", "title", "content", "name", "phone", "email", "item")
    values = {name: str(getattr(asked, name)).strip() for name in names}
    letter = letter_of(request, {**values, "files": asked.files, "public": "yes" if asked.public else ""})
    filed = await file_letter(request, letter, f"api:{key}", drill=asked.drill)
    return answered(LetterFiledOut.model_validate(filed), 200 if filed.repeated else 201)


async def add_letter_file(request: Request) -> Response:
    """A file (multipart, part `file`) for a letter that is not sent yet; `files` is the caller's own random text.

    What is never sent with a letter is dropped.
    """
    hall, owner = hall_of(request), owner_of(request.path_params["files"])
    if not owner:
        raise NotFound("标识应为 20 至 60 个字母、数字，由您随机生成，一封来信用一个。")
    settings = hall.county.settings
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise BadRequest("文件要用 multipart/form-data 上传，字段名是 file。")
    async with form_of(request, settings.upload_megabytes * MEGABYTE + TEXT_BYTES, whole=False) as form:
        given = files_of(form, "file")
        if len(given) != 1:
            raise BadRequest("一次上传一个文件，字段名是 file。")
        throttle.once(request, throttle.UPLOADS, "upload")
        if len(await run_in_threadpool(attachments.of_owner, hall.database, owner)) >= MOST_FILES:
            raise Conflict(f"最多上传 {MOST_FILES} 个文件。")
        limits = Limits(settings.upload_types, settings.upload_megabytes * MEGABYTE)
        kept = await attachments.receive(
            hall.database, chunks(given[0]), given[0].filename or "", limits, hall.now(), field="letter", owner=owner
        )  # fmt: skip
    return answered(LetterFileOut.model_validate(kept), 201)


async def get_letter_file(request: Request) -> Response:
    """A file of one's own letter, to save."""
    hall, number, code = hall_of(request), normal_number(request.path_params["number"]), code_of(request)
    with guessing(request, number):
        found, path = await run_in_threadpool(
            hall.correspondence.attachment_for_writer, number, request.path_params["file"], code, hall.now()
        )
    return to_save(found, path)


async def get_letter(request: Request) -> Response:
    """One's own letter."""
    hall, number, code = hall_of(request), normal_number(request.path_params["number"]), code_of(request)
    with guessing(request, number):
        view = await run_in_threadpool(hall.correspondence.for_writer, number, code, hall.now())
    return answered(letter_out(view))


async def _by_writer(request: Request, move: LetterMove, data: LetterData) -> Response:
    hall, number, code = hall_of(request), normal_number(request.path_params["number"]), code_of(request)
    with guessing(request, number):
        await run_in_threadpool(
            lambda: hall.correspondence.by_writer(number, code, move, data, now=hall.now())
        )
    return nothing()


async def chase(request: Request) -> Response:
    """Reminds the department."""
    return await _by_writer(request, LetterMove.CHASE, LetterData())


async def rate_letter(request: Request) -> Response:
    """Rates the answer."""
    code_of(request)
    asked = await json_of(request, RateIn)
    values = {"score": str(asked.score), "words": asked.words}
    return await _by_writer(request, LetterMove.RATE, LetterData(values))


def _act(move: LetterMove) -> Callable[[Request], Awaitable[Response]]:
    async def act(request: Request) -> Response:
        code_of(request)
        asked = await json_of(request, LetterActIn)
        return await _by_writer(request, move, LetterData({"reason": asked.reason}))

    act.__name__ = f"letter_{move}"
    return act


def list_letters(request: Request) -> Response:
    """Answered letters whose writers agreed to their publication, masked."""
    hall = hall_of(request)
    asked: PublicLettersQuery = query_of(request, PublicLettersQuery)
    wanted = PublicFilter(asked.department, asked.kind, asked.month, asked.item)
    found = [_public(each) for each in hall.correspondence.published(asked.q, wanted, hall.now())]
    return answered(PublicLettersOut(total=len(found), letters=found))


def similar_letters(request: Request) -> Response:
    """Published letters near a question."""
    hall = hall_of(request)
    asked: SimilarLettersQuery = query_of(request, SimilarLettersQuery)
    found = hall.correspondence.similar(asked.title, asked.content, 5, asked.item)
    return answered(SimilarLettersOut(letters=[SimilarLetterOut.model_validate(each) for each in found]))


def _public(view: LetterView) -> PublicLetterOut:
    letter = view.letter
    assert letter.answered is not None
    return PublicLetterOut(
        number=letter.number,
        kind=letter.kind,
        kind_label=view.kind_label,
        department=letter.department,
        department_name=view.department_name,
        title=letter.title,
        content=letter.content,
        answer=letter.answer,
        answered=letter.answered.date(),
        settled=letter.settled,
    )


_PROVED = public("proved by the query code in a header, tries limited")
_AGREED = public("answers their writers agreed to publish")
_ERRORS = (400, 404, 409, 422, 429)
_OWN = "/letters/{number}"

operations = (
    Operation(
        "POST", "/letters", ask, public("anyone may ask or complain"), "写信（咨询、投诉、建议、纠错、表扬）",
        LetterFiledOut, LetterIn, key=True, status=201, errors=(400, 403, 409, 413, 422, 429), tag="来信",
    ),
    Operation(
        "GET", "/letters", list_letters, _AGREED, "公开的来信和答复", PublicLettersOut, query=PublicLettersQuery,
        errors=(422,), tag="来信",
    ),
    Operation(
        "GET", "/letters/similar", similar_letters, _AGREED, "差不多的来信和答复", SimilarLettersOut,
        query=SimilarLettersQuery, errors=(422,), tag="来信",
    ),
    Operation(
        "POST", "/letters/files/{files}", add_letter_file, public("anyone may ask or complain"),
        "上传来信的附件", LetterFileOut, files=True, status=201, errors=(400, 404, 409, 413, 415, 422, 429), tag="来信",
    ),
    Operation(
        "GET", _OWN + "/files/{file}", get_letter_file, _PROVED, "来信的附件", code=True, errors=(*_ERRORS, 410), tag="来信"
    ),
    Operation("GET", _OWN, get_letter, _PROVED, "查来信", LetterOut, code=True, errors=_ERRORS, tag="来信"),
    Operation("POST", _OWN + "/chase", chase, _PROVED, "催办", code=True, status=204, errors=_ERRORS, tag="来信"),
    Operation(
        "POST", _OWN + "/rating", rate_letter, _PROVED, "评价答复", None, RateIn, code=True, status=204,
        errors=_ERRORS, tag="来信",
    ),
    *(
        Operation(
            "POST", f"{_OWN}/{move}", _act(move), _PROVED, label, None, LetterActIn, code=True, status=204,
            errors=_ERRORS, tag="来信",
        )
        for move, label in (
            (LetterMove.SETTLE, "认可答复"),
            (LetterMove.DISPUTE, "不认可，重新办理"),
            (LetterMove.OBJECT, "不同意更改类别"),
            (LetterMove.WITHDRAW, "撤回来信"),
        )
    ),
)  # fmt: skip
