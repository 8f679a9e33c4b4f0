"""Every route, every method, every account: the answer is the one the written table says, and refusals change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Mount, Route

from handlers.app import routes
from handlers.limiter import Limiter
from tests.access_fixtures import (
    ACCOUNTS,
    CONDUCT_TITLE,
    CONDUCT_WORDS,
    HALFWAY,
    SECRET_NAME,
    SECRET_STORY,
    STAFF,
    Everyone,
    Unchanged,
    full_hall,
)
from tests.access_rows import A, Row
from tests.access_table import TABLE
from tests.handlers_fixtures import EVERYTHING

REFUSED = frozenset({303, 401, 403, 404, 405, 410})
HTML_BODY = {"form_end": "1"}


@pytest.fixture(scope="module")
def everyone(built_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everyone]:
    with full_hall(built_county, tmp_path_factory.mktemp("access")) as made:
        yield made


def all_ways() -> list[str]:
    """METHOD and path of everything the hall answers."""
    found = []
    for each in routes():
        assert isinstance(each, Route)
        found += [f"{method} {each.path}" for method in sorted((each.methods or set()) - {"HEAD"})]
    return found


def test_every_route_of_the_application_is_in_the_table_and_no_other(everyone: Everyone) -> None:
    served = [each for each in everyone.office.app.routes if not isinstance(each, Mount)]
    ways = set(all_ways())
    assert len(served) == len(routes())
    assert ways - set(TABLE) == set(), (
        "a new route: write down who may call it and why (tests/access_table.py)"
    )
    assert set(TABLE) - ways == set(), "a route that is gone still stands in the table"
    assert all(row.why for row in TABLE.values())


def filled(way: str, everyone: Everyone) -> str:
    """The path of a way, with the things of department A in it."""
    things, path = everyone.things, way.partition(" ")[2]
    letter = things.letter.number if "/letters" in path else things.case.number
    file = things.case_file
    if "/letters" in path:
        file = things.letter_file
    elif "/apply/" in path:
        file = things.draft_file
    elif "supervision-files" in path:
        file = things.order_file
    values = {
        "code": "plan" if "/materials/" in path else EVERYTHING, "handle": things.draft.rsplit("/", 1)[-1],
        "section": "applicant", "number": letter, "notice": things.notice, "file": file, "files": "x" * 20,
        "attachment": things.case_file, "position": "0", "card": things.card, "order": things.order,
        "rated": things.rated,
        "appeal": things.appeal, "entry": things.accountability if "/accountability/" in path else things.entry,
        "edition": things.edition, "period": "2026-03", "department": "market", "item": EVERYTHING, "kind": "csv",
        "report": "1", "delivery": "1", "part": "ledger.jsonl", "rest": "no-such-place", "move": move_of(path),
    }  # fmt: skip
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda match: str(values[match[1]]), path)


def move_of(path: str) -> str:
    if "/orders/" in path:
        return "accept"
    if "/appeals/" in path:
        return "uphold"
    return "submit" if "/letters/" in path else "refuse"


def send(everyone: Everyone, client: Any, account: str, way: str) -> Any:
    """Calls a way as its page or a program would, with as little in it as passes for a whole request."""
    method, path = way.split(" ")[0], filled(way, everyone)
    if path.startswith("/api/"):
        if method == "GET" or path.endswith("/files") or "/letters/files/" in path:
            return client.request(method, path, params=QUERIES.get(way))
        return client.request(method, path, json=JSON.get(way, {}))
    if method == "GET":
        return client.get(path, params=QUERIES.get(way))
    return client.post(path, data={**BODIES.get(way, HTML_BODY), "csrf": client.headers.get("x-csrf", "")})


QUERIES = {
    "GET /hall/statistics/cases": {"measures": "filed", "measure": "filed"}, "GET /api/v1/search": {"q": "许可"},
    "GET /api/v1/letters/similar": {"title": "怎么办证"},
}  # fmt: skip
BODIES = {"POST /hall/apply/{code}/window": {**HTML_BODY, "unit": "town-chengguan"}}
# Whole enough that reach is what decides.
JSON = {
    "POST /api/v1/orders/{order}/moves": {"move": "accept"},
    "POST /api/v1/cards/{card}/appeals": {"text": "再次申诉"},
    "POST /api/v1/appeals/{appeal}/moves": {"move": "uphold", "text": "不属于法定中止事由"},
}
# Costly pages that hold nothing of anybody: asked for by the public, by those half signed in, and by two of the staff.
CATALOG = ("the catalog is public", "forms hold nothing of anybody", "describes what is public anyway")
ENDS_THE_SESSION = ("POST /hall/staff/sign-out", "DELETE /api/v1/session", "POST /hall/staff/second-factor")


@pytest.mark.parametrize("account", ACCOUNTS)
def test_every_account_gets_from_every_route_what_the_table_says(everyone: Everyone, account: str) -> None:
    everyone.hall.limiter = Limiter()
    page, program = everyone.client(account), None
    rows = Unchanged(everyone.hall.database.path)
    wrong: list[str] = []
    for way in sorted(all_ways(), key=lambda each: " /api/" in each):
        if way not in TABLE:  # told by name in the test above
            continue
        row: Row = TABLE[way]
        if row.why in CATALOG and account in STAFF - {"county", "a-coordinator"}:
            continue
        html = " /api/" not in way
        if not html and program is None:  # after the pages: one of them ends a person's other sessions
            program = everyone.program(account)
        client = page if html else program
        if account in STAFF | HALFWAY and way in ENDS_THE_SESSION:
            client = everyone.client(account) if html else everyone.program(account)
        rows.changed()
        answer = send(everyone, client, account, way)
        method = way.split(" ")[0]
        right = row.right(account, method, html)
        said = answer.status_code
        if said not in right:
            wrong.append(f"{way}: {said}, not {sorted(right)} ({row.why})")
        if said >= 500:
            wrong.append(f"{way}: {said} is never right")
        to_door = said == 303 and answer.headers["location"].startswith("/hall/staff/sign-in")
        if method != "GET" and (said in REFUSED - {303} or to_door) and (changed := changes(way, rows)):
            wrong.append(f"{way}: refused with {said}, and changed {changed}")
        if 303 in right and right == {303} and not row.public and account not in STAFF and not to_door:
            wrong.append(f"{way}: sent to {answer.headers.get('location')} and not to sign in")
        wrong += leaks(way, account, answer)
    assert not wrong, "\n" + "\n".join(wrong)


def changes(way: str, rows: Unchanged) -> list[str]:
    """What a refusal changed that it must not. Wrong digits are counted against the account: that is their lock."""
    return [
        each for each in rows.changed() if not (each == "person" and way == "POST /hall/staff/second-factor")
    ]


def leaks(way: str, account: str, answer: Any) -> list[str]:
    """What stands in an answer that this account must never be shown."""
    if not answer.headers.get("content-type", "").startswith(
        ("text/", "application/json", "application/problem")
    ):
        return []
    found = []
    text = answer.text
    theirs = account == "applicant-a"
    if not theirs and account not in A | {"county", "county-2", "x-clerk", "x-supervisor"}:
        found += [f"{way}: shows {each}" for each in (SECRET_NAME, SECRET_STORY) if each in text]
    if not theirs and account not in {"county", "county-2"}:
        found += [
            f"{way}: shows the conduct complaint" for each in (CONDUCT_TITLE, CONDUCT_WORDS) if each in text
        ]
    return found


def shaped(way: str) -> re.Pattern[str]:
    """What a way's path looks like, any value in its places."""
    return re.compile(re.sub(r"\{\w+(:\w+)?\}", "[^/]+", way.partition(" ")[2].replace(".", r"\.")) + r"$")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "POST", "GET"])
def test_a_method_no_route_has_is_told_so_and_changes_nothing(everyone: Everyone, method: str) -> None:
    everyone.hall.limiter = Limiter()
    client, program = everyone.client("county"), everyone.program("county")
    rows = Unchanged(everyone.hall.database.path)
    ways = set(all_ways())
    for path in sorted({way.partition(" ")[2] for way in ways if "{rest:path}" not in way}):
        # Another route of this shape may have the method: /hall/track/leave is /hall/track/{number} too.
        if any(way.startswith(f"{method} ") and shaped(way).match(path) for way in ways):
            continue
        html = not path.startswith("/api/")
        way = f"{method} {path}"
        answer = (client if html else program).request(method, filled(way, everyone))
        assert answer.status_code in (404, 405), way
        assert rows.changed() == [], way
