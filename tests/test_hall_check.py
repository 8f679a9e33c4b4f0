"""`hall check`: what it prints in each form, what it looks at, how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from catalog.yaml_writing import yaml_text
from hall.commands.check import command
from hall.commands.schema import command as schema_command
from tests.catalog_fixtures import GOOD, make_item, make_root, write_item


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [*map(str, arguments), "--today", "2026-11-21"])


@pytest.fixture
def county(tmp_path: Path) -> Path:
    root = make_root(tmp_path / "county")
    write_item(root, "good", yaml_text(make_item()))
    return root.path


def break_it(county: Path, file: str = "bad", **changes: object) -> Path:
    path = county / "items" / "market" / f"{file}.yml"
    path.write_text(yaml_text(make_item(**{"code": "2002", "basic_code": None, **changes})), "utf-8")
    return path


def test_a_right_root_exits_0(county: Path) -> None:
    result = run("--root", county)
    assert result.exit_code == 0
    assert "共检查 1 个事项，没有问题" in result.stderr


def test_errors_stand_apart_from_warnings_and_exit_1(county: Path) -> None:
    break_it(county, joint_departments=["nobody"], faq=[])
    result = run("--root", county)
    assert result.exit_code == 1
    out = result.stdout
    assert (
        out.index("错误 1 处")
        < out.index("joint_departments[0]: 没有编号为 nobody 的部门")
        < out.index("警告")
    )
    assert out.index("警告") < out.index("行政许可至少写一个常见问题")


def test_warnings_alone_exit_0_and_with_strict_1(county: Path) -> None:
    break_it(county, faq=[])
    assert run("--root", county).exit_code == 0
    assert run("--root", county, "--strict").exit_code == 1
    assert "常见问题" not in run("--root", county, "--errors-only").stdout


def test_faults_of_several_files_come_in_one_run_with_their_lines(county: Path) -> None:
    break_it(county, "one", promised={"days": 99})
    (county / "items" / "market" / "two.yml").write_text("code: [\n", "utf-8")
    (county / "content" / "units.yml").write_text("- {id: county, name: 县, kind: 县}\n", "utf-8")
    text = (county / "items" / "market" / "one.yml").read_text("utf-8").split("\n")
    result = run("--root", county, "--format", "json")
    assert result.exit_code == 1
    errors = json.loads(result.stdout)["errors"]
    found = {(each["path"], each["line"]) for each in errors}
    assert ("items/market/one.yml", text.index("  days: 99") + 1) in found
    assert ("items/market/two.yml", 2) in found
    assert ("content/units.yml", 1) in found


def test_paths_limit_what_is_told_but_not_what_is_read(county: Path) -> None:
    bad = break_it(county, joint_departments=["nobody"])
    good = county / "items" / "market" / "good.yml"
    assert run("--root", county, good).exit_code == 0
    assert run("--root", county, bad).exit_code == 1
    assert run("--root", county, county / "items").exit_code == 1
    assert run("--root", county, county / "content").exit_code == 0


def test_an_item_tree_outside_the_root_can_be_checked(county: Path, tmp_path: Path) -> None:
    other = make_root(tmp_path / "other")
    write_item(other, "x", yaml_text(make_item(joint_departments=["nobody"])))
    result = run("--root", county, other.items)
    assert result.exit_code == 1
    assert "nobody" in result.stdout
    assert run("--root", county, other.items / "market" / "x.yml").exit_code == 1


def test_github_form_annotates_the_line_and_escapes(county: Path) -> None:
    path = break_it(county, "100%", faq=[])
    text = path.read_text("utf-8").replace("visits:\n  count: 0\n", "")
    path.write_text(text + 'unknown: "a%b"\n', "utf-8")
    result = run("--root", county, "--format", "github")
    assert result.exit_code == 1
    line = text.count("\n") + 1
    assert (
        f"::error file=items/market/100%25.yml,line={line},title=schema::unknown: 没有这个字段"
        in result.stdout
    )


def test_outside_any_root_is_wrong_use(tmp_path: Path) -> None:
    result = run("--root", tmp_path)
    assert result.exit_code == 2
    assert "county.yml" in result.stderr


def test_a_missing_path_is_wrong_use(county: Path) -> None:
    assert run("--root", county, county / "nothing").exit_code == 2


def test_json_names_rule_field_and_severity(county: Path) -> None:
    break_it(county, contacts={"enquiry": "0000-5550146", "supervision": "0000-5550146"})
    report = json.loads(run("--root", county, "--json").stdout)
    assert report["errors"] == []
    assert [(each["rule"], each["field"], each["severity"]) for each in report["warnings"]][-1] == (
        "phones-same",
        "contacts.supervision",
        "warning",
    )


def test_the_sample_county_passes(sample_root: Path) -> None:
    assert run("--root", sample_root).exit_code == 0


def test_schema_writes_the_editors_file_into_a_root(county: Path) -> None:
    result = CliRunner().invoke(schema_command, ["--root", str(county)])
    assert result.exit_code == 0
    assert "已更新" in result.stdout
    assert set(GOOD) <= set(
        json.loads((county / "items" / "item.schema.json").read_text("utf-8"))["properties"]
    )
    assert "没有变化" in CliRunner().invoke(schema_command, ["--root", str(county)]).stdout
    assert CliRunner().invoke(schema_command, ["--root", str(county / "items")]).exit_code == 2
