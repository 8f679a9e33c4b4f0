"""Number and query code, asked once and then remembered for an hour: the way to every page of one's own case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers import proofs
from handlers.bodies import form_of, text_of
from handlers.context import hall_of
from handlers.proofs import CASES, LETTERS
from handlers.short_reads import read_here
from handlers.throttle import guessing
from presentation.view import Crumb
from rules.errors import IllegalMove, Invalid, NotFound, TooMany
from rules.quick_dataclass import dataclass

if TYPE_CHECKING:
    from handlers.casework.views import CaseView
    from handlers.correspondence.reading import LetterView

WRONG = "编号或查询码不对。请对照收件凭证再看一遍：编号是字母加数字，查询码是8位字母和数字。"


@dataclass(frozen=True, slots=True)
class ProvedCase:
    """A case as its applicant sees it, with the code that was proved."""

    view: CaseView
    code: str


@dataclass(frozen=True, slots=True)
class ProvedLetter:
    """A letter as its writer sees it, with the code that was proved."""

    view: LetterView
    code: str


P = TypeVar("P", ProvedCase, ProvedLetter)


def normal_number(text: str) -> str:
    """A number as typed, full-width or in small letters, with blanks: as it is stored."""
    return re.sub(r"[\s\-—–_]+", "", unicodedata.normalize("NFKC", text)).upper()[:60]


async def prove_case(request: Request, number: str, code: str) -> ProvedCase:
    """The case, if the code is right. Raises NotFound alike for a wrong number and a wrong code, and TooMany."""
    hall = hall_of(request)
    with guessing(request, number):
        view = await read_here(hall.casework.public_view, number, code, hall.now())
    return ProvedCase(view, code)


async def prove_letter(request: Request, number: str, code: str) -> ProvedLetter:
    """The same for a letter."""
    hall = hall_of(request)
    with guessing(request, number):
        view = await run_in_threadpool(hall.correspondence.for_writer, number, code, hall.now())
    return ProvedLetter(view, code)


async def own_case(request: Request) -> ProvedCase | None:
    """The case named in the address, if this browser has proved its code; None when it must be asked."""
    number = normal_number(request.path_params["number"])
    code = proofs.recalled(request, CASES, number)
    if code is None:
        return None
    hall = hall_of(request)
    # What the sealed cookie holds was right when it was put there: it is no guess and is not counted.
    try:
        view = await read_here(hall.casework.public_view, number, code, hall.now())
    except NotFound:
        return None
    return ProvedCase(view, code)


async def own_letter(request: Request) -> ProvedLetter | None:
    """The letter named in the address, if this browser has proved its code."""
    number = normal_number(request.path_params["number"])
    code = proofs.recalled(request, LETTERS, number)
    if code is None:
        return None
    hall = hall_of(request)
    try:
        view = await run_in_threadpool(hall.correspondence.for_writer, number, code, hall.now())
    except NotFound:
        return None
    return ProvedLetter(view, code)


def ask(
    request: Request,
    *,
    title: str,
    action: str,
    purpose: str,
    number: str = "",
    wrong: str = "",
    status: int = 200,
    section: str = "look",
    letters: bool = False,
    kept: Mapping[str, str] | None = None,
) -> Response:
    """The page that asks for number and query code; `action` is where it posts, with `kept` going along: what was
    typed before the proof ended.
    """
    return hall_of(request).page(
        request,
        "citizen/prove.html",
        title,
        status=status,
        section=section,
        breadcrumbs=(Crumb(title),),
        title_=title,
        action=action,
        purpose=purpose,
        number=number,
        wrong=wrong,
        letters=letters,
        kept=kept or {},
    )


def answered(form: FormData) -> tuple[str, str] | None:
    """Number and code of a form that asked for them with what was typed going along; None for any other form."""
    return (
        (normal_number(text_of(form, "number", 100)), text_of(form, "code", 100)) if "code" in form else None
    )


async def prove_late(
    prove: Callable[[Request, str, str], Awaitable[P]],
    request: Request,
    given: tuple[str, str] | None,
    kept: Mapping[str, str],
    *,
    title: str,
    purpose: str,
    section: str = "look",
    letters: bool = False,
) -> P | Response:
    """For a form sent after the proof had ended: number and code asked with what was typed going along, or, once
    `given` and right, who they prove. What was typed is then to be shown again, not to be sent by itself.
    """
    number = normal_number(request.path_params["number"])

    def again(wrong: str = "", status: int = 200) -> Response:
        return ask(
            request, title=title, action=request.url.path, purpose=purpose, number=number, wrong=wrong, status=status,
            section=section, letters=letters, kept=kept,
        )  # fmt: skip

    if given is None:
        return again()
    try:
        if not all(given):
            raise Invalid("请把编号和查询码都填上。")
        if given[0] != number:
            raise NotFound
        return await prove(request, number, given[1])
    except (NotFound, Invalid) as error:
        return again(WRONG if isinstance(error, NotFound) else error.detail, 422)
    except TooMany as error:
        answer = again(error.detail, error.status)
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer


def too_late(request: Request, view: CaseView, heading: str, why: str, text: str) -> Response:
    """What can no longer be done with a case: why, and what was typed for it, to be copied."""
    return hall_of(request).page(
        request,
        "citizen/too_late.html",
        f"{heading} {view.number}",
        status=IllegalMove.status,
        section="look",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(
            Crumb("查进度", "/hall/track"), Crumb(view.number, f"/hall/track/{view.number}"), Crumb(heading),
        ),
        case=view,
        heading=heading,
        why=why,
        texts=(text,),
    )  # fmt: skip


async def answer_case(
    request: Request, *, title: str, purpose: str, section: str = "look", then: str = ""
) -> Response:
    """The posted answer to `ask`: remembered when right, asked again when not.

    `then` is where to go on, with {number} in it; empty: the address that was posted to.
    """
    async with form_of(request) as form:
        number, code = normal_number(text_of(form, "number", 100)), text_of(form, "code", 100)
    try:
        if not number or not code:
            raise Invalid("请把编号和查询码都填上。")
        proved = await prove_case(request, number, code)
    except (NotFound, Invalid) as error:
        wrong = WRONG if isinstance(error, NotFound) else error.detail
        return ask(
            request, title=title, action=request.url.path, purpose=purpose, number=number, wrong=wrong, status=422,
            section=section,
        )  # fmt: skip
    target = (then or request.url.path).replace("{number}", proved.view.number)
    answer = RedirectResponse(target, 303)
    proofs.remember(request, answer, CASES, proved.view.number, code)
    return answer
