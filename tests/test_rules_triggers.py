"""Rules about events: each trigger at its boundary, straight examples, and what a file may not say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from catalog.calendars import load_calendar
from catalog.root import DEFAULTS
from catalog.supervision import load_rules, read_rules, rule_folders, run_examples, with_hash
from catalog.supervision_triggers import TriggerId
from rules.triggers import (
    EVENT_LABELS,
    MET,
    NOT_MET,
    TRIGGERS,
    UNCLEAR,
    Conclusion,
    EventKind,
    TriggerFacts,
    TriggerRule,
    judge_event,
)

SETS = {name: load_rules(rule_folders(None), name) for name in ("four-level", "three-light")}
TEXT = (DEFAULTS / "supervision" / "four-level.yml").read_text("utf-8")
FIXED = {
    "refused_though_met", "second_supplement", "no_reasons", "hearing_not_held", "fee_over_standard",
    "outside_system", "late_first_review", "missing_notice", "disputed_closure",
}  # fmt: skip
WATCHED = {"watch_refused", "watch_returned", "watch_supplemented"}


def rule(trigger: str, **settings: object) -> TriggerRule:
    found = next(each for each in SETS["four-level"].triggers if each.trigger == trigger)
    return replace(found, settings={**found.settings, **settings})  # type: ignore[dict-item]


def caught(trigger: str, facts: TriggerFacts, **settings: object) -> bool:
    return judge_event(rule(trigger, **settings), facts) is not None


@pytest.mark.parametrize("name", list(SETS))
def test_both_shipped_sets_have_a_rule_for_every_trigger_and_their_examples_hold(name: str) -> None:
    rules = SETS[name].triggers
    assert {each.trigger for each in rules} == FIXED | WATCHED == set(TRIGGERS) == set(TriggerId.__args__)
    assert run_examples(SETS[name], load_calendar()) == []
    for each in rules:
        assert each.basis
        assert (each.level == 0) == (each.trigger in WATCHED) == TRIGGERS[each.trigger].watch
        if each.level:
            assert each.messages[each.level]
            assert each.tell[each.level]


def test_every_kind_of_event_has_a_name_and_a_trigger_that_looks_at_it() -> None:
    assert set(EVENT_LABELS) == set(EventKind.__args__)
    looked_at = set().union(*(each.events for each in TRIGGERS.values()))
    assert looked_at == set(EVENT_LABELS)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((), False), ((MET,), True), ((MET, MET), True), ((MET, NOT_MET), False), ((MET, UNCLEAR), False),
        ((MET, ""), False), (("",), False),
    ],
)  # fmt: skip
def test_a_refusal_is_caught_only_when_every_step_concluded_that_the_conditions_are_met(
    verdicts: tuple[str, ...], expected: bool
) -> None:
    facts = TriggerFacts("deny", tuple(Conclusion(f"环节{n}", each) for n, each in enumerate(verdicts)))
    assert caught("refused_though_met", facts) is expected


def test_a_step_without_a_conclusion_is_passed_over_where_the_county_says_so() -> None:
    facts = TriggerFacts("deny", (Conclusion("初审", MET), Conclusion("复审", "")))
    assert caught("refused_though_met", facts, every_step_must_conclude=False)


@pytest.mark.parametrize(
    ("before", "most", "expected"), [(0, 1, False), (1, 1, True), (1, 2, False), (2, 2, True)]
)
@pytest.mark.parametrize("event", ["supplement_notice", "supplement_attempt", "supplement_recorded"])
def test_one_supplement_notice_more_than_allowed_is_caught(
    event: EventKind, before: int, most: int, expected: bool
) -> None:
    assert caught("second_supplement", TriggerFacts(event, supplement_notices=before), most=most) is expected


@pytest.mark.parametrize(
    ("reason", "basis", "same", "expected"),
    [
        ("一二三四五六七八九", "《某法》第一条", 0, True),
        ("一二三四五六七八九十", "《某法》第一条", 0, False),
        ("一二三四五六七八九十一", "《某法》第一条", 0, False),
        ("一 二 三 四 五 六 七 八 九", "《某法》第一条", 0, True),
        ("一二三四五六七八九十", "", 0, True),
        ("一二三四五六七八九十", "有关规定", 0, True),
        ("一二三四五六七八九十", "第三十八条", 0, False),
        ("一二三四五六七八九十", "《某法》", 2, False),
        ("一二三四五六七八九十", "《某法》", 3, True),
        ("一二三四五六七八九十", "《某法》", 4, True),
    ],
)
@pytest.mark.parametrize("event", ["refuse", "deny", "void"])
def test_reasons_too_short_without_law_or_repeated_word_for_word_are_caught(
    event: EventKind, reason: str, basis: str, same: int, expected: bool
) -> None:
    facts = TriggerFacts(event, reason=reason, basis=basis, same_words=same)
    assert caught("no_reasons", facts) is expected


@pytest.mark.parametrize(
    ("charged", "standard", "listed", "expected"),
    [
        (999, 1000, True, False), (1000, 1000, True, False), (1001, 1000, True, True), (1, None, True, False),
        (1, None, False, True), (0, None, False, False), (None, 1000, True, False),
    ],
)  # fmt: skip
def test_a_cent_above_the_standard_or_any_charge_outside_it_is_caught(
    charged: int | None, standard: int | None, listed: bool, expected: bool
) -> None:
    facts = TriggerFacts("fee", fee="工本费", charged=charged, standard=standard, listed=listed)
    assert caught("fee_over_standard", facts) is expected


@pytest.mark.parametrize(("late", "expected"), [(0, False), (1, False), (2, True)])
def test_a_case_entered_later_than_allowed_was_handled_outside(late: int, expected: bool) -> None:
    facts = TriggerFacts("entered", source="某业务系统", late_days=late)
    assert caught("outside_system", facts) is expected
    assert not caught("outside_system", facts, approved_sources=("某业务系统",))


@pytest.mark.parametrize(
    ("used", "limit", "expected"),
    [(2, 3, False), (3, 3, False), (4, 3, True), (20, None, False), (21, None, True)],
)
def test_a_first_review_is_late_the_day_after_its_limit(used: int, limit: int | None, expected: bool) -> None:
    facts = TriggerFacts("complete_step", step="初审", used=used, limit=limit)
    assert caught("late_first_review", facts) is expected
    assert not caught("late_first_review", replace(facts, step_index=1))


@pytest.mark.parametrize(("used", "expected"), [(19, False), (20, False), (21, True)])
def test_a_hearing_is_overdue_the_day_after_its_twenty(used: int, expected: bool) -> None:
    assert caught("hearing_not_held", TriggerFacts("hearing_over", used=used, limit=20)) is expected


def test_a_rule_that_is_off_or_asks_after_other_events_catches_nothing() -> None:
    facts = TriggerFacts("fee", charged=5, listed=False)
    assert judge_event(replace(rule("fee_over_standard"), enabled=False), facts) is None
    assert judge_event(rule("no_reasons"), facts) is None


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("settings: {most: 1}", "settings: {most: 0}", "triggers[1].settings.most", "之间"),
        ("settings: {most: 1}", "settings: {most: -1}", "triggers[1].settings.most", "之间"),
        ("settings: {most: 1}", "settings: {mist: 1}", "triggers[1].settings.mist", "没有这个设置"),
        ("settings: {most: 1}", "settings: {most: [a]}", "triggers[1].settings.most", "整数"),
        ("basis_names_law: true", "basis_names_law: 7", "triggers[2].settings.basis_names_law", "true"),
        ("tell: [handler, coordinator, department_supervisor]\n    channels: [in_app, sms]\n    examples:\n      - {name: 第一次告知",
         "tell: [mayor]\n    channels: [in_app, sms]\n    examples:\n      - {name: 第一次告知", "triggers[1].tell[0]", "只能是"),
        ("{why}。请监察员核实。", "{whym}。请监察员核实。", "triggers[0].message", "没有变量"),
        ("    trigger: no_reasons", "    trigger: no_reason", "triggers[2].trigger", "只能是"),
        ("  - id: no_reasons", "  - id: case", "triggers[2].id", "重复"),
        ("    trigger: no_reasons", "    trigger: second_supplement", "triggers[2].trigger", "已有一条"),
        ("level: watch", "level: red", "triggers[9].level", "watch"),
        ("document: supervision_order", "document: poster", "triggers[0].document", "没有文书模板"),
        ("documents: {yellow: supervision_order, red: supervision_order}",
         "documents: {yellow: supervision_order, red: poster}", "rules[0].documents.red", "没有文书模板"),
        ("warning: {left_at_most: 2}\n    yellow: {over_at_least: 1}\n    red: {over_at_least: 2}",
         "warning: {left_at_most: 6}\n    yellow: {over_at_least: 1}\n    red: {over_at_least: 2}",
         "rules[5].warning.left_at_most", "还长"),
        ("event: supplement_notice, supplement_notices: 0", "event: fee, supplement_notices: 0",
         "triggers[1].examples[0].event", "只看这些事件"),
    ],
)  # fmt: skip
def test_an_impossible_rule_about_events_is_told_with_file_line_and_field(
    tmp_path: Path, old: str, new: str, field: str, says: str
) -> None:
    assert old in TEXT
    (tmp_path / "four-level.yml").write_text(TEXT.replace(old, new, 1), "utf-8")
    found = read_rules([tmp_path]).problems
    told = [(each.field, each.message) for each in found]
    assert any(each == field and says in message for each, message in told), told
    assert all(each.line > 0 for each in found)


def test_an_example_that_does_not_come_out_names_rule_and_example(tmp_path: Path) -> None:
    text = TEXT.replace("supplement_notices: 0, caught: false", "supplement_notices: 0, caught: true", 1)
    (tmp_path / "four-level.yml").write_text(text, "utf-8")
    (problem,) = run_examples(read_rules([tmp_path]).rule_sets["four-level"], load_calendar())
    assert problem.field == "triggers[second_supplement].examples[第一次告知]"
    assert "没有抓住" in problem.message


def test_every_word_of_a_rule_set_counts_in_its_hash() -> None:
    one = SETS["four-level"]
    other = with_hash(replace(one, rules=(replace(one.rules[0], basis="别的依据"), *one.rules[1:])))
    assert len(one.hash) == 64
    assert one.stamp == f"four-level@2#{one.hash[:8]}"
    assert other.hash != one.hash
    assert load_rules(rule_folders(None), "four-level", "second").hash != one.hash
