"""Turns what was asked into figures: counts by group, shares, percentiles, with the last period and the last year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from catalog.schema import Item
from catalog.statistics import Definitions, Measure
from handlers.casework.ground import Ground
from handlers.statistics import items as item_measures
from handlers.statistics.asking import GROUPS, TIMES, Asked
from handlers.statistics.grouping import Grouping, Groupings
from handlers.statistics.scope import Reach
from handlers.statistics.tables import Figure, Line, Table
from handlers.store import case_lists, statistics
from handlers.store.database import Database
from handlers.store.statistics import BASES, Counted, Narrowed
from rules.errors import Forbidden
from rules.statistics import SMALL, Window, before, change, percentile, ratio, window, year_before
from rules.time import local_date

TOTAL = ""
Tally = dict[str, dict[str, Counter[int]]]
"""By base, by group (`TOTAL`: each row once), how often each value."""
Plain = tuple[float | None, int]
"""A figure and how many are behind it."""


@dataclass(frozen=True)
class Measuring:
    """Everything a table is made from."""

    database: Database
    ground: Ground
    definitions: Definitions
    groupings: Groupings
    reach: Reach

    def table(self, asked: Asked, now: datetime) -> Table:
        """The whole table. `asked` has been checked. Raises Forbidden for a department out of reach, Invalid."""
        today = local_date(now)
        found = window(asked.period, today)
        narrowed = self.narrowed(asked)
        measures = [self.definitions.measures[name] for name in asked.measures]
        departments = tuple(self.ground.departments) if self.reach.whole else self.reach.departments
        shown = (asked.department,) if asked.department else departments
        grouping = self.groupings.of(asked.group, found, shown)
        with self.database.snapshot():
            current = self._figures(asked, measures, grouping, found, narrowed, now)
            earlier: dict[tuple[str, str], Plain] = {}
            a_year_ago: dict[tuple[str, str], Plain] = {}
            last, year = before(found), year_before(found)
            compared = asked.compare and asked.group not in TIMES
            if compared:
                timed = [each for each in measures if each.kind not in ("item", "now")]
                earlier = self._figures(asked, timed, grouping, last, narrowed, now)
                a_year_ago = self._figures(asked, timed, grouping, year, narrowed, now)
        keys = _ordered(grouping, current, measures)

        def line(key: str, label: str) -> Line:
            return Line(
                key,
                label,
                tuple(
                    _figure(
                        each, current.get((each.id, key)), earlier.get((each.id, key)),
                        a_year_ago.get((each.id, key)), compared,
                    )
                    for each in measures
                ),
            )  # fmt: skip

        return Table(
            asked=asked,
            at=now,
            window=found,
            earlier=last if compared else None,
            year=year if compared else None,
            measures=tuple(measures),
            targets={name: each for name, each in self.definitions.targets.items() if name in asked.measures},
            group_label=_group_label(asked),
            lines=tuple(line(key, grouping.label(key) if key != "-" else "其他或不详") for key in keys),
            total=line(TOTAL, "合计"),
            notes=tuple(_notes(asked, measures, current)),
        )

    def narrowed(self, asked: Asked) -> Narrowed:
        """Scope and filters as the store takes them. Raises Forbidden for a department out of reach."""
        scope = self.reach.narrowed
        beyond = not self.reach.whole and asked.department not in self.reach.departments
        # A town's own windows take in for any department.
        if asked.department and beyond and not self.reach.units:
            raise Forbidden("这个部门不在您的管辖范围内。")
        units: tuple[str, ...] | None = None
        if asked.town:
            units = self.groupings.units_of_town(asked.town)
        if asked.unit:
            units = tuple(each for each in (asked.unit,) if units is None or each in units)
        return replace(
            scope,
            department=asked.department or None,
            only_units=units,
            channel=asked.channel or None,
            outcome="" if asked.outcome == "open" else asked.outcome or None,
            items=self.groupings.items_where(
                item=asked.item, item_type=asked.item_type, theme=asked.theme, depth=asked.depth
            ),
        )

    def _figures(
        self,
        asked: Asked,
        measures: Sequence[Measure],
        grouping: Grouping,
        found: Window,
        narrowed: Narrowed,
        now: datetime,
    ) -> dict[tuple[str, str], Plain]:
        """Figures by measure and group."""
        bases = list(
            dict.fromkeys(
                name
                for each in measures
                if each.kind not in ("item", "now")
                for name in (*each.of, *each.over)
            )
        )
        tally = self._tally(bases, grouping, found, narrowed)
        figures: dict[tuple[str, str], Plain] = {}
        for measure in measures:
            if measure.kind == "item":
                figures |= self._of_items(measure, asked)
            elif measure.kind == "now":
                figures |= self._of_now(measure, asked, now)
            else:
                keys = {key for name in (*measure.of, *measure.over) for key in tally[name]}
                for key in keys | {TOTAL}:
                    figures[(measure.id, key)] = value_of(measure, tally, key)
        return figures

    def _tally(self, bases: Sequence[str], grouping: Grouping, found: Window, narrowed: Narrowed) -> Tally:
        tally: Tally = {name: {} for name in bases}
        kept = [name for name in bases if BASES[name].rolled and _from_rolls(grouping, narrowed)]
        for name, counted in self._rolled(kept, grouping, found, narrowed):
            _add(tally[name], grouping, counted)
        for name in bases:
            if name not in kept:
                by = [grouping.column] if grouping.column else []
                for counted in statistics.grouped(
                    self.database, BASES[name], found.first, found.last, by, narrowed
                ):
                    _add(tally[name], grouping, counted)
        return tally

    def _rolled(
        self, names: Sequence[str], grouping: Grouping, found: Window, narrowed: Narrowed
    ) -> Iterator[tuple[str, Counted]]:
        if not names:
            return
        by = {"department": "department", "month": "period", "quarter": "period", "": ""}.get(
            grouping.name, "day"
        )
        yield from statistics.rolled(self.database, names, found.first, found.last, by, narrowed)

    def _of_items(self, measure: Measure, asked: Asked) -> dict[tuple[str, str], Plain]:
        departments = None if self.reach.whole else self.reach.departments
        own = list(item_measures.chosen(item_measures.items_in_force(self.ground), asked, departments))
        by: dict[str, list[Item]] = {TOTAL: own}
        for each in own:
            for key in item_measures.groups(each, asked.group):
                by.setdefault(key, []).append(each)
        make = item_measures.MEASURES[measure.of[0]]
        return {(measure.id, key): make(several) for key, several in by.items()}

    def _of_now(self, measure: Measure, asked: Asked, now: datetime) -> dict[tuple[str, str], Plain]:
        departments = tuple(self.ground.departments) if self.reach.whole else self.reach.departments
        if asked.department:
            departments = tuple(each for each in departments if each == asked.department)
        counts = case_lists.open_by_department(
            self.database, departments, overdue_at=now if measure.of[0] == "overdue" else None
        )
        figures: dict[tuple[str, str], Plain] = {
            (measure.id, key): (count, count) for key, count in counts.items() if asked.group
        }
        total = sum(counts.values())
        return figures | {(measure.id, TOTAL): (total, total)}


def value_of(measure: Measure, tally: Mapping[str, Mapping[str, Counter[int]]], key: str) -> Plain:
    """One figure from counted values, and how many are behind it."""
    own: Counter[int] = Counter()
    for name in measure.of:
        own.update(tally[name].get(key, Counter()))
    whole = sum(own.values())
    if measure.kind == "count":
        number = sum(own[each] for each in measure.values) if measure.values else whole
        return number, number
    if measure.kind == "sum":
        summed = sum(value * count for value, count in own.items())
        return (summed / measure.scale if measure.scale > 1 else summed), whole
    if measure.kind == "percentile":
        return percentile(own, measure.percent or 50), whole
    if measure.kind == "value_share":
        return ratio(sum(own[each] for each in measure.values), whole), whole
    over = sum(sum(tally[name].get(key, Counter()).values()) for name in measure.over)
    return ratio(whole, over), over


def _add(tally: dict[str, Counter[int]], grouping: Grouping, counted: Counted) -> None:
    tally.setdefault(TOTAL, Counter())[counted.value] += counted.count
    if grouping.name:
        for key in grouping.fold(counted.keys[0]):
            tally.setdefault(key, Counter())[counted.value] += counted.count


def _from_rolls(grouping: Grouping, narrowed: Narrowed) -> bool:
    return narrowed.by_department_alone and grouping.column in ("", "department", "day")


def _ordered(
    grouping: Grouping, figures: Mapping[tuple[str, str], Plain], measures: Sequence[Measure]
) -> list[str]:
    """Listed groups first in their order, then what else was found, the most of the first measure first."""
    if not grouping.name:
        return []
    found = dict.fromkeys(key for _, key in figures if key != TOTAL)

    def much(key: str) -> tuple[bool, float, str]:
        value = figures.get((measures[0].id, key), (0, 0))[0]
        return key == "-", -(value or 0), key

    rest = sorted((key for key in found if key not in grouping.always), key=much)
    return [*grouping.always, *rest]


def _figure(
    measure: Measure, current: Plain | None, earlier: Plain | None, year: Plain | None, compared: bool
) -> Figure:
    counts = measure.kind in ("count", "sum", "now")
    empty: Plain = (0 if counts else None, 0)
    value, number = current or empty

    timed = compared and measure.kind not in ("item", "now")
    last = earlier or empty
    a_year = year or empty
    return Figure(
        value,
        number,
        change(last[0], value, numbers=(last[1], number), is_share=measure.is_share) if timed else None,
        change(a_year[0], value, numbers=(a_year[1], number), is_share=measure.is_share) if timed else None,
        small=measure.kind in ("share", "percentile", "value_share") and 0 < number < SMALL,
    )


def _group_label(asked: Asked) -> str:
    return GROUPS[asked.group] if asked.group else "范围"


def _notes(
    asked: Asked, measures: Sequence[Measure], figures: Mapping[tuple[str, str], Plain]
) -> Iterator[str]:
    if asked.group == "theme":
        yield "一个事项可以有几个主题，各主题相加会多于合计。"
    shares = [each for each in measures if each.kind in ("share", "percentile", "value_share")]
    if any(
        0 < number < SMALL
        for (name, _), (_, number) in figures.items()
        if any(name == each.id for each in shares)
    ):
        yield f"带“少”字的占比和百分位背后不到 {SMALL} 件，可能只是碰巧，不宜拿来排名。"
    if any(each.kind in ("item", "now") for each in measures):
        yield "事项指标按现在的指南算，“此刻”的数按打开页面的时候算，都不分时间段，没有环比和同比。"
