"""What changed between two versions of an item, field by field, in words: the public change log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from catalog.artifact import limit_text
from catalog.codes import Codes, load_codes
from catalog.labels import WORDS, label
from catalog.schema import Item, Limit, SpecialProcedure
from rules.quick_dataclass import dataclass

Kind = Literal["added", "removed", "changed"]

# Rows of these lists are the same row when this field is the same, wherever it stands.
_ROW_KEYS = {
    "materials": "name",
    "fees": "name",
    "steps": "id",
    "special_procedures": "name",
    "faq": "question",
    "places": "name",
    "legal_basis": "law",
    "sections": "title",
    "fields": "id",
    "columns": "id",
    "options": "value",
}
_TABLES = {
    "type": "item-type",
    "level": "level",
    "applicants": "applicant",
    "themes_personal": "theme-personal",
    "themes_business": "theme-business",
    "life_events": "life-event",
    "handling": "handling",
    "case_kind": "case-kind",
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One difference: `field` is a path (`materials[申请书].copies`); an absent value is the empty string."""

    field: str
    label: str
    before: str
    after: str
    kind: Kind


def compare(old: Item | None, new: Item | None, codes: Codes | None = None) -> tuple[FieldChange, ...]:
    """All differences in the order of the schema. A new or removed item is one change."""
    if old is None or new is None:
        if old is None and new is None:
            return ()
        kind: Kind = "added" if old is None else "removed"
        before, after = (old.name if old else ""), (new.name if new else "")
        return (FieldChange("", "事项", before, after, kind),)
    return tuple(_Comparison(codes or load_codes()).models(old, new, "", ()))


class _Comparison:
    def __init__(self, codes: Codes) -> None:
        self._codes = codes

    def models(
        self, old: BaseModel, new: BaseModel, path: str, names: tuple[str, ...]
    ) -> Iterator[FieldChange]:
        for field in type(new).model_fields:
            before, after = getattr(old, field), getattr(new, field)
            if before == after:
                continue
            here = f"{path}.{field}" if path else field
            said = (*names, label(type(new).__name__, field))
            if field in _ROW_KEYS and (before or after):
                yield from self._rows(field, before, after, here, said)
            elif _dives(before, after):
                yield from self.models(before, after, here, said)
            else:
                yield self._change(field, before, after, here, said)

    def _rows(
        self,
        field: str,
        old: Sequence[BaseModel],
        new: Sequence[BaseModel],
        path: str,
        names: tuple[str, ...],
    ) -> Iterator[FieldChange]:
        before, after = _keyed(old, _ROW_KEYS[field]), _keyed(new, _ROW_KEYS[field])
        changed = False
        for key in [*before, *(key for key in after if key not in before)]:
            one, other = before.get(key), after.get(key)
            row = f"{path}[{key[0] if key[1] == 0 else f'{key[0]}#{key[1] + 1}'}]"
            if one is None or other is None:
                changed = True
                yield self._change(field, one, other, row, names)
            elif one != other:
                changed = True
                title = _title(other) or key[0]
                yield from self.models(one, other, row, (*names[:-1], f"{names[-1]}“{title}”"))
        if not changed and list(before) != list(after):
            yield FieldChange(
                path,
                "·".join(names) + "的顺序",
                "、".join(_title(row) for row in old),
                "、".join(_title(row) for row in new),
                "changed",
            )

    def _change(
        self, field: str, before: object, after: object, path: str, names: tuple[str, ...]
    ) -> FieldChange:
        one, other = self.text(field, before), self.text(field, after)
        kind: Kind = "added" if not one else ("removed" if not other else "changed")
        return FieldChange(path, "·".join(names), one, other, kind)

    def text(self, field: str, value: Any) -> str:
        """A value as people read it; nothing is the empty string."""
        if value is None or value == ():
            return ""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, Limit | SpecialProcedure):
            days = limit_text(Limit(days=value.days, unit=value.unit)) or ""
            named = f"{value.name}：{days}" if isinstance(value, SpecialProcedure) else days
            note = value.note if isinstance(value, Limit) else None
            return f"{named}({note})" if note else named
        if isinstance(value, BaseModel):
            return self._model_text(value)
        if isinstance(value, tuple):
            return "、".join(self.text(field, each) for each in value)
        if isinstance(value, date):
            return f"{value.year}年{value.month}月{value.day}日"
        if isinstance(value, Decimal):
            return f"{value:f}"
        if field in _TABLES:
            return self._codes.label(_TABLES[field], str(value))
        return WORDS.get(str(value), str(value))

    def _model_text(self, value: BaseModel) -> str:
        owner = type(value).__name__
        parts: list[str] = []
        for field, info in type(value).model_fields.items():
            each = getattr(value, field)
            if each is None or each == () or (not info.is_required() and each == info.default):
                continue
            text = self.text(field, each)
            parts.append(text if field == _first_field(value) else f"{label(owner, field)}：{text}")
        return "；".join(parts)


def _dives(before: object, after: object) -> bool:
    """Whether to compare inside: both there, of one model, and not a limit, which reads best as a whole."""
    return isinstance(before, BaseModel) and type(before) is type(after) and not isinstance(before, Limit)


def _first_field(value: BaseModel) -> str:
    for name in ("name", "title", "label", "question", "law"):
        if name in type(value).model_fields:
            return name
    return next(iter(type(value).model_fields))


def _title(value: BaseModel) -> str:
    return str(getattr(value, _first_field(value)) or "")


def _keyed(rows: Sequence[BaseModel], key: str) -> dict[tuple[str, int], BaseModel]:
    """Rows by key; a key that comes again gets a running number, so that no row hides another."""
    found: dict[tuple[str, int], BaseModel] = {}
    for row in rows:
        value, number = str(getattr(row, key)), 0
        while (value, number) in found:
            number += 1
        found[value, number] = row
    return found
