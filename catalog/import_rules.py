"""One row through the rules of a mapping: values for fields, with every oddity and everything left over."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from catalog.codes import Codes
from catalog.import_values import (
    Read,
    Unreadable,
    plain,
    read_day,
    read_integer,
    read_limit,
    read_money,
    read_phone,
    read_url,
    read_yes_no,
    split_by,
)
from catalog.mapping import NOTHING, Rows, RowTest, Rule, Target
from catalog.source_paths import column_values
from rules.errors import Invalid


class Rejected(Exception):
    """The row cannot become an item; the message is the reason in the report."""


@dataclass(slots=True)
class Notes:
    """What is told about the row under work: (field, message) pairs, and source text kept as remarks."""

    warnings: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def warn(self, where: str, message: str) -> None:
        if (where, message) not in self.warnings:
            self.warnings.append((where, message))

    def keep(self, label: str, text: str) -> None:
        remark = f"{label}：{text}"
        if remark not in self.remarks:
            self.remarks.append(remark)


Cells = Mapping[str, object]


class Evaluator:
    """Applies rules to rows. `filled` is what the item has so far, for conditions on its own fields."""

    def __init__(
        self, codes: Codes, notes: Notes, filled: Mapping[str, object], nothing: tuple[str, ...] = NOTHING
    ) -> None:
        self._nothing = nothing
        self._codes = codes
        self._notes = notes
        self._filled = filled

    def target(self, name: str, target: Target, cells: Cells, several: bool) -> list[object]:
        """The values of a field: of all its rules for a list, else of the first that yields any."""
        found: list[object] = []
        for rule in target:
            values = self._rule(name, rule, cells)
            found += [value for value in values if value not in found]
            if found and not several:
                break
        if not found:
            missing = {rule.missing for rule in target}
            if "reject" in missing:
                raise Rejected(
                    f"没有 {name}（{'、'.join(column for rule in target for column in rule.columns)}）"
                )
            if "warn" in missing:
                self._notes.warn(name, "来源里没有这一项")
            for rule in target:
                if rule.default is not None and (rule.when is None or self.holds(rule.when, cells)):
                    found += self._converted(name, rule, rule.default)
        return found

    def _rule(self, name: str, rule: Rule, cells: Cells) -> list[object]:
        if rule.when is not None and not self.holds(rule.when, cells):
            return []
        if rule.const is not None:
            return self._converted(name, rule, rule.const)
        if rule.warn:
            self._warned(name, rule, cells)
        raws = [value for column in rule.columns for value in self._raw(column, cells, rule)]
        if rule.join is not None:
            texts = [plain(raw) for raw in raws]
            raws = [rule.join.join(text for text in texts if text)] if texts else []
        elif len(rule.columns) > 1 and raws:
            raws = next(values for column in rule.columns if (values := self._raw(column, cells, rule)))
        found: list[object] = []
        for raw in raws:
            found += self._one(name, rule, raw)
        return found

    def _warned(self, name: str, rule: Rule, cells: Cells) -> None:
        """Values of the source to be remarked upon, also those that stand for nothing."""
        for value in (value for column in rule.columns for value in column_values(cells, column)):
            for text in (plain(each) for each in (value if isinstance(value, list) else [value])):
                if text in rule.warn:
                    self._notes.warn(name, rule.warn[text] or f"来源写的是“{text}”")

    def _raw(self, column: str, cells: Cells, rule: Rule) -> list[object]:
        """The contents of a column as single values; a list in a cell is several."""
        values: list[object] = []
        for value in column_values(cells, column):
            values += value if isinstance(value, list) and rule.kind != "json" else [value]
        return [value for value in values if not self._is_nothing(value, rule.nothing)]

    def _one(self, name: str, rule: Rule, raw: object) -> list[object]:
        if rule.kind == "json":
            return self._json(name, raw)
        if isinstance(raw, list | dict):
            raw = json.dumps(raw, ensure_ascii=False)
        text = str(raw).strip() if rule.kind == "exact" and not isinstance(raw, bool) else plain(raw)
        for replacement in rule.replace:
            text = re.sub(replacement.pattern, replacement.by, text)
        if rule.extract is not None:
            matched = re.search(rule.extract, text)
            if matched is None:
                self._notes.warn(name, f"“{_short(text)}”里没有要取的内容")
                self._notes.keep(name, text)
                return []
            text = matched[1] if matched.re.groups else matched[0]
        parts = split_by(text, rule.split) if rule.split else [text]
        found: list[object] = []
        for part in parts:
            if not self._is_nothing(part, rule.nothing):
                found += self._mapped(name, rule, part)
        return found

    def _mapped(self, name: str, rule: Rule, text: str) -> list[object]:
        if text in rule.map:
            meant = rule.map[text]
            return [] if meant is None else self._converted(name, rule, meant)
        if "other" in rule.model_fields_set:
            return [] if rule.other is None else self._converted(name, rule, rule.other)
        return self._converted(name, rule, text)

    def _converted(self, name: str, rule: Rule, text: str) -> list[object]:
        if rule.table is not None:
            return self._code(name, rule.table, text)
        try:
            read = read_limit(text, rule.unit) if rule.kind == "limit" else _CONVERTERS[rule.kind](text)
        except Unreadable as error:
            self._notes.warn(name, f"{error}，原文放进备注")
            self._notes.keep(name, text)
            return []
        if read.oddity:
            self._notes.warn(name, read.oddity)
            if str(read.value) != text and rule.kind == "phone":
                self._notes.keep(name, text)
        value = read.value
        return [value.model_dump(exclude_defaults=True) if isinstance(value, BaseModel) else value]

    def _code(self, name: str, table: str, text: str) -> list[object]:
        if table not in self._codes.tables:
            raise Invalid(f"映射里的代码表 {table} 不存在，现有：{'、'.join(self._codes)}")
        known = self._codes[table]
        code = text if text in known else known.code_of(text)
        if code is None:
            self._notes.warn(name, f"{known.name}代码表里没有“{_short(text)}”，原文放进备注")
            self._notes.keep(known.name, text)
            return []
        return [code]

    def _json(self, name: str, raw: object) -> list[object]:
        if not isinstance(raw, str):
            return [raw]
        try:
            return [json.loads(raw)]
        except ValueError:
            self._notes.warn(name, f"“{_short(raw)}”不是完整的 JSON，原文放进备注")
            self._notes.keep(name, raw)
            return []

    def holds(self, test: RowTest, cells: Cells) -> bool:
        """Whether a row (or the item so far) passes a test."""
        if test.field is not None:
            value = _dig(self._filled, test.field)
            texts = [
                str(each) for each in (value if isinstance(value, list) else [value]) if each is not None
            ]
        else:
            found = column_values(cells, test.column or "")
            flat = [one for each in found for one in (each if isinstance(each, list) else [each])]
            texts = [text for text in (plain(each) for each in flat) if text]
        if test.empty is not None and (not texts) != test.empty:
            return False
        if test.equals is not None and not set(texts) & set(test.equals):
            return False
        if test.differs is not None and set(texts) & set(test.differs):
            return False
        return test.matches is None or any(re.search(test.matches, text) for text in texts)

    def rows(
        self, name: str, rows: Rows, cells: Cells, several: Callable[[str], bool]
    ) -> list[dict[str, object]]:
        """The parts of a list field that one source row holds."""
        if rows.per_row:
            elements: list[object] = [cells]
        else:
            elements = []
            for column in rows.columns:
                for value in column_values(cells, column):
                    elements += value if isinstance(value, list) else self._split_cell(value, rows)
        found: list[dict[str, object]] = []
        for element in elements:
            if not isinstance(element, Mapping) and self._is_nothing(element, rows.nothing):
                continue
            inner: dict[str, object] = dict(cells)
            inner.update(element if isinstance(element, Mapping) else {".": element})
            part: dict[str, object] = {}
            for target_name, target in rows.fields.items():
                values = self.target(f"{name}.{target_name}", target, inner, several(target_name))
                if values:
                    put(part, target_name, values if several(target_name) else values[0])
            if rows.need in part and part not in found:
                found.append(part)
        return found

    def _is_nothing(self, value: object, more: tuple[str, ...]) -> bool:
        if value is None or value == [] or value == {}:
            return True
        if isinstance(value, str):
            text = value.strip()
            return not text or text in self._nothing or text in more
        return False

    def _split_cell(self, value: object, rows: Rows) -> list[object]:
        if isinstance(value, Mapping) or not rows.split:
            return [value]
        return list(split_by(plain(value), rows.split))


_CONVERTERS: Mapping[str, Callable[[str], Read]] = {
    "text": Read,
    "exact": Read,
    "phone": read_phone,
    "yes_no": read_yes_no,
    "integer": read_integer,
    "money": read_money,
    "date": read_day,
    "url": read_url,
}


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def put(target: dict[str, object], path: str, value: object) -> None:
    """Sets `a.b` in nested dictionaries."""
    first, _, rest = path.partition(".")
    if not rest:
        target[first] = value
        return
    inner = target.setdefault(first, {})
    if isinstance(inner, dict):
        put(inner, rest, value)


def _dig(source: Mapping[str, object], path: str) -> object:
    value: object = source
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
