"""Calendar files: reading, overriding, regional days, and the notices that are taken or refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from catalog.calendars import (
    CalendarData,
    calendar_data,
    calendar_folders,
    calendar_from,
    import_notice,
    load_calendar,
    read_calendars,
)
from catalog.root import DEFAULTS
from rules.deadline import due
from rules.errors import Invalid

PACKAGED = DEFAULTS / "calendars"

NOTICE_2027 = {
    "year": 2027,
    "papers": ["https://example.invalid/notice"],
    "days": [
        *({"name": "元旦", "date": f"2027-01-0{day}", "isOffDay": True} for day in (1, 2, 3, 4)),
        {"name": "元旦", "date": "2027-01-09", "isOffDay": False},
        *({"name": "春节", "date": f"2027-02-{day:02}", "isOffDay": True} for day in range(5, 13)),
        {"name": "清明节", "date": "2027-04-05", "isOffDay": True},
        *({"name": "劳动节", "date": f"2027-05-0{day}", "isOffDay": True} for day in (1, 2, 3)),
        {"name": "端午节", "date": "2027-06-09", "isOffDay": True},
        {"name": "中秋节", "date": "2027-09-15", "isOffDay": True},
        *({"name": "国庆节", "date": f"2027-10-0{day}", "isOffDay": True} for day in range(1, 8)),
    ],
}


def written(folder: Path, notice: object, name: str = "2027.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(notice, ensure_ascii=False), encoding="utf-8")
    return path


def with_days(*days: dict[str, object]) -> dict[str, object]:
    return {**NOTICE_2027, "days": [*NOTICE_2027["days"], *days]}


def test_nine_years_ship_each_with_its_source():
    calendar = load_calendar()
    assert list(calendar.years) == list(range(2018, 2027))
    assert all("www.gov.cn" in year.sources[0] for year in calendar.years.values())


@pytest.mark.parametrize("year", range(2018, 2027))
def test_the_shipped_files_are_what_importing_the_notices_gives(year, shared_data, tmp_path):
    imported = import_notice(shared_data / "holidays" / f"{year}.json", tmp_path)
    assert imported.path.read_text() == (PACKAGED / f"{year}.yml").read_text()


def test_an_unpublished_year_is_refused_and_nothing_written(shared_data, tmp_path):
    with pytest.raises(Invalid, match="还没有公布"):
        import_notice(shared_data / "holidays" / "2027.json", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_notice_imported_makes_provisional_due_dates_certain(tmp_path):
    into = tmp_path / "calendars"
    imported = import_notice(written(tmp_path, NOTICE_2027), into)
    assert imported.warnings == ()
    before, after = load_calendar(), load_calendar(folders=[PACKAGED, into])
    start = date(2026, 12, 4)
    assert due(start, 20, "workday", before).provisional
    found = due(start, 20, "workday", after)
    assert (found.due, found.provisional) == (date(2027, 1, 5), False)
    assert before.changed_days(after)[0] == date(2027, 1, 1)


def test_importing_twice_changes_nothing(tmp_path):
    first = import_notice(written(tmp_path, NOTICE_2027), tmp_path / "into")
    text = first.path.read_text()
    again = import_notice(first.path, tmp_path / "into")
    assert again.path.read_text() == text
    assert again.year == first.year


@pytest.mark.parametrize(
    ("notice", "says"),
    [
        (with_days({"name": "元旦", "date": "2027-01-01", "isOffDay": False}), "既写了放假又写了上班"),
        (with_days({"name": "元旦", "date": "2027-01-01", "isOffDay": True}), "写了两次"),
        (with_days({"name": "元旦", "date": "2028-06-01", "isOffDay": True}), "不在2027年前后"),
        (with_days({"name": "元旦", "date": "2026-11-01", "isOffDay": True}), "不在2027年前后"),
        (with_days({"name": "劳动节", "date": "2027-05-02x", "isOffDay": True}), "读不懂"),
        (with_days({"name": "元旦", "date": "2027-01-10", "isOffDay": "yes"}), "isOffDay"),
        (with_days({"date": "2027-01-10"}), "name"),
        (
            {
                "year": 2027,
                "papers": [],
                "days": [
                    {"name": "元旦", "date": "2027-01-02", "isOffDay": True},
                    {"name": "元旦", "date": "2027-01-01", "isOffDay": False},
                ],
            },
            "法定节日",
        ),
        ({"year": 2027, "days": []}, "还没有公布"),
        ({"year": "二〇二七", "papers": [], "days": []}, "year"),
        ({"days": []}, "year"),
        ([], "放假安排"),
        ("2027", "放假安排"),
    ],
)
def test_a_notice_that_contradicts_itself_is_refused_with_a_reason(notice, says, tmp_path):
    with pytest.raises(Invalid) as caught:
        import_notice(written(tmp_path, notice), tmp_path / "into")
    assert says in caught.value.detail
    assert not (tmp_path / "into").exists()


def test_a_broken_file_is_refused(tmp_path):
    path = tmp_path / "2027.json"
    path.write_bytes(b"{\xff")
    with pytest.raises(Invalid):
        import_notice(path, tmp_path / "into")
    with pytest.raises(Invalid, match="读不到"):
        import_notice(tmp_path / "none.json", tmp_path / "into")


def test_a_notice_that_forgets_a_statutory_holiday_is_taken_with_a_warning(tmp_path):
    notice = {**NOTICE_2027, "papers": [], "days": NOTICE_2027["days"][:5]}
    imported = import_notice(written(tmp_path, notice), tmp_path / "into")
    assert any("国庆节" in each for each in imported.warnings)
    assert any("来源" in each for each in imported.warnings)


REGIONAL = """year: 2026
regional:
  - name: 三月三
    off: [2026-04-20]
    basis: 某自治区人民政府规定
"""


def test_a_root_adds_its_regional_days_to_the_packaged_year(tmp_path):
    (tmp_path / "2026.yml").write_text(REGIONAL, encoding="utf-8")
    calendar = load_calendar(folders=[PACKAGED, tmp_path])
    assert not calendar.status(date(2026, 4, 20)).working
    assert not calendar.status(date(2026, 2, 17)).working
    again = calendar_from(CalendarData.model_validate_json(calendar_data(calendar).model_dump_json()))
    assert dict(again.years) == dict(calendar.years)


def test_regional_days_stay_when_the_national_notice_is_imported_over_them(tmp_path):
    into = tmp_path / "into"
    first = import_notice(written(tmp_path, NOTICE_2027), into)
    first.path.write_text(first.path.read_text() + REGIONAL.split("\n", 1)[1].replace("2026", "2027"))
    again = import_notice(written(tmp_path, NOTICE_2027), into)
    assert again.year.regional == {date(2027, 4, 20): "三月三"}


@pytest.mark.parametrize(
    ("days", "kept", "told"),
    [
        (
            "2027-04-05, 2027-04-08, 2027-04-09",
            [date(2027, 4, 8), date(2027, 4, 9)],
            ["2027-04-05 在通知里是清明节放假日，从地方假日“三月三”里去掉了"],
        ),
        (
            "2027-01-09, 2027-04-08",
            [date(2027, 4, 8)],
            ["2027-01-09 在通知里是元旦上班日，从地方假日“三月三”里去掉了"],
        ),
        (
            "2027-04-05",
            [],
            ["2027-04-05 在通知里是清明节放假日，从地方假日“三月三”里去掉了，“三月三”已没有别的日子"],
        ),
    ],
)
def test_a_regional_holiday_loses_only_the_days_the_notice_names_and_each_is_told(days, kept, told, tmp_path):
    into = tmp_path / "into"
    into.mkdir()
    (into / "2027.yml").write_text(
        f"year: 2027\nregional:\n  - {{name: 三月三, off: [{days}], basis: 某自治区人民政府规定}}\n",
        encoding="utf-8",
    )
    imported = import_notice(written(tmp_path, NOTICE_2027), into)
    assert list(imported.year.regional) == kept
    assert list(imported.warnings) == told
    again = import_notice(written(tmp_path, NOTICE_2027), into)
    assert list(again.year.regional) == kept
    assert again.warnings == ()


def test_regional_days_of_an_unpublished_year_wait_with_a_warning(tmp_path):
    (tmp_path / "2027.yml").write_text(REGIONAL.replace("2026", "2027"), encoding="utf-8")
    reading = read_calendars([PACKAGED, tmp_path])
    assert [problem.severity for problem in reading.problems] == ["warning"]
    assert reading.calendar.status(date(2027, 4, 20)).provisional


def test_faults_of_a_file_name_file_line_and_field(tmp_path):
    (tmp_path / "2026.yml").write_text(
        "year: 2026\nholidays:\n  - name: 元旦\n    off: [2026-01-01]\n    work: [2026-01-01]\n",
        encoding="utf-8",
    )
    (problem,) = read_calendars([tmp_path]).problems
    assert (problem.line, problem.field) == (5, "holidays[0].work[0]")
    with pytest.raises(Invalid, match="既写了放假又写了上班"):
        load_calendar(folders=[tmp_path])


def test_a_file_named_for_another_year_is_a_fault(tmp_path):
    (tmp_path / "2025.yml").write_text((PACKAGED / "2026.yml").read_text(), encoding="utf-8")
    assert any("2026.yml" in problem.message for problem in read_calendars([tmp_path]).problems)


def test_a_root_looks_in_the_package_first_then_in_its_own_folder(small_root):
    from catalog.root import Root

    assert calendar_folders(Root(small_root)) == (PACKAGED, small_root.resolve() / "content" / "calendars")
