"""Working days: every published day, provisional years, adding and counting."""

from __future__ import annotations

import json
import time
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.calendars import load_calendar
from rules.calendar import CalendarYear, WorkCalendar
from rules.errors import Invalid
from rules.statutory_holidays import LUNAR_FESTIVALS, statutory_holidays
from rules.time import SHANGHAI

CALENDAR = load_calendar()
DAYS = st.dates(date(2017, 6, 1), date(2031, 12, 31))


@pytest.mark.parametrize("year", range(2018, 2027))
def test_every_day_of_a_published_year_is_as_the_notice_says(year, shared_data):
    named = {}
    for each in range(year - 1, year + 2):
        path = shared_data / "holidays" / f"{each}.json"
        if path.exists():
            named |= {row["date"]: row["isOffDay"] for row in json.loads(path.read_text())["days"]}
    day = date(year, 1, 1)
    while day.year == year:
        expected = not named[day.isoformat()] if day.isoformat() in named else day.weekday() < 5
        status = CALENDAR.status(day)
        assert (status.working, status.provisional) == (expected, False), day
        assert CALENDAR.is_working(day) is expected
        day += timedelta(days=1)


def test_statutory_holidays_are_off_in_every_published_notice():
    for year, published in CALENDAR.years.items():
        assert set(statutory_holidays(year)) <= set(published.off), year


def test_reasons_are_told_in_chinese():
    assert CALENDAR.status(date(2026, 2, 17)).reason == "春节放假"
    assert CALENDAR.status(date(2026, 2, 14)).reason == "春节调休上班"
    assert CALENDAR.status(date(2026, 3, 2)).reason == "周一，工作日"
    assert CALENDAR.status(date(2026, 3, 1)).reason == "周日，休息日"


def test_an_unpublished_year_has_weekends_and_statutory_holidays_marked_provisional():
    off = {
        date(2027, 1, 1): "元旦",
        date(2027, 2, 5): "春节",  # 除夕 is a holiday since 2025
        date(2027, 2, 8): "春节",
        date(2027, 4, 5): "清明节",
        date(2027, 6, 9): "端午节",
        date(2027, 9, 15): "中秋节",
    }
    for day, name in off.items():
        status = CALENDAR.status(day)
        assert not status.working
        assert status.provisional
        assert name in status.reason
        assert "暂定" in status.reason
    ordinary = CALENDAR.status(date(2027, 3, 2))
    assert ordinary.working
    assert ordinary.provisional
    assert not CALENDAR.status(date(2027, 3, 6)).working


def test_lunar_festivals_are_known_long_enough_and_new_year_eve_follows_the_law_of_the_year():
    assert set(range(2008, 2061)) <= set(LUNAR_FESTIVALS)
    assert date(2013, 2, 9) in statutory_holidays(2013)
    assert date(2014, 1, 30) not in statutory_holidays(2014)
    assert date(2014, 2, 2) in statutory_holidays(2014)
    assert date(2025, 1, 28) in statutory_holidays(2025)
    assert date(2024, 5, 2) not in statutory_holidays(2024)
    assert statutory_holidays(2033)[date(2033, 9, 8)] == "中秋节"  # the year with a leap eleventh month
    assert date(2070, 10, 1) in statutory_holidays(2070)


def test_a_later_notice_wins_about_a_day_of_the_year_before():
    assert CALENDAR.status(date(2018, 12, 29)).working
    assert not CALENDAR.status(date(2018, 12, 31)).working
    assert not CALENDAR.status(date(2022, 12, 31)).working


def test_a_notice_makes_days_of_the_unpublished_neighbour_year_certain():
    calendar = WorkCalendar([CalendarYear(2027, off={date(2026, 12, 31): "元旦", date(2027, 1, 1): "元旦"})])
    assert not calendar.status(date(2026, 12, 31)).provisional
    assert calendar.status(date(2026, 12, 30)).provisional


def test_regional_holidays_are_off_and_say_so():
    year = CALENDAR.years[2026]
    own = CalendarYear(2026, year.off, year.work, {date(2026, 4, 20): "三月三"}, year.sources)
    calendar = WorkCalendar([own])
    assert calendar.status(date(2026, 4, 20)).reason == "三月三放假（地方规定）"
    assert calendar.add_working_days(date(2026, 4, 17), 1) == date(2026, 4, 21)


def test_changed_days_names_what_a_new_notice_changes():
    newer = WorkCalendar(
        [
            *CALENDAR.years.values(),
            CalendarYear(2027, off={date(2026, 12, 31): "元旦", date(2027, 1, 1): "元旦"}),
        ]
    )
    changed = CALENDAR.changed_days(newer)
    assert changed[0] == date(2026, 12, 31)
    assert changed[-1].year == 2027
    assert CALENDAR.changed_days(CALENDAR) == ()


@given(DAYS, st.integers(1, 600))
def test_counting_is_the_inverse_of_adding(start, days):
    end = CALENDAR.add_working_days(start, days)
    assert CALENDAR.status(end).working
    assert CALENDAR.working_days_between(start, end) == days
    assert CALENDAR.working_days_between(end, start) == -days


@given(DAYS, st.integers(1, 300))
def test_adding_backwards_leads_back_to_a_working_start(start, days):
    begin = CALENDAR.next_working_day(start)
    assert CALENDAR.add_working_days(CALENDAR.add_working_days(begin, days), -days) == begin


@given(DAYS, st.integers(0, 900))
def test_counting_agrees_with_counting_day_by_day(start, length):
    end = start + timedelta(days=length)
    slow = sum(CALENDAR.status(start + timedelta(days=each)).working for each in range(1, length + 1))
    assert CALENDAR.working_days_between(start, end) == slow


@given(
    st.integers(
        int(datetime(2018, 1, 1, tzinfo=SHANGHAI).timestamp()),
        int(datetime(2028, 1, 1, tzinfo=SHANGHAI).timestamp()),
    ),
    st.integers(1, 40 * 86_400),
)
def test_working_seconds_added_are_working_seconds_counted(start, seconds):
    begin = datetime.fromtimestamp(start, SHANGHAI)
    end = CALENDAR.add_working_seconds(begin, seconds)
    assert CALENDAR.working_seconds_between(begin, end) == seconds
    assert CALENDAR.working_seconds_between(begin, end - timedelta(seconds=1)) == seconds - 1


def test_ten_years_are_counted_fast():
    CALENDAR.add_working_days(date(2018, 1, 2), 2500)
    began = time.perf_counter()
    for _ in range(2000):
        CALENDAR.add_working_days(date(2018, 1, 2), 2500)
        CALENDAR.working_days_between(date(2018, 1, 2), date(2028, 1, 2))
    assert time.perf_counter() - began < 1.0


def test_an_absurd_limit_is_refused():
    with pytest.raises(Invalid):
        CALENDAR.add_working_days(date(2026, 1, 1), 10**9)
