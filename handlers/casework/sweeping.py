"""The supervision pass: what time alone does to cases, letters and whatever else has clocks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from handlers.casework import clocks as casework_clocks
from handlers.casework import closed_audit, recomputing, rule_changes, time_moves
from handlers.casework.cards import Earning, Raised, catch_up_all
from handlers.casework.ground import Ground
from handlers.casework.move_facts import hearing_over
from handlers.casework.moving import system_move
from handlers.casework.requests import Swept
from handlers.casework.subjects import SHOWN, Light, subjects, turns
from handlers.casework.triggering import explained, put_off_again, retry
from handlers.following_up import deadlines as _of_ratings  # noqa: F401 - its clocks are looked at here
from handlers.store import (
    attachment_files,
    attachments,
    cases,
    chases,
    clocks,
    drafts,
    findings,
    idempotency,
    letters,
    scans,
    sessions,
)
from handlers.store.database import Database
from handlers.store.records import Clock, PauseRow
from handlers.store.writer import Transaction
from rules.case_terms import MoveName
from rules.clock import ClockKind
from rules.errors import IllegalMove, NotFound
from rules.quick_dataclass import dataclass

log = logging.getLogger("hall.sweep")

# A filing that comes meanwhile waits for one portion at most.
PORTION = 250
PUT_OFF_FOR = timedelta(hours=1)
_KEEP_ANSWERS = timedelta(days=30)
_KEEP_UPLOADS = timedelta(days=2)
_KEEP_REPLIES = timedelta(days=60)


def sweep(database: Database, ground: Ground, now: datetime) -> Swept:
    """One supervision pass: rules that changed are taken over, clocks looked at, closed cases' papers checked.

    When the rules have changed since the last pass, everything due is first judged by the rules as they were;
    then the change is logged and open clocks are computed anew. Time that runs backwards is reported: nothing is
    due then, and what was issued stays.
    """
    backwards = time_moves.note(database, ground, now)
    raised = _Passed()
    before = rule_changes.superseded(database, ground)
    if before is not None:
        raised = _pass(database, rule_changes.under(ground, before), now)
    if rule_changes.adopt(database, ground, now):
        recomputing.recompute(database, ground, now)
    raised += _pass(database, ground, now)
    audited = closed_audit.audit(database, ground, now)
    retried = _retry(database, ground, now)
    return Swept(
        looked_at=raised.looked,
        cards=raised.cards + audited.issued + retried.cards,
        pending=raised.pending + audited.pending + retried.pending,
        deemed_accepted=raised.deemed,
        put_off=(*raised.put_off, *retried.put_off),
        next_at=clocks.next_moment(database),
        rules_changed=before is not None,
        backwards=backwards,
    )


@dataclass(frozen=True, slots=True)
class _Passed:
    """What looking at the clocks brought."""

    looked: int = 0
    cards: int = 0
    pending: int = 0
    deemed: tuple[str, ...] = ()
    put_off: tuple[tuple[int, str, str], ...] = ()

    def __add__(self, other: _Passed) -> _Passed:
        return _Passed(
            self.looked + other.looked,
            self.cards + other.cards,
            self.pending + other.pending,
            (*self.deemed, *other.deemed),
            (*self.put_off, *other.put_off),
        )


def _pass(database: Database, ground: Ground, now: datetime) -> _Passed:
    """Looks at every clock whose next moment has come, in order, until none is left.

    One that fails is put off by an hour and reported, the rest goes on. A portion is read and written as a whole,
    so a thousand clocks cost a few commits and few reads.
    """
    passed = _Passed()
    seen: set[int] = set()
    # Deemed acceptance starts clocks that may be late already, so it looks again until nothing new is waiting.
    while ids := [each for each in clocks.waiting(database, now, PORTION) if each not in seen]:
        seen.update(ids)
        passed += _looked_at(database, ground, ids, now)
    return passed


def _looked_at(database: Database, ground: Ground, ids: Sequence[int], now: datetime) -> _Passed:
    """Looks at a portion as one job; one that fails is done again in halves, until what fails stands alone."""
    try:
        return database.write(_Look(database, ground, ids, now))
    except Exception as error:
        if len(ids) == 1:
            return _Passed(1, put_off=(_put_off(database, ids[0], now, error),))
    half = len(ids) // 2
    return _looked_at(database, ground, ids[:half], now) + _looked_at(database, ground, ids[half:], now)


def _retry(database: Database, ground: Ground, now: datetime) -> _Passed:
    """Judges again what a rule about events could not judge; what fails again is put off again, by name."""
    raised = Raised()
    put_off: list[tuple[int, str, str]] = []
    for each in findings.waiting(database, now, PORTION):
        try:
            raised += database.write(lambda tx, each=each: retry(tx, ground, each, now))  # type: ignore[misc]
        except Exception as error:
            why = explained(error)
            log.error("rule %s put off for %s again: %s", each.rule, each.fact, why, exc_info=error)
            database.write(lambda tx, each=each, why=why: put_off_again(tx, each, why, now))  # type: ignore[misc]
            put_off.append((0, f"{each.rule} {each.fact}", why))
    return _Passed(0, raised.issued, raised.pending, (), tuple(put_off))


def tidy(database: Database, now: datetime) -> int:
    """Drops what has expired: drafts, sessions, kept answers, uploads nobody filed; returns how many rows."""

    def job(tx: Transaction) -> int:
        return (
            drafts.drop_expired(tx, now)
            + sessions.drop_expired(tx, now)
            + idempotency.forget_before(tx, now - _KEEP_ANSWERS)
            + chases.drop_drafts_before(tx, now - _KEEP_REPLIES)
            + attachments.drop_unclaimed(tx, now - _KEEP_UPLOADS)
            + letters.drop_stray_files(tx, now - _KEEP_UPLOADS)
        )

    dropped = database.write(job)
    attachment_files.tidy(database, (now - _KEEP_UPLOADS).timestamp())
    scans.look_again(database, now)
    return dropped


class _Look:
    """One look at some clocks, with everything read again inside the transaction."""

    def __init__(self, database: Database, ground: Ground, clock_ids: Sequence[int], now: datetime) -> None:
        self.database, self.ground, self.clock_ids, self.now = database, ground, clock_ids, now

    def __call__(self, tx: Transaction) -> _Passed:
        passed = _Passed(looked=len(self.clock_ids))
        waiting = clocks.subjects_of(tx, self.clock_ids)
        for turn in turns(waiting, lambda each: each[1:]):
            by_kind: dict[str, dict[int, int]] = {}
            for clock_id, kind, subject_id in turn:
                by_kind.setdefault(kind, {})[subject_id] = clock_id
            for kind, clock_of in by_kind.items():
                passed += self._turn(tx, kind, clock_of)
        return passed

    def _turn(self, tx: Transaction, kind: str, clock_of: Mapping[int, int]) -> _Passed:
        """Looks at one clock each of some subjects of a kind."""
        passed = _Passed()
        ids = tuple(clock_of)
        running, ledgers = clocks.running_of(tx, kind, ids), clocks.pauses_of(tx, kind, ids)
        about = subjects(tx, kind, ids)
        earning: list[Earning] = []
        for subject_id, clock_id in clock_of.items():
            clock = next((each for each in running[subject_id] if each.id == clock_id), None)
            timed = None if clock is None else self._due(tx, clock, ledgers[subject_id])
            if timed is None:
                continue
            if timed.kind is ClockKind.SUPPLEMENT_NOTICE and self.now > timed.due:
                passed += self._deem(tx, timed)
                continue
            if subject_id not in about:
                raise NotFound(f"时钟 {clock_id} 的对象（{kind} {subject_id}）不存在")
            if timed.kind is ClockKind.HEARING and self.now > timed.due and timed.level == 0:
                clocks.raise_level(tx, timed, 1, timed.due, None)
                over = hearing_over(tx, self.ground, timed, about[subject_id], self.now)
                passed += _Passed(cards=over.issued, pending=over.pending)
                continue
            earning.append(Earning(timed, about[subject_id], ledgers[subject_id]))
        raised = catch_up_all(tx, self.ground, earning, self.now, self.now)
        for each in earning:
            _show(tx, running[each.subject.id], each.clock, self.now)
        return passed + _Passed(cards=raised.issued, pending=raised.pending)

    def _due(self, tx: Transaction, clock: Clock, ledger: tuple[PauseRow, ...]) -> Clock | None:
        """The clock by today's calendar and rules, when its moment has come; else another sweep was here."""
        if clock.next_at is None or clock.next_at > self.now:
            return None
        timed = casework_clocks.timed(self.ground, clock, ledger)
        if (timed.due, timed.next_at) != (clock.due, clock.next_at):
            # Rules or calendar changed since it was stored: what is stored is what counts from now on.
            clocks.set_times(tx, timed)
        return None if timed.next_at is not None and timed.next_at > self.now else timed

    def _deem(self, tx: Transaction, clock: Clock) -> _Passed:
        case = cases.by_id(tx, clock.subject_id)
        if case is None:
            raise NotFound(f"时钟 {clock.id} 的办件不存在")
        try:
            system_move(
                self.database.vault, self.ground, case.number, MoveName.DEEM_ACCEPT, self.now, "sweep"
            )(tx)
        except IllegalMove:
            # Its clock should have stopped with the state; stop it now rather than look for ever.
            clocks.stop(tx, clock.id, self.now, "办件已不在待受理状态")
            return _Passed()
        return _Passed(deemed=(case.number,))


def _show(tx: Transaction, running: Iterable[Clock], clock: Clock, now: datetime) -> None:
    """The light and due day that lists show, after a clock among the running ones has changed."""
    shower = SHOWN.get(clock.subject)
    if shower is not None:
        now_running = [clock if each.id == clock.id else each for each in running]
        level, shown = casework_clocks.light(now_running, now), casework_clocks.primary(now_running)
        shower(tx, clock.subject_id, Light(level, shown, clock, now))


def _put_off(database: Database, clock_id: int, now: datetime, error: Exception) -> tuple[int, str, str]:
    why = explained(error)
    log.error("clock %d put off: %s", clock_id, why, exc_info=error)

    def job(tx: Transaction) -> str:
        clocks.put_off(tx, clock_id, now + PUT_OFF_FOR, why)
        found = clocks.by_id(tx, clock_id)
        if found is None:
            return ""
        about = subjects(tx, found.subject, (found.subject_id,)).get(found.subject_id)
        return "" if about is None else about.number

    return clock_id, database.write(job), why
