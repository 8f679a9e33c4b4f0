"""Rule sets as data: the shipped ones hold their own examples, impossible ones are told with file and field."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from catalog.calendars import load_calendar
from catalog.root import DEFAULTS
from catalog.supervision import (
    check_supervision,
    load_rules,
    read_rules,
    rule_folders,
    ruleset_from_json,
    ruleset_json_schema,
    ruleset_to_json,
    run_examples,
)
from rules.cards import OBJECT_LABELS
from rules.errors import Invalid, NotFound

CALENDAR = load_calendar()
PACKAGED = DEFAULTS / "supervision"
FOUR_LEVEL = (PACKAGED / "four-level.yml").read_text(encoding="utf-8")


def problems_of(folder: Path, text: str, name: str = "four-level.yml"):
    (folder / name).write_text(text, encoding="utf-8")
    return read_rules([folder]).problems


@pytest.mark.parametrize("name", ["four-level", "three-light"])
def test_a_shipped_rule_set_covers_every_object_and_holds_its_own_examples(name):
    rule_set = load_rules(rule_folders(None), name)
    assert set(rule_set.by_object) == set(OBJECT_LABELS)
    assert run_examples(rule_set, CALENDAR) == []
    assert rule_set.version == f"{name}@2"
    for rule in rule_set.rules:
        assert {example.facts.precision for example in rule.examples} >= {None, "second"}
        assert {example.level for example in rule.examples} >= {0}
        for level in (1, 2, 3):
            if rule.thresholds.of_level(level):
                assert level in {example.level for example in rule.examples}, (rule.id, level)


def test_checking_the_package_finds_nothing():
    assert check_supervision(None, CALENDAR) == ()


def test_three_lights_have_names_and_shapes_and_no_first_level():
    rule_set = load_rules(rule_folders(None), "three-light")
    assert [(each.level, each.name, each.shape) for each in rule_set.levels] == [
        (0, "绿灯", "●"),
        (2, "黄灯", "▲"),
        (3, "红灯", "■"),
    ]
    assert all(rule.thresholds.warning is None for rule in rule_set.rules)
    case = rule_set.rule_for("case")
    assert case is not None
    assert "sms" in case.channels[2]
    assert case.documents == {3: "supervision_order"}


@pytest.mark.parametrize("name", ["four-level", "three-light"])
def test_a_rule_set_survives_the_artifact(name):
    rule_set = load_rules(rule_folders(None), name)
    assert ruleset_from_json(ruleset_to_json(rule_set)) == rule_set
    assert "properties" in str(ruleset_json_schema())
    with pytest.raises(Invalid):
        ruleset_from_json(b"{}")


def test_an_example_that_comes_out_otherwise_is_told_with_rule_and_name():
    rule_set = load_rules(rule_folders(None), "four-level")
    first = rule_set.rules[0]
    wrong = replace(first, examples=(replace(first.examples[0], level=3),))
    (problem,) = run_examples(replace(rule_set, rules=(wrong,)), CALENDAR)
    assert problem.field == f"rules[case].examples[{first.examples[0].name}]"
    assert "应为 3 级" in problem.message


def test_an_unknown_rule_set_names_those_there_are():
    with pytest.raises(NotFound, match="four-level"):
        load_rules(rule_folders(None), "five-star")


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        (
            "yellow: {over_at_least: 1}",
            "yellow: {over_at_least: -1}",
            "rules[0].yellow.over_at_least",
            "不能小于",
        ),
        (
            "yellow: {over_at_least: 1}",
            "yellow: {over_at_least: 0}",
            "rules[0].yellow.over_at_least",
            "不能小于",
        ),
        ("yellow: {over_at_least: 1}", "yellow: {}", "rules[0].yellow", "只写一个"),
        (
            "yellow: {over_at_least: 1}",
            "yellow: {over_at_least: 1, left_at_most: 1}",
            "rules[0].yellow",
            "只写一个",
        ),
        ("yellow: {over_at_least: 1}", "yellow: {left_at_most: 2}", "rules[0].yellow", "就不会出现"),
        ("yellow: {over_at_least: 1}", "yellow: {left_at_most: 5}", "rules[0].yellow", "就不会出现"),
        (
            "red: {over_at_least: 1, against: statutory}",
            "red: {left_at_most: 1, against: statutory}",
            "rules[0].red",
            "早于",
        ),
        ("red: {over_more_than: 5}", "red: {over_more_than: 2}", "rules[2].red", "就不会出现"),
        (
            "red: {over_more_than: 5}",
            "red: {over_more_than: 5, against: statutory}",
            "rules[2].red.against",
            "法定时限",
        ),
        ("id: stage", "id: case", "rules[3].id", "重复"),
        ("object: stage", "object: letter", "rules[3].object", "只能是"),
        ("还剩{left}个工作日，请尽快办理", "还剩{days}个工作日", "rules[0].messages.warning", "没有变量"),
        ("还剩{left}个工作日，请尽快办理", "还剩{left个工作日", "rules[0].messages.warning", "花括号"),
        ("default_limit: 3", "default_limit: three", "rules[4].default_limit", "整数"),
        ("    mode: automatic", "    mode: magic", "rules[0].mode", "只能是"),
    ],
)
def test_an_impossible_rule_is_told_with_file_line_and_field(old, new, field, says, tmp_path):
    assert old in FOUR_LEVEL
    found = problems_of(tmp_path, FOUR_LEVEL.replace(old, new, 1))
    assert found
    told = [(problem.field, problem.message) for problem in found]
    assert any(each == field and says in message for each, message in told), told
    assert all(problem.path.endswith("four-level.yml") and problem.line > 0 for problem in found)


def test_a_rule_that_warns_from_birth_with_the_guard_off_is_impossible(tmp_path):
    text = FOUR_LEVEL.replace(
        "    default_limit: 5\n", "    default_limit: 2\n    born_warned_guard: false\n", 1
    )
    assert any("一开始就会预警" in problem.message for problem in problems_of(tmp_path, text))


def test_an_example_whose_dates_make_no_sense_names_itself(tmp_path):
    text = FOUR_LEVEL.replace("end: 2018-10-19, limit: 7", "end: 2018-09-19, limit: 7", 1)
    (problem,) = problems_of(tmp_path, text)
    assert problem.field == "rules[0].examples[0]"
    assert problem.line > 0


def test_a_file_in_a_later_folder_takes_the_earlier_ones_place(tmp_path):
    text = FOUR_LEVEL.replace("statutory_fallback: 3", "statutory_fallback: 5").replace(
        'version: "2"', 'version: "本县1"'
    )
    (tmp_path / "four-level.yml").write_text(text, encoding="utf-8")
    rule_set = load_rules([PACKAGED, tmp_path], "four-level")
    assert rule_set.version == "four-level@本县1"
    # Its own example of the fallback contradicts the new number, and checking says so.
    assert any("无法定时限" in problem.field for problem in run_examples(rule_set, CALENDAR))


def test_a_broken_rule_set_is_not_loaded(tmp_path):
    (tmp_path / "four-level.yml").write_text("id: four-level\n\trules: 1\n", encoding="utf-8")
    with pytest.raises(Invalid, match="Tab"):
        load_rules([tmp_path], "four-level")
