"""`hall import`: the report, the exit codes, the packaged mappings by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hall.commands.import_ import command
from tests.catalog_fixtures import make_root
from tests.importing_fixtures import SIMPLE, jsonl, row


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "map.yml"
    path.write_text(SIMPLE, "utf-8")
    return path


def test_the_report_names_row_code_field_and_message(tmp_path: Path, mapping: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", row(时限="7日"), row("10002"))
    result = run(source, "--mapping", mapping, "--into", tmp_path / "items", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["read"], report["written"], report["rejected"]) == (2, 2, [])
    odd = [each for each in report["warnings"] if each["field"] == "promised"]
    assert [set(each) for each in odd] == [{"row", "code", "field", "message"}]
    assert (odd[0]["row"], odd[0]["code"]) == (1, "10001")


def test_rejected_rows_exit_1_and_the_rest_is_written(tmp_path: Path, mapping: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", row(), row())
    result = run(source, "--mapping", mapping, "--into", tmp_path / "items", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert (report["written"], [each["row"] for each in report["rejected"]]) == (1, [2])


def test_the_report_can_go_into_a_file(tmp_path: Path, mapping: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", row())
    target = tmp_path / "report.json"
    assert run(source, "--mapping", mapping, "--into", tmp_path / "i", "--report", target).exit_code == 0
    assert json.loads(target.read_text("utf-8"))["items"] == 1


def test_a_report_that_could_not_be_written_is_said_before_anything_is_imported(
    tmp_path: Path, mapping: Path
) -> None:
    source = jsonl(tmp_path / "a.jsonl", row())
    result = run(
        source, "--mapping", mapping, "--into", tmp_path / "i", "--report", tmp_path / "missing" / "r.json"
    )
    assert result.exit_code == 2
    assert "没有目录" in result.stderr
    assert not (tmp_path / "i").exists()
    beside = tmp_path / "j" / "r.json"
    assert run(source, "--mapping", mapping, "--into", tmp_path / "j", "--report", beside).exit_code == 0
    assert beside.is_file()


def test_an_unknown_mapping_is_wrong_use_and_names_the_packaged_ones(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", row())
    result = run(source, "--mapping", "nothing", "--into", tmp_path / "items")
    assert result.exit_code == 2
    assert "guangdong" in result.stderr


def test_a_broken_mapping_or_file_exits_1_with_the_reason(tmp_path: Path, mapping: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", row())
    bad = tmp_path / "bad.yml"
    bad.write_text("name: x\nitem: {}\n", "utf-8")
    result = run(source, "--mapping", bad, "--into", tmp_path / "items")
    assert (result.exit_code, "bad.yml:" in result.stderr) == (1, True)
    (tmp_path / "b.json").write_text("[", "utf-8")
    result = run(tmp_path / "b.json", "--mapping", mapping, "--into", tmp_path / "items")
    assert (result.exit_code, "JSON" in result.stderr) == (1, True)
    assert not (tmp_path / "items").exists()


def test_the_roots_own_code_tables_are_used(tmp_path: Path, mapping: Path) -> None:
    root = make_root(tmp_path / "c")
    (root.content / "codes").mkdir()
    (root.content / "codes" / "item-type.yml").write_text(
        "name: 类型\nsource: 省\nversion: '1'\ncodes: {'77': 省里的类型}\n", "utf-8"
    )
    source = jsonl(tmp_path / "a.jsonl", row(类型="省里的类型"))
    assert run(source, "--mapping", mapping, "--into", root.items, "--root", root.path).exit_code == 0
    assert run(source, "--mapping", mapping, "--into", tmp_path / "x", "--root", tmp_path).exit_code == 2


def test_the_packaged_guangdong_mapping_is_known_by_name(tmp_path: Path, shared_data: Path) -> None:
    lines = (shared_data / "guangdong-items.jsonl").read_text("utf-8").splitlines()[:5]
    source = jsonl(tmp_path / "g.jsonl", *lines)
    result = run(source, "--mapping", "guangdong", "--into", tmp_path / "items", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["written"] == 5
