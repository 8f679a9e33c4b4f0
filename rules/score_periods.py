"""The periods that scores are for: a month `2026-11`, a quarter `2026Q4`, a year `2026`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Literal

from rules.errors import Invalid
from rules.quick_dataclass import dataclass

Span = Literal["month", "quarter", "year"]
_WRITTEN = re.compile(r"(?P<year>20[0-9]{2})(?:-(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4]))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """One month, quarter or year; `first` and `last` are its days, both included."""

    text: str
    span: Span
    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Period:
        """Raises Invalid for anything but `2026-11`, `2026Q4` and `2026`."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise Invalid(f"“{text[:20]}”不是考评期：请写成 2026-11（月）、2026Q4（季）或 2026（年）。")
        year = int(found["year"])
        if found["month"]:
            return cls(found[0], "month", *_days(year, int(found["month"]), 1))
        if found["quarter"]:
            return cls(found[0], "quarter", *_days(year, 3 * int(found["quarter"]) - 2, 3))
        return cls(found[0], "year", *_days(year, 1, 12))

    @classmethod
    def month_of(cls, day: date) -> Period:
        """The month a day lies in."""
        return cls.parse(f"{day:%Y-%m}")

    @property
    def months(self) -> tuple[Period, ...]:
        """The months of it, in order; a month is its own only one."""
        return tuple(
            Period.parse(f"{self.first.year}-{month:02d}")
            for month in range(self.first.month, self.last.month + 1)
        )

    @property
    def before(self) -> Period:
        """The period of the same span just before."""
        day = self.first - timedelta(days=1)
        if self.span == "month":
            return Period.month_of(day)
        if self.span == "quarter":
            return Period.parse(f"{day.year}Q{(day.month + 2) // 3}")
        return Period.parse(str(day.year))

    @property
    def label(self) -> str:
        """`2026年11月`, `2026年第四季度`, `2026年度`."""
        if self.span == "month":
            return f"{self.first.year}年{self.first.month}月"
        if self.span == "quarter":
            return f"{self.first.year}年第{'一二三四'[self.first.month // 3]}季度"
        return f"{self.first.year}年度"


def _days(year: int, month: int, months: int) -> tuple[date, date]:
    after = month + months
    following = date(year + (after > 12), (after - 1) % 12 + 1, 1)
    return date(year, month, 1), following - timedelta(days=1)
