"""Answers given before, of one state of the index: in a rush most people ask for the same few things."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from search_index.records import FacetFilter, Results


class Asked(NamedTuple):
    """All that an answer depends on, besides the index."""

    query: str
    limit: int
    facets: FacetFilter
    page: int
    spelling: bool


class Remembered:
    """The latest answers, at most `most`; may be shared between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[Asked, Results] = OrderedDict()

    def of(self, asked: Asked) -> Results | None:
        """The answer given before, if it is still known."""
        with self._lock:
            known = self._answers.get(asked)
            if known is not None:
                self._answers.move_to_end(asked)
            return known

    def keep(self, asked: Asked, answer: Results) -> None:
        """Remembers an answer; the one that was not asked for longest is forgotten."""
        with self._lock:
            self._answers[asked] = answer
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
