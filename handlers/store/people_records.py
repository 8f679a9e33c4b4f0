"""People, sessions, drafts and letters as they look outside the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from handlers.store.records import Json
from rules.access import Assignment
from rules.quick_dataclass import dataclass


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


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote a letter; name and phone never leave the desk unmasked. An empty name: anonymous."""

    name: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class PublishedLetter:
    """A letter and its answer as the public reads them: masked, and looked over by a person."""

    title: str
    content: str
    answer: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter (来信). `state` is a `rules.letter_terms.LetterState`, `kind` a LetterKind; `writer` None once erased.

    `own_kind` is what its writer called it. `outcome`: '', `answered` or `redirected`; `finding` and `confirmed`
    (属实 or 部分属实) only of complaints about conduct, `proposed` before another supervisor has reviewed it, and
    `handling` what was done about it, which stays in the file. `settled`: the writer's word, None as long as there is none.
    `late`: some answer came after its due day. `version` grows with every change.
    """

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
    due: datetime
    chases: int = 0
    chased: datetime | None = None
    answer: str | None = None
    answered: datetime | None = None
    answered_by: str | None = None
    extension_days: int = 0
    score: int | None = None
    rating_words: str = ""
    level: int = 0
    own_kind: str = ""
    topic: str = ""
    assigned_unit: str = ""
    assigned_person: str | None = None
    draft: str | None = None
    drafted_by: str | None = None
    review_words: str = ""
    reviewed_by: str | None = None
    published_at: datetime | None = None
    published: PublishedLetter | None = None
    outcome: str = ""
    finding: str = ""
    proposed: str = ""
    handling: str = ""
    confirmed: bool | None = None
    settled: bool | None = None
    settled_at: datetime | None = None
    confirm_by: datetime | None = None
    disputes: int = 0
    transfers: int = 0
    returns: int = 0
    reclassified: bool = False
    objected: bool = False
    late: bool = False
    version: int = 0
