"""Every operation of the OpenAPI document, by schemathesis, as each kind of caller: no 5xx, nothing undocumented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from handlers import api
from handlers.limiter import Limiter
from rules.case_table import MOVES
from rules.letter_table import LETTER_MOVES
from tests.api_fixtures import ANSWERS
from tests.handlers_fixtures import EVERYTHING
from tests.security_fixtures import World, open_world

load_all_checks()
NAMES = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method", "ignored_auth",
)  # fmt: skip
OPERATIONS = tuple((each.method, "/api/v1" + each.path) for each in api.operations)
CALLERS = ("anonymous", "applicant", "window", "everybody")


@pytest.fixture(scope="module")
def world(built_county: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = open_world(built_county, tmp_path_factory.mktemp("world"))
    yield made
    made.office.close()


@pytest.fixture(scope="module")
def schema(world: World) -> Any:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", world.office.app)


def checks() -> list[Any]:
    return CHECKS.get_by_names(list(NAMES))


def known_parameters(world: World, path: str) -> st.SearchStrategy[dict[str, str]]:
    """Mostly ids of what is there; what the draw leaves out is made up by schemathesis."""
    found = {}
    for part in path.split("/"):
        if not part.startswith("{"):
            continue
        name = part.strip("{}")
        source = "letter" if name == "number" and "/letters/" in path else name
        if name == "move":
            found[name] = st.sampled_from(sorted(LETTER_MOVES))
        elif source in world.known:
            found[name] = st.sampled_from(world.known[source])
    return st.one_of(st.fixed_dictionaries(found), st.just({}))


def known_body(case: Any, draw: Any) -> None:
    """A made-up body with what is needed to come further than the first check."""
    if not isinstance(case.body, dict) or not draw(st.booleans()):
        return
    if case.operation.path.endswith("/cases") and "answers" in case.body:
        given = case.body["answers"] if isinstance(case.body["answers"], dict) else {}
        names = draw(st.sets(st.sampled_from(sorted(ANSWERS)), max_size=2))
        odd = dict(zip(sorted(names), list(given.values()), strict=False))
        case.body = {**case.body, "item": EVERYTHING, "answers": {**ANSWERS, **odd}}
    elif case.operation.path.endswith("/desk/cases/{number}/moves"):
        case.body = {**case.body, "move": draw(st.sampled_from(sorted(MOVES)))}
        case.body["values"] = {
            "reason": "理由",
            "opinion": "同意",
            "basis": "依据",
            "days": "3",
            "method": "窗口领取",
        }
    else:
        words = {
            "department": "market",
            "unit": "market",
            "subject": "department",
            "title": "题目",
            "content": "内容",
        }
        case.body = {**case.body, **{name: word for name, word in words.items() if name in case.body}}


def send(world: World, schema: Any, data: st.DataObject, method: str, path: str, caller: str) -> int:
    """One made-up request of a caller, its answer checked against the document; the status."""
    mode = data.draw(
        st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    )
    case = data.draw(
        schema[path][method].as_strategy(mode, path_parameters=data.draw(known_parameters(world, path)))
    )
    known_body(case, data.draw)
    hall = world.office.hall
    hall.limiter = Limiter()
    headers = {}
    if caller == "applicant":
        # In the case itself: what it was made up to break there is then no longer broken.
        code = world.codes.get(str((case.path_parameters or {}).get("number")), "WRONGCOD")
        case.headers = {**(case.headers or {}), "X-Query-Code": code}
    elif caller != "anonymous":
        headers["Authorization"] = f"Bearer {world.token(caller, fresh=method == 'DELETE')}"
    answer = case.call(headers=headers)
    case.validate_response(answer, checks=checks(), headers=headers)
    return int(answer.status_code)


def hammer(world: World, schema: Any, method: str, path: str, times: int, *, derandomize: bool) -> None:
    @settings(
        max_examples=times, derandomize=derandomize, database=None, deadline=None,
        phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data(), st.sampled_from(CALLERS))
    def run(data: st.DataObject, caller: str) -> None:
        send(world, schema, data, method, path, caller)

    run()


every_operation = pytest.mark.parametrize(
    ("method", "path"), OPERATIONS, ids=lambda each: str(each).removeprefix("/api/v1")
)


@every_operation
def test_no_request_a_schema_can_think_of_is_answered_otherwise_than_documented(
    world: World, schema: Any, method: str, path: str
) -> None:
    hammer(world, schema, method, path, 1000 // len(OPERATIONS), derandomize=True)


@pytest.mark.soak(minutes=1)
@every_operation
def test_twenty_thousand_requests_are_answered_as_documented(
    world: World, schema: Any, method: str, path: str
) -> None:
    hammer(world, schema, method, path, -(-20_000 // len(OPERATIONS)), derandomize=False)
