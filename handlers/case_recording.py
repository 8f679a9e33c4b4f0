"""What is recorded beside a case's moves: who records, what was written and comes back whatever happens, the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handlers.bodies import text_of
from handlers.case_page import Refused, case_response
from handlers.casework.requests import ByStaff
from handlers.casework.viewing import staff_case
from handlers.context import hall_of
from handlers.session import SignedIn, check_csrf
from handlers.staff_frame import DESK, address
from handlers.written_back import written_back
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.quick_dataclass import dataclass

# Longer than casework takes, so that what is too long comes back with its fault instead of being lost.
MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Recording:
    """One form of a case's page. `prefix` begins the names of its fields; `words`: those that hold a person's own
    words, given back to be copied where the form itself is gone; `done` and `anchor`: what the page says after it.
    """

    prefix: str
    values: Mapping[str, str]
    words: tuple[str, ...]
    restore: bool
    done: str
    anchor: str

    def value(self, name: str) -> str:
        """What was written in one field."""
        return self.values[name]

    @property
    def written(self) -> Mapping[str, str]:
        """By the names the page's fields have."""
        return {f"{self.prefix}.{name}": text for name, text in self.values.items()}

    @property
    def texts(self) -> tuple[str, ...]:
        """The person's own words."""
        return tuple(text for name in self.words if (text := self.values[name]))


def recording(
    request: Request,
    form: FormData,
    prefix: str,
    names: tuple[str, ...],
    words: tuple[str, ...],
    *,
    done: str,
    anchor: str,
) -> Recording:
    """What the form holds. Raises Forbidden for a stale one."""
    check_csrf(request, form)
    values = {name: text_of(form, f"{prefix}.{name}", MOST_TEXT) for name in names}
    return Recording(prefix, values, words, "restore" in form, done, anchor)


async def recorded(request: Request, made: Recording, record: Callable[[ByStaff], None]) -> Response:
    """Back to the case; with the faults at their fields, or why it was refused, and everything that was written."""
    number: str = request.path_params["number"]
    try:
        await run_in_threadpool(_in_reach, request, number)
        return await _outcome(request, number, made, record)
    except NotFound as error:
        # Handed on while somebody was writing.
        return await written_back(request, error, made.texts, list_name="办件", list_address=DESK)


async def _outcome(
    request: Request, number: str, made: Recording, record: Callable[[ByStaff], None]
) -> Response:
    if made.restore:
        return await run_in_threadpool(lambda: case_response(request, number, written=made.written))
    person: SignedIn = request.state.person
    try:
        await run_in_threadpool(record, ByStaff(person.person_id))
    except Invalid as error:
        named = {f"{made.prefix}.{name}": text for name, text in error.fields.items()}
        wrong = named or {"": error.detail}
        return await run_in_threadpool(
            lambda: case_response(request, number, written=made.written, errors=wrong, status=422)
        )
    except (Conflict, IllegalMove, Forbidden) as error:
        refused, status = Refused("没有登记", error.detail, made.texts), error.status
        return await run_in_threadpool(
            lambda: case_response(request, number, written=made.written, refused=refused, status=status)
        )
    return RedirectResponse(address(f"{DESK}cases/{number}", done=made.done) + made.anchor, 303)


def _in_reach(request: Request, number: str) -> None:
    """Out of scope is answered like an unknown number, before anything else is said about the case."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    staff_case(hall.database, hall.site_data.ground(), number, person.person_id, hall.now())
