"""Marks in titles: what was asked, set in <mark>, everything else escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from search_index.text import fold, is_word_char
from search_index.tokens import tokenize


def highlight(title: str, texts: Iterable[str]) -> str:
    """HTML of `title`. Pairs and words of `texts` are marked, single characters where nothing else fits."""
    folded = fold(title)
    terms = {token.term for text in texts for token in tokenize(text)}
    marked = _marked(folded, {term for term in terms if len(term) > 1})
    if not any(marked):
        marked = _marked(folded, terms)
    pieces: list[str] = []
    at = 0
    while at < len(title):
        end = at
        while end < len(title) and marked[end] == marked[at]:
            end += 1
        piece = escape(title[at:end])
        pieces.append(f"<mark>{piece}</mark>" if marked[at] else piece)
        at = end
    return "".join(pieces)


def _marked(folded: str, terms: Iterable[str]) -> list[bool]:
    marked = [False] * len(folded)
    for term in terms:
        at = folded.find(term)
        while at != -1:
            for position in range(at, at + len(term)):
                marked[position] = is_word_char(folded[position])
            at = folded.find(term, at + 1)
    return marked
