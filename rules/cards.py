"""Supervision cards: a rule, the facts of one supervised thing, and the verdict with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from types import MappingProxyType
from typing import Literal, Protocol

from rules.calendar import WorkCalendar
from rules.counting import Counting
from rules.errors import Invalid
from rules.levels import NONE, LevelTimes, Thresholds, level_times, limit_against
from rules.pause import Pause, Precision, Unit
from rules.quick_dataclass import dataclass
from rules.time import format_stamp, local

CardObject = Literal[
    "case", "stage", "special_procedure", "pre_acceptance", "certificate", "consultation", "complaint", "order",
    "conduct",
]  # fmt: skip

OBJECT_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "case": "办件",
        "stage": "环节",
        "special_procedure": "特别程序",
        "pre_acceptance": "网上预审",
        "certificate": "出证",
        "consultation": "咨询",
        "complaint": "投诉",
        "order": "督办",
        "conduct": "作风投诉",
    }
)

Mode = Literal["automatic", "confirmed"]

# What message templates may name. No personal data: messages go to logs and phones.
MESSAGE_VARIABLES = frozenset(
    {"item", "case_number", "unit", "person", "step", "limit", "due", "left", "over", "level", "since", "why"}
)

LEVEL_NAMES: Mapping[int, str] = MappingProxyType({0: "正常", 1: "预警", 2: "黄牌", 3: "红牌"})

# How an object left the hall without being decided; such a case is checked no longer.
Dropped = Literal["voided", "returned", "withdrawn"]
DROPPED_LABELS: Mapping[str, str] = MappingProxyType(
    {"voided": "已作废", "returned": "已退件", "withdrawn": "已撤回"}
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one supervised thing.

    `limit` is the promised or own limit, `statutory` the law's (None: none), both in days of the rule's
    unit; None for `limit` takes the rule's default. `end` None: still running, judged at `now`; otherwise
    judged as it stood at its end. `extra_days` lengthen both limits: extensions, and special-procedure days
    known only by their number.
    """

    object: CardObject
    start: datetime
    limit: int | None
    now: datetime
    end: datetime | None = None
    statutory: int | None = None
    precision: Precision | None = None
    pauses: tuple[Pause, ...] = ()
    extra_days: int = 0
    dropped: Dropped | None = None


@dataclass(frozen=True, slots=True)
class CardExample:
    """A worked example a rule carries: facts and the level (and first moment) that must come out."""

    name: str
    facts: Facts
    level: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class CardRule:
    """One rule of a rule set, as data (catalog/defaults/supervision/*.yml)."""

    id: str
    object: CardObject
    title: str
    thresholds: Thresholds
    unit: Unit = "workday"
    precision: Precision = "day"
    default_limit: int | None = None
    enabled: bool = True
    mode: Mode = "automatic"
    basis: str = ""
    messages: Mapping[int, str] = field(default_factory=dict)
    documents: Mapping[int, str] = field(default_factory=dict)
    tell: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    channels: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    level_names: Mapping[int, str] = field(default_factory=lambda: LEVEL_NAMES)
    examples: tuple[CardExample, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """How one level of a rule set is called and drawn: never by colour alone."""

    level: int
    name: str
    shape: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The level (0 none, 1 warning, 2 yellow, 3 red), since when, and why in Chinese."""

    level: int
    since: datetime | None
    why: str


def judge(rule: CardRule, facts: Facts, calendar: WorkCalendar) -> Verdict:
    """The level of one thing under one rule, at its end or now. Raises Invalid when the facts contradict."""
    if facts.object != rule.object:
        raise Invalid(
            f"规则“{rule.id}”用于{OBJECT_LABELS[rule.object]}，不能用于{OBJECT_LABELS[facts.object]}"
        )
    if not rule.enabled:
        return Verdict(NONE, None, f"规则“{rule.title}”未启用")
    if facts.dropped is not None:
        return Verdict(NONE, None, f"{DROPPED_LABELS[facts.dropped]}，不再检查")
    limit, statutory = limits(rule, facts)
    at = local(facts.end if facts.end is not None else facts.now)
    counting = counting_of(rule, facts, calendar)
    level, since = level_times(counting, rule.thresholds, limit, statutory).at(at)
    return Verdict(level, since, _why(rule, counting, at, limit, statutory, level, since))


class HasMessages(Protocol):
    """A rule of either kind, as far as its messages go."""

    @property
    def messages(self) -> Mapping[int, str]: ...


def message(rule: HasMessages, level: int, values: Mapping[str, str]) -> str:
    """The rule's message for a level with its variables filled in; empty when it has none.

    Every variable of MESSAGE_VARIABLES may be used; one without a value is left empty.
    """
    known = {name: values.get(name, "") for name in MESSAGE_VARIABLES}
    return rule.messages.get(level, "").format_map(known)


def times(rule: CardRule, facts: Facts, calendar: WorkCalendar) -> LevelTimes:
    """When each level begins if the thing runs on: what the store indexes, by the same count as `judge`."""
    limit, statutory = limits(rule, facts)
    return level_times(counting_of(rule, facts, calendar), rule.thresholds, limit, statutory)


def limits(rule: CardRule, facts: Facts) -> tuple[int, int | None]:
    """Promise and statute with extensions added. Raises Invalid when there is none or it is negative."""
    limit = facts.limit if facts.limit is not None else rule.default_limit
    if limit is None:
        raise Invalid(
            f"{OBJECT_LABELS[rule.object]}缺少时限（limit），规则“{rule.id}”也没有默认值",
            {"limit": "请填写时限"},
        )
    if limit < 0:
        raise Invalid(f"时限不能是负数（现为 {limit}）", {"limit": "不能是负数"})
    if facts.statutory is not None and facts.statutory < 0:
        raise Invalid(f"法定时限不能是负数（现为 {facts.statutory}）", {"statutory": "不能是负数"})
    if facts.end is not None and local(facts.end) < local(facts.start):
        raise Invalid("结束时间早于开始时间，请核对", {"end": "早于开始时间"})
    statutory = None if facts.statutory is None else facts.statutory + facts.extra_days
    return limit + facts.extra_days, statutory


def counting_of(rule: CardRule, facts: Facts, calendar: WorkCalendar) -> Counting:
    """The count a rule judges by; the facts' precision goes before the rule's."""
    return Counting(calendar, facts.start, rule.unit, facts.precision or rule.precision, facts.pauses)


def _why(
    rule: CardRule,
    counting: Counting,
    at: datetime,
    limit: int,
    statutory: int | None,
    level: int,
    since: datetime | None,
) -> str:
    """For example `已用8个工作日，承诺时限7个工作日，超出1个工作日：黄牌，自2018-10-25起`."""
    days = "个工作日" if rule.unit == "workday" else "日"
    used = counting.used(at)
    threshold = rule.thresholds.of_level(level)
    base, word = limit, "承诺时限" if rule.object == "case" else "时限"
    if threshold is not None and threshold.against == "statutory":
        base, word = limit_against(rule.thresholds, threshold, limit, statutory), "法定时限"
        if statutory is None:
            word = f"无法定时限，按承诺时限加{rule.thresholds.statutory_fallback}日即"
    base = counting.effective_limit(base)
    left = base - used
    if left > 0:
        state = f"剩{left}{days}"
    elif left == 0:
        state = "期限当日" if counting.precision == "day" else "期限最后一日"
    else:
        state = f"超出{-left}{days}"
    name = rule.level_names.get(level, str(level))
    begun = "" if since is None else f"，自{_moment(since, counting.precision)}起"
    ceiling = "（不足一日按一日计）" if counting.precision == "second" else ""
    return f"已用{used}{days}{ceiling}，{word}{base}{days}，{state}：{name}{begun}"


def _moment(moment: datetime, precision: Precision) -> str:
    stamp = format_stamp(moment)
    return stamp[:10] if precision == "day" else stamp[:19].replace("T", " ")
