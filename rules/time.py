"""One time zone and one way to read and write moments: Asia/Shanghai, stored with its offset."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules.errors import Invalid

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_SECONDS = 86_400

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")

_DATE_ONLY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


def local(moment: datetime) -> datetime:
    """The same moment in Shanghai time, whole seconds; a naive one is taken to be Shanghai time."""
    if moment.tzinfo is SHANGHAI and moment.microsecond == 0:
        return moment
    aware = moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)
    return aware.replace(microsecond=0)


def local_date(moment: datetime | date) -> date:
    """The calendar day in Shanghai; a plain date is itself."""
    return local(moment).date() if isinstance(moment, datetime) else moment


def day_start(day: date) -> datetime:
    """00:00:00 of a day in Shanghai."""
    return datetime.combine(day, time.min, SHANGHAI)


def day_end(day: date) -> datetime:
    """23:59:59 of a day in Shanghai, the last second that still belongs to it."""
    return day_start(day + timedelta(days=1)) - timedelta(seconds=1)


def is_date_only(text: str) -> bool:
    """Whether a stamp names a day and no time of day."""
    return _DATE_ONLY.fullmatch(text.strip()) is not None


def parse_date(text: str) -> date:
    """`2026-03-01`, or the Shanghai day of a full stamp. Raises Invalid."""
    return parse_stamp(text).date()


def parse_stamp(text: str) -> datetime:
    """An ISO 8601 date or date-time; without offset it is Shanghai time. Raises Invalid."""
    cleaned = text.strip()
    try:
        if is_date_only(cleaned):
            year, month, day = (int(part) for part in cleaned.split("-"))
            return day_start(date(year, month, day))
        return local(datetime.fromisoformat(cleaned))
    except (ValueError, OverflowError) as error:
        raise Invalid(f"日期时间“{text}”无法识别，请写成 2026-03-01 或 2026-03-01T09:30:00+08:00") from error


@lru_cache(maxsize=1024)
def format_stamp(moment: datetime) -> str:
    """`2026-03-01T09:30:00+08:00`: how every moment is stored and sent; sorts as text."""
    return local(moment).isoformat(timespec="seconds")
