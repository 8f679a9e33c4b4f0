"""A new calendar among open cases: the bulk computation equals one clock at a time, touches only what it must."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from handlers.casework import clocks as casework_clocks
from handlers.casework.recomputing import _Change, _Write
from handlers.store import case_parts, cases, clock_scan, clocks, events
from handlers.store.records import Clock
from rules.calendar import CalendarYear, WorkCalendar
from rules.clock import ClockKind
from tests.casework_fixtures import CALENDAR_DAYS, LICENCE, PLAIN, Hall, at, make_hall

NOTICE = CalendarYear(2027, {date(2027, 1, day): "元旦" for day in (1, 2, 3, 4)}, {date(2027, 1, 9): "元旦"})


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def notice_comes(hall: Hall, notice: CalendarYear = NOTICE) -> None:
    old = hall.holder.ground
    years = (*(each for each in old.calendar.years.values() if each.year != notice.year), notice)
    hall.holder.ground = replace(old, calendar=WorkCalendar(years))


def running(hall: Hall) -> list[Clock]:
    rows = hall.database.rows("SELECT * FROM clock WHERE stopped IS NULL ORDER BY id")
    return [clocks.clock_of(row) for row in rows]


def by_the_law(hall: Hall, clock: Clock) -> Clock:
    """A promise's clock with the law's limit counted in its own unit by the calendar in force."""
    case = cases.by_id(hall.database, clock.subject_id)
    assert case is not None
    if clock.kind is not ClockKind.PROMISE:
        return clock
    limits = casework_clocks.decision_limits(hall.holder.ground, case, clock.started)
    return replace(clock, statutory_days=limits[ClockKind.PROMISE].statutory)


def many_kinds_of_cases(hall: Hall) -> None:
    day = date(2026, 11, 9)
    while day < date(2026, 12, 24):
        when = day.isoformat()
        for item in (LICENCE, PLAIN, CALENDAR_DAYS):
            hall.file(when, item=item)
            filed = hall.accept(hall.file(when, item=item), when)
        if day.day % 3 == 0 and item is CALENDAR_DAYS:
            special = hall.accept(hall.file(when), when)
            hall.move(
                special, "start_special", "section", when, kind="2", days="12", reason="检验", basis="法"
            )
        if day.day % 4 == 0:
            longer = hall.to_decision(hall.accept(hall.file(when), when), when)
            hall.move(longer, "extend", "decider", when, days="10", reason="复杂")
        if day.day % 5 == 0:
            hall.move(filed, "deny", "decider", when, reason="不符", basis="法")
        day += timedelta(days=3)


def test_the_bulk_computation_equals_one_clock_at_a_time(hall: Hall) -> None:
    many_kinds_of_cases(hall)
    hall.casework.recompute_clocks(at("2026-12-23"))
    before = {each.id: each for each in running(hall)}
    notice_comes(hall)
    ground = hall.holder.ground
    done = hall.casework.recompute_clocks(at("2026-12-24"))
    touched = 0
    for each in running(hall):
        ledger = clocks.pauses(hall.database, each.subject, each.subject_id)
        expected = casework_clocks.timed(ground, by_the_law(hall, before[each.id]), ledger)
        got = (each.due, each.provisional, each.warn_at, each.yellow_at, each.red_at)
        assert got == (
            expected.due, expected.provisional, expected.warn_at, expected.yellow_at, expected.red_at
        )  # fmt: skip
        assert each.next_at == casework_clocks.next_moment(each, each.level)
        touched += each != before[each.id]
    assert 10 < touched < len(before)
    moved = {
        cases.by_id(hall.database, each.subject_id).number  # type: ignore[union-attr]
        for each in running(hall)
        if each.due != before[each.id].due
    }
    assert set(done.moved) == moved


def test_lists_show_the_new_due_day_and_light_of_every_case(hall: Hall) -> None:
    many_kinds_of_cases(hall)
    hall.casework.recompute_clocks(at("2026-12-23"))
    notice_comes(hall)
    now = at("2026-12-24")
    hall.casework.recompute_clocks(now)
    for row in hall.database.rows("SELECT id FROM cases"):
        case = cases.by_id(hall.database, row["id"])
        assert case is not None
        found = clocks.of_subject(hall.database, "case", case.id)
        shown = casework_clocks.primary(found)
        if shown is not None and shown.kind is ClockKind.PROMISE and shown.due > at("2026-12-31"):
            assert (case.due, case.due_provisional) == (shown.due, shown.provisional)
            assert case.level == casework_clocks.light(found, now)


def test_one_event_a_case_names_every_clock_that_changed(hall: Hall) -> None:
    hall.accept(hall.file("2026-12-24"), "2026-12-24")
    hall.casework.recompute_clocks(at("2026-12-24"))
    notice_comes(hall)
    hall.casework.recompute_clocks(at("2026-12-28"))
    logged = [each for each in events.of_subject(hall.database, "case", 1) if each.kind == "recompute"]
    assert len(logged) == 1
    assert logged[0].payload is not None
    changed = logged[0].payload["clocks"]
    assert {each["clock"] for each in changed} == {"promise", "statute"}  # type: ignore[index, union-attr, call-overload]
    assert str(logged[0].payload["words"]).startswith("因放假安排公布")


def test_a_calendar_that_did_not_change_is_not_computed_again(hall: Hall) -> None:
    hall.accept(hall.file("2026-12-24"), "2026-12-24")
    assert hall.casework.recompute_clocks(at("2026-12-24")).looked_at > 0
    assert hall.casework.recompute_clocks(at("2026-12-25")).looked_at == 0


def test_clocks_that_end_before_the_first_changed_day_are_not_read(hall: Hall) -> None:
    hall.accept(hall.file("2026-11-02", item=PLAIN), "2026-11-02")
    hall.accept(hall.file("2026-12-28", item=PLAIN), "2026-12-28")
    hall.casework.recompute_clocks(at("2026-12-28"))
    notice_comes(hall)
    assert hall.casework.recompute_clocks(at("2026-12-28")).looked_at == 1


def test_a_clock_that_was_put_off_is_computed_with_the_new_calendar(hall: Hall) -> None:
    hall.accept(hall.file("2026-11-02", item=PLAIN), "2026-11-02")
    hall.casework.recompute_clocks(at("2026-11-02"))
    clock = running(hall)[-1]
    hall.database.write(lambda tx: clocks.put_off(tx, clock.id, at("2026-11-03"), "日历缺 2026 年"))
    notice_comes(hall)
    hall.casework.recompute_clocks(at("2026-11-02"))
    again = clocks.by_id(hall.database, clock.id)
    assert again is not None
    assert (again.put_off, again.next_at) == ("", clock.next_at)


def test_a_clock_that_a_move_stopped_meanwhile_is_not_put_off(hall: Hall) -> None:
    hall.accept(hall.file("2026-11-02", item=PLAIN), "2026-11-02")
    clock = running(hall)[-1]
    hall.database.write(lambda tx: clocks.stop(tx, clock.id, at("2026-11-03"), "已办结"))
    hall.database.write(lambda tx: clocks.put_off(tx, clock.id, at("2026-11-03"), "算不出"))
    again = clocks.by_id(hall.database, clock.id)
    assert again is not None
    assert (again.put_off, again.next_at) == ("", None)


def test_what_a_move_changed_meanwhile_is_left_to_that_move(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-12-28", item=PLAIN), "2026-12-28")
    (subject,) = clock_scan.running(hall.database, None)
    hall.move(filed, "deny", "decider", "2026-12-29", reason="不符", basis="法")
    times = subject[0].times._replace(due="2027-01-08T23:59:59+08:00")
    job = _Write(hall.holder.ground, ((_Change(subject[0], times, None),),), at("2026-12-29"))
    assert hall.database.write(job) == ((), 0)
    assert "recompute" not in [each.kind for each in events.of_subject(hall.database, "case", 1)]
    assert case_parts.steps(hall.database, 1)[0].state == "done"
