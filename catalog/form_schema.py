"""The form of an item: sections, fields, conditions between fields, as a department writes them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from catalog.patterns import repeats_within_repeats

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
FieldId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]

FieldType = Literal[
    "text",
    "multiline",
    "id_number",
    "credit_code",
    "phone",
    "email",
    "date",
    "money",
    "integer",
    "number",
    "choice",
    "several",
    "yes_no",
    "address",
    "table",
    "file",
    "declaration",
]


class Part(BaseModel):
    """Base of everything a department writes: unknown keys are mistakes, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)


class Option(Part):
    """One answer of a choice: `value` is stored, `label` is read."""

    value: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{1,40}$")]
    label: Text


class Condition(Part):
    """A field or material applies only when an earlier field of the same form has a given answer.

    Exactly one of `equals`, `one_of` and `filled` is given. A field of type `several` satisfies
    `equals` and `one_of` when any chosen value matches; `yes_no` answers are "yes" and "no".
    """

    field: FieldId
    equals: str | None = None
    one_of: tuple[str, ...] | None = None
    filled: bool | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Condition:
        given = [self.equals is not None, self.one_of is not None, self.filled is not None]
        if sum(given) != 1:
            raise ValueError("equals、one_of、filled 三者写且只写一个")
        return self


class FormField(Part):
    """One question. `sample` is what the filled sample shows (fictional)."""

    id: FieldId
    label: Text
    type: FieldType = "text"
    required: bool = True
    help: str | None = None
    sample: str | None = None
    unit: str | None = Field(None, description="数字、金额后面的单位，如 平方米")
    max_length: int | None = Field(None, ge=1, le=10000)
    minimum: Decimal | date | None = None
    maximum: Decimal | date | None = None
    pattern: str | None = Field(None, description="整体匹配的正则表达式")
    pattern_message: str | None = Field(None, description="不匹配时对填写人说的话")
    options: tuple[Option, ...] = ()
    columns: tuple[FormField, ...] = Field((), description="表格的列，不再嵌套表格和文件")
    min_rows: int = Field(1, ge=0, le=200)
    max_rows: int = Field(20, ge=1, le=200)
    accept: tuple[str, ...] = Field((), description="文件扩展名，如 pdf、jpg；不写用全县默认")
    max_files: int = Field(5, ge=1, le=50)
    max_megabytes: int = Field(20, ge=1, le=500)
    when: Condition | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> FormField:
        if self.type in ("choice", "several") and len(self.options) < 2:
            raise ValueError("选择题至少要有两个选项（options）")
        if self.type not in ("choice", "several") and self.options:
            raise ValueError("只有 choice 和 several 才写 options")
        if (self.type == "table") != bool(self.columns):
            raise ValueError("表格（table）要写 columns，其他类型不写")
        if any(c.type in ("table", "file", "declaration") for c in self.columns):
            raise ValueError("表格的列不能再是表格、文件或声明")
        if self.max_rows < self.min_rows:
            raise ValueError("max_rows 不能小于 min_rows")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError(f"pattern 不是正确的正则表达式：{error}") from error
            if repeats_within_repeats(self.pattern):
                raise ValueError(
                    "pattern 里重复的括号中又有重复（如 (a+)+），有的回答会让它算不完，请写得简单些"
                )
        return self


class FormSection(Part):
    """One topic, one page of the form."""

    title: Text
    help: str | None = None
    fields: tuple[FormField, ...] = Field(min_length=1)


class Form(Part):
    """What the applicant fills in beyond name, contact, materials and delivery, which every form has."""

    title: str | None = None
    sections: tuple[FormSection, ...] = ()

    @model_validator(mode="after")
    def _ids_and_conditions(self) -> Form:
        seen: set[str] = set()
        for section in self.sections:
            for field in section.fields:
                if field.id in seen:
                    raise ValueError(f"字段编号 {field.id} 重复")
                if field.when and field.when.field not in seen:
                    raise ValueError(f"字段 {field.id} 的条件引用了它前面没有的字段 {field.when.field}")
                seen.add(field.id)
        return self
