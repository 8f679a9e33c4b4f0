"""What is asked of casework and what it answers: applications, actors, moves, sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from handlers.store.records import Json, Notice, Party
from rules.access import Role
from rules.case_terms import MoveName, State
from rules.quick_dataclass import dataclass

LONGEST_CERTIFICATE_NUMBER = 50


@dataclass(frozen=True, slots=True)
class MaterialGiven:
    """How one material of the item comes: by its id (`Item.material_id`). Files are the attachments' business."""

    code: str
    originals: int = 0
    copies: int = 0
    reused: bool = False
    """Spared because the hall holds it or may check it (免提交、共享核验)."""


@dataclass(frozen=True, slots=True)
class Application:
    """A whole application, its answers already validated by `catalog.application_form`.

    `attachments` maps a form field or material id to attachment ids (`store.attachments.receive`).
    `accepting_unit` None: the item's department for online filings. `draft_code` is deleted with the filing.
    `materials` may be left empty: material rows are then made from the item and the attachments.
    """

    item_code: str
    applicant: Party
    agent: Party | None = None
    answers: Mapping[str, Json] = field(default_factory=dict)
    attachments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    materials: tuple[MaterialGiven, ...] = ()
    delivery: str = "window"
    delivery_address: str = ""
    accepting_unit: str | None = None
    account: str | None = None
    draft_code: str | None = None
    source_system: str | None = None
    source_id: str | None = None
    parent: str | None = None
    project_code: str | None = None
    received_outside: datetime | None = None
    """When it was received elsewhere, for a case brought in from another system or recorded afterwards."""
    decided_outside: datetime | None = None


@dataclass(frozen=True, slots=True)
class ByApplicant:
    """The applicant (or agent), proved by the case's query code."""

    query_code: str
    agent: bool = False


@dataclass(frozen=True, slots=True)
class ByStaff:
    """A member of staff. Role and unit are looked up in the dated assignments: nothing a page sends counts.

    `role` only chooses among the roles held when several of them may make the move.
    """

    person: str
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class BySystem:
    """The hall itself (sweep, calendar import, another system)."""

    name: str = "hall"


Actor = ByApplicant | ByStaff | BySystem


@dataclass(frozen=True, slots=True)
class MoveData:
    """What a move asks for (`rules.case.MOVES[move].needs`), by need name, as typed.

    `missing`: codes of the materials named in a supplement notice. `attachments`: for `supplement`, new files
    by field or material id; `answers`: corrected answers (None: unchanged). `seen`: the `version` of the case
    that the page showed; when it has changed since, the move is a Conflict and not made on stale grounds.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    attachments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answers: Mapping[str, Json] | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """A filing that is durable. The query code is shown once and only kept as a hash.

    `event_sequence`, `leaf`, `salt`: the receipt's part of the public log (hash of the filing event and the
    salt of its commitment). `repeated`: the same idempotency key had been used; nothing was filed twice.
    """

    number: str
    query_code: str
    receipt_id: int
    receipt_number: str
    event_sequence: int
    leaf: str
    salt: str
    filed_at: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that is durable. `notice_id` names the document it issued, if any."""

    number: str
    move: MoveName
    state: State
    event_sequence: int
    notice_id: int | None
    notice_number: str | None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Swept:
    """One supervision pass. `put_off` names the clocks whose computation failed: (clock id, subject number, why);
    for a rule about an event the clock id is 0. `backwards` says that time went back since the last pass.
    """

    looked_at: int
    cards: int
    pending: int
    deemed_accepted: tuple[str, ...]
    put_off: tuple[tuple[int, str, str], ...]
    next_at: datetime | None
    rules_changed: bool = False
    backwards: str = ""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A new calendar taken into account: how many clocks were looked at, whose due day moved."""

    looked_at: int
    moved: tuple[str, ...]
    no_longer_provisional: int


@dataclass(frozen=True, slots=True)
class NewPerson:
    """An account to be made; assignments as role and unit pairs."""

    login: str
    name: str
    password: str
    assignments: tuple[tuple[Role, str], ...] = ()
    phone: str = ""
    email: str = ""


__all__ = [
    "Actor",
    "Application",
    "ByApplicant",
    "ByStaff",
    "BySystem",
    "Filed",
    "MaterialGiven",
    "MoveData",
    "Moved",
    "NewPerson",
    "Notice",
    "Party",
    "Recomputed",
    "Swept",
]
