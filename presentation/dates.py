"""How dates, durations and money are written for people: 2026年12月3日（周四）, 7个工作日, ¥80."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Protocol

from rules.time import WEEKDAYS, local, parse_stamp

UNIT_WORDS = {"workday": "个工作日", "day": "天"}

Moment = date | datetime | str | None


class LimitLike(Protocol):
    """Anything with days and a unit: catalog.schema.Limit, a special procedure."""

    @property
    def days(self) -> int: ...

    @property
    def unit(self) -> str: ...


def _as_date(value: date | datetime | str) -> date:
    if isinstance(value, str):
        value = parse_stamp(value)
    return local(value).date() if isinstance(value, datetime) else value


def _as_moment(value: date | datetime | str) -> datetime | date:
    if isinstance(value, str):
        return local(parse_stamp(value)) if len(value) > 10 else parse_stamp(value).date()
    return local(value) if isinstance(value, datetime) else value


def date_cn(value: Moment, weekday: bool = True) -> str:
    """`2026年12月3日（周四）`; nothing for None. Strings are ISO dates or stamps."""
    if value is None or value == "":
        return ""
    day = _as_date(value)
    text = f"{day.year}年{day.month}月{day.day}日"
    return f"{text}（{WEEKDAYS[day.weekday()]}）" if weekday else text


def datetime_cn(value: Moment, weekday: bool = False) -> str:
    """`2026年12月3日 09:30`; a plain date stays a date."""
    if value is None or value == "":
        return ""
    moment = _as_moment(value)
    if not isinstance(moment, datetime):
        return date_cn(moment, weekday)
    return f"{date_cn(moment, weekday)} {moment:%H:%M}"


def short_date(value: Moment) -> str:
    """`2026-12-03`, for table columns."""
    return "" if value is None or value == "" else _as_date(value).isoformat()


def duration(days: int | None, unit: str = "workday") -> str:
    """`7个工作日`, `15天`; 0 is `当场办结`."""
    if days is None:
        return ""
    return "当场办结" if days == 0 else f"{days}{UNIT_WORDS.get(unit, unit)}"


def limit_text(limit: LimitLike | None, missing: str = "法律未规定") -> str:
    """A limit as a person says it; `missing` stands where there is none."""
    return missing if limit is None else duration(limit.days, limit.unit)


def seconds_cn(seconds: float) -> str:
    """How long something took or is left, in the two largest units: `2天3小时`, `5分钟`, `不到1分钟`."""
    span = timedelta(seconds=abs(seconds))
    days, rest = span.days, span.seconds
    hours, minutes = rest // 3600, rest % 3600 // 60
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{minutes}分钟" if minutes else f"{hours}小时"
    return f"{minutes}分钟" if minutes else "不到1分钟"


def money(value: Decimal | int | float | str | None) -> str:
    """`¥80`, `¥1,280.50`; text that is no number is given back as it is."""
    if value is None or value == "":
        return ""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not amount.is_finite():
        return str(value)
    text = f"{amount:,.2f}"
    return "¥" + (text[:-3] if text.endswith(".00") else text)


def size_cn(size: int) -> str:
    """A file's size: `320 KB`, `1.4 MB`."""
    if size < 1024:
        return f"{size} 字节"
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} KB"
    return f"{size / 1024 / 1024:.1f} MB"
