"""The tree of a county's org units as read from files: who is whose parent, with names and addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from catalog.county import Department, OrgUnit, UnitKind
from rules.access import UnitTree


@dataclass(frozen=True)
class OrgTree:
    """Units by id in file order, departments included; `.tree` is what `rules.access` reckons with.

    `former` units are in no file any more. They are reached and named like all others, and offered nowhere.
    """

    units: Mapping[str, OrgUnit]
    former: Mapping[str, OrgUnit] = field(default_factory=dict)
    tree: UnitTree = field(init=False)

    def __post_init__(self) -> None:
        parents = {unit.id: unit.parent for unit in (*self.former.values(), *self.units.values())}
        object.__setattr__(self, "tree", UnitTree(parents))

    def __contains__(self, unit_id: object) -> bool:
        return unit_id in self.units

    def __iter__(self) -> Iterator[OrgUnit]:
        return iter(self.units.values())

    def __len__(self) -> int:
        return len(self.units)

    def get(self, unit_id: str) -> OrgUnit | None:
        return self.units.get(unit_id)

    def name(self, unit_id: str) -> str:
        """The unit's name, or the id itself when it is unknown."""
        unit = self.units.get(unit_id) or self.former.get(unit_id)
        return unit.name if unit else unit_id

    def label(self, unit_id: str) -> str:
        """The name as lists for staff show it: one that is in no file any more is marked."""
        gone = unit_id in self.former and unit_id not in self.units
        return f"{self.name(unit_id)}（已撤销）" if gone else self.name(unit_id)

    def children(self, unit_id: str | None) -> tuple[OrgUnit, ...]:
        """The units directly below, in file order; `None` gives the tops."""
        return tuple(unit for unit in self if unit.parent == unit_id)

    def of_kind(self, *kinds: UnitKind) -> tuple[OrgUnit, ...]:
        return tuple(unit for unit in self if unit.kind in kinds)

    @property
    def top(self) -> str | None:
        """The id of the county itself."""
        return next((unit.id for unit in self if unit.kind == "county"), None)


def department_unit(department: Department, parent: str) -> OrgUnit:
    """The node a department is in the tree."""
    return OrgUnit(
        id=department.id,
        name=department.name,
        kind="department",
        parent=parent,
        department=department.id,
        address=department.address,
        hours=department.hours,
        phone=department.phone,
    )
