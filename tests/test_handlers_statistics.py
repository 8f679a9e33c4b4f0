"""Statistics: every measure equals a count on paper, however facts were taken in."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.statistics import load_definitions
from handlers.statistics import facts, quarterly
from handlers.statistics.asking import GROUPS
from handlers.statistics.making import Maker
from handlers.statistics.overdue import overdue_cases
from handlers.statistics.service import Statistics
from handlers.store import case_facts, fact_bulk
from handlers.store.case_facts import CaseFact
from handlers.store.statistics import BASES
from rules.statistics import window
from rules.time import day_end, day_start, format_stamp, local_date
from tests.casework_fixtures import LICENCE, ON_THE_SPOT, PLAIN, Hall, at, ground, make_hall
from tests.statistics_fixtures import generated, statistics_over
from tests.statistics_on_paper import NOW, asked, county, figures, hall, kept, on_paper, rows, statistics

__all__ = ["county", "hall", "on_paper", "statistics"]


PERIODS = [
    ("2026", "2026-01-01", "2026-06-30"),
    ("2026-01", "2026-01-01", "2026-01-31"),
    ("2026-02", "2026-02-01", "2026-02-28"),
    ("2026Q1", "2026-01-01", "2026-03-31"),
    ("2026-01-20..2026-03-10", "2026-01-20", "2026-03-10"),
    ("2026-02-03..2026-02-05", "2026-02-03", "2026-02-05"),
]


@pytest.mark.parametrize(("period", "first", "last"), PERIODS)
def test_every_measure_equals_a_count_on_paper(
    statistics: Statistics, on_paper: Any, period: str, first: str, last: str
) -> None:
    expected = on_paper(first, last)
    names = list(expected)
    for start in range(0, len(names), 12):
        table = statistics.county_table(asked(*names[start : start + 12], period=period), NOW)
        for name, value in figures(table).items():
            assert value == expected[name], (period, name)


def test_groups_and_filters_equal_a_count_on_paper(statistics: Statistics, on_paper: Any) -> None:
    names = ("filed", "closed", "on_time_rate", "agency_p50", "total_p90", "satisfaction", "paused_days")
    by_department = statistics.county_table(asked(*names, group="department"), NOW)
    by_channel = statistics.county_table(asked(*names, group="channel"), NOW)
    for department in ("market", "health"):
        expected = on_paper("2026-01-01", "2026-06-30", department=department)
        assert figures(by_department, department) == {name: expected[name] for name in names}
        filtered = statistics.county_table(asked(*names, department=department, group="channel"), NOW)
        assert figures(filtered) == {name: expected[name] for name in names}
    for channel in ("web", "window"):
        expected = on_paper("2026-01-01", "2026-06-30", channel=channel)
        assert figures(by_channel, channel) == {name: expected[name] for name in names}


def test_hours_leave_pauses_out_and_total_hours_do_not(hall: Hall) -> None:
    filed = hall.file("2026-03-02 10:00", PLAIN)
    hall.move(filed, "pre_review", "coordinator", "2026-03-02 10:30")
    hall.move(filed, "accept", "coordinator", "2026-03-02 11:00")
    hall.move(
        filed, "start_special", "decider", "2026-03-03 11:00", kind="2", days="5", reason="评审", basis="法"
    )
    hall.move(filed, "end_special", "decider", "2026-03-05 11:00", opinion="完")
    hall.move(filed, "grant", "decider", "2026-03-06 11:00", opinion="同意")
    table = statistics_over(hall).county_table(
        asked("agency_hours_p50", "total_hours_p50", "paused_days", "agency_p50", "total_p50"), NOW
    )
    # 11:00 on Monday to 11:00 on Friday are 96 hours, 48 of them paused; filed an hour before.
    assert figures(table) == {
        "agency_hours_p50": 48, "total_hours_p50": 97, "paused_days": 2, "agency_p50": 2, "total_p50": 4,
    }  # fmt: skip


def test_every_group_adds_up_to_the_total(statistics: Statistics) -> None:
    for group in GROUPS:
        if group in ("", "theme"):
            continue
        period = "2026-01-05..2026-03-31" if group == "day" else "2026"
        table = statistics.county_table(asked("filed", "closed", group=group, period=period), NOW)
        for place in range(2):
            assert (
                sum(line.figures[place].value or 0 for line in table.lines)
                == table.total.figures[place].value
            ), group


def test_roll_ups_and_facts_say_the_same(statistics: Statistics, county: Hall) -> None:
    rolled = [name for name, base in BASES.items() if base.rolled]
    definitions = load_definitions().measures.values()
    names = [
        each.id
        for each in definitions
        if each.kind not in ("item", "now") and {*each.of, *each.over} <= set(rolled)
    ]
    for start in range(0, len(names), 12):
        some = names[start : start + 12]
        by_roll = statistics.county_table(asked(*some, group="department"), NOW)
        # A filter that lets everything through makes the store count the facts themselves.
        every = {each.code for each in (LICENCE, PLAIN, ON_THE_SPOT)}
        assert every
        by_fact = statistics.county_table(asked(*some, group="unit"), NOW)
        assert figures(by_roll) == figures(by_fact)


def test_taking_events_in_step_by_step_equals_making_everything_anew(tmp_path: Path) -> None:
    hall = make_hall(tmp_path)
    statistics = statistics_over(hall)
    filed = hall.accept(hall.file("2026-03-02", LICENCE), "2026-03-03")
    statistics.refresh()
    hall.to_decision(filed, "2026-03-04")
    statistics.refresh()
    hall.move(filed, "grant", "decider", "2026-03-05", opinion="同意")
    hall.casework.rate(filed.number, filed.query_code, 2, "", now=at("2026-03-06"))
    statistics.refresh()
    tables = ("stat_roll", "case_fact", "case_happening")
    before = [rows(hall, f"SELECT * FROM {each} ORDER BY 1, 2, 3, 4") for each in tables]
    facts.rebuild(hall.database, ground())
    assert [rows(hall, f"SELECT * FROM {each} ORDER BY 1, 2, 3, 4") for each in tables] == before
    assert all(row["count"] > 0 for row in before[0])


def test_the_bulk_makes_what_taking_in_event_by_event_makes(tmp_path: Path) -> None:
    hall = generated(tmp_path, cases=36, seed=3)
    hall.database.write(lambda tx: case_facts.set_mark(tx, "event", "0"))
    assert facts.refresh(hall.database, ground())
    by_event = kept(hall)
    assert len(by_event[1]) > 30
    facts.rebuild(hall.database, ground())
    assert kept(hall) == by_event


def test_a_bulk_broken_off_goes_on_where_it_was_and_takes_in_what_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = generated(tmp_path, cases=24, seed=5)
    monkeypatch.setattr(facts, "CASES_AT_ONCE", 5)
    monkeypatch.setattr(facts, "EVENTS_AT_ONCE", 17)
    monkeypatch.setattr(facts, "LONGEST_JOB", 0.0)
    for _ in range(12):
        assert not facts.catch_up(hall.database, ground(), 1)
        hall.file("2026-04-02 10:00", PLAIN)
    assert facts.refresh(hall.database, ground())
    found = kept(hall)
    facts.rebuild(hall.database, ground())
    assert kept(hall) == found


@pytest.mark.parametrize("seed", range(4))
def test_the_table_of_days_and_the_clock_give_the_same_fact(county: Hall, seed: int) -> None:
    chance = random.Random(seed)
    maker, found = Maker(ground()), 0
    with county.database.snapshot():
        bare = fact_bulk.bare_after(county.database, 0, 10_000)
        whole = {
            case.id: (case, pauses, promise, rated)
            for case, pauses, promise, rated in case_facts.cases_with_ledgers(
                county.database, [each.id for each in bare]
            )
        }
    county.database.write(lambda tx: maker.know(tx, bare))
    for each in bare:
        case, pauses, promise, rated = whole[each.id]
        if case.accepted_at is None or case.closed_at is None:
            continue
        moments = sorted(
            at("2025-12-20 00:00") + timedelta(seconds=chance.randrange(200 * 86_400)) for _ in range(3)
        )
        if chance.random() < 0.2:
            moments = [day_start(local_date(moments[0])), moments[0], day_end(local_date(moments[0]))]
        case = replace(case, submitted_at=moments[0], accepted_at=moments[1], closed_at=moments[2])
        texts = [format_stamp(moment) for moment in moments]
        plain = maker.plain(each._replace(submitted=texts[0], accepted=texts[1], closed=texts[2]))
        if plain is None:
            assert pauses or local_date(moments[0]).year not in ground().calendar.years
            continue
        exact = facts.fact_of(ground(), case, maker.item(each.item_version), pauses, promise, rated)
        assert CaseFact(*plain) == exact  # type: ignore[arg-type]
        found += 1
    assert found > 10


def test_the_list_of_overdue_cases_takes_the_first_to_fall_due_and_counts_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    county = generated(tmp_path, 40)
    for day in ("2026-01-06", "2026-02-10", "2026-03-10"):
        county.accept(county.file(day), day)
    statistics = statistics_over(county)
    statistics.quarterly("2026Q1", NOW)
    found, place = window("2026Q1", NOW.date()), county.holder.ground
    whole = overdue_cases(county.database, place, found, NOW, 1000)
    late = county.database.value(
        "SELECT count(*) FROM case_fact WHERE on_time = 0 AND closed BETWEEN 20260101 AND 20260331"
    )
    assert late > 1
    assert whole.running > 1
    assert len(whole.rows) == whole.total == late + whole.running
    assert {each.closed is None for each in whole.rows} == {True, False}
    few = whole.total // 2
    part = overdue_cases(county.database, place, found, NOW, few)
    assert (part.total, part.running, len(part.rows)) == (whole.total, whole.running, few)
    assert sorted(each.due for each in part.rows) == sorted(each.due for each in whole.rows)[:few]
    assert [-each.over for each in part.rows] == sorted(-each.over for each in part.rows)
    monkeypatch.setattr(quarterly, "MOST_OVERDUE", few)
    section = statistics.quarterly("2026Q1", NOW).document.sections[-1]
    assert f"共{whole.total}件，其中还在办的{whole.running}件。" in section.paragraphs[0]
    assert f"只列最先到期的{few}件" in section.paragraphs[0]
    assert len(section.tables[0].rows) == few
