"""Answers to a form: made uniform, wrong ones told, conditions, tables, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from catalog.application_form import (
    FileAnswer,
    Validated,
    validate_answers,
    visible_fields,
)
from catalog.form_schema import FormField
from rules.identifiers import with_resident_check
from tests.answers_fixtures import CREDIT_CODE, PERSON_ID, conditional, form_of


def one(
    field: FormField, *answers: str, files: Mapping[str, Sequence[FileAnswer]] | None = None
) -> Validated:
    return validate_answers(form_of(field), {field.id: answers}, files)


def make_field(type_: str, **values: Any) -> FormField:
    return FormField.model_validate({"id": "a", "label": "甲", "type": type_, **values})


@pytest.mark.parametrize(
    ("type_", "values", "typed", "stored"),
    [
        ("text", {}, "  张\u200b示例 ", "张示例"),
        ("text", {}, "一行\r\n两行", "一行 两行"),
        ("text", {}, "张\ufffe示例\uffff", "张示例"),
        ("text", {"pattern": "[A-Z]{2}"}, "AB", "AB"),
        ("multiline", {}, "一\r\n二", "一\n二"),
        ("id_number", {}, PERSON_ID.lower(), PERSON_ID),
        ("id_number", {}, " ".join(PERSON_ID), PERSON_ID),
        ("credit_code", {}, "１１990121mb0000238c", CREDIT_CODE),
        ("phone", {}, "138 0013 8000", "13800138000"),
        ("phone", {}, "+86-13800138000", "13800138000"),
        ("phone", {}, "0000-5550012", "0000-5550012"),
        ("phone", {}, "(0000)5550012转12", "0000-5550012转12"),
        ("phone", {}, "００００５５５００１２", "0000-5550012"),
        ("phone", {}, "+85290000000", "+85290000000"),
        ("phone", {}, "(010)12345678", "010-12345678"),
        ("phone", {}, "02112345678转9", "021-12345678转9"),
        ("phone", {}, "09911234567", "0991-1234567"),
        ("phone", {}, "(0311)12345678", "0311-12345678"),
        ("phone", {}, "013800138000", "13800138000"),
        ("email", {}, "a.b@example.com", "a.b@example.com"),
        ("date", {}, "2026-3-1", "2026-03-01"),
        ("date", {}, "２０２６年３月１日", "2026-03-01"),
        ("date", {}, "20260301", "2026-03-01"),
        ("date", {"minimum": "2026-03-01"}, "2026/03/01", "2026-03-01"),
        ("money", {}, "¥1,234.5元", "1234.50"),
        ("money", {}, "0", "0.00"),
        ("integer", {}, "１２", "12"),
        ("integer", {"unit": "人"}, "12人", "12"),
        ("integer", {"minimum": "-5"}, "-5", "-5"),
        ("number", {}, "80.50", "80.5"),
        ("number", {}, "100", "100"),
        ("yes_no", {}, "no", "no"),
        ("address", {}, "城关镇人民路8号", "城关镇人民路8号"),
        ("declaration", {}, "on", "yes"),
    ],
)
def test_answers_are_made_uniform(type_: str, values: dict[str, Any], typed: str, stored: str) -> None:
    result = one(make_field(type_, **values), typed)
    assert result.errors == {}
    assert result.values == {"a": stored}


@pytest.mark.parametrize(
    ("type_", "values", "typed", "words"),
    [
        ("text", {"max_length": 3}, "一二三四", "最多写 3 个字"),
        ("text", {"pattern": "[A-Z]+", "pattern_message": "只用大写字母"}, "ab", "只用大写字母"),
        ("text", {}, "\u200b ", "请填写“甲”"),
        ("id_number", {}, PERSON_ID[:-1], "您填了 17 位"),
        ("id_number", {}, PERSON_ID[:-1] + ("0" if PERSON_ID[-1] != "0" else "1"), "最后一位不对"),
        ("id_number", {}, "990121199013070011", "出生日期"),
        ("id_number", {}, "9901211990030700AB", "只有数字"),
        ("credit_code", {}, "11990121MB0000239C", "有一位不对"),
        ("credit_code", {}, "11990121MB00O0238C", "没有字母"),
        ("credit_code", {}, "123", "18 位"),
        ("phone", {}, "1380013800", "11 位"),
        ("phone", {}, "5550012", "区号"),
        ("phone", {}, "abc", "电话写法不对"),
        ("email", {}, "a@b", "邮箱"),
        ("email", {}, "a@b..com", "邮箱"),
        ("date", {}, "2026-02-30", "没有"),
        ("date", {}, "昨天", "2026-03-01"),
        ("date", {"minimum": "2026-03-01"}, "2026-02-28", "不能早于 2026年3月1日"),
        ("date", {"maximum": "2026-03-01"}, "2026-03-02", "不能晚于 2026年3月1日"),
        ("money", {}, "-1", "不能小于 0元"),
        ("money", {}, "1.005", "小数点后两位"),
        ("money", {}, "1e5", "只写数字"),
        ("money", {}, "NaN", "只写数字"),
        ("money", {"maximum": "100"}, "100.01", "不能大于 100元"),
        ("integer", {}, "1.5", "整数"),
        ("integer", {"minimum": "1", "unit": "人"}, "0", "不能小于 1人"),
        ("number", {}, "1,23", "只写数字"),
        ("yes_no", {}, "maybe", "请选"),
        ("address", {}, "城关", "地址太短"),
        ("declaration", {}, "no", "打勾"),
        ("declaration", {}, "", "打勾"),
    ],
)
def test_wrong_answers_say_what_to_do(type_: str, values: dict[str, Any], typed: str, words: str) -> None:
    result = one(make_field(type_, **values), typed)
    assert "a" not in result.values
    assert words in result.errors["a"]


OPTIONS = [{"value": "x", "label": "叉"}, {"value": "y", "label": "歪"}]


def test_an_id_number_of_somebody_not_born_yet_is_told_also_in_tables() -> None:
    born = with_resident_check("99012120261122001")
    rows = make_field("table", columns=[{"id": "who", "label": "证件", "type": "id_number"}])
    posted = {"a.0.who": [born]}
    for today, right in ((date(2026, 11, 21), False), (date(2026, 11, 22), True), (None, True)):
        alone = validate_answers(form_of(make_field("id_number"), today=today), {"a": [born]})
        assert alone.ok is right
        assert right or "还没有到" in alone.errors["a"]
        assert validate_answers(form_of(rows, today=today), posted).ok is right


def test_choices_take_only_what_is_offered() -> None:
    choice, several = make_field("choice", options=OPTIONS), make_field("several", options=OPTIONS)
    assert one(choice, "y").values == {"a": "y"}
    assert "选项里选一个" in one(choice, "z").errors["a"]
    assert one(several, "y", "x", "y").values == {"a": ("x", "y")}
    assert one(several, "x", "z").errors
    assert "可以选几个" in one(several).errors["a"]
    assert one(make_field("several", options=OPTIONS, required=False)).values == {}


def test_empty_answers_to_optional_fields_are_absent() -> None:
    for type_ in ("text", "date", "money", "id_number", "yes_no", "file"):
        result = one(make_field(type_, required=False), " ")
        assert (result.values, result.errors) == ({}, {})


def test_unknown_answers_are_dropped() -> None:
    result = validate_answers(form_of(make_field("text")), {"a": ["甲"], "other": ["x"], "a.0.b": ["y"]})
    assert result.values == {"a": "甲"}


def test_hidden_fields_are_neither_asked_nor_kept() -> None:
    hidden = validate_answers(conditional(), {"kitchen": ["no"], "size": ["oops"], "big": ["x"]})
    assert (hidden.values, hidden.errors) == ({"kitchen": "no"}, {})
    shown = validate_answers(conditional(), {"kitchen": ["yes"], "size": ["9"], "big": ["x"]})
    assert shown.values == {"kitchen": "yes", "size": "9", "big": "x"}
    missing = validate_answers(conditional(), {"kitchen": ["yes"]})
    assert list(missing.errors) == ["size"]
    assert [each.id for each in visible_fields(conditional(), hidden.values)] == ["kitchen"]


def test_a_condition_on_several_holds_when_any_choice_matches() -> None:
    form = form_of(
        FormField.model_validate({"id": "kinds", "label": "种类", "type": "several", "options": OPTIONS}),
        FormField.model_validate(
            {"id": "why", "label": "为什么", "when": {"field": "kinds", "one_of": ["y", "z"]}}
        ),
    )
    assert list(validate_answers(form, {"kinds": ["x", "y"]}).errors) == ["why"]
    assert validate_answers(form, {"kinds": ["x"]}).ok


def table(**values: Any) -> FormField:
    return make_field(
        "table",
        columns=[
            {"id": "name", "label": "姓名"},
            {"id": "share", "label": "出资", "type": "money", "required": False},
            {
                "id": "born",
                "label": "生日",
                "type": "date",
                "required": False,
                "when": {"field": "share", "filled": True},
            },
        ],
        **values,
    )


def test_table_rows_are_read_in_order_and_blank_ones_left_out() -> None:
    answers = {
        "a.3.name": ["丙"],
        "a.0.name": ["甲"],
        "a.0.share": ["100"],
        "a.0.born": ["2000年1月1日"],
        "a.1.name": [" "],
        "a.1.share": [""],
        "a.3.born": ["ignored"],
        "a.x.name": ["不是行"],
    }
    result = validate_answers(form_of(table()), answers)
    assert result.errors == {}
    assert result.values == {"a": ({"name": "甲", "share": "100.00", "born": "2000-01-01"}, {"name": "丙"})}


def test_faults_in_tables_stand_at_row_and_column_as_submitted() -> None:
    answers = {"a.0.name": ["甲"], "a.2.share": ["很多"], "a.2.name": [""]}
    assert set(validate_answers(form_of(table()), answers).errors) == {"a.2.name", "a.2.share"}


def test_tables_have_a_least_and_a_greatest_number_of_rows() -> None:
    assert "至少填 1 行" in validate_answers(form_of(table()), {}).errors["a"]
    assert validate_answers(form_of(table(required=False, min_rows=2)), {}).ok
    few = validate_answers(form_of(table(required=False, min_rows=2)), {"a.0.name": ["甲"]})
    assert "至少填 2 行" in few.errors["a"]
    many = {f"a.{number}.name": ["甲"] for number in range(1000)}
    assert "最多填 3 行" in validate_answers(form_of(table(max_rows=3)), many).errors["a"]


def test_files_are_checked_by_number_type_size_and_total() -> None:
    field = make_field("file", accept=["pdf", ".JPG"], max_files=2, max_megabytes=1)
    good = FileAnswer("f1", "照片.jpg", 1000)
    assert one(field, files={"a": [good]}).values == {"a": ("f1",)}
    assert "请上传" in one(field).errors["a"]
    assert "最多上传 2 个" in one(field, files={"a": [good] * 3}).errors["a"]
    assert "类型收不了" in one(field, files={"a": [FileAnswer("f", "a.exe", 10)]}).errors["a"]
    assert "类型收不了" in one(field, files={"a": [FileAnswer("f", "noending", 10)]}).errors["a"]
    assert "空的" in one(field, files={"a": [FileAnswer("f", "a.pdf", 0)]}).errors["a"]
    assert "超过 1 MB" in one(field, files={"a": [FileAnswer("f", "a.pdf", 1024 * 1024 + 1)]}).errors["a"]
    assert one(field, files={"a": [FileAnswer("f", "a.pdf", 1024 * 1024)]}).ok
    small = form_of(field, total_megabytes=1)
    two = {"a": [FileAnswer("f", "a.pdf", 600_000), FileAnswer("g", "b.pdf", 600_000)]}
    assert "全部文件加起来" in validate_answers(small, {}, two).errors["a"]
