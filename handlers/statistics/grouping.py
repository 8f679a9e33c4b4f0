"""How counted rows fall into groups, and what each group is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from catalog.codes import Codes
from handlers.casework.ground import Ground
from handlers.store.case_facts import ItemFact
from handlers.store.records import CHANNEL_LABELS
from handlers.store.statistics import day_of
from rules.errors import Invalid
from rules.quick_dataclass import dataclass
from rules.statistics import Window
from rules.time import WEEKDAYS

Fold = Callable[[str | int | None], tuple[str, ...]]
OUTCOMES: Mapping[str, str] = {
    "granted": "准予",
    "denied": "不予许可",
    "refused": "不予受理",
    "withdrawn": "撤回",
    "voided": "作废",
    "open": "还没有结果",
}
DEPTHS: Mapping[str, str] = {"0": "不能网办", "1": "一级", "2": "二级", "3": "三级"}
# What has no place in a grouping: a card of a letter by channel, a case of an item version that is gone.
ELSE = "-"
ELSE_LABEL = "其他或不详"
MOST_DAYS = 100


@dataclass(frozen=True, slots=True)
class Grouping:
    """`column` is what the store groups by, `fold` gives a row's groups (a case may have several themes)."""

    name: str
    column: str
    fold: Fold
    label: Callable[[str], str]
    always: tuple[str, ...] = ()
    """Groups that are listed even when nothing falls into them, in order."""


def month_key(found: int) -> str:
    """`2026-11` of 202611 or 20261122."""
    text = str(found)
    return f"{text[:4]}-{text[4:6]}"


def quarter_key(found: int) -> str:
    """`2026Q4` of 202611 or 20261122."""
    text = str(found)
    return f"{text[:4]}Q{(int(text[4:6]) + 2) // 3}"


class Groupings:
    """All groupings over one ground; `items` are the item versions that cases were filed for."""

    def __init__(self, ground: Ground, codes: Codes, items: Mapping[int, ItemFact]) -> None:
        self.ground, self.codes, self.items = ground, codes, items
        self._names = {each.code: each.name for each in items.values()}
        self.towns = {each.id: self._town(each.id) for each in ground.units}

    def of(self, name: str, window: Window, departments: tuple[str, ...]) -> Grouping:
        """The grouping called `name`. Raises Invalid for too many days."""
        if name == "day" and window.days > MOST_DAYS:
            raise Invalid(f"按日最多看 {MOST_DAYS} 天，请缩短时间段或改按月。")
        made: Mapping[str, Callable[[], Grouping]] = {
            "": lambda: Grouping("", "", lambda key: (), lambda key: "合计"),
            "department": lambda: Grouping(
                "department", "department", _itself, self.department_label, departments
            ),
            "channel": lambda: Grouping(
                "channel", "channel", _itself, lambda key: CHANNEL_LABELS.get(key, key), tuple(CHANNEL_LABELS)
            ),
            "outcome": lambda: Grouping(
                "outcome", "outcome", _of_outcome, lambda key: OUTCOMES.get(key, key)
            ),
            "unit": lambda: Grouping("unit", "unit", _itself, self.ground.unit_name),
            "town": lambda: Grouping("town", "unit", self._of_town, self.ground.unit_name),
            "item": lambda: Grouping("item", "item", self._of_item, lambda key: self._names.get(key, key)),
            "item_type": lambda: Grouping("item_type", "item", self._of_type, self.type_label),
            "depth": lambda: Grouping(
                "depth", "item", self._of_depth, lambda key: DEPTHS.get(key, key), tuple(DEPTHS)
            ),
            "theme": lambda: Grouping("theme", "item", self._of_theme, self.theme_label),
            "day": lambda: Grouping("day", "day", _of_day, _day_label, _days(window)),
            "month": lambda: Grouping("month", "day", _of_month, _month_label, _months(window)),
            "quarter": lambda: Grouping("quarter", "day", _of_quarter, _quarter_label, _quarters(window)),
            "weekday": lambda: Grouping(
                "weekday", "day", _of_weekday, lambda key: WEEKDAYS[int(key) - 1], tuple("1234567")
            ),
        }
        return made[name]()

    def items_where(
        self, *, item: str = "", item_type: str = "", theme: str = "", depth: str = ""
    ) -> tuple[int, ...] | None:
        """The numbers of the item versions that meet filters; None when there is no filter."""
        if not (item or item_type or theme or depth):
            return None
        return tuple(
            number
            for number, each in self.items.items()
            if (not item or each.code == item)
            and (not item_type or each.item_type == item_type)
            and (not theme or theme in each.themes)
            and (not depth or str(each.depth) == depth)
        )

    def units_of_town(self, town: str) -> tuple[str, ...]:
        """The town's own place and all below it."""
        return tuple(unit for unit, own in self.towns.items() if own == town)

    def department_label(self, key: str) -> str:
        """A department's short name; one that is gone stands with its unit's."""
        found = self.ground.departments.get(key)
        return self.ground.unit_name(key) if found is None else found.short_name

    def type_label(self, key: str) -> str:
        """A type's name."""
        return self.codes.label("item-type", key)

    def theme_label(self, key: str) -> str:
        """A theme's name, with whom it is for."""
        table, word = ("theme-personal", "个人") if key.startswith("p") else ("theme-business", "企业")
        return f"{word} · {self.codes.label(table, key[1:])}"

    def _town(self, unit: str) -> str:
        kinds = {each.id: each.kind for each in self.ground.units}
        return next((each for each in self.ground.units.tree.upwards(unit) if kinds.get(each) == "town"), "")

    def _of_town(self, key: str | int | None) -> tuple[str, ...]:
        return (self.towns.get(str(key)) or ELSE,)

    def _item(self, key: str | int | None) -> ItemFact | None:
        return self.items.get(key) if isinstance(key, int) else None

    def _of_item(self, key: str | int | None) -> tuple[str, ...]:
        found = self._item(key)
        return (ELSE,) if found is None else (found.code,)

    def _of_type(self, key: str | int | None) -> tuple[str, ...]:
        found = self._item(key)
        return (ELSE,) if found is None else (found.item_type,)

    def _of_depth(self, key: str | int | None) -> tuple[str, ...]:
        found = self._item(key)
        return (ELSE,) if found is None or found.depth is None else (str(found.depth),)

    def _of_theme(self, key: str | int | None) -> tuple[str, ...]:
        found = self._item(key)
        return (ELSE,) if found is None or not found.themes else found.themes


def _itself(key: str | int | None) -> tuple[str, ...]:
    return (ELSE,) if key is None else (str(key),)


def _of_outcome(key: str | int | None) -> tuple[str, ...]:
    # The empty group is the total's.
    return ("open",) if key == "" else _itself(key)


def _of_day(key: str | int | None) -> tuple[str, ...]:
    return (day_of(int(key or 0)).isoformat(),)


def _of_month(key: str | int | None) -> tuple[str, ...]:
    return (month_key(int(key or 0)),)


def _of_quarter(key: str | int | None) -> tuple[str, ...]:
    return (quarter_key(int(key or 0)),)


def _of_weekday(key: str | int | None) -> tuple[str, ...]:
    return (str(day_of(int(key or 0)).isoweekday()),)


def _day_label(key: str) -> str:
    day = date.fromisoformat(key)
    return f"{day.month}月{day.day}日{WEEKDAYS[day.weekday()]}"


def _month_label(key: str) -> str:
    return f"{key[:4]}年{int(key[5:])}月"


def _quarter_label(key: str) -> str:
    return f"{key[:4]}年第{'一二三四'[int(key[5]) - 1]}季度"


def _days(window: Window) -> tuple[str, ...]:
    return tuple(
        (window.first + timedelta(days=each)).isoformat() for each in range(min(window.days, MOST_DAYS))
    )


def _months(window: Window) -> tuple[str, ...]:
    first = window.first.year * 12 + window.first.month - 1
    last = window.last.year * 12 + window.last.month - 1
    return tuple(f"{each // 12}-{each % 12 + 1:02d}" for each in range(first, last + 1))


def _quarters(window: Window) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{each[:4]}Q{(int(each[5:]) + 2) // 3}" for each in _months(window)))
