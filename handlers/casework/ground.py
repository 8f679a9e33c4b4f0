"""What casework stands on besides the database: county, units, guides, calendar, supervision rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from catalog.county import County, Department
from catalog.permissions import packaged
from catalog.schema import Item
from catalog.units import OrgTree
from rules.calendar import WorkCalendar
from rules.cards import CardRule
from rules.errors import NotFound
from rules.permissions import Permissions
from rules.rule_set import RuleSet
from rules.triggers import TriggerRule


@dataclass(frozen=True, slots=True)
class Guide:
    """An item with the hash of its version, as a case pins it."""

    item: Item
    version: str


class Guides(Protocol):
    """Where items come from: the built artifact, or a root's files."""

    def current(self, code: str) -> Guide | None:
        """The item in force under this code."""
        ...

    def version(self, version: str) -> Item | None:
        """An item as it was under a version hash that some case may have pinned."""
        ...

    def item_codes(self) -> tuple[str, ...]:
        """The codes of all items in force, in the catalog's order."""
        ...


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Ground:
    """One consistent view of everything that is data; replaced as a whole when the data change.

    Each is only equal to itself, so that what follows from it can be kept as long as it is in use.

    `card_rules` by supervised object (`case`, `stage`, …); `rules_version` (the rule set's stamp) is written into
    clocks and cards; `rule_set` is the whole of what one supervises by, rules about events included.
    """

    county: County
    departments: Mapping[str, Department]
    units: OrgTree
    guides: Guides
    calendar: WorkCalendar
    card_rules: Mapping[str, CardRule]
    rules_version: str
    permissions: Permissions = field(default_factory=packaged, kw_only=True)
    rule_set: RuleSet | None = None

    @property
    def triggers(self) -> tuple[TriggerRule, ...]:
        """The rules about events that are switched on."""
        return () if self.rule_set is None else self.rule_set.enabled_triggers

    def guide(self, code: str) -> Guide:
        """The item in force. Raises NotFound."""
        found = self.guides.current(code)
        if found is None:
            raise NotFound("没有这个事项，或者它已经停办。请回到事项列表重新选择。")
        return found

    def pinned(self, code: str, version: str) -> Item | None:
        """The item as a case has pinned it; as it is now where that version is no longer kept; None without either."""
        found = self.guides.version(version)
        if found is None:
            current = self.guides.current(code)
            found = None if current is None else current.item
        return found

    @property
    def former_departments(self) -> tuple[str, ...]:
        """Departments that were merged or closed, whose cases go on."""
        return tuple(
            unit.id
            for unit in self.units.former.values()
            if unit.kind == "department" and unit.id not in self.departments
        )

    def unit_name(self, unit: str) -> str:
        """A unit's name, or its code when it is unknown."""
        return self.units.name(unit)


GroundNow = Callable[[], Ground]
"""Asked at every operation, so that a rebuilt portal or a new calendar takes effect without a restart."""


class FixedGuides:
    """Guides held in memory: for commands and tests."""

    def __init__(self, guides: Mapping[str, Guide]) -> None:
        self._guides = dict(guides)
        self._versions = {guide.version: guide.item for guide in guides.values()}

    def current(self, code: str) -> Guide | None:
        """The item under this code."""
        return self._guides.get(code)

    def version(self, version: str) -> Item | None:
        """An item by its version hash."""
        return self._versions.get(version)

    def item_codes(self) -> tuple[str, ...]:
        """All codes."""
        return tuple(self._guides)
