"""A case received before it was entered here: which moments can be right, and how the hall knows of it later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.store import events
from handlers.store.events import Told
from handlers.store.moments import Reads
from handlers.store.records import Case, Clock, Event
from presentation.dates import datetime_cn
from rules.calendar import WorkCalendar
from rules.clock import DEFAULT_LIMITS, ClockKind
from rules.time import day_start, local_date

# Longer than any limit of the law; older than that is a slip of the pen.
OLDEST = timedelta(days=1100)


def wrong_moments(received: datetime | None, decided: datetime | None, now: datetime) -> dict[str, str]:
    """What is wrong with the moments staff give for what happened elsewhere, by field; empty when they can be right."""
    wrong: dict[str, str] = {}
    for name, what, moment in (("received_outside", "收件", received), ("decided_outside", "决定", decided)):
        if moment is not None and moment > now:
            wrong[name] = f"{what}的时间晚于现在（{datetime_cn(now)}），请写实际{what}的时间"
        elif moment is not None and moment < now - OLDEST:
            wrong[name] = f"{what}的时间太早，超过三年了，请核对年份"
    if received is None and decided is not None:
        wrong.setdefault("received_outside", "写了系统外决定的时间，也要写什么时候收件的")
    elif received is not None and decided is not None and decided < received:
        wrong.setdefault("decided_outside", "决定的时间早于收件")
    return wrong


def told_in_time(calendar: WorkCalendar, received: datetime | None, decided: datetime | None) -> bool:
    """Whether a case was decided elsewhere before the five working days were over in which to be told (art. 32).

    It was not accepted by silence, then, and may still be entered as the refusal it was.
    """
    if received is None or decided is None:
        return False
    last = calendar.add_working_days(local_date(received), DEFAULT_LIMITS[ClockKind.SUPPLEMENT_NOTICE])
    return local_date(decided) <= last


def left_till_tomorrow(clocks: tuple[Clock, ...], now: datetime) -> tuple[Clock, ...]:
    """The clocks of a case whose five days were over before it was entered: no sweep looks at those on that day.

    Until its end a supplement notice given elsewhere in time can be recorded; by then the case counts as accepted, from
    the receipt as ever.
    """
    if all(each.kind is not ClockKind.SUPPLEMENT_NOTICE or each.due >= now for each in clocks):
        return clocks
    tomorrow = day_start(local_date(now) + timedelta(days=1))
    return tuple(
        replace(each, next_at=tomorrow) if each.kind is ClockKind.SUPPLEMENT_NOTICE else each
        for each in clocks
    )


def accepted_elsewhere(reads: Reads, case: Case) -> bool:
    """Whether a case was accepted before it was entered, so that its limits count from the receipt.

    The Licensing Law counts them from the acceptance (art. 42, 43), which is what a sealed and dated notice says
    (art. 32); for papers received elsewhere and not decided there that is the hall's own notice. Entering them late
    gains nothing over receiving them here: what is not told within five working days of the receipt, wherever it
    was, is accepted from that day (art. 32, `progress.facts.notice_overdue`), and late entry has a rule of its own.
    What was decided before it was entered had been accepted too, and nobody told when: on the day of the receipt.
    After a supplement neither holds: its papers came to the hall itself.
    """
    filed = events.first_of(reads, "case", case.id, "file")
    if filed is None or case.received_at >= filed.at:
        return False
    return filed.payload is None or "decided_outside" in filed.payload


def entered(past: Iterable[Told | Event], case: Case) -> datetime | None:
    """When a case received elsewhere was entered; None for one received by the hall itself.

    Told by the moments alone, so that it is still known when the content of the events has been erased.
    """
    filed = next((each for each in past if each.kind == "file"), None)
    return None if filed is None or filed.at <= case.submitted_at else filed.at
