"""Items as search documents: what of an item can be found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from catalog.codes import Codes
from catalog.schema import Item
from search_index import Document


def item_document(item: Item, department_name: str, codes: Codes) -> Document:
    """What of an item can be found. `version_hash` covers everything in it, names of codes included."""
    themes = tuple(dict.fromkeys((*item.themes_personal, *item.themes_business)))
    document = Document(
        code=item.code,
        title=item.name,
        plain_names=item.plain_names,
        department=item.department,
        department_name=department_name,
        themes=themes,
        applicants=item.applicants,
        type=item.type,
        depth=item.depth,
        body="\n".join(_body(item)),
        keywords=tuple(_keywords(item)),
        labels=tuple(_labels(item, codes)),
    )
    digest = hashlib.sha256(repr(document).encode()).hexdigest()[:16]
    return replace(document, version_hash=digest)


def _keywords(item: Item) -> Iterator[str]:
    """Names that belong to the item without being its own: main item, result, papers."""
    if item.parent_name and item.parent_name != item.name:
        yield item.parent_name
    if item.result:
        yield item.result.name
    yield from (material.name for material in item.materials)


def _body(item: Item) -> Iterator[str]:
    """Running text, the plainest first: a long guide is indexed only so far."""
    if item.purpose:
        yield item.purpose
    for faq in item.faq:
        yield faq.question
    yield from item.conditions
    for faq in item.faq:
        yield faq.answer
    yield from item.procedure
    yield from (basis.law for basis in item.legal_basis)


def _labels(item: Item, codes: Codes) -> Iterator[tuple[str, str, str]]:
    yield "type", item.type, codes.label("item-type", item.type)
    yield from _named("applicant", item.applicants, codes, "applicant")
    yield from _named("theme", item.themes_personal, codes, "theme-personal")
    yield from _named("theme", item.themes_business, codes, "theme-business")
    yield "depth", str(item.depth), f"{item.depth} 级" if item.depth else "暂未上网"


def _named(facet: str, values: Iterable[str], codes: Codes, table: str) -> Iterator[tuple[str, str, str]]:
    for value in values:
        yield facet, value, codes.label(table, value)
