"""Every item with what lists need of it; summaries are kept by content, for pinyin and hashing take time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from catalog.artifact import ItemSummary, summarise
from catalog.codes import Codes
from catalog.county import Department
from catalog.forking import shared_out
from catalog.reader import Loaded, Reading
from catalog.schema import Item
from rules.quick_dataclass import dataclass
from site_builder.outputs import fingerprint

# Fewer new items than this are summed up sooner by one process than by several that must first be made.
SHARED_FROM = 300
# Drafts and abolished items keep their data (cases may point at them) but have no page.
HIDDEN = frozenset({"draft", "abolished"})


@dataclass(frozen=True, slots=True)
class Shown:
    """An item with what lists need of it. `key` changes when anything of the item does.

    `has_form`: there is a form to print; `files` are the names of the department's own files beside it.
    """

    loaded: Loaded
    department: Department
    summary: ItemSummary
    initials: str
    has_form: bool
    files: tuple[str, ...]

    @property
    def key(self) -> str:
        return self.loaded.source_hash

    @property
    def item(self) -> Item:
        """The item whole. Parsed anew when a page is made: what is done for every item at every build asks
        the summary.
        """
        return self.loaded.item

    @property
    def address(self) -> str:
        return self.summary.path


def shown_items(reading: Reading, codes: Codes, cache: Path, stamp: str) -> tuple[Shown, ...]:
    """Every item with its summary; an item whose department is missing was reported by the reader.

    `stamp` covers what a summary depends on besides the item's own file.
    """
    named = {each.id: (each, fingerprint(each.name)) for each in reading.departments.values()}
    wanted: dict[str, tuple[str, Loaded]] = {}
    for loaded in reading.items:
        if loaded.department in named and loaded.code not in wanted:
            wanted[loaded.code] = loaded.source_hash + named[loaded.department][1], loaded
    stored = _load(cache / "summaries.jsonl", stamp)
    kept = _parsed({key: stored[key] for key, _ in wanted.values() if key in stored})
    # An edited item mostly keeps its name: its old line is in the cache and knows how the name is spelled.
    namesakes = _by_name({key: text for key, text in stored.items() if key not in kept})

    def make(key_and_loaded: tuple[str, Loaded]) -> str:
        loaded = key_and_loaded[1]
        item = loaded.item
        made = _keep(item, named[loaded.department][0], codes, namesakes.get(item.name))
        return made.model_dump_json(exclude_defaults=True)

    missing = [each for each in wanted.values() if each[0] not in kept]
    fresh = dict(zip((key for key, _ in missing), shared_out(make, missing, SHARED_FROM), strict=True))
    known = {**kept, **_parsed(fresh)}
    used = {key: fresh.get(key) or stored[key] for key, _ in wanted.values()}
    found: list[Shown] = []
    for key, loaded in wanted.values():
        each = known[key]
        department = named[loaded.department][0]
        found.append(Shown(loaded, department, each.summary, each.initials, each.has_form, each.files))
    if used != stored:
        _save(cache / "summaries.jsonl", stamp, used)
    return tuple(found)


class _Kept(BaseModel):
    """A line of the cache."""

    model_config = ConfigDict(defer_build=True)

    initials: str
    has_form: bool = False
    files: tuple[str, ...] = ()
    summary: ItemSummary


def _keep(item: Item, department: Department, codes: Codes, namesake: _Kept | None) -> _Kept:
    named = [name for each in item.materials for name in (each.blank_form, each.sample) if name]
    return _Kept(
        initials=namesake.initials if namesake else _initials(item.name),
        has_form=item.form is not None or any(each.blank_form == "form" for each in item.materials),
        files=tuple(dict.fromkeys(name for name in named if name != "form")),
        summary=summarise(
            item, department, codes, f"/items/{item.code}/", namesake.summary if namesake else None
        ),
    )


def _initials(name: str) -> str:
    # The pinyin tables take a quarter of a second to load, and most builds need none of them.
    from catalog.pinyin import initials

    return initials(name)


@cache
def _lines() -> TypeAdapter[list[_Kept]]:
    return TypeAdapter(list[_Kept])


def _parsed(stored: Mapping[str, str]) -> Mapping[str, _Kept]:
    """All lines in one go; none if one of them is damaged, for then they are made anew."""
    try:
        return dict(zip(stored, _lines().validate_json(f"[{','.join(stored.values())}]"), strict=True))
    except (ValidationError, ValueError):
        return {}


def _by_name(stored: Mapping[str, str]) -> Mapping[str, _Kept]:
    return {each.summary.name: each for each in _parsed(stored).values()}


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
