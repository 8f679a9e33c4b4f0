"""Supervision rules in a citizen's words: what each looks at, when it lights, who is told, what its examples give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from markupsafe import Markup

from presentation.dates import date_cn, datetime_cn
from presentation.view import Lights
from rules.calendar import WorkCalendar
from rules.cards import OBJECT_LABELS, CardExample, CardRule, judge
from rules.errors import Invalid
from rules.levels import RED, WARNING, YELLOW, Threshold
from rules.quick_dataclass import dataclass
from rules.rule_set import RuleSet
from rules.triggers import EVENT_LABELS, TRIGGERS, TriggerExample, TriggerFacts, TriggerRule, judge_event
from site_builder.rule_picture import picture, sample_limits, spans_in_words

TOLD: Mapping[str, str] = {
    "handler": "经办人", "coordinator": "综合管理员", "decider": "审批人", "department_supervisor": "部门监察员",
    "county_supervisor": "县监察员", "applicant": "申请人",
}  # fmt: skip
CHANNELS: Mapping[str, str] = {
    "in_app": "站内", "sms": "短信", "email": "邮件", "wecom": "企业微信", "dingtalk": "钉钉", "feishu": "飞书",
}  # fmt: skip
DOCUMENTS: Mapping[str, str] = {"supervision_order": "督办通知书"}
_VERDICTS = {"met": "符合条件", "not-met": "不符合条件", "unclear": "需要进一步核实", "": "没有结论"}
_FACT_LABELS: Mapping[str, str] = {
    "supplement_notices": "此前告知次数", "reason": "理由", "basis": "依据", "same_words": "一字不差的别的办件",
    "step": "环节", "used": "已用工作日", "limit": "时限", "fee": "收费", "charged": "实收（分）",
    "standard": "标准（分）", "source": "来源", "late_days": "迟录工作日", "unrecorded": "日志里没有",
    "required": "应有文书", "issued": "已有文书", "disputes": "不认可次数",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LevelWords:
    """One level of a rule: when it begins, who is told, by what, with which document."""

    level: int
    when: str
    told: str
    channels: str
    document: str


@dataclass(frozen=True, slots=True)
class ExampleWords:
    """A worked example with what the program makes of it, computed when the page was built."""

    name: str
    given: str
    expected: int
    computed: int
    why: str


@dataclass(frozen=True, slots=True)
class RuleWords:
    """One rule as its page shows it."""

    id: str
    title: str
    object: str
    sentence: str
    basis: str
    enabled: bool
    mode: str
    counting: str
    picture: Markup
    caption: str
    levels: tuple[LevelWords, ...]
    settings: tuple[tuple[str, str], ...]
    examples: tuple[ExampleWords, ...]
    watch: bool = False


def time_rules(rule_set: RuleSet, calendar: WorkCalendar, lights: Lights) -> tuple[RuleWords, ...]:
    """The rules about time, in the file's order."""
    return tuple(_time_rule(each, calendar, lights) for each in rule_set.rules)


def event_rules(rule_set: RuleSet) -> tuple[RuleWords, ...]:
    """The rules about events, in the file's order."""
    return tuple(_event_rule(each) for each in rule_set.triggers)


def _time_rule(rule: CardRule, calendar: WorkCalendar, lights: Lights) -> RuleWords:
    unit = "个工作日" if rule.unit == "workday" else "天"
    levels = tuple(
        _level(rule, level, _threshold(threshold, rule, unit))
        for level in (WARNING, YELLOW, RED)
        if (threshold := rule.thresholds.of_level(level)) is not None
    )
    name = OBJECT_LABELS[rule.object]
    sentence = (
        f"看{name}的时限：" + "；".join(f"{each.when}，{lights[each.level][2]}" for each in levels) + "。"
    )
    notes = ["按天算" if rule.precision == "day" else "算到秒"]
    if rule.default_limit is not None:
        notes.append(f"没有写明时限的按{rule.default_limit}{unit}")
    if rule.thresholds.born_warned_guard and any(
        (each := rule.thresholds.of_level(level)) and each.measure == "left_at_most"
        for level in (WARNING, YELLOW, RED)
    ):
        notes.append("时限很短的事，过了一半才提醒")
    if any((each := rule.thresholds.of_level(n)) and each.against == "statutory" for n in (YELLOW, RED)):
        notes.append(f"没有法定时限的，按承诺时限加{rule.thresholds.statutory_fallback}{unit}")
    return RuleWords(
        id=rule.id,
        title=rule.title,
        object=name,
        sentence=sentence,
        basis=rule.basis,
        enabled=rule.enabled,
        mode=_mode(rule.mode),
        counting="；".join(notes),
        picture=picture(rule, lights),
        caption=spans_in_words(rule, *sample_limits(rule), lights),
        levels=levels,
        settings=(),
        examples=tuple(_time_example(rule, each, calendar) for each in rule.examples),
    )


def _event_rule(rule: TriggerRule) -> RuleWords:
    kind = TRIGGERS[rule.trigger]
    settings = tuple(
        (each.label, _value(rule.settings.get(name, each.default))) for name, each in kind.settings.items()
    )
    level = () if kind.watch else (_level(rule, rule.level, "一发现就发"),)
    return RuleWords(
        id=rule.id,
        title=rule.title,
        object=OBJECT_LABELS[kind.object],
        sentence=f"{kind.sentence}。",
        basis=rule.basis,
        enabled=rule.enabled,
        mode="只列入重点关注，不发牌" if kind.watch else _mode(rule.mode),
        counting="在这些时候查："
        + "、".join(EVENT_LABELS[each] for each in EVENT_LABELS if each in kind.events),
        picture=Markup(""),
        caption="",
        levels=level,
        settings=settings,
        examples=tuple(_event_example(rule, each) for each in rule.examples),
        watch=kind.watch,
    )


def _level(rule: CardRule | TriggerRule, level: int, when: str) -> LevelWords:
    return LevelWords(
        level,
        when,
        "、".join(TOLD.get(each, each) for each in rule.tell.get(level, ("handler",))),
        "、".join(CHANNELS.get(each, each) for each in rule.channels.get(level, ("in_app",))),
        DOCUMENTS.get(rule.documents.get(level, ""), ""),
    )


def _mode(mode: str) -> str:
    return "系统自动发出" if mode == "automatic" else "先由监察员确认，再发出"


def _threshold(threshold: Threshold, rule: CardRule, unit: str) -> str:
    against = "时限"
    if rule.object == "case":
        against = "法定时限" if threshold.against == "statutory" else "承诺时限"
    if threshold.measure == "left_at_most":
        return f"离{against}还剩{threshold.days}{unit}以内"
    if threshold.measure == "over_at_least":
        return f"超过{against}满{threshold.days}{unit}"
    return f"一超过{against}" if threshold.days == 0 else f"超过{against}多于{threshold.days}{unit}"


def _time_example(rule: CardRule, example: CardExample, calendar: WorkCalendar) -> ExampleWords:
    facts = example.facts
    second = (facts.precision or rule.precision) == "second"
    shown = datetime_cn if second else date_cn
    unit = "个工作日" if rule.unit == "workday" else "天"
    limit = facts.limit if facts.limit is not None else rule.default_limit
    given = f"{shown(facts.start)}起，看{shown(facts.end or facts.now)}，时限{limit}{unit}"
    if facts.statutory is not None:
        given += f"，法定{facts.statutory}{unit}"
    for pause in facts.pauses:
        until = "未结束" if pause.end is None else shown(pause.end)
        given += f"，{shown(pause.start)}至{until}暂停"
    if facts.extra_days:
        given += f"，另加{facts.extra_days}{unit}"
    try:
        verdict = judge(rule, facts, calendar)
    except Invalid as error:
        return ExampleWords(example.name, given, example.level, 0, f"算不出来：{error.detail}")
    return ExampleWords(example.name, given, example.level, verdict.level, verdict.why)


def _event_example(rule: TriggerRule, example: TriggerExample) -> ExampleWords:
    caught = judge_event(rule, example.facts)
    given = "，".join((EVENT_LABELS[example.facts.event], *_given(example.facts)))
    expected = rule.level if example.caught else 0
    return ExampleWords(
        example.name, given, expected, 0 if caught is None else rule.level, "不在此列" if caught is None else caught.why
    )  # fmt: skip


def _given(facts: TriggerFacts) -> Iterator[str]:
    """What an example says, leaving out what it leaves at rest."""
    for each in facts.conclusions:
        yield f"{each.step}：{_VERDICTS[each.verdict]}"
    if not facts.listed:
        yield "办事指南没有这项收费"
    if facts.decided_outside:
        yield "决定之后才录入"
    for each_field in fields(facts):
        value = getattr(facts, each_field.name)
        label = _FACT_LABELS.get(each_field.name)
        if label and value not in ("", (), None) and value != each_field.default:
            yield f"{label}：{_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple):
        return "、".join(str(each) for each in value) or "无"
    return str(value)
