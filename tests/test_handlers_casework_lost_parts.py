"""Cases whose item version, or whose unit, is no longer in the files: they go on, or say what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from handlers.casework.ground import FixedGuides, Guide
from handlers.casework.requests import Filed
from handlers.store import case_parts, cases, clocks
from rules.case_terms import State
from rules.clock import ClockKind
from rules.errors import Unavailable
from tests.casework_fixtures import LICENCE, Hall, dump, make_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def ready_to_grant(hall: Hall) -> Filed:
    return hall.to_decision(hall.accept(hall.file()), "2026-03-04")


def with_guides(hall: Hall, *guides: Guide) -> None:
    known = FixedGuides({guide.item.code: guide for guide in guides})
    hall.holder.ground = replace(hall.holder.ground, guides=known)


def test_where_the_pinned_version_is_gone_the_present_one_says_which_certificate_is_owed(hall: Hall) -> None:
    filed = ready_to_grant(hall)
    with_guides(hall, Guide(LICENCE, "another-version"))
    hall.move(filed, "grant", "decider", "2026-03-05", opinion="同意")
    certificate = case_parts.certificate(hall.database, 1)
    assert certificate is not None
    assert certificate.name == "食品经营许可证"
    running = {each.kind for each in clocks.of_subject(hall.database, "case", 1) if each.stopped is None}
    assert ClockKind.CERTIFICATE in running


def test_without_any_version_a_grant_is_refused_and_says_what_to_put_back(hall: Hall) -> None:
    filed = ready_to_grant(hall)
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    with_guides(hall)
    before = dump(hall.database)
    with pytest.raises(Unavailable, match=f"data/versions/{case.item_version}.json"):
        hall.move(filed, "grant", "decider", "2026-03-05", opinion="同意")
    assert dump(hall.database) == before
    # What needs no item goes on.
    assert (
        hall.move(filed, "deny", "decider", "2026-03-05", reason="不符合", basis="依据").state is State.DENIED
    )
