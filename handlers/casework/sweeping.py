"""The supervision pass: what time alone does to cases, letters and whatever else has clocks."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.casework import clocks as casework_clocks
from handlers.casework import closed_audit, recomputing, rule_changes, time_moves
from handlers.casework.cards import Raised, catch_up
from handlers.casework.ground import Ground
from handlers.casework.move_facts import hearing_over
from handlers.casework.moving import system_move
from handlers.casework.requests import Swept
from handlers.casework.subjects import SHOWN, SUBJECTS, Light, Subject
from handlers.casework.triggering import explained, put_off_again, retry
from handlers.store import (
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
from handlers.store.records import Clock
from handlers.store.writer import Transaction
from rules.case_terms import MoveName
from rules.clock import ClockKind
from rules.errors import IllegalMove, NotFound

log = logging.getLogger("hall.sweep")

PORTION = 500
PUT_OFF_FOR = timedelta(hours=1)
_KEEP_ANSWERS = timedelta(days=30)
_KEEP_UPLOADS = timedelta(days=2)
_KEEP_REPLIES = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What one clock brought."""

    issued: int = 0
    pending: int = 0
    deemed: str = ""


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

    Each clock is its own job: one that fails is put off by an hour and reported, the rest goes on. Jobs share
    transactions, so a thousand clocks cost a few commits.
    """
    looked = cards = pending = 0
    deemed: list[str] = []
    put_off: list[tuple[int, str, str]] = []
    seen: set[int] = set()
    # Deemed acceptance starts clocks that may be late already, so it looks again until nothing new is waiting.
    while ids := [each for each in clocks.waiting(database, now, PORTION) if each not in seen]:
        seen.update(ids)
        waiting: list[tuple[int, Future[_Looked]]] = [
            (clock_id, database.writer.submit(_Look(database, ground, clock_id, now))) for clock_id in ids
        ]
        for clock_id, future in waiting:
            looked += 1
            try:
                found = future.result()
            except Exception as error:
                put_off.append(_put_off(database, clock_id, now, error))
                continue
            cards, pending = cards + found.issued, pending + found.pending
            if found.deemed:
                deemed.append(found.deemed)
    return _Passed(looked, cards, pending, tuple(deemed), tuple(put_off))


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
    attachments.tidy(database, (now - _KEEP_UPLOADS).timestamp())
    scans.look_again(database, now)
    return dropped


class _Look:
    """One look at one clock, with everything read again inside the transaction."""

    def __init__(self, database: Database, ground: Ground, clock_id: int, now: datetime) -> None:
        self.database, self.ground, self.clock_id, self.now = database, ground, clock_id, now

    def __call__(self, tx: Transaction) -> _Looked:
        clock = clocks.by_id(tx, self.clock_id)
        if clock is None or clock.next_at is None or clock.next_at > self.now:
            return _Looked()  # another sweep was here
        ledger = clocks.pauses(tx, clock.subject, clock.subject_id)
        timed = casework_clocks.timed(self.ground, clock, ledger)
        if (timed.due, timed.next_at) != (clock.due, clock.next_at):
            # Rules or calendar changed since it was stored: what is stored is what counts from now on.
            clocks.set_times(tx, timed)
        if timed.next_at is not None and timed.next_at > self.now:
            return _Looked()
        if timed.kind is ClockKind.SUPPLEMENT_NOTICE and self.now > timed.due:
            return self._deem(tx, timed)
        subject = _subject(tx, timed)
        if timed.kind is ClockKind.HEARING and self.now > timed.due and timed.level == 0:
            clocks.raise_level(tx, timed, 1, timed.due, None)
            over = hearing_over(tx, self.ground, timed, subject, self.now)
            return _Looked(over.issued, over.pending)
        raised: Raised = catch_up(tx, self.ground, timed, subject, ledger, self.now, self.now)
        _show(tx, timed, self.now)
        return _Looked(raised.issued, raised.pending)

    def _deem(self, tx: Transaction, clock: Clock) -> _Looked:
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
            return _Looked()
        return _Looked(deemed=case.number)


def _subject(tx: Transaction, clock: Clock) -> Subject:
    reader = SUBJECTS.get(clock.subject)
    found = None if reader is None else reader(tx, clock.subject_id)
    if found is None:
        raise NotFound(f"时钟 {clock.id} 的对象（{clock.subject} {clock.subject_id}）不存在")
    return found


def _show(tx: Transaction, clock: Clock, now: datetime) -> None:
    """The light and due day that lists show, after a clock has changed."""
    shower = SHOWN.get(clock.subject)
    if shower is None:
        return
    running = clocks.of_subject(tx, clock.subject, clock.subject_id)
    light = Light(casework_clocks.light(running, now), casework_clocks.primary(running), clock, now)
    shower(tx, clock.subject_id, light)


def _put_off(database: Database, clock_id: int, now: datetime, error: Exception) -> tuple[int, str, str]:
    why = explained(error)
    log.error("clock %d put off: %s", clock_id, why, exc_info=error)

    def job(tx: Transaction) -> str:
        clocks.put_off(tx, clock_id, now + PUT_OFF_FOR, why)
        found = clocks.by_id(tx, clock_id)
        if found is None:
            return ""
        reader = SUBJECTS.get(found.subject)
        about = None if reader is None else reader(tx, found.subject_id)
        return "" if about is None else about.number

    return clock_id, database.write(job), why
