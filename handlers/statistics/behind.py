"""The cases behind a figure: the same conditions as the figure was counted with, listed instead of counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from catalog.statistics import Measure
from handlers.statistics.asking import Asked
from handlers.statistics.measuring import Measuring
from handlers.store import statistics
from handlers.store.records import Case
from handlers.store.statistics import BASES, SOURCES
from rules.errors import Invalid
from rules.quick_dataclass import dataclass
from rules.statistics import Window, window
from rules.time import local_date

PAGE = 50


@dataclass(frozen=True, slots=True)
class CasesBehind:
    """A page of the cases, how many there are, and what was asked."""

    measure: Measure
    window: Window
    cases: tuple[Case, ...]
    total: int
    page: int
    pages: int


def can_open(measure: Measure) -> bool:
    """Whether cases stand behind a measure's figures: not behind letters, items or open cases of this moment."""
    if measure.kind in ("item", "now"):
        return False
    return all(name in BASES and SOURCES[BASES[name].source].case for name in measure.of)


def cases_behind(measuring: Measuring, asked: Asked, name: str, now: datetime, page: int) -> CasesBehind:
    """The cases of one measure under filters; of a share, those of its upper part. Raises Invalid."""
    measure = measuring.definitions.measures.get(name)
    if measure is None or not can_open(measure):
        raise Invalid("这个数后面没有可以打开的办件清单。")
    found = window(asked.period, local_date(now))
    days = _weekdays(found, asked.weekday) if asked.weekday else ()
    if asked.weekday and not days:
        return CasesBehind(measure, found, (), 0, 1, 1)
    with measuring.database.snapshot():
        cases, total = statistics.behind(
            measuring.database, measure.of, measure.values or None, found.first, found.last,
            measuring.narrowed(asked), days, PAGE, max(page, 1),
        )  # fmt: skip
    return CasesBehind(measure, found, cases, total, max(page, 1), max(-(-total // PAGE), 1))


def _weekdays(found: Window, weekday: str) -> Sequence[tuple[date, date]]:
    if weekday not in set("1234567"):
        raise Invalid("星期应在 1 到 7 之间。")
    days = (found.first + timedelta(days=each) for each in range(found.days))
    return [(day, day) for day in days if day.isoweekday() == int(weekday)][:200]
