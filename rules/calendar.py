"""Working days: published yearly notices as data, provisional answers where none is published yet."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date, datetime, timedelta
from types import MappingProxyType

from rules.errors import Invalid
from rules.quick_dataclass import dataclass
from rules.statutory_holidays import statutory_holidays
from rules.time import DAY_SECONDS, WEEKDAYS, day_start, local

# A limit in law is at most a few years; far beyond it is a typing error, not a due date.
MOST_DAYS = 40_000


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One published year: days off and make-up working days with the holiday's name, and where it says so.

    A notice may name days of the neighbouring year (2018-12-29 is in the notice for 2019). `regional` holds
    the extra days off that a region gives itself (全国年节及纪念日放假办法 art. 4).
    """

    year: int
    off: Mapping[date, str]
    work: Mapping[date, str] = field(default_factory=dict)
    regional: Mapping[date, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    regional_basis: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DayStatus:
    """Whether a day is worked, why (Chinese), and whether that may still change with the year's notice."""

    working: bool
    reason: str
    provisional: bool


class WorkCalendar:
    """Working days over the published years; other years by weekends and statutory holidays, provisional."""

    def __init__(self, years: Iterable[CalendarYear] = ()) -> None:
        self.years: Mapping[int, CalendarYear] = MappingProxyType(
            {each.year: each for each in sorted(years, key=lambda each: each.year)}
        )
        self._named: dict[date, DayStatus] = {}
        # A later notice wins over an earlier one about the same day.
        for each in self.years.values():
            for day, name in each.off.items():
                self._named[day] = DayStatus(False, f"{name}放假", False)
            for day, name in each.work.items():
                made_up = "调休上班" if day.weekday() >= 5 else "假期后上班"
                self._named[day] = DayStatus(True, f"{name}{made_up}", False)
            for day, name in each.regional.items():
                self._named[day] = DayStatus(False, f"{name}放假（地方规定）", False)
        self._working_days: dict[int, list[int]] = {}

    def status(self, day: date) -> DayStatus:
        """Whether `day` is worked and why."""
        named = self._named.get(day)
        if named is not None:
            return named
        published = day.year in self.years
        weekday = WEEKDAYS[day.weekday()]
        working, reason = (
            day.weekday() < 5,
            f"{weekday}，工作日" if day.weekday() < 5 else f"{weekday}，休息日",
        )
        if not published:
            holiday = statutory_holidays(day.year).get(day)
            if holiday is not None:
                working, reason = False, f"{holiday}，法定节日"
            reason += f"（{day.year}年放假安排未公布，暂定）"
        return DayStatus(working, reason, not published)

    def is_working(self, day: date) -> bool:
        """Whether `day` is a working day."""
        return self.status(day).working

    def next_working_day(self, day: date) -> date:
        """`day` itself when it is worked, else the first working day after it."""
        return day if self.status(day).working else self.add_working_days(day, 1)

    def add_working_days(self, start: date, days: int) -> date:
        """The `days`-th working day after `start` (not counted); 0 is `start`; below 0 counts backwards."""
        if abs(days) > MOST_DAYS:
            raise Invalid(f"期限 {days} 天过长，请核对")
        if days == 0:
            return start
        return self._forward(start, days) if days > 0 else self._backward(start, -days)

    def _forward(self, start: date, remaining: int) -> date:
        year = start.year
        ordinals = self._ordinals(year)
        passed = bisect_right(ordinals, start.toordinal())
        while passed + remaining > len(ordinals):
            remaining -= len(ordinals) - passed
            year, passed = year + 1, 0
            ordinals = self._ordinals(year)
        return date.fromordinal(ordinals[passed + remaining - 1])

    def _backward(self, start: date, remaining: int) -> date:
        year = start.year
        ordinals = self._ordinals(year)
        before = bisect_left(ordinals, start.toordinal())
        while remaining > before:
            remaining -= before
            year -= 1
            ordinals = self._ordinals(year)
            before = len(ordinals)
        return date.fromordinal(ordinals[before - remaining])

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` is earlier."""
        if end < start:
            return -self.working_days_between(end, start)
        counted = self._rank(end) - self._rank(start)
        return counted + sum(len(self._ordinals(year)) for year in range(start.year, end.year))

    def add_working_seconds(self, start: datetime, seconds: int) -> datetime:
        """The first moment at which `seconds` have run over working days (each 24 hours) since `start`."""
        begin = local(start)
        if seconds <= 0:
            return begin
        day = begin.date()
        into = int((begin - day_start(day)).total_seconds())
        if self.is_working(day):
            seconds += into
        else:
            day = self.add_working_days(day, 1)
        whole, rest = divmod(seconds, DAY_SECONDS)
        if rest == 0:
            # The last second of a full day, told as 00:00 of the day after it.
            last = day if whole == 1 else self.add_working_days(day, whole - 1)
            return day_start(last + timedelta(days=1))
        return day_start(self.add_working_days(day, whole)) + timedelta(seconds=rest)

    def working_seconds_between(self, start: datetime, end: datetime) -> int:
        """Seconds between two moments that fall on working days (24 hours each); 0 when `end` is earlier."""
        begin, stop = local(start), local(end)
        if stop <= begin:
            return 0
        total = self.working_days_between(begin.date(), stop.date()) * DAY_SECONDS
        if self.is_working(begin.date()):
            total += DAY_SECONDS - int((begin - day_start(begin.date())).total_seconds())
        if self.is_working(stop.date()):
            total -= DAY_SECONDS - int((stop - day_start(stop.date())).total_seconds())
        return total

    def is_provisional_between(self, start: date, end: date) -> bool:
        """Whether any day after `start` up to and including `end` belongs to a year not published yet."""
        if all(year in self.years for year in range(start.year, end.year + 1)):
            return False
        days = ((start + timedelta(days=offset)) for offset in range(1, (end - start).days + 1))
        return any(self.status(day).provisional for day in days)

    def changed_days(self, newer: WorkCalendar) -> tuple[date, ...]:
        """The days worked in only one of the two calendars, or provisional in only one.

        Every open due date on or after the first of them has to be computed again.
        """
        years = self.years.keys() | newer.years.keys()
        span = {each for year in years for each in (year - 1, year, year + 1)}
        found: list[date] = []
        for year in sorted(span):
            if not date.min.year < year < date.max.year:
                continue
            day = date(year, 1, 1)
            while day.year == year:
                old, new = self.status(day), newer.status(day)
                if (old.working, old.provisional) != (new.working, new.provisional):
                    found.append(day)
                day += timedelta(days=1)
        return tuple(found)

    def _rank(self, day: date) -> int:
        return bisect_right(self._ordinals(day.year), day.toordinal())

    def _ordinals(self, year: int) -> list[int]:
        known = self._working_days.get(year)
        if known is None:
            if not date.min.year < year < date.max.year:
                raise Invalid(f"年份 {year} 超出日历范围")
            first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            days = (date.fromordinal(ordinal) for ordinal in range(first, last + 1))
            known = [day.toordinal() for day in days if self.status(day).working]
            self._working_days[year] = known
        return known
