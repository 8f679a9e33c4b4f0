"""A rule set: everything a county supervises by, time limits and events, under one version and one hash."""

from __future__ import annotations

from collections.abc import Mapping

from rules.cards import CardObject, CardRule, Level
from rules.quick_dataclass import dataclass
from rules.triggers import TriggerRule

HASH_SHOWN = 8


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules a county supervises by. `version` (such as `four-level@2`) is given by whoever edits the rules,
    `hash` (64 hexadecimal digits, empty for one made in a test) follows from every word of them.
    """

    id: str
    title: str
    version: str
    levels: tuple[Level, ...]
    rules: tuple[CardRule, ...]
    triggers: tuple[TriggerRule, ...] = ()
    hash: str = ""

    @property
    def stamp(self) -> str:
        """What clocks and cards keep of it: `four-level@2#1f0c9a3e`."""
        return f"{self.version}#{self.hash[:HASH_SHOWN]}" if self.hash else self.version

    def rule_for(self, supervised: CardObject) -> CardRule | None:
        """The enabled rule for an object; at most one is."""
        return next((each for each in self.rules if each.enabled and each.object == supervised), None)

    @property
    def by_object(self) -> Mapping[str, CardRule]:
        """The enabled rules by the object they supervise."""
        return {each.object: each for each in self.rules if each.enabled}

    @property
    def enabled_triggers(self) -> tuple[TriggerRule, ...]:
        """The rules about events that are switched on."""
        return tuple(each for each in self.triggers if each.enabled)

    def rule(self, rule_id: str) -> CardRule | TriggerRule | None:
        """The rule of that id, enabled or not."""
        every: tuple[CardRule | TriggerRule, ...] = (*self.rules, *self.triggers)
        return next((each for each in every if each.id == rule_id), None)

    def level(self, number: int) -> Level:
        """Name and shape of a level. Raises KeyError for one the set does not have."""
        found = {each.level: each for each in self.levels}
        return found[number]


def hash_of(stamp: str) -> str:
    """The short hash inside a stamp; empty for one of before there were hashes."""
    return stamp.partition("#")[2]
