"""What a case and everything hanging on it look like outside the store: frozen rows, moments as datetimes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from handlers.store.card_records import Card as Card
from handlers.store.card_records import Watched as Watched
from rules.access import Role
from rules.case_terms import NoticeKind, State
from rules.clock import ClockKind
from rules.quick_dataclass import dataclass

Channel = Literal["web", "phone", "window", "town", "village", "kiosk", "system"]
CHANNEL_LABELS: Mapping[str, str] = {
    "web": "网上",
    "phone": "手机",
    "window": "窗口",
    "town": "乡镇",
    "village": "村（社区）",
    "kiosk": "自助终端",
    "system": "其他系统",
}
Delivery = Literal["window", "courier", "electronic"]
DELIVERY_LABELS: Mapping[str, str] = {"window": "窗口领取", "courier": "邮寄送达", "electronic": "电子送达"}

Subject = Literal["case", "letter", "person", "hall"]
Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
"""Answers of forms: no floats (amounts are strings), so that every payload has one canonical form."""


@dataclass(frozen=True, slots=True)
class Party:
    """An applicant (申请者) or agent (代理人). `kind` is a code of A.4, `id_type` of the id-type table."""

    kind: str
    name: str
    id_type: str = ""
    id_number: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    postcode: str = ""
    representative: str = ""
    """法定代表人, for legal persons."""
    contact: str = ""
    """联系人, where it is not the applicant."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case (办件) without personal data; `applicant_masked` may be shown to the public.

    `received_at` is the day of receipt that deemed acceptance counts from (a supplement moves it);
    `submitted_at` is when it was first handed in, here or outside. `holder_unit`/`holder_role` say who has it now.
    `step` is the index of the review step in hand, -1 before acceptance. `level` 0–3 is the highest
    light of its running clocks, `due` that of its promise (or of what runs before acceptance).
    `version` grows with every change: what a page has seen is compared with it before a move.
    `outcome` is `granted`, `denied`, `refused`, `withdrawn`, `voided` or empty.
    """

    id: int
    number: str
    item_code: str
    item_name: str
    item_version: str
    item_type: str
    case_kind: str
    department: str
    accepting_unit: str
    holder_unit: str
    holder_role: str
    state: State
    step: int
    channel: str
    applicant_kind: str
    applicant_masked: str
    account: str | None
    has_agent: bool
    source_system: str | None
    source_id: str | None
    parent: int | None
    project_code: str | None
    drill: bool
    promised_days: int
    promised_unit: str
    statutory_days: int | None
    statutory_unit: str | None
    limit_basis: str
    delivery: str
    outcome: str
    received_at: datetime
    submitted_at: datetime
    accepted_at: datetime | None
    decided_at: datetime | None
    closed_at: datetime | None
    delivered_at: datetime | None
    supplements: int
    extensions: int
    deemed: bool
    rating: int | None
    level: int
    due: datetime | None
    due_provisional: bool
    supplement_due: datetime | None
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class CasePayload:
    """The personal part of a case; all None once erased (`erased_at` says when)."""

    applicant: Party | None
    agent: Party | None
    answers: Mapping[str, Json]
    delivery_address: str
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """One review step snapshotted into the case. `state`: waiting, running, done. `limit_days` working days.

    `conclusion` is a code of the table `review-conclusion`; None while there is none.
    """

    position: int
    code: str
    name: str
    role: Role
    unit: str
    limit_days: int | None
    state: str
    started: datetime | None
    ended: datetime | None
    person: str | None
    opinion: str | None
    conclusion: str | None = None


@dataclass(frozen=True, slots=True)
class MaterialReceived:
    """One material of the case: what was asked, what came (originals, copies, files, reused from elsewhere).

    `verdict`: empty, `accepted` or `missing` (named in the supplement notice).
    """

    position: int
    code: str
    name: str
    required: bool
    exempt: bool
    originals: int
    copies: int
    electronic: int
    reused: bool
    how: str
    received: datetime | None
    verdict: str
    note: str


@dataclass(frozen=True, slots=True)
class FeeDue:
    """One fee; `cents` None where the standard has no fixed amount, `charged` None where nobody wrote it down."""

    position: int
    name: str
    standard: str
    basis: str
    cents: int | None
    paid_at: datetime | None
    waived: str
    charged: int | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The result of a granted case; `number` and `issued` are set at delivery or by `issue_certificate`."""

    number: str | None
    name: str
    kind: str
    certificate_type: str
    validity: str
    issuer: str
    decided: datetime
    issued: datetime | None
    revoked: datetime | None


@dataclass(frozen=True, slots=True)
class Rating:
    """好差评: `score` is the code of A.8, 1 非常满意 … 5 非常不满意."""

    score: int
    words: str
    channel: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """One running or stopped limit. Days in `limit_unit` (workday/day); `level` 0–3 as last written by a sweep."""

    id: int
    subject: str
    subject_id: int
    kind: ClockKind
    object: str
    step: int | None
    department: str
    unit: str
    person: str | None
    drill: bool
    started: datetime
    limit_days: int
    statutory_days: int | None
    extension_days: int
    limit_unit: str
    basis: str
    precision: str
    due: datetime
    provisional: bool
    warn_at: datetime | None
    yellow_at: datetime | None
    red_at: datetime | None
    next_at: datetime | None
    level: int
    since: datetime | None
    stopped: datetime | None
    stop_reason: str
    rules: str
    put_off: str


@dataclass(frozen=True, slots=True)
class PauseRow:
    """One stop of the clock in the ledger, with the notice that told the applicant."""

    id: int
    subject: str
    subject_id: int
    department: str
    kind: str
    reason: str
    basis: str
    started: datetime
    ended: datetime | None
    notified_days: int | None
    unit: str
    notice: str | None
    result: str


@dataclass(frozen=True, slots=True)
class Event:
    """One link of the chain; `payload` None once erased."""

    sequence: int
    at: datetime
    kind: str
    subject: str
    subject_id: int
    subject_number: str
    actor: str
    role: str
    unit: str
    from_state: str
    to_state: str
    drill: bool
    commitment: str
    previous: str
    hash: str
    payload: Mapping[str, Json] | None
    salt: str | None


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One labelled paragraph of a notice."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A numbered document, as issued: never rendered again from newer data.

    `addressee` is the applicant's full name: show the whole notice only to who may see it.
    """

    id: int
    number: str
    kind: NoticeKind
    subject: str
    subject_id: int
    unit: str
    issued: datetime
    title: str
    addressee: str
    lines: tuple[NoticeLine, ...]
    issuer: str
    basis: str
    case_number: str


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the outbox. `recipient_kind`: applicant, person or unit; `recipient` its number, id or code."""

    id: int
    at: datetime
    template: str
    recipient_kind: str
    recipient: str
    subject: str
    subject_id: int
    subject_number: str
    body: str
    drill: bool
    read_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file taken in. `id` is unguessable; the bytes lie under files/ by `sha256`, never executable."""

    id: str
    sha256: str
    name: str
    extension: str
    media_type: str
    size: int
    field: str
    case_id: int | None
    received: datetime
    received_by: str
    scan: str = ""
    """What the virus scanner found (`handlers.store.scans`); empty when none was asked."""


@dataclass(frozen=True, slots=True)
class DailyCount:
    """How often something happened on a day in a department; drill cases are never in it."""

    day: date
    department: str
    measure: str
    count: int
