"""A case's whole life on one time line: who had it when, every stage against its limit, every pause, both clocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from handlers.casework import clocks as casework_clocks
from handlers.casework.ground import Ground
from handlers.store.records import Case, Clock, Event, PauseRow, Step
from rules.case_terms import MoveName
from rules.clock import ClockKind, TimeTaken, agency_and_total_time
from rules.counting import Counting
from rules.pause import Pause
from rules.quick_dataclass import dataclass
from rules.time import local_date

Lane = Literal["agency", "applicant", "pause", "delivery"]
# SVG units over the whole life.
WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of the life. `used` and `limit` in working days; `over` how many beyond the limit.

    `x` and `width` place it on a line of WIDTH units. `until` None: it goes on.
    """

    lane: Lane
    label: str
    who: str
    begun: datetime
    until: datetime | None
    used: int
    limit: int | None
    over: int
    light: int
    words: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the line: filed, accepted, decided, delivered, a card."""

    at: datetime
    label: str
    light: int
    x: float


@dataclass(frozen=True, slots=True)
class Life:
    """`time`: the agency's and the whole time; `paused_days` working days taken out by pauses."""

    begun: datetime
    until: datetime
    running: bool
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    time: TimeTaken
    paused_days: int
    width: int = WIDTH


@dataclass(frozen=True, slots=True)
class _Stretch:
    lane: Lane
    label: str
    who: str
    begun: datetime
    until: datetime | None
    clock: Clock | None = None
    words: str = ""


def life_of(
    ground: Ground,
    case: Case,
    steps: Sequence[Step],
    clocks: Sequence[Clock],
    pauses: Sequence[PauseRow],
    past: Sequence[Event],
    cards: Sequence[tuple[datetime, int, str]],
    now: datetime,
) -> Life:
    """The life as it stands. `cards`: (moment, level, word) of those that were issued and not revoked."""
    end = case.delivered_at or (case.closed_at if not _running(clocks) else None) or now
    promise = next((each for each in clocks if each.kind is ClockKind.PROMISE), None)
    out = () if promise is None else casework_clocks.as_rules(ground.calendar, promise, pauses)
    time = agency_and_total_time(
        case.submitted_at, case.accepted_at, case.closed_at or now, ground.calendar, out
    )
    scale = _Scale(case.submitted_at, max(end, case.submitted_at))
    stretches = [*_handled(ground, case, steps, clocks, past), *_paused(ground, pauses, clocks)]
    stretches.sort(key=lambda each: (each.begun, each.lane == "pause"))
    spans = tuple(_span(ground, each, out, scale, now) for each in stretches)
    excluded = _excluded_days(ground, case, out, case.closed_at or now)
    return Life(
        case.submitted_at,
        scale.end,
        _running(clocks),
        spans,
        tuple(_marks(case, cards, scale)),
        time,
        excluded,
    )


def _running(clocks: Sequence[Clock]) -> bool:
    return any(each.stopped is None for each in clocks)


class _Scale:
    """Moments to SVG units."""

    def __init__(self, begun: datetime, end: datetime) -> None:
        self.begun, self.end = begun, end
        self._seconds = max((end - begun).total_seconds(), 1.0)

    def place(self, moment: datetime) -> float:
        share = (min(max(moment, self.begun), self.end) - self.begun).total_seconds() / self._seconds
        return round(WIDTH * share, 1)


def _handled(
    ground: Ground, case: Case, steps: Sequence[Step], clocks: Sequence[Clock], past: Sequence[Event]
) -> Iterator[_Stretch]:
    """Whoever had the case in turn: front, applicant, each review step (again when it was sent back), delivery."""
    front = ground.unit_name(case.accepting_unit)
    intake = _clock_at(clocks, ClockKind.PRE_ACCEPTANCE) or _clock_at(clocks, ClockKind.SUPPLEMENT_NOTICE)
    current: _Stretch | None = _Stretch("agency", "收件、预审", front, case.submitted_at, None, intake)
    position = -1
    for event in past:
        following: _Stretch | None = None
        if event.kind == MoveName.SUPPLEMENT_NOTICE:
            following = _Stretch("applicant", "等申请人补正", "申请人", event.at, None)
        elif event.kind == MoveName.SUPPLEMENT:
            clock = _clock_at(clocks, ClockKind.PRE_ACCEPTANCE, event.at)
            following = _Stretch("agency", "补正后预审", front, event.at, None, clock)
        elif event.kind in (MoveName.ACCEPT, MoveName.DEEM_ACCEPT):
            position = 0
            following = _stage(ground, steps, clocks, position, event.at, case.accepted_at or event.at)
        elif event.kind in (MoveName.COMPLETE_STEP, MoveName.SEND_BACK):
            position += 1 if event.kind == MoveName.COMPLETE_STEP else -1
            following = _stage(ground, steps, clocks, position, event.at, event.at)
        elif event.kind in (MoveName.GRANT, MoveName.DENY):
            clock = _clock_at(clocks, ClockKind.DELIVERY)
            following = _Stretch("delivery", "制证、送达", front, event.at, None, clock)
        elif event.kind not in (MoveName.DELIVER, MoveName.REFUSE, MoveName.WITHDRAW, MoveName.VOID):
            continue
        if current is not None:
            yield _ended(current, event.at)
        current = following
    if current is not None:
        yield current


def _stage(
    ground: Ground,
    steps: Sequence[Step],
    clocks: Sequence[Clock],
    position: int,
    begun: datetime,
    counted: datetime,
) -> _Stretch | None:
    if not 0 <= position < len(steps):
        return None
    step = steps[position]
    clock = next(
        (e for e in clocks if e.kind is ClockKind.STAGE and e.step == position and e.started == counted), None
    )
    words = "没有规定环节时限" if step.limit_days is None else ""
    return _Stretch("agency", step.name, ground.unit_name(step.unit), begun, None, clock, words)


def _paused(ground: Ground, pauses: Sequence[PauseRow], clocks: Sequence[Clock]) -> Iterator[_Stretch]:
    for row in pauses:
        told = "" if row.notified_days is None else f"告知{row.notified_days}个工作日。"
        notice = f"文书：{row.notice}。" if row.notice else ""
        clock = _clock_at(clocks, ClockKind.SPECIAL_PROCEDURE, row.started)
        words = f"{row.reason}。依据：{row.basis or '未写'}。{told}{notice}"
        yield _Stretch(
            "pause",
            "暂停（特别程序）",
            ground.unit_name(row.department),
            row.started,
            row.ended,
            clock,
            words,
        )


def _clock_at(clocks: Sequence[Clock], kind: ClockKind, started: datetime | None = None) -> Clock | None:
    return next((e for e in clocks if e.kind is kind and started in (None, e.started)), None)


def _ended(stretch: _Stretch, at: datetime) -> _Stretch:
    return _Stretch(stretch.lane, stretch.label, stretch.who, stretch.begun, at, stretch.clock, stretch.words)


def _span(ground: Ground, stretch: _Stretch, pauses: tuple[Pause, ...], scale: _Scale, now: datetime) -> Span:
    until = stretch.until
    clock = stretch.clock
    begun = stretch.begun if clock is None else clock.started
    counted = () if stretch.lane == "pause" else pauses
    used = Counting(ground.calendar, begun, "workday", "day", counted).used_days(local_date(until or now))
    limit = None if clock is None else clock.limit_days + clock.extension_days
    x, end = scale.place(stretch.begun), scale.place(until or scale.end)
    return Span(
        lane=stretch.lane,
        label=stretch.label,
        who=stretch.who,
        begun=stretch.begun,
        until=until,
        used=used,
        limit=limit,
        over=0 if limit is None else max(used - limit, 0),
        light=0 if clock is None else casework_clocks.level_at(clock, until or now)[0],
        words=stretch.words,
        x=x,
        width=max(round(end - x, 1), 3.0),
    )


def _marks(case: Case, cards: Sequence[tuple[datetime, int, str]], scale: _Scale) -> Iterator[Mark]:
    moments = (
        (case.submitted_at, "提交"),
        (case.accepted_at, "受理（视为）" if case.deemed else "受理"),
        (case.decided_at or case.closed_at, "办结"),
        (case.delivered_at, "送达"),
    )
    for moment, label in moments:
        if moment is not None:
            yield Mark(moment, label, 0, scale.place(moment))
    for since, level, word in cards:
        yield Mark(since, word, level, scale.place(since))


def _excluded_days(ground: Ground, case: Case, pauses: tuple[Pause, ...], end: datetime) -> int:
    if case.accepted_at is None or not pauses:
        return 0
    plain = Counting(ground.calendar, case.accepted_at, "workday").used_days(local_date(end))
    return plain - Counting(ground.calendar, case.accepted_at, "workday", "day", pauses).used_days(
        local_date(end)
    )
