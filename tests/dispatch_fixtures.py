"""A desk with a county's people and a sink that takes what is sent, for tests of dispatching."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivering_fixtures import (
    Desk,
    Sink,
    http_sink,
    open_desk,
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(tmp_path) as found:
        yield found


@pytest.fixture
def sink() -> Iterator[Sink]:
    with http_sink() as found:
        yield found


def numbers(sink: Sink) -> list[str]:
    return sorted(asked.json["mobile"] for asked in sink.asked)
