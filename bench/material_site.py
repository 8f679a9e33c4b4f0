"""The same items as a plain Material for MkDocs site: a page of Markdown each, made by `mkdocs build`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from catalog.artifact import fee_text, limit_text
from catalog.codes import Codes, load_codes
from catalog.county import Department
from catalog.reader import read
from catalog.root import Root
from catalog.schema import Item

HERE = Path(__file__).resolve().parent.parent


def command() -> list[str]:
    """`mkdocs` of the peers' environment where there is one; the hall's own has the same Material."""
    own = HERE / ".bench-venv" / "bin" / "python"
    return [str(own) if own.is_file() else sys.executable, "-m", "mkdocs"]


def write_site(root: Path, folder: Path, whole_navigation: bool) -> int:
    """Writes `folder` and answers how many items there are.

    With `whole_navigation` every page is in the navigation, as Material does by itself; without, only the first
    page is, which is how one helps oneself with that many.
    """
    docs = folder / "docs"
    (docs / "items").mkdir(parents=True)
    reading = read(Root(root), cache=False)
    codes = load_codes(Root(root))
    lines = ["# 全部事项", ""]
    for loaded in reading.items:
        item, department = loaded.item, reading.departments[loaded.department]
        (docs / "items" / f"{item.code}.md").write_text(_page(item, department, codes), encoding="utf-8")
        lines.append(f"- [{item.name}](items/{item.code}.md)")
    (docs / "index.md").write_text("\n".join(lines), encoding="utf-8")
    settings = [
        "site_name: 青禾县网上政务服务大厅",
        "theme: {name: material, language: zh, font: false}",
        "plugins: []",
        "markdown_extensions: [admonition, attr_list, def_list, tables, toc]",
    ]
    if not whole_navigation:
        settings += ["nav: [index.md]", "validation: {nav: {omitted_files: ignore}}"]
    (folder / "mkdocs.yml").write_text("\n".join(settings) + "\n", encoding="utf-8")
    return len(reading.items)


def _page(item: Item, department: Department, codes: Codes) -> str:
    return "---\ntitle: " + json.dumps(item.name, ensure_ascii=False) + "\n---\n" + "\n".join(
        [f"# {item.name}", "", *_facts(item), "", *_guide(item), "", *_details(item, department, codes), ""]
    )  # fmt: skip


def _facts(item: Item) -> Iterator[str]:
    yield from ("| 办理时限 | 法定 | 费用 | 跑动次数 |", "| --- | --- | --- | --- |")
    yield f"| {limit_text(item.promised)} | {limit_text(item.statutory)} | {fee_text(item)} | {item.visits.count} |"


def _guide(item: Item) -> Iterator[str]:
    yield from ("## 要带什么", "")
    yield from (f"{number}. {each.name}" for number, each in enumerate(item.materials, 1))
    yield from ("", "## 怎么办", "")
    yield from (f"{number}. {each}" for number, each in enumerate(item.procedure, 1))
    yield from ("", "## 收多少钱", "", "| 项目 | 标准 | 依据 |", "| --- | --- | --- |")
    yield from (f"| {each.name} | {each.standard} | {each.basis} |" for each in item.fees)
    yield from ("", "## 什么条件", "")
    yield from (f"- {each}" for each in item.conditions)
    yield from ("", "## 去哪里办", "")
    yield from (f"- **{each.name}** {each.address} {each.hours}" for each in item.places)
    yield from ("", "## 法律依据", "")
    yield from (f"- 《{each.law}》{each.article or ''} {each.text or ''}" for each in item.legal_basis)


def _details(item: Item, department: Department, codes: Codes) -> Iterator[str]:
    yield from ("## 事项信息", "", "| 名称 | 内容 |", "| --- | --- |")
    rows = (
        ("实施编码", item.code),
        ("事项类型", codes.label("item-type", item.type)),
        ("行使层级", codes.label("level", item.level)),
        ("服务对象", "、".join(codes["applicant"].labels(item.applicants))),
        ("办理形式", "、".join(codes["handling"].labels(item.handling))),
        ("实施主体", department.name),
    )
    yield from (f"| {name} | {value} |" for name, value in rows)
    if item.contacts:
        yield f"| 咨询 | {item.contacts.enquiry} |"
        yield f"| 投诉 | {item.contacts.supervision} |"
    yield ""
    yield from (f"{remark}\n" for remark in item.remarks)
