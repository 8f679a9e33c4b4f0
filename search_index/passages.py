"""Short texts ranked against a question, in memory: BM25F over the index's own tokens, with the words that decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from heapq import nsmallest
from math import log
from pathlib import Path

import yaml

from search_index.text import fold
from search_index.tokens import tokenize
from search_index.tuning import DEFAULTS

# How many passages are reckoned with at least: among a handful, a word that one of them holds is no common word.
FEWEST = 200


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to be found: `key` is the caller's; fields that are empty count for nothing."""

    key: str
    title: str = ""
    question: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """A passage near the question: its score, its share of what the question could give (0 to 1), and the words
    of the question that it holds, those that weighed most first.
    """

    key: str
    score: float
    share: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PassageTuning:
    """The numbers of defaults/passages.yml; what each means is written there."""

    fields: Mapping[str, float]
    length: Mapping[str, float]
    kinds: Mapping[str, float]
    rarity: float
    saturation: float
    title: float
    body: float
    repeated: float
    phrases: tuple[str, ...]


@cache
def passage_tuning(override: Path | None = None) -> PassageTuning:
    """The shipped numbers, or those of a county's own file."""
    folder = override if override is not None and (override / "passages.yml").is_file() else DEFAULTS
    read = yaml.safe_load((folder / "passages.yml").read_text(encoding="utf-8"))
    return PassageTuning(**{**read, "phrases": tuple(read["phrases"])})


class PassageIndex:
    """Passages with their postings; built once, asked by many threads."""

    def __init__(self, passages: Iterable[Passage], tuning: PassageTuning | None = None) -> None:
        self._tuning = tuning or passage_tuning()
        self.passages = tuple(passages)
        counted = [self._counts(each) for each in self.passages]
        many = max(1, len(counted))
        average = {
            name: max(1.0, sum(lengths[name] for _, lengths in counted) / many)
            for name in self._tuning.fields
        }
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for number, (frequencies, lengths) in enumerate(counted):
            held: dict[str, float] = {}
            for name, terms in frequencies.items():
                weight, evening = self._tuning.fields[name], self._tuning.length[name]
                norm = 1 - evening + evening * lengths[name] / average[name]
                for term, frequency in terms.items():
                    held[term] = held.get(term, 0.0) + weight * frequency / norm
            for term, value in held.items():
                self._postings.setdefault(term, []).append(
                    (number, value / (self._tuning.saturation + value))
                )

    def __len__(self) -> int:
        return len(self.passages)

    def nearest(
        self, title: str, body: str = "", limit: int = 10, *, wanted: Callable[[str], bool] | None = None
    ) -> tuple[Near, ...]:
        """The passages nearest to a question, best first; `body` is what stands under its title.

        `wanted` narrows by key. Equal scores are ordered as the passages were given.
        """
        weights = self._asked(title, body)
        scores: dict[int, float] = {}
        parts: dict[int, list[tuple[float, str]]] = {}
        whole = 0.0
        count = max(len(self.passages), FEWEST)
        for term, weight in weights.items():
            postings = self._postings.get(term, ())
            rarity = log(1 + (count - len(postings) + 0.5) / (len(postings) + 0.5))
            worth = weight * rarity**self._tuning.rarity
            whole += worth
            for number, share in postings:
                scores[number] = scores.get(number, 0.0) + worth * share
                parts.setdefault(number, []).append((worth * share, term))
        chosen = [number for number in scores if wanted is None or wanted(self.passages[number].key)]
        best = nsmallest(limit, chosen, key=lambda number: (-scores[number], number))
        return tuple(
            Near(
                self.passages[number].key,
                scores[number],
                scores[number] / whole if whole else 0.0,
                _telling(parts[number]),
            )
            for number in best
        )

    def _counts(self, passage: Passage) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
        frequencies: dict[str, dict[str, int]] = {}
        lengths: dict[str, int] = {}
        for name in self._tuning.fields:
            terms: dict[str, int] = {}
            tokens = tokenize(_plain(getattr(passage, name), self._tuning))
            for token in tokens:
                if self._tuning.kinds.get(token.kind):
                    terms[token.term] = terms.get(token.term, 0) + 1
            frequencies[name] = terms
            lengths[name] = sum(terms.values())
        return frequencies, lengths

    def _asked(self, title: str, body: str) -> dict[str, float]:
        """Each term of the question with its weight; a term said again says a little more."""
        weights: dict[str, float] = {}
        for text, share in ((title, self._tuning.title), (body, self._tuning.body)):
            seen: dict[str, int] = {}
            kinds: dict[str, float] = {}
            for token in tokenize(_plain(text, self._tuning)):
                worth = self._tuning.kinds.get(token.kind, 0.0)
                if worth and share:
                    seen[token.term] = seen.get(token.term, 0) + 1
                    kinds[token.term] = max(kinds.get(token.term, 0.0), worth)
            for term, worth in kinds.items():
                weights[term] = weights.get(term, 0.0) + share * worth * seen[term] ** self._tuning.repeated
        return weights


def _plain(text: str, tuning: PassageTuning) -> str:
    """Folded, the phrases of courtesy that every letter has set aside."""
    folded = fold(text)
    for phrase in tuning.phrases:
        folded = folded.replace(phrase, " ")
    return folded


def _telling(parts: list[tuple[float, str]], most: int = 5) -> tuple[str, ...]:
    """The words a person would recognise: longest first said, none inside another."""
    words: list[str] = []
    for _, term in sorted(parts, reverse=True):
        if len(term) > 1 and not any(term in word or word in term for word in words):
            words.append(term)
        if len(words) == most:
            break
    return tuple(words)
