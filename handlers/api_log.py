"""The API's proofs: that a filing is in the published log, and who has looked at a case."""

from __future__ import annotations

from datetime import date

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers.api_models import Out
from handlers.api_operations import Operation, answered, code_of
from handlers.context import hall_of
from handlers.guard import public
from handlers.log_page import proof_of, record_of
from handlers.throttle import guessing
from handlers.track_proof import normal_number


class SignedDayOut(Out):
    """A published day as it was signed."""

    statement: dict[str, str | int]
    signature: str


class InclusionOut(Out):
    """Where the leaf stands and the sibling hashes, lowest first (RFC 9162)."""

    index: int
    size: int
    path: list[str]


class LogProofOut(Out):
    """What `verify_log.py` reads as a proof."""

    format: str
    sequence: int
    leaf: str
    proof: InclusionOut
    day: SignedDayOut
    keys: dict[str, object]


class LookOut(Out):
    """How often staff of a role and unit looked at something on a day."""

    day: date
    who: str
    what: str
    count: int


class LooksOut(Out):
    """Who has looked at one's case: no names."""

    total: int
    looks: list[LookOut]


async def get_proof(request: Request) -> Response:
    """The inclusion proof of a filing; 404 with the day on which it will be there."""
    number, code = normal_number(request.path_params["number"]), code_of(request)
    with guessing(request, number):
        body = await run_in_threadpool(proof_of, hall_of(request), number, code)
    return answered(LogProofOut.model_validate(body))


async def get_looks(request: Request) -> Response:
    """Who has looked at one's own case."""
    number, code = normal_number(request.path_params["number"]), code_of(request)
    with guessing(request, number):
        found = await run_in_threadpool(record_of, hall_of(request), number, code)
    return answered(LooksOut.model_validate({"total": found.total, "looks": list(found.looks)}))


_PROVED = public("proved by the query code in a header, tries limited")

operations = (
    Operation("GET", "/cases/{number}/proof", get_proof, _PROVED, "取日志的存在证明", LogProofOut, code=True, errors=(400, 404, 429)),
    Operation("GET", "/cases/{number}/looks", get_looks, _PROVED, "谁看过我的办件", LooksOut, code=True, errors=(400, 404, 429)),
)  # fmt: skip
