"""The words of the letter table: kinds, states, moves, topics, limits, and what its guards must know of a letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from rules.access import Role
from rules.case_terms import Need
from rules.quick_dataclass import dataclass


class LetterKind(StrEnum):
    """What a letter is (来信类别)."""

    CONSULTATION = "consultation"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    REPORT_ERROR = "report_error"
    PRAISE = "praise"


KIND_LABELS: Mapping[str, str] = MappingProxyType(
    {
        LetterKind.CONSULTATION: "咨询",
        LetterKind.COMPLAINT: "投诉",
        LetterKind.SUGGESTION: "建议",
        LetterKind.REPORT_ERROR: "纠错",
        LetterKind.PRAISE: "表扬",
    }
)
# The letter of a number that tells its kind as it was written; conduct has a series of its own, so that no gap
# in another series tells that there is one.
KIND_MARKS: Mapping[str, str] = MappingProxyType(
    {
        LetterKind.CONSULTATION: "Z",
        LetterKind.COMPLAINT: "T",
        LetterKind.SUGGESTION: "Y",
        LetterKind.REPORT_ERROR: "C",
        LetterKind.PRAISE: "B",
    }
)
CONDUCT_MARK = "J"
# The supervised object a letter's clock is judged as (DOMAIN §4): everything that is no complaint counts as asked.
CARD_OBJECTS: Mapping[str, str] = MappingProxyType(
    {kind: "complaint" if kind is LetterKind.COMPLAINT else "consultation" for kind in LetterKind}
)
# Topic of a complaint about how someone behaved (工作作风): seen by the county supervisor only.
CONDUCT = "conduct"


class LetterState(StrEnum):
    """Where a letter stands."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    ANSWERING = "answering"
    IN_REVIEW = "in_review"
    ANSWERED = "answered"
    REOPENED = "reopened"
    SETTLED = "settled"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


STATE_LABELS: Mapping[str, str] = MappingProxyType(
    {
        LetterState.RECEIVED: "待分办",
        LetterState.ASSIGNED: "待办理",
        LetterState.ANSWERING: "办理中",
        LetterState.IN_REVIEW: "答复待审核",
        LetterState.ANSWERED: "已答复，等来信人表态",
        LetterState.REOPENED: "来信人不认可，重新办理",
        LetterState.SETTLED: "来信人认可",
        LetterState.CLOSED: "已办结（来信人未表态）",
        LetterState.WITHDRAWN: "来信人已撤回",
    }
)
# What the writer reads: nobody needs to know which desk a letter lies on.
PUBLIC_LABELS: Mapping[str, str] = MappingProxyType(
    {
        LetterState.RECEIVED: "已收到，正在确定由谁办理",
        LetterState.ASSIGNED: "办理中",
        LetterState.ANSWERING: "办理中",
        LetterState.IN_REVIEW: "办理中",
        LetterState.ANSWERED: "已答复",
        LetterState.REOPENED: "重新办理中",
        LetterState.SETTLED: "已答复，您认可",
        LetterState.CLOSED: "已答复，您没有表态",
        LetterState.WITHDRAWN: "您已撤回",
    }
)
# The department's clock runs.
OPEN = frozenset(
    {
        LetterState.RECEIVED,
        LetterState.ASSIGNED,
        LetterState.ANSWERING,
        LetterState.IN_REVIEW,
        LetterState.REOPENED,
    }
)
# A department has it in hand and may work on it.
IN_HAND = frozenset({LetterState.ASSIGNED, LetterState.ANSWERING, LetterState.REOPENED})
# An answer is out.
REPLIED = frozenset({LetterState.ANSWERED, LetterState.SETTLED, LetterState.CLOSED})


class LetterMove(StrEnum):
    """The moves, by the names handlers and events use (`letter.<move>`)."""

    ASK = "ask"
    ASSIGN = "assign"
    HAND = "hand"
    TRANSFER = "transfer"
    RETURN = "return"
    DRAFT = "draft"
    SUBMIT = "submit"
    SEND_BACK = "send_back"
    ANSWER = "answer"
    REDIRECT = "redirect"
    EXTEND = "extend"
    RECLASSIFY = "reclassify"
    OBJECT = "object"
    ESCALATE = "escalate"
    RELEASE = "release"
    PROPOSE = "propose"
    ENDORSE = "endorse"
    OVERRULE = "overrule"
    FINDING = "finding"
    CHASE = "chase"
    SUPERVISE = "supervise"
    SETTLE = "settle"
    DISPUTE = "dispute"
    RATE = "rate"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    PUBLISH = "publish"
    UNPUBLISH = "unpublish"


FINDINGS: Mapping[str, str] = MappingProxyType(
    {"confirmed": "属实", "partly": "部分属实", "unconfirmed": "不属实"}
)
Writer = frozenset({Role.APPLICANT})
ClockEffect = Literal["", "start", "stop", "extend"]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    `to_state` None: the state stays. `public`: what the writer's timeline says, empty for what stays in the
    office; may name {unit}, {reason}, {days}, {kind}. `clock`: what becomes of the answer's clock; nothing else
    touches it, so a transfer never starts it again. `intake`: only at the desk that assigns (the centre's
    coordinator). `conduct`: None for any letter, else only (True) or never (False) for complaints about conduct.
    """

    name: LetterMove
    label: str
    from_states: frozenset[LetterState]
    to_state: LetterState | None
    roles: frozenset[Role]
    public: str = ""
    needs: tuple[Need, ...] = ()
    clock: ClockEffect = ""
    intake: bool = False
    conduct: bool | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class KindLimit:
    """Working days for an answer and for its one extension."""

    days: int
    extension: int


@dataclass(frozen=True, slots=True)
class LetterLimits:
    """What a county may set. Days are working days.

    `transfers`: between departments before it must go back to the centre; `returns`: to the centre, after which
    the centre's decision stands; `disputes`: how often the writer may have it reopened; `confirm`: days to say
    whether it is settled, after which it counts as unstated.
    """

    kinds: Mapping[str, KindLimit]
    transfers: int = 2
    returns: int = 1
    disputes: int = 2
    confirm: int = 10
    chases: int = 5

    def of(self, kind: str) -> KindLimit:
        """The limit of one kind."""
        return self.kinds[kind]


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What the guards need to know besides the state. Counts are of what happened so far.

    `extension_late`: the day of the answer has passed, so there is nothing left to extend.
    `second`: another county supervisor, not complained about, can review what this one found about conduct.
    """

    kind: str = LetterKind.CONSULTATION
    conduct: bool = False
    transfers: int = 0
    returns: int = 0
    disputes: int = 0
    extended: bool = False
    extension_late: bool = False
    reclassified: bool = False
    objected: bool = False
    rated: bool = False
    agreed_to_publish: bool = False
    published: bool = False
    confirm_over: bool = False
    second: bool = False
    limits: LetterLimits = field(default_factory=lambda: default_limits(5, 5))


def default_limits(days: int, extension: int) -> LetterLimits:
    """DOMAIN §3: consultation and complaint 5 + 5 working days; the same for the others, praise is not extended."""
    kinds: dict[str, KindLimit] = {
        kind: KindLimit(days, 0 if kind is LetterKind.PRAISE else extension) for kind in LetterKind
    }
    return LetterLimits(MappingProxyType(kinds))
