"""A mapping file: how another system's columns become an item's fields, declared, not programmed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from catalog.form_schema import Part, Text
from catalog.problems import Problem
from catalog.reader import read_model
from rules.errors import Invalid

PACKAGED = Path(__file__).parent / "mappings"

Format = Literal["jsonl", "json", "csv", "xlsx"]
Kind = Literal["text", "exact", "limit", "phone", "yes_no", "integer", "money", "date", "json", "url"]

# What registries write where there is nothing.
NOTHING = ("", "无", "无。", "/", "\\", "-", "--", "—", "——", "null", "NULL", "None", "N/A")


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _as_texts(value: object) -> object:
    """Keys of a value map may be written bare: `1: …`, `true: …`."""
    if not isinstance(value, dict):
        return value
    return {str(key): None if each is None else str(each) for key, each in value.items()}


Columns = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple)]
Words = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
ValueMap = Annotated[dict[str, str | None], BeforeValidator(_as_texts)]


class MappingPart(Part):
    """Base of the mapping's parts: like Part, but spaces in separators and replacements count."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False, populate_by_name=True)


def _compiled(pattern: str | None) -> str | None:
    if pattern is not None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"正则表达式不对：{error}") from error
    return pattern


Pattern = Annotated[str, BeforeValidator(_compiled)]


class RowTest(MappingPart):
    """A test of one column (`column`) of the source row, or of a field of the item already filled (`field`)."""

    column: Text | None = None
    field: Text | None = None
    equals: Words | None = Field(None, alias="is")
    differs: Words | None = Field(None, alias="is_not")
    matches: Pattern | None = None
    empty: bool | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> RowTest:
        if (self.column is None) == (self.field is None):
            raise ValueError("column、field 写且只写一个")
        if all(each is None for each in (self.equals, self.differs, self.matches, self.empty)):
            raise ValueError("要写 is、is_not、matches、empty 中的一个")
        return self


class Replacement(MappingPart):
    """A regular expression and what stands in its place."""

    pattern: Pattern
    by: str = ""


class Rule(MappingPart):
    """How one value is got. The steps run in the order of the fields below."""

    columns: Columns = Field((), alias="from", description="列名或 JSON 路径 a.b、a[0].b、a.*.b;. 是元素本身")
    const: str | None = Field(None, description="固定值")
    when: RowTest | None = Field(None, description="满足才取值")
    join: str | None = Field(None, description="几列都取，用它连接；不写取第一个有内容的")
    nothing: Words = Field((), description="除 source.nothing 以外，也当作没有内容的写法")
    replace: tuple[Replacement, ...] = ()
    extract: Pattern | None = Field(None, description="取出匹配部分（有括号取第一个括号）")
    split: str | None = Field(
        None, description="lines 按行、list 按顿号逗号分号、numbered 按 1. 2.，或正则表达式"
    )
    map: ValueMap = Field(default_factory=dict, description="值对照表；null 表示不要")
    other: str | None = Field(None, description="对照表里没有时的值（写了才生效）")
    table: str | None = Field(None, description="代码表名：名称换成代码")
    kind: Kind = Field("text", alias="as")
    unit: Literal["workday", "day"] = Field("workday", description="时限没有写单位时的单位")
    warn: ValueMap = Field(default_factory=dict, description="源值出现时要说的话")
    default: str | None = Field(None, description="什么都没有时的值")
    missing: Literal["quiet", "warn", "reject"] = Field("quiet", description="什么都没有时怎么办")

    @field_validator("split")
    @classmethod
    def _split_compiles(cls, value: str | None) -> str | None:
        return value if value in ("lines", "list", "numbered") else _compiled(value)

    @model_validator(mode="after")
    def _has_source(self) -> Rule:
        if not self.columns and self.const is None:
            raise ValueError("要写 from（列名）或 const（固定值）")
        return self


def _as_rules(value: object) -> object:
    """A bare column name, one rule, or several (values joined for lists, else the first that has one)."""
    if isinstance(value, str):
        return ({"from": value},)
    if isinstance(value, dict):
        return (value,)
    if isinstance(value, list):
        return tuple({"from": each} if isinstance(each, str) else each for each in value)
    return value


Target = Annotated[tuple[Rule, ...], BeforeValidator(_as_rules)]


class Rows(MappingPart):
    """How a list of parts (materials, fees, …) is got: from a column that holds a list, or one from each row."""

    columns: Columns = Field((), alias="from")
    per_row: bool = Field(False, description="同一事项的每一行各是一项")
    split: str | None = None
    nothing: Words = ()
    need: Text = Field("name", description="没有这个字段就不算一项")
    fields: dict[str, Target] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_source(self) -> Rows:
        if bool(self.columns) == self.per_row:
            raise ValueError("from 和 per_row 写且只写一个")
        return self


class Remark(MappingPart):
    """A column for which the item has no field, kept as a sentence `标签：值`."""

    columns: Columns = Field(alias="from")
    label: Text
    nothing: Words = Field((), description="这些值不必保留")
    same_as: str | None = Field(None, description="与这一列相同就不必保留")


class Skip(MappingPart):
    """Rows that are no items (totals, notes); each is named in the report with this reason."""

    when: RowTest
    reason: Text


class Source(MappingPart):
    """How the file is read."""

    format: Format | None = Field(None, description="不写按文件名结尾")
    encoding: str | None = Field(None, description="不写自动判断 utf-8、gb18030、utf-16")
    delimiter: str | None = Field(None, description="CSV 分隔符，不写自动判断")
    sheet: str | int | None = Field(None, description="XLSX 工作表名，或第几张（从 1 数）")
    header_row: int = Field(1, ge=1, le=100, description="表头在第几行")
    header_rows: int = Field(1, ge=1, le=5, description="表头有几行；上下两层用 / 连接")
    records: str | None = Field(None, description="JSON 里列表所在的路径")
    fill_down: tuple[Text, ...] = Field((), description="空着就沿用上一行的列（合并单元格）")
    group_by: Columns = Field((), description="这些列相同的行是同一个事项")
    nothing: Words = Field(NOTHING, description="整张表里当作没有内容的写法")
    quoted_formulas: bool = Field(False, description="值前面的 ' 是导出时加的，去掉")
    skip: tuple[Skip, ...] = ()


class Mapping(MappingPart):
    """One mapping file."""

    name: Text
    source: Source = Source()
    file: Target = Field((), description="事项文件的名字（不带 .yml）；不写按名称的拼音")
    department: dict[str, Target]
    item: dict[str, Target]
    rows: dict[str, Rows] = Field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    ignore: dict[str, Text] = Field(default_factory=dict, description="不要的列和不要的原因")
    keep_unused: bool = Field(True, description="没有提到的列写进备注；false 只在报告里列出")

    @model_validator(mode="after")
    def _essential(self) -> Mapping:
        for needed in ("code", "name", "type"):
            if needed not in self.item:
                raise ValueError(f"item 里要写 {needed} 从哪里来")
        if "name" not in self.department:
            raise ValueError("department 里要写 name 从哪里来")
        return self

    def mentioned(self) -> frozenset[str]:
        """Every column that something in the mapping reads, gives as reason to skip, or ignores."""
        found: set[str] = set(self.ignore)
        targets = [self.file, *self.department.values(), *self.item.values()]
        for rows in self.rows.values():
            found.update(rows.columns)
            targets += rows.fields.values()
        for rule in (rule for target in targets for rule in target):
            found.update(rule.columns)
            if rule.when and rule.when.column:
                found.add(rule.when.column)
        for remark in self.remarks:
            found.update(remark.columns)
        found.update(self.source.group_by)
        found.update(skip.when.column for skip in self.source.skip if skip.when.column)
        return frozenset(found)


def load_mapping(path: Path) -> Mapping:
    """Reads a mapping file. Raises Invalid with every fault and its line."""
    problems: list[Problem] = []
    mapping = read_model(path, path.name, Mapping, problems)
    if mapping is None or problems:
        raise Invalid("映射文件有误：\n" + "\n".join(str(problem) for problem in problems))
    return mapping
