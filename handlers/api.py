"""The hall for programs: every operation under /api/v1 and the document that describes them."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from handlers import (
    api_cases,
    api_desk_letters,
    api_items,
    api_letters,
    api_log,
    api_openapi,
    api_scores,
    api_staff,
    api_statistics,
    api_supervision,
)
from handlers.api_operations import ROOT
from handlers.context import hall_of
from handlers.guard import public, route
from rules.errors import NotFound

operations = (
    *api_items.operations,
    *api_cases.operations,
    *api_log.operations,
    *api_letters.operations,
    *api_desk_letters.operations,
    *api_scores.operations,
    *api_staff.operations,
    *api_supervision.operations,
    *api_statistics.operations,
)

_mounted = tuple(each.mounted for each in operations)


def openapi(request: Request) -> Response:
    """OpenAPI 3.1."""
    return JSONResponse(_document(hall_of(request).county.hall_name))


@lru_cache(maxsize=4)
def _document(title: str) -> api_openapi.Json:
    try:
        number = version("county-hall")
    except PackageNotFoundError:
        number = "0"
    return api_openapi.document(title, number, operations)


def nowhere(request: Request) -> Response:
    """No operation has this address."""
    allowed = {
        way for each in _mounted if each.path_regex.match(request.url.path) for way in each.methods or ()
    }
    if allowed:
        raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
    raise NotFound(f"没有这个接口。全部接口见 {ROOT}/openapi.json。")


_OPEN = public("describes what is public anyway")

routes = [
    route(f"{ROOT}/openapi.json", openapi, guard=_OPEN, name="api_openapi"),
    *_mounted,
    route(
        f"{ROOT}/{{rest:path}}",
        nowhere,
        guard=_OPEN,
        methods=("GET", "POST", "PUT", "DELETE", "PATCH"),
        name="api_nowhere",
    ),
]
