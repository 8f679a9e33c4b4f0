"""Items as search documents, and an index in site/data/index that follows them item by item."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from catalog.codes import Codes
from catalog.reader import Reading
from catalog.schema import Item
from catalog.synonyms import SynonymEntry
from search_index import Document, IndexMissing, Synonym, build, indexed_state, update

INDEX_FOLDER = Path("data") / "index"
# Beyond this share of changed items a whole build is quicker than an update, and leaves no dead postings.
REBUILD_SHARE = 0.3
_HIDDEN = frozenset({"draft", "abolished"})


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What was done: number of documents now, changed or added, removed; `rebuilt` says whether whole."""

    documents: int
    changed: int
    removed: int
    rebuilt: bool


def index_items(
    site: Path, reading: Reading, codes: Codes, synonyms: Sequence[SynonymEntry] = ()
) -> IndexReport:
    """Bring `site`/data/index up to date with the items that are shown; unchanged, nothing is written."""
    folder = site / INDEX_FOLDER
    documents = list(item_documents(reading, codes))
    table = tuple(Synonym(entry.say, entry.find) for entry in synonyms)
    try:
        state = indexed_state(folder)
    except IndexMissing:
        build(folder, documents, table)
        return IndexReport(len(documents), len(documents), 0, rebuilt=True)
    known = state.version_hashes
    changed = [document for document in documents if known.get(document.code) != document.version_hash]
    removed = sorted(known.keys() - {document.code for document in documents})
    if len(changed) + len(removed) > max(20, REBUILD_SHARE * len(documents)):
        build(folder, documents, table)
        return IndexReport(len(documents), len(changed), len(removed), rebuilt=True)
    if changed or removed or state.synonyms != table:
        update(folder, changed, removed, synonyms=table)
    return IndexReport(len(documents), len(changed), len(removed), rebuilt=False)


def item_documents(reading: Reading, codes: Codes) -> Iterator[Document]:
    """A document for every item the portal shows: those in force and those suspended."""
    for loaded in reading.items:
        if loaded.item.status not in _HIDDEN:
            department = reading.departments.get(loaded.item.department)
            yield item_document(loaded.item, department.name if department else loaded.item.department, codes)


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
