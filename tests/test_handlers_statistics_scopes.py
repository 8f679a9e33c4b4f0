"""Statistics at their edges: midnight, drill, empty and running periods, who sees what, refusals, reports."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.statistics import load_definitions
from handlers.statistics.asking import groups_of
from handlers.statistics.service import Statistics
from rules.errors import Forbidden, Invalid, NotFound
from tests.casework_fixtures import LICENCE, PLAIN, Hall, at
from tests.statistics_fixtures import statistics_over, with_town
from tests.statistics_on_paper import (
    NOW,
    asked,
    county,
    day_of,
    figures,
    hall,
    on_paper,
    rows,
    statistics,
)

__all__ = ["county", "hall", "on_paper", "statistics"]


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
