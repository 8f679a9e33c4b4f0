"""Units that are in no file any more, merged or closed: they stay in the tree, so that what they hold is not lost."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import cast

from catalog.county import County, OrgUnit, UnitKind
from catalog.units import OrgTree
from handlers.store import units as stored
from handlers.store.database import Database
from handlers.store.people_records import Unit

log = logging.getLogger("hall.units")


def with_former(database: Database, present: OrgTree, county: County) -> OrgTree:
    """The tree of the files, and below it what the database remembers of earlier ones. Says in the log what has
    work left: nobody is told of it by the files.
    """
    rows = stored.former(database, tuple(each.id for each in present))
    if not rows:
        return present
    known = {each.id for each in present} | {row.id for row in rows}
    tree = OrgTree(
        present.units, {row.id: _as_unit(row, _parent(row, present, county, known)) for row in rows}
    )
    for unit, left in unfinished(database, tree).items():
        log.warning(
            "unit %s is in no file any more and holds open work: %d cases, %d letters, %d orders",
            unit.id, left.cases, left.letters, left.orders,
        )  # fmt: skip
    return tree


def unfinished(database: Database, tree: OrgTree) -> Mapping[OrgUnit, stored.Unfinished]:
    """The former units that hold open work."""
    found = stored.unfinished(database, tuple(tree.former))
    return {tree.former[unit]: left for unit, left in found.items()}


def _parent(row: Unit, present: OrgTree, county: County, known: set[str]) -> str | None:
    """Where its people's superiors are: a section's in its department, a window's in the centre, else the county's."""
    if row.kind == "window" and county.centre in present:
        return county.centre
    if row.department and row.department != row.id and row.department in known:
        return row.department
    return present.top


def _as_unit(row: Unit, parent: str | None) -> OrgUnit:
    # Checked when it was in the files; a kind that there no longer is must not stop the hall.
    return OrgUnit.model_construct(
        id=row.id, name=row.name, kind=cast("UnitKind", row.kind), parent=parent, department=row.department
    )
