"""Facets: which documents a filter lets through, and how many hits stand behind each value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from search_index.records import Document, FacetCount, FacetFilter, Facets

NAMES = ("department", "theme", "applicant", "depth", "type")


def passes(document: Document, wanted: FacetFilter, *, leaving_out: str = "") -> bool:
    """Whether the document satisfies every facet but `leaving_out`."""
    for name in NAMES:
        values = getattr(wanted, name)
        if values and name != leaving_out and not any(value in values for value in values_of(document, name)):
            return False
    return True


def values_of(document: Document, name: str) -> tuple[str | int, ...]:
    """The values a document has in a facet."""
    if name == "department":
        return (document.department,) if document.department else ()
    if name == "theme":
        return document.themes
    if name == "applicant":
        return document.applicants
    if name == "depth":
        return (document.depth,)
    return (document.type,) if document.type else ()


def count_facets(documents: Iterable[Document], wanted: FacetFilter) -> Facets:
    """Counts for each facet under the filters of the others, so that choosing a second value adds hits."""
    counters: dict[str, Counter[str | int]] = {name: Counter() for name in NAMES}
    labels: dict[tuple[str, str], str] = {}
    filtered = wanted != FacetFilter()
    for document in documents:
        labels["department", document.department] = document.department_name or document.department
        for facet, value, label in document.labels:
            labels[facet, value] = label
        for name in NAMES:
            if not filtered or passes(document, wanted, leaving_out=name):
                counters[name].update(set(values_of(document, name)))
    return Facets(**{name: _ordered(name, counters[name], labels) for name in NAMES})


def _ordered(
    name: str, counter: Counter[str | int], labels: dict[tuple[str, str], str]
) -> tuple[FacetCount, ...]:
    found = sorted(counter.items(), key=lambda pair: (-pair[1], str(pair[0])))
    if name == "depth":
        found.sort(key=lambda pair: -int(pair[0]))
    return tuple(
        FacetCount(str(value), labels.get((name, str(value)), str(value)), count) for value, count in found
    )
