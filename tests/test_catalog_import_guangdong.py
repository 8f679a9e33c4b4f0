"""The shipped mapping on the real list of a province: all rows, oddities named, nothing lost."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from catalog.checking import check_root
from catalog.import_report import Report
from catalog.mapping import PACKAGED
from catalog.reader import read
from tests.catalog_fixtures import TODAY, make_root
from tests.importing_fixtures import CODES, fingerprint, items_of, run

# the shipped mapping on the real list


@pytest.fixture(scope="module")
def guangdong(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], Report, Path]:
    source = Path(__file__).parents[2] / "shared" / "data" / "guangdong-items.jsonl"
    if not source.is_file():
        pytest.skip("../shared/data is not here")
    into = tmp_path_factory.mktemp("guangdong") / "items"
    report = run(source, PACKAGED / "guangdong.yml", into)
    return [json.loads(line) for line in source.read_text("utf-8").splitlines()], report, into


def test_all_rows_of_guangdong_come_in(
    guangdong: tuple[list[dict[str, Any]], Report, Path], tmp_path: Path
) -> None:
    rows, report, into = guangdong
    assert (report.read, report.items, report.written, report.rejected) == (1513, 1513, 1513, [])
    assert report.unused == {}
    items = items_of(tmp_path, into)
    assert set(items) == {each["TASK_CODE"] for each in rows}
    for source in rows:
        item = items[source["TASK_CODE"]]
        assert item.name == source["TASK_NAME"].strip()
        for field, column in (("statutory", "handle_time"), ("promised", "handle_time_limit")):
            limit = getattr(item, field)
            number, unit = ("无", "") if limit is None else (str(limit.days), limit.unit)
            words = {"workday": "(工作日)", "day": "(自然日)", "": ""}[unit]
            assert f"{number}{words}" == source[column]
        given = source["material_intro"]
        assert [each.name for each in item.materials] == ([] if given == "无" else given)
        assert item.visits.count == int(source["visit_number"])
        kinds = {"非法人企业": "其他组织"}
        wanted = {kinds.get(each, each) for each in source["service_object_name"]}
        assert set(CODES["applicant"].labels(item.applicants)) == wanted
        if source["matter_daily"] != "无":
            assert (
                "".join(item.plain_names)
                == "".join(each for each in source["matter_daily"] if each not in ",，、;； ")
                or " " in source["matter_daily"]
            )
        assert item.courier is (source["courier_service"] == "是")


def test_oddities_of_guangdong_are_named_by_row_and_field(
    guangdong: tuple[list[dict[str, Any]], Report, Path],
) -> None:
    rows, report, _ = guangdong
    assert all(each.row and each.code and each.message for each in report.warnings)
    by_field = Counter(each.field for each in report.warnings)
    assert by_field["type"] == sum(1 for each in rows if each["TASK_TYPE"] == "20")
    missing = [each for each in report.warnings if each.message == "没有监督电话"]
    assert [each.row for each in missing] == [
        number for number, each in enumerate(rows, 1) if each["complain_phone"] == "无"
    ]
    equal = [
        number
        for number, each in enumerate(rows, 1)
        if each["consult_phone"] == each["complain_phone"] != "无" and len(each["consult_phone"]) < 15
    ]
    told = {each.row for each in report.warnings if "相同" in each.message}
    assert set(equal) <= told


def test_guangdong_again_changes_nothing_and_passes_the_check(
    guangdong: tuple[list[dict[str, Any]], Report, Path], tmp_path: Path
) -> None:
    _, _, into = guangdong
    before = fingerprint(into)
    source = Path(__file__).parents[2] / "shared" / "data" / "guangdong-items.jsonl"
    report = run(source, PACKAGED / "guangdong.yml", into)
    assert (report.written, report.unchanged) == (0, 1513)
    assert fingerprint(into) == before
    checked = check_root(make_root(tmp_path / "c"), TODAY, [into])
    assert [str(each) for each in checked.errors] == []


def test_nothing_in_a_row_of_guangdong_disappears(
    guangdong: tuple[list[dict[str, Any]], Report, Path], tmp_path: Path
) -> None:
    """Every text of every column is in the item, in its department, or in a column ignored with a reason."""
    rows, report, into = guangdong
    items = items_of(tmp_path, into)
    names = {
        loaded.id: loaded.name for loaded in read(make_root(tmp_path / "r"), [into]).departments.values()
    }
    for source in rows[::7]:
        item = items[source["TASK_CODE"]]
        text = json.dumps(item.model_dump(mode="json"), ensure_ascii=False) + names[item.department]
        for column in (
            "TASK_NAME",
            "CATANAME",
            "CATAID",
            "bear_paltform",
            "co_department",
            "AREACODE",
            "matter_code",
        ):
            value = source[column]
            if value not in (None, "无"):
                assert value.strip() in text, (source["TASK_CODE"], column)
    assert set(report.ignored) == {"_id", "ORGCODE"}
