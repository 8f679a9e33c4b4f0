"""Answers to a form checked and made uniform: conditions, tables and files, every fault at its field."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import date
from typing import TYPE_CHECKING

from catalog.answer_values import Wrong, clean_text, read_value
from catalog.form_schema import Condition, FormField
from rules.identifiers import birth_date
from rules.quick_dataclass import dataclass

if TYPE_CHECKING:
    from catalog.application_form import ApplicationForm

Row = Mapping[str, "str | tuple[str, ...]"]
Value = str | tuple[str, ...] | tuple[Row, ...]
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """A file that was uploaded for a field: the store's id, the name it came with, its size in bytes."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Validated:
    """What was understood and what was not.

    `values`: a string for most types (dates ISO, money with two decimals), a tuple of option values for
    `several`, of rows for `table`, of file ids for `file`. Hidden and empty fields have no entry; constants
    of the form have theirs. `errors`: field id (in tables `table.0.column`, with the row as submitted) to
    the sentence shown beside it, in the order of the form.
    """

    values: Mapping[str, Value]
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.errors


class _Asking:
    """One pass over the form: a condition only ever looks back at what was already read."""

    def __init__(
        self,
        answers: Mapping[str, Sequence[str]],
        files: Mapping[str, Sequence[FileAnswer]],
        today: date | None,
    ) -> None:
        self.answers = answers
        self.files = files
        self.today = today
        self.values: dict[str, Value] = {}
        self.errors: dict[str, str] = {}

    def ask(self, each: FormField) -> None:
        try:
            if each.type == "file":
                found: Value | None = self._files(each)
            elif each.type == "table":
                found = self._table(each)
            elif each.type == "several":
                found = _several(each, self.answers.get(each.id, ()))
            else:
                found = _single(each, self.answers.get(each.id, ()), self.today)
        except Wrong as wrong:
            self.errors[each.id] = str(wrong)
            return
        if found is not None:
            self.values[each.id] = found

    def _files(self, each: FormField) -> tuple[str, ...] | None:
        given = tuple(self.files.get(each.id, ()))
        if not given:
            if each.required:
                raise Wrong(f"请上传“{each.label}”")
            return None
        if len(given) > each.max_files:
            raise Wrong(f"最多上传 {each.max_files} 个文件，现在是 {len(given)} 个，请去掉一些或合成一个 PDF")
        accepted = tuple(kind.lower().lstrip(".") for kind in each.accept)
        for one in given:
            kind = one.name.rpartition(".")[2].lower() if "." in one.name else ""
            if accepted and kind not in accepted:
                raise Wrong(f"“{one.name}”的类型收不了，请换成 {'、'.join(accepted)}")
            if one.size == 0:
                raise Wrong(f"“{one.name}”是空的，请重新选择")
            if one.size > each.max_megabytes * MEGABYTE:
                raise Wrong(f"“{one.name}”超过 {each.max_megabytes} MB，请压缩或分成几个文件")
        return tuple(one.id for one in given)

    def _table(self, each: FormField) -> tuple[Row, ...] | None:
        rows: list[Row] = []
        for index in _row_numbers(each, self.answers):
            row = self._row(each, index)
            if row is not None:
                rows.append(row)
        asked = each.required or bool(rows)
        least = max(each.min_rows, 1) if each.required else each.min_rows
        if asked and len(rows) < least:
            raise Wrong(f"“{each.label}”至少填 {least} 行")
        if len(rows) > each.max_rows:
            raise Wrong(f"“{each.label}”最多填 {each.max_rows} 行，现在是 {len(rows)} 行")
        return tuple(rows) or None

    def _row(self, table: FormField, index: int) -> Row | None:
        """One row; None when it was left empty. Conditions of columns look at the row, then at the form."""
        given = {
            column.id: tuple(self.answers.get(f"{table.id}.{index}.{column.id}", ()))
            for column in table.columns
        }
        if not any(clean_text(text) for texts in given.values() for text in texts):
            return None
        row: dict[str, str | tuple[str, ...]] = {}
        for column in table.columns:
            if column.when and not _holds(column.when, {**self.values, **row}):
                continue
            try:
                texts = given[column.id]
                if column.type == "several":
                    found: str | tuple[str, ...] | None = _several(column, texts)
                else:
                    found = _single(column, texts, self.today)
            except Wrong as wrong:
                self.errors[f"{table.id}.{index}.{column.id}"] = str(wrong)
                continue
            if found is not None:
                row[column.id] = found
        return row


def validate_answers(
    form: ApplicationForm,
    answers: Mapping[str, Sequence[str]],
    files: Mapping[str, Sequence[FileAnswer]] | None = None,
    sections: Collection[str] | None = None,
) -> Validated:
    """Checks answers as a browser posts them (every field a list of strings, rows as `table.0.column`).

    With `sections` only the faults of those pages are told, for forms that are filled page by page;
    conditions still see the whole. Answers to hidden or unknown fields are dropped. Nothing is raised.
    """
    asking = _Asking(answers, files or {}, form.today)
    asking.values.update(form.constants)
    for section in form.sections:
        before = dict(asking.errors)
        for each in section.fields:
            if each.when is None or _holds(each.when, asking.values):
                asking.ask(each)
        if sections is not None and section.id not in sections:
            asking.errors = before
    _total_size(form, asking)
    return Validated(asking.values, asking.errors)


def visible_fields(form: ApplicationForm, values: Mapping[str, Value]) -> tuple[FormField, ...]:
    """The questions that apply, given values as `validate_answers` returned them."""
    return tuple(each for each in form.fields() if each.when is None or _holds(each.when, values))


def _total_size(form: ApplicationForm, asking: _Asking) -> None:
    shown = [each.id for each in form.fields() if each.type == "file" and each.id in asking.values]
    total = sum(one.size for field_id in shown for one in asking.files.get(field_id, ()))
    if total > form.total_megabytes * MEGABYTE:
        asking.errors.setdefault(shown[-1], f"全部文件加起来超过 {form.total_megabytes} MB，请压缩后再传")


def _holds(condition: Condition, values: Mapping[str, Value]) -> bool:
    value = values.get(condition.field)
    if condition.filled is not None:
        return (value is not None) == condition.filled
    chosen = {value} if isinstance(value, str) else {each for each in value or () if isinstance(each, str)}
    wanted = {condition.equals} if condition.equals is not None else set(condition.one_of or ())
    return bool(chosen & wanted)


def _single(each: FormField, texts: Sequence[str], today: date | None) -> str | None:
    raw = next((text for text in reversed(texts) if clean_text(text)), "")
    if not raw:
        if each.required:
            raise Wrong(_please(each))
        return None
    value = read_value(each, raw)
    if each.type == "id_number" and birth_date(value, today) is None:
        raise Wrong("身份证号里的出生日期（第 7 至 14 位）还没有到，请对照证件再看一遍")
    return value


def _several(each: FormField, texts: Sequence[str]) -> tuple[str, ...] | None:
    given = {clean_text(text) for text in texts} - {""}
    known = [option.value for option in each.options]
    if given - set(known):
        raise Wrong("请在给出的选项里选")
    if not given:
        if each.required:
            raise Wrong(f"请选择“{each.label}”，可以选几个")
        return None
    return tuple(value for value in known if value in given)


def _please(each: FormField) -> str:
    if each.type in ("choice", "yes_no"):
        return f"请选择“{each.label}”" if len(each.label) <= 20 else "请选择一个"
    if each.type == "declaration":
        return "请看过以后打勾确认"
    return f"请填写“{each.label}”" if len(each.label) <= 20 else "请填写这一项"


def _row_numbers(table: FormField, answers: Mapping[str, Sequence[str]]) -> list[int]:
    """The rows that were posted, a few more than allowed at most, so that nobody makes us read a million."""
    pattern = re.compile(rf"{re.escape(table.id)}\.(\d{{1,6}})\.")
    numbers = {int(matched[1]) for key in answers if (matched := pattern.match(key))}
    return sorted(numbers)[: table.max_rows + 50]
