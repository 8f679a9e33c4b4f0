"""What may be asked: measures by a group over a period with filters; what cannot be counted so is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from catalog.statistics import Definitions, Measure
from handlers.store.statistics import BASES, SOURCES
from rules.errors import Invalid
from rules.quick_dataclass import dataclass

GROUPS: Mapping[str, str] = {
    "": "不分组",
    "department": "部门",
    "item_type": "事项类型",
    "theme": "主题",
    "item": "事项",
    "channel": "渠道",
    "depth": "网办深度",
    "unit": "受理窗口",
    "town": "乡镇",
    "outcome": "结果",
    "day": "日",
    "month": "月",
    "quarter": "季",
    "weekday": "星期",
}
# How an address writes "not grouped": an empty parameter is easily lost, and a lost one means by department.
NO_GROUP = "none"
TIMES = frozenset({"day", "month", "quarter", "weekday"})
OF_ANYTHING = frozenset({"", "department"}) | TIMES
OF_ITEMS = frozenset({"", "department", "item_type", "theme", "item", "depth"})
OF_NOW = frozenset({"", "department"})
FILTERS = ("department", "item_type", "theme", "item", "channel", "depth", "unit", "town", "outcome")
MOST_MEASURES = 12
DEFAULT = (
    "filed",
    "accepted",
    "closed",
    "on_time_rate",
    "agency_p50",
    "agency_p90",
    "yellow_cards",
    "red_cards",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One table. Empty texts ask for nothing in particular; `compare` adds the last period and the last year."""

    measures: tuple[str, ...] = DEFAULT
    group: str = "department"
    period: str = ""
    compare: bool = True
    department: str = ""
    item_type: str = ""
    theme: str = ""
    item: str = ""
    channel: str = ""
    depth: str = ""
    unit: str = ""
    town: str = ""
    outcome: str = ""
    weekday: str = ""

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set."""
        return {name: getattr(self, name) for name in FILTERS if getattr(self, name)}

    def parameters(self) -> dict[str, str]:
        """As an address writes it; the measures joined by commas."""
        found = {name: value for name, value in asdict(self).items() if isinstance(value, str) and value}
        group = {"group": self.group or NO_GROUP}
        return {
            "measures": ",".join(self.measures),
            **found,
            **group,
            "compare": "1" if self.compare else "0",
        }

    def narrowed(self, **changes: Any) -> Asked:
        """With other filters."""
        return replace(self, **changes)


def asked_of(given: Mapping[str, str], definitions: Definitions) -> Asked:
    """What an address asks for. Raises Invalid, saying what would be possible."""
    named = [each for each in given.get("measures", "").split(",") if each] or [
        each for each in DEFAULT if each in definitions.measures
    ]
    texts = {each.name for each in fields(Asked)} - {"measures", "compare", "group"}
    values = {name: given[name].strip()[:80] for name in texts if name in given}
    group = given.get("group", "department")
    asked = Asked(
        tuple(dict.fromkeys(named)),
        "" if group == NO_GROUP else group,
        compare=given.get("compare") != "0",
        **values,
    )
    check(asked, definitions)
    return asked


def check(asked: Asked, definitions: Definitions) -> None:
    """Raises Invalid for what is unknown, too much, or cannot be counted together, with what could."""
    if asked.group not in GROUPS:
        raise Invalid(f"不能按“{asked.group[:40]}”分组。可以按：{_named(GROUPS)}。")
    unknown = [each for each in asked.measures if each not in definitions.measures]
    if unknown:
        raise Invalid(f"没有叫“{unknown[0][:40]}”的指标。全部指标见“指标说明”。")
    if len(asked.measures) > MOST_MEASURES:
        raise Invalid(f"一张表最多放 {MOST_MEASURES} 个指标，请去掉几个。")
    for name in asked.measures:
        measure = definitions.measures[name]
        possible = groups_of(measure)
        if asked.group not in possible:
            raise Invalid(f"“{measure.label}”不能按{GROUPS[asked.group]}分组。可以按：{_named(possible)}。")
        for each in asked.filters:
            if each not in possible:
                raise Invalid(
                    f"“{measure.label}”不能按{GROUPS[each]}筛选。可以按：{_named(possible - TIMES - {''})}筛选。"
                )


def groups_of(measure: Measure) -> frozenset[str]:
    """How a measure can be grouped and filtered."""
    if measure.kind == "item":
        return OF_ITEMS
    if measure.kind == "now":
        return OF_NOW
    known = [BASES[name] for name in (*measure.of, *measure.over) if name in BASES]
    if len(known) < len(measure.of) + len(measure.over):
        raise Invalid(f"指标“{measure.label}”数的东西程序里没有。可以数：{'、'.join(BASES)}。")
    by_case = all(SOURCES[each.source].groups for each in known)
    return frozenset(GROUPS) if by_case else OF_ANYTHING


def _named(groups: Mapping[str, str] | frozenset[str]) -> str:
    return "、".join(GROUPS[each] for each in GROUPS if each in groups and each) or "（只有合计）"
