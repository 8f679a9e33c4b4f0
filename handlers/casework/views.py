"""What pages show: a case for its applicant, for staff, the desk's lists, the board, letters."""

from __future__ import annotations

from datetime import date, datetime

from handlers.following_up.shown import FollowShown
from handlers.store.records import (
    Attachment,
    Card,
    Case,
    CasePayload,
    Certificate,
    Clock,
    Event,
    FeeDue,
    MaterialReceived,
    Notice,
    PauseRow,
    Rating,
    Step,
)
from rules.access import Role
from rules.case_terms import Move, NoticeKind, State
from rules.clock import TimeTaken
from rules.deadline import TraceDay
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class DueView:
    """A due date that explains itself. `label` such as 承诺办结; `why` one sentence; `light` 0–3.

    `limit` in `unit` ("workday" or "day"), extension included in `extension`; `left` counted days left (negative: over).
    """

    label: str
    kind: str
    started: datetime
    limit: int
    extension: int
    unit: str
    due: date
    provisional: bool
    stopped: datetime | None
    light: int
    left: int
    basis: str
    why: str
    trace: tuple[TraceDay, ...]
    pauses: tuple[PauseRow, ...]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, in words for the public. `notice_id` when it issued a document."""

    at: datetime
    words: str
    unit: str
    notice_id: int | None
    notice_title: str


@dataclass(frozen=True, slots=True)
class NoticeSummary:
    """A document of the case as lists show it."""

    id: int
    number: str
    kind: NoticeKind
    title: str
    issued: datetime


@dataclass(frozen=True, slots=True)
class MoveOption:
    """A move this viewer may make now; `move.needs` are the fields of its form."""

    move: Move
    role: Role
    unit: str
    longest_days: int | None = None
    """For `extend`: the most days the law allows this case."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as the person with number and query code sees it.

    `light` 0 none, 1 warning, 2 yellow, 3 red. `next_words` says what the applicant should do now.
    `moves`: supplement and withdraw where they are possible. `may_rate` after the close, once.
    """

    number: str
    item_code: str
    item_name: str
    item_version: str
    department: str
    department_name: str
    state: State
    state_label: str
    holder_name: str
    step_name: str
    applicant_masked: str
    submitted_at: datetime
    accepted_at: datetime | None
    closed_at: datetime | None
    deemed: bool
    due: DueView | None
    clocks: tuple[DueView, ...]
    light: int
    time: TimeTaken
    timeline: tuple[TimelineEntry, ...]
    notices: tuple[NoticeSummary, ...]
    missing: tuple[str, ...]
    supplement_due: datetime | None
    next_words: str
    moves: tuple[MoveOption, ...]
    may_rate: bool
    rating: Rating | None
    certificate: Certificate | None
    fees: tuple[FeeDue, ...]
    drill: bool
    version: int
    """Goes into `MoveData.seen`."""
    asked: str = ""
    """While a supplement is awaited: the clerk's own words of everything that is to be supplemented."""
    followup: FollowShown | None = None
    """What follows a bad rating."""


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """The receipt: enough for a printed page with QR and query code, and for checking the public log later."""

    number: str
    item_name: str
    department_name: str
    applicant: str
    submitted_at: datetime
    notice: Notice
    materials: tuple[MaterialReceived, ...]
    due: DueView | None
    event_sequence: int
    leaf: str
    salt: str


@dataclass(frozen=True, slots=True)
class StaffCaseView:
    """A case as staff within scope see it. Opening it writes the access log.

    `warnings`: sentences staff should read before acting (supplement spent, promise nearly over, …).
    """

    case: Case
    payload: CasePayload
    public: CaseView
    steps: tuple[Step, ...]
    materials: tuple[MaterialReceived, ...]
    attachments: tuple[Attachment, ...]
    clocks: tuple[Clock, ...]
    pauses: tuple[PauseRow, ...]
    events: tuple[Event, ...]
    actor_names: dict[str, str]
    cards: tuple[Card, ...]
    moves: tuple[MoveOption, ...]
    warnings: tuple[str, ...]
    rating_hidden: bool = False
    """Whether the words of a bad rating are kept from this reader."""


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One line of the desk. `left` working days to the due day (negative: over), None without a clock."""

    number: str
    item_name: str
    department_name: str
    applicant_masked: str
    state: State
    state_label: str
    step_name: str
    holder_name: str
    channel: str
    submitted_at: datetime
    due: datetime | None
    provisional: bool
    left: int | None
    light: int
    drill: bool


@dataclass(frozen=True, slots=True)
class DeskPage:
    """One page of a list with what the tabs show. `tab_counts`: to_do, done, due_soon, overdue, all.

    Counted to 1,000 for a tab and 10,000 for `total`; those numbers mean “or more”.
    """

    rows: tuple[DeskRow, ...]
    page: int
    pages: int
    total: int
    tab: str
    tab_counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class BoardCard:
    """A card with what a list shows beside it."""

    card: Card
    department_name: str
    subject_title: str
    applicant_masked: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The home page's figures (`published/figures.json`): drill excluded."""

    at: datetime
    filed_today: int
    closed_today: int
    filed_month: int
    closed_month: int
    on_time_month: int
    letters_month: int
    answered_month: int
    on_time_rate: int | None
    """On-time closures of the month in tenths of a percent (985 = 98.5 %); None while nothing closed."""
