"""Items as a table for others: XLSX, CSV or JSON, one row an item, that the shipped mapping reads back unchanged."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from catalog.codes import Codes
from catalog.county import Department
from catalog.labels import label
from catalog.reader import Loaded
from catalog.schema import Item
from rules.errors import Invalid
from rules.quick_dataclass import dataclass

Format = Literal["xlsx", "csv", "json"]

# A cell that begins so is a formula, or becomes one when the table is saved in another form.
# Full-width ones too: Chinese table programs read them as the others.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")
_ILLEGAL_IN_XLSX = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]")
_CELL_LIMIT = 32_767
_NAMES = {
    "type": ("事项类型名称", "item-type"),
    "applicants": ("服务对象名称", "applicant"),
    "themes_personal": ("个人办事主题名称", "theme-personal"),
    "themes_business": ("企业办事主题名称", "theme-business"),
}
FILE_COLUMN = "文件名"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and the item's field it holds (empty for what only people read)."""

    heading: str
    field: str = ""


def columns() -> tuple[Column, ...]:
    """The columns in order: every field of the schema under its Chinese name, names beside codes."""
    found = [Column(FILE_COLUMN)]
    for field in Item.model_fields:
        found.append(Column(label("Item", field), field))
        if field in _NAMES:
            found.append(Column(_NAMES[field][0]))
        if field == "department":
            found += [Column(_department_heading(each)) for each in Department.model_fields if each != "id"]
    return tuple(found)


def export(
    items: Sequence[Loaded], departments: Mapping[str, Department], codes: Codes, form: Format
) -> bytes:
    """The file. Raises Invalid when a cell would not fit into XLSX."""
    records = [record(loaded, departments, codes) for loaded in items]
    if form == "json":
        return (json.dumps({"事项": records}, ensure_ascii=False, indent=1) + "\n").encode()
    headings = [column.heading for column in columns()]
    rows = [[_cell(each.get(heading)) for heading in headings] for each in records]
    if form == "csv":
        return _csv(headings, rows)
    return _xlsx(headings, rows, list(_material_rows(items)))


def record(loaded: Loaded, departments: Mapping[str, Department], codes: Codes) -> dict[str, Any]:
    """One item by heading. Lists and groups of fields are what they are; the table forms write them as JSON."""
    item = loaded.item
    plain = item.model_dump(mode="json", exclude_defaults=True)
    found: dict[str, Any] = {}
    for column in columns():
        if column.field in plain:
            found[column.heading] = plain[column.field]
    for field, (heading, table) in _NAMES.items():
        value = getattr(item, field)
        given = value if isinstance(value, tuple) else (value,)
        if given:
            found[heading] = "、".join(codes.label(table, code) for code in given)
    department = departments.get(item.department)
    if department:
        values = department.model_dump(mode="json", exclude_defaults=True)
        found.update({_department_heading(each): value for each, value in values.items()})
    found[FILE_COLUMN] = loaded.slug
    return {column.heading: found[column.heading] for column in columns() if column.heading in found}


def _department_heading(field: str) -> str:
    return (
        label("Item", "department")
        if field == "id"
        else f"部门{label('Department', field).removeprefix('部门')}"
    )


def neutral(text: str) -> str:
    """Text that no table program takes for a formula; the importer takes the mark away again."""
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | dict):
        return neutral(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return neutral(str(value))


def _csv(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """With the mark that makes spreadsheet programs see UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _material_rows(items: Sequence[Loaded]) -> Iterator[list[str]]:
    for loaded in items:
        for material in loaded.item.materials:
            yield [
                _cell(each)
                for each in (
                    loaded.item.code,
                    loaded.item.name,
                    material.name,
                    {"required": "必备", "conditional": "符合条件时必备", "optional": "可选"}[
                        material.necessity
                    ],
                    material.condition,
                    str(material.originals or ""),
                    str(material.copies or ""),
                    material.issuer,
                    "免提交" if material.exempt else "",
                    material.standard,
                )
            ]


def _xlsx(
    headings: Sequence[str], rows: Sequence[Sequence[str]], materials: Sequence[Sequence[str]]
) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    long = next((cell for row in (*rows, *materials) for cell in row if len(cell) > _CELL_LIMIT), None)
    if long is not None:
        raise Invalid(f"内容“{long[:30]}…”超过 Excel 单元格的 {_CELL_LIMIT} 字上限，请改用 csv 或 json 导出")
    book = Workbook(write_only=True)
    sheets = (
        ("事项", headings, rows),
        ("材料（供阅读）", MATERIAL_HEADINGS, materials),
    )
    for title, heads, lines in sheets:
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        sheet.append([_text_cell(sheet, each, Font(bold=True), None) for each in heads])
        wrap = Alignment(vertical="top", wrap_text=False)
        for line in lines:
            sheet.append([_text_cell(sheet, each, None, wrap) for each in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


MATERIAL_HEADINGS = (
    "实施编码",
    "事项名称",
    "材料名称",
    "是否必备",
    "什么情况下要交",
    "原件份数",
    "复印件份数",
    "出具机构",
    "免提交",
    "受理标准",
)


def _text_cell(sheet: Any, text: str, font: Any, alignment: Any) -> Any:
    """A cell that is text whatever it looks like: long codes keep their digits, nothing is reckoned."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=_ILLEGAL_IN_XLSX.sub("", text))
    cell.data_type = "s"
    cell.number_format = "@"
    if font:
        cell.font = font
    if alignment:
        cell.alignment = alignment
    return cell


def mapping_text() -> str:
    """The mapping that reads an export back; committed as catalog/mappings/county-hall.yml."""
    lines = [
        "# 读回 hall export 导出的表（XLSX、CSV、JSON 都用这一份）。",
        "# 由 catalog.exporting.mapping_text 按字段表生成，请勿手改；列表和成组的内容在单元格里是 JSON。",
        "name: 县厅导出表",
        "source:",
        '  nothing: [""]',
        "  quoted_formulas: true",
        f"file: {{from: {FILE_COLUMN}, as: exact}}",
        "department:",
    ]
    lines += [
        _rule(name, _department_heading(name), info.annotation)
        for name, info in Department.model_fields.items()
    ]
    lines.append("item:")
    lines += [
        _rule(name, label("Item", name), info.annotation)
        for name, info in Item.model_fields.items()
        if name != "department"
    ]
    lines.append("ignore:")
    lines += [f"  {heading}: 供阅读，代码列里有" for heading, _ in _NAMES.values()]
    return "\n".join(lines) + "\n"


def _rule(field: str, heading: str, annotation: Any) -> str:
    return f"  {field}: {{from: {heading}, as: {_kind(annotation)}}}"


def _kind(annotation: Any) -> str:
    """How a cell of this field is read back."""
    if annotation is bool:
        return "yes_no"
    members = {annotation, *get_args(annotation)}
    if any(isinstance(each, type) and issubclass(each, BaseModel) for each in members):
        return "json"
    if get_origin(annotation) is tuple:
        return "json"
    return "integer" if members & {int, 0} else "exact"
