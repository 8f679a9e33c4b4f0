"""Whose figures a person may see: the county's, some departments', or those of a town's own windows."""

from __future__ import annotations

from datetime import datetime

from handlers.casework.authority import departments_in_scope
from handlers.casework.ground import Ground
from handlers.store.people_records import Person
from handlers.store.statistics import Narrowed
from rules.access import units_for
from rules.errors import Forbidden
from rules.permissions import Capability
from rules.quick_dataclass import dataclass
from rules.time import local_date


@dataclass(frozen=True, slots=True)
class Reach:
    """`whole`: the county. Otherwise cases of these departments, or taken in at these units."""

    departments: tuple[str, ...]
    units: tuple[str, ...] = ()
    whole: bool = False

    @property
    def narrowed(self) -> Narrowed:
        """As a query takes it."""
        return Narrowed() if self.whole else Narrowed(self.departments, self.units)


def reach_of(person: Person, ground: Ground, now: datetime) -> Reach:
    """What today's posts reach. Raises Forbidden without any such post."""
    day = local_date(now)
    readers = ground.permissions.roles(Capability.STATISTICS_SEE)
    departments = departments_in_scope(person.assignments, ground, readers, day)
    if ground.departments.keys() <= set(departments):
        return Reach(departments, (), whole=True)
    reached = units_for(person.assignments, readers, ground.units.tree, day)
    # A department sees its cases by department; only places that take in for others are seen by place.
    places = {each.id for each in ground.units if each.kind in ("town", "village", "centre")}
    found = Reach(departments, tuple(sorted(reached & places)))
    if not found.departments and not found.units:
        raise Forbidden("您的岗位没有统计分析的权限。")
    return found


COUNTY = Reach((), (), whole=True)
