"""The filled sample of a form: what its samples say is ticked, however they name an option."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.application_form import complete_form, validate_answers
from catalog.codes import load_codes
from catalog.county import County
from catalog.sample_answers import sample_answers, sample_own_answers
from catalog.yaml_text import parse_yaml
from presentation.form_sheets import SheetRow, SheetTable, form_sheet
from tests.catalog_fixtures import COUNTY, make_item

COUNTY_MODEL = County.model_validate(parse_yaml(COUNTY).value)
CODES = load_codes()
WAY = [{"value": "own", "label": "自己的"}, {"value": "rent", "label": "租的"}]
KINDS = [
    {"value": "hot", "label": "热食"},
    {"value": "cold", "label": "冷食、凉菜"},
    {"value": "drink", "label": "饮品"},
]


def changes(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"form": {"sections": [{"title": "选择", "fields": list(fields)}]}}


def shown(field: dict[str, Any]) -> SheetRow | SheetTable:
    item = make_item(**changes({"id": "asked", "label": "问题", **field}))
    sheet = form_sheet(item, COUNTY_MODEL, CODES, "某局", filled=True)
    return next(line for section in sheet.sections for line in section.lines if line.label == "问题")


@pytest.mark.parametrize(
    ("field", "ticked"),
    [
        ({"type": "choice", "options": WAY, "sample": "租的"}, ["租的"]),
        ({"type": "choice", "options": WAY, "sample": "rent"}, ["租的"]),
        ({"type": "yes_no", "sample": "是"}, ["是"]),
        ({"type": "yes_no", "sample": "不是"}, ["否"]),
        ({"type": "yes_no", "sample": "否"}, ["否"]),
        ({"type": "yes_no", "sample": "yes"}, ["是"]),
        ({"type": "several", "options": KINDS, "sample": "热食，饮品"}, ["热食", "饮品"]),
        ({"type": "several", "options": KINDS, "sample": "hot、drink"}, ["热食", "饮品"]),
        ({"type": "several", "options": KINDS, "sample": "冷食、凉菜"}, ["冷食、凉菜"]),
    ],
)
def test_a_sample_is_ticked_by_its_label_and_by_its_value(field: dict[str, Any], ticked: list[str]) -> None:
    line = shown(field)
    assert isinstance(line, SheetRow)
    assert [each[2:] for each in line.value.split("   ") if each.startswith("☑")] == ticked


def test_samples_in_a_table_are_read_as_labels() -> None:
    columns = [
        {"id": "way", "label": "来源", "type": "choice", "options": WAY, "sample": "rent"},
        {"id": "kinds", "label": "项目", "type": "several", "options": KINDS, "sample": "hot,drink"},
        {"id": "cold", "label": "冷藏", "type": "yes_no", "sample": "不是"},
    ]
    line = shown({"type": "table", "columns": columns})
    assert isinstance(line, SheetTable)
    assert line.rows == (("租的", "热食、饮品", "否"),)


def test_samples_given_as_labels_open_the_questions_behind_them_and_can_be_filed() -> None:
    item = make_item(
        **changes(
            {"id": "way", "label": "房子", "type": "choice", "options": WAY, "sample": "租的"},
            {
                "id": "landlord",
                "label": "房东",
                "sample": "李示例",
                "when": {"field": "way", "equals": "rent"},
            },
        )
    )
    assert sample_own_answers(item, "某县") == {"way": "rent", "landlord": "李示例"}
    form = complete_form(item, COUNTY_MODEL, CODES)
    posted = {name: [value] for name, value in sample_answers(form, "某县").items() if isinstance(value, str)}
    assert "way" not in validate_answers(form, posted).errors
