"""Orders and appeals as pages and programs see them: what happened, what may be done now, by whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from handlers.casework.views import DueView
from handlers.store.appeals import Appeal, Statement
from handlers.store.chases import Chase
from handlers.store.order_cards import OrderCard
from handlers.store.orders import Accountability, Order, Reply
from handlers.store.records import Attachment, Card, Event
from handlers.supervising.drafts import ReplyDraft
from rules.appeal_table import AppealRow
from rules.order_table import OrderRow
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the list “督办与申诉”. `kind` order, appeal or card; `due` what waits until when (None: nothing)."""

    kind: str
    id: int
    number: str
    title: str
    department: str
    department_name: str
    state: str
    state_label: str
    waits_for: str
    due: datetime | None
    left: int | None
    late: bool
    level: int
    drill: bool
    at: datetime
    href: str


@dataclass(frozen=True, slots=True)
class LinePage:
    """A page of the list. `counts` by tab; `sides`: whether the reader answers for a department, supervises one."""

    lines: tuple[Line, ...]
    tab: str
    counts: Mapping[str, int]
    page: int
    pages: int
    total: int
    answers: bool
    supervises: bool


@dataclass(frozen=True, slots=True)
class MoveOffer:
    """A move of the order table that the reader may make now, with the days it may give."""

    row: OrderRow
    most_days: int
    usual_days: int


@dataclass(frozen=True, slots=True)
class ReplyView:
    """What a department answered, who wrote it, with its files."""

    reply: Reply
    writer: str
    files: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class OrderCardView:
    """A card of an order, how it is on it, and its appeal."""

    entry: OrderCard
    card: Card
    appeal: Appeal | None


@dataclass(frozen=True, slots=True)
class OrderView:
    """A whole order. `due`: what runs now, day by day; `may_chase`, `may_account`: what else the reader may do.

    `cards`: every card on it, taken off ones too; `check_code`: by which its paper is verified.
    """

    order: Order
    title: str
    state_label: str
    department_name: str
    unit_name: str
    issuer_name: str
    issued_by: str
    due: DueView | None
    overdue: bool
    replies: tuple[ReplyView, ...]
    accountability: tuple[Accountability, ...]
    chases: tuple[Chase, ...]
    cards: tuple[OrderCardView, ...]
    check_code: str
    events: tuple[Event, ...]
    names: Mapping[str, str]
    offers: tuple[MoveOffer, ...]
    waits_for: str
    draft: ReplyDraft | None
    may_chase: bool
    may_account: bool

    @property
    def appeal(self) -> Appeal | None:
        """The newest appeal against one of its cards."""
        found = [each.appeal for each in self.cards if each.appeal is not None]
        return max(found, key=lambda each: each.id, default=None)


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """What anyone who holds the paper of an order may know of it: nothing about a person, nothing of its text.

    `facts`: how many matters it has now.
    """

    number: str
    issuer: str
    addressee: str
    issued: datetime
    state_label: str
    cancelled: bool
    explain_due: datetime
    facts: int
    drill: bool


@dataclass(frozen=True, slots=True)
class StatementView:
    """What was written at one move of an appeal, by whom, with its files."""

    statement: Statement
    label: str
    writer: str
    files: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class AppealView:
    """A whole appeal. `conflict`: why the reader may not decide, empty when they may or it is not theirs."""

    appeal: Appeal
    state_label: str
    department_name: str
    filed_by: str
    decided_by: str
    due: DueView | None
    overdue: bool
    statements: tuple[StatementView, ...]
    card: Card | None
    order: Order | None
    events: tuple[Event, ...]
    names: Mapping[str, str]
    offers: tuple[AppealRow, ...]
    conflict: str
    waits_for: str
    draft: ReplyDraft | None


@dataclass(frozen=True, slots=True)
class CardFollow:
    """What follows a card: its order, its appeal, and whether the reader may appeal now, until when, else why not."""

    order: Order | None
    order_label: str
    appeal: Appeal | None
    appeal_label: str
    window: DueView | None
    may_appeal: bool
    why_not: str
    history: tuple[Event, ...]
    names: Mapping[str, str]
