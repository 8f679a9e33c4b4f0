"""People, sessions, drafts and letters as they look outside the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from handlers.store.records import Json
from rules.access import Assignment


@dataclass(frozen=True, slots=True)
class Unit:
    """One node of the org tree as the database knows it (synchronised from the root's files at start)."""

    id: str
    name: str
    kind: str
    parent: str | None
    department: str | None
    number_word: str


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff. `locked_until` is set by too many wrong passwords (None: not locked)."""

    id: str
    login: str
    name: str
    phone: str
    email: str
    must_change: bool
    totp_enabled: bool
    locked_until: datetime | None
    active: bool
    demo: bool
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person. `second_factor` False while the code of the authenticator is still to come."""

    person: Person
    csrf: str
    second_factor: bool
    created: datetime
    seen: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class NewSession:
    """What sign-in hands out once: the token for the cookie (only its hash is stored)."""

    token: str
    csrf: str
    second_factor: bool
    """False: ask for the six digits next (`second_factor` in the sessions module)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An application saved to go on later. `data` is what the form posted, unvalidated."""

    item: str
    item_version: str
    data: Mapping[str, Json]
    created: datetime
    saved: datetime
    expires: datetime


LetterKind = Literal["consultation", "complaint"]
LETTER_LABELS: Mapping[str, str] = {"consultation": "咨询", "complaint": "投诉"}
LETTER_STATES: Mapping[str, str] = {"open": "待答复", "answered": "已答复", "rated": "已评价"}


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote a letter; name and phone never leave the desk unmasked."""

    name: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A consultation or complaint. `state`: open, answered, rated. `writer` None once erased."""

    id: int
    number: str
    kind: str
    department: str
    item_code: str | None
    case_id: int | None
    title: str
    content: str | None
    writer: Writer | None
    writer_masked: str
    state: str
    public: bool
    drill: bool
    received: datetime
    chases: int
    chased: datetime | None
    answer: str | None
    answered: datetime | None
    answered_by: str | None
    extension_days: int
    score: int | None
    rating_words: str
    due: datetime
    level: int
