"""A case in the middle of a move: what effects read, and how they start, stop and change its clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from catalog.schema import Item
from handlers.casework import clocks as casework_clocks
from handlers.casework.cards import catch_up
from handlers.casework.clocks import Limit
from handlers.casework.ground import Ground
from handlers.casework.move_facts import hearing_over
from handlers.casework.requests import MoveData
from handlers.casework.subjects import Subject, subject_of
from handlers.store import cases, clocks
from handlers.store.records import Case, Clock, Json, PauseRow, Step
from handlers.store.writer import Transaction
from rules.case_terms import CaseFacts
from rules.clock import ClockKind
from rules.pause import Unit


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an effect changes of the case row, adds to the event's payload and counts."""

    columns: Mapping[str, object] = field(default_factory=dict)
    payload: Mapping[str, Json] = field(default_factory=dict)
    measures: tuple[str, ...] = ()
    pause_id: int | None = None


@dataclass(slots=True)
class Progress:
    """Lives for one transaction."""

    tx: Transaction
    ground: Ground
    item: Item | None
    case: Case
    steps: tuple[Step, ...]
    clocks: list[Clock]
    facts: CaseFacts
    values: Mapping[str, str]
    data: MoveData
    now: datetime
    actor: str = "system"

    @property
    def current_step(self) -> Step | None:
        """The review step in hand."""
        return self.steps[self.case.step] if 0 <= self.case.step < len(self.steps) else None

    @property
    def subject(self) -> Subject:
        """The case as cards name it."""
        return subject_of(self.case, self.steps)

    def pauses(self) -> tuple[PauseRow, ...]:
        """The case's ledger as it stands."""
        return clocks.pauses(self.tx, "case", self.case.id)

    def running(self, kinds: Iterable[ClockKind]) -> list[Clock]:
        """The running clocks of some kinds."""
        wanted = frozenset(kinds)
        return [each for each in self.clocks if each.kind in wanted and each.stopped is None]

    def start(
        self,
        kind: ClockKind,
        limit: Limit,
        *,
        at: datetime | None = None,
        step: Step | None = None,
        unit: str = "",
    ) -> None:
        """Starts a clock, at the move's moment unless told otherwise."""
        clock = casework_clocks.new(
            self.ground,
            kind,
            at or self.now,
            limit,
            subject="case",
            subject_id=self.case.id,
            department=self.case.department,
            unit=unit or (step.unit if step is not None else self.case.department),
            drill=self.case.drill,
            step=None if step is None else step.position,
        )
        self.clocks.append(replace(clock, id=clocks.insert(self.tx, clock)))

    def stop(self, kinds: Iterable[ClockKind], reason: str, *, at: datetime | None = None) -> None:
        """Stops clocks, at the move's moment unless told an earlier one; what they had earned by then is issued
        first, whenever the last sweep was.
        """
        ledger = self.pauses()
        for clock in self.running(kinds):
            end = self.now if at is None else max(at, clock.started)
            catch_up(self.tx, self.ground, clock, self.subject, ledger, end, self.now)
            if clock.kind is ClockKind.HEARING and end > clock.due:
                hearing_over(self.tx, self.ground, clock, self.subject, self.now)
            clocks.stop(self.tx, clock.id, end, reason)
            self._put(replace(clock, stopped=end, stop_reason=reason, next_at=None))

    def change(self, kinds: Iterable[ClockKind]) -> None:
        """Computes running clocks again after a pause; what was earned before is issued first."""
        ledger = self.pauses()
        for clock in self.running(kinds):
            self._set(clock, ledger)

    def extend(self, days: int) -> None:
        """Lengthens promise and statute by days of the promise's unit; what was earned before is issued first.

        A promise that has passed stays late: only the statute moves then, and the day on which its cards turn red.
        """
        self.earn(casework_clocks.EXTENDED)
        ledger = self.pauses()
        for clock in self.running(casework_clocks.EXTENDED):
            if self.now <= clock.due:
                added = casework_clocks.extension_in(
                    self.ground, clock, ledger, days, self.case.promised_unit
                )
                self._set(replace(clock, extension_days=clock.extension_days + added), ledger)
        for statute in self.running((ClockKind.STATUTE,)):
            for promise in self.running((ClockKind.PROMISE,)):
                if self.now > promise.due and not promise.extension_days:
                    law = _law_beside(self.ground, promise, statute)
                    self._set(replace(promise, statutory_days=law), ledger)

    def earn(self, kinds: Iterable[ClockKind]) -> None:
        """Issues what running clocks have earned by now, before their times are changed."""
        ledger = self.pauses()
        for clock in self.running(kinds):
            catch_up(self.tx, self.ground, clock, self.subject, ledger, self.now, self.now)
            fresh = clocks.by_id(self.tx, clock.id)
            if fresh is not None:
                self._put(fresh)

    def show(self) -> None:
        """Writes what lists show of the case: due day and light of what still runs."""
        shown = casework_clocks.primary(self.clocks)
        level = casework_clocks.light(self.clocks, self.now)
        due, provisional = (None, False) if shown is None else (shown.due, shown.provisional)
        cases.show(self.tx, self.case.id, level, due, provisional)
        self.case = replace(self.case, level=level, due=due, due_provisional=provisional)

    def _set(self, clock: Clock, ledger: tuple[PauseRow, ...]) -> None:
        timed = casework_clocks.timed(self.ground, clock, ledger)
        clocks.set_times(self.tx, timed)
        self._put(timed)

    def _put(self, clock: Clock) -> None:
        self.clocks = [clock if each.id == clock.id else each for each in self.clocks]


def _law_beside(ground: Ground, promise: Clock, statute: Clock) -> int | None:
    """The statute as it has been extended, in the unit of a promise that was late by then and was not extended."""
    days = statute.limit_days + statute.extension_days
    units = cast(Unit, statute.limit_unit), cast(Unit, promise.limit_unit)
    return casework_clocks.statutory_in(ground.calendar, promise.started, days, *units)
