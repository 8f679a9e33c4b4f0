"""What was caught and watched of a case, for tests of the rules about events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handlers.store import cards, cases
from handlers.store.records import Card
from tests.casework_fixtures import Hall, make_hall

GOOD = {"reason": "经营场所与住宅相通，不符合布局要求", "basis": "《食品经营许可和备案管理办法》第十二条"}


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def case_id(hall: Hall, filed: Any) -> int:
    found = cases.by_number(hall.database, filed.number)
    assert found is not None
    return found.id


def caught(hall: Hall, filed: Any) -> dict[str, Card]:
    """The cards of events by trigger."""
    found = cards.of_subject(hall.database, "case", case_id(hall, filed))
    return {each.trigger: each for each in found if each.trigger}


def to_denial(hall: Hall, conclusions: tuple[str, str], **values: str) -> Any:
    filed = hall.accept(hall.file())
    hall.move(filed, "complete_step", "section", "2026-03-04", opinion="已看", conclusion=conclusions[0])
    hall.move(filed, "complete_step", "reviewer", "2026-03-05", opinion="已看", conclusion=conclusions[1])
    hall.move(filed, "deny", "decider", "2026-03-06", **(values or GOOD))
    return filed
