"""What the tests of safety share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.limiter import Limiter
from tests.access_fixtures import Everyone, full_hall


@pytest.fixture(scope="module")
def everyone(built_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everyone]:
    with full_hall(built_county, tmp_path_factory.mktemp("safety")) as made:
        yield made


@pytest.fixture(autouse=True)
def no_limits_of_earlier_tests(everyone: Everyone) -> None:
    everyone.hall.limiter = Limiter()
