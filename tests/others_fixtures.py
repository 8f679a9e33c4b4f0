"""What the tests of access to others' things share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from tests.access_fixtures import Everyone, full_hall

NO_NUMBER, NO_ID, NO_LETTER = "QH202603029998", "999998", "QHZ202603029998"


PASSING = re.compile(
    r'(?:name="(?:csrf|key|seen|files)"[^>]*value="[^"]*"|data-(?:stream|board)-?\w*="[^"]*"|"request_id": ?"\w*"|编号：?\w{12}'
    r"|<code>\w{12}</code>)"
)


@pytest.fixture(scope="module")
def everyone(built_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everyone]:
    with full_hall(built_county, tmp_path_factory.mktemp("others")) as made:
        yield made


def said(answer: Any, *asked: object) -> tuple[int, str]:
    """Status and body, without the request's own number and what was asked for."""
    text = answer.text.replace(answer.headers["x-request-id"], "#")
    for each in sorted((str(each) for each in asked), key=len, reverse=True):
        # A page that is not found offers to search for the words of its address.
        for shown in (each, each.replace("-", " "), each.strip("/").replace("/", " ").replace("-", " ")):
            text = text.replace(shown, "*")
    return answer.status_code, PASSING.sub("", text)


def differences(one: str, other: str) -> Iterator[str]:
    """The lines in which two bodies differ."""
    pairs = zip_longest(one.splitlines(), other.splitlines(), fillvalue="")
    return (f"{first} | {second}" for first, second in pairs if first != second)


def alike(client: Any, method: str, there: str, nowhere: str, *names: object, **sent: Any) -> tuple[int, int]:
    """Asserts that both addresses get one answer. Its status, and that of nowhere."""
    first, second = client.request(method, there, **sent), client.request(method, nowhere, **sent)
    one, other = said(first, there, nowhere, *names), said(second, there, nowhere, *names)
    assert one[0] == other[0], (method, there)
    assert list(differences(one[1], other[1])) == [], (method, there)
    assert first.headers.get("content-type") == second.headers.get("content-type")
    return first.status_code, second.status_code
