"""The rules as pages: supervision rules with their examples, the states of a case, the working calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from catalog.published_rules import PublishedRules, read_published_rules
from presentation.view import Lights
from rules.calendar import CalendarYear
from rules.case import Diagram, diagram
from rules.quick_dataclass import dataclass
from rules.time import WEEKDAYS
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal
from site_builder.rule_words import event_rules, time_rules
from site_builder.state_picture import everywhere_ends, state_picture


def outputs(portal: Portal) -> Iterator[Output]:
    """`/supervision/rules/` with a page a version, `/supervision/states/`, `/supervision/calendar/` and one page a year."""
    crumb = ("我要督", "/supervision/")
    yield from _rule_pages(portal, crumb)
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
    # A notice for one year may name days of its neighbours, so that a page hangs on all of them.
    named = _year_keys(portal)
    years = sorted(portal.calendar.years.values(), key=lambda each: each.year, reverse=True)
    for place, year in enumerate(years):
        latest = place == 0
        addresses = [f"/supervision/calendar/{year.year}/"] + (["/supervision/calendar/"] if latest else [])
        for address in addresses:
            yield portal.page(
                address,
                "calendar.html",
                f"{year.year}年工作日历",
                (named, *(each.year for each in years)),
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
        # In the order of the file, which is that of the holidays on the page.
        repr(list(year.off.items())),
        repr(list(year.work.items())),
        repr(list(year.regional.items())),
        repr(year.sources),
    )


def _rule_pages(portal: Portal, crumb: tuple[str, str]) -> Iterator[Output]:
    """The rules in force, and every version that has been, each under its own hash for good."""
    published = read_published_rules(portal.root.published)
    current = next((each for each in published if each.stamp == portal.rules.stamp), None)
    now = current or PublishedRules(stamp=portal.rules.stamp, rule_set=portal.rules)
    versions = (now, *(each for each in published if each.stamp != now.stamp))
    history = fingerprint(*(each.text() for each in versions))
    for each in versions:
        text = each.text()
        old = each is not now
        addresses = [f"/supervision/rules/{each.short_hash}/"] + ([] if old else ["/supervision/rules/"])
        for address in addresses:
            own = address.count("/") > 3
            trail = (
                (crumb, ("监察规则", "/supervision/rules/"), (each.stamp, ""))
                if own
                else (crumb, ("监察规则", ""))
            )
            yield portal.page(
                address,
                "supervision_rules.html",
                f"监察规则 {each.stamp}" if own else "监察规则",
                (history, each.stamp, _year_keys(portal)),
                section="watch",
                crumbs=trail,
                values=lambda each=each, old=old: _rule_values(portal, each, versions, old),  # type: ignore[misc]
            )
        yield Output(f"data/rules/{each.short_hash}.json", fingerprint(text), lambda text=text: text)  # type: ignore[misc]


def _rule_values(
    portal: Portal, shown: PublishedRules, versions: tuple[PublishedRules, ...], old: bool
) -> dict[str, object]:
    lights = Lights(shown.rule_set.levels)
    return {
        "rule_set": shown.rule_set,
        "shown": shown,
        "old": old,
        "versions": versions,
        "lights": lights,
        "time_rules": time_rules(shown.rule_set, portal.calendar, lights),
        "event_rules": event_rules(shown.rule_set),
    }


def _year_keys(portal: Portal) -> str:
    return fingerprint(*(_year_key(each) for each in portal.calendar.years.values()))


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
