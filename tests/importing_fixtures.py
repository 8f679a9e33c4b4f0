"""Running an import on a list made up for the purpose, for tests of the importer."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from catalog.codes import load_codes
from catalog.elements import load_elements
from catalog.import_report import Report
from catalog.importing import import_file
from catalog.mapping import load_mapping
from catalog.reader import read
from catalog.root import Root
from catalog.schema import Item
from tests.catalog_fixtures import TODAY, make_root

CODES = load_codes()


ELEMENTS = load_elements()


def run(source: Path, mapping: Path | str, into: Path, **kwargs: Any) -> Report:
    path = mapping if isinstance(mapping, Path) else into.parent / "mapping.yml"
    if isinstance(mapping, str):
        path.write_text(mapping, "utf-8")
    return import_file(source, load_mapping(path), into, CODES, ELEMENTS, TODAY, **kwargs)


def items_of(tmp_path: Path, into: Path) -> dict[str, Item]:
    folder = tmp_path / f"reader-{into.name}"
    root = Root(folder) if folder.exists() else make_root(folder)
    reading = read(root, [into])
    assert [str(problem) for problem in reading.errors] == []
    return {loaded.item.code: loaded.item for loaded in reading.items}


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


SIMPLE = """\
name: 简单
department: {name: 部门}
item:
  code: 编码
  name: 名称
  type: {from: 类型, table: item-type}
  promised: {from: 时限, as: limit}
"""


def jsonl(path: Path, *rows: dict[str, Any] | str) -> Path:
    path.write_text(
        "\n".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in rows), "utf-8"
    )
    return path


def row(code: str = "10001", **values: Any) -> dict[str, Any]:
    return {
        "编码": code,
        "名称": f"事项{code}",
        "类型": "行政许可",
        "部门": "示例局",
        "时限": "5个工作日",
        **values,
    }
