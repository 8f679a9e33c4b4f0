"""What a supervision rule file may hold: `supervision/<id>.yml` as pydantic models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from catalog.form_schema import Part, Text
from rules.cards import CardObject, Dropped, Mode
from rules.levels import RED, WARNING, YELLOW, Against, Measure, Threshold
from rules.pause import Precision, Unit

LevelKey = Literal["warning", "yellow", "red"]
Told = Literal["handler", "coordinator", "decider", "department_supervisor", "county_supervisor", "applicant"]
Channel = Literal["in_app", "sms", "email", "wecom", "dingtalk", "feishu"]
LEVEL_NUMBERS: Mapping[LevelKey, int] = {"warning": WARNING, "yellow": YELLOW, "red": RED}
# Documents that can follow a card, by template.
DOCUMENTS: Mapping[str, str] = {"supervision_order": "督办通知书"}
LEVEL_WORDS: Mapping[LevelKey, str] = {"warning": "预警", "yellow": "黄牌", "red": "红牌"}

Days = Annotated[int, Field(ge=0, le=3660)]


class ThresholdFile(Part):
    """When a level begins: exactly one of the three measures, in days of the rule's unit."""

    left_at_most: Days | None = Field(None, description="剩余不超过几日时起")
    over_at_least: Annotated[int, Field(ge=1, le=3660)] | None = Field(None, description="超出达到几日时起")
    over_more_than: Days | None = Field(None, description="超出多于几日时起")
    against: Against = Field("promised", description="同承诺时限还是法定时限比")

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        given = [self.left_at_most, self.over_at_least, self.over_more_than]
        if sum(each is not None for each in given) != 1:
            raise ValueError("left_at_most、over_at_least、over_more_than 要写而且只写一个")
        return self

    def threshold(self) -> Threshold:
        """The rule's own form of it."""
        measures: tuple[tuple[Measure, int | None], ...] = (
            ("left_at_most", self.left_at_most),
            ("over_at_least", self.over_at_least),
            ("over_more_than", self.over_more_than),
        )
        measure, days = next((name, days) for name, days in measures if days is not None)
        return Threshold(measure, days, self.against)

    @property
    def offset(self) -> int:
        """Days before (negative) or after the last day of the limit at which it begins."""
        if self.left_at_most is not None:
            return -self.left_at_most
        return self.over_at_least if self.over_at_least is not None else (self.over_more_than or 0) + 1


class PauseFile(Part):
    """A pause in an example: dates or moments, and the days the applicant was told."""

    start: Text | None = None
    end: Text | None = None
    days: Days | None = None


class ExampleFile(Part):
    """A worked example. Without `end` there is nothing to judge, so it is needed here."""

    name: Text
    start: Text
    end: Text
    limit: Days | None = None
    statutory: Days | None = None
    precision: Precision | None = None
    pauses: tuple[PauseFile, ...] = ()
    extra_days: Days | None = None
    dropped: Dropped | None = None
    level: Annotated[int, Field(ge=0, le=3)] = Field(description="应得的级别 0–3")
    since: Text | None = Field(None, description="这一级从何时起，可不写")


class RuleFile(Part):
    """One rule."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    object: CardObject
    title: Text
    basis: Text = Field(description="依据")
    enabled: bool = True
    mode: Mode = "automatic"
    unit: Unit = "workday"
    precision: Precision = "day"
    default_limit: Days | None = None
    born_warned_guard: bool = Field(True, description="已用不到时限一半时不预警")
    statutory_fallback: Days = Field(3, description="没有法定时限时，按承诺加几日")
    warning: ThresholdFile | None = None
    yellow: ThresholdFile | None = None
    red: ThresholdFile | None = None
    messages: dict[LevelKey, Text] = Field(default_factory=dict)
    documents: dict[LevelKey, Text] = Field(default_factory=dict)
    tell: dict[LevelKey, tuple[Told, ...]] = Field(default_factory=dict)
    channels: dict[LevelKey, tuple[Channel, ...]] = Field(default_factory=dict)
    examples: Annotated[tuple[ExampleFile, ...], Field(min_length=1)]

    def levels(self) -> dict[LevelKey, ThresholdFile]:
        """The levels this rule has, lowest first."""
        given: tuple[tuple[LevelKey, ThresholdFile | None], ...] = (
            ("warning", self.warning),
            ("yellow", self.yellow),
            ("red", self.red),
        )
        return {key: each for key, each in given if each is not None}


class LevelFile(Part):
    """How a level is called and drawn."""

    level: Annotated[int, Field(ge=0, le=3)]
    name: Text
    shape: Text
