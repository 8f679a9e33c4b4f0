"""Starts, pauses, lengthens, stops and explains the clocks of cases and letters, by the rules' one clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from handlers.casework.ground import Ground
from handlers.casework.views import DueView
from handlers.store.records import Case, Clock, PauseRow
from presentation.dates import date_cn, duration
from rules.calendar import WorkCalendar
from rules.clock import (
    ARTICLES,
    CLOCK_LABELS,
    DEFAULT_LIMITS,
    ClockKind,
    ClockSpec,
    ClockTimes,
    Extension,
    compute,
)
from rules.counting import Counting
from rules.levels import LevelTimes, Threshold, Thresholds
from rules.pause import Pause, Precision, Unit
from rules.quick_dataclass import dataclass
from rules.time import day_start, local, local_date

OBJECTS: Mapping[ClockKind, str] = {
    ClockKind.PRE_ACCEPTANCE: "pre_acceptance",
    ClockKind.PROMISE: "case",
    ClockKind.STAGE: "stage",
    ClockKind.SPECIAL_PROCEDURE: "special_procedure",
    ClockKind.CERTIFICATE: "certificate",
}
PAUSED = frozenset({ClockKind.PROMISE, ClockKind.STATUTE, ClockKind.STAGE})
EXTENDED = frozenset({ClockKind.PROMISE, ClockKind.STATUTE})
_NO_THRESHOLDS = Thresholds()
# What follows a card or a bad rating is late the day after, whether or not the rule set gives a card for that.
_LATE = Thresholds(yellow=Threshold("over_more_than", 0))
_UNRULED: Mapping[ClockKind, Thresholds] = {
    ClockKind.ORDER: _LATE,
    ClockKind.EXPLANATION: _LATE,
    ClockKind.APPEAL: _LATE,
    ClockKind.RATING_CONTACT: _LATE,
    ClockKind.RATING_FIX: _LATE,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a clock runs: days in `unit`, the law's own limit in the same unit, and the article."""

    days: int
    unit: Unit = "workday"
    statutory: int | None = None
    basis: str = ""


class Timed(Protocol):
    """What times follow from: a stored clock, or its limits alone."""

    @property
    def kind(self) -> ClockKind: ...
    @property
    def object(self) -> str: ...
    @property
    def started(self) -> datetime: ...
    @property
    def limit_days(self) -> int: ...
    @property
    def statutory_days(self) -> int | None: ...
    @property
    def extension_days(self) -> int: ...
    @property
    def limit_unit(self) -> str: ...
    @property
    def precision(self) -> str: ...


def new(
    ground: Ground,
    kind: ClockKind,
    start: datetime,
    limit: Limit,
    *,
    subject: str,
    subject_id: int,
    department: str,
    unit: str,
    drill: bool,
    object_: str | None = None,
    step: int | None = None,
    person: str | None = None,
) -> Clock:
    """A clock as it is to be stored (its id is still 0). Raises Invalid for an absurd limit."""
    object_name = OBJECTS.get(kind, "") if object_ is None else object_
    rule = ground.card_rules.get(object_name)
    blank = Clock(
        id=0,
        subject=subject,
        subject_id=subject_id,
        kind=kind,
        object=object_name if rule else "",
        step=step,
        department=department,
        unit=unit,
        person=person,
        drill=drill,
        started=start,
        limit_days=limit.days,
        statutory_days=limit.statutory,
        extension_days=0,
        limit_unit=limit.unit,
        basis=limit.basis or ARTICLES[kind],
        precision=rule.precision if rule else ground.county.settings.precision,
        due=start,
        provisional=False,
        warn_at=None,
        yellow_at=None,
        red_at=None,
        next_at=None,
        level=0,
        since=None,
        stopped=None,
        stop_reason="",
        rules=ground.rules_version,
        put_off="",
    )
    return timed(ground, blank, ())


def timed(ground: Ground, clock: Clock, pauses: Iterable[PauseRow]) -> Clock:
    """The clock with its times computed from its events as they stand."""
    times = times_of(ground, clock, pauses)
    # Computed per day and shared between clocks, so that a level can seem to begin before the clock did.
    warn_at, yellow_at, red_at = (
        None if each is None else max(each, clock.started)
        for each in (times.warn_at, times.yellow_at, times.red_at)
    )
    begins = LevelTimes(warn_at, yellow_at, red_at)
    return replace(
        clock,
        due=times.due_at,
        provisional=times.provisional,
        warn_at=warn_at,
        yellow_at=yellow_at,
        red_at=red_at,
        next_at=None if clock.stopped is not None else next_of(clock.kind, clock.level, begins, times.due_at),
        rules=ground.rules_version,
    )


def next_moment(clock: Clock, reached: int) -> datetime | None:
    """When a sweep must look next at a clock that has reached a level: the first it has not, or its own end."""
    if clock.stopped is not None:
        return None
    begins = LevelTimes(clock.warn_at, clock.yellow_at, clock.red_at)
    return next_of(clock.kind, reached, begins, clock.due)


def level_at(clock: Clock, moment: datetime) -> tuple[int, datetime | None]:
    """The light of a clock at a moment (at its stop, when it has stopped), and since when."""
    at = moment if clock.stopped is None else min(moment, clock.stopped)
    return LevelTimes(clock.warn_at, clock.yellow_at, clock.red_at).at(at)


def times_of(ground: Ground, clock: Timed, pauses: Iterable[PauseRow]) -> ClockTimes:
    """What the rules make of a clock."""
    spec = _spec(ground, clock, pauses)
    return _computed(spec, ground.calendar)


def statutory_in(
    calendar: WorkCalendar, start: datetime, days: int | None, unit: Unit, wanted: Unit
) -> int | None:
    """A statutory limit counted in the unit of the promise beside it, so that one card rule can see both.

    Thirty calendar days against a promise in working days are as many working days as lie between start and
    the thirtieth day (moved off a day of rest).
    """
    if days is None or unit == wanted:
        return days
    last = Counting(calendar, start, unit).due(days)
    return Counting(calendar, start, wanted).used_days(last)


def extension_in(ground: Ground, clock: Clock, pauses: Iterable[PauseRow], days: int, unit: str) -> int:
    """An extension granted in days of `unit` as days of a clock's own.

    A clock of the other unit is lengthened so that it ends where those days after its due day end: the applicant
    was told one extension, and promise and statute are moved by the same.
    """
    if unit == clock.limit_unit:
        return days
    last = Counting(ground.calendar, clock.due, _unit(unit)).due(days)
    return max(_counting(ground, clock, pauses).used_days(last) - clock.limit_days - clock.extension_days, 0)


def decision_limits(ground: Ground, case: Case, start: datetime) -> dict[ClockKind, Limit]:
    """Promise and statute of a case as pinned; without either the general limit of the law stands for both."""
    promised_unit, statutory_unit = _unit(case.promised_unit), _unit(case.statutory_unit or "workday")
    statutory = statutory_in(ground.calendar, start, case.statutory_days, statutory_unit, promised_unit)
    found = {ClockKind.PROMISE: Limit(case.promised_days, promised_unit, statutory)}
    if case.statutory_days is not None:
        found[ClockKind.STATUTE] = Limit(case.statutory_days, statutory_unit, basis=case.limit_basis)
    return found


def intake_limits(ground: Ground, pre_review_days: int | None, online: bool) -> dict[ClockKind, Limit]:
    """Pre-review for online filings that need one, and the five days of the supplement notice."""
    found = {
        ClockKind.SUPPLEMENT_NOTICE: Limit(DEFAULT_LIMITS[ClockKind.SUPPLEMENT_NOTICE]),
    }
    if online:
        days = ground.county.settings.pre_review_days if pre_review_days is None else pre_review_days
        found[ClockKind.PRE_ACCEPTANCE] = Limit(days)
    return found


def primary(clocks: Iterable[Clock]) -> Clock | None:
    """The running clock whose due day a list shows: the promise, else what runs out first."""
    running = [each for each in clocks if each.stopped is None]
    for kind in (ClockKind.PROMISE, ClockKind.DELIVERY, ClockKind.LETTER):
        found = next((each for each in running if each.kind is kind), None)
        if found is not None:
            return found
    return min(running, key=lambda each: each.due, default=None)


def light(clocks: Iterable[Clock], now: datetime) -> int:
    """The highest level among running clocks."""
    return max((level_at(each, now)[0] for each in clocks if each.stopped is None), default=0)


def used(ground: Ground, clock: Clock, pauses: Iterable[PauseRow], at: datetime) -> int:
    """Days of the clock's unit used by a moment, pauses left out."""
    return _counting(ground, clock, tuple(pauses)).used(at)


def explain(
    ground: Ground, clock: Clock, pauses: Iterable[PauseRow], now: datetime, entered: datetime | None = None
) -> DueView:
    """The due date day by day. A stopped clock is explained as it stood when it stopped.

    `entered`: when a case received elsewhere was entered here; a clock that began before says from what it counts.
    """
    outside = entered is not None and clock.started < entered
    ledger = tuple(pauses) if clock.kind in PAUSED else ()
    at = now if clock.stopped is None else min(now, clock.stopped)
    spec = _spec(ground, clock, ledger)
    if spec.precision == "day":
        times, words, left = _told_of_a_day(spec, ground.calendar, local_date(at), outside)
    else:
        times, words, left = _told(spec, ground.calendar, at, outside)
    return DueView(
        label=CLOCK_LABELS[clock.kind],
        kind=clock.kind,
        started=clock.started,
        limit=clock.limit_days,
        extension=clock.extension_days,
        unit=spec.unit,
        due=times.due,
        provisional=times.provisional,
        stopped=clock.stopped,
        light=level_at(clock, now)[0],
        left=left,
        basis=clock.basis,
        why=words,
        trace=times.trace,
        pauses=ledger,
    )


def _told(
    spec: ClockSpec, calendar: WorkCalendar, at: date | datetime, outside: bool
) -> tuple[ClockTimes, str, int]:
    """Times, the sentence that explains them, and the days left at a moment (or, in whole days, on a day)."""
    times = _computed(spec, calendar)
    counting = Counting(calendar, spec.start, spec.unit, spec.precision, spec.pauses)
    added = sum(each.days for each in spec.extensions)
    received = "系统外收件之日，" if outside else ""
    words = f"自{date_cn(spec.start, False)}（{received}次日起算）{duration(spec.limit, spec.unit)}"
    if spec.limit == 0:
        words = f"{date_cn(spec.start, False)}{'（系统外收件之日）' if outside else ''}当日办结"
    if added:
        words += f"，经批准延长{duration(added, spec.unit)}"
    if spec.pauses:
        words += "，暂停的时间不计入"
    words += f"，{date_cn(times.due)}截止"
    if times.provisional:
        words += "（暂定：跨入放假安排尚未公布的年份，公布后重新计算并告知）"
    used_ = counting.used(at) if isinstance(at, datetime) else counting.used_days(at)
    return times, words, counting.effective_limit(spec.limit + added) - used_


# Clocks of one day and limit are told alike all day long.
_told_of_a_day = lru_cache(maxsize=2048)(_told)


def _spec(ground: Ground, clock: Timed, pauses: Iterable[PauseRow]) -> ClockSpec:
    rule = ground.card_rules.get(clock.object) if clock.object else None
    extensions = (Extension(clock.extension_days),) if clock.extension_days else ()
    return ClockSpec(
        kind=clock.kind,
        start=counted_from(clock),
        limit=clock.limit_days,
        unit=_unit(clock.limit_unit),
        precision=_precision(clock.precision),
        statutory=clock.statutory_days,
        thresholds=_UNRULED.get(clock.kind, _NO_THRESHOLDS) if rule is None else rule.thresholds,
        pauses=as_rules(ground.calendar, clock, pauses),
        extensions=extensions,
    )


def counted_from(clock: Timed) -> datetime:
    """The start that counts: in whole days the day alone, so that clocks of one day and limit share what is computed."""
    return local(clock.started) if clock.precision == "second" else day_start(local_date(clock.started))


def as_rules(calendar: WorkCalendar, clock: Timed, pauses: Iterable[PauseRow]) -> tuple[Pause, ...]:
    """The ledger as the rules read it; days told in working days are turned into the unit of the clock."""
    if clock.kind not in PAUSED:
        return ()
    found = []
    for row in pauses:
        notified = row.notified_days
        if notified is not None and row.unit != clock.limit_unit:
            first = local_date(row.started)
            if row.unit == "workday":
                notified = (calendar.add_working_days(first, notified) - first).days
            else:
                notified = calendar.working_days_between(first, first + timedelta(days=notified))
        found.append(Pause(row.started, row.ended, notified, row.reason, row.basis))
    return tuple(found)


def _counting(ground: Ground, clock: Clock, pauses: Iterable[PauseRow]) -> Counting:
    return Counting(
        ground.calendar,
        clock.started,
        _unit(clock.limit_unit),
        _precision(clock.precision),
        as_rules(ground.calendar, clock, pauses),
    )


@lru_cache(maxsize=2048)
def _computed(spec: ClockSpec, calendar: WorkCalendar) -> ClockTimes:
    return compute(spec, calendar)


def next_of(kind: ClockKind, reached: int, begins: LevelTimes, due: datetime) -> datetime | None:
    """The first level not reached yet; a supplement notice not sent has its end besides (deemed acceptance),
    and so has a hearing not held, once.
    """
    waiting = [
        begin
        for level, begin in ((1, begins.warn_at), (2, begins.yellow_at), (3, begins.red_at))
        if begin is not None and level > reached
    ]
    if kind is ClockKind.SUPPLEMENT_NOTICE or (kind is ClockKind.HEARING and reached == 0):
        waiting.append(due + timedelta(seconds=1))
    return min(waiting) if waiting else None


def _unit(text: str) -> Unit:
    return "day" if text == "day" else "workday"


def _precision(text: str) -> Precision:
    return "second" if text == "second" else "day"
