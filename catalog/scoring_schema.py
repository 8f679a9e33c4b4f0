"""What a scoring scheme file may hold: `scoring/<id>.yml` as pydantic models."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from catalog.form_schema import FieldId, Part, Text
from catalog.schema import Slug
from rules.score_ledger import LedgerLine
from rules.score_scheme import Enough, EntriesAlone, Grade, Head, Measure, Pick, Way

Points = Annotated[Decimal, Field(ge=-1000, le=1000, max_digits=6, decimal_places=2)]
Percent = Annotated[Decimal, Field(gt=0, le=100, max_digits=5, decimal_places=2)]
Kind = Literal["closed", "card", "rating", "reply", "conduct", "order", "item", "entry", "register"]
Result = Literal[
    "early", "on_time", "late", "ended", "answered", "unanswered", "1", "2", "3", "4", "5",
    "decision_overturned", "case_lost", "discipline", "data_error", "disclosure_late", "other",
]  # fmt: skip
Mark = Literal["incomplete", "review_overdue", "charges", "no_fee_basis", "carded"]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


class PickFile(Part):
    """Which ledger lines are meant: a kind, and what the line must say."""

    kind: Kind
    result: tuple[Result, ...] = ()
    object: tuple[Word, ...] = Field((), description="监察对象，如 case、stage")
    trigger: tuple[Word, ...] = Field((), description="触发情形，如 second_supplement；不写只算时限牌")
    level: tuple[Annotated[int, Field(ge=1, le=3)], ...] = Field((), description="1 预警 2 黄牌 3 红牌")
    head: tuple[FieldId, ...] = ()
    marks: tuple[Mark, ...] = ()
    without: tuple[Mark, ...] = ()

    def pick(self) -> Pick:
        """The rule's own form of it."""
        return Pick(
            self.kind,
            frozenset(self.result),
            frozenset(self.object),
            frozenset(self.trigger),
            frozenset(self.level),
            frozenset(self.head),
            frozenset(self.marks),
            frozenset(self.without),
        )


class EnoughFile(PickFile):
    """A condition for a head to be measured: so many of these lines at least."""

    least: Annotated[int, Field(ge=1, le=100_000)] = 1

    def enough(self) -> Enough:
        """The rule's own form of it."""
        return Enough(self.pick(), self.least)


# What each way needs besides `facts`, and what it may have.
_NEEDS: Mapping[Way, frozenset[str]] = {
    "each": frozenset({"points"}),
    "run": frozenset({"points", "length"}),
    "share": frozenset({"points", "of", "step"}),
    "proportion": frozenset({"of"}),
    "cut": frozenset({"points", "start", "first", "step"}),
}
_MAY: Mapping[Way, frozenset[str]] = {
    "each": frozenset({"most"}),
    "run": frozenset({"breaks", "most"}),
    "share": frozenset({"most"}),
    "proportion": frozenset(),
    "cut": frozenset({"most"}),
}
_PARTS = ("points", "of", "step", "length", "breaks", "start", "first", "most")


class MeasureFile(Part):
    """One measure: how facts take or bring points."""

    id: FieldId
    title: Text = Field(description="给人看的一句话，如 每件第二次补正扣2分")
    way: Way
    facts: PickFile
    of: PickFile | None = Field(None, description="share、proportion 的分母")
    breaks: PickFile | None = Field(None, description="run：遇到它就重新数")
    points: Points | None = Field(None, description="扣分写负数，加分写正数")
    step: Percent | None = Field(None, description="每满百分之几")
    length: Annotated[int, Field(ge=2, le=1000)] | None = Field(None, description="run：连续几次")
    start: Percent | None = Field(None, description="cut：压缩达到百分之几起")
    first: Points | None = Field(None, description="cut：达到时得几分")
    most: Annotated[Decimal, Field(gt=0, le=1000, max_digits=6, decimal_places=2)] | None = Field(
        None, description="最多扣或加几分"
    )
    source: Text = Field(description="出处，或者“本县”")

    @model_validator(mode="after")
    def _parts_fit_the_way(self) -> Self:
        given = {name for name in _PARTS if getattr(self, name) is not None}
        missing = sorted(_NEEDS[self.way] - given)
        if missing:
            raise ValueError(f"{self.way} 还要写 {'、'.join(missing)}")
        extra = sorted(given - _NEEDS[self.way] - _MAY[self.way])
        if extra:
            raise ValueError(f"{self.way} 不用写 {'、'.join(extra)}")
        if self.points == 0:
            raise ValueError("points 不能是 0")
        if self.way == "cut" and self.facts.kind != "item":
            raise ValueError("cut 比的是事项（kind: item）的时限")
        return self

    def measure(self) -> Measure:
        """The rule's own form of it."""
        zero = Decimal(0)
        return Measure(
            id=self.id,
            title=self.title,
            way=self.way,
            facts=self.facts.pick(),
            points=self.points or zero,
            source=self.source,
            whole=None if self.of is None else self.of.pick(),
            breaks=None if self.breaks is None else self.breaks.pick(),
            step=self.step or zero,
            length=self.length or 0,
            start=self.start or zero,
            first=self.first or zero,
            most=self.most,
        )


class HeadFile(Part):
    """One head."""

    id: FieldId
    name: Text
    base: Annotated[Decimal, Field(gt=0, le=1000, max_digits=6, decimal_places=2)]
    explanation: Text = Field(description="什么时候算测评过，给群众看")
    source: Text
    measured_when: tuple[EnoughFile, ...] = Field(min_length=1)
    measures: tuple[MeasureFile, ...] = Field(min_length=1)

    def head(self) -> Head:
        """The rule's own form of it."""
        return Head(
            self.id,
            self.name,
            self.base,
            self.explanation,
            self.source,
            tuple(each.enough() for each in self.measured_when),
            tuple(each.measure() for each in self.measures),
        )


class GradeFile(Part):
    """One grade and where it begins."""

    id: FieldId
    name: Text
    start: Annotated[Decimal, Field(ge=0, le=1000, max_digits=6, decimal_places=2)] = Field(alias="from")
    source: Text

    def grade(self) -> Grade:
        """The rule's own form of it."""
        return Grade(self.id, self.name, self.start)


class RankedFile(PickFile):
    """How many of which lines are needed to be ranked."""

    least: Annotated[int, Field(ge=1, le=100_000)]
    source: Text


class ExampleLine(PickFile):
    """Lines of an example: like a pick with one value each, `times` over."""

    times: Annotated[int, Field(ge=1, le=100_000)] = 1
    promised: Annotated[int, Field(ge=0, le=3660)] = 0
    statutory: Annotated[int, Field(ge=0, le=3660)] = 0
    matter: Annotated[str, StringConstraints(max_length=20)] = ""
    state: Literal["", "revoked", "withdrawn"] = ""

    @model_validator(mode="after")
    def _one_value_each(self) -> Self:
        for name in ("result", "object", "trigger", "level", "head"):
            if len(getattr(self, name)) > 1:
                raise ValueError(f"例子里的 {name} 只能写一个值")
        return self

    def lines(self, first: int) -> tuple[LedgerLine, ...]:
        """The ledger lines, numbered from `first`; each is a matter of its own unless `matter` names one."""
        return tuple(
            LedgerLine(
                n=number,
                kind=self.kind,
                department="" if self.kind == "register" else "example",
                matter=self.matter or str(number),
                result=next(iter(self.result), ""),
                object=next(iter(self.object), ""),
                trigger=next(iter(self.trigger), ""),
                level=next(iter(self.level), 0),
                marks=self.marks,
                promised=self.promised,
                statutory=self.statutory,
                head=next(iter(self.head), ""),
                state=self.state,
            )
            for number in range(first, first + self.times)
        )


class ExampleFile(Part):
    """A worked example: lines, and what must come out of them. Heads that are not named are not looked at."""

    name: Text
    lines: tuple[ExampleLine, ...] = Field(max_length=200)
    heads: Mapping[FieldId, Points | None] = Field(default_factory=dict, description="不写分数（空）为未测评")
    adjustments: Mapping[FieldId, Points] = Field(default_factory=dict)
    total: Points | None = None
    grade: FieldId | None = None
    ranked: bool | None = None


class SchemeFile(Part):
    """`scoring/<id>.yml`."""

    id: Slug
    title: Text
    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.\-]{1,20}$")]
    source: Text
    highest_only: bool = Field(description="同一件事同一个月里的时限牌只按最高一级算")
    entries_alone: EntriesAlone = Field(
        "scale", description="只由登记测到的分项：scale 照样折算，deduct 不折算、扣分直接从总分里减"
    )
    ranked: RankedFile
    heads: tuple[HeadFile, ...] = Field(min_length=1)
    adjustments: tuple[MeasureFile, ...] = ()
    grades: tuple[GradeFile, ...] = Field(min_length=1)
    examples: tuple[ExampleFile, ...] = ()
