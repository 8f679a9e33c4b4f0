"""What is asked of correspondence and what it answers: a letter as written, a move's values, what a writer gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from catalog.county import County
from handlers.store.records import Json
from rules.letter_terms import KindLimit, LetterKind, LetterLimits, LetterMove, LetterState, default_limits
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class LetterRequest:
    """A letter from the portal. `department` empty: the writer does not know; `name` empty: anonymous.

    `topic` `conduct` makes it one for the county supervisor alone; `about` is who behaved so: the id of a member
    of staff, or a name as typed. `files`: the owner under which its attachments were uploaded.
    """

    kind: str
    department: str
    title: str
    content: str
    name: str
    phone: str = ""
    email: str = ""
    item_code: str | None = None
    case_number: str | None = None
    public: bool = False
    topic: str = ""
    about: str = ""
    files: str = ""


@dataclass(frozen=True, slots=True)
class LetterFiled:
    """Number and query code of a letter; the code is shown once."""

    number: str
    query_code: str
    due: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class LetterData:
    """What a move asks for, by need name, as typed. `seen`: the version the page showed, None where no page did.

    `publish`: the reviewer lets letter and answer be public, having looked at the masked text; `mask`: words to
    mask besides what was found.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    seen: int | None = None
    publish: bool = False
    mask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """What a move makes of a letter: columns, what the event keeps, the new unit's name for the public words."""

    columns: Mapping[str, object] = field(default_factory=dict)
    payload: Mapping[str, Json] = field(default_factory=dict)
    unit: str = ""
    days: int = 0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class LetterMoved:
    """A move of a letter that is durable."""

    number: str
    move: LetterMove
    state: LetterState


def limits_of(county: County) -> LetterLimits:
    """The county's limits for letters: those of `rules/letter_terms.py` with what `county.yml` says instead."""
    settings = county.settings
    usual = default_limits(settings.letter_days, settings.letter_extension)
    kinds = dict(usual.kinds)
    for kind, own in settings.letter_kinds.items():
        kinds[LetterKind(kind)] = KindLimit(own.days, own.extension)
    return LetterLimits(
        kinds,
        transfers=settings.letter_transfers,
        returns=settings.letter_returns,
        disputes=settings.letter_disputes,
        confirm=settings.letter_confirm_days,
        chases=settings.letter_chases,
    )
