"""A due date that explains itself: every day counted or skipped, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from rules.calendar import WorkCalendar
from rules.counting import Counting
from rules.errors import Invalid
from rules.pause import Pause, Unit
from rules.quick_dataclass import dataclass
from rules.time import DAY_SECONDS, day_end, day_start, local_date


@dataclass(frozen=True, slots=True)
class TraceDay:
    """One day between start and due: whether it used up the limit, and the reason in Chinese."""

    date: date
    counted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a limit, whether a notice still to come may move it, and the count day by day."""

    due: date
    provisional: bool
    trace: tuple[TraceDay, ...]


def due(
    start: date, limit: int, unit: Unit, calendar: WorkCalendar, pauses: Sequence[Pause] = ()
) -> Deadline:
    """The due date of a limit of `limit` working or calendar days that begins with an event on `start`.

    The day of the event is not counted (Civil Code art. 201); a calendar-day limit that ends on a day off
    ends on the next working day (art. 203). Raises Invalid for a negative or absurd limit.
    """
    if limit < 0:
        raise Invalid(f"期限不能是负数（现为 {limit}）")
    counting = Counting(calendar, day_start(start), unit, "day", tuple(pauses))
    return explain(counting, limit)


def explain(counting: Counting, limit: int) -> Deadline:
    """The same for a counting of any precision."""
    last = counting.due(limit)
    first = local_date(counting.start)
    # Calendar days depend on the yearly notice only where the last one had to be moved.
    since = first if counting.unit == "workday" else _unmoved(counting, limit) - timedelta(days=1)
    provisional = counting.calendar.is_provisional_between(since, last)
    if limit == 0 and last == first:
        provisional = counting.calendar.status(last).provisional
    days = _trace_seconds(counting, limit) if counting.precision == "second" else _trace_days(counting, limit)
    return Deadline(last, provisional, tuple(days))


def _unmoved(counting: Counting, limit: int) -> date:
    """The last day of a limit before it is moved off a day of rest."""
    if counting.precision == "second":
        return counting.due(limit)
    return counting.day_of(limit) if limit > 0 else local_date(counting.start)


def _trace_days(counting: Counting, limit: int) -> Iterator[TraceDay]:
    calendar, first = counting.calendar, local_date(counting.start)
    last, unmoved = counting.due(limit), _unmoved(counting, limit)
    yield TraceDay(first, False, "起算当日不计入，自次日起算" if limit else "当日办结")
    used = 0
    for offset in range(1, (last - first).days + 1):
        day = first + timedelta(days=offset)
        status = calendar.status(day)
        if day > unmoved:
            moved = "顺延到这一日" if day == last else "期限最后一日遇休息日，顺延"
            yield TraceDay(day, False, f"{status.reason}；{moved}")
            continue
        total = counting.used_days(day)
        pause = _pause_on(counting, day)
        if total > used:
            yield TraceDay(
                day, True, status.reason if counting.unit == "workday" else f"自然日（{status.reason}）"
            )
        elif pause is not None and (status.working or counting.unit == "day"):
            yield TraceDay(day, False, f"{pause.reason or '暂停计时'}，不计入期限")
        else:
            yield TraceDay(day, False, status.reason)
        used = total


def _trace_seconds(counting: Counting, limit: int) -> Iterator[TraceDay]:
    calendar, first = counting.calendar, local_date(counting.start)
    end = counting.due_at(limit)
    used = 0
    for offset in range((end.date() - first).days + 1):
        day = first + timedelta(days=offset)
        total = counting.used_seconds(min(day_end(day) + timedelta(seconds=1), end))
        gained, used = total - used, total
        reason = calendar.status(day).reason
        pause = _pause_on(counting, day)
        if gained == 0 and pause is not None and calendar.status(day).working:
            yield TraceDay(day, False, f"{pause.reason or '暂停计时'}，不计入期限")
        elif 0 < gained < DAY_SECONDS:
            yield TraceDay(day, True, f"{reason}，计入{_hours(gained)}")
        else:
            yield TraceDay(day, gained > 0, reason)


def _pause_on(counting: Counting, day: date) -> Pause | None:
    for pause in counting.pauses:
        if counting.precision == "second":
            moments = pause.excluded_seconds(counting.calendar, counting.unit)
            if moments and moments[0] < day_end(day) and day_start(day) < moments[1]:
                return pause
        else:
            days = pause.excluded_days(counting.calendar, counting.unit)
            if days and days[0] < day <= days[1]:
                return pause
    return None


def _hours(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "小时"), (minutes, "分"), (left, "秒"))
    return "".join(f"{number}{name}" for number, name in parts if number)
