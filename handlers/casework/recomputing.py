"""Running clocks by a calendar or by rules that have changed: one pass that computes each kind of limit once."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, cast

from handlers.casework import clocks as casework_clocks
from handlers.casework.clock_basis import NOTHING, Basis
from handlers.casework.ground import Ground
from handlers.casework.requests import Recomputed
from handlers.casework.subjects import SHOWN, Light, Subject, subjects
from handlers.following_up import deadlines as _of_ratings  # noqa: F401 - its clocks are looked at here
from handlers.store import clock_scan, clocks, events, outbox
from handlers.store.clock_scan import Limits, Scanned, Times
from handlers.store.database import Database
from handlers.store.moments import moment, moment_or_none, stamp, stamp_or_none
from handlers.store.records import Json, PauseRow
from handlers.store.writer import Transaction
from presentation.dates import date_cn
from rules.calendar import WorkCalendar
from rules.clock import CLOCK_LABELS, ClockKind
from rules.errors import NotFound
from rules.levels import LevelTimes
from rules.pause import Unit
from rules.quick_dataclass import dataclass
from rules.time import parse_stamp

# A filing that comes meanwhile waits for one portion at most.
PORTION = 1000
# A due day of these is told to the applicant; the law's and the stage's own follow silently.
_TOLD = frozenset({ClockKind.PROMISE, ClockKind.LETTER})


class _Change(NamedTuple):
    """A clock as it was scanned and the times it is to have."""

    scanned: Scanned
    times: Times
    statutory: int | None

    @property
    def moved(self) -> bool:
        """Whether the due day is another."""
        return self.times.due != self.scanned.times.due

    @property
    def settled(self) -> bool:
        """Whether the due day is no longer provisional."""
        return self.scanned.times.provisional and not self.times.provisional


@contextmanager
def _without_looking_for_cycles() -> Iterator[None]:
    """A pass makes records by the million, none of them in a cycle: the search for cycles took a tenth of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_without_looking_for_cycles()
def recompute(
    database: Database, ground: Ground, now: datetime, started_by: Sequence[WorkCalendar | None] = ()
) -> Recomputed:
    """Computes every running clock again by calendar and rules as they now are.

    Where the due day moved, an event says so and the applicant is told; where it only ceased to be
    provisional, the event alone; where only the moments of the levels moved, neither. Pauses that began
    before are counted by the new calendar too. What a move has changed meanwhile is left to that move.
    What all clocks were last computed by is kept, so that only those a changed day can touch are read. `started_by`:
    other calendars by which clocks may have been started since; None among them where that is not known.
    """
    basis = Basis.of(ground)
    since = basis.since((Basis.kept(database), *map(basis.by, started_by)))
    if since is NOTHING:
        return Recomputed(0, (), 0)
    new = _NewTimes(database, ground)
    looked = 0
    portions = _Portions(database, ground, now)
    for subject in clock_scan.running(database, since):
        looked += len(subject)
        changes = tuple(each for each in map(new.change, subject) if each is not None)
        if changes:
            portions.add(changes)
    portions.finish()
    database.write(basis.keep)
    return Recomputed(looked, tuple(portions.moved), portions.certain)


class _Portions:
    """Hands subjects with changed clocks to the writer, a portion at a time: while it writes one, the next is read."""

    def __init__(self, database: Database, ground: Ground, now: datetime) -> None:
        self.moved: list[str] = []
        self.certain = 0
        self._database, self._ground, self._now = database, ground, now
        self._gathered: list[tuple[_Change, ...]] = []
        self._under_way: Future[tuple[tuple[str, ...], int]] | None = None

    def add(self, changes: tuple[_Change, ...]) -> None:
        self._gathered.append(changes)
        if len(self._gathered) >= PORTION:
            self._hand_over()

    def finish(self) -> None:
        """Everything added is durable afterwards."""
        self._hand_over()
        self._await()

    def _hand_over(self) -> None:
        self._await()
        if self._gathered:
            write = _Write(self._ground, tuple(self._gathered), self._now)
            self._under_way = self._database.writer.submit(write)
            self._gathered.clear()

    def _await(self) -> None:
        if self._under_way is not None:
            numbers, settled = self._under_way.result()
            self._under_way = None
            self.moved += numbers
            self.certain += settled


@dataclass(frozen=True, slots=True)
class _Limited:
    """Limits as the clock computation takes them."""

    kind: ClockKind
    object: str
    started: datetime
    limit_days: int
    statutory_days: int | None
    extension_days: int
    limit_unit: str
    precision: str

    @classmethod
    def of(cls, limits: Limits) -> _Limited:
        return cls(
            ClockKind(limits.kind),
            limits.object,
            parse_stamp(limits.start),
            limits.days,
            limits.statutory,
            limits.extension,
            limits.unit,
            limits.precision,
        )


class _NewTimes:
    """What the times of a scanned clock should be. Clocks of one day and limit share one computation."""

    def __init__(self, database: Database, ground: Ground) -> None:
        self.database, self.ground = database, ground
        self.paused = clock_scan.paused_subjects(database)
        self._known: dict[Limits, Times] = {}
        self._statutory: dict[tuple[object, ...], int | None] = {}

    def change(self, scanned: Scanned) -> _Change | None:
        """The change, or None where everything stays."""
        limits = self._by_promise(scanned)
        if (scanned.subject, scanned.subject_id) in self.paused:
            ledger = clocks.pauses(self.database, scanned.subject, scanned.subject_id)
            times = self._computed(limits, ledger)
        else:
            known = self._known.get(limits)
            if known is None:
                known = self._known[limits] = self._computed(limits, ())
            times = known
        times = times.not_before(scanned.started)
        if times == scanned.times and limits.statutory == scanned.limits.statutory and not scanned.put_off:
            return None
        return _Change(scanned, times, limits.statutory)

    def _by_promise(self, scanned: Scanned) -> Limits:
        """A statutory limit that was turned into the promise's unit is turned again."""
        if scanned.statute is None:
            return scanned.limits
        key = (scanned.limits.start, scanned.statute, scanned.limits.unit)
        if key not in self._statutory:
            days, unit = scanned.statute
            self._statutory[key] = casework_clocks.statutory_in(
                self.ground.calendar,
                moment(scanned.started),
                days,
                cast(Unit, unit),
                cast(Unit, scanned.limits.unit),
            )
        return scanned.limits._replace(statutory=self._statutory[key])

    def _computed(self, limits: Limits, ledger: tuple[PauseRow, ...]) -> Times:
        found = casework_clocks.times_of(self.ground, _Limited.of(limits), ledger)
        return Times(
            stamp(found.due_at),
            found.provisional,
            stamp_or_none(found.warn_at),
            stamp_or_none(found.yellow_at),
            stamp_or_none(found.red_at),
        )


class _Write:
    """A portion of subjects: (numbers whose due day moved, clocks that are no longer provisional)."""

    def __init__(self, ground: Ground, subjects: tuple[tuple[_Change, ...], ...], now: datetime) -> None:
        self.ground, self.subjects, self.now = ground, subjects, now

    def __call__(self, tx: Transaction) -> tuple[tuple[str, ...], int]:
        written = [tuple(each for each in subject if self._set(tx, each)) for subject in self.subjects]
        told = [changes for changes in written if any(each.moved or each.settled for each in changes)]
        log: list[events.NewEvent] = []
        messages: list[outbox.NewMessage] = []
        moved: list[str] = []
        for changes, about in zip(told, _abouts(tx, told), strict=True):
            words = _words(changes)
            log.append(_event(changes, about, words, self.now))
            messages += _messages(changes, about, words, self.now)
            if any(each.moved for each in changes):
                moved.append(about.number)
        events.append_all(tx, log)
        outbox.add(tx, messages)
        self._show(
            tx,
            [changes for changes in written if any(_kind(each) != ClockKind.STATUTE for each in changes)],
        )
        return tuple(moved), sum(each.settled for changes in told for each in changes)

    def _set(self, tx: Transaction, change: _Change) -> bool:
        seen = change.scanned
        next_at = _next_at(seen.limits.kind, seen.level, change.times)
        return clock_scan.set_times(
            tx, seen, change.times, change.statutory, next_at, self.ground.rules_version
        )

    def _show(self, tx: Transaction, written: list[tuple[_Change, ...]]) -> None:
        """What lists show; the law's own clock lights nothing and is never the one that is shown."""
        clock_scan.show_cases(
            tx,
            [changes[0].scanned.subject_id for changes in written if _subject(changes)[0] == "case"],
            self.now,
        )
        for changes in written:
            kind, subject_id = _subject(changes)
            shower = SHOWN.get(kind)
            if kind != "case" and shower is not None:
                running = clocks.of_subject(tx, kind, subject_id)
                looked_at = next(each for each in running if each.id == changes[0].scanned.id)
                level, shown = casework_clocks.light(running, self.now), casework_clocks.primary(running)
                shower(tx, subject_id, Light(level, shown, looked_at, self.now))


@lru_cache(maxsize=4096)
def _next_at(kind: str, level: int, times: Times) -> str | None:
    """When a sweep looks at a clock of these times and level next."""
    begins = LevelTimes(*(moment_or_none(each) for each in (times.warn_at, times.yellow_at, times.red_at)))
    return stamp_or_none(casework_clocks.next_of(ClockKind(kind), level, begins, moment(times.due)))


def _kind(change: _Change) -> str:
    return change.scanned.limits.kind


def _subject(changes: tuple[_Change, ...]) -> tuple[str, int]:
    return changes[0].scanned.subject, changes[0].scanned.subject_id


def _abouts(tx: Transaction, told: list[tuple[_Change, ...]]) -> list[Subject]:
    """What each of the changed clocks is about."""
    by_kind: dict[str, list[int]] = {}
    for changes in told:
        kind, subject_id = _subject(changes)
        by_kind.setdefault(kind, []).append(subject_id)
    found = {kind: subjects(tx, kind, ids) for kind, ids in by_kind.items()}
    abouts = []
    for changes in told:
        kind, subject_id = _subject(changes)
        if subject_id not in found[kind]:
            raise NotFound(f"时钟 {changes[0].scanned.id} 的对象（{kind} {subject_id}）不存在")
        abouts.append(found[kind][subject_id])
    return abouts


def _words(changes: tuple[_Change, ...]) -> str:
    """What the applicant is told; empty where only the law's or a stage's own day moved."""
    for each in changes:
        if _kind(each) in _TOLD and (each.moved or each.settled):
            return _sentence(_kind(each), each.scanned.times.due, each.times.due)
    return ""


@lru_cache(maxsize=4096)
def _sentence(kind: str, old: str, new: str) -> str:
    label = CLOCK_LABELS[ClockKind(kind)]
    if old != new:
        return f"因放假安排公布，{label}日期由{date_cn(moment(old))}调整为{date_cn(moment(new))}"
    return f"放假安排公布后，{label}日期确定为{date_cn(moment(new))}"


def _event(changes: tuple[_Change, ...], about: Subject, words: str, now: datetime) -> events.NewEvent:
    """One event a subject, whatever number of its clocks changed."""
    first = changes[0].scanned
    times: list[Json] = [
        {
            "clock": each.scanned.limits.kind,
            "from": each.scanned.times.due,
            "to": each.times.due,
            "provisional": each.times.provisional,
        }
        for each in changes
        if each.moved or each.settled
    ]
    return events.NewEvent(
        at=now,
        kind="recompute",
        subject=first.subject,
        subject_id=first.subject_id,
        subject_number=about.number,
        actor="system",
        role="system",
        unit=first.unit,
        from_state="",
        to_state="",
        drill=first.drill,
        payload={"clocks": times, "words": words},
    )


def _messages(
    changes: tuple[_Change, ...], about: Subject, words: str, now: datetime
) -> list[outbox.NewMessage]:
    if not words:
        return []
    told = next(each.scanned for each in changes if _kind(each) in _TOLD)
    return [
        outbox.NewMessage(
            now, "clock.recomputed", kind, to, told.subject, told.subject_id, about.number,
            f"“{about.title}”（{about.number}）：{words}。", told.drill,
        )
        for kind, to in (("applicant", about.number), ("unit", told.unit))
    ]  # fmt: skip
