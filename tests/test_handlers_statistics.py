"""Each measure against a straight-line count over a small generated county; boundaries, scope, drill, roll-ups."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.statistics import load_definitions
from handlers.statistics import facts
from handlers.statistics.asking import GROUPS, Asked, groups_of
from handlers.statistics.making import Maker
from handlers.statistics.service import Statistics
from handlers.statistics.tables import Table
from handlers.store import case_facts, fact_bulk
from handlers.store.case_facts import CaseFact
from handlers.store.statistics import BASES
from rules.errors import Forbidden, Invalid, NotFound
from rules.time import SHANGHAI, day_end, day_start, format_stamp, local_date
from tests.casework_fixtures import LICENCE, ON_THE_SPOT, PLAIN, Hall, at, ground, make_hall
from tests.statistics_fixtures import generated, statistics_over, with_town

NOW = at("2026-06-30 18:00")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Hall:
    return generated(tmp_path_factory.mktemp("statistics"))


@pytest.fixture(scope="module")
def statistics(county: Hall) -> Statistics:
    return statistics_over(county)


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return make_hall(tmp_path)


def rows(hall: Hall, sql: str) -> list[Row]:
    connection = sqlite3.connect(hall.database.path)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(sql)]
    finally:
        connection.close()


def day_of(stamp: str | None) -> date | None:
    return None if stamp is None else datetime.fromisoformat(stamp).astimezone(SHANGHAI).date()


def cases_of(hall: Hall) -> list[Row]:
    """Every real case with what a person would note on paper about it, by counting days one at a time."""
    calendar = hall.holder.ground.calendar
    found = []
    for row in rows(hall, "SELECT * FROM cases WHERE drill = 0"):
        ident = row["id"]
        row["filed"], row["accepted"] = day_of(row["submitted_at"]), day_of(row["accepted_at"])
        row["closed"] = day_of(row["closed_at"])
        row["decided"] = row["outcome"] in ("granted", "denied")
        if row["decided"]:
            excluded: set[date] = set()
            for pause in rows(hall, f"SELECT * FROM pause WHERE subject_id = {ident}"):
                day, left = day_of(pause["started"]), pause["notified_days"]
                assert day is not None
                while day < (day_of(pause["ended"]) or NOW.date()):
                    day += timedelta(days=1)
                    if calendar.is_working(day):
                        left -= 1
                        if left < 0:
                            break
                        excluded.add(day)

            def working(first: date, last: date) -> list[date]:
                days = [first + timedelta(days=each) for each in range(1, (last - first).days + 1)]
                return [each for each in days if calendar.is_working(each)]

            lived = working(row["accepted"], row["closed"])
            row["agency"] = len([each for each in lived if each not in excluded])
            row["paused"] = len(lived) - row["agency"]
            row["total"] = len(working(row["filed"], row["closed"]))
            row["lived"] = (row["closed"] - row["filed"]).days
            (promise,) = rows(hall, f"SELECT * FROM clock WHERE subject_id = {ident} AND kind = 'promise'")
            row["on_time"] = row["closed_at"] <= promise["due"]
            row["early"] = promise["limit_days"] > 0 and row["closed"] < day_of(promise["due"])
        found.append(row)
    return found


def nearest(values: list[int], percent: int) -> int | None:
    """The value that so many per cent of all do not exceed, by looking at each value in turn."""
    for value in sorted(set(values)):
        if sum(each <= value for each in values) * 100 >= percent * len(values):
            return value
    return None


def of_hundred(part: int, whole: int) -> float | None:
    return round(100 * part / whole + 1e-9, 1) if whole else None


def paper(cases: list[Row], ratings: list[Row], first: date, last: date) -> dict[str, float | None]:
    """The measures of a period as one would count them on paper."""

    def within(name: str) -> list[Row]:
        return [each for each in cases if each[name] and first <= each[name] <= last]

    closed = within("closed")
    decided = [each for each in closed if each["decided"]]
    scores = [each["score"] for each in ratings if first <= each["day"] <= last]
    found: dict[str, float | None] = {
        "filed": len(within("filed")),
        "accepted": len(within("accepted")),
        "closed": len(closed),
        "decided": len(decided),
        "on_time": sum(each["on_time"] for each in decided),
        "overdue": sum(not each["on_time"] for each in decided),
        "on_time_rate": of_hundred(sum(each["on_time"] for each in decided), len(decided)),
        "early_rate": of_hundred(sum(each["early"] for each in decided), len(decided)),
        "online_closure_rate": of_hundred(
            sum(each["channel"] in ("web", "phone") for each in decided), len(decided)
        ),
        "ratings": len(scores),
        "satisfaction": of_hundred(sum(each <= 3 for each in scores), len(scores)),
        "bad_ratings": sum(each >= 4 for each in scores),
        "paused_days": sum(each.get("paused", 0) for each in closed),
    }
    for outcome in ("granted", "denied", "refused", "withdrawn", "voided"):
        found[outcome] = sum(each["outcome"] == outcome for each in closed)
    for measure, name in (("agency", "agency"), ("total", "total"), ("lived", "lived")):
        for percent in (50, 90):
            found[f"{measure}_p{percent}"] = nearest([each[name] for each in decided], percent)
    return found


def figures(table: Table, key: str = "") -> dict[str, float | None]:
    line = table.total if not key else table.line(key)
    assert line is not None
    return {name: figure.value for name, figure in zip(table.asked.measures, line.figures, strict=True)}


def asked(*measures: str, **more: Any) -> Asked:
    return Asked(tuple(measures), **({"group": "", "period": "2026"} | more))


@pytest.fixture(scope="module")
def on_paper(county: Hall) -> Callable[..., dict[str, float | None]]:
    cases = cases_of(county)
    ratings = [
        {**each, "day": day_of(each["at"])}
        for each in rows(
            county, "SELECT r.score, r.at, c.department, c.channel FROM rating r JOIN cases c ON c.id = r.case_id WHERE c.drill = 0"
        )
    ]  # fmt: skip

    def counted(first: str, last: str, **where: str) -> dict[str, float | None]:
        def fits(row: Row) -> bool:
            return all(row[name] == value for name, value in where.items())

        return paper(
            [each for each in cases if fits(each)], [each for each in ratings if fits(each)],
            date.fromisoformat(first), date.fromisoformat(last),
        )  # fmt: skip

    return counted


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


def kept(hall: Hall) -> list[list[Row]]:
    tables = ("stat_roll", "case_fact", "case_happening")
    return [rows(hall, f"SELECT * FROM {each} ORDER BY 1, 2, 3, 4") for each in tables]


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


@pytest.mark.parametrize(
    ("moment", "month"),
    [("2026-01-31 23:59", "2026-01"), ("2026-02-01 00:00", "2026-02"), ("2026-02-28 23:59", "2026-02"),
     ("2026-03-01 00:01", "2026-03"), ("2025-12-31 23:59", "2025-12"), ("2026-01-01 00:00", "2026-01")],
)  # fmt: skip
def test_midnight_in_shanghai_parts_the_months(hall: Hall, moment: str, month: str) -> None:
    hall.file(moment, PLAIN)
    statistics = statistics_over(hall)
    for each in ("2025-12", "2026-01", "2026-02", "2026-03"):
        table = statistics.county_table(asked("filed", period=each), NOW)
        assert figures(table) == {"filed": int(each == month)}


def test_drill_is_left_out_of_everything(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-03-02", LICENCE, drill=True))
    hall.move(filed, "start_special", "section", "2026-03-03", kind="2", days="5", reason="评审", basis="法")
    hall.casework.sweep(at("2026-06-01"))
    definitions = load_definitions().measures
    names = [each.id for each in definitions.values() if each.kind != "item"]
    for start in range(0, len(names), 12):
        table = statistics_over(hall).county_table(asked(*names[start : start + 12]), NOW)
        assert set(figures(table).values()) <= {0, None}


def test_an_empty_period_has_zeros_and_no_shares(statistics: Statistics) -> None:
    table = statistics.county_table(
        asked("filed", "on_time_rate", "agency_p50", "satisfaction", "paused_days", period="2024"), NOW
    )
    assert figures(table) == {
        "filed": 0, "on_time_rate": None, "agency_p50": None, "satisfaction": None, "paused_days": 0,
    }  # fmt: skip
    assert table.total.figures[0].last is not None
    assert table.total.figures[0].last.relative is None


def test_a_running_period_is_compared_with_as_many_days(hall: Hall) -> None:
    for day in ("2026-05-10", "2026-05-25", "2026-06-10", "2025-06-05"):
        hall.file(day, PLAIN)
    table = statistics_over(hall).county_table(asked("filed", period="2026-06"), at("2026-06-15"))
    figure = table.total.figures[0]
    assert figure.value == 1
    assert figure.last is not None
    assert figure.last.earlier == 1
    assert figure.year is not None
    assert (figure.year.earlier, figure.year.small) == (1, True)


def test_a_department_sees_its_own_and_no_other(statistics: Statistics, county: Hall, on_paper: Any) -> None:
    table = statistics.table(asked("filed", group="department"), county.people["supervisor"], NOW)
    assert [line.key for line in table.lines] == ["market"]
    assert figures(table)["filed"] == on_paper("2026-01-01", "2026-06-30", department="market")["filed"]
    with pytest.raises(Forbidden, match="管辖范围"):
        statistics.table(asked("filed", department="health"), county.people["supervisor"], NOW)
    with pytest.raises(Forbidden, match="没有统计分析的权限"):
        statistics.table(asked("filed"), county.people["publisher"], NOW)
    health = statistics.cases_behind(asked("filed"), "filed", county.people["health"], NOW)
    assert {each.department for each in health.cases} == {"health"}


def test_a_town_sees_what_its_own_windows_took_in(hall: Hall) -> None:
    person = with_town(hall)
    from handlers.casework.requests import ByStaff

    hall.file("2026-03-02", PLAIN)
    hall.file("2026-03-02", PLAIN, channel="town", accepting_unit="town-qingshui", by=ByStaff(person))
    statistics = statistics_over(hall)
    table = statistics.table(asked("filed", group="town"), person, NOW)
    assert [(line.key, line.figures[0].value) for line in table.lines] == [("town-qingshui", 1)]
    whole = statistics.county_table(asked("filed", group="town"), NOW)
    assert {line.key: line.figures[0].value for line in whole.lines} == {"town-qingshui": 1, "-": 1}


def test_the_cases_behind_a_figure_are_as_many_as_it_says(statistics: Statistics, county: Hall) -> None:
    person = county.people["county"]
    definitions = load_definitions().measures
    for name in (
        "filed",
        "closed",
        "overdue",
        "bad_ratings",
        "supplement_notices",
        "specials",
        "on_time_rate",
        "granted",
    ):
        table = statistics.county_table(asked(name), NOW)
        behind = statistics.cases_behind(asked(name), name, person, NOW)
        wanted = figures(table)[name]
        if definitions[name].kind == "share":
            wanted = figures(statistics.county_table(asked("on_time"), NOW))["on_time"]
        assert behind.total == wanted, name
    mondays = statistics.cases_behind(asked("filed", weekday="1", period="2026-01"), "filed", person, NOW)
    assert {day_of(each.submitted_at.isoformat()).isoweekday() for each in mondays.cases} == {1}  # type: ignore[union-attr]
    with pytest.raises(Invalid, match="没有可以打开"):
        statistics.cases_behind(asked("consultations"), "consultations", person, NOW)


def test_what_cannot_be_counted_so_is_refused_with_what_could(statistics: Statistics) -> None:
    cases = [
        ({"measures": "consultations", "group": "channel"}, "不能按渠道分组。可以按：部门、日、月、季、星期"),
        ({"measures": "depth_1", "group": "month"}, "可以按：部门、事项类型、主题、事项、网办深度"),
        ({"measures": "consultations", "group": "", "channel": "web"}, "筛选"),
        ({"measures": "nothing"}, "没有叫“nothing”的指标"),
        ({"group": "moon"}, "可以按：部门"),
        ({"measures": ",".join(list(load_definitions().measures)[:13])}, "最多放 12 个"),
    ]
    for given, words in cases:
        with pytest.raises(Invalid, match=words):
            statistics.asked(given)
    for period, words in (("2026-13", "考评期"), ("2026-02-30..2026-03-01", "不存在"), ("2027", "还没有到"),
                          ("2026-03-02..2026-03-01", "早于"), ("2020-01-01..2026-01-01", "三年")):  # fmt: skip
        with pytest.raises(Invalid, match=words):
            statistics.county_table(asked("filed", period=period), NOW)


def test_every_measure_can_be_counted_by_every_group_it_names(statistics: Statistics) -> None:
    for measure in load_definitions().measures.values():
        for group in groups_of(measure):
            period = "2026-01" if group == "day" else "2026Q1"
            table = statistics.county_table(asked(measure.id, group=group, period=period, compare=False), NOW)
            assert len(table.total.figures) == 1, (measure.id, group)


def test_cards_count_by_level_and_revoked_ones_apart(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-03-02", LICENCE))
    hall.casework.sweep(at("2026-05-30"))
    statistics = statistics_over(hall)
    names = ("warnings", "yellow_cards", "red_cards", "revoked_cards")
    before = figures(statistics.county_table(asked(*names), NOW))
    assert before["red_cards"] >= 1  # type: ignore[operator]
    card = rows(hall, "SELECT * FROM card WHERE level = 3")[0]
    hall.casework.revoke_card(card["id"], hall.staff("county"), "系统故障造成", now=at("2026-05-31"))
    after = figures(statistics.county_table(asked(*names, group="channel"), NOW))
    assert after["red_cards"] == before["red_cards"] - 1  # type: ignore[operator]
    assert after["revoked_cards"] == 1
    assert filed


def test_items_are_measured_by_the_guides_in_force(statistics: Statistics) -> None:
    table = statistics.county_table(
        asked("items", "depth_1", "compression", "compression_p50", "item_few_visits"), NOW
    )
    # Only the licence has both limits in one unit: 7 of 20 working days. Nothing can be done online here.
    assert figures(table) == {
        "items": 4, "depth_1": 0.0, "compression": 65.0, "compression_p50": 65.0, "item_few_visits": None,
    }  # fmt: skip


def test_reports_are_kept_shared_and_forgotten(statistics: Statistics, county: Hall) -> None:
    supervisor, coordinator, health = (
        county.people[each] for each in ("supervisor", "coordinator", "health")
    )
    number = statistics.save(supervisor, " 我的  报表 ", asked("filed"), NOW, share=True)
    again = statistics.save(supervisor, "我的 报表", asked("closed", group="channel"), NOW, share=True)
    assert again == number
    (kept,) = statistics.saved(coordinator, NOW)
    assert (kept.name, kept.unit) == ("我的 报表", "market")
    assert statistics.asked(kept.query).group == "channel"
    assert statistics.saved(health, NOW) == ()
    with pytest.raises(NotFound):
        statistics.forget(coordinator, number)
    with pytest.raises(Invalid):
        statistics.save(supervisor, " ", asked("filed"), NOW, share=False)
    statistics.forget(supervisor, number)
    assert statistics.saved(coordinator, NOW) == ()
