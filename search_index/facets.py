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
    documents = list(documents)
    labels = {(facet, value): label for each in documents for facet, value, label in each.labels}
    for each in documents:
        labels["department", each.department] = each.department_name or each.department
    filtered = wanted != FacetFilter()
    counted = documents
    found: dict[str, tuple[FacetCount, ...]] = {}
    for name in NAMES:
        if filtered:
            counted = [each for each in documents if passes(each, wanted, leaving_out=name)]
        counter = Counter(value for each in counted for value in set(values_of(each, name)))
        found[name] = _ordered(name, counter, labels)
    return Facets(**found)


def _ordered(
    name: str, counter: Counter[str | int], labels: dict[tuple[str, str], str]
) -> tuple[FacetCount, ...]:
    found = sorted(counter.items(), key=lambda pair: (-pair[1], str(pair[0])))
    if name == "depth":
        found.sort(key=lambda pair: -int(pair[0]))
    return tuple(
        FacetCount(str(value), labels.get((name, str(value)), str(value)), count) for value, count in found
    )
