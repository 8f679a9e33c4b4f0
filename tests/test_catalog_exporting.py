"""Export and import back: the same items, and no cell that a spreadsheet would reckon with."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from catalog.codes import load_codes
from catalog.elements import load_elements
from catalog.exporting import Format, export, mapping_text, neutral
from catalog.importing import import_file
from catalog.mapping import PACKAGED, load_mapping
from catalog.reader import read
from catalog.root import Root
from catalog.yaml_writing import yaml_text
from rules.errors import Invalid
from tests.catalog_fixtures import TODAY, make_item, make_root, write_item

CODES = load_codes()
FORMS: tuple[Format, ...] = ("xlsx", "csv", "json")


def county(folder: Path) -> Root:
    root = make_root(folder)
    write_item(root, "plain", yaml_text(make_item()))
    odd = make_item(
        code="2002",
        basic_code=None,
        name="=SUM(A1:A9)",
        purpose="-1+1|cmd",
        powers="@import",
        exercise="'quoted",
        quantity_limit="无",
        scope="两个  空格 <b>粗</b>",
        undertaker="第一行\n第二行",
        plain_names=["=1+1", "no", "1e5", "无"],
        version="007",
        remarks=["+甲", "备案号:-"],
        fees=[{"name": "费", "standard": "10 元", "amount": "10.50", "basis": "文"}],
        pre_review_days=0,
        depth=2,
        popular=True,
    )
    write_item(root, "odd-one", yaml_text(odd))
    return root


@pytest.mark.parametrize("form", FORMS)
def test_what_is_exported_comes_back_equal(tmp_path: Path, form: Format) -> None:
    root = county(tmp_path / "c")
    reading = read(root)
    assert reading.problems == ()
    file = tmp_path / f"items.{form}"
    file.write_bytes(export(reading.items, reading.departments, CODES, form))
    back = tmp_path / "back"
    mapping = load_mapping(PACKAGED / "county-hall.yml")
    report = import_file(file, mapping, back, CODES, load_elements(), TODAY)
    assert (report.read, report.written, report.rejected, report.unused) == (2, 2, [], {})
    again = read(root, [back])
    assert again.errors == ()
    assert {each.item.code: each.item for each in again.items} == {
        each.item.code: each.item for each in reading.items
    }
    assert {each.slug for each in again.items} == {"plain", "odd-one"}
    assert again.departments == reading.departments


def test_the_shipped_mapping_is_the_generated_one() -> None:
    assert (PACKAGED / "county-hall.yml").read_text("utf-8") == mapping_text()


def test_no_cell_of_a_csv_begins_a_formula(tmp_path: Path) -> None:
    reading = read(county(tmp_path / "c"))
    data = export(reading.items, reading.departments, CODES, "csv")
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert neutral("=1") == "'=1"
    assert neutral("甲=1") == "甲=1"


def test_every_cell_of_an_xlsx_is_text(tmp_path: Path) -> None:
    reading = read(county(tmp_path / "c"))
    file = tmp_path / "a.xlsx"
    file.write_bytes(export(reading.items, reading.departments, CODES, "xlsx"))
    book = load_workbook(file)
    assert book.sheetnames == ["事项", "材料（供阅读）"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell.value for cell in cells if str(cell.value)[:1] in ("=", "+", "-", "@")]


def test_names_stand_beside_codes_for_people(tmp_path: Path) -> None:
    reading = read(county(tmp_path / "c"))
    text = export(reading.items, reading.departments, CODES, "csv").decode("utf-8-sig")
    first = next(each for each in csv.DictReader(io.StringIO(text)) if each["文件名"] == "plain")
    assert (first["事项类型"], first["事项类型名称"], first["服务对象名称"]) == (
        "01",
        "行政许可",
        "自然人、企业法人",
    )
    assert first["部门法定全称"] == "示例县市场监督管理局"


def test_a_text_too_long_for_a_cell_is_refused_with_advice(tmp_path: Path) -> None:
    root = make_root(tmp_path / "c")
    write_item(root, "long", yaml_text(make_item(exercise="长" * 40000)))
    reading = read(root)
    with pytest.raises(Invalid, match="csv 或 json"):
        export(reading.items, reading.departments, CODES, "xlsx")
    assert export(reading.items, reading.departments, CODES, "csv")
