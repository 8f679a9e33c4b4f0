"""The API's letters: asked, tracked, chased, rated by their writers; the published ones for everybody."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers import throttle
from handlers.api_cases import DRILLERS
from handlers.api_models import LetterFiledOut, LetterIn, LetterOut, LettersOut, RateIn
from handlers.api_operations import Operation, answered, code_of, key_of, nothing
from handlers.bodies import json_of
from handlers.casework.views import LetterView
from handlers.context import hall_of
from handlers.guard import public
from handlers.letters import file_letter, letter_of
from handlers.session import SignedIn
from handlers.throttle import guessing
from handlers.track_proof import normal_number
from rules.errors import Forbidden

SHOWN = 200


def letter_out(view: LetterView) -> LetterOut:
    """A letter without its writer."""
    letter = view.letter
    return LetterOut.model_validate(
        {
            **{name: getattr(letter, name) for name in LetterOut.model_fields if hasattr(letter, name)},
            "department_name": view.department_name,
            "state_label": view.state_label,
            "due": view.due,
            "may_chase": view.may_chase,
            "may_rate": view.may_rate,
        },
        from_attributes=True,
    )


async def ask(request: Request) -> Response:
    """A consultation or complaint."""
    key, asked = key_of(request), await json_of(request, LetterIn)
    person: SignedIn | None = request.state.person
    if asked.drill and (person is None or not person.roles & DRILLERS):
        raise Forbidden("演练的来信只能由综合管理员、系统管理员或窗口人员提交。")
    values = {
        name: getattr(asked, name)
        for name in ("kind", "department", "title", "content", "name", "phone", "email", "item")
    }
    letter = letter_of(request, {**values, "public": "yes" if asked.public else ""})
    throttle.once(request, throttle.LETTERS, "letter")
    filed = await file_letter(request, letter, f"api:{key}", drill=asked.drill)
    return answered(LetterFiledOut.model_validate(filed), 200 if filed.repeated else 201)


async def get_letter(request: Request) -> Response:
    """One's own letter."""
    hall, number, code = hall_of(request), normal_number(request.path_params["number"]), code_of(request)
    with guessing(request, number):
        view = await run_in_threadpool(hall.casework.public_letter, number, code, hall.now())
    return answered(letter_out(view))


async def chase(request: Request) -> Response:
    """Reminds the department."""
    hall, number, code = hall_of(request), normal_number(request.path_params["number"]), code_of(request)
    with guessing(request, number):
        await run_in_threadpool(lambda: hall.casework.chase(number, code, now=hall.now()))
    return nothing()


async def rate_letter(request: Request) -> Response:
    """Rates the answer."""
    hall, number, code = hall_of(request), normal_number(request.path_params["number"]), code_of(request)
    asked = await json_of(request, RateIn)
    with guessing(request, number):
        await run_in_threadpool(
            lambda: hall.casework.rate_letter(number, code, asked.score, asked.words, now=hall.now())
        )
    return nothing()


def list_letters(request: Request) -> Response:
    """Answered letters whose writers agreed to their publication."""
    hall = hall_of(request)
    found = [letter_out(each) for each in hall.casework.answered_letters(SHOWN, hall.now())]
    return answered(LettersOut(total=len(found), letters=found))


_PROVED = public("proved by the query code in a header, tries limited")
_ERRORS = (400, 404, 409, 422, 429)

operations = (
    Operation(
        "POST", "/letters", ask, public("anyone may ask or complain"), "咨询或投诉", LetterFiledOut, LetterIn,
        key=True, status=201, errors=(400, 403, 409, 413, 422, 429), tag="来信",
    ),
    Operation(
        "GET", "/letters", list_letters, public("answers their writers agreed to publish"), "公开的来信和答复",
        LettersOut, tag="来信",
    ),
    Operation("GET", "/letters/{number}", get_letter, _PROVED, "查来信", LetterOut, code=True, errors=_ERRORS, tag="来信"),
    Operation("POST", "/letters/{number}/chase", chase, _PROVED, "催办", code=True, status=204, errors=_ERRORS, tag="来信"),
    Operation(
        "POST", "/letters/{number}/rating", rate_letter, _PROVED, "评价答复", None, RateIn, code=True, status=204,
        errors=_ERRORS, tag="来信",
    ),
)  # fmt: skip
