"""The published days of the log: which events a day holds, what is signed about it, and the history of keys.

A day is a run of sequence numbers. Events written late (a clock set backwards) belong to the run they were
appended in, whatever time they bear, so that every event is published once and in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Protocol

from rules.chain import GENESIS, SHA256, Hasher, canonical
from rules.quick_dataclass import dataclass

DAY_FORMAT = "county-hall-log-day/1"
KEY_FORMAT = "county-hall-log-key/1"
# Longer without any event is more likely a clock that has run ahead than a county without a case.
LONGEST_SILENCE = 31


class Signer(Protocol):
    """What signs a day, so that SM2 can take Ed25519's place."""

    @property
    def algorithm(self) -> str:
        """The name written beside the signature, `ed25519` or `sm2`."""
        ...

    @property
    def public(self) -> str:
        """The public key as hex."""
        ...

    def sign(self, message: bytes) -> str:
        """The signature as hex."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """The events of a day: numbers `first` to `last`, none when `last` is before `first`."""

    day: date
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Runs:
    """The days that can be published now. `silence`: the longest row of days without an event among them."""

    runs: tuple[Run, ...]
    silence: int


@dataclass(frozen=True, slots=True)
class DayStatement:
    """What is signed about a day. `head` is the hash of the last event so far, `seal` that of the last seal;
    `previous` the hash of the statement before, GENESIS for the first."""

    hall: str
    day: str
    position: int
    first: int
    last: int
    root: str
    head: str
    seal_number: int
    seal: str
    previous: str
    key: str
    published: str
    hasher: str = SHA256.name
    format: str = DAY_FORMAT

    def message(self) -> bytes:
        """The bytes that are signed."""
        return b"county-hall log day\0" + canonical(asdict(self))

    def hash(self, hasher: Hasher = SHA256) -> str:
        """What the next day is chained to."""
        return hasher.digest(self.message()).hex()


@dataclass(frozen=True, slots=True)
class KeyStatement:
    """One key of the history. `reason`: first, rotation, or lost (then no older key vouches for it)."""

    id: str
    position: int
    algorithm: str
    public: str
    since: str
    previous: str
    reason: str
    format: str = KEY_FORMAT

    def message(self) -> bytes:
        """The bytes that the key itself and the key before it sign."""
        return b"county-hall log key\0" + canonical(asdict(self))


def fingerprint(public: str, hasher: Hasher = SHA256) -> str:
    """The name of a key: the first 16 bytes of the hash over it, as hex."""
    return hasher.digest(b"county-hall key\0" + bytes.fromhex(public))[:16].hex()


def runs(events: Iterable[tuple[int, date]], published: tuple[date, int] | None, today: date) -> Runs:
    """The whole days before `today` that no day file holds yet.

    `events` are number and day of those after the last published one, in order; `published` the last
    published day and its last event. An event from the future takes the day of the one before it; one from
    the past is late and stays in the run it was appended in. Days without events have empty runs.
    """
    found: dict[date, list[int]] = {}
    floor = None if published is None else published[0] + timedelta(days=1)
    current, ahead = floor, list[int]()
    for sequence, day in events:
        if day > today:
            if current is None:
                ahead.append(sequence)
                continue
            day = current
        current = day if current is None else max(day, current)
        if current >= today:
            break
        found.setdefault(current, []).extend([*ahead, sequence])
        ahead.clear()
    if not found and floor is None:
        return Runs((), 0)
    start = floor or min(found)
    last = 0 if published is None else published[1]
    if published is None:
        last = min(found[start]) - 1
    made, silence, longest = list[Run](), 0, 0
    for offset in range(max((today - start).days, 0)):
        day = start + timedelta(days=offset)
        held = found.get(day)
        silence = 0 if held else silence + 1
        longest = max(longest, silence)
        made.append(Run(day, last + 1, held[-1] if held else last))
        last = made[-1].last
    return Runs(tuple(made), longest)


def previous_hash(statement: DayStatement | None) -> str:
    """What the first or the next day is chained to."""
    return GENESIS if statement is None else statement.hash()


def day_statement(values: Mapping[str, Any]) -> DayStatement:
    """A statement as it was published. Raises ValueError when it is none."""
    try:
        found = DayStatement(**values)
    except TypeError as error:
        raise ValueError(f"not a day of the log: {error}") from error
    if found.format != DAY_FORMAT:
        raise ValueError(f"unknown format {found.format}")
    return found


def chain_breaks(statements: Sequence[DayStatement]) -> tuple[str, ...]:
    """The days that do not follow the day before them, in words; nothing when the row is whole."""
    wrong = list[str]()
    for earlier, later in pairwise(statements):
        if later.position != earlier.position + 1 or later.previous != earlier.hash():
            wrong.append(f"{later.day}的日志接不上{earlier.day}的")
        elif later.first != earlier.last + 1:
            wrong.append(f"{later.day}从第{later.first}条开始，前一天到第{earlier.last}条")
    return tuple(wrong)
