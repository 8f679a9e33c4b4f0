"""Roles at units: dated assignments and how far down the tree they reach; errors and times."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from rules import errors
from rules.access import Assignment, Role, UnitTree, in_scope, roles_at, units_for
from rules.errors import HallError, Invalid, TooMany
from rules.time import (
    SHANGHAI,
    day_end,
    day_start,
    format_stamp,
    local_date,
    parse_date,
    parse_stamp,
)

TREE = UnitTree(
    {
        "county": None,
        "market": "county",
        "license": "market",
        "police": "county",
        "town": "county",
        "village": "town",
    }
)
DAY = date(2026, 3, 2)


def test_an_assignment_reaches_its_unit_and_all_below_and_nothing_else():
    assert in_scope("market", TREE, "market")
    assert in_scope("market", TREE, "license")
    assert in_scope("county", TREE, "village")
    assert not in_scope("license", TREE, "market")
    assert not in_scope("market", TREE, "police")
    assert not in_scope("nowhere", TREE, "market")
    assert not in_scope("nowhere", TREE, "nowhere")


def test_a_cycle_in_bad_data_ends():
    tree = UnitTree({"a": "b", "b": "a"})
    assert not in_scope("c", tree, "a")
    assert tree.under("a") == {"a", "b"}


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        (date(2026, 2, 28), False),
        (date(2026, 3, 1), True),
        (date(2026, 3, 31), True),
        (date(2026, 4, 1), False),
    ],
)
def test_an_assignment_holds_from_its_first_to_its_last_day(day, holds):
    given = Assignment("p", Role.REVIEWER, "market", date(2026, 3, 1), date(2026, 3, 31))
    assert given.holds_on(day) is holds
    assert (Role.REVIEWER in roles_at([given], TREE, "license", day)) is holds


def test_units_for_gives_the_scope_of_the_roles_asked_for():
    given = [
        Assignment("p", Role.REVIEWER, "market"),
        Assignment("p", Role.WINDOW_CLERK, "town"),
        Assignment("p", Role.DECIDER, "police", None, date(2020, 1, 1)),
    ]
    assert units_for(given, frozenset({Role.REVIEWER, Role.DECIDER}), TREE, DAY) == {"market", "license"}
    assert units_for(given, frozenset({Role.WINDOW_CLERK}), TREE, DAY) == {"town", "village"}


def test_every_error_has_its_own_status_slug_and_chinese_title():
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, HallError)]
    slugs = [each.slug for each in kinds]
    assert len(set(slugs)) == len(slugs)
    for kind in kinds:
        assert 400 <= kind.status < 600
        assert any("\u4e00" <= each <= "\u9fff" for each in kind.title)
        assert kind().detail


def test_invalid_keeps_its_messages_by_field_and_too_many_its_wait():
    error = Invalid(fields={"phone": "请填写电话"})
    assert dict(error.fields) == {"phone": "请填写电话"}
    assert error.detail == "请填写电话"
    assert TooMany("慢一点", retry_after=5).retry_after == 5


def test_stamps_are_shanghai_whatever_the_machine_thinks():
    assert format_stamp(datetime(2026, 3, 1, 16, 30, tzinfo=UTC)) == "2026-03-02T00:30:00+08:00"
    assert local_date(datetime(2026, 3, 1, 16, 30, tzinfo=UTC)) == DAY
    assert parse_stamp("2018-10-15 10:00:00") == datetime(2018, 10, 15, 10, tzinfo=SHANGHAI)
    assert parse_stamp("2018-10-15T02:00:00Z") == datetime(2018, 10, 15, 10, tzinfo=SHANGHAI)
    assert parse_date("2026-3-2") == DAY
    assert format_stamp(day_start(DAY)) == "2026-03-02T00:00:00+08:00"
    assert format_stamp(day_end(DAY)) == "2026-03-02T23:59:59+08:00"
    assert parse_stamp(format_stamp(day_end(DAY))) == day_end(DAY)


@pytest.mark.parametrize("text", ["", "明天", "2026-02-30", "2026/03/01", "20260x"])
def test_a_stamp_that_cannot_be_read_says_how_to_write_it(text):
    with pytest.raises(Invalid, match="2026-03-01"):
        parse_stamp(text)
