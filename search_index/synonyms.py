"""Everyday words in a query, found as whole phrases, and readings with official words in their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from search_index.records import Expansion, Synonym
from search_index.text import squeeze

MAX_TERMS = 5
LONG_REST = 4
ALONE = 0.7
MAX_PHRASES = 3
WILDCARD = "*"
WILDCARD_WORTH = 0.85


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a query; `weight` lowers the less likely ones, `via` is the phrase replaced."""

    text: str
    weight: float
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found in a text from `start` to before `end`; one found by wildcard is worth less."""

    start: int
    end: int
    expansion: Expansion
    worth: float = 1.0


class SynonymTable:
    """All phrases of a county. A phrase may hold one `*` for one to four characters: 开*馆."""

    def __init__(self, synonyms: Sequence[Synonym], fillers: Sequence[str] = ()) -> None:
        self._terms: dict[str, tuple[str, ...]] = {}
        self._patterns: list[tuple[re.Pattern[str], tuple[str, ...]]] = []
        for synonym in synonyms:
            for phrase in synonym.phrases:
                if WILDCARD in phrase:
                    self._patterns.append((_pattern(phrase), synonym.terms))
                elif key := squeeze(phrase):
                    merged = (*self._terms.get(key, ()), *synonym.terms)
                    self._terms[key] = tuple(dict.fromkeys(merged))
        self._longest = max(map(len, self._terms), default=0)
        self._starts = frozenset(key[0] for key in self._terms)
        self._fillers = sorted((squeeze(filler) for filler in fillers), key=len, reverse=True)

    def phrases(self) -> frozenset[str]:
        """The phrases without wildcards, squeezed."""
        return frozenset(self._terms)

    def find(self, text: str) -> list[Match]:
        """Phrases in a squeezed text, longest first from the left.

        Wildcards are tried only where no plain phrase was found: what is named exactly is meant exactly.
        """
        found: list[Match] = []
        at = 0
        while at < len(text):
            length = self._match_length(text, at)
            if length:
                phrase = text[at : at + length]
                found.append(Match(at, at + length, Expansion(phrase, self._terms[phrase])))
            at += length or 1
        if not found:
            for pattern, terms in self._patterns:
                if match := pattern.search(text):
                    return [
                        Match(match.start(), match.end(), Expansion(match.group(), terms), WILDCARD_WORTH)
                    ]
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
        if not matches:
            squeezed = self._without_fillers(squeezed)
            matches = self.find(squeezed)
        readings = [Reading(text, 1.0)]
        for match in matches[:MAX_PHRASES]:
            before, after = squeezed[: match.start], squeezed[match.end :]
            for rank, term in enumerate(match.expansion.terms[:MAX_TERMS]):
                weight = (first - rank * step) * match.worth
                replaced = " ".join(part for part in (before, term, after) if part)
                readings.append(Reading(replaced, weight, match.expansion.phrase))
                if len(before) + len(after) >= LONG_REST:
                    # In a whole sentence the rest is mostly story: the term must also be able to stand alone.
                    readings.append(Reading(term, weight * ALONE, match.expansion.phrase))
        return readings, tuple(match.expansion for match in matches[:MAX_PHRASES])

    def _without_fillers(self, text: str) -> str:
        for filler in self._fillers:
            text = text.replace(filler, "")
        return text


def _pattern(phrase: str) -> re.Pattern[str]:
    before, _, after = phrase.partition(WILDCARD)
    few = "?" if after else ""
    return re.compile(rf"{re.escape(squeeze(before))}\w{{1,4}}{few}{re.escape(squeeze(after))}")
