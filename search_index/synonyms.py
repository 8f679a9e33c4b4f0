"""Everyday words in a query, found as whole phrases, and readings with official words in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search_index.records import Expansion, Synonym
from search_index.text import squeeze

MAX_TERMS = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a query; `weight` lowers the less likely ones, `via` is the phrase replaced."""

    text: str
    weight: float
    via: str | None = None


class SynonymTable:
    """All phrases of a county, ready for longest-match lookup."""

    def __init__(self, synonyms: Sequence[Synonym]) -> None:
        self._terms: dict[str, tuple[str, ...]] = {}
        for synonym in synonyms:
            for phrase in synonym.phrases:
                key = squeeze(phrase)
                if key:
                    merged = (*self._terms.get(key, ()), *synonym.terms)
                    self._terms[key] = tuple(dict.fromkeys(merged))
        self._longest = max(map(len, self._terms), default=0)
        self._starts = frozenset(key[0] for key in self._terms)

    def phrases(self) -> frozenset[str]:
        return frozenset(self._terms)

    def find(self, text: str) -> list[tuple[int, int, Expansion]]:
        """Phrases in a squeezed text, longest first from the left, as (start, end, expansion)."""
        found: list[tuple[int, int, Expansion]] = []
        at = 0
        while at < len(text):
            length = self._match_length(text, at)
            if length:
                phrase = text[at : at + length]
                found.append((at, at + length, Expansion(phrase, self._terms[phrase])))
            at += length or 1
        return found

    def _match_length(self, text: str, at: int) -> int:
        if text[at] not in self._starts:
            return 0
        for length in range(min(self._longest, len(text) - at), 0, -1):
            if text[at : at + length] in self._terms:
                return length
        return 0

    def readings(
        self, text: str, *, first: float, step: float
    ) -> tuple[list[Reading], tuple[Expansion, ...]]:
        """The text as it stands, then with each phrase found replaced by each of its terms."""
        squeezed = squeeze(text)
        matches = self.find(squeezed)
        readings = [Reading(text, 1.0)]
        for start, end, expansion in matches:
            for rank, term in enumerate(expansion.terms[:MAX_TERMS]):
                replaced = " ".join(part for part in (squeezed[:start], term, squeezed[end:]) if part)
                readings.append(Reading(replaced, first - rank * step, expansion.phrase))
        return readings, tuple(expansion for _, _, expansion in matches)
