"""The published Guangdong items as search documents, read plainly from the shared list for the benches."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from search_index import Document

SOURCE = Path(__file__).parents[2] / "shared" / "data" / "guangdong-items.jsonl"
_BETWEEN_NAMES = re.compile(r"[,，、;；\s]+")


@dataclass(frozen=True, slots=True)
class PublishedItem:
    """One row: its document without plain names, and the plain names as the agency wrote them."""

    document: Document
    plain_names: tuple[str, ...]
    written: str


def published_items(source: Path = SOURCE) -> tuple[PublishedItem, ...]:
    """All rows in order. Codes repeat in the list, so the row number is made part of each."""
    with source.open(encoding="utf-8") as lines:
        return tuple(_item(number, json.loads(line)) for number, line in enumerate(lines))


def _item(number: int, row: dict[str, object]) -> PublishedItem:
    written = _text(row, "matter_daily")
    return PublishedItem(
        Document(
            code=f"{row['TASK_CODE']}-{number:05d}",
            title=_text(row, "TASK_NAME"),
            department=_text(row, "ORGCODE"),
            department_name=_text(row, "DEPT_NAME"),
            themes=_several(row, "theme_category"),
            applicants=_several(row, "service_object_name"),
            type=_text(row, "TASK_TYPE"),
            depth=int(_text(row, "ONLINECHECK") or 0),
            body=_text(row, "accept_standard"),
            keywords=tuple(filter(None, (_text(row, "CATANAME"), *_several(row, "material_intro")))),
            version_hash=str(number),
        ),
        tuple(name for name in _BETWEEN_NAMES.split(written) if len(name) > 1),
        written,
    )


def _text(row: dict[str, object], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) and value != "无" else ""


def _several(row: dict[str, object], key: str) -> tuple[str, ...]:
    value = row.get(key)
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def repeated(items: tuple[PublishedItem, ...], size: int) -> Iterator[Document]:
    """The list over and over with new codes, until `size` documents."""
    for number in range(size):
        item = items[number % len(items)]
        yield _renumbered(item, number)


def _renumbered(item: PublishedItem, number: int) -> Document:
    from dataclasses import replace

    code = f"{item.document.code.rsplit('-', 1)[0]}-{number:05d}"
    return replace(item.document, code=code, plain_names=item.plain_names)
