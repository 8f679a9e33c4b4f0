"""Ranking of one reading of a query: BM25F over all documents, then likeness of names for the best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from search_index.similarity import Asked
from search_index.snapshot import Entry, Snapshot
from search_index.text import squeeze
from search_index.tokens import Token, tokenize
from search_index.tuning import Ranking

# Room for rounding where a bound decides.
SAFE = 1 - 1e-9


class Scored(NamedTuple):
    """A document's score (0 to about 1) and the place of the name that matched best, -1 for none."""

    score: float
    name: int


def score(snapshot: Snapshot, text: str, ranking: Ranking) -> dict[int, Scored]:
    """The documents that hold enough of the text to come within reach of the best, scored."""
    tokens = tokenize(text)
    held, whole = _text_scores(snapshot, tokens, ranking)
    most = max(held, default=0.0)
    if not most:
        return {}
    weight = ranking.names["text"]
    # Whoever is below this share of the best text score ends below match_share of the best score, too.
    reach = ranking.match_share * most
    # Enough for nearly every question, and one pass in place of two.
    pool = [(share, number) for number, share in enumerate(held) if share >= reach / 2]
    scored = {number: Scored(weight * share / whole, -1) for share, number in pool if share >= reach}
    if len(pool) < ranking.candidates:
        pool = [(share, number) for number, share in enumerate(held) if share]
    chars = {token.term for token in tokens if len(token.term) == 1}
    asked = Asked.of(squeeze(text), {char: 0.3 + snapshot.impacts(char).rarity for char in chars})
    closest = _Closest(asked, ranking.names)
    top = 0.0
    for amount, _, number in _best(snapshot, pool, ranking.candidates):
        share = amount / whole
        # Below this likeness the document ends out of reach of the best one, whatever else holds.
        needed = (ranking.match_share * top - weight * share) / (1 - weight)
        closeness, name = closest.name(snapshot.entries[number], needed)
        value = weight * share + (1 - weight) * closeness
        if any(stage not in asked.text for stage in snapshot.later_stages.get(number, ())):
            value *= ranking.later_stage
        if value > top:
            top = value
        scored[number] = Scored(value, name)
    return scored


def _best(snapshot: Snapshot, pool: list[tuple[float, int]], count: int) -> list[tuple[float, str, int]]:
    """Those who hold most (amount, code, number); of equal ones the later code."""
    least = sorted([amount for amount, _ in pool], reverse=True)[count - 1] if len(pool) > count else 0.0
    entries = snapshot.entries
    best = [(amount, entries[number].code_key, number) for amount, number in pool if amount >= least]
    best.sort(reverse=True)
    return best[:count]


def _text_scores(snapshot: Snapshot, tokens: list[Token], ranking: Ranking) -> tuple[list[float], float]:
    """What each document holds of the tokens' weight, and the weight that one holding all of them would have."""
    weights: dict[str, float] = {}
    for token in tokens:
        weights[token.term] = max(weights.get(token.term, 0.0), ranking.kinds[token.kind])
    held = [0.0] * snapshot.size
    whole = 0.0
    for term, kind_weight in weights.items():
        impacts = snapshot.impacts(term)
        weight = kind_weight * impacts.rarity
        whole += weight
        for number, share in zip(impacts.documents, impacts.shares, strict=True):
            held[number] += weight * share
    return held, whole


class _Closest:
    """Which of a document's names is closest to what was asked. Asked hundreds of times a query: hence so flat."""

    def __init__(self, asked: Asked, weights: Mapping[str, float]) -> None:
        self._asked, self._weights = asked, weights
        self._in_order, self._together, self._fit = weights["in_order"], weights["together"], weights["fit"]
        self._all = self._in_order + self._together + self._fit

    def name(self, entry: Entry, needed: float) -> tuple[float, int]:
        """How close the closest name is and which; 0 and -1 where none can come to what is needed."""
        best, place = 0.0, -1
        asked, worth = self._asked, self._weights["title"]
        chars = asked.chars
        count = len(chars)
        for at, (name, distinct) in enumerate(zip(entry.names, entry.distinct, strict=True)):
            if at:
                worth = self._weights["plain"]
            common = chars.intersection(name)
            shared = len(common)
            if (
                needed > 0
                # No likeness is above what the characters alone allow; a name all of whose characters are asked may
                # stand in the question as a whole.
                and shared != distinct
                and worth * self._allowed(common, 2 * shared / (count + distinct)) < needed * self._all * SAFE
            ):
                continue
            like = asked.likeness(name, distinct, shared)
            mixed = self._in_order * like.in_order + self._together * like.together + self._fit * like.fit
            mixed *= worth / self._all
            if len(name) > 1 and shared == distinct and name in asked.text:
                # A sentence that holds the whole name is about it, however much is said around it.
                mixed = max(mixed, min(0.9, self._weights["contained"] + 0.1 * len(name)))
            if mixed > best:
                best, place = mixed, at
        return best, place

    def _allowed(self, common: frozenset[str], fit: float) -> float:
        in_order = sum(map(self._asked.shares.__getitem__, common))
        together = 1.0 if len(common) > 1 else in_order
        return self._in_order * in_order + self._together * together + self._fit * fit
