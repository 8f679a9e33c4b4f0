"""The API's letters for staff: lists, one letter, its moves, suggestions; the county supervisor's list of conduct."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers.api_letter_models import LetterOut, LettersOut
from handlers.api_letters import letter_out
from handlers.api_operations import Operation, answered, query_of
from handlers.api_staff_models import (
    LetterMovedOut,
    LetterMoveIn,
    LettersQuery,
    SuggestionOut,
    SuggestionsOut,
)
from handlers.bodies import json_of
from handlers.casework.requests import ByStaff
from handlers.context import hall_of
from handlers.correspondence.requests import LetterData
from handlers.guard import may
from handlers.security import request_id
from handlers.session import SignedIn
from handlers.track_proof import normal_number
from handlers.uploads import to_save
from rules.errors import NotFound
from rules.letter_table import LETTER_MOVES
from rules.permissions import Capability


def _person(request: Request) -> str:
    person: SignedIn = request.state.person
    return person.person_id


def _number(request: Request) -> str:
    return normal_number(request.path_params["number"])


def letters_desk(request: Request) -> Response:
    """The letters of one's departments and units."""
    hall = hall_of(request)
    asked: LettersQuery = query_of(request, LettersQuery)
    found = hall.correspondence.desk(
        _person(request), now=hall.now(), tab=asked.tab, search=asked.q, page=asked.page, size=asked.size
    )
    return answered(LettersOut(total=found.total, letters=[letter_out(each) for each in found.rows]))


def staff_letter(request: Request) -> Response:
    """A letter within scope; the look is logged."""
    hall = hall_of(request)
    whole = hall.correspondence.for_staff(_number(request), _person(request), hall.now(), request_id(request))
    return answered(letter_out(whole.view))


def staff_letter_file(request: Request) -> Response:
    """A file of a letter within scope; the look is logged."""
    hall = hall_of(request)
    found, path = hall.correspondence.attachment_for_staff(
        _number(request), request.path_params["file"], _person(request), hall.now(), request_id(request)
    )
    return to_save(found, path)


def suggest_units(request: Request) -> Response:
    """Departments the letter's words point to, with the reasons; a person decides."""
    hall = hall_of(request)
    whole = hall.correspondence.for_staff(_number(request), _person(request), hall.now(), request_id(request))
    found = hall.correspondence.suggest(whole.letter.title, whole.letter.content or "")
    return answered(SuggestionsOut(suggestions=[SuggestionOut.model_validate(each) for each in found]))


async def move_letter(request: Request) -> Response:
    """Makes a move of the table of letters."""
    hall, person, number = hall_of(request), _person(request), _number(request)
    name = request.path_params["move"]
    asked = await json_of(request, LetterMoveIn)
    move = next((each for each in LETTER_MOVES if each == name), None)
    if move is None:
        raise NotFound("没有这种操作。")
    values = {
        each: str(getattr(asked, each))
        for each in ("text", "reason", "unit", "person", "kind", "finding", "outcome")
    }
    data = LetterData(values, publish=asked.publish, mask=tuple(asked.mask))
    moved = await run_in_threadpool(
        lambda: hall.correspondence.by_staff(number, ByStaff(person), move, data, now=hall.now())
    )
    return answered(LetterMovedOut.model_validate(moved))


def conduct_letters(request: Request) -> Response:
    """Complaints about conduct, for the county supervisor alone."""
    hall = hall_of(request)
    found = [letter_out(each) for each in hall.correspondence.conduct(_person(request), hall.now())]
    return answered(LettersOut(total=len(found), letters=found))


_READERS, _DENIED, _TAG = may(Capability.LETTERS_SEE), (401, 403, 404, 409, 422), "工作人员"
_LETTER = "/desk/letters/{number}"

operations = (
    Operation("GET", "/desk/letters", letters_desk, _READERS, "本部门来信", LettersOut, query=LettersQuery,
              errors=(401, 403, 422), tag=_TAG),
    Operation("GET", "/desk/conduct", conduct_letters, may(Capability.LETTERS_CONDUCT), "工作作风投诉", LettersOut,
              errors=(401, 403), tag=_TAG),
    Operation("GET", _LETTER, staff_letter, _READERS, "一封来信", LetterOut, errors=_DENIED, tag=_TAG),
    Operation("GET", _LETTER + "/files/{file}", staff_letter_file, _READERS, "来信的附件", errors=(*_DENIED, 410), tag=_TAG),
    Operation("GET", _LETTER + "/suggestions", suggest_units, _READERS, "建议交给谁", SuggestionsOut, errors=_DENIED, tag=_TAG),
    Operation("POST", _LETTER + "/moves/{move}", move_letter, _READERS, "办理来信", LetterMovedOut, LetterMoveIn,
              errors=_DENIED, among={"move": sorted(LETTER_MOVES)}, tag=_TAG),
)  # fmt: skip
