"""A tiny county made of text, for tests of the catalog: written in place, read, checked."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from catalog.codes import load_codes
from catalog.consistency import check
from catalog.elements import load_elements
from catalog.problems import Problem
from catalog.reader import Reading, read
from catalog.root import Root
from catalog.schema import Item

TODAY = date(2026, 11, 21)

COUNTY = """\
name: 示例县
short_name: 示例
fictional: true
division_code: "990121"
hall_name: 示例县网上办事大厅
case_prefix: SL
document_word: 示
footer: {organiser: 示例县人民政府办公室}
"""

UNITS = """\
- {id: county, name: 示例县人民政府, kind: county}
- {id: centre, name: 示例县政务服务中心, kind: centre, parent: county}
"""

DEPARTMENT = """\
id: market
name: 示例县市场监督管理局
short_name: 县市场监管局
credit_code: 11990121MB0000238C
number_word: 市监
address: 示例路1号(虚构)
hours: 周一至周五
phone: 0000-5550146
supervision_phone: 0000-5550147
"""

# Everything a guide needs; a rule is tested by breaking one thing of it.
GOOD: dict[str, Any] = {
    "code": "11990121MB0000238C4990123001001",
    "basic_code": "990123001001",
    "name": "示例许可",
    "purpose": "开店前要先办",
    "type": "01",
    "department": "market",
    "legal_basis": [{"law": "中华人民共和国食品安全法", "article": "第三十五条"}],
    "powers": "县级办理",
    "exercise": "受理、审查、决定",
    "applicants": ["1", "2"],
    "themes_personal": ["108"],
    "themes_business": ["202"],
    "conditions": ["有营业场所"],
    "materials": [
        {"name": "示例许可申请书", "standard": "填写完整", "blank_form": "form", "sample": "form"},
        {"name": "场所照片", "standard": "清楚"},
    ],
    "case_kind": "2",
    "statutory": {"days": 20},
    "promised": {"days": 10},
    "procedure": ["申请", "受理", "审查", "决定", "送达"],
    "steps": [
        {"id": "first_review", "name": "初审", "role": "reviewer", "limit": 3},
        {"id": "decision", "name": "审批", "role": "decider", "limit": 2},
    ],
    "form": {
        "sections": [
            {
                "title": "经营情况",
                "fields": [
                    {"id": "area", "label": "面积", "type": "number", "unit": "平方米", "sample": "80"},
                    {"id": "kitchen", "label": "有没有厨房", "type": "yes_no"},
                ],
            }
        ]
    },
    "handling": ["1", "2"],
    "depth": 3,
    "visits": {"count": 0},
    "places": [{"name": "窗口", "address": "示例路1号(虚构)", "hours": "周一至周五", "unit": "centre"}],
    "contacts": {"enquiry": "0000-5550146", "supervision": "0000-5550147"},
    "result": {"name": "示例许可证", "kind": "certificate", "delivery": ["window", "courier"]},
    "courier": True,
    "faq": [{"question": "要多久?", "answer": "10个工作日。"}],
    "review_by": "2027-06-30",
}


def make_item(**changes: Any) -> Item:
    """The good item with some fields changed; None takes a field away."""
    values = {**GOOD, **changes}
    return Item.model_validate({key: value for key, value in values.items() if value is not None})


def make_root(
    folder: Path, *, department: str = DEPARTMENT, units: str = UNITS, county: str = COUNTY
) -> Root:
    """An empty county with one department."""
    (folder / "content").mkdir(parents=True)
    (folder / "items" / "market").mkdir(parents=True)
    (folder / "county.yml").write_text(county, "utf-8")
    (folder / "content" / "units.yml").write_text(units, "utf-8")
    (folder / "items" / "market" / "department.yml").write_text(department, "utf-8")
    return Root(folder)


def write_item(root: Root, name: str, text: str) -> Path:
    """An item's file of the department `market`."""
    path = root.items / "market" / f"{name}.yml"
    path.write_text(text, "utf-8")
    return path


def findings(root: Root) -> tuple[Reading, tuple[Problem, ...]]:
    """Reading and the consistency problems of a root."""
    reading = read(root)
    return reading, check(reading, load_codes(root), load_elements(root), TODAY)
