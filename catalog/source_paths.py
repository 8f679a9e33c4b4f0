"""Paths into nested source data: `a.b`, `a[0].b`, `a.*.b`."""

from __future__ import annotations

import re
from collections.abc import Mapping

_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


def values_at(value: object, path: str) -> list[object]:
    """All values at a path; `*` goes through a list or an object. Empty when there is nothing there."""
    found = [value]
    for step in _STEP.findall(path):
        found = [inner for each in found for inner in _inside(each, step)]
    return [each for each in found if each is not None]


def _inside(value: object, step: str) -> list[object]:
    if step == "*":
        if isinstance(value, list):
            return list(value)
        return list(value.values()) if isinstance(value, Mapping) else []
    if step.startswith("["):
        index = int(step[1:-1])
        return [value[index]] if isinstance(value, list) and index < len(value) else []
    if isinstance(value, list):
        return [inner for each in value for inner in _inside(each, step)]
    return [value[step]] if isinstance(value, Mapping) and step in value else []


def column_values(cells: Mapping[str, object], column: str) -> list[object]:
    """The values of a column by its exact name, else by path (column names may contain dots)."""
    if column in cells:
        value = cells[column]
        return [] if value is None else [value]
    return values_at(cells, column) if re.search(r"[.\[]", column) else []


def top_column(cells: Mapping[str, object], column: str) -> str:
    """The column of the row from which a name or path reads."""
    if column in cells:
        return column
    first = _STEP.match(column)
    return first[0] if first else column
