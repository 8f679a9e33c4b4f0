"""When a hearing may be held: seven working days after its parties were told of time and place, and not before the time told."""

from __future__ import annotations

from datetime import date, datetime

from rules.calendar import WorkCalendar
from rules.counting import Counting
from rules.errors import Invalid
from rules.time import day_start, is_date_only, local_date, parse_stamp

TOLD_BEFORE = 7
"""Working days between telling the parties and the hearing, at least (Licensing Law art. 48; in what art. 82 counts)."""


def earliest(calendar: WorkCalendar, told: date) -> date:
    """The first day on which a hearing may be held that is told of on a day, which itself is not counted."""
    return Counting(calendar, day_start(told), "workday").day_of(TOLD_BEFORE)


def moment_told(text: str) -> datetime:
    """The moment of a hearing as written. Raises Invalid for anything but a day with its time."""
    found = parse_stamp(text)
    if is_date_only(text.strip()):
        raise Invalid("请写日期和几点，例如 2026-03-25T09:00")
    return found


def check_time(calendar: WorkCalendar, hearing: datetime, told: datetime) -> None:
    """Raises Invalid at the field `time` for a hearing that the parties are told of too late."""
    first = earliest(calendar, local_date(told))
    if local_date(hearing) < first:
        words = (
            f"应当在举行听证的{TOLD_BEFORE}日前通知申请人和利害关系人（《行政许可法》第四十八条；按工作日算，第八十二条）："
            f"今天通知，听证最早在{first.year}年{first.month}月{first.day}日"
        )
        raise Invalid(words, {"time": words})
