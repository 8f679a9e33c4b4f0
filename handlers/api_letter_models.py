"""The API's models of letters: as they are written, as their writers and desks see them, as the public reads them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from handlers.api_models import DueOut, In, Out


class LetterIn(In):
    kind: Literal["consultation", "complaint", "suggestion", "report_error", "praise"] = "consultation"
    topic: Literal["", "conduct"] = Field(
        "", description="conduct：投诉工作人员的作风，只由县监察员办理，从不公开"
    )
    about: str = Field("", max_length=60, description="conduct 时：投诉的人，可不写")
    department: str = Field("", description="不知道就不写，由政务服务中心分办")
    title: str
    content: str
    name: str = Field("", description="不写就是匿名")
    phone: str = ""
    email: str = ""
    item: str = ""
    public: bool = False
    files: str = Field(
        "",
        max_length=60,
        pattern=r"^([A-Za-z0-9_\-]{20,60})?$",
        description="先前上传附件时用的标识（POST /letters/files/{files}）",
    )
    drill: bool = Field(False, description="演练，须工作人员登录")


class LetterFileOut(Out):
    """An attachment of a letter."""

    id: str
    name: str
    size: int


class LetterFiledOut(Out):
    number: str
    query_code: str
    due: datetime
    repeated: bool


class LetterOut(Out):
    """A letter as its writer or its desk sees it."""

    number: str
    kind: str
    own_kind: str
    department: str
    department_name: str
    title: str
    content: str | None
    state: str
    state_label: str
    received: datetime
    due: DueOut | None
    chases: int
    answer: str | None
    answered: datetime | None
    settled: bool | None = Field(description="来信人是否认可；null：没有表态")
    disputes: int = Field(description="来信人不认可、重新办理的次数")
    transfers: int
    late: bool
    score: int | None
    files: list[LetterFileOut]
    may_chase: bool
    may_rate: bool
    moves: list[str] = Field(description="您现在可以做的操作")
    drill: bool


class LetterActIn(In):
    """What the writer's move asks for."""

    reason: str = Field("", max_length=2000, description="dispute 必填：哪里没有解决")


class PublicLetterOut(Out):
    """A published letter, masked."""

    number: str
    kind: str
    kind_label: str
    department: str
    department_name: str
    title: str
    content: str | None
    answer: str | None
    answered: date
    settled: bool | None


class PublicLettersOut(Out):
    total: int
    letters: list[PublicLetterOut]


class PublicLettersQuery(In):
    q: str = Field("", max_length=200, description="找什么；写了就按相近程度排")
    department: str = Field("", max_length=64)
    kind: str = Field("", max_length=32)
    month: str = Field("", max_length=7, description="答复的月份，2026-11")
    item: str = Field("", max_length=64)


class SimilarLetterOut(Out):
    number: str
    kind_label: str
    department_name: str
    answered: datetime
    title: str
    answer: str
    words: list[str] = Field(description="因为这些词相近")


class SimilarLettersOut(Out):
    letters: list[SimilarLetterOut]


class SimilarLettersQuery(In):
    title: str = Field(max_length=200)
    content: str = Field("", max_length=3000)
    item: str = Field("", max_length=64)


class LettersOut(Out):
    total: int
    letters: list[LetterOut]
