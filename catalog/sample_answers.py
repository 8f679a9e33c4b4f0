"""Fictional answers to a whole form: what the filled sample shows and the drill files."""

from __future__ import annotations

from catalog.application_form import ApplicationForm, ApplicationSection, visible_fields
from catalog.form_schema import FormField
from catalog.schema import Item

Row = dict[str, str | tuple[str, ...]]
Answer = str | tuple[str, ...] | tuple[Row, ...]

# Well-formed, and nobody's: division 990121 does not exist, area code 0000 is not given out.
ID_NUMBER = "990121199003070010"
CREDIT_CODE = "91990121MA0000015B"
PHONE = "0000-5550999"


def sample_answer(each: FormField, county_name: str) -> str:
    """The question's own sample, else the plainest answer of its type; `several` separated by commas."""
    if each.sample:
        return each.sample
    if each.type in ("choice", "several"):
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
            row = {column.id: _one(column, county_name) for column in each.columns}
            answers[each.id] = (row,) * max(each.min_rows, 1)
        elif each.type != "file":
            answers[each.id] = _one(each, county_name)
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


def _one(each: FormField, county_name: str) -> str | tuple[str, ...]:
    text = sample_answer(each, county_name)
    if each.type == "several":
        return tuple(part.strip() for part in text.replace("、", ",").replace("|", ",").split(","))
    return text
