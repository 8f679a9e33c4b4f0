"""Windows of days, percentiles and changes, on the day before, the day, and the day after."""

from __future__ import annotations

from datetime import date

import pytest

from rules.errors import Invalid
from rules.statistics import before, change, percentile, ratio, window, year_before

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "first", "last", "running"),
    [
        ("2026-10", "2026-10-01", "2026-10-31", False),
        ("2026-11", "2026-11-01", "2026-11-22", True),
        ("2026Q4", "2026-10-01", "2026-11-22", True),
        ("2026Q3", "2026-07-01", "2026-09-30", False),
        ("2024-02", "2024-02-01", "2024-02-29", False),
        ("2026-11-03..2026-11-20", "2026-11-03", "2026-11-20", False),
        ("", "2026-11-01", "2026-11-22", True),
    ],
)
def test_a_period_ends_with_its_last_day_or_with_today(
    text: str, first: str, last: str, running: bool
) -> None:
    found = window(text, TODAY)
    assert (found.first.isoformat(), found.last.isoformat(), found.running) == (first, last, running)


def test_a_month_is_over_only_after_its_last_day() -> None:
    for day, running in ((29, True), (30, False)):
        assert window("2026-11", date(2026, 11, day)).running is running
    assert not window("2026-11", date(2026, 12, 1)).running


@pytest.mark.parametrize(
    ("text", "last_period", "last_year"),
    [
        ("2026-10", ("2026-09-01", "2026-09-30"), ("2025-10-01", "2025-10-31")),
        ("2026-01", ("2025-12-01", "2025-12-31"), ("2025-01-01", "2025-01-31")),
        ("2026-11", ("2026-10-01", "2026-10-22"), ("2025-11-01", "2025-11-22")),
        ("2026Q4", ("2026-07-01", "2026-08-22"), ("2025-10-01", "2025-11-22")),
        ("2026-11-03..2026-11-20", ("2026-10-16", "2026-11-02"), ("2025-11-03", "2025-11-20")),
        ("2024-02-29..2024-03-01", ("2024-02-27", "2024-02-28"), ("2023-02-28", "2023-03-01")),
        ("2025", ("2024-01-01", "2024-12-31"), ("2024-01-01", "2024-12-31")),
    ],
)
def test_comparisons_take_as_many_days(
    text: str, last_period: tuple[str, str], last_year: tuple[str, str]
) -> None:
    found = window(text, TODAY)
    for made, wanted in ((before(found), last_period), (year_before(found), last_year)):
        assert (made.first.isoformat(), made.last.isoformat()) == wanted


def test_a_running_month_longer_than_the_one_before_ends_with_that() -> None:
    assert before(window("2026-03", date(2026, 3, 30))).last == date(2026, 2, 28)


@pytest.mark.parametrize(
    "text", ["2026-12", "2027Q1", "2026-13", "november", "2026-11-31..2026-12-01", "2026-11-20..2026-11-03"]
)
def test_what_is_no_period_or_has_not_begun_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        window(text, TODAY)


def test_percentiles_are_values_that_occurred() -> None:
    assert percentile({}, 50) is None
    assert percentile({3: 1}, 90) == 3
    assert percentile({1: 5, 10: 5}, 50) == 1
    assert percentile({1: 4, 10: 5}, 50) == 10
    assert percentile({1: 9, 100: 1}, 90) == 1
    assert percentile({1: 89, 100: 11}, 90) == 100


def test_a_share_of_nothing_is_no_share() -> None:
    assert ratio(0, 0) is None
    assert (ratio(1, 3), ratio(2, 3), ratio(1, 2000), ratio(1, 1)) == (33.3, 66.7, 0.1, 100.0)


def test_changes_say_when_numbers_are_small_and_never_divide_by_zero() -> None:
    grown = change(0, 5, numbers=(0, 5), is_share=False)
    assert grown is not None
    assert (grown.absolute, grown.relative, grown.small) == (5, None, True)
    assert change(None, 5, numbers=(0, 5), is_share=False) is None
    share = change(90.0, 97.5, numbers=(30, 30), is_share=True)
    assert share is not None
    assert (share.absolute, share.relative, share.small) == (7.5, None, False)
    for number, small in ((29, True), (30, False), (31, False)):
        found = change(10, 11, numbers=(number, 40), is_share=False)
        assert found is not None
        assert (found.relative, found.small) == (10.0, small)
