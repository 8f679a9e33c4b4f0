"""Documents in, a Whoosh index on disk, ranked hits out. Knows no item and imports no other room."""

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search_index.pinyin import name_pinyin, pinyin_initials
    from search_index.process import IndexJob, IndexProcess, wait_for_edits
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
    from search_index.scrubbing import scrub
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
    "IndexJob",
    "IndexMissing",
    "IndexProcess",
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
    "wait_for_edits",
]

# A build that only hands documents over must not wait for Whoosh and the dictionaries to load.
_HOME = MappingProxyType(
    {
        "IndexBusy": "storage",
        "IndexJob": "process",
        "IndexProcess": "process",
        "IndexedState": "storage",
        "SearchIndex": "search",
        "build": "storage",
        "indexed_state": "storage",
        "name_pinyin": "pinyin",
        "open_index": "search",
        "pinyin_initials": "pinyin",
        "scrub": "scrubbing",
        "update": "storage",
        "wait_for_edits": "process",
    }
)


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"search_index.{_HOME.get(name, 'records')}"), name)
    globals()[name] = value
    return value
