"""Fictional answers to a whole form: what the filled sample shows and the drill files."""

from __future__ import annotations

import re

from catalog.application_form import ApplicationForm, ApplicationSection, visible_fields
from catalog.form_schema import FormField
from catalog.schema import Item

Row = dict[str, str | tuple[str, ...]]
Answer = str | tuple[str, ...] | tuple[Row, ...]

# Well-formed, and nobody's: division 990121 does not exist, area code 0000 is not given out.
ID_NUMBER = "990121199003070010"
CREDIT_CODE = "91990121MA0000015B"
PHONE = "0000-5550999"


_YES_NO = {"是": "yes", "否": "no", "不是": "no"}
_BETWEEN = re.compile(r"[、,\uff0c|]")


def option_value(each: FormField, text: str) -> str:
    """What is stored for a written answer: samples are for reading, so they may name an option by its label."""
    if each.type == "yes_no":
        return _YES_NO.get(text, text)
    if any(option.value == text for option in each.options):
        return text
    return next((option.value for option in each.options if option.label == text), text)


def sample_answer(each: FormField, county_name: str) -> str | tuple[str, ...]:
    """The question's own sample as it would be stored, else the plainest answer of its type.

    A tuple for `several`, whose sample names its options with commas between.
    """
    if each.type == "several":
        return _sample_options(each)
    if each.sample:
        return option_value(each, each.sample)
    if each.type == "choice":
        return each.options[0].value
    plain = {
        "id_number": ID_NUMBER,
        "credit_code": CREDIT_CODE,
        "phone": PHONE,
        "email": "name@example.com",
        "date": "2026-01-05",
        "money": "10000",
        "integer": "1",
        "number": "1",
        "yes_no": "no",
        "address": f"{county_name}示例路1号（虚构地址）",
        "declaration": "yes",
    }
    return plain.get(each.type, "（按实际填写）")


def sample_answers(form: ApplicationForm, county_name: str) -> dict[str, Answer]:
    """One consistent set of answers to every question that applies, files apart; constants included.

    A table gets as many rows as it must have. Answers to hidden questions are left out, so that they open no others in turn.
    """
    answers: dict[str, Answer] = {}
    for each in form.fields():
        if each.type == "table":
            row = {column.id: sample_answer(column, county_name) for column in each.columns}
            answers[each.id] = (row,) * max(each.min_rows, 1)
        elif each.type != "file":
            answers[each.id] = sample_answer(each, county_name)
    answers.update(form.constants)
    while True:
        shown = {each.id for each in visible_fields(form, answers)} | set(form.constants)
        kept = {name: value for name, value in answers.items() if name in shown}
        if kept == answers:
            return kept
        answers = kept


def sample_own_answers(item: Item, county_name: str) -> dict[str, Answer]:
    """The same for the item's own questions alone, without applicant, materials and delivery."""
    sections = tuple(
        ApplicationSection(f"part{number}", section.title, section.fields)
        for number, section in enumerate(item.form.sections if item.form else (), 1)
    )
    return sample_answers(ApplicationForm(item.code, item.name, sections), county_name)


def _sample_options(each: FormField) -> tuple[str, ...]:
    if not each.sample:
        return (each.options[0].value,)
    whole = option_value(each, each.sample)  # a label may have a comma in itself
    if any(option.value == whole for option in each.options):
        return (whole,)
    return tuple(option_value(each, part.strip()) for part in _BETWEEN.split(each.sample) if part.strip())
