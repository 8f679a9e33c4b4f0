"""An item's form on paper: the blank form and the filled sample, as values for the page and the DOCX."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.application_form import complete_form, visible_fields
from catalog.codes import Codes
from catalog.county import County
from catalog.form_schema import FormField
from catalog.sample_answers import Answer, sample_answer, sample_answers
from catalog.schema import Item
from presentation.dates import date_cn, money
from rules.quick_dataclass import dataclass

YES_NO = (("yes", "是"), ("no", "否"))


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of the paper form. `tall` leaves room for several lines; `note` says when to fill it in."""

    label: str
    value: str = ""
    note: str = ""
    tall: bool = False


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table of the paper form, empty cells included."""

    label: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class SheetSection:
    """One part of the form."""

    title: str
    lines: tuple[SheetRow | SheetTable, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormSheet:
    """The whole paper form of an item."""

    title: str
    item_name: str
    item_code: str
    department: str
    filled: bool
    sections: tuple[SheetSection, ...]


def form_sheet(item: Item, county: County, codes: Codes, department: str, *, filled: bool) -> FormSheet:
    """The paper form, blank or with the sample answers of the item (fictional)."""
    form = complete_form(item, county, codes)
    answers = sample_answers(form, county.name) if filled else {}
    shown = {each.id for each in visible_fields(form, answers)} if filled else None
    labels = {each.id: each for each in form.fields()}
    sections: list[SheetSection] = []
    for section in form.sections:
        lines = tuple(
            _line(each, answers.get(each.id, ""), labels, filled, county)
            for each in section.fields
            if shown is None or each.id in shown
        )
        if lines or section.notes:
            sections.append(SheetSection(section.title, lines, section.notes))
    return FormSheet(form.title, item.name, item.code, department, filled, tuple(sections))


def _line(
    each: FormField,
    answer: Answer,
    labels: Mapping[str, FormField],
    filled: bool,
    county: County,
) -> SheetRow | SheetTable:
    if each.type == "table":
        heads = tuple(column.label for column in each.columns)
        if filled:
            cells = tuple(_text(column, sample_answer(column, county.name)) for column in each.columns)
            return SheetTable(each.label, heads, (cells,))
        return SheetTable(each.label, heads, tuple(("",) * len(heads) for _ in range(max(each.min_rows, 4))))
    note = "" if filled else _when(each, labels)
    if each.type == "file":
        return SheetRow(each.label, "☑ 已附" if filled else "□ 已附    共____页", note)
    if each.type == "declaration":
        return SheetRow("声明", f"{'☑' if filled else '□'} {each.label}", note)
    if each.type in ("choice", "several", "yes_no"):
        chosen = answer if isinstance(answer, tuple) else (answer,)
        options = YES_NO if each.type == "yes_no" else tuple((o.value, o.label) for o in each.options)
        marks = "   ".join(f"{'☑' if value in chosen else '□'} {label}" for value, label in options)
        return SheetRow(each.label, marks, note)
    value = _text(each, answer) if filled and isinstance(answer, str) else _blank(each)
    return SheetRow(each.label, value, note, tall=each.type == "multiline")


def _blank(each: FormField) -> str:
    if each.type == "date":
        return "        年      月      日"
    if each.type == "money":
        return f"                        {each.unit or '元'}"
    return f"                        {each.unit}" if each.unit else ""


def _text(each: FormField, value: str | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return "、".join(_text(each, one) for one in value)
    if each.type == "date":
        try:
            return date_cn(value, weekday=False)
        except ValueError:
            return value
    if each.type == "money":
        return money(value)
    if each.type in ("choice", "yes_no", "several"):
        options = dict(YES_NO) if each.type == "yes_no" else {o.value: o.label for o in each.options}
        return options.get(value, value)
    return f"{value}{each.unit}" if each.unit else value


def _when(each: FormField, labels: Mapping[str, FormField]) -> str:
    """When a question on paper is to be answered: “经营方式”选“餐饮”的填写."""
    if each.when is None or each.when.field not in labels:
        return ""
    asked = labels[each.when.field]
    options = dict(YES_NO) if asked.type == "yes_no" else {o.value: o.label for o in asked.options}
    if each.when.filled is not None:
        return f"{'填了' if each.when.filled else '没填'}“{asked.label}”的填写"
    values = (each.when.equals,) if each.when.equals is not None else (each.when.one_of or ())
    said = "”或“".join(options.get(value or "", value or "") for value in values)
    return f"“{asked.label}”选“{said}”的填写"
