"""Rules that have changed: said in the chain what changed, kept as they were, in force for what is open from now on.

Nothing that is closed is judged again: cards, stopped clocks and their levels stay as they are, each with the
stamp of the rule set it was judged by. Clocks that still run are computed by the new rules; a level that only the
new rules reach begins when they came into force, never earlier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

from catalog.published_rules import Adoption, Change, PublishedRules, from_text, write_published_rules
from handlers.casework import rules_in_force
from handlers.casework.ground import Ground
from handlers.store import events, findings, outbox, settings
from handlers.store.database import Database
from handlers.store.moments import Reads
from handlers.store.records import Json
from handlers.store.writer import Transaction
from rules.cards import OBJECT_LABELS, CardRule
from rules.levels import Threshold, Thresholds
from rules.rule_set import RuleSet
from rules.triggers import TRIGGERS, TriggerRule

_STAMP = "rules_stamp"

# What people call the fields of a rule; examples and names are shown as “改动” without their text.
_LABELS: Mapping[str, str] = {
    "object": "对象", "title": "名称", "unit": "单位", "precision": "精度", "default_limit": "默认时限",
    "enabled": "启用", "mode": "发牌方式", "basis": "依据", "messages": "通知模板", "documents": "文书模板",
    "tell": "通知谁", "channels": "通知方式", "level_names": "级别名称", "examples": "算例", "trigger": "查什么",
    "level": "级别", "settings": "设置", "warning": "预警", "yellow": "黄牌", "red": "红牌",
    "born_warned_guard": "时限很短的过半才预警", "statutory_fallback": "没有法定时限时按承诺加几日",
}  # fmt: skip
_WORDS: Mapping[object, str] = {
    True: "是", False: "否", None: "无", "automatic": "自动发出", "confirmed": "由人确认", "day": "按日",
    "second": "按秒", "workday": "工作日",
}  # fmt: skip
# Changing these re-times no clock and makes no card begin otherwise.
_WORDING = frozenset(
    {"title", "basis", "messages", "documents", "tell", "channels", "examples", "level_names"}
)


def superseded(database: Database, ground: Ground) -> RuleSet | None:
    """The rule set that was in force at the last pass, where it is another one now."""
    stamp = settings.get(database, _STAMP)
    if stamp is None or ground.rule_set is None or stamp == ground.rules_version:
        return None
    kept = _kept(database)
    return None if kept is None else kept.rule_set


def under(ground: Ground, rule_set: RuleSet) -> Ground:
    """The same county under other rules."""
    return replace(ground, card_rules=rule_set.by_object, rules_version=rule_set.stamp, rule_set=rule_set)


def adopt(database: Database, ground: Ground, now: datetime) -> bool:
    """Takes the present rules as those in force; True when that was a change and clocks must be computed again.

    The first time nothing is said but which rules they are. Of two processes one logs the change.
    """
    rule_set = ground.rule_set
    if rule_set is None or settings.get(database, _STAMP) == rule_set.stamp:
        return False

    def job(tx: Transaction) -> bool:
        before = _kept(tx)
        if before is not None and before.stamp == rule_set.stamp:
            return False
        changes = () if before is None else compare(before.rule_set, rule_set)
        adoption = Adoption(at=now, before="" if before is None else before.stamp, changes=changes)
        earlier = settings.get(tx, rules_in_force.KEPT + rule_set.stamp)
        adoptions = () if earlier is None else from_text(earlier).adoptions
        kept = PublishedRules(stamp=rule_set.stamp, adoptions=(*adoptions, adoption), rule_set=rule_set)
        settings.put(tx, rules_in_force.KEPT + rule_set.stamp, kept.text())
        settings.put(tx, _STAMP, rule_set.stamp)
        _log(tx, ground, adoption, rule_set, now)
        if before is not None:
            judging = tuple(dict.fromkeys(each.rule for each in changes if each.judges))
            rules_in_force.changed(tx, judging, now)
            _tell(tx, ground, rule_set, changes, now)
        return before is not None

    return database.write(job)


def publish(database: Database, published: Path) -> int:
    """Writes every version that has been in force under `published/rules/`; returns how many files changed.

    A build shows old versions from there, so that a card's rule can be read as it was, whatever the rules are now.
    """
    versions = settings.starting_with(database, rules_in_force.KEPT)
    return sum(write_published_rules(published, from_text(text)) for text in versions)


def _kept(reads: Reads) -> PublishedRules | None:
    stamp = settings.get(reads, _STAMP)
    text = None if stamp is None else settings.get(reads, rules_in_force.KEPT + stamp)
    return None if text is None else from_text(text)


def compare(before: RuleSet, after: RuleSet) -> tuple[Change, ...]:
    """What differs, rule by rule and field by field, in words."""
    old, new = _by_id(before), _by_id(after)
    found: list[Change] = []
    for rule_id in dict.fromkeys((*old, *new)):
        one, other = old.get(rule_id), new.get(rule_id)
        if one is None and other is not None:
            found.append(_change(rule_id, other.title, "", "新增", True))
        elif other is None and one is not None:
            found.append(_change(rule_id, one.title, "", "取消", True))
        elif one is not None and other is not None and one != other:
            found += _fields(rule_id, one, other)
    return tuple(found)


def _by_id(rule_set: RuleSet) -> dict[str, CardRule | TriggerRule]:
    timed: dict[str, CardRule | TriggerRule] = {each.id: each for each in rule_set.rules}
    return timed | {each.id: each for each in rule_set.triggers}


def _fields(rule_id: str, one: CardRule | TriggerRule, other: CardRule | TriggerRule) -> Iterator[Change]:
    if type(one) is not type(other):
        yield _change(rule_id, other.title, "", "改为另一类规则", True)
        return
    for each in fields(one):
        old, new = getattr(one, each.name), getattr(other, each.name)
        if old == new:
            continue
        if isinstance(old, Thresholds) and isinstance(new, Thresholds):
            yield from _thresholds(rule_id, other.title, old, new)
            continue
        label = _LABELS.get(each.name, each.name)
        words = f"{label}有改动" if each.name == "examples" else f"{label}由“{_said(old)}”改为“{_said(new)}”"
        yield _change(rule_id, other.title, each.name, words, each.name not in _WORDING)


def _thresholds(rule_id: str, title: str, old: Thresholds, new: Thresholds) -> Iterator[Change]:
    for each in fields(old):
        one, other = getattr(old, each.name), getattr(new, each.name)
        if one != other:
            words = f"{_LABELS[each.name]}由“{_said(one)}”改为“{_said(other)}”"
            yield _change(rule_id, title, each.name, words, True)


def _change(rule: str, title: str, field: str, words: str, judges: bool) -> Change:
    return Change(rule=rule, title=title, field=field, words=words, judges=judges)


def _said(value: object) -> str:
    """A value of a rule as people read it."""
    if isinstance(value, Threshold):
        against = "法定时限" if value.against == "statutory" else "时限"
        if value.measure == "left_at_most":
            return f"离{against}剩{value.days}日以内"
        return f"超过{against}{'满' if value.measure == 'over_at_least' else '多于'}{value.days}日"
    if isinstance(value, Mapping):
        return "；".join(f"{_WORDS.get(key, key)}：{_said(each)}" for key, each in value.items()) or "无"
    if isinstance(value, tuple | list):
        return "、".join(_said(each) for each in value) or "无"
    if isinstance(value, bool) or value is None:
        return _WORDS[value]
    if isinstance(value, str):
        if value in TRIGGERS:
            return TRIGGERS[value].label
        return OBJECT_LABELS.get(value, _WORDS.get(value, value)) or "无"
    return str(value)


def _log(tx: Transaction, ground: Ground, adoption: Adoption, after: RuleSet, now: datetime) -> None:
    listed: list[Json] = [
        {"rule": each.rule, "title": each.title, "field": each.field, "words": each.words}
        for each in adoption.changes
    ]
    payload: dict[str, Json] = {
        "from": adoption.before, "to": after.stamp, "hash": after.hash, "changes": listed, "words": "",
    }  # fmt: skip
    events.append(
        tx,
        events.NewEvent(
            at=now,
            kind="rules.change",
            subject="hall",
            subject_id=0,
            subject_number=after.stamp,
            actor="system",
            role="system",
            unit=ground.units.top or "county",
            from_state=adoption.before,
            to_state=after.stamp,
            drill=False,
            payload=payload,
        ),
    )


def _tell(
    tx: Transaction, ground: Ground, after: RuleSet, changes: tuple[Change, ...], now: datetime
) -> None:
    """Every department with something open, and the county: what changed and that it counts from now on."""
    said = "；".join(f"{each.title}：{each.words}" for each in changes[:8]) or "文字有改动"
    more = f"……共{len(changes)}处" if len(changes) > 8 else ""
    body = f"监察规则改为{after.stamp}：{said}{more}。已经办结的和已经发的牌不重新判定；在办的从现在起按新规则计算。"
    units = dict.fromkeys((ground.units.top or "county", *findings.departments_with_clocks(tx)))
    outbox.add(
        tx,
        [
            outbox.NewMessage(
                now, "rules.change", "unit", unit, "hall", 0, after.stamp, body, fact=f"rules:{after.hash}"
            )
            for unit in units
        ],
    )
