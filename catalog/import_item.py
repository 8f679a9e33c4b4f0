"""One item, and its department, from the rows of a source that belong to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError

from catalog.codes import Codes
from catalog.county import Department
from catalog.import_rules import Cells, Evaluator, Notes, Rejected, put
from catalog.import_sources import SourceRow
from catalog.import_tree import ImportTree
from catalog.import_values import plain
from catalog.labels import label
from catalog.mapping import NOTHING
from catalog.mapping import Mapping as MappingFile
from catalog.pydantic_chinese import explained, model_at
from catalog.schema import Item
from catalog.source_paths import column_values
from catalog.yaml_text import Document, field_path

_ESSENTIAL = frozenset({"code", "name", "type", "department"})
NO_CREDIT_CODE = "0" * 18


@dataclass(slots=True)
class Work:
    """One item under way: its rows, what is told about it."""

    rows: list[SourceRow]
    notes: Notes
    values: dict[str, object] = field(default_factory=dict)
    stem: str = ""
    department: Department | None = None

    @property
    def number(self) -> int:
        return self.rows[0].number

    @property
    def code(self) -> str:
        return str(self.values.get("code", ""))


class ItemBuilder:
    """Applies a mapping to the rows of one item at a time; `settle` then writes a new department."""

    def __init__(self, mapping: MappingFile, codes: Codes, tree: ImportTree, unused: Collection[str]) -> None:
        self._mapping = mapping
        self._codes = codes
        self._tree = tree
        self._unused = unused
        self._departments: dict[str, Department] = {}
        self.founded = 0

    @property
    def departments(self) -> dict[str, Department]:
        """The departments met so far, by id."""
        return {each.id: each for each in self._departments.values()}

    def item(self, work: Work) -> Item:
        """The item of a group of rows. Raises Rejected."""
        evaluator = Evaluator(self._codes, work.notes, work.values, self._mapping.source.nothing)
        for name, target in self._mapping.item.items():
            several = is_several(Item, name)
            found: list[object] = []
            for row in work.rows:
                values = evaluator.target(name, target, row.cells, several)
                if several:
                    found += [value for value in values if value not in found]
                else:
                    self._single(name, values, found, work)
            if found:
                put(work.values, name, found if several and not _whole_list(found) else found[0])
        for name, rows in self._mapping.rows.items():
            part = model_at(Item, field_path(name))
            inner = partial(is_several, part or Item)
            parts: list[dict[str, object]] = []
            for row in work.rows:
                parts += [each for each in evaluator.rows(name, rows, row.cells, inner) if each not in parts]
            if parts:
                put(work.values, name, parts)
        self._code(work)
        department = self._department(work, evaluator)
        work.values["department"] = department.id
        stems = evaluator.target("file", self._mapping.file, work.rows[0].cells, False)
        work.stem = str(stems[0]) if stems else ""
        self._remarks(work)
        work.department = department
        return self._validated(work)

    def settle(self, work: Work) -> None:
        """Writes the item's department if it is new; called only for items that will be written, so that a
        rejected row leaves no empty department behind.
        """
        department = work.department
        if department is None:
            return
        if self._tree.department(department.name) is None:
            self._tree.add_department(department)
            self.founded += 1
        self._departments[department.name] = department

    def _code(self, work: Work) -> None:
        """The code without blanks and full-width digits; one that a spreadsheet has rounded is no code."""
        given = str(work.values.get("code", ""))
        code = re.sub(r"\s+", "", unicodedata.normalize("NFKC", given))
        if re.fullmatch(r"\d(?:\.\d+)?[Ee]\+?\d+", code):
            raise Rejected(
                f"编码 {code} 被表格软件变成了科学计数，原来的数字已经丢失；请把那一列设为文本重新导出"
            )
        if code != given:
            work.notes.warn("code", f"编码“{given}”里有空白或全角字符，改为 {code}")
        if code:
            work.values["code"] = code

    def _single(self, name: str, values: list[object], found: list[object], work: Work) -> None:
        for value in values:
            if not found:
                found.append(value)
            elif value != found[0]:
                work.notes.warn(name, f"有不止一个值，取第一个“{found[0]}”，其余放进备注")
                work.notes.keep(_label(name), str(value))

    def _remarks(self, work: Work) -> None:
        for row in work.rows:
            for remark in self._mapping.remarks:
                for column in remark.columns:
                    for text in _texts(row.cells, column):
                        if text not in remark.nothing and text not in _texts(row.cells, remark.same_as):
                            work.notes.keep(remark.label, text)
            if self._mapping.keep_unused:
                for name in self._unused:
                    for text in _texts(row.cells, name):
                        work.notes.keep(name, text)
        if work.notes.remarks:
            before = work.values.get("remarks", [])
            kept = list(before) if isinstance(before, list | tuple) else [before]
            work.values["remarks"] = kept + work.notes.remarks

    def _validated(self, work: Work) -> Item:
        """The item; a part that does not fit is taken out, told, and kept as a remark. Raises Rejected."""
        for _ in range(20):
            try:
                return Item.model_validate(work.values)
            except ValidationError as error:
                problems = explained(error, Item, Document(work.values), "")
                self._take_out(problems[0].field, problems[0].message, work)
        raise Rejected("内容与事项格式相差太多，请检查映射")

    def _take_out(self, where: str, message: str, work: Work) -> None:
        path = field_path(where)
        if not path or path[0] in _ESSENTIAL:
            raise Rejected(f"{where}: {message}" if where else message)
        # Inside lists of parts the whole part goes; a half one would fail again or mislead.
        depth = 2 if len(path) > 1 and isinstance(path[1], int) else len(path)
        owner: Any = work.values
        for part in path[: depth - 1]:
            owner = owner[part]
        try:
            taken = owner.pop(path[depth - 1])
        except (KeyError, IndexError, TypeError):
            taken = work.values.pop(str(path[0]), None)
        work.notes.warn(where, f"{message}；没有采用，原文放进备注")
        remarks = work.values.setdefault("remarks", [])
        if isinstance(remarks, list) and taken not in (None, {}, []):
            remarks.append(f"{_label(str(path[0]))}：{taken}")

    def _department(self, work: Work, evaluator: Evaluator) -> Department:
        cells = work.rows[0].cells
        values: dict[str, object] = {}
        for name, target in self._mapping.department.items():
            several = is_several(Department, name)
            found = evaluator.target(f"department.{name}", target, cells, several)
            if found:
                values[name] = found if several and not _whole_list(found) else found[0]
        name = str(values.get("name", ""))
        if not name:
            raise Rejected("没有实施主体（部门）的名称")
        known = self._departments.get(name) or self._tree.department(name)
        if known is not None:
            given = values.get("credit_code")
            if given and known.credit_code not in (given, NO_CREDIT_CODE):
                work.notes.warn(
                    "department.credit_code", f"{name}的信用代码有两个：{known.credit_code}、{given}"
                )
            return known
        return self._new_department(name, values, work)

    def _new_department(self, name: str, values: dict[str, object], work: Work) -> Department:
        values.setdefault("id", self._tree.free_department_id(name))
        values.setdefault("short_name", name)
        values.setdefault("number_word", str(values["short_name"]))
        if not values.get("credit_code"):
            work.notes.warn("department.credit_code", f"{name}没有统一社会信用代码，先写成 18 个 0，请补上")
            values["credit_code"] = NO_CREDIT_CODE
        try:
            return Department.model_validate(values)
        except ValidationError as error:
            problems = explained(error, Department, Document(values), "")
            raise Rejected(
                "部门资料有误：" + "；".join(f"{p.field}：{p.message}" for p in problems)
            ) from error


def is_several(model: type[BaseModel], path: str) -> bool:
    """Whether the field at a dotted path is a list."""
    names = path.split(".")
    owner = model_at(model, tuple(names[:-1])) if len(names) > 1 else model
    info = owner.model_fields.get(names[-1]) if owner else None
    return info is not None and get_origin(info.annotation) is tuple


def _whole_list(found: list[object]) -> bool:
    """A JSON cell holds the whole list at once."""
    return len(found) == 1 and isinstance(found[0], list)


def _texts(cells: Cells, column: str | None) -> list[str]:
    if column is None:
        return []
    found = [
        plain(one)
        for value in column_values(cells, column)
        for one in (value if isinstance(value, list) else [value])
        if not is_blank(one)
    ]
    return [text for text in found if text]


def is_blank(value: object) -> bool:
    if value is None or value == [] or value == {}:
        return True
    return isinstance(value, str) and value.strip() in NOTHING


def _label(path: str) -> str:
    first = path.partition(".")[0].partition("[")[0]
    return label("Item", first)
