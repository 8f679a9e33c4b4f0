"""Counting for statistics: windows of days with what to compare them to, percentiles of counts, honest changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from rules.errors import Invalid
from rules.quick_dataclass import dataclass
from rules.score_periods import Period

# Below this many, a share or a percentile says little about anybody; the page says so.
SMALL = 30
LONGEST_DAYS = 3 * 366
_RANGE = re.compile(r"(20\d\d-\d\d-\d\d)\.\.(20\d\d-\d\d-\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `first` to `last`, both included, in Shanghai. `text` is how an address writes it.

    `whole`: a named month, quarter or year. `running`: it is not over, and was cut at today.
    """

    text: str
    label: str
    first: date
    last: date
    whole: bool = False
    running: bool = False

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def window(text: str, today: date) -> Window:
    """`2026-11`, `2026Q4`, `2026`, or `2026-11-03..2026-11-20`; empty is the month of today.

    A period that is not over ends today, so that it is compared with as many days of the earlier one. Raises
    Invalid for what is no period, has not begun, or is longer than three years.
    """
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        period = Period.parse(text) if text.strip() else Period.month_of(today)
        made = Window(period.text, period.label, period.first, period.last, whole=True)
    else:
        try:
            first, last = date.fromisoformat(found[1]), date.fromisoformat(found[2])
        except ValueError as error:
            raise Invalid(f"“{text}”里有不存在的日期。") from error
        if last < first:
            raise Invalid("结束日期早于开始日期。")
        label = f"{_day(first)}至{_day(last)}"
        made = Window(f"{first}..{last}", label, first, last)
    if made.days > LONGEST_DAYS:
        raise Invalid("一次最多统计三年，请缩短时间段。")
    if made.first > today:
        raise Invalid(f"{made.label}还没有到。")
    if made.last > today:
        label = f"{made.label}（到{today.month}月{today.day}日）"
        return Window(made.text, label, made.first, today, made.whole, running=True)
    return made


def before(found: Window) -> Window:
    """The period just before (环比): the same span; of a period still running, as many of its days."""
    if not found.whole:
        last = found.first - timedelta(days=1)
        first = last - timedelta(days=found.days - 1)
        return Window(f"{first}..{last}", f"{_day(first)}至{_day(last)}", first, last)
    return _cut(Period.parse(found.text).before, found)


def year_before(found: Window) -> Window:
    """The same days a year earlier (同比)."""
    if not found.whole:
        first, last = _year_earlier(found.first), _year_earlier(found.last)
        return Window(f"{first}..{last}", f"{_day(first)}至{_day(last)}", first, last)
    text = f"{found.first.year - 1}{found.text[4:]}"
    return _cut(Period.parse(text), found)


def _cut(period: Period, like: Window) -> Window:
    if not like.running:
        return Window(period.text, period.label, period.first, period.last, whole=True)
    last = min(period.first + (like.last - like.first), period.last)
    label = f"{period.label}（到{last.month}月{last.day}日）"
    return Window(f"{period.first}..{last}", label, period.first, last)


def _year_earlier(day: date) -> date:
    # 29 February has no day of its own a year earlier.
    return (
        day.replace(year=day.year - 1, day=28)
        if (day.month, day.day) == (2, 29)
        else day.replace(year=day.year - 1)
    )


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def percentile(counts: Mapping[int, int], share: int) -> int | None:
    """The smallest value that at least `share` per cent of all do not exceed; None of nothing.

    Nearest rank: it is always a value that really occurred.
    """
    total = sum(counts.values())
    if total <= 0:
        return None
    wanted, seen = -(-total * share // 100), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            return value
    return None


def ratio(part: int, whole: int) -> float | None:
    """Per cent with one decimal, half up; None where there is nothing to share."""
    return None if whole <= 0 else (2000 * part + whole) // (2 * whole) / 10


@dataclass(frozen=True, slots=True)
class Change:
    """From an earlier figure to a later one. `relative` is per cent, None from nothing or from a share.

    `small`: fewer than thirty cases on either side, so the change may be chance.
    """

    earlier: float
    later: float
    relative: float | None
    small: bool

    @property
    def absolute(self) -> float:
        """Later less earlier, in the unit of the figure (percentage points for shares)."""
        return round(self.later - self.earlier, 1)


def change(
    earlier: float | None, later: float | None, *, numbers: tuple[int, int], is_share: bool
) -> Change | None:
    """The change between two figures; None where either is missing. `numbers`: how many cases are behind each."""
    if earlier is None or later is None:
        return None
    relative = None
    if earlier and not is_share:
        relative = round(100 * (later - earlier) / earlier, 1)
    return Change(earlier, later, relative, min(numbers) < SMALL)
