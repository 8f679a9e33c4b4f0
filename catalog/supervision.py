"""Supervision rules as data: reading and checking the rule sets, and running the examples they carry."""

from __future__ import annotations

import hashlib
import json
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from catalog.form_schema import Part, Text
from catalog.problems import Problem, in_order
from catalog.pydantic_chinese import explained
from catalog.root import DEFAULTS, Root
from catalog.schema import Slug
from catalog.supervision_schema import (
    DOCUMENTS,
    LEVEL_NUMBERS,
    LEVEL_WORDS,
    ExampleFile,
    LevelFile,
    LevelKey,
    RuleFile,
    ThresholdFile,
)
from catalog.supervision_triggers import TriggerFile, example_fault, trigger_faults
from catalog.yaml_text import Document, FieldPath, field_text, parse_yaml
from rules.calendar import WorkCalendar
from rules.card_facts import facts_from
from rules.cards import (
    MESSAGE_VARIABLES,
    CardExample,
    CardObject,
    CardRule,
    Level,
    judge,
)
from rules.errors import Invalid, NotFound
from rules.levels import Thresholds
from rules.pause import Precision
from rules.quick_dataclass import dataclass
from rules.rule_set import RuleSet
from rules.time import day_end, is_date_only, local_date, parse_stamp

__all__ = [
    "RuleSet",
    "RulesReading",
    "check_supervision",
    "load_rules",
    "read_rules",
    "rule_folders",
    "ruleset_from_json",
    "ruleset_json_schema",
    "ruleset_to_json",
    "run_examples",
    "with_hash",
]

FOLDER = "supervision"
_RULE_SET: TypeAdapter[RuleSet] = TypeAdapter(RuleSet)


class RuleSetFile(Part):
    """`supervision/<id>.yml`."""

    id: Slug
    title: Text
    version: Text
    levels: Annotated[tuple[LevelFile, ...], Field(min_length=2)]
    rules: Annotated[tuple[RuleFile, ...], Field(min_length=1)]
    triggers: tuple[TriggerFile, ...] = ()


@dataclass(frozen=True, slots=True)
class RulesReading:
    """The rule sets that are right, by id, and what is wrong with the others."""

    rule_sets: Mapping[str, RuleSet]
    problems: tuple[Problem, ...]


def rule_folders(root: Root | None) -> tuple[Path, ...]:
    """Where rule sets lie, the packaged ones first, the root's own after them."""
    own = () if root is None else (root.content / FOLDER,)
    return (DEFAULTS / FOLDER, *own)


def read_rules(folders: Iterable[Path], root: Root | None = None) -> RulesReading:
    """Reads every rule set; a file of the same name in a later folder takes the earlier one's place."""
    paths: dict[str, Path] = {}
    for folder in folders:
        if folder.is_dir():
            paths |= {path.name: path for path in sorted(folder.glob("*.yml"))}
    rule_sets: dict[str, RuleSet] = {}
    problems: list[Problem] = []
    for path in paths.values():
        shown = path.as_posix() if root is None else root.shown(path)
        found, faults = _read_text(path.read_bytes(), path.stem, shown)
        problems += faults
        if found is not None:
            rule_sets[found.id] = found
    return RulesReading(rule_sets, in_order(problems))


def load_rules(folders: Sequence[Path], name: str, precision: Precision = "day") -> RuleSet:
    """The rule set `name`; with the county's precision `second`, every rule of it counts to the second.

    Raises Invalid with every fault of its file, NotFound when there is none.
    """
    reading = read_rules(folders)
    found = reading.rule_sets.get(name)
    if found is not None:
        if precision == "second":
            found = replace(found, rules=tuple(replace(each, precision=precision) for each in found.rules))
        return with_hash(found)
    faults = [str(each) for each in reading.problems if Path(each.path).stem == name]
    if faults:
        raise Invalid("监察规则有误：" + "；".join(faults))
    known = "、".join(sorted(reading.rule_sets)) or "（没有）"
    raise NotFound(f"没有监察规则“{name}”，现有：{known}")


def with_hash(rule_set: RuleSet) -> RuleSet:
    """The rule set with the hash of all its words (SHA-256 over canonical JSON without the hash itself)."""
    plain = _RULE_SET.dump_python(replace(rule_set, hash=""), mode="json")
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return replace(rule_set, hash=hashlib.sha256(text.encode()).hexdigest())


def run_examples(rule_set: RuleSet, calendar: WorkCalendar, shown: str = "") -> list[Problem]:
    """Judges every example of every rule; one problem for each that comes out otherwise than it says."""
    problems: list[Problem] = []
    for rule in rule_set.rules:
        for example in rule.examples:
            where = f"rules[{rule.id}].examples[{example.name}]"
            path = shown or f"{FOLDER}/{rule_set.id}.yml"
            faults = _example_faults(rule, example, calendar)
            problems += [Problem(path, 0, where, message, rule="rule-example") for message in faults]
    for trigger in rule_set.triggers:
        for each in trigger.examples:
            fault = example_fault(trigger, each)
            if fault:
                where = f"triggers[{trigger.id}].examples[{each.name}]"
                path = shown or f"{FOLDER}/{rule_set.id}.yml"
                problems.append(Problem(path, 0, where, fault, rule="rule-example"))
    return problems


def check_supervision(root: Root | None, calendar: WorkCalendar) -> tuple[Problem, ...]:
    """Everything `hall check` has to say about the rule sets of a root, their examples included."""
    reading = read_rules(rule_folders(root), root)
    problems = list(reading.problems)
    for rule_set in reading.rule_sets.values():
        problems += run_examples(rule_set, calendar)
    return in_order(problems)


def ruleset_to_json(rule_set: RuleSet) -> bytes:
    """The county's rule set as `site/data/supervision.json`, in a stable order."""
    return _RULE_SET.dump_json(rule_set, indent=1) + b"\n"


def ruleset_from_json(data: bytes) -> RuleSet:
    """The rule set that `ruleset_to_json` wrote. Raises Invalid when the file is not one."""
    try:
        return _RULE_SET.validate_json(data)
    except ValidationError as error:
        raise Invalid("supervision.json 不是监察规则，请重新运行 hall build") from error


def ruleset_json_schema() -> dict[str, object]:
    """The JSON Schema of `site/data/supervision.json`."""
    return _RULE_SET.json_schema()


def _example_faults(rule: CardRule, example: CardExample, calendar: WorkCalendar) -> Iterator[str]:
    try:
        verdict = judge(rule, example.facts, calendar)
    except Invalid as error:
        yield f"这个例子算不出来：{error.detail}"
        return
    if verdict.level != example.level:
        yield f"应为 {example.level} 级，按规则算出 {verdict.level} 级（{verdict.why}）"
    elif example.since is not None and verdict.since != example.since:
        since = "无" if verdict.since is None else verdict.since.isoformat()
        yield f"应自 {example.since.isoformat()} 起，按规则算出自 {since} 起"


@lru_cache(maxsize=16)
def _read_text(data: bytes, stem: str, shown: str) -> tuple[RuleSet | None, tuple[Problem, ...]]:
    document = parse_yaml(data)
    if document.faults:
        return None, tuple(Problem(shown, each.line, each.field, each.message) for each in document.faults)
    try:
        found = RuleSetFile.model_validate(document.value)
    except ValidationError as error:
        return None, tuple(explained(error, RuleSetFile, document, shown))
    problems = tuple(
        Problem(shown, document.line(place), field_text(place), message, rule="supervision")
        for place, message in _faults(found, stem)
    )
    if problems:
        return None, problems
    try:
        return _rule_set(found), ()
    except Invalid as error:
        return None, (_example_problem(found, error, document, shown),)


def _faults(found: RuleSetFile, stem: str) -> Iterator[tuple[FieldPath, str]]:
    if found.id != stem:
        yield ("id",), f"文件名应为 {found.id}.yml"
    named = [each.level for each in found.levels]
    if named != sorted(set(named)) or named[0] != 0:
        yield ("levels",), "级别要从 0（正常）起，由低到高，各写一次"
    ids: set[str] = set()
    objects: set[str] = set()
    for at, rule in enumerate(found.rules):
        place: FieldPath = ("rules", at)
        if rule.id in ids:
            yield (*place, "id"), f"规则编号 {rule.id} 重复"
        ids.add(rule.id)
        if rule.enabled and rule.object in objects:
            yield (*place, "object"), f"{rule.object} 已有一条启用的规则，请停用其中一条"
        if rule.enabled:
            objects.add(rule.object)
        for field, message in _rule_faults(rule, set(named)):
            yield (*place, *field), message
    yield from _trigger_faults(found, ids, set(named))


def _trigger_faults(found: RuleSetFile, ids: set[str], named: set[int]) -> Iterator[tuple[FieldPath, str]]:
    seen: set[str] = set()
    for at, rule in enumerate(found.triggers):
        place: FieldPath = ("triggers", at)
        if rule.id in ids:
            yield (*place, "id"), f"规则编号 {rule.id} 重复"
        ids.add(rule.id)
        if rule.enabled and rule.trigger in seen:
            yield (*place, "trigger"), f"{rule.trigger} 已有一条启用的规则，请停用其中一条"
        if rule.enabled:
            seen.add(rule.trigger)
        for field, message in trigger_faults(rule, named):
            yield (*place, *field), message
        fault = "" if rule.message is None else _template_fault(rule.message)
        if fault:
            yield (*place, "message"), fault
        if rule.document is not None and rule.document not in DOCUMENTS:
            yield (*place, "document"), _unknown_document(rule.document)


def _unknown_document(name: str) -> str:
    known = "、".join(f"{key}({title})" for key, title in DOCUMENTS.items())
    return f"没有文书模板 {name}，可用的有：{known}"


def _rule_faults(rule: RuleFile, named: set[int]) -> Iterator[tuple[FieldPath, str]]:
    levels = rule.levels()
    if not levels:
        yield ("id",), "warning、yellow、red 至少写一个"
    for key, each in levels.items():
        if LEVEL_NUMBERS[key] not in named:
            yield (key,), f"levels 里没有第 {LEVEL_NUMBERS[key]} 级"
        if each.against == "statutory" and rule.object != "case":
            yield (key, "against"), "只有办件（case）有法定时限可比"
        born = each.left_at_most is not None and rule.default_limit is not None
        if born and not rule.born_warned_guard and (each.left_at_most or 0) >= (rule.default_limit or 0):
            yield (
                (key, "left_at_most"),
                f"不小于默认时限 {rule.default_limit} 日，一开始就会{LEVEL_WORDS[key]}",
            )
        too_far = rule.default_limit is not None and (each.left_at_most or 0) > rule.default_limit
        if too_far and rule.born_warned_guard:
            yield (key, "left_at_most"), f"比默认时限 {rule.default_limit} 日还长"
    yield from _order_faults(levels)
    for name, document in rule.documents.items():
        if document not in DOCUMENTS:
            yield ("documents", name), _unknown_document(document)
    for key in levels:
        if key not in rule.messages:
            yield ("messages",), f"缺少{LEVEL_WORDS[key]}的通知模板（{key}）"
    for part, given in (
        ("messages", rule.messages),
        ("documents", rule.documents),
        ("tell", rule.tell),
        ("channels", rule.channels),
    ):
        for name in given:
            if name not in levels:
                yield (part, name), f"这条规则没有{LEVEL_WORDS[name]}这一级"
    for name, template in rule.messages.items():
        fault = _template_fault(template)
        if fault:
            yield ("messages", name), fault


def _order_faults(levels: Mapping[LevelKey, ThresholdFile]) -> Iterator[tuple[FieldPath, str]]:
    """A higher level must begin later than a lower one, or the lower one is never seen."""
    keys = list(levels)
    for lower, higher in pairwise(keys):
        low, high = levels[lower], levels[higher]
        if low.against == high.against and high.offset <= low.offset:
            yield (
                (higher,),
                f"{LEVEL_WORDS[higher]}不晚于{LEVEL_WORDS[lower]}开始，{LEVEL_WORDS[lower]}就不会出现",
            )
        elif low.against == "promised" and high.against == "statutory" and high.offset < low.offset:
            yield (higher,), f"法定时限等于承诺时限时，{LEVEL_WORDS[higher]}会早于{LEVEL_WORDS[lower]}"
        elif low.against == "statutory" and high.against == "promised":
            yield (
                (higher, "against"),
                f"{LEVEL_WORDS[higher]}比承诺时限、{LEVEL_WORDS[lower]}却比法定时限，次序颠倒",
            )


def _template_fault(template: str) -> str:
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError:
        return "花括号没有成对"
    unknown = [name for name in fields if name not in MESSAGE_VARIABLES]
    if unknown:
        known = "、".join(sorted(MESSAGE_VARIABLES))
        return f"没有变量 {{{unknown[0]}}}，可用的有：{known}"
    return ""


def _rule_set(found: RuleSetFile) -> RuleSet:
    levels = tuple(Level(each.level, each.name, each.shape) for each in found.levels)
    names = {each.level: each.name for each in levels}
    return RuleSet(
        found.id,
        found.title,
        f"{found.id}@{found.version}",
        levels,
        tuple(_rule(each, names) for each in found.rules),
        tuple(each.rule(names) for each in found.triggers),
    )


def _rule(rule: RuleFile, names: Mapping[int, str]) -> CardRule:
    thresholds = {key: each.threshold() for key, each in rule.levels().items()}
    return CardRule(
        id=rule.id,
        object=rule.object,
        title=rule.title,
        thresholds=Thresholds(
            thresholds.get("warning"),
            thresholds.get("yellow"),
            thresholds.get("red"),
            rule.born_warned_guard,
            rule.statutory_fallback,
        ),
        unit=rule.unit,
        precision=rule.precision,
        default_limit=rule.default_limit,
        enabled=rule.enabled,
        mode=rule.mode,
        basis=rule.basis,
        messages={LEVEL_NUMBERS[key]: text for key, text in rule.messages.items()},
        documents={LEVEL_NUMBERS[key]: text for key, text in rule.documents.items()},
        tell={LEVEL_NUMBERS[key]: told for key, told in rule.tell.items()},
        channels={LEVEL_NUMBERS[key]: each for key, each in rule.channels.items()},
        level_names=names,
        examples=tuple(_example(each, rule.object) for each in rule.examples),
    )


def _example(example: ExampleFile, supervised: CardObject) -> CardExample:
    plain = example.model_dump(exclude={"name", "level", "since"}, exclude_none=True, mode="json")
    end = parse_stamp(example.end)
    facts = facts_from({"object": supervised, **plain}, _last_moment(example.end, end))
    since = None if example.since is None else parse_stamp(example.since)
    return CardExample(example.name, facts, example.level, since)


def _last_moment(text: str, end: datetime) -> datetime:
    return day_end(local_date(end)) if is_date_only(text) else end


def _example_problem(found: RuleSetFile, error: Invalid, document: Document, shown: str) -> Problem:
    """Which example it was that could not be read."""
    for at, rule in enumerate(found.rules):
        for place, example in enumerate(rule.examples):
            try:
                _example(example, rule.object)
            except Invalid as fault:
                path: FieldPath = ("rules", at, "examples", place)
                return Problem(shown, document.line(path), field_text(path), fault.detail, rule="supervision")
    return Problem(shown, 1, "rules", error.detail, rule="supervision")
