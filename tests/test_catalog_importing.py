"""Importing a list: every row written or accounted for, again without change, by CSV, XLSX and nested JSON."""

from __future__ import annotations

from pathlib import Path

from catalog.problems import LONGEST
from catalog.reader import read
from tests.catalog_fixtures import make_root
from tests.importing_fixtures import SIMPLE, fingerprint, items_of, jsonl, row, run


def test_every_row_is_written_or_has_a_reason(tmp_path: Path) -> None:
    source = jsonl(
        tmp_path / "a.jsonl",
        row("10001"),
        "{broken",
        row("10002", 时限="不限"),
        row("10001"),
        row(""),
        row("10003", 类型="奇怪的类型"),
        "",
        row("1.14E+30"),
        row("坏编码"),
        row("10004", 部门=""),
        "[1, 2]",
    )
    report = run(source, SIMPLE, tmp_path / "items")
    assert (report.read, report.items, report.written, report.departments) == (10, 2, 2, 1)
    reasons = {each.row: each.reason for each in report.rejected}
    assert set(reasons) == {2, 4, 5, 6, 8, 9, 10, 11}
    assert report.items + len(report.rejected) == report.read
    assert "第 1 行重复" in reasons[4]
    assert "科学计数" in reasons[8]
    assert "缺少" in reasons[5]
    assert "type" in reasons[6]
    odd = [(each.row, each.code, each.field) for each in report.warnings if "看不懂" in each.message]
    assert odd == [(3, "10002", "promised")]
    assert "promised：不限" in items_of(tmp_path, tmp_path / "items")["10002"].remarks


def test_what_is_told_of_a_row_stays_readable_whatever_a_cell_holds(tmp_path: Path) -> None:
    long = "限" * 50_000
    source = jsonl(
        tmp_path / "a.jsonl", row("10001", 时限=long), row("10002", 类型=long), row(long), row("1", 部门=long)
    )
    report = run(source, SIMPLE, tmp_path / "items")
    told = [each.message for each in report.warnings] + [each.reason for each in report.rejected]
    assert len(told) >= 3
    assert max(map(len, told)) <= LONGEST


def test_columns_nothing_mentions_are_reported_and_kept(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", row(备案号="A-1"), row("10002", 备案号="无"))
    report = run(source, SIMPLE, tmp_path / "items")
    assert report.unused == {"备案号": 1}
    assert items_of(tmp_path, tmp_path / "items")["10001"].remarks == ("备案号：A-1",)
    silent = run(source, SIMPLE + "keep_unused: false\n", tmp_path / "other")
    assert silent.unused == {"备案号": 1}
    assert items_of(tmp_path, tmp_path / "other")["10001"].remarks == ()


def test_a_second_run_changes_no_byte_and_says_so(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", row("10001"), row("10002"))
    into = tmp_path / "items"
    run(source, SIMPLE, into)
    before = fingerprint(into)
    report = run(source, SIMPLE, into)
    assert (report.written, report.unchanged, report.departments) == (0, 2, 0)
    assert fingerprint(into) == before


def test_files_that_people_edited_are_kept_unless_told_otherwise(tmp_path: Path) -> None:
    into = tmp_path / "items"
    run(jsonl(tmp_path / "a.jsonl", row()), SIMPLE, into)
    path = next(path for path in into.glob("*/*.yml") if path.name != "department.yml")
    edited = path.read_text("utf-8") + "purpose: 自己写的一句话\n"
    path.write_text(edited, "utf-8")
    changed = jsonl(tmp_path / "b.jsonl", row(时限="3个工作日"))
    report = run(changed, SIMPLE, into)
    assert (report.written, report.kept) == (0, 1)
    assert path.read_text("utf-8") == edited
    assert any("已有人改过" in each.message for each in report.warnings)
    assert run(changed, SIMPLE, into, overwrite=True).written == 1
    assert "自己写的" not in path.read_text("utf-8")


def test_files_of_an_import_before_the_marks_were_full_width_are_still_known(tmp_path: Path) -> None:
    into = tmp_path / "items"
    run(jsonl(tmp_path / "a.jsonl", row()), SIMPLE, into)
    path = next(path for path in into.glob("*/*.yml") if path.name != "department.yml")
    first, head, rest = path.read_text("utf-8").split("\n", 2)
    assert "导入（映射：" in head
    old = head.translate(str.maketrans("（）：，；", "():,;"))
    path.write_text("\n".join((first, old, rest)), "utf-8")
    report = run(jsonl(tmp_path / "b.jsonl", row(时限="3个工作日")), SIMPLE, into)
    assert (report.written, report.kept) == (1, 0)


def test_a_changed_source_rewrites_the_file_where_it_stands(tmp_path: Path) -> None:
    into = tmp_path / "items"
    run(jsonl(tmp_path / "a.jsonl", row(), row("10002")), SIMPLE, into)
    names = set(fingerprint(into))
    report = run(jsonl(tmp_path / "b.jsonl", row(名称="换了名称")), SIMPLE, into)
    assert (report.written, report.unchanged) == (1, 0)
    assert set(fingerprint(into)) == names
    assert [Path(each).name for each in report.absent] == ["shi-xiang-10002.yml"]


def test_an_item_that_moves_to_another_department_leaves_no_double(tmp_path: Path) -> None:
    into = tmp_path / "items"
    run(jsonl(tmp_path / "a.jsonl", row()), SIMPLE, into)
    run(jsonl(tmp_path / "b.jsonl", row(部门="另一个局")), SIMPLE, into)
    assert len([path for path in into.glob("*/*.yml") if path.name != "department.yml"]) == 1
    assert items_of(tmp_path, into)["10001"].department == "ling-yi-ge-ju"


def test_departments_that_exist_are_used_by_name_and_alike_sounding_ones_are_told_apart(
    tmp_path: Path,
) -> None:
    root = make_root(tmp_path / "c")
    source = jsonl(
        tmp_path / "a.jsonl",
        row("10001", 部门="示例县市场监督管理局"),
        row("10002", 部门="公路局"),
        row("10003", 部门="公路局"),
        row("10004", 部门="共路局"),
    )
    report = run(source, SIMPLE, root.items)
    assert report.departments == 2
    found = {loaded.item.code: loaded.item.department for loaded in read(root).items}
    assert found == {"10001": "market", "10002": "gong-lu-ju", "10003": "gong-lu-ju", "10004": "gong-lu-ju-2"}


def test_items_with_one_name_get_files_of_their_own(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "a.jsonl", row("10001", 名称="同名"), row("10002", 名称="同名"))
    run(source, SIMPLE, tmp_path / "items")
    assert len(items_of(tmp_path, tmp_path / "items")) == 2


def test_a_part_that_does_not_fit_is_left_out_told_and_kept(tmp_path: Path) -> None:
    mapping = SIMPLE + "  visits.count: {from: 次数, as: integer}\n  level: {const: '4'}\n"
    report = run(jsonl(tmp_path / "a.jsonl", row(次数="99次")), mapping, tmp_path / "items")
    assert report.written == 1
    assert any(each.field == "visits.count" and "不能大于 20" in each.message for each in report.warnings)
    assert any("99" in remark for remark in items_of(tmp_path, tmp_path / "items")["10001"].remarks)
