"""site/data/: what is written is read back the same, fast, and described by its schema."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jsonschema
import pytest

from catalog.artifact import (
    Catalog,
    json_schemas,
    limit_text,
    load_catalog,
    load_item,
    load_version,
    record,
    summarise,
    to_json,
)
from catalog.codes import load_codes
from catalog.county import County, Department
from catalog.pinyin import initial_of, initials, slug, spelled
from catalog.schema import Item, Limit
from catalog.version import version_hash
from catalog.yaml_text import parse_yaml
from rules.errors import NotFound, Unavailable
from tests.catalog_fixtures import COUNTY, DEPARTMENT, make_item

COUNTY_MODEL = County.model_validate(parse_yaml(COUNTY).value)
MARKET = Department.model_validate(parse_yaml(DEPARTMENT).value)
CODES = load_codes()


def catalog(count: int = 1) -> Catalog:
    one = summarise(make_item(), MARKET, CODES, "/items/market/one/")
    items = tuple(one.model_copy(update={"code": f"{number:031d}"}) for number in range(count))
    return Catalog(version="abc-123", county=COUNTY_MODEL, departments=(MARKET,), items=items)


def write(site: Path, name: str, text: str) -> None:
    path = site / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_the_catalog_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path, "catalog.json", to_json(catalog()))
    assert load_catalog(tmp_path) == catalog()


def test_items_and_versions_come_back_as_they_were_written(tmp_path: Path) -> None:
    item = make_item()
    made = record(item, MARKET, {"centre": "中心"}, CODES, "/items/market/one/")
    write(tmp_path, f"items/{item.code}.json", to_json(made))
    write(tmp_path, f"versions/{made.version_hash}.json", to_json(made))
    assert load_item(tmp_path, item.code) == made == load_version(tmp_path, version_hash(item))
    assert made.names.type == "行政许可"
    assert made.names.applicants == ("自然人", "企业法人")


def test_a_summary_says_the_essentials_in_words() -> None:
    summary = summarise(make_item(), MARKET, CODES, "/x/")
    assert (summary.promised, summary.statutory, summary.fee) == ("10个工作日", "20个工作日", "不收费")
    assert (summary.initial, summary.accepts_online, summary.type_name) == ("S", True, "行政许可")
    at_once = summarise(make_item(case_kind="1", promised=None), MARKET, CODES, "/x/")
    assert at_once.promised == "当场办结"


def test_written_data_fits_its_schema() -> None:
    schemas = json_schemas()
    jsonschema.validate(json.loads(to_json(catalog())), schemas["catalog.schema.json"])
    made = record(make_item(), MARKET, {}, CODES, "/x/")
    written = json.loads(to_json(made))
    jsonschema.validate(written, schemas["item.schema.json"])
    assert written.pop("item")["name"] == made.item.name
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, schemas["item.schema.json"])


@pytest.mark.parametrize("code", ["../../etc/passwd", "a/b", "", "x" * 65, "没有", "1234\n"])
def test_codes_that_are_paths_are_simply_not_found(tmp_path: Path, code: str) -> None:
    with pytest.raises(NotFound):
        load_item(tmp_path, code)
    with pytest.raises(NotFound):
        load_version(tmp_path, code)


def test_missing_and_broken_data_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="hall build"):
        load_catalog(tmp_path)
    with pytest.raises(NotFound):
        load_item(tmp_path, "12345678")
    write(tmp_path, "catalog.json", '{"format": "other/9"}')
    with pytest.raises(Unavailable, match="重新运行"):
        load_catalog(tmp_path)


def test_newer_data_with_unknown_keys_is_still_read(tmp_path: Path) -> None:
    data = json.loads(to_json(catalog()))
    data["new_thing"] = 1
    data["items"][0]["another"] = 2
    write(tmp_path, "catalog.json", json.dumps(data))
    assert load_catalog(tmp_path) == catalog()


def test_2500_items_are_read_well_under_the_cold_start_limit(tmp_path: Path) -> None:
    write(tmp_path, "catalog.json", to_json(catalog(2500)))
    begin = time.perf_counter()
    assert len(load_catalog(tmp_path).items) == 2500
    assert time.perf_counter() - begin < 0.6


def test_json_is_stable() -> None:
    assert to_json(catalog()) == to_json(Catalog.model_validate_json(to_json(catalog())))


def test_the_version_changes_with_the_content_and_only_with_it() -> None:
    assert version_hash(make_item()) == version_hash(Item.model_validate(make_item().model_dump()))
    assert version_hash(make_item()) != version_hash(make_item(purpose="别的"))
    assert version_hash(make_item(courier=True)) == version_hash(make_item())
    assert len(version_hash(make_item())) == 16


def test_limits_read_as_people_say_them() -> None:
    assert limit_text(None) is None
    assert limit_text(Limit(days=0)) == "当场办结"
    assert limit_text(Limit(days=30, unit="day")) == "30日（自然日）"


def test_names_are_spelled_for_lists_and_files() -> None:
    assert initials("食品经营许可") == "spjyxk"
    assert initial_of("银行") == "Y"
    assert initial_of("《甲》乙") == "J"
    assert initial_of("〇") in "#L"
    assert slug("食品经营许可（新办）") == "shi-pin-jing-ying-xu-ke-xin-ban"
    assert len(slug("很" * 100)) <= 50
    assert slug("!!") == "x"
    assert spelled("A类B") == "aleib"


def test_a_roots_code_table_takes_the_place_of_the_packaged_one(tmp_path: Path) -> None:
    from catalog.problems import Problem
    from tests.catalog_fixtures import make_root

    root = make_root(tmp_path / "c")
    folder = root.content / "codes"
    folder.mkdir()
    (folder / "theme-personal.yml").write_text(
        "name: 主题\nsource: 省\nversion: '1'\ncodes: {'9': 生老病死}\n", "utf-8"
    )
    (folder / "level.yml").write_text("name: 层级\n", "utf-8")
    problems: list[Problem] = []
    codes = load_codes(root, problems)
    assert codes.label("theme-personal", "9") == "生老病死"
    assert codes["theme-personal"].code_of("生老病死") == "9"
    assert codes.label("theme-personal", "101") == "101"
    assert codes.label("level", "4") == "县级"
    assert {problem.path for problem in problems} == {"content/codes/level.yml"}
    assert len(list(load_codes())) == 15
