"""`hall cards`: one verdict a line, both rule sets, both precisions, exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from hall.commands.cards import command


def run(lines, *arguments):
    text = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines)
    done = CliRunner().invoke(command, ["-", *arguments], input=text)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def case(end, **more):
    return {
        "object": "case",
        "start": "2018-10-15T10:00:00+08:00",
        "end": end,
        "limit": 7,
        "statutory": 10,
        **more,
    }


def test_the_worked_example_in_both_precisions():
    ends = [
        "2018-10-19T10:00:00+08:00",
        "2018-10-19T10:00:01+08:00",
        "2018-10-24T10:00:01+08:00",
        "2018-10-29T10:00:01+08:00",
    ]
    code, told = run([case(end, precision="second", pauses=[]) for end in ends])
    assert code == 0
    assert [each["level"] for each in told] == [0, 1, 2, 3]
    assert [each["since"] for each in told] == [None, *ends[1:]]
    assert all(set(each) == {"level", "since", "why"} for each in told)
    days = ["2018-10-19", "2018-10-22", "2018-10-24", "2018-10-25", "2018-10-29", "2018-10-30"]
    code, told = run([{**case(end, precision="day"), "start": "2018-10-15"} for end in days])
    assert [each["level"] for each in told] == [0, 1, 1, 2, 2, 3]
    assert told[-1]["since"] == "2018-10-30"


def test_every_object_is_judged():
    objects = [
        "case",
        "stage",
        "special_procedure",
        "pre_acceptance",
        "certificate",
        "consultation",
        "complaint",
    ]
    lines = [{"object": each, "start": "2018-10-15", "end": "2018-12-28", "limit": 3} for each in objects]
    code, told = run(lines)
    assert code == 0
    assert [each["level"] for each in told] == [3, 3, 3, 3, 2, 3, 3]


def test_a_running_thing_is_judged_now():
    line = {
        "object": "case",
        "start": "2018-10-15",
        "end": None,
        "limit": 7,
        "statutory": None,
        "precision": "day",
    }
    assert run([line], "--now", "2018-10-16")[1][0]["level"] == 0
    assert run([line], "--now", "2018-10-25")[1][0]["level"] == 2
    assert run([line])[1][0]["level"] == 3


def test_the_three_light_rules_are_chosen_by_name():
    code, told = run([case("2018-10-22"), case("2018-10-25")], "--rules", "three-light")
    assert code == 0
    assert [each["level"] for each in told] == [2, 3]
    assert "黄灯" in told[0]["why"]


def test_a_bad_line_gets_an_error_object_and_exit_one():
    code, told = run(
        [case("2018-10-22"), "{", {"object": "case", "start": "soon", "limit": 7}, case("2018-10-25")]
    )
    assert code == 1
    assert [each.get("level") for each in told] == [1, None, None, 2]
    assert told[1]["error"]["line"] == 2
    assert "start" in told[2]["error"]["fields"]


def test_a_case_without_a_limit_is_an_error_on_its_line():
    code, told = run([{"object": "case", "start": "2018-10-15"}])
    assert code == 1
    assert "limit" in told[0]["error"]["fields"]


@pytest.mark.parametrize(
    "arguments", [["none.jsonl"], [], ["-", "--rules", "five-star"], ["-", "--now", "later"]]
)
def test_wrong_use_exits_with_two(arguments):
    assert CliRunner().invoke(command, arguments, input="").exit_code == 2


def test_the_county_settings_choose_the_rule_set(small_root):
    settings = small_root / "county.yml"
    text = settings.read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if "supervision_rules" not in line)
    if "\nsettings:" in text:
        text = text.replace("\nsettings:", "\nsettings:\n  supervision_rules: three-light", 1)
    else:
        text += "\nsettings:\n  supervision_rules: three-light\n"
    settings.write_text(text + "\n", encoding="utf-8")
    assert run([case("2018-10-22")], "--root", str(small_root))[1][0]["level"] == 2
