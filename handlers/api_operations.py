"""One operation of the API: how it is called, what it takes and gives, who may; routes and document come from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handlers.bodies import faults
from handlers.guard import Guard, route
from rules.errors import BadRequest, Invalid
from rules.quick_dataclass import dataclass

ROOT = "/api/v1"
Endpoint = Callable[[Request], Response | Awaitable[Response]]
CODE_HEADER, KEY_HEADER = "X-Query-Code", "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` below /api/v1; `body` JSON, with `files` also multipart (part `application` and files by field id);
    `files` without `body`: multipart with the one part `file`.

    `code`: takes the query code in its header. `key`: takes an idempotency key. `errors`: statuses it may answer
    with besides those that follow from the rest (api_openapi.py). `query`: model of the parameters behind `?`.
    `media`: what is answered without a model. `among`: the only values of a part of the path.
    """

    method: str
    path: str
    endpoint: Endpoint
    guard: Guard
    summary: str
    answer: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    files: bool = False
    code: bool = False
    key: bool = False
    status: int = 200
    errors: tuple[int, ...] = ()
    media: tuple[str, ...] = ("application/octet-stream",)
    among: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tag: str = "办件"

    @property
    def name(self) -> str:
        """Its operationId, also the route's name."""
        return "api_" + self.endpoint.__name__

    @property
    def mounted(self) -> Route:
        return route(
            ROOT + self.path, self.endpoint, guard=self.guard, methods=(self.method,), name=self.name
        )


def answered(model: BaseModel, status: int = 200) -> Response:
    """A model as JSON."""
    return Response(model.model_dump_json(), status, media_type="application/json")


def nothing() -> Response:
    """Done; there is nothing to tell."""
    return Response(status_code=204)


def code_of(request: Request) -> str:
    """The query code from its header: never from the address."""
    code = request.headers.get(CODE_HEADER, "").strip()
    if not code:
        raise BadRequest(f"请在请求头 {CODE_HEADER} 里写查询码。")
    return code[:100]


def key_of(request: Request) -> str:
    """The idempotency key: any text of 1 to 80 characters, made once per intent."""
    key = request.headers.get(KEY_HEADER, "").strip()
    if not 1 <= len(key) <= 80:
        raise BadRequest(f"请在请求头 {KEY_HEADER} 里写一个 1 至 80 字的标识：同一次提交重发时用同一个。")
    return key


def query_of(request: Request, model: type[Any]) -> Any:
    """The parameters behind `?` as a model. Raises Invalid by parameter name."""
    given: dict[str, object] = {}
    for name in model.model_fields:
        values: Sequence[str] = request.query_params.getlist(name)
        if values:
            given[name] = list(values) if _takes_many(model, name) else values[-1]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise Invalid("参数有误", faults(error, model)) from error


def _takes_many(model: type[BaseModel], name: str) -> bool:
    return "tuple" in str(model.model_fields[name].annotation)
