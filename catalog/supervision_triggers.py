"""Rules about events as a file holds them: the models, what is impossible in them, and their worked examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from catalog.form_schema import Part, Text
from catalog.supervision_schema import LEVEL_NUMBERS, LEVEL_WORDS, Channel, LevelKey, Told
from catalog.yaml_text import FieldPath
from rules.cards import Mode
from rules.triggers import (
    EVENT_LABELS,
    TRIGGERS,
    Conclusion,
    EventKind,
    Setting,
    TriggerExample,
    TriggerFacts,
    TriggerRule,
    judge_event,
)

TriggerId = Literal[
    "refused_though_met", "second_supplement", "no_reasons", "hearing_not_held", "fee_over_standard",
    "outside_system", "late_first_review", "missing_notice", "disputed_closure", "watch_refused",
    "watch_returned", "watch_supplemented",
]  # fmt: skip
Verdict = Literal["met", "not-met", "unclear", ""]
Count = Annotated[int, Field(ge=0, le=100_000_000)]


class TriggerExampleFile(Part):
    """What an event showed, and whether the rule must catch it. Only what the trigger reads need be written."""

    name: Text
    event: EventKind
    conclusions: dict[Text, Verdict] = Field(default_factory=dict, description="各环节的结论")
    supplement_notices: Count = Field(0, description="此前已告知补正几次")
    reason: str = ""
    basis: str = ""
    same_words: Count = Field(0, description="本部门另有几件理由一字不差")
    step: str = ""
    step_index: Count = 0
    used: Count | None = Field(None, description="环节已用工作日")
    limit: Count | None = None
    fee: str = ""
    charged: Count | None = Field(None, description="实收（分）")
    standard: Count | None = Field(None, description="标准（分）")
    listed: bool = Field(True, description="办事指南有没有这项收费")
    source: str = ""
    late_days: Count = Field(0, description="外部收件后几个工作日才录入")
    decided_outside: bool = False
    unrecorded: tuple[Text, ...] = ()
    required: tuple[Text, ...] = ()
    issued: tuple[Text, ...] = ()
    disputes: Count = 0
    caught: bool = Field(description="应不应当被抓住")

    def facts(self) -> TriggerFacts:
        """The rules' own form of it."""
        plain = {
            each.name: getattr(self, each.name) for each in fields(TriggerFacts) if each.name != "conclusions"
        }
        conclusions = tuple(Conclusion(step, verdict) for step, verdict in self.conclusions.items())
        return TriggerFacts(conclusions=conclusions, **plain)


class TriggerFile(Part):
    """One rule about events."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    trigger: TriggerId
    title: Text
    basis: Text = Field(description="依据")
    enabled: bool = True
    mode: Mode = "automatic"
    level: LevelKey | Literal["watch"] = Field(description="发哪一级；watch 只列入重点关注，不发牌")
    settings: dict[Text, StrictBool | StrictInt | tuple[Text, ...]] = Field(default_factory=dict)
    message: Text | None = None
    document: Text | None = None
    tell: tuple[Told, ...] = ()
    channels: tuple[Channel, ...] = ("in_app",)
    examples: Annotated[tuple[TriggerExampleFile, ...], Field(min_length=2)]

    @property
    def number(self) -> int:
        """The level as a number, 0 for the watch list."""
        return 0 if self.level == "watch" else LEVEL_NUMBERS[self.level]

    def rule(self, names: Mapping[int, str]) -> TriggerRule:
        """The rules' own form of it."""
        level = self.number
        settings: dict[str, Setting] = dict(self.settings)
        return TriggerRule(
            id=self.id,
            trigger=self.trigger,
            title=self.title,
            level=level,
            basis=self.basis,
            enabled=self.enabled,
            mode=self.mode,
            settings=settings,
            messages={} if self.message is None else {level: self.message},
            documents={} if self.document is None else {level: self.document},
            tell={level: self.tell} if self.tell else {},
            channels={level: self.channels},
            level_names=names,
            examples=tuple(TriggerExample(each.name, each.facts(), each.caught) for each in self.examples),
        )


def trigger_faults(rule: TriggerFile, named: set[int]) -> Iterator[tuple[FieldPath, str]]:
    """What cannot be in one rule about events: (field, message)."""
    kind = TRIGGERS[rule.trigger]
    if kind.watch != (rule.level == "watch"):
        yield ("level",), "“关注”类规则的 level 只能写 watch" if kind.watch else "watch 只用于“关注”类规则"
    elif not kind.watch and rule.number not in named:
        word = "" if rule.level == "watch" else LEVEL_WORDS[rule.level]
        yield ("level",), f"levels 里没有第 {rule.number} 级（{word}）"
    for name, value in rule.settings.items():
        if name not in kind.settings:
            known = "、".join(kind.settings) or "（没有）"
            yield ("settings", name), f"“{kind.label}”没有这个设置，可用的有：{known}"
            continue
        setting = kind.settings[name]
        if isinstance(setting.default, tuple) != isinstance(value, tuple):
            yield ("settings", name), "应为一列文字" if isinstance(setting.default, tuple) else "应为整数"
        elif isinstance(setting.default, bool) and not isinstance(value, bool):
            yield ("settings", name), "应为 true 或 false"
        elif not isinstance(value, tuple) and not setting.least <= value <= setting.most:
            yield ("settings", name), f"应在 {setting.least} 到 {setting.most} 之间（现为 {value}）"
    if not kind.watch and rule.message is None:
        yield ("message",), "缺少通知模板"
    if not kind.watch and not rule.tell:
        yield ("tell",), "没有写通知谁"
    for at, example in enumerate(rule.examples):
        if example.event not in kind.events:
            events = "、".join(f"{each}({EVENT_LABELS[each]})" for each in sorted(kind.events))
            yield ("examples", at, "event"), f"“{kind.label}”只看这些事件：{events}"
    if {each.caught for each in rule.examples} != {True, False} and not kind.watch:
        yield ("examples",), "要有抓住的例子，也要有不应抓住的例子"


def example_fault(rule: TriggerRule, example: TriggerExample) -> str:
    """Why an example does not come out as it says; empty when it does."""
    caught = judge_event(rule, example.facts)
    if (caught is not None) == example.caught:
        return ""
    if caught is None:
        return "应当被抓住，按规则没有抓住"
    return f"不应被抓住，按规则抓住了：{caught.why}"
