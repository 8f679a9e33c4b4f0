"""The public change log: every difference in words, rows matched by name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from catalog import form_schema, schema
from catalog.changes import FieldChange, compare
from catalog.labels import LABELS
from tests.catalog_fixtures import GOOD, make_item


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str, str, str]]:
    found = compare(make_item(**before), make_item(**after))
    return [(each.field, each.label, each.before, each.after, each.kind) for each in found]


def test_the_same_item_has_no_changes() -> None:
    assert compare(make_item(), make_item()) == ()
    assert compare(None, None) == ()


def test_new_and_removed_items_are_one_change() -> None:
    assert compare(None, make_item()) == (FieldChange("", "事项", "", "示例许可", "added"),)
    assert compare(make_item(), None) == (FieldChange("", "事项", "示例许可", "", "removed"),)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"name": "新许可"}, ("name", "事项名称", "示例许可", "新许可", "changed")),
        ({}, {"type": "07"}, ("type", "事项类型", "行政许可", "行政确认", "changed")),
        ({}, {"applicants": ["1"]}, ("applicants", "服务对象", "自然人、企业法人", "自然人", "changed")),
        ({}, {"promised": {"days": 5}}, ("promised", "承诺办结时限", "10个工作日", "5个工作日", "changed")),
        ({}, {"promised": None}, ("promised", "承诺办结时限", "10个工作日", "", "removed")),
        (
            {},
            {"statutory": {"days": 20, "unit": "day"}},
            ("statutory", "法定办结时限", "20个工作日", "20日（自然日）", "changed"),
        ),
        ({}, {"courier": None}, ("courier", "是否可邮寄", "是", "否", "changed")),
        (
            {},
            {"review_by": "2028-01-31"},
            ("review_by", "最迟复核日期", "2027年6月30日", "2028年1月31日", "changed"),
        ),
        (
            {},
            {"contacts": {**GOOD["contacts"], "enquiry": "0000-5550199"}},
            ("contacts.enquiry", "咨询和监督电话·咨询电话", "0000-5550146", "0000-5550199", "changed"),
        ),
        (
            {},
            {"fees": [{"name": "工本费", "standard": "每证10元", "basis": "某文"}]},
            ("fees[工本费]", "收费", "", "工本费；收费标准：每证10元；收费依据：某文", "added"),
        ),
    ],
)
def test_a_change_names_field_before_and_after(
    before: dict[str, Any], after: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert changes(before, after) == [expected]


def test_materials_are_matched_by_name_wherever_they_stand() -> None:
    old = {"materials": [{"name": "甲"}, {"name": "乙", "forms": ["copy"], "copies": 1}, {"name": "丙"}]}
    new = {
        "materials": [
            {"name": "乙", "forms": ["copy"], "copies": 2},
            {"name": "甲"},
            {"name": "丁", "exempt": True},
        ]
    }
    assert changes(old, new) == [
        ("materials[乙].copies", "申请材料“乙”·复印件份数", "1", "2", "changed"),
        ("materials[丙]", "申请材料", "丙", "", "removed"),
        ("materials[丁]", "申请材料", "", "丁；免提交：是", "added"),
    ]


def test_only_a_new_order_is_told_as_such() -> None:
    old = {"materials": [{"name": "甲"}, {"name": "乙"}]}
    new = {"materials": [{"name": "乙"}, {"name": "甲"}]}
    assert changes(old, new) == [("materials", "申请材料的顺序", "甲、乙", "乙、甲", "changed")]


def test_rows_with_one_name_do_not_hide_each_other() -> None:
    law = {"law": "某法", "article": "第一条"}
    old = {"legal_basis": [law, {**law, "article": "第二条"}]}
    new = {"legal_basis": [law, {**law, "article": "第三条"}]}
    assert changes(old, new) == [
        ("legal_basis[某法#2].article", "设定依据“某法”·条款", "第二条", "第三条", "changed")
    ]


def test_questions_of_the_form_are_followed_by_their_id() -> None:
    section = GOOD["form"]["sections"][0]
    fields = [{**section["fields"][0], "label": "经营面积"}, section["fields"][1]]
    new = {"form": {"sections": [{**section, "fields": fields}]}}
    assert changes({}, new) == [
        (
            "form.sections[经营情况].fields[area].label",
            "网上申请表·分页“经营情况”·问题“经营面积”·问题",
            "面积",
            "经营面积",
            "changed",
        )
    ]


def test_every_field_of_every_model_has_a_chinese_label() -> None:
    models = {
        value
        for module in (schema, form_schema)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__.startswith("catalog")
    } - {form_schema.Part}
    for model in models:
        assert set(model.model_fields) == set(LABELS[model.__name__]), model.__name__
