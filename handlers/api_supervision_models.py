"""What the API gives and takes about orders, accountability, reminders and appeals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from handlers.api_models import In, Out
from handlers.api_staff_models import CardOut


class LinesQuery(In):
    tab: Literal["", "ours", "decide", "open", "done"] = Field("", description="不写时给出有事要办的那一类")
    page: int = Field(1, ge=1, le=100_000)
    size: int = Field(30, ge=1, le=100)


class LineOut(Out):
    kind: str = Field(description="order 督办，appeal 申诉，card 待确认的牌")
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


class LinesOut(Out):
    lines: list[LineOut]
    tab: str
    counts: dict[str, int]
    page: int
    pages: int
    total: int


class SupervisionFileOut(Out):
    id: str
    name: str
    size: int
    media_type: str


class ReplyOut(Out):
    kind: str = Field(description="explain 情况说明，report 整改报告")
    text: str
    at: datetime
    late: bool
    verdict: str
    verdict_words: str
    files: list[SupervisionFileOut]


class AccountabilityOut(Out):
    id: int
    unit: str
    person: str | None = Field(description="姓名，遮住一部分")
    kind: str
    outcome: str
    decided: date
    withdrawn: datetime | None


class OrderOut(Out):
    """A supervision order (督办通知书) with all that followed."""

    id: int
    number: str
    card: int | None
    cards: list[int] = Field(description="还在督办的牌；发文后并入的也在内，撤销的不在内")
    additions: list[str] = Field(description="发文后并入和撤销的事项")
    check_code: str = Field(description="文书上的核对码")
    subject: str
    subject_number: str
    title: str
    department: str
    unit: str
    issuer: str
    text: str
    demands: list[str]
    issued: datetime
    explain_due: datetime
    correct_due: datetime | None
    state: str
    state_label: str
    overdue: bool
    late: bool
    correction_late: bool
    returns: int
    chases: int
    version: int
    drill: bool
    replies: list[ReplyOut]
    accountability: list[AccountabilityOut]
    appeal: int | None
    moves: list[str] = Field(description="现在可以做的")
    why: str = Field(description="期限怎么算的")


class OrderIn(In):
    """An order by hand. A case or a letter by its number, or a department by its code."""

    subject: Literal["case", "letter", "department"]
    number: str = Field("", max_length=50)
    department: str = Field("", max_length=60)
    text: str = Field(min_length=1, max_length=5000)
    demand: str = Field("", max_length=5000)
    basis: str = Field("", max_length=300)


class OrderMoveIn(In):
    """A move of the order table; files sent before to `…/files` go with an explanation or a report."""

    move: Literal["explain", "accept", "return", "demand", "report", "close", "cancel"]
    text: str = Field("", max_length=10_000)
    days: int | None = Field(None, ge=1, le=60, description="退回、责令整改的期限，工作日")
    seen: int | None = Field(None, description="看到的版本号；之后有变化就不执行（409）")


class AccountabilityIn(In):
    kind: str = Field(max_length=40, description="代码表 accountability")
    outcome: str = Field(min_length=1, max_length=1000)
    decided: date
    person: str = Field("", max_length=60)
    unit: str = Field("", max_length=60)


class ChaseIn(In):
    subject: Literal["case", "letter", "order"]
    number: str = Field(max_length=50, description="办件、来信编号；督办写它的 id")
    words: str = Field("", max_length=500)


class ChaseOut(Out):
    subject: str
    subject_number: str
    unit: str
    at: datetime


class StatementOut(Out):
    move: str
    text: str
    at: datetime
    files: list[SupervisionFileOut]


class AppealOut(Out):
    """An appeal (申诉) against a card or a score."""

    id: int
    number: str
    card: int | None
    score_period: str | None
    department: str
    about: str
    filed: datetime
    state: str
    state_label: str
    rounds: int
    due: datetime
    overdue: bool
    decided_at: datetime | None
    reasons: str
    version: int
    drill: bool
    statements: list[StatementOut]
    moves: list[str]
    conflict: str = Field(description="您为什么要回避；空的不用")


class AppealIn(In):
    text: str = Field(min_length=1, max_length=5000)


class AppealMoveIn(In):
    move: Literal["refile", "revoke", "return", "uphold"]
    text: str = Field(min_length=1, max_length=5000)
    days: int | None = Field(None, ge=1, le=30)
    seen: int | None = None


class CardFollowOut(Out):
    """A card with what follows it."""

    card: CardOut
    order: int | None
    order_number: str
    appeal: int | None
    appeal_number: str
    appeal_until: datetime | None
    may_appeal: bool
    why_not: str
