"""Supervision levels: every threshold of both rule sets on the day before, the day and the day after."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.calendars import load_calendar
from catalog.supervision import load_rules, rule_folders
from rules.card_facts import facts_from, pause_from
from rules.cards import Facts, judge, message, times
from rules.clock import ClockKind, ClockSpec, compute
from rules.errors import Invalid
from rules.pause import Pause
from rules.time import SHANGHAI

CALENDAR = load_calendar()
RULES = {name: load_rules(rule_folders(None), name) for name in ("four-level", "three-light")}
START = date(2018, 10, 15)

# object, limit, statutory -> the u at which each level begins, worked out by hand from DOMAIN §4.
FOUR_LEVEL = [
    ("case", 7, 10, {1: 5, 2: 8, 3: 11}),
    ("case", 7, None, {1: 5, 2: 8, 3: 11}),
    ("case", 20, 30, {1: 18, 2: 21, 3: 31}),
    ("case", 3, 20, {1: 2, 2: 4, 3: 21}),
    ("case", 2, 20, {1: 1, 2: 3, 3: 21}),
    ("case", 1, 20, {1: 1, 2: 2, 3: 21}),
    ("special_procedure", 5, None, {1: 3, 2: 6, 3: 7}),
    ("pre_acceptance", 2, None, {1: 3, 2: 6, 3: 8}),
    ("stage", 3, None, {1: 2, 2: 4, 3: 6}),
    ("stage", 1, None, {1: 1, 2: 2, 3: 4}),
    ("certificate", 3, None, {2: 4}),
    ("consultation", 5, None, {1: 3, 2: 6, 3: 7}),
    ("complaint", 5, None, {1: 3, 2: 6, 3: 7}),
]
THREE_LIGHT = [
    ("case", 7, 30, {2: 5, 3: 8}),
    ("special_procedure", 5, None, {2: 3, 3: 6}),
    ("pre_acceptance", 2, None, {2: 1, 3: 3}),
    ("stage", 3, None, {2: 2, 3: 4}),
    ("certificate", 3, None, {2: 2, 3: 4}),
    ("consultation", 5, None, {2: 3, 3: 6}),
    ("complaint", 5, None, {2: 3, 3: 6}),
]
TABLE = [("four-level", *row) for row in FOUR_LEVEL] + [("three-light", *row) for row in THREE_LIGHT]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)


def level_of(rule_set: str, facts: Facts) -> int:
    rule = RULES[rule_set].rule_for(facts.object)
    assert rule is not None
    return judge(rule, facts, CALENDAR).level


def reached(begins: dict[int, int], used: int) -> int:
    return max((level for level, count in begins.items() if used >= count), default=0)


@pytest.mark.parametrize(("rule_set", "kind", "limit", "statutory", "begins"), TABLE)
def test_each_day_threshold_before_on_and_after(rule_set, kind, limit, statutory, begins):
    for count in begins.values():
        for used in (count - 1, count, count + 1):
            end = noon(CALENDAR.add_working_days(START, used))
            facts = Facts(kind, noon(START), limit, now=end, end=end, statutory=statutory)
            assert level_of(rule_set, facts) == reached(begins, used), used


@pytest.mark.parametrize(("rule_set", "kind", "limit", "statutory", "begins"), TABLE)
def test_each_second_threshold_before_at_and_after(rule_set, kind, limit, statutory, begins):
    start = noon(START)
    for count in begins.values():
        boundary = CALENDAR.add_working_seconds(start, (count - 1) * 86_400)
        for shift, used in ((-1, count - 1), (0, count - 1), (1, count), (2, count)):
            end = boundary + timedelta(seconds=shift)
            if end < start or (count == 1 and shift < 0):
                continue
            facts = Facts(kind, start, limit, now=end, end=end, statutory=statutory, precision="second")
            assert level_of(rule_set, facts) == reached(begins, used), (count, shift)


@pytest.mark.parametrize(
    ("end", "level"),
    [
        ("2018-10-19 10:00:00", 0),
        ("2018-10-19 10:00:01", 1),
        ("2018-10-24 10:00:00", 1),
        ("2018-10-24 10:00:01", 2),
        ("2018-10-29 10:00:00", 2),
        ("2018-10-29 10:00:01", 3),
    ],
)
@pytest.mark.parametrize("paused", [False, True])
def test_the_provincial_example_to_the_second_with_and_without_a_three_day_special_procedure(
    end, level, paused
):
    moment = at(end)
    pauses = ()
    if paused:
        moment = CALENDAR.add_working_seconds(moment, 3 * 86_400)
        pauses = (Pause(at("2018-10-16 10:00:00"), at("2018-10-19 10:00:00"), 3),)
    facts = Facts("case", at("2018-10-15 10:00:00"), 7, moment, moment, 10, "second", pauses)
    assert level_of("four-level", facts) == level


@given(
    st.dates(date(2018, 1, 1), date(2026, 1, 1)),
    st.integers(0, 40),
    st.one_of(st.none(), st.integers(0, 60)),
    st.integers(0, 150),
)
def test_day_levels_agree_with_the_formulas_counted_day_by_day(start, limit, statutory, length):
    end = start + timedelta(days=length)
    used = sum(CALENDAR.status(start + timedelta(days=each)).working for each in range(1, length + 1))
    law = limit + 3 if statutory is None else statutory
    warned = limit - used <= 2 and not (used < limit / 2) and used > 0
    expected = 3 if used - law >= 1 else 2 if used - limit >= 1 else 1 if warned else 0
    facts = Facts("case", noon(start), limit, now=noon(end), statutory=statutory)
    assert level_of("four-level", facts) == expected


@given(
    st.integers(
        int(datetime(2018, 1, 1, tzinfo=SHANGHAI).timestamp()),
        int(datetime(2026, 1, 1, tzinfo=SHANGHAI).timestamp()),
    ),
    st.integers(0, 30),
    st.integers(0, 60 * 86_400),
)
def test_second_levels_agree_with_the_formulas(start, limit, length):
    begin = datetime.fromtimestamp(start, SHANGHAI)
    end = begin + timedelta(seconds=length)
    used = math.ceil(CALENDAR.working_seconds_between(begin, end) / 86_400)
    expected = 3 if used - (limit + 3) >= 1 else 2 if used - limit >= 1 else 0
    if expected == 0 and limit - used <= 2 and used >= limit / 2 and used > 0:
        expected = 1
    assert level_of("four-level", Facts("case", begin, limit, now=end, precision="second")) == expected


@given(
    st.sampled_from(sorted(RULES)),
    st.integers(0, 25),
    st.integers(0, 90),
    st.sampled_from(["day", "second"]),
    st.integers(0, 30),
    st.integers(0, 12),
)
def test_clock_and_card_never_disagree(name, limit, length, precision, pause_after, notified):
    rule = RULES[name].rule_for("case")
    assert rule is not None
    start = at("2026-01-05 09:30:00")
    pauses = (Pause(start + timedelta(days=pause_after), None, notified, "检测"),)
    now = start + timedelta(days=length, seconds=7)
    facts = Facts("case", start, limit, now, statutory=limit + 5, precision=precision, pauses=pauses)
    spec = ClockSpec(
        ClockKind.PROMISE,
        start,
        limit,
        precision=precision,
        statutory=limit + 5,
        thresholds=rule.thresholds,
        pauses=pauses,
    )
    clock = compute(spec, CALENDAR)
    verdict = judge(rule, facts, CALENDAR)
    begun = [
        (level, moment)
        for level, moment in ((3, clock.red_at), (2, clock.yellow_at), (1, clock.warn_at))
        if moment is not None and moment <= now
    ]
    assert (verdict.level, verdict.since) == (begun[0] if begun else (0, None))
    found = times(rule, facts, CALENDAR)
    assert (found.warn_at, found.yellow_at, found.red_at) == (clock.warn_at, clock.yellow_at, clock.red_at)


@given(st.integers(1, 20), st.integers(0, 40))
def test_a_level_never_goes_back_as_time_passes(limit, pause_after):
    start = at("2026-01-05 09:30:00")
    pauses = (Pause.of_days(start.date() + timedelta(days=pause_after), None, 5),)
    levels = [
        level_of("four-level", Facts("case", start, limit, start + timedelta(days=each), pauses=pauses))
        for each in range(60)
    ]
    assert levels == sorted(levels)


def test_special_procedure_days_known_only_by_number_extend_both_limits():
    plain = {"object": "case", "start": "2018-10-15", "limit": 7, "statutory": 10, "precision": "day"}
    now = noon(date(2018, 10, 30))
    assert level_of("four-level", facts_from(plain, now)) == 3
    assert level_of("four-level", facts_from({**plain, "pauses": [{"days": 3}]}, now)) == 2
    assert level_of("four-level", facts_from({**plain, "pauses": [{"days": 4}]}, now)) == 1


def test_the_born_warned_guard_is_data_and_can_be_turned_off():
    rule = RULES["four-level"].rule_for("case")
    assert rule is not None
    bold = replace(rule, thresholds=replace(rule.thresholds, born_warned_guard=False))
    facts = Facts("case", noon(START), 2, now=noon(START))
    assert judge(rule, facts, CALENDAR).level == 0
    assert judge(bold, facts, CALENDAR).level == 1


def test_the_fallback_for_a_missing_statutory_limit_is_data():
    rule = RULES["four-level"].rule_for("case")
    assert rule is not None
    wider = replace(rule, thresholds=replace(rule.thresholds, statutory_fallback=5))
    facts = Facts("case", noon(START), 7, now=noon(CALENDAR.add_working_days(START, 11)))
    assert judge(rule, facts, CALENDAR).level == 3
    assert "无法定时限" in judge(rule, facts, CALENDAR).why
    assert judge(wider, facts, CALENDAR).level == 2


@pytest.mark.parametrize("dropped", ["voided", "returned", "withdrawn"])
def test_a_dropped_case_is_checked_no_longer(dropped):
    facts = Facts("case", noon(START), 7, now=noon(date(2019, 10, 15)), dropped=dropped)
    assert level_of("four-level", facts) == 0


def test_a_special_procedure_left_open_is_still_checked():
    assert (
        level_of("four-level", Facts("special_procedure", noon(START), 5, now=noon(date(2019, 1, 15)))) == 3
    )


def test_a_thing_that_ended_in_time_stays_clean_whatever_the_day():
    end = noon(date(2018, 10, 17))
    facts = Facts("case", noon(START), 7, now=noon(date(2020, 1, 1)), end=end)
    assert level_of("four-level", facts) == 0


def test_a_disabled_rule_judges_nothing():
    rule = RULES["four-level"].rule_for("case")
    assert rule is not None
    off = replace(rule, enabled=False)
    assert judge(off, Facts("case", noon(START), 1, now=noon(date(2020, 1, 1))), CALENDAR).level == 0


def test_the_reason_tells_days_limit_and_since():
    rule = RULES["four-level"].rule_for("case")
    assert rule is not None
    facts = Facts("case", noon(START), 7, now=noon(date(2018, 10, 25)), statutory=10)
    assert judge(rule, facts, CALENDAR).why == (
        "已用8个工作日，承诺时限7个工作日，超出1个工作日：黄牌，自2018-10-25起"
    )


def test_messages_fill_their_variables_and_leave_unknown_ones_empty():
    rule = RULES["four-level"].rule_for("case")
    assert rule is not None
    text = message(rule, 1, {"item": "食品经营许可", "case_number": "QH1", "left": "2"})
    assert text == "食品经营许可（QH1）将于到期，还剩2个工作日，请尽快办理。"
    assert message(rule, 0, {}) == ""


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"object": "letter"}, "object"),
        ({"start": None}, "start"),
        ({"start": "2018-13-01"}, "start"),
        ({"end": "2018-10-01"}, "end"),
        ({"limit": -1}, "limit"),
        ({"limit": True}, "limit"),
        ({"limit": "7"}, "limit"),
        ({"statutory": 1.5}, "statutory"),
        ({"precision": "hour"}, "precision"),
        ({"pauses": "2018-10-16"}, "pauses"),
        ({"pauses": ["2018-10-20..2018-10-16"]}, "pauses[0]"),
        ({"pauses": [{"start": "2018-10-16"}]}, "pauses[0]"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_facts_that_cannot_be_read_name_the_field(change, field):
    plain = {"object": "case", "start": "2018-10-15", "limit": 7}
    with pytest.raises(Invalid) as caught:
        facts_from({**plain, **change}, noon(START))
    assert field in caught.value.fields


def test_a_case_without_a_limit_is_refused():
    with pytest.raises(Invalid):
        level_of("four-level", Facts("case", noon(START), None, now=noon(START)))


def test_pauses_may_be_written_in_every_usual_way():
    expected = Pause.of_days(date(2026, 3, 2), date(2026, 3, 5))
    for plain in (
        "2026-03-02..2026-03-05",
        ["2026-03-02", "2026-03-05"],
        {"start": "2026-03-02", "end": "2026-03-05"},
        {"from": "2026-03-02", "to": "2026-03-05"},
    ):
        assert pause_from(plain) == expected
