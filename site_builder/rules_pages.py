"""The rules as pages: supervision rules with their examples, the states of a case, the working calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from catalog.supervision import ruleset_to_json
from rules.calendar import CalendarYear
from rules.cards import OBJECT_LABELS, CardRule
from rules.case import Diagram, diagram
from rules.levels import RED, WARNING, YELLOW, Threshold
from rules.time import WEEKDAYS
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal
from site_builder.state_picture import everywhere_ends, state_picture


def outputs(portal: Portal) -> Iterator[Output]:
    """`/supervision/rules/`, `/supervision/states/`, `/supervision/calendar/` and one page a year."""
    crumb = ("我要督", "/supervision/")
    yield portal.page(
        "/supervision/rules/",
        "supervision_rules.html",
        "监察规则",
        (ruleset_to_json(portal.rules),),
        section="watch",
        crumbs=(crumb, ("监察规则", "")),
        values={
            "rule_set": portal.rules,
            "objects": OBJECT_LABELS,
            "thresholds": [(rule, threshold_words(rule)) for rule in portal.rules.rules],
        },
    )
    chart = diagram()
    yield portal.page(
        "/supervision/states/",
        "states.html",
        "办件怎么走",
        (repr(chart),),
        section="watch",
        crumbs=(crumb, ("办件怎么走", "")),
        values={
            "chart": chart,
            "picture": state_picture(chart),
            "everywhere": everywhere_ends(chart),
            "rows": _rows(chart),
        },
    )
    years = sorted(portal.calendar.years.values(), key=lambda each: each.year, reverse=True)
    for place, year in enumerate(years):
        latest = place == 0
        addresses = [f"/supervision/calendar/{year.year}/"] + (["/supervision/calendar/"] if latest else [])
        for address in addresses:
            yield portal.page(
                address,
                "calendar.html",
                f"{year.year}年工作日历",
                (_year_key(year), *(each.year for each in years)),
                section="watch",
                crumbs=(crumb, ("工作日历", "/supervision/calendar/"), (f"{year.year}年", "")),
                values=lambda year=year: {  # type: ignore[misc]
                    "year": year,
                    "years": [each.year for each in years],
                    "months": months(portal, year.year),
                    "holidays": _holidays(year),
                },
            )


def _year_key(year: CalendarYear) -> str:
    return fingerprint(
        repr(sorted(year.off.items())),
        repr(sorted(year.work.items())),
        repr(sorted(year.regional.items())),
        repr(year.sources),
    )


def threshold_words(rule: CardRule) -> tuple[tuple[int, str], ...]:
    """Each level of a rule in words: 剩2个工作日以内, 超过法定时限1个工作日."""
    unit = "个工作日" if rule.unit == "workday" else "天"
    measured = ((level, rule.thresholds.of_level(level)) for level in (WARNING, YELLOW, RED))
    return tuple((level, _words(threshold, unit)) for level, threshold in measured if threshold is not None)


def _words(threshold: Threshold, unit: str) -> str:
    against = "法定时限" if threshold.against == "statutory" else "承诺时限"
    if threshold.measure == "left_at_most":
        return f"离{against}还剩{threshold.days}{unit}以内"
    if threshold.measure == "over_at_least":
        return f"超过{against}满{threshold.days}{unit}"
    return f"一超过{against}就算" if threshold.days == 0 else f"超过{against}多于{threshold.days}{unit}"


@dataclass(frozen=True, slots=True)
class StateRow:
    """What can happen in one state."""

    label: str
    ended: bool
    moves: tuple[tuple[str, str, str, str], ...]


def _rows(chart: Diagram) -> tuple[StateRow, ...]:
    labels = {node.state: node.label for node in chart.nodes}
    return tuple(
        StateRow(
            node.label,
            node.ended,
            tuple(
                (edge.label, edge.actors, labels[edge.target], edge.notice)
                for edge in chart.edges
                if edge.source == node.state
            ),
        )
        for node in chart.nodes
    )


@dataclass(frozen=True, slots=True)
class Day:
    """One cell of a month: empty outside the month."""

    number: int = 0
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """One month as weeks from Monday to Sunday."""

    number: int
    weeks: tuple[tuple[Day, ...], ...]
    working: int


def months(portal: Portal, year: int) -> tuple[Month, ...]:
    """The twelve months with each day's status: 班, 休 or an ordinary day."""
    found: list[Month] = []
    for number in range(1, 13):
        first = date(year, number, 1)
        cells = [Day()] * first.weekday()
        day, working = first, 0
        while day.month == number:
            status = portal.calendar.status(day)
            working += status.working
            weekend = day.weekday() >= 5
            kind = (
                "make-up"
                if status.working and weekend
                else "off"
                if not status.working and not weekend
                else ""
            )
            if not status.working and weekend:
                kind = "holiday" if status.reason not in WEEKDAYS and "放假" in status.reason else "weekend"
            cells.append(Day(day.day, kind, status.reason))
            day += timedelta(days=1)
        cells += [Day()] * (-len(cells) % 7)
        weeks = tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7))
        found.append(Month(number, weeks, working))
    return tuple(found)


def _holidays(year: CalendarYear) -> tuple[tuple[str, tuple[date, ...], tuple[date, ...]], ...]:
    names = dict.fromkeys((*year.off.values(), *year.work.values(), *year.regional.values()))
    return tuple(
        (
            name,
            tuple(
                sorted(
                    day for days in (year.off, year.regional) for day, each in days.items() if each == name
                )
            ),
            tuple(sorted(day for day, each in year.work.items() if each == name)),
        )
        for name in names
    )
