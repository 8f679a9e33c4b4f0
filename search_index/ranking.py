"""Ranking of one reading of a query: BM25F over all documents, then likeness of names for the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import nlargest

from search_index.similarity import likeness
from search_index.snapshot import Entry, Snapshot
from search_index.text import squeeze
from search_index.tokens import Token, tokenize
from search_index.tuning import Ranking


@dataclass(frozen=True, slots=True)
class Scored:
    """A document's score (0 to about 1) and the place of the name that matched best, -1 for none."""

    score: float
    name: int


def score(snapshot: Snapshot, text: str, ranking: Ranking) -> dict[int, Scored]:
    """The documents that hold enough of the text to come within reach of the best, scored."""
    tokens = tokenize(text)
    held = _text_scores(snapshot, tokens, ranking)
    if not held:
        return {}
    weight = ranking.names["text"]
    # Whoever is below this share of the best text score ends below match_share of the best score, too.
    reach = ranking.match_share * max(held.values())
    near = {number: share for number, share in held.items() if share >= reach}
    scored = {number: Scored(weight * share, -1) for number, share in near.items()}
    candidates = near if len(near) >= ranking.candidates else held
    best = nlargest(
        ranking.candidates,
        candidates,
        key=lambda number: (candidates[number], snapshot.entries[number].code_key),
    )
    chars = {token.term for token in tokens if len(token.term) == 1}
    rarity = {char: 0.3 + snapshot.impacts(char).rarity for char in chars}
    asked = squeeze(text)
    unasked = tuple(stage for stage in ranking.later_stages if stage not in asked)
    for number in best:
        entry = snapshot.entries[number]
        closeness, name = _closest_name(asked, entry, rarity, ranking.names)
        value = weight * held[number] + (1 - weight) * closeness
        if any(stage in entry.names[0] for stage in unasked):
            value *= ranking.later_stage
        scored[number] = Scored(value, name)
    return scored


def _text_scores(snapshot: Snapshot, tokens: list[Token], ranking: Ranking) -> dict[int, float]:
    """Each document's share of the weight that a document holding all tokens would have."""
    weights: dict[str, float] = {}
    for token in tokens:
        weights[token.term] = max(weights.get(token.term, 0.0), ranking.kinds[token.kind])
    held: dict[int, float] = {}
    whole = 0.0
    for term, kind_weight in weights.items():
        impacts = snapshot.impacts(term)
        weight = kind_weight * impacts.rarity
        whole += weight
        for number, share in zip(impacts.documents, impacts.shares, strict=True):
            held[number] = held.get(number, 0.0) + weight * share
    return {number: share / whole for number, share in held.items()} if whole else {}


def _closest_name(
    asked: str, entry: Entry, rarity: Mapping[str, float], weights: Mapping[str, float]
) -> tuple[float, int]:
    best, place = 0.0, -1
    for at, name in enumerate(entry.names):
        like = likeness(asked, name, rarity)
        mixed = (
            weights["in_order"] * like.in_order
            + weights["together"] * like.together
            + weights["fit"] * like.fit
        ) / (weights["in_order"] + weights["together"] + weights["fit"])
        mixed *= weights["plain"] if at else weights["title"]
        if len(name) > 1 and name in asked:
            # A sentence that holds the whole name is about it, however much is said around it.
            mixed = max(mixed, min(0.9, weights["contained"] + 0.1 * len(name)))
        if mixed > best:
            best, place = mixed, at
    return best, place
