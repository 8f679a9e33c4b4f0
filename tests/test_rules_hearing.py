"""A hearing is told of seven working days before it is held (Licensing Law art. 48)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from catalog.calendars import load_calendar
from rules.errors import Invalid
from rules.hearing import check_time, earliest, moment_told
from rules.time import SHANGHAI

CALENDAR = load_calendar()


@pytest.mark.parametrize(
    ("told", "first"),
    [
        ("2026-03-13", "2026-03-24"),
        ("2026-02-10", "2026-02-26"),  # over the Spring Festival and a Saturday that is worked
        ("2026-12-28", "2027-01-07"),
        ("2028-02-25", "2028-03-07"),
    ],
)
def test_the_day_of_the_notice_and_days_of_rest_are_not_counted(told: str, first: str) -> None:
    assert earliest(CALENDAR, date.fromisoformat(told)) == date.fromisoformat(first)


@pytest.mark.parametrize(
    ("hearing", "legal"),
    [("2026-03-23T23:59", False), ("2026-03-24T00:00", True), ("2026-03-24T09:00", True), ("2026-03-25T09:00", True)],
)  # fmt: skip
def test_less_than_seven_days_ahead_is_refused_with_the_first_day_that_is_lawful(
    hearing: str, legal: bool
) -> None:
    told = datetime(2026, 3, 13, 23, 59, tzinfo=SHANGHAI)
    if legal:
        check_time(CALENDAR, moment_told(hearing), told)
        return
    with pytest.raises(Invalid, match="第四十八条") as refused:
        check_time(CALENDAR, moment_told(hearing), told)
    assert "最早在2026年3月24日" in refused.value.fields["time"]


@pytest.mark.parametrize("text", ["下周三上午九时", "2026-03-25", "2026-02-30T09:00", ""])
def test_only_a_day_with_its_time_is_a_moment(text: str) -> None:
    with pytest.raises(Invalid):
        moment_told(text)
