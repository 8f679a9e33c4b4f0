"""`hall export`: to a file or the terminal, all departments or some."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from catalog.yaml_writing import yaml_text
from hall.commands.export import command
from tests.catalog_fixtures import make_item, make_root, write_item


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


@pytest.fixture
def county(tmp_path: Path) -> Path:
    root = make_root(tmp_path / "county")
    write_item(root, "good", yaml_text(make_item()))
    return root.path


def test_json_goes_to_standard_output(county: Path) -> None:
    result = run("--root", county)
    assert result.exit_code == 0
    assert [each["事项名称"] for each in json.loads(result.stdout)["事项"]] == ["示例许可"]


@pytest.mark.parametrize(("name", "start"), [("a.xlsx", b"PK"), ("a.csv", b"\xef\xbb\xbf"), ("a.json", b"{")])
def test_the_file_name_decides_the_form(county: Path, tmp_path: Path, name: str, start: bytes) -> None:
    target = tmp_path / name
    assert run("--root", county, "-o", target).exit_code == 0
    assert target.read_bytes().startswith(start)


def test_only_the_wanted_departments(county: Path) -> None:
    assert len(json.loads(run("--root", county, "--department", "market").stdout)["事项"]) == 1
    assert run("--root", county, "--department", "nobody").exit_code == 2


def test_files_with_errors_are_left_out_and_it_is_said(county: Path) -> None:
    (county / "items" / "market" / "bad.yml").write_text("code: 1\n", "utf-8")
    result = run("--root", county)
    assert result.exit_code == 1
    assert "hall check" in result.stderr
    assert len(json.loads(result.stdout)["事项"]) == 1


def test_outside_a_root_is_wrong_use(tmp_path: Path) -> None:
    assert run("--root", tmp_path).exit_code == 2
