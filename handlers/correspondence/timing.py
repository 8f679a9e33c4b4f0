"""The clock of an answer: started with the letter, moved with it, stopped by the answer, begun again by a dispute."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.casework import clocks as casework_clocks
from handlers.casework.cards import catch_up
from handlers.casework.clocks import Limit
from handlers.casework.ground import Ground
from handlers.casework.subjects import Subject
from handlers.correspondence.requests import limits_of
from handlers.store import clocks
from handlers.store.moments import Reads
from handlers.store.people_records import Letter
from handlers.store.records import Clock
from handlers.store.writer import Transaction
from rules.clock import ClockKind
from rules.letter_terms import CARD_OBJECTS, CONDUCT
from rules.time import day_end, local_date


def begin(ground: Ground, letter: Letter, now: datetime) -> Clock:
    """A fresh clock for the letter as it stands; not stored yet.

    A complaint about conduct has no card: a card would be seen by those it must be hidden from. Its due day is
    kept all the same and shown to the writer and the county supervisor.
    """
    conduct = letter.topic == CONDUCT
    home = ground.units.top or "county" if conduct else ""
    return casework_clocks.new(
        ground,
        ClockKind.LETTER,
        now,
        Limit(limits_of(ground.county).of(letter.kind).days),
        subject="letter",
        subject_id=letter.id,
        department=home or letter.department,
        unit=home or letter.assigned_unit,
        person=None if conduct else letter.assigned_person,
        drill=letter.drill,
        object_="" if conduct else CARD_OBJECTS[letter.kind],
    )


def newest(reads: Reads, letter: Letter) -> Clock:
    """The clock of the answer in hand, or of the last one."""
    return clocks.of_subject(reads, "letter", letter.id)[-1]


def stop(tx: Transaction, ground: Ground, letter: Letter, now: datetime, why: str) -> None:
    """Issues what the clock has earned, and stops it."""
    clock = newest(tx, letter)
    _earn(tx, ground, letter, clock, now)
    clocks.stop(tx, clock.id, now, why)


def lengthen(tx: Transaction, ground: Ground, letter: Letter, days: int, now: datetime) -> Clock:
    """Adds the extension; what was earned before stays earned."""
    clock = newest(tx, letter)
    _earn(tx, ground, letter, clock, now)
    fresh = clocks.by_id(tx, clock.id) or clock
    timed = casework_clocks.timed(ground, replace(fresh, extension_days=fresh.extension_days + days), ())
    clocks.set_times(tx, timed)
    return timed


def move_over(
    tx: Transaction,
    ground: Ground,
    letter: Letter,
    department: str,
    unit: str,
    person: str | None,
    now: datetime,
) -> None:
    """The same clock goes on in other hands; what it has earned so far stays with who had it."""
    clock = newest(tx, letter)
    if clock.stopped is None:
        _earn(tx, ground, letter, clock, now)
        clocks.give_to(tx, clock.id, department, unit, person)


def last_word(ground: Ground, now: datetime) -> datetime:
    """Until when the writer may say whether it is settled."""
    days = limits_of(ground.county).confirm
    return day_end(ground.calendar.add_working_days(local_date(now), days))


def _earn(tx: Transaction, ground: Ground, letter: Letter, clock: Clock, now: datetime) -> None:
    if clock.object:
        subject = Subject(
            "letter", letter.id, letter.number, letter.title, letter.assigned_unit or letter.department
        )
        catch_up(tx, ground, clock, subject, (), now, now)
