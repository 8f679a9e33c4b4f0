"""A form as its pages show it: which sections there are, what stands in each field, what was answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup

from catalog.application_form import (
    PAPER_PREFIX,
    RESERVED_PREFIX,
    ApplicationForm,
    ApplicationSection,
    Validated,
    complete_form,
    validate_answers,
    visible_fields,
)
from catalog.form_answers import Value
from catalog.form_schema import FormField
from catalog.schema import Item
from handlers.apply_draft import Filling, OpenDraft
from handlers.context import Hall
from presentation.dates import date_cn, money, size_cn
from presentation.view import FieldError, UploadedFile
from rules.quick_dataclass import dataclass

DECLARATION = "declaration"
YES_NO = {"yes": "是", "no": "否"}
_PAPERS = (("originals", "收到原件"), ("copies", "收到复印件"))


@dataclass(frozen=True, slots=True)
class ShownField:
    """One question on a page. `hidden`: it waits for another answer of the same page (`switch`)."""

    field: FormField
    value: object
    files: tuple[UploadedFile, ...]
    switch: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class AnsweredSection:
    """One part of the summary: (label, what was answered, address to change it)."""

    title: str
    entries: tuple[tuple[str, str, str], ...]
    address: str


def form_for(hall: Hall, item: Item, filling: Filling) -> ApplicationForm:
    """The whole form; for a walk-in papers may be shown at the window instead of uploaded."""
    form = replace(complete_form(item, hall.county, hall.site_data.codes), today=hall.now().date())
    return _for_window(form, item) if filling.window else form


def _for_window(form: ApplicationForm, item: Item) -> ApplicationForm:
    sections = []
    for section in form.sections:
        if section.id == "agent":
            fields = tuple(
                each.model_copy(update={"required": False}) if each.type == "file" else each
                for each in section.fields
            )
            sections.append(replace(section, fields=fields))
        elif section.id == "materials":
            sections.append(_materials_at_window(section))
        else:
            sections.append(section)
    return replace(form, sections=tuple(sections))


def _materials_at_window(section: ApplicationSection) -> ApplicationSection:
    fields: list[FormField] = []
    for each in section.fields:
        if each.type != "file":
            fields.append(each)
            continue
        fields.append(each.model_copy(update={"required": False}))
        for kind, label in _PAPERS:
            fields.append(
                FormField(
                    id=_paper_id(_material_code(each), kind),
                    label=f"{each.label}：{label}",
                    type="integer",
                    required=False,
                    unit="份",
                    minimum=0,
                    maximum=99,
                    when=each.when,
                )
            )
    return replace(section, fields=tuple(fields))


def _material_code(upload: FormField) -> str:
    return upload.id.removeprefix(RESERVED_PREFIX)


def _paper_id(code: str, kind: str) -> str:
    return f"{PAPER_PREFIX}{code}_{kind}"[:60]


def paper_fields(form: ApplicationForm) -> dict[str, tuple[str, str]]:
    """The questions that count papers at a window, as (material id, `originals` or `copies`) by field id.

    Told by where they stand, not by their names: an item's own question may be called anything.
    """
    section = form.section("materials")
    asked = section.fields if section else ()
    counted = {each.id for each in asked if each.type == "integer"}
    return {
        name: (_material_code(each), kind)
        for each in asked
        if each.type == "file"
        for kind, _ in _PAPERS
        if (name := _paper_id(_material_code(each), kind)) in counted
    }


def paper_given(form: ApplicationForm, values: Mapping[str, Value]) -> dict[str, tuple[int, int]]:
    """Originals and copies handed over at the window, by material id."""
    found: dict[str, tuple[int, int]] = {}
    for name, (code, kind) in paper_fields(form).items():
        value = values.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit():
            originals, copies = found.get(code, (0, 0))
            found[code] = (int(value), copies) if kind == "originals" else (originals, int(value))
    return found


def checked(form: ApplicationForm, filling: Filling, section: str | None = None) -> Validated:
    """What was answered, with the faults of one section or of all."""
    return validate_answers(form, filling.answers, filling.files, None if section is None else {section})


def pages(form: ApplicationForm, validated: Validated) -> tuple[ApplicationSection, ...]:
    """The sections that have something to ask or to say now; the declaration stands on the summary page."""
    shown = {each.id for each in visible_fields(form, validated.values)}
    return tuple(
        section
        for section in form.sections
        if section.id != DECLARATION
        and (
            section.notes or any(each.id in shown or _switched_here(section, each) for each in section.fields)
        )
    )


def _switched_here(section: ApplicationSection, each: FormField) -> bool:
    return each.when is not None and any(other.id == each.when.field for other in section.fields)


def shown_fields(
    form: ApplicationForm, section: ApplicationSection, filling: Filling, validated: Validated, files_at: str
) -> tuple[ShownField, ...]:
    """The questions of a page with what was typed, those included that another answer here may call up."""
    visible = {each.id for each in visible_fields(form, validated.values)}
    found: list[ShownField] = []
    for each in section.fields:
        switch = _switched_here(section, each)
        if each.id not in visible and not switch:
            continue
        files = tuple(
            UploadedFile(one.id, one.name, one.size, f"{files_at}/{one.id}")
            for one in filling.files.get(each.id, ())
        )
        found.append(ShownField(each, typed(each, filling.answers), files, switch, each.id not in visible))
    return tuple(found)


def typed(each: FormField, answers: Mapping[str, Sequence[str]]) -> object:
    """What the field macro takes: text, a list for `several`, a list of rows for `table`."""
    if each.type == "table":
        rows = row_numbers(each, answers)
        return [
            {
                column.id: _cell(column, answers.get(f"{each.id}.{row}.{column.id}", ()))
                for column in each.columns
            }
            for row in rows
        ]
    return _cell(each, answers.get(each.id, ()))


def _cell(each: FormField, texts: Sequence[str]) -> object:
    if each.type == "several":
        return list(texts)
    return texts[-1] if texts else ""


def row_numbers(table: FormField, answers: Mapping[str, Sequence[str]]) -> tuple[int, ...]:
    """The rows of a table that have been begun, empty ones included."""
    start = f"{table.id}."
    found = {name[len(start) :].partition(".")[0] for name in answers if name.startswith(start)}
    return tuple(sorted(int(each) for each in found if each.isascii() and each.isdigit() and len(each) <= 6))


def field_errors(errors: Mapping[str, str]) -> list[FieldError]:
    """The list at the top of the page."""
    return [FieldError(name, message) for name, message in errors.items()]


def summary(draft: OpenDraft, form: ApplicationForm, validated: Validated) -> tuple[AnsweredSection, ...]:
    """Everything that was answered, part by part, each with the address where it can be changed."""
    visible = {each.id for each in visible_fields(form, validated.values)}
    found: list[AnsweredSection] = []
    for section in form.sections:
        if section.id == DECLARATION:
            continue
        address = f"{draft.address}/{section.id}"
        entries = tuple(
            (each.label, answer_text(each, draft.filling, validated.values), f"{address}#f-{each.id}")
            for each in section.fields
            if each.id in visible
        )
        if entries:
            found.append(AnsweredSection(section.title, entries, address))
    return tuple(found)


def answer_text(each: FormField, filling: Filling, values: Mapping[str, Value]) -> str:
    """An answer as a person reads it; what was typed where it could not be understood."""
    if each.type == "file":
        return Markup("<br>").join(
            f"{one.name}（{size_cn(one.size)}）" for one in filling.files.get(each.id, ())
        )
    value = values.get(each.id)
    if each.type == "table":
        rows = value if isinstance(value, tuple) else ()
        lines = [
            f"{number}. "
            + "；".join(
                f"{column.label}：{value_text(column, row[column.id])}"
                for column in each.columns
                if isinstance(row, Mapping) and row.get(column.id)
            )
            for number, row in enumerate(rows, 1)
        ]
        return Markup("<br>").join(lines)
    if value is None:
        value = "、".join(filling.answers.get(each.id, ()))
    return value_text(each, value)


def value_text(each: FormField, value: object) -> str:
    """One stored value in words."""
    if isinstance(value, tuple | list):
        return "、".join(value_text(each, one) for one in value)
    text = str(value)
    if each.type == "yes_no":
        return YES_NO.get(text, text)
    if each.type in ("choice", "several"):
        return next((option.label for option in each.options if option.value == text), text)
    if each.type == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return date_cn(text, weekday=False)
    if each.type == "money" and text:
        return money(text)
    return f"{text}{each.unit}" if each.unit and text else text
