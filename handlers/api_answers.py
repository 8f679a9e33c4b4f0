"""Answers of a program as a browser would post them, so that both go through the same checks."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.application_form import ApplicationForm
from rules.errors import Invalid


def as_posted(form: ApplicationForm, answers: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Every field a tuple of strings, rows as `table.0.column`. Raises Invalid for fields the form does not have."""
    unknown = sorted(set(answers) - {each.id for each in form.fields()} - set(form.constants))
    if unknown:
        raise Invalid("有申请表里没有的字段", dict.fromkeys(unknown, "申请表里没有这一项"))
    found: dict[str, tuple[str, ...]] = {}
    for each in form.fields():
        value = answers.get(each.id)
        if value is None or each.type == "file":
            continue
        if each.type == "table":
            found.update(_rows(each.id, value))
        else:
            found[each.id] = _texts(value)
    return found


def _rows(table: str, value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise Invalid("表格写法不对", {table: "表格要写成对象的列表，一行一个"})
    return {
        f"{table}.{at}.{column}": _texts(cell)
        for at, row in enumerate(value[:300])
        for column, cell in row.items()
    }


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(text for each in value for text in _texts(each))
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return (str(value),)
