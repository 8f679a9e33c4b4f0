"""Every item with what lists need of it; summaries are kept by content, for pinyin and hashing take time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from catalog.artifact import ItemSummary, summarise
from catalog.codes import Codes
from catalog.county import Department
from catalog.reader import Loaded, Reading
from catalog.schema import Item
from site_builder.outputs import fingerprint


@dataclass(frozen=True)
class Shown:
    """An item with what all pages need of it. `key` changes when anything of the item does."""

    loaded: Loaded
    item: Item
    department: Department
    summary: ItemSummary
    initials: str
    key: str

    @property
    def address(self) -> str:
        return self.summary.path


def shown_items(reading: Reading, codes: Codes, cache: Path, stamp: str) -> tuple[Shown, ...]:
    """Every item with its summary; an item whose department is missing was reported by the reader.

    `stamp` covers what a summary depends on besides the item's own file.
    """
    known = _load(cache / "summaries.jsonl", stamp)
    used: dict[str, str] = {}
    found: list[Shown] = []
    seen: set[str] = set()
    for loaded in reading.items:
        item = loaded.item
        department = reading.departments.get(item.department)
        if department is None or item.code in seen:
            continue
        seen.add(item.code)
        key = fingerprint(loaded.source_hash, department.name)
        kept = _read(known.get(key))
        if kept is None:
            kept = _Kept(
                initials=_initials(item.name),
                summary=summarise(item, department, codes, f"/items/{item.code}/"),
            )
        used[key] = known.get(key) or kept.model_dump_json(exclude_defaults=True)
        found.append(Shown(loaded, item, department, kept.summary, kept.initials, loaded.source_hash))
    if used != known:
        _save(cache / "summaries.jsonl", stamp, used)
    return tuple(found)


class _Kept(BaseModel):
    """A line of the cache."""

    initials: str
    summary: ItemSummary


def _initials(name: str) -> str:
    # The pinyin tables take a quarter of a second to load, and most builds need none of them.
    from catalog.pinyin import initials

    return initials(name)


def _read(text: str | None) -> _Kept | None:
    if text is None:
        return None
    try:
        return _Kept.model_validate_json(text)
    except ValidationError:
        return None


def _load(path: Path, stamp: str) -> dict[str, str]:
    try:
        first, *lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    if first != stamp:
        return {}
    return {key: text for key, _, text in (line.partition(" ") for line in lines) if text}


def _save(path: Path, stamp: str, used: dict[str, str]) -> None:
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(
            "\n".join([stamp, *(f"{key} {text}" for key, text in used.items())]),
            encoding="utf-8",
            newline="\n",
        )
        os.replace(temporary, path)
    except OSError:
        return
