"""What the API gives staff: session, desk, whole cases, board, sweep."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from handlers.api_models import CaseOut, In, Out
from handlers.casework.requests import LONGEST_CERTIFICATE_NUMBER


class SignInIn(In):
    login: str = Field(max_length=100)
    password: str = Field(max_length=200)
    totp: str = Field("", max_length=10, description="开通了第二因素的，填动态码")


class AssignmentOut(Out):
    role: str
    unit: str


class SessionOut(Out):
    """`token` goes into `Authorization: Bearer …`; it idles out like a browser's session."""

    token: str
    person: str
    name: str
    assignments: list[AssignmentOut]


class DeskQuery(In):
    tab: Literal["to_do", "done", "due_soon", "overdue", "all"] = "to_do"
    search: str = Field("", max_length=100)
    department: str | None = None
    state: str | None = None
    page: int = Field(1, ge=1, le=100_000)
    size: int = Field(20, ge=1, le=100)


class DeskRowOut(Out):
    number: str
    item_name: str
    department_name: str
    applicant_masked: str
    state: str
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


class DeskOut(Out):
    rows: list[DeskRowOut]
    page: int
    pages: int
    total: int
    tab: str
    tab_counts: dict[str, int]


class PartyOut(Out):
    kind: str
    name: str
    id_type: str
    id_number: str
    phone: str
    email: str
    address: str
    representative: str
    contact: str


class MaterialOut(Out):
    position: int
    code: str
    name: str
    required: bool
    exempt: bool
    originals: int
    copies: int
    electronic: int
    reused: bool
    verdict: str
    note: str


class StepOut(Out):
    position: int
    code: str
    name: str
    role: str
    unit: str
    limit_days: int | None
    state: str
    opinion: str | None


class CardOut(Out):
    id: int
    subject: str
    subject_number: str
    department: str
    level: int = Field(description="1 预警 2 黄牌 3 红牌")
    rule: str
    since: datetime
    issued: datetime
    state: str
    why: str
    drill: bool


class StaffCaseOut(Out):
    """A whole case for staff within scope; the look is logged."""

    case: CaseOut
    applicant: PartyOut | None
    agent: PartyOut | None
    answers: dict[str, JsonValue]
    delivery_address: str
    materials: list[MaterialOut]
    steps: list[StepOut]
    cards: list[CardOut]
    warnings: list[str]
    charged: dict[int, int] = Field({}, description="实收金额（分），按费用的 position")
    source_system: str | None = Field(None, description="原系统")
    source_id: str | None = Field(None, description="原系统编号")


class MoveIn(In):
    """A move of the case table; `values` by the names of its needs."""

    move: str
    values: dict[str, str] = Field({}, description="按 needs 的 name 填写")
    missing: list[str] = Field([], description="补正告知：缺的材料编号")
    seen: int | None = Field(None, description="页面看到的办件版本号；之后有变化就不执行（409）")
    role: str | None = Field(None, description="兼任几个岗位时，以哪个岗位操作")


class MaterialIn(In):
    code: str
    originals: int = Field(0, ge=0, le=99)
    copies: int = Field(0, ge=0, le=99)
    reused: bool = False
    note: str = Field("", max_length=500)


class FeeIn(In):
    position: int = Field(ge=0, le=99)
    waived: str = Field("", max_length=500, description="减免理由；不写就是已缴")
    charged: int | None = Field(None, ge=0, le=1_000_000_000, description="实收金额，分；对照公布的标准")


class ChargeIn(In):
    """Money taken beside what the guide says."""

    name: str = Field(
        min_length=1, max_length=100, description="收了什么费；和指南里的同名，就合起来对照标准"
    )
    charged: int = Field(ge=1, le=1_000_000_000, description="实收金额，分")
    reason: str = Field(min_length=2, max_length=500, description="怎么知道的：收据号、来访记录")


class ToldOutsideIn(In):
    """A supplement notice given outside the system."""

    told: str = Field(min_length=2, max_length=2000, description="告知的内容")
    given_at: datetime = Field(description="告知的时间")
    reason: str = Field(min_length=2, max_length=2000, description="怎么告知的，为什么没有在系统里告知")


class ToldOutsideOut(Out):
    supplements: int = Field(description="这个办件现在一共告知补正几次")


class CertificateIn(In):
    number: str | None = Field(None, max_length=LONGEST_CERTIFICATE_NUMBER)


class LettersQuery(In):
    tab: Literal["to_assign", "to_answer", "to_review", "disputed", "overdue", "done", "all"] = "to_answer"
    q: str = Field("", max_length=100)
    page: int = Field(1, ge=1, le=100_000)
    size: int = Field(20, ge=1, le=100)


class LetterMoveIn(In):
    """What a move of a letter asks for; which of them, the table of letters says."""

    text: str = Field("", max_length=5000)
    reason: str = Field("", max_length=2000)
    unit: str = Field("", max_length=64)
    person: str = Field("", max_length=64)
    kind: str = Field("", max_length=32)
    finding: str = Field("", max_length=16)
    outcome: str = Field("", max_length=2000)
    publish: bool = Field(False, description="answer：遮盖已核对，公开")
    mask: list[str] = Field(default_factory=list, max_length=50, description="另外要遮盖的词")


class LetterMovedOut(Out):
    number: str
    move: str
    state: str


class SuggestionOut(Out):
    unit: str
    name: str
    share: float
    reasons: list[str]


class SuggestionsOut(Out):
    suggestions: list[SuggestionOut]


class ReasonIn(In):
    reason: str = Field(min_length=1, max_length=2000)


class CardDecisionIn(In):
    confirm: bool
    reason: str = Field("", max_length=2000)


class DepartmentLightsOut(Out):
    department: str
    name: str
    open: int
    normal: int
    warned: int
    yellow: int
    red: int
    filed_today: int
    closed_today: int
    letters_open: int


class BoardCardOut(Out):
    card: CardOut
    department_name: str
    subject_title: str
    applicant_masked: str


class BoardOut(Out):
    at: datetime
    open: int
    normal: int
    warned: int
    yellow: int
    red: int
    paused: int
    provisional: int
    filed_today: int
    accepted_today: int
    closed_today: int
    on_time_today: int
    cards_today: int
    warned_today: int
    carded_today: int
    pending: int
    departments: list[DepartmentLightsOut]
    cards: list[BoardCardOut]


class SweptOut(Out):
    looked_at: int
    cards: int
    pending: int
    deemed_accepted: list[str]
    put_off: int = Field(description="算不出来、推后再算的时钟数")
    next_at: datetime | None


class MessageOut(Out):
    id: int
    at: datetime
    template: str
    subject_number: str
    body: str
    drill: bool


class MessagesOut(Out):
    messages: list[MessageOut]
