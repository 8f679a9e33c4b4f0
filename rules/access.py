"""Who may act where: roles, dated assignments of persons to units, and the reach of a unit over the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from rules.quick_dataclass import dataclass


class Role(StrEnum):
    """The parts a person can play (DESIGN “Records”); `system` is the hall itself."""

    APPLICANT = "applicant"
    AGENT = "agent"
    WINDOW_CLERK = "window_clerk"
    COORDINATOR = "coordinator"
    REVIEWER = "reviewer"
    DECIDER = "decider"
    DEPARTMENT_SUPERVISOR = "department_supervisor"
    TOWN_SUPERVISOR = "town_supervisor"
    COUNTY_SUPERVISOR = "county_supervisor"
    PUBLISHER = "publisher"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


ROLE_LABELS: Mapping[Role, str] = MappingProxyType(
    {
        Role.APPLICANT: "申请人",
        Role.AGENT: "代办人",
        Role.WINDOW_CLERK: "窗口人员",
        Role.COORDINATOR: "综合管理员",
        Role.REVIEWER: "审查人员",
        Role.DECIDER: "审批负责人",
        Role.DEPARTMENT_SUPERVISOR: "部门监察员",
        Role.TOWN_SUPERVISOR: "乡镇监察员",
        Role.COUNTY_SUPERVISOR: "县监察员",
        Role.PUBLISHER: "信息发布员",
        Role.ADMINISTRATOR: "系统管理员",
        Role.SYSTEM: "系统",
    }
)

PUBLIC_ROLES = frozenset({Role.APPLICANT, Role.AGENT})
STAFF_ROLES = frozenset(Role) - PUBLIC_ROLES - {Role.SYSTEM}


@dataclass(frozen=True, slots=True)
class Assignment:
    """A person holds a role at a unit, from `valid_from` to `valid_to`, both days included (None: open)."""

    person: str
    role: Role
    unit: str
    valid_from: date | None = None
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the assignment is in force on that day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class UnitTree:
    """The org units: each unit's parent by its code; the county has None."""

    parents: Mapping[str, str | None]

    def upwards(self, unit: str) -> Iterator[str]:
        """The unit, its parent, and so on to the top; a cycle in bad data ends the walk."""
        seen: set[str] = set()
        current: str | None = unit
        while current is not None and current not in seen:
            seen.add(current)
            yield current
            current = self.parents.get(current)

    def under(self, unit: str) -> frozenset[str]:
        """The unit and all below it, for `WHERE unit IN (…)`; empty when the unit is unknown."""
        if unit not in self.parents:
            return frozenset()
        return frozenset(each for each in self.parents if unit in self.upwards(each))


def in_scope(assignment_unit: str, tree: UnitTree, unit: str) -> bool:
    """Whether an assignment at `assignment_unit` reaches `unit`: itself or anything below it in the tree."""
    return assignment_unit in tree.parents and assignment_unit in tree.upwards(unit)


def roles_at(assignments: Iterable[Assignment], tree: UnitTree, unit: str, on: date) -> frozenset[Role]:
    """The roles these assignments give at a unit on a day."""
    return frozenset(
        each.role for each in assignments if each.holds_on(on) and in_scope(each.unit, tree, unit)
    )


def units_for(
    assignments: Iterable[Assignment], roles: frozenset[Role], tree: UnitTree, on: date
) -> frozenset[str]:
    """All units where one of `roles` is held on a day: the scope that queries apply."""
    reached: set[str] = set()
    for each in assignments:
        if each.role in roles and each.holds_on(on):
            reached |= tree.under(each.unit)
    return frozenset(reached)
