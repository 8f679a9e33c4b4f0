"""The one way of counting a running limit: how much is used, when a count is reached, when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from rules.calendar import WorkCalendar
from rules.pause import Pause, Precision, Unit
from rules.time import DAY_SECONDS, day_end, day_start, local, local_date

_Moment = TypeVar("_Moment", date, datetime)


@dataclass(frozen=True)
class Counting:
    """Counts from `start` (its day excluded in day precision) over working or calendar days, without pauses.

    u is a whole number: in day precision the counted days after the start day, in second precision the
    elapsed counted time in days rounded up, so that one second over a day counts as the next (DOMAIN §4).
    """

    calendar: WorkCalendar
    start: datetime
    unit: Unit = "workday"
    precision: Precision = "day"
    pauses: tuple[Pause, ...] = ()

    def used(self, at: datetime) -> int:
        """u at a moment; 0 before the start."""
        if self.precision == "second":
            return -(-self.used_seconds(at) // DAY_SECONDS)
        return self.used_days(local_date(at))

    def used_days(self, day: date) -> int:
        """Counted days after the start day up to and including `day`."""
        first = local_date(self.start)
        if day <= first:
            return 0
        total = self._days_between(first, day)
        for begin, end in self._excluded_days:
            low, high = max(begin, first), min(end, day)
            if low < high:
                total -= self._days_between(low, high)
        return total

    def used_seconds(self, at: datetime) -> int:
        """Counted seconds between the start and a moment."""
        begin, stop = local(self.start), local(at)
        if stop <= begin:
            return 0
        total = self._seconds_between(begin, stop)
        for low, high in self._excluded_seconds:
            total -= self._seconds_between(max(low, begin), min(high, stop))
        return total

    def reached(self, count: int) -> datetime:
        """The first moment at which u ≥ `count`: 00:00 of the day, or the second that begins the next day."""
        if count <= 0:
            return local(self.start)
        if self.precision == "second":
            return self._after_seconds((count - 1) * DAY_SECONDS + 1)
        return day_start(self.day_of(count))

    def day_of(self, count: int) -> date:
        """The `count`-th counted day after the start day."""
        cursor, remaining = local_date(self.start), count
        for begin, end in self._excluded_days:
            if end <= cursor:
                continue
            if begin > cursor:
                free = self._days_between(cursor, begin)
                if remaining <= free:
                    break
                remaining -= free
            cursor = end
        return self._add_days(cursor, remaining)

    def due(self, limit: int) -> date:
        """The last day of a limit of `limit` days, moved to a working day where the law moves it."""
        return local_date(self.due_at(limit))

    def due_at(self, limit: int) -> datetime:
        """The last moment that is still in time: 23:59:59 of the last day, or the very second."""
        if self.precision == "second":
            return self._after_seconds(limit * DAY_SECONDS)
        last = self.day_of(limit) if limit > 0 else local_date(self.start)
        return day_end(self.calendar.next_working_day(last))

    def effective_limit(self, limit: int) -> int:
        """The limit with the days by which its end was moved (calendar days in day precision only)."""
        if self.precision == "second" or self.unit == "workday":
            return limit
        return self.used_days(self.due(limit))

    def _after_seconds(self, seconds: int) -> datetime:
        cursor, remaining = local(self.start), seconds
        for begin, end in self._excluded_seconds:
            if end <= cursor:
                continue
            if begin > cursor:
                free = self._seconds_between(cursor, begin)
                if remaining <= free:
                    break
                remaining -= free
            cursor = end
        return self._add_seconds(cursor, remaining)

    @property
    def _excluded_days(self) -> list[tuple[date, date]]:
        return _merged([each.excluded_days(self.calendar, self.unit) for each in self.pauses])

    @property
    def _excluded_seconds(self) -> list[tuple[datetime, datetime]]:
        return _merged([each.excluded_seconds(self.calendar, self.unit) for each in self.pauses])

    def _days_between(self, begin: date, end: date) -> int:
        if self.unit == "workday":
            return self.calendar.working_days_between(begin, end)
        return (end - begin).days

    def _add_days(self, day: date, days: int) -> date:
        if self.unit == "workday":
            return self.calendar.add_working_days(day, days)
        return day + timedelta(days=days)

    def _seconds_between(self, begin: datetime, end: datetime) -> int:
        if end <= begin:
            return 0
        if self.unit == "workday":
            return self.calendar.working_seconds_between(begin, end)
        return int((end - begin).total_seconds())

    def _add_seconds(self, moment: datetime, seconds: int) -> datetime:
        if self.unit == "workday":
            return self.calendar.add_working_seconds(moment, seconds)
        return moment + timedelta(seconds=seconds)


def _merged(stretches: Sequence[tuple[_Moment, _Moment] | None]) -> list[tuple[_Moment, _Moment]]:
    """Overlapping stretches joined, in order: two pauses at once stop one clock once."""
    joined: list[tuple[_Moment, _Moment]] = []
    for begin, end in sorted(each for each in stretches if each is not None):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined
