"""The words of the case table: states, moves, notices, what a move asks for, what its guards must know."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from rules.access import Role
from rules.clock import ClockKind
from rules.quick_dataclass import dataclass


class State(StrEnum):
    """Where a case stands. `draft` is a form being filled; it is no case yet and is never stored as one."""

    DRAFT = "draft"
    RECEIVED = "received"
    PRE_REVIEWED = "pre_reviewed"
    SUPPLEMENTING = "supplementing"
    IN_REVIEW = "in_review"
    SPECIAL_PROCEDURE = "special_procedure"
    GRANTED = "granted"
    DENIED = "denied"
    DELIVERED = "delivered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


STATE_LABELS: Mapping[State, str] = MappingProxyType(
    {
        State.DRAFT: "填写中",
        State.RECEIVED: "待预审",
        State.PRE_REVIEWED: "待受理",
        State.SUPPLEMENTING: "待补正",
        State.IN_REVIEW: "审查中",
        State.SPECIAL_PROCEDURE: "特别程序中",
        State.GRANTED: "准予（待送达）",
        State.DENIED: "不予许可（待送达）",
        State.DELIVERED: "已送达",
        State.REFUSED: "不予受理",
        State.WITHDRAWN: "已撤回",
        State.VOIDED: "已作废",
    }
)

# Decided: promise and statute no longer run.
DECIDED = frozenset({State.GRANTED, State.DENIED, State.DELIVERED})
# Ended: no move leads on.
ENDED = frozenset({State.DELIVERED, State.REFUSED, State.WITHDRAWN, State.VOIDED})
# Open: someone still has to do something.
OPEN = frozenset(State) - ENDED - {State.DRAFT}


class MoveName(StrEnum):
    """The moves, by the names handlers and events use."""

    FILE = "file"
    PRE_REVIEW = "pre_review"
    SUPPLEMENT_NOTICE = "supplement_notice"
    SUPPLEMENT = "supplement"
    ACCEPT = "accept"
    DEEM_ACCEPT = "deem_accept"
    REFUSE = "refuse"
    COMPLETE_STEP = "complete_step"
    SEND_BACK = "send_back"
    START_SPECIAL = "start_special"
    END_SPECIAL = "end_special"
    EXTEND = "extend"
    TELL_HEARING = "tell_hearing"
    REQUEST_HEARING = "request_hearing"
    NOTIFY_HEARING = "notify_hearing"
    HOLD_HEARING = "hold_hearing"
    GRANT = "grant"
    DENY = "deny"
    DELIVER = "deliver"
    WITHDRAW = "withdraw"
    VOID = "void"


class NoticeKind(StrEnum):
    """The numbered documents the moves issue."""

    RECEIPT = "receipt"
    ACCEPTANCE = "acceptance"
    REFUSAL = "refusal"
    SUPPLEMENT = "supplement"
    SPECIAL_PROCEDURE = "special_procedure"
    EXTENSION = "extension"
    HEARING_RIGHT = "hearing_right"
    HEARING = "hearing"
    GRANT = "grant"
    DENIAL = "denial"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True)
class Notice:
    """A kind of document: its title and the article that asks for it."""

    title: str
    basis: str


NOTICES: Mapping[NoticeKind, Notice] = MappingProxyType(
    {
        NoticeKind.RECEIPT: Notice("收件凭证", "《行政许可法》第二十九条、第三十二条"),
        NoticeKind.ACCEPTANCE: Notice("受理通知书", "《行政许可法》第三十二条第一款第五项、第二款"),
        NoticeKind.REFUSAL: Notice("不予受理决定书", "《行政许可法》第三十二条第一款第一项、第二项、第二款"),
        NoticeKind.SUPPLEMENT: Notice("补正告知书", "《行政许可法》第三十二条第一款第四项"),
        NoticeKind.SPECIAL_PROCEDURE: Notice("特别程序告知书", "《行政许可法》第四十五条"),
        NoticeKind.EXTENSION: Notice("延期告知书", "《行政许可法》第四十二条"),
        NoticeKind.HEARING_RIGHT: Notice("听证权利告知书", "《行政许可法》第四十六条、第四十七条"),
        NoticeKind.HEARING: Notice("听证通知书", "《行政许可法》第四十八条第一款第一项"),
        NoticeKind.GRANT: Notice("准予决定书", "《行政许可法》第三十八条第一款"),
        NoticeKind.DENIAL: Notice("不予决定书", "《行政许可法》第三十八条第二款"),
        NoticeKind.DELIVERY: Notice("送达回证", "《行政许可法》第四十四条"),
    }
)

FieldKind = Literal["text", "days", "choice", "moment"]
# Where a hearing stands: nobody told of the right, told, asked for, held (or given up).
Hearing = Literal["", "told", "asked", "held"]


@dataclass(frozen=True, slots=True)
class Need:
    """A field a move asks for; `table` names the code table of a choice, `least`/`most` bound days; a moment is a
    day with its time, as ISO 8601 writes it.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    required: bool = True
    table: str = ""
    least: int = 1
    most: int = 366


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table.

    `by_step`: only the role of the current review step may. `position`: which steps it is for.
    `public`: what the tracking page says when it has happened; may name {unit}, {days}, {reason}, {step};
    {extension} is the days in the unit of the promise.
    `stays`: made in any of its states and leaving the case there (`to_state` then names one of them).
    """

    name: MoveName
    label: str
    from_states: frozenset[State]
    to_state: State
    roles: frozenset[Role]
    public: str
    needs: tuple[Need, ...] = ()
    starts: frozenset[ClockKind] = frozenset()
    pauses: frozenset[ClockKind] = frozenset()
    resumes: frozenset[ClockKind] = frozenset()
    stops: frozenset[ClockKind] = frozenset()
    notice: NoticeKind | None = None
    by_step: bool = False
    position: Literal["any", "last", "before_last", "after_first"] = "any"
    explanation: str = ""
    stays: bool = False

    def after(self, state: State) -> State:
        """The state a case is in after the move."""
        return state if self.stays else self.to_state


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the guards need to know of a case besides its state. Step indexes count from 0.

    `pre_review_needed`: filed online and not immediate, so acceptance comes after pre-review.
    `notice_overdue`: five working days from receipt are over and nobody was told anything.
    `extension_late`: the statutory limit (without one, the promised) has passed, so there is nothing left to extend.
    `joint`: handled jointly, so an extension may be 15 days instead of 10 (Licensing Law art. 42).
    `hearing_window_open`: told of the right to a hearing, and the five days to ask for one are not over.
    """

    supplement_spent: bool = False
    extended: bool = False
    extension_late: bool = False
    step_index: int = 0
    step_count: int = 1
    step_role: Role | None = None
    pre_review_needed: bool = True
    notice_overdue: bool = False
    joint: bool = False
    deemed: bool = False
    hearing: Hearing = ""
    hearing_window_open: bool = False

    @property
    def at_last_step(self) -> bool:
        """Whether the current review step is the one that decides."""
        return self.step_index >= self.step_count - 1
