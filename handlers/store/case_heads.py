"""Of many cases at once what cards, messages and events name: number, item, holder and the step in hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from handlers.store.database import marks
from handlers.store.moments import Reads


class CaseHead(NamedTuple):
    """A case as others name it. `step_name` is empty while no step is in hand."""

    id: int
    number: str
    item_name: str
    holder_unit: str
    step_name: str


def by_ids(reads: Reads, ids: Sequence[int]) -> dict[int, CaseHead]:
    """The heads of the cases that exist, by id."""
    rows = reads.rows(
        "SELECT cases.id, number, item_name, holder_unit, coalesce(step.name, '') FROM cases "  # noqa: S608
        "LEFT JOIN step ON step.case_id = cases.id AND step.position = cases.step "
        f"WHERE cases.id IN ({marks(ids)})",
        tuple(ids),
    )
    return {row[0]: CaseHead(*row) for row in rows}
