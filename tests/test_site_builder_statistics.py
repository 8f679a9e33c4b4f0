"""The county's monthly figures: published once a day over whole days, shown, and given away as open data."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from catalog.published_statistics import read_published_statistics
from site_builder.statistics_pages import charts, sheet
from tests.casework_fixtures import PLAIN, at, make_hall
from tests.statistics_fixtures import statistics_over


def published(folder: Path) -> Path:
    hall = make_hall(folder)
    for day in ("2026-04-30 23:59", "2026-05-01 00:00", "2026-05-14 23:59", "2026-05-15 00:00"):
        hall.file(day, PLAIN)
    hall.file("2026-05-10", PLAIN, drill=True)
    target = folder / "published"
    statistics = statistics_over(hall)
    assert statistics.publish(target, at("2026-05-15 08:00"))
    written = (target / "statistics.json").stat().st_mtime_ns
    assert not statistics.publish(target, at("2026-05-15 20:00"))
    assert (target / "statistics.json").stat().st_mtime_ns == written
    return target


def test_whole_days_are_published_once_a_day_and_drill_never(tmp_path: Path) -> None:
    found = read_published_statistics(published(tmp_path), [])
    assert found is not None
    assert found.through.isoformat() == "2026-05-14"
    # Months before the hall had its first case are not listed as months of nothing.
    assert [(line.key, line.values[0]) for line in found.months] == [("2026-04", 1), ("2026-05", 2)]
    names = [each.id for each in found.measures]
    assert found.months[-1].values[names.index("on_time_rate")] is None
    (market,) = found.departments
    assert (market.key, market.values[0]) == ("market", 1)
    assert found.departments_period == "2025年5月至2026年4月"


def test_the_next_day_brings_the_day_before(tmp_path: Path) -> None:
    hall = make_hall(tmp_path)
    hall.file("2026-05-15 10:00", PLAIN)
    statistics, target = statistics_over(hall), tmp_path / "published"
    for morning, wanted in (("2026-05-15 08:00", []), ("2026-05-16 00:00", [1])):
        assert statistics.publish(target, at(morning))
        found = read_published_statistics(target, [])
        assert found is not None
        assert [line.values[0] for line in found.months] == wanted


def test_the_open_data_say_what_the_page_says(tmp_path: Path) -> None:
    found = read_published_statistics(published(tmp_path), [])
    assert found is not None
    table = sheet(found)
    assert table.rows[1][:4] == ("月", "2026-05", "2026年5月", 2)
    drawn = charts(found)[0]
    assert drawn.series[0].values[-1] == 2
    text = io.StringIO()
    csv.writer(text).writerow(table.heads)
    assert "收件（件）" in text.getvalue()


def test_a_broken_file_is_a_warning_and_the_page_says_there_is_nothing(tmp_path: Path) -> None:
    folder = published(tmp_path)
    file = folder / "statistics.json"
    whole = json.loads(file.read_text())
    twice = {**whole, "measures": [whole["measures"][0]] * len(whole["measures"])}
    short = {**whole, "months": [{**each, "numbers": [1]} for each in whole["months"]]}
    foreign = {**whole, "measures": [{"id": "not_met"}]}
    others = (json.dumps(each) for each in ({**whole, "measures": []}, twice, short, foreign))
    for broken in ("{", "[]", "\x00", *others):
        (tmp_path / "b").mkdir(exist_ok=True)
        (tmp_path / "b" / "statistics.json").write_text(broken)
        problems: list = []  # type: ignore[type-arg]
        assert read_published_statistics(tmp_path / "b", problems) is None
        assert [each.severity for each in problems] == ["warning"]
    assert read_published_statistics(tmp_path / "none", []) is None
