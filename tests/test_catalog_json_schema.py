"""The editor's schema: committed, up to date, in Chinese, and of one mind with the reader."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from catalog.codes import load_codes
from catalog.json_schema import PACKAGED, SCHEMA_NAME, item_schema, schema_text, write_into
from tests.catalog_fixtures import GOOD, make_root


def test_the_committed_schema_is_up_to_date() -> None:
    assert PACKAGED.read_text("utf-8") == schema_text(load_codes()), "run: hall schema --package"


def test_the_good_item_fits_and_faults_do_not() -> None:
    schema = item_schema(load_codes())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(GOOD, schema)
    for change in ({"type": 1}, {"depth": 9}, {"unknown": 1}, {"promised": {"days": -1}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**GOOD, **change}, schema)


def test_every_field_is_explained_in_chinese_and_codes_are_offered() -> None:
    schema = item_schema(load_codes())
    for name, described in schema["properties"].items():
        assert any("\u4e00" <= each <= "\u9fff" for each in described.get("description", "")), name
    assert "01 行政许可" in schema["properties"]["type"]["description"]
    assert "101" in schema["properties"]["themes_personal"]["items"]["examples"]
    text = json.dumps(schema)
    assert "$defs" not in text
    assert "docs" not in text


def test_a_root_gets_the_schema_with_its_own_codes_once(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    assert write_into(root) is True
    assert write_into(root) is False
    (root.content / "codes").mkdir()
    (root.content / "codes" / "life-event.yml").write_text(
        "name: 人生事\nsource: 本县\nversion: '1'\ncodes: {army: 参军}\n", "utf-8"
    )
    assert write_into(root) is True
    assert "army 参军" in (root.items / SCHEMA_NAME).read_text("utf-8")


def test_every_sample_item_names_the_schema_and_fits_it(sample_root: Path) -> None:
    schema = json.loads((sample_root / "items" / SCHEMA_NAME).read_text("utf-8"))
    validator = jsonschema.Draft7Validator(schema)
    files = [
        path for path in sorted((sample_root / "items").glob("*/*.yml")) if path.name != "department.yml"
    ]
    assert files
    for path in files:
        text = path.read_text("utf-8")
        assert text.startswith("# yaml-language-server: $schema=../item.schema.json"), path
        loaded = yaml.load(text, Loader=yaml.BaseLoader)
        assert loaded["department"] == path.parent.name
        from catalog.yaml_text import parse_yaml

        assert list(validator.iter_errors(parse_yaml(text).value)) == [], path
