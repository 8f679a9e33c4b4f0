"""Rows of a source file, whatever its form: JSON Lines, JSON, CSV, XLSX; each with the place it stood at."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path

from catalog.mapping import Format, Source
from catalog.source_paths import values_at
from rules.errors import Invalid
from rules.quick_dataclass import dataclass

# A workbook's cells take some five times their XML in memory.
MOST_UNPACKED = 400_000_000

csv.field_size_limit(16 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row: its number (line of a text file, row of a sheet, place in a JSON list, from 1), its cells.

    `fault` says why the row could not be read; `oddities` are things to tell about a readable one.
    """

    number: int
    cells: Mapping[str, object]
    fault: str = ""
    oddities: tuple[str, ...] = ()


def read_rows(path: Path, source: Source) -> list[SourceRow]:
    """All rows, blank ones left out. Raises Invalid when the file as a whole cannot be read."""
    if not path.is_file():
        raise Invalid(f"没有这个文件：{path}")
    kind = source.format or _format_of(path)
    data = path.read_bytes()
    if kind == "jsonl":
        rows = list(_json_lines(decoded(data, source.encoding)))
    elif kind == "json":
        rows = list(_json(decoded(data, source.encoding), source))
    elif kind == "csv":
        rows = list(_csv(decoded(data, source.encoding), source))
    else:
        rows = list(_sheet(path, source))
    if source.quoted_formulas and kind in ("csv", "xlsx"):
        rows = [SourceRow(r.number, _unquoted(r.cells), r.fault, r.oddities) for r in rows]
    return list(_filled(rows, source.fill_down))


def _format_of(path: Path) -> Format:
    known: dict[str, Format] = {
        ".jsonl": "jsonl",
        ".ndjson": "jsonl",
        ".json": "json",
        ".csv": "csv",
        ".tsv": "csv",
        ".txt": "csv",
        ".xlsx": "xlsx",
    }
    found = known.get(path.suffix.lower())
    if found is None:
        raise Invalid(
            f"看不出 {path.name} 是什么格式，请在映射的 source.format 里写明；旧的 .xls 请先另存为 .xlsx"
        )
    return found


def decoded(data: bytes, encoding: str | None) -> str:
    """The text of a file: UTF-8 (with or without mark), UTF-16 with mark, else GB 18030. Raises Invalid."""
    if encoding:
        tries: tuple[str, ...] = (encoding,)
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tries = ("utf-16",)
    else:
        tries = ("utf-8-sig", "gb18030")
    for each in tries:
        try:
            return data.decode(each)
        except LookupError as error:
            raise Invalid(f"没有 {each} 这种编码") from error
        except UnicodeDecodeError:
            continue
    raise Invalid("文件的编码认不出来（试过 UTF-8 和 GB 18030），请在映射的 source.encoding 里写明")


def _json_lines(text: str) -> Iterator[SourceRow]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield SourceRow(number, {}, f"不是完整的 JSON：{error}")
            continue
        yield _record(number, value)


def _record(number: int, value: object) -> SourceRow:
    if isinstance(value, dict):
        return SourceRow(number, value)
    return SourceRow(number, {}, "这一条不是 JSON 对象")


def _json(text: str, source: Source) -> Iterator[SourceRow]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"不是完整的 JSON：{error}") from error
    if source.records:
        found = values_at(whole, source.records)
        whole = found[0] if len(found) == 1 and isinstance(found[0], list) else found
    elif isinstance(whole, dict):
        lists = [each for each in whole.values() if isinstance(each, list)]
        if len(lists) != 1:
            raise Invalid("JSON 里不止一个列表（或一个也没有），请在映射的 source.records 里写明路径")
        whole = lists[0]
    if not isinstance(whole, list):
        raise Invalid("JSON 里没有找到事项列表，请检查映射的 source.records")
    for number, value in enumerate(whole, 1):
        yield _record(number, value)


def _csv(text: str, source: Source) -> Iterator[SourceRow]:
    delimiter = source.delimiter or _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines: list[tuple[int, list[object]]] = []
    before = 0
    try:
        for cells in reader:
            lines.append((before + 1, list(cells)))
            before = reader.line_num
    except csv.Error as error:
        raise Invalid(f"CSV 第 {reader.line_num} 行读不出来：{error}") from error
    yield from _table(lines, source)


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max((",", "\t", ";", "|"), key=first.count)


def _sheet(path: Path, source: Source) -> Iterator[SourceRow]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_size(path)
    try:
        # Not read-only: merged cells are known only then, and their value stands in the first cell alone.
        book = load_workbook(path, data_only=True)
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        OSError,
        ValueError,
        TypeError,
        SyntaxError,
    ) as error:
        # ElementTree's ParseError is a SyntaxError; openpyxl meets what it did not expect with a TypeError.
        raise Invalid(f"{path.name} 不是能读的 XLSX 文件，请用表格软件另存一次") from error
    names = book.sheetnames
    if isinstance(source.sheet, int) and 1 <= source.sheet <= len(names):
        sheet = book[names[source.sheet - 1]]
    elif source.sheet is None:
        sheet = book[names[0]]
    elif source.sheet in names:
        sheet = book[str(source.sheet)]
    else:
        raise Invalid(f"没有工作表 {source.sheet}，现有：{'、'.join(names)}")
    grid: list[list[object]] = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    for area in sheet.merged_cells.ranges:
        value = grid[area.min_row - 1][area.min_col - 1]
        for row in range(area.min_row - 1, min(area.max_row, len(grid))):
            for column in range(area.min_col - 1, min(area.max_col, len(grid[row]))):
                grid[row][column] = value
    book.close()
    yield from _table(list(enumerate(grid, 1)), source)


def _check_size(path: Path) -> None:
    """Raises Invalid for a workbook that is small on disk and would fill the memory."""
    try:
        with zipfile.ZipFile(path) as package:
            unpacked = sum(entry.file_size for entry in package.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return  # told by who reads it
    if unpacked > MOST_UNPACKED:
        raise Invalid(f"{path.name} 解开后有 {unpacked // 1_000_000} MB，读不下，请分成几个文件")


def _cell(value: object) -> object:
    """Numbers and dates of a sheet as a person reads them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("_x000D_", "")


def _table(lines: Sequence[tuple[int, list[object]]], source: Source) -> Iterator[SourceRow]:
    first = source.header_row - 1
    body = first + source.header_rows
    if len(lines) < body:
        raise Invalid(f"表头应在第 {source.header_row} 行，文件只有 {len(lines)} 行")
    header = _header([cells for _, cells in lines[first:body]])
    for number, cells in lines[body:]:
        if all(not str(cell).strip() for cell in cells):
            continue
        named = {name: cells[index] for index, name in enumerate(header) if index < len(cells)}
        extra = [str(cell) for cell in cells[len(header) :] if str(cell).strip()]
        oddities: tuple[str, ...] = ()
        if extra:
            named["（表头以外）"] = "、".join(extra)
            oddities = (f"这一行比表头多 {len(cells) - len(header)} 格，多出的内容是：{'、'.join(extra)}",)
        yield SourceRow(number, named, "", oddities)


def _header(levels: Sequence[Sequence[object]]) -> list[str]:
    """Column names. Upper levels reach over the blank cells to their right (merged); blanks get a number;
    a name that comes again gets one too, so that no column hides another.
    """
    width = max(len(level) for level in levels)
    names: list[str] = []
    uppers = [""] * len(levels)
    for column in range(width):
        parts: list[str] = []
        for depth, level in enumerate(levels):
            text = re.sub(r"\s+", "", str(level[column])) if column < len(level) else ""
            if text:
                uppers[depth] = text
                uppers[depth + 1 :] = [""] * (len(levels) - depth - 1)
            elif depth < len(levels) - 1:
                text = uppers[depth]
            if text and text not in parts:
                parts.append(text)
        name = "/".join(parts) or f"第{column + 1}列"
        count = sum(1 for each in names if each == name or each.rpartition("#")[0] == name)
        names.append(name if count == 0 else f"{name}#{count + 1}")
    return names


def _unquoted(cells: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value[1:] if isinstance(value, str) and value.startswith("'") else value
        for name, value in cells.items()
    }


def _filled(rows: Sequence[SourceRow], columns: Sequence[str]) -> Iterator[SourceRow]:
    """Rows whose blank cells in these columns take the value above."""
    if not columns:
        yield from rows
        return
    above: dict[str, object] = {}
    for row in rows:
        cells = dict(row.cells)
        for column in columns:
            if str(cells.get(column) or "").strip():
                above[column] = cells[column]
            elif column in above and not row.fault:
                cells[column] = above[column]
        yield SourceRow(row.number, cells, row.fault, row.oddities)
