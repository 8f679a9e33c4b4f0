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
    held = _text_scores(snapshot, tokens, ranking)
    if not held:
        return {}
    weight = ranking.names["text"]
    # Whoever is below this share of the best text score ends below match_share of the best score, too.
    reach = ranking.match_share * max(held.values())
    near = {number: share for number, share in held.items() if share >= reach}
    scored = {number: Scored(weight * share, -1) for number, share in near.items()}
    best = _best(snapshot, near if len(near) >= ranking.candidates else held, ranking.candidates)
    chars = {token.term for token in tokens if len(token.term) == 1}
    asked = Asked.of(squeeze(text), {char: 0.3 + snapshot.impacts(char).rarity for char in chars})
    top = 0.0
    for number in best:
        entry = snapshot.entries[number]
        # Below this likeness the document ends out of reach of the best one, whatever else holds.
        needed = (ranking.match_share * top - weight * held[number]) / (1 - weight)
        closeness, name = _closest_name(asked, entry, ranking.names, needed)
        value = weight * held[number] + (1 - weight) * closeness
        if any(stage not in asked.text for stage in snapshot.later_stages.get(number, ())):
            value *= ranking.later_stage
        top = max(top, value)
        scored[number] = Scored(value, name)
    return scored


def _best(snapshot: Snapshot, shares: Mapping[int, float], count: int) -> list[int]:
    """The documents with the largest shares; of equal ones those with the later code."""
    if len(shares) > count:
        least = sorted(shares.values(), reverse=True)[count - 1]
        shares = {number: share for number, share in shares.items() if share >= least}
    entries = snapshot.entries
    return sorted(shares, key=lambda number: (shares[number], entries[number].code_key), reverse=True)[:count]


def _text_scores(snapshot: Snapshot, tokens: list[Token], ranking: Ranking) -> dict[int, float]:
    """Each document's share of the weight that a document holding all tokens would have."""
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
    return {number: share / whole for number, share in enumerate(held) if share} if whole else {}


def _closest_name(
    asked: Asked, entry: Entry, weights: Mapping[str, float], needed: float
) -> tuple[float, int]:
    """How close the closest name is and which; 0 and -1 where none can come to what is needed."""
    best, place = 0.0, -1
    in_order, together, fit = weights["in_order"], weights["together"], weights["fit"]
    all_weights = in_order + together + fit
    for at, (name, distinct) in enumerate(zip(entry.names, entry.distinct, strict=True)):
        worth = weights["plain"] if at else weights["title"]
        if needed > 0:
            most = asked.at_most(name, distinct)
            if (
                worth * (in_order * most[0] + together * most[1] + fit * most[2])
                < needed * all_weights * SAFE
            ):
                continue
        like = asked.likeness(name, distinct)
        mixed = (in_order * like[0] + together * like[1] + fit * like[2]) / all_weights
        mixed *= worth
        if len(name) > 1 and name in asked.text:
            # A sentence that holds the whole name is about it, however much is said around it.
            mixed = max(mixed, min(0.9, weights["contained"] + 0.1 * len(name)))
        if mixed > best:
            best, place = mixed, at
    return best, place
