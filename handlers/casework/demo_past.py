"""Last month's demo cases, decided on the spot: what the score shown to departments opens into."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from catalog.schema import Item
from handlers.casework.demo_cases import Stage, Story
from rules.score_periods import Period

# A busy department closes enough in the month to be ranked (30 by the scheme that ships); the others do not.
_BUSY, _QUIET = 31, 2
_MOST_QUIET = 4
_DAYS = (3, 7, 11, 15)  # working days of the month: few, because every day of the stage is swept
_FIRST = 500


def plan_last_month(stage: Stage, on_the_spot: Sequence[Item]) -> None:
    """Plans the month before this one: one busy department and some quiet ones, with ratings."""
    by_department: dict[str, list[Item]] = {}
    for each in on_the_spot:
        by_department.setdefault(each.department, []).append(each)
    at = _FIRST
    days = _working_days(stage)
    busiest_first = sorted(by_department.items(), key=lambda each: -len(each[1]))
    for place, (_, items) in enumerate(busiest_first[: _MOST_QUIET + 1]):
        for count in range(_BUSY if place == 0 else _QUIET):
            ago = days[count % len(days)]
            story = Story(stage, items[count % len(items)], at, listed=False)
            story.file(ago).accept(ago).grant(ago).deliver(ago)
            if count % 3 == 0:
                story.rate(ago, 1 + (count == 6) * 3, "")
            at += 1


def _working_days(stage: Stage) -> list[int]:
    """Some working days of last month, as so many working days ago."""
    calendar, today = stage.casework.ground().calendar, stage.now.date()
    month = Period.month_of(today).before
    first: date = month.first - timedelta(days=1)
    wanted = [calendar.add_working_days(first, each) for each in _DAYS]
    return [calendar.working_days_between(each, today) for each in wanted if each <= month.last]
