"""Answers of a program as a browser would post them, so that both go through the same checks."""

from __future__ import annotations

from collections.abc import Mapping

from catalog.application_form import ApplicationForm
from catalog.form_schema import FormField
from rules.errors import Invalid

# More than any table takes: what is cut off is refused with the rest.
MOST_ROWS = 300


def as_posted(form: ApplicationForm, answers: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Every field a tuple of strings, rows as `table.0.column`. Raises Invalid for what would be lost otherwise: fields
    and columns the form does not have, files named in JSON."""
    unknown = sorted(set(answers) - {each.id for each in form.fields()} - set(form.constants))
    if unknown:
        raise Invalid("有申请表里没有的字段", dict.fromkeys(unknown, "申请表里没有这一项"))
    found: dict[str, tuple[str, ...]] = {}
    for each in form.fields():
        value = answers.get(each.id)
        if value is None:
            continue
        if each.type == "file":
            raise Invalid(
                "文件不能写在 answers 里", {each.id: f"文件用 multipart/form-data 上传，字段名是 {each.id}"}
            )
        if each.type == "table":
            found.update(_rows(each, value))
        else:
            found[each.id] = _texts(value)
    return found


def _rows(table: FormField, value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise Invalid("表格写法不对", {table.id: "表格要写成对象的列表，一行一个"})
    rows = value[:MOST_ROWS]
    columns = {each.id for each in table.columns}
    unknown = [
        f"{table.id}.{at}.{name}" for at, row in enumerate(rows) for name in sorted(set(row) - columns)
    ]
    if unknown:
        raise Invalid("表格里有申请表没有的列", dict.fromkeys(unknown, "这张表格里没有这一列"))
    return {
        f"{table.id}.{at}.{column}": _texts(cell)
        for at, row in enumerate(rows)
        for column, cell in row.items()
        if cell is not None
    }


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(text for each in value for text in _texts(each))
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return (str(value),)
