"""Marks in titles: what was asked, set in <mark>, everything else escaped."""

from __future__ import annotations

from functools import lru_cache
from html import escape

from search_index.text import fold
from search_index.tokens import tokenize


def highlight(title: str, text: str) -> str:
    """HTML of `title`. Pairs and words of `text` are marked, single characters where nothing else fits."""
    folded = fold(title)
    longer, single = _terms(text)
    marked = _marked(folded, longer)
    if True not in marked:
        marked = _marked(folded, single)
    pieces: list[str] = []
    at = 0
    while at < len(title):
        # The end of the stretch that begins here: where the other kind begins.
        end = marked.find(not marked[at], at)
        end = len(title) if end == -1 else end
        piece = escape(title[at:end])
        pieces.append(f"<mark>{piece}</mark>" if marked[at] else piece)
        at = end
    return "".join(pieces)


@lru_cache(maxsize=64)
def _terms(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The longer terms and the single characters of a query, whose ten titles come one after the other."""
    terms = {token.term for token in tokenize(text)}
    return tuple(term for term in terms if len(term) > 1), tuple(term for term in terms if len(term) == 1)


def _marked(folded: str, terms: tuple[str, ...]) -> bytearray:
    """For each character 1 where a term stands, else 0."""
    marked = bytearray(len(folded))
    for term in terms:
        at = folded.find(term)
        while at != -1:
            marked[at : at + len(term)] = b"\1" * len(term)
            at = folded.find(term, at + 1)
    return marked
