"""Supervision beyond time: what one event shows, which rule it meets, and why, in words an official can check."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from rules.cards import LEVEL_NAMES, CardObject, Mode
from rules.quick_dataclass import dataclass

# What a review step concluded, as the code table `review-conclusion` has it.
MET, NOT_MET, UNCLEAR = "met", "not-met", "unclear"

EventKind = Literal[
    "refuse", "deny", "void", "supplement_notice", "supplement_attempt", "supplement_recorded", "complete_step",
    "hearing_over", "fee", "closed", "entered", "dispute",
]  # fmt: skip
EVENT_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "refuse": "不予受理",
        "deny": "不予许可",
        "void": "作废（退件）",
        "supplement_notice": "告知补正",
        "supplement_attempt": "再次告知补正被系统拒绝",
        "supplement_recorded": "补录的补正告知",
        "complete_step": "提交环节意见",
        "hearing_over": "听证期限届满",
        "fee": "收费",
        "closed": "办结",
        "entered": "办件录入",
        "dispute": "申请人不认可办结",
    }
)
Setting = int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What one review step (or the pre-review) concluded: met, not-met, unclear, or empty for nothing said."""

    step: str
    verdict: str


@dataclass(frozen=True, slots=True)
class TriggerFacts:
    """What one event shows. Each trigger reads its own fields; the others keep their defaults.

    `supplement_notices`: those given before this one. `same_words`: other cases of the department decided with
    the very same reason. `used`, `limit`: working days of a step. `charged`, `standard`: cents, `listed` whether
    the item has such a charge at all. `late_days`: working days from the start outside to the entry here;
    `decided_outside`: the decision was older than the entry; `unrecorded`: moves the chain knows nothing of.
    `required`, `issued`: names of the numbered documents due and there. `disputes`: how often, this one included.
    """

    event: EventKind
    conclusions: tuple[Conclusion, ...] = ()
    supplement_notices: int = 0
    reason: str = ""
    basis: str = ""
    same_words: int = 0
    step: str = ""
    step_index: int = 0
    used: int | None = None
    limit: int | None = None
    fee: str = ""
    charged: int | None = None
    standard: int | None = None
    listed: bool = True
    source: str = ""
    late_days: int = 0
    decided_outside: bool = False
    unrecorded: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    issued: tuple[str, ...] = ()
    disputes: int = 0


@dataclass(frozen=True, slots=True)
class SettingKind:
    """One number, switch or list of words that a rule may set for its trigger."""

    label: str
    default: Setting
    least: int = 0
    most: int = 3660


@dataclass(frozen=True, slots=True)
class TriggerExample:
    """A worked example: what an event showed, and whether the rule catches it."""

    name: str
    facts: TriggerFacts
    caught: bool


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """One rule about events, as data. `level` 1–3 is the card's, 0 only puts the case on the watch list."""

    id: str
    trigger: str
    title: str
    level: int
    basis: str = ""
    enabled: bool = True
    mode: Mode = "automatic"
    settings: Mapping[str, Setting] = field(default_factory=dict)
    messages: Mapping[int, str] = field(default_factory=dict)
    documents: Mapping[int, str] = field(default_factory=dict)
    tell: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    channels: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    level_names: Mapping[int, str] = field(default_factory=lambda: LEVEL_NAMES)
    examples: tuple[TriggerExample, ...] = ()

    @property
    def object(self) -> CardObject:
        """What the trigger supervises."""
        return TRIGGERS[self.trigger].object

    def number(self, name: str) -> int:
        """A setting that is a number, or its default."""
        return int(self._setting(name))  # type: ignore[arg-type]

    def words(self, name: str) -> tuple[str, ...]:
        """A setting that is a list of words, or its default."""
        found = self._setting(name)
        return found if isinstance(found, tuple) else ()

    def _setting(self, name: str) -> Setting:
        return self.settings.get(name, TRIGGERS[self.trigger].settings[name].default)


@dataclass(frozen=True, slots=True)
class TriggerKind:
    """One thing that can be caught: after which events it is looked for, and what a rule may set."""

    label: str
    object: CardObject
    events: frozenset[EventKind]
    find: Callable[[TriggerRule, TriggerFacts], str]
    settings: Mapping[str, SettingKind] = field(default_factory=dict)
    watch: bool = False
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Caught:
    """A rule met: the level of its card (0: watched with priority), and why in Chinese."""

    rule: TriggerRule
    level: int
    why: str


def judge_event(rule: TriggerRule, facts: TriggerFacts) -> Caught | None:
    """Whether a rule catches an event. A rule that is switched off or asks after other events catches nothing."""
    kind = TRIGGERS[rule.trigger]
    if not rule.enabled or facts.event not in kind.events:
        return None
    why = kind.find(rule, facts)
    return Caught(rule, 0 if kind.watch else rule.level, why) if why else None


def _refused_though_met(rule: TriggerRule, facts: TriggerFacts) -> str:
    stated = [each for each in facts.conclusions if each.verdict]
    if not stated or any(each.verdict != MET for each in stated):
        return ""
    if len(stated) < len(facts.conclusions) and rule.number("every_step_must_conclude"):
        return ""
    names = "、".join(each.step for each in stated)
    return f"{names}都结论为“符合条件”，仍作出“{EVENT_LABELS[facts.event]}”"


def _second_supplement(rule: TriggerRule, facts: TriggerFacts) -> str:
    most = rule.number("most")
    if facts.supplement_notices < most:
        return ""
    number = facts.supplement_notices + 1
    if facts.event == "supplement_attempt":
        return f"补正应一次告知，已告知{facts.supplement_notices}次后又要第{number}次告知，被系统拒绝"
    return f"补正应一次告知，这是第{number}次告知" + (
        "（补录）" if facts.event == "supplement_recorded" else ""
    )


def _no_reasons(rule: TriggerRule, facts: TriggerFacts) -> str:
    found = []
    said = len("".join(facts.reason.split()))
    least = rule.number("least_characters")
    if said < least:
        found.append(f"理由只有{said}字，不足{least}字" if said else "没有写理由")
    if not facts.basis.strip():
        found.append("没有写法律依据")
    elif rule.number("basis_names_law") and not _NAMES_LAW.search(facts.basis):
        found.append("依据没有写明法律名称和条款")
    repeated = rule.number("same_words_in_cases")
    if repeated and facts.same_words >= repeated:
        found.append(f"与本部门另外{facts.same_words}件的理由一字不差")
    return f"“{EVENT_LABELS[facts.event]}”未依法说明理由：" + "；".join(found) if found else ""


def _hearing_not_held(rule: TriggerRule, facts: TriggerFacts) -> str:
    limit = facts.limit if facts.limit is not None else rule.number("default_limit")
    if facts.used is None or facts.used <= limit:
        return ""
    return f"申请人依法要求听证，{limit}个工作日内没有组织，已过{facts.used}个工作日"


def _fee_over_standard(rule: TriggerRule, facts: TriggerFacts) -> str:
    if facts.charged is None or facts.charged <= 0:
        return ""
    if not facts.listed:
        return f"收取了办事指南没有的费用“{facts.fee}”{_money(facts.charged)}"
    if facts.standard is not None and facts.charged > facts.standard + rule.number("tolerance_cents"):
        return f"“{facts.fee}”收了{_money(facts.charged)}，标准为{_money(facts.standard)}"
    return ""


def _outside_system(rule: TriggerRule, facts: TriggerFacts) -> str:
    if facts.unrecorded:
        return f"办件状态里有、办件日志里没有的环节：{'、'.join(facts.unrecorded)}"
    if facts.source and facts.source in rule.words("approved_sources"):
        return ""
    if facts.decided_outside:
        return "作出决定之后才录入本系统"
    most = rule.number("days_to_enter")
    if facts.late_days > most:
        return f"收件后{facts.late_days}个工作日才录入本系统，应在{most}个工作日内录入"
    return ""


def _late_first_review(rule: TriggerRule, facts: TriggerFacts) -> str:
    if facts.step_index != 0 or facts.used is None:
        return ""
    limit = facts.limit if facts.limit is not None else rule.number("default_limit")
    over = facts.used - limit
    if over <= rule.number("days_over"):
        return ""
    return f"“{facts.step}”用了{facts.used}个工作日才报出意见，时限{limit}个工作日，超出{over}个工作日"


def _missing_notice(rule: TriggerRule, facts: TriggerFacts) -> str:
    spared = set(rule.words("not_required"))
    missing = [each for each in facts.required if each not in facts.issued and each not in spared]
    return f"应出具而没有出具编号文书：{'、'.join(missing)}" if missing else ""


def _disputed_closure(rule: TriggerRule, facts: TriggerFacts) -> str:
    if facts.disputes < rule.number("from_time"):
        return ""
    return f"来信人第{facts.disputes}次表示没有解决，已重新办理" if facts.disputes else ""


def _always(words: str) -> Callable[[TriggerRule, TriggerFacts], str]:
    def find(rule: TriggerRule, facts: TriggerFacts) -> str:
        return f"{words}（{EVENT_LABELS[facts.event]}）"

    return find


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}元".replace(".00元", "元")


# 《…》 with an article, or at least a named law: 依照《行政许可法》第三十八条.
_NAMES_LAW = re.compile(r"《[^》]{2,}》|第[零〇一二三四五六七八九十百千\d]+条")

TRIGGERS: Mapping[str, TriggerKind] = MappingProxyType(
    {
        "refused_though_met": TriggerKind(
            "符合条件而不予办理",
            "case",
            frozenset({"refuse", "deny"}),
            _refused_though_met,
            {"every_step_must_conclude": SettingKind("没有写结论的环节是否使本规则不适用", True, 0, 1)},
            sentence="每个审查环节都结论为“符合条件”，却不予受理或不予许可",
        ),
        "second_supplement": TriggerKind(
            "两次以上告知补正",
            "case",
            frozenset({"supplement_notice", "supplement_attempt", "supplement_recorded"}),
            _second_supplement,
            {"most": SettingKind("最多可以告知几次", 1, 1, 5)},
            sentence="一个办件告知补正超过规定次数，包括被系统拒绝的和补录的",
        ),
        "no_reasons": TriggerKind(
            "不予办理未说明理由",
            "case",
            frozenset({"refuse", "deny", "void"}),
            _no_reasons,
            {
                "least_characters": SettingKind("理由最少几个字", 10, 1, 500),
                "basis_names_law": SettingKind("依据要写明法律名称或条款", True, 0, 1),
                "same_words_in_cases": SettingKind("与几个别的办件一字不差算套话（0 不查）", 3, 0, 1000),
                "same_words_days": SettingKind("套话往前查几天", 180, 1, 3660),
            },
            sentence="不予受理、不予许可、作废的理由太短、没有法律依据，或者一字不差地用在许多办件上",
        ),
        "hearing_not_held": TriggerKind(
            "应听证未听证",
            "case",
            frozenset({"hearing_over"}),
            _hearing_not_held,
            {"default_limit": SettingKind("几个工作日内组织听证", 20, 1, 366)},
            sentence="申请人在期限内要求听证，二十个工作日内没有组织",
        ),
        "fee_over_standard": TriggerKind(
            "超标准收费",
            "case",
            frozenset({"fee"}),
            _fee_over_standard,
            {"tolerance_cents": SettingKind("允许的零头（分）", 0, 0, 10000)},
            sentence="收的钱超过办事指南公布的标准，或者收了指南没有的费用",
        ),
        "outside_system": TriggerKind(
            "系统外办理",
            "case",
            frozenset({"entered", "closed"}),
            _outside_system,
            {
                "days_to_enter": SettingKind("收件后几个工作日内录入", 1, 0, 60),
                "approved_sources": SettingKind("经批准由其他系统办理的来源", ()),
            },
            sentence="在本系统之外收件、办理，事后才录入，或者办件日志里没有相应的环节",
        ),
        "late_first_review": TriggerKind(
            "初审逾期上报",
            "case",
            frozenset({"complete_step"}),
            _late_first_review,
            {
                "days_over": SettingKind("超出多于几个工作日", 0, 0, 60),
                "default_limit": SettingKind("环节没有写时限的按几个工作日", 20, 0, 366),
            },
            sentence="第一个审查环节超过时限才报出意见",
        ),
        "missing_notice": TriggerKind(
            "未出具编号文书",
            "case",
            frozenset({"closed"}),
            _missing_notice,
            {"not_required": SettingKind("不要求的文书", ())},
            sentence="应当出具受理、补正、决定等编号文书而没有出具",
        ),
        "disputed_closure": TriggerKind(
            "办结不被认可",
            "complaint",
            frozenset({"dispute"}),
            _disputed_closure,
            {"from_time": SettingKind("从第几次不认可起", 1, 1, 10)},
            sentence="答复办结以后，来信人表示没有解决，重新办理",
        ),
        "watch_refused": TriggerKind(
            "关注：不予办理",
            "case",
            frozenset({"refuse", "deny"}),
            _always("没有准予的办件"),
            watch=True,
            sentence="不予受理、不予许可的办件",
        ),
        "watch_returned": TriggerKind(
            "关注：退件",
            "case",
            frozenset({"void"}),
            _always("作废或退回的办件"),
            watch=True,
            sentence="作废、退回的办件",
        ),
        "watch_supplemented": TriggerKind(
            "关注：补正",
            "case",
            frozenset({"supplement_notice", "supplement_recorded"}),
            _always("要求补正的办件"),
            watch=True,
            sentence="要求申请人补正的办件",
        ),
    }
)
