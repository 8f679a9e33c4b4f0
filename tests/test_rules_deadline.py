"""Due dates: the golden ones, pauses, calendar days, and the trace that explains them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.calendars import load_calendar
from rules.calendar import CalendarYear, WorkCalendar
from rules.clock import (
    ClockKind,
    ClockSpec,
    Extension,
    agency_and_total_time,
    compute,
)
from rules.deadline import due
from rules.errors import Invalid
from rules.levels import Threshold, Thresholds
from rules.pause import Pause
from rules.time import SHANGHAI

CALENDAR = load_calendar()
STARTS = st.dates(date(2018, 1, 1), date(2026, 6, 1))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "limit", "expected"),
    [
        ("2026-02-10", 20, "2026-03-16"),
        ("2026-02-13", 5, "2026-02-27"),
        ("2026-09-18", 10, "2026-10-09"),
        ("2026-12-03", 20, "2026-12-31"),
    ],
)
def test_golden_dates(start, limit, expected):
    found = due(date.fromisoformat(start), limit, "workday", CALENDAR)
    assert (found.due.isoformat(), found.provisional) == (expected, False)


def test_a_limit_that_crosses_into_an_unpublished_year_is_provisional():
    found = due(date(2026, 12, 4), 20, "workday", CALENDAR)
    assert (found.due, found.provisional) == (date(2027, 1, 4), True)


def test_the_notice_of_the_new_year_makes_the_due_date_certain_and_may_move_it():
    notice = CalendarYear(
        2027,
        off={
            date(2027, 1, 1): "元旦",
            date(2027, 1, 2): "元旦",
            date(2027, 1, 3): "元旦",
            date(2027, 1, 4): "元旦",
        },
    )
    calendar = WorkCalendar([*CALENDAR.years.values(), notice])
    found = due(date(2026, 12, 4), 20, "workday", calendar)
    assert (found.due, found.provisional) == (date(2027, 1, 5), False)


@given(STARTS, st.integers(0, 120), st.sampled_from(["workday", "day"]))
def test_the_trace_names_every_day_once_and_counts_the_limit(start, limit, unit):
    found = due(start, limit, unit, CALENDAR)
    assert [each.date for each in found.trace] == [
        start + timedelta(days=each) for each in range((found.due - start).days + 1)
    ]
    assert sum(each.counted for each in found.trace) == limit
    assert not found.trace[0].counted
    assert all(each.reason for each in found.trace)
    assert CALENDAR.status(found.due).working


def test_a_calendar_day_limit_ending_on_a_holiday_moves_to_the_next_working_day():
    found = due(date(2026, 4, 17), 15, "day", CALENDAR)
    assert found.due == date(2026, 5, 6)
    assert "顺延到这一日" in found.trace[-1].reason
    assert due(date(2026, 4, 14), 15, "day", CALENDAR).due == date(2026, 4, 29)


def test_calendar_days_are_provisional_only_when_their_end_lies_in_an_unpublished_year():
    assert not due(date(2026, 12, 1), 15, "day", CALENDAR).provisional
    assert due(date(2026, 12, 20), 15, "day", CALENDAR).provisional


def test_an_immediate_matter_is_due_the_same_day_or_the_next_working_day():
    assert due(date(2026, 3, 2), 0, "workday", CALENDAR).due == date(2026, 3, 2)
    assert due(date(2026, 3, 1), 0, "workday", CALENDAR).due == date(2026, 3, 2)


@given(STARTS, st.integers(1, 60), st.integers(0, 20), st.integers(1, 15))
def test_a_closed_pause_within_the_limit_adds_exactly_its_working_days(start, limit, after, length):
    begin = CALENDAR.add_working_days(start, min(after, limit - 1))
    end = CALENDAR.add_working_days(begin, length)
    plain = due(start, limit, "workday", CALENDAR).due
    paused = due(start, limit, "workday", CALENDAR, [Pause.of_days(begin, end)]).due
    assert CALENDAR.working_days_between(plain, paused) == length


@given(STARTS, st.integers(5, 60), st.integers(1, 10), st.integers(1, 10))
def test_two_pauses_add_up_and_overlapping_ones_count_once(start, limit, first, second):
    begin = CALENDAR.add_working_days(start, 1)
    middle = CALENDAR.add_working_days(begin, first)
    end = CALENDAR.add_working_days(middle, second)
    apart = [Pause.of_days(begin, middle), Pause.of_days(middle, end)]
    whole = [Pause.of_days(begin, end)]
    doubled = [*whole, Pause.of_days(begin, middle)]
    dues = {due(start, limit, "workday", CALENDAR, each).due for each in (apart, whole, doubled)}
    assert len(dues) == 1


def test_a_pause_excludes_at_most_the_days_notified():
    start = date(2026, 3, 2)
    over = Pause.of_days(date(2026, 3, 3), date(2026, 3, 12), notified=3)
    plain = due(start, 10, "workday", CALENDAR).due
    assert CALENDAR.working_days_between(plain, due(start, 10, "workday", CALENDAR, [over]).due) == 3


def test_an_open_pause_counts_with_its_notified_end_and_then_runs_again():
    start = date(2026, 3, 2)
    still_open = Pause.of_days(date(2026, 3, 3), None, notified=3)
    found = due(start, 10, "workday", CALENDAR, [still_open])
    assert found.due == date(2026, 3, 19)
    skipped = [each.date.day for each in found.trace if "暂停" in each.reason]
    assert skipped == [4, 5, 6]


def test_an_open_pause_nobody_was_told_about_excludes_nothing():
    start = date(2026, 3, 2)
    silent = Pause.of_days(date(2026, 3, 3), None)
    assert due(start, 10, "workday", CALENDAR, [silent]).due == due(start, 10, "workday", CALENDAR).due


def test_a_pause_before_the_start_or_after_the_end_changes_nothing():
    start = date(2026, 3, 2)
    plain = due(start, 5, "workday", CALENDAR).due
    early = Pause.of_days(date(2026, 2, 1), date(2026, 2, 28))
    late = Pause.of_days(date(2026, 4, 1), date(2026, 4, 10))
    assert due(start, 5, "workday", CALENDAR, [early, late]).due == plain


def test_a_negative_limit_is_refused():
    with pytest.raises(Invalid):
        due(date(2026, 3, 2), -1, "workday", CALENDAR)


CASE = Thresholds(
    Threshold("left_at_most", 2), Threshold("over_at_least", 1), Threshold("over_at_least", 1, "statutory")
)


def test_a_clock_tells_when_each_level_begins():
    spec = ClockSpec(ClockKind.PROMISE, at("2018-10-15 10:00"), 7, statutory=10, thresholds=CASE)
    times = compute(spec, CALENDAR)
    assert times.due == date(2018, 10, 24)
    assert times.due_at == at("2018-10-24 23:59:59")
    assert times.warn_at == at("2018-10-22")
    assert times.yellow_at == at("2018-10-25")
    assert times.red_at == at("2018-10-30")


def test_an_extension_lengthens_promise_and_statute_alike():
    spec = ClockSpec(
        ClockKind.PROMISE,
        at("2018-10-15 10:00"),
        5,
        statutory=8,
        thresholds=CASE,
        extensions=(Extension(2, "案情复杂"),),
    )
    times = compute(spec, CALENDAR)
    assert (times.due, times.yellow_at, times.red_at) == (
        date(2018, 10, 24),
        at("2018-10-25"),
        at("2018-10-30"),
    )


def test_a_clock_to_the_second_is_due_at_the_very_second():
    spec = ClockSpec(ClockKind.PROMISE, at("2018-10-15 10:00"), 7, precision="second", thresholds=CASE)
    times = compute(spec, CALENDAR)
    assert times.due_at == at("2018-10-24 10:00")
    assert times.yellow_at == at("2018-10-24 10:00:01")
    assert times.trace[-1].date == date(2018, 10, 24)


def test_deemed_acceptance_moves_every_due_date_to_the_day_of_receipt():
    received = compute(ClockSpec(ClockKind.STATUTE, at("2026-03-02 16:00"), 20), CALENDAR)
    noticed = compute(ClockSpec(ClockKind.STATUTE, at("2026-03-10 09:00"), 20), CALENDAR)
    assert received.due < noticed.due
    assert received.due == due(date(2026, 3, 2), 20, "workday", CALENDAR).due


def test_calendar_day_clocks_turn_yellow_after_the_moved_due_day():
    thresholds = Thresholds(yellow=Threshold("over_at_least", 1))
    spec = ClockSpec(ClockKind.LETTER, at("2026-04-17"), 15, unit="day", thresholds=thresholds)
    times = compute(spec, CALENDAR)
    assert times.due == date(2026, 5, 6)
    assert times.yellow_at == at("2026-05-07")


def test_agency_time_leaves_pauses_out_and_total_time_does_not():
    taken = agency_and_total_time(
        at("2026-03-02 09:00"),
        at("2026-03-04 09:00"),
        at("2026-03-13 09:00"),
        CALENDAR,
        [Pause(at("2026-03-05 09:00"), at("2026-03-09 09:00"))],
    )
    assert (taken.agency_days, taken.total_days, taken.lived_days) == (5, 9, 11)
    assert agency_and_total_time(at("2026-03-02"), None, at("2026-03-03"), CALENDAR).agency_days == 0
