"""One stop of the clock in the ledger of pauses, and the stretch of time it excludes (DOMAIN §3)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from rules.calendar import WorkCalendar
from rules.quick_dataclass import dataclass
from rules.time import DAY_SECONDS, day_start, local, local_date

Unit = Literal["workday", "day"]
Precision = Literal["day", "second"]


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause begun at `start` and ended at `end` (None: still open), with what the applicant was told.

    `notified` is the number of days written in the notice, in the unit of the clock; None means that no
    length was told: then a closed pause excludes what it lasted and an open one excludes nothing, because
    the Licensing Law (art. 45) lets the clock stand still only for a time the applicant was told in writing.
    `whole_days` marks a pause known by its dates alone; then the days after `start` up to `end` are excluded.
    """

    start: datetime
    end: datetime | None = None
    notified: int | None = None
    reason: str = ""
    basis: str = ""
    whole_days: bool = False

    @classmethod
    def of_days(cls, start: date, end: date | None, notified: int | None = None, reason: str = "") -> Pause:
        """A pause known by its dates: excludes the days after `start` up to and including `end`."""
        return cls(
            day_start(start), None if end is None else day_start(end), notified, reason, whole_days=True
        )

    def excluded_days(self, calendar: WorkCalendar, unit: Unit) -> tuple[date, date] | None:
        """The days not counted: after the first, up to and including the second.

        At most the notified days; an open pause runs to its notified end and no further. None when nothing
        is excluded.
        """
        first = local_date(self.start)
        ends: list[date] = []
        if self.end is not None:
            ends.append(local_date(self.end))
        if self.notified is not None:
            ends.append(
                calendar.add_working_days(first, self.notified)
                if unit == "workday"
                else first + timedelta(days=self.notified)
            )
        if not ends or min(ends) <= first:
            return None
        return first, min(ends)

    def excluded_seconds(self, calendar: WorkCalendar, unit: Unit) -> tuple[datetime, datetime] | None:
        """The same as moments [from, to) for counting to the second."""
        shift = timedelta(days=1) if self.whole_days else timedelta()
        first = local(self.start + shift)
        ends: list[datetime] = []
        if self.end is not None:
            ends.append(local(self.end + shift))
        if self.notified is not None:
            seconds = self.notified * DAY_SECONDS
            ends.append(
                calendar.add_working_seconds(first, seconds)
                if unit == "workday"
                else first + timedelta(seconds=seconds)
            )
        if not ends or min(ends) <= first:
            return None
        return first, min(ends)
