"""What the API takes and gives: stable models of their own, filled from casework's views by attribute."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.artifact import ItemSummary

Answer = str | int | bool | list[str] | list[dict[str, str | list[str]]]


class In(BaseModel):
    """Base of what is sent to the hall: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Out(BaseModel):
    """Base of what the hall answers."""

    model_config = ConfigDict(from_attributes=True)


class ProblemOut(Out):
    """application/problem+json (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str = Field(description="报错时请提供这个编号")
    errors: dict[str, str] = Field({}, description="字段名到说明")


# --- items ---


class ItemsQuery(In):
    """Filters of the list of items."""

    department: str = ""
    online: bool | None = Field(None, description="只要能在本厅网上申请的")
    page: int = Field(1, ge=1, le=10_000)
    size: int = Field(50, ge=1, le=200)


class ItemsOut(Out):
    """A page of items."""

    version: str = Field(description="数据版本：git 提交和内容哈希")
    total: int
    page: int
    items: list[ItemSummary]


class SearchQuery(In):
    """The search's query and facets."""

    q: str = Field(min_length=1, max_length=100)
    department: tuple[str, ...] = ()
    theme: tuple[str, ...] = ()
    applicant: tuple[str, ...] = ()
    depth: tuple[int, ...] = ()
    type: tuple[str, ...] = ()
    page: int = Field(1, ge=1, le=100)
    limit: int = Field(10, ge=1, le=100)


class HitOut(Out):
    code: str
    title: str
    department: str
    department_name: str
    score: float
    highlight: str = Field(description="转义后的名称，命中处加 <mark>")
    why: str


class SearchOut(Out):
    total: int
    page: int
    suggestion: str | None
    hits: list[HitOut]


class FormFieldOut(Out):
    """One question of the application form."""

    id: str
    label: str
    type: str
    required: bool
    help: str | None = None
    options: dict[str, str] = Field({}, description="值到名称")
    columns: list[FormFieldOut] = []
    accept: list[str] = []
    max_files: int | None = None
    when: dict[str, object] | None = Field(
        None, description="显示条件：field 与 equals / one_of / filled 之一"
    )


class FormSectionOut(Out):
    id: str
    title: str
    fields: list[FormFieldOut]


class FormOut(Out):
    item: str
    title: str
    constants: dict[str, str] = Field(description="只有一种可能、不用回答的")
    sections: list[FormSectionOut]


# --- cases ---


class FileIn(In):
    """An application. With files: multipart, this JSON as part `application`, files under their field ids."""

    item: str = Field(description="事项实施编码")
    answers: dict[str, Answer] = Field(description="字段编号到回答；表格是行的列表")
    channel: Literal["web", "window", "town", "village"] = Field(
        "web", description="窗口、乡镇、村须工作人员登录"
    )
    accepting_unit: str | None = Field(None, description="受理单位编号，窗口代收时必填")
    drill: bool = Field(False, description="演练件，须工作人员登录；不进任何统计")
    received_at: datetime | None = Field(None, description="收件时间，只用于窗口渠道的演练件")
    received_outside: datetime | None = Field(None, description="系统外收件的时间，须工作人员登录")
    decided_outside: datetime | None = Field(None, description="系统外已经作出决定的时间，须工作人员登录")
    source_system: str | None = Field(None, max_length=100, description="原系统的名称，须工作人员登录")
    source_id: str | None = Field(None, max_length=100, description="原系统里的编号")


class FiledOut(Out):
    """The receipt. The query code is told only here."""

    number: str
    query_code: str
    receipt_number: str
    event_sequence: int
    leaf: str
    salt: str
    filed_at: datetime
    repeated: bool


class TraceOut(Out):
    date: date
    counted: bool
    reason: str


class DueOut(Out):
    """A due date with the count of its days."""

    label: str
    kind: str
    started: datetime
    limit: int
    extension: int
    unit: str
    due: date
    provisional: bool = Field(description="暂定：跨入放假安排未公布的年份")
    stopped: datetime | None
    light: int = Field(description="0 正常 1 预警 2 黄牌 3 红牌")
    left: int
    basis: str
    why: str
    trace: list[TraceOut]


class TimelineOut(Out):
    at: datetime
    words: str
    unit: str
    notice_id: int | None
    notice_title: str


class NoticeSummaryOut(Out):
    id: int
    number: str
    kind: str
    title: str
    issued: datetime


class NeedOut(Out):
    name: str
    label: str
    kind: str
    required: bool
    table: str
    least: int
    most: int


class MoveOut(Out):
    """A move that may be made now and what it asks for."""

    name: str
    label: str
    explanation: str
    needs: list[NeedOut]


class TimeOut(Out):
    """Agency time without pauses from acceptance; total time from filing."""

    agency_days: int
    total_days: int
    lived_days: int


class RatingOut(Out):
    score: int
    words: str
    at: datetime


class ToldOut(Out):
    """What was written to be read by who rated: what it is, the words."""

    label: str
    text: str


class FollowUpOut(Out):
    """What follows a bad rating: `state` open, fixing, disputed, fixed, closed or dropped; `words` a sentence,
    `until` the day that is waited for."""

    state: str
    state_label: str
    words: str
    until: datetime | None
    told: list[ToldOut]


class CertificateOut(Out):
    number: str | None
    name: str
    validity: str
    issuer: str
    issued: datetime | None


class FeeOut(Out):
    position: int
    name: str
    standard: str
    basis: str
    cents: int | None
    paid_at: datetime | None
    waived: str


class CaseOut(Out):
    """A case as its applicant sees it."""

    number: str
    item_code: str
    item_name: str
    department: str
    department_name: str
    state: str
    state_label: str
    holder_name: str
    step_name: str
    applicant_masked: str
    submitted_at: datetime
    accepted_at: datetime | None
    closed_at: datetime | None
    deemed: bool
    due: DueOut | None
    clocks: list[DueOut]
    light: int
    time: TimeOut
    timeline: list[TimelineOut]
    notices: list[NoticeSummaryOut]
    missing: list[str]
    supplement_due: datetime | None
    next_words: str
    may_rate: bool
    rating: RatingOut | None
    followup: FollowUpOut | None = None
    certificate: CertificateOut | None
    fees: list[FeeOut]
    drill: bool
    version: int
    moves: list[MoveOut] = []


class NoticeLineOut(Out):
    label: str
    text: str


class NoticeOut(Out):
    """A numbered document as issued."""

    id: int
    number: str
    kind: str
    title: str
    addressee: str
    issuer: str
    issued: datetime
    basis: str
    case_number: str
    lines: list[NoticeLineOut]


class SupplementIn(In):
    """Corrected answers (only those that change); files as in filing."""

    answers: dict[str, Answer] = {}


class WithdrawIn(In):
    reason: str = Field("", max_length=2000)


class RateIn(In):
    score: Literal[1, 2, 3, 4, 5] = Field(description="1 非常满意 … 5 非常不满意（GB/T 39046 A.8）")
    words: str = Field("", max_length=500)


class MovedOut(Out):
    number: str
    move: str
    state: str
    event_sequence: int
    notice_id: int | None
    notice_number: str | None
    repeated: bool
