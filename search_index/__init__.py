"""Documents in, a Whoosh index on disk, ranked hits out. Knows no item and imports no other room."""

from search_index.pinyin import name_pinyin, pinyin_initials
from search_index.records import (
    Document,
    Expansion,
    FacetCount,
    FacetFilter,
    Facets,
    Hit,
    IndexMissing,
    Results,
    Suggestion,
    Synonym,
)
from search_index.scrub import scrub
from search_index.search import SearchIndex, open_index
from search_index.storage import IndexBusy, IndexedState, build, indexed_state, update

__all__ = [
    "Document",
    "Expansion",
    "FacetCount",
    "FacetFilter",
    "Facets",
    "Hit",
    "IndexBusy",
    "IndexMissing",
    "IndexedState",
    "Results",
    "SearchIndex",
    "Suggestion",
    "Synonym",
    "build",
    "indexed_state",
    "name_pinyin",
    "open_index",
    "pinyin_initials",
    "scrub",
    "update",
]
