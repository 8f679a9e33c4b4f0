"""Ranking of one reading of a query: BM25F over all documents, then likeness of names for the best."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nlargest
from typing import NamedTuple

from search_index.similarity import SAFE, Asked
from search_index.snapshot import Impacts, Snapshot
from search_index.text import squeeze
from search_index.tokens import Token, tokenize
from search_index.tuning import Ranking


class Scored(NamedTuple):
    """A document's score (0 to about 1) and the place of the name that matched best, -1 for none."""

    score: float
    name: int


def score(snapshot: Snapshot, text: str, ranking: Ranking) -> dict[int, Scored]:
    """The documents that hold enough of the text to come within reach of the best, scored."""
    tokens = tokenize(text)
    held, whole = _text_scores(snapshot, tokens, ranking)
    if not held:
        return {}
    weight = ranking.names["text"]
    # Whoever is below this share of the best text score ends below match_share of the best score, too.
    reach = ranking.match_share * max(held.values())
    best, others = _best(snapshot, held, reach, ranking.candidates)
    scored = {number: Scored(weight * held[number] / whole, -1) for number in others}
    chars = {token.term for token in tokens if len(token.term) == 1}
    asked = Asked(squeeze(text), {char: 0.3 + snapshot.impacts(char).rarity for char in chars}, ranking.names)
    entries, later_stages = snapshot.entries, snapshot.later_stages
    least = 0.0
    for number in best:
        entry = entries[number]
        share = weight * held[number] / whole
        # Below this likeness the document ends out of reach of the best one, whatever else holds.
        needed = (least - share) / (1 - weight)
        closeness, name = asked.closest(entry.names, entry.distinct, needed)
        value = share + (1 - weight) * closeness
        if number in later_stages and any(stage not in asked.text for stage in later_stages[number]):
            value *= ranking.later_stage
        if value >= least:
            scored[number] = Scored(value, name)
            least = max(least, ranking.match_share * value * SAFE)
    return {number: one for number, one in scored.items() if one.score >= least}


def _best(
    snapshot: Snapshot, held: Mapping[int, float], reach: float, count: int
) -> tuple[list[int], list[int]]:
    """The `count` that hold most, in order, of equal ones the later codes; and all others within reach."""
    # Where enough are near the best, the rest need not be sorted.
    amounts = [amount for amount in held.values() if amount >= reach / 2]
    if len(amounts) < count:
        amounts = list(held.values())
    amounts.sort(reverse=True)
    least = amounts[count - 1] if len(amounts) >= count else 0.0
    best = [number for number, amount in held.items() if amount > least]
    best.sort(key=held.__getitem__, reverse=True)
    if len(best) < count <= len(amounts):
        tied = [number for number, amount in held.items() if amount == least]
        best += nlargest(count - len(best), tied, key=lambda number: snapshot.entries[number].code_key)
    if least < reach:
        return best, []
    chosen = frozenset(best)
    return best, [number for number, amount in held.items() if amount >= reach and number not in chosen]


def _text_scores(snapshot: Snapshot, tokens: list[Token], ranking: Ranking) -> tuple[dict[int, float], float]:
    """What documents hold of the tokens' weight, and the weight that one holding all of them would have.

    A document that can neither come within reach of the best nor among the candidates may be missing.
    """
    weights: dict[str, float] = {}
    for token in tokens:
        weights[token.term] = max(weights.get(token.term, 0.0), ranking.kinds[token.kind])
    terms = [(snapshot.impacts(term), weight) for term, weight in weights.items() if weight]
    weighed = sorted(
        ((weight * impacts.rarity, impacts) for impacts, weight in terms), key=_weight, reverse=True
    )
    whole = rest = sum(weight for weight, _ in weighed)
    held: dict[int, float] = {}
    closed = False
    for weight, impacts in weighed:
        # Nobody holds more of what is left than all of it: a time comes from which on newcomers are too late. To see
        # whether it has come takes as long as a term with as many documents.
        if (
            not closed
            and rest < ranking.match_share * (whole - rest)
            and 2 * len(impacts.documents) > len(held)
        ):
            floor = SAFE * _floor(held, ranking)
            if rest < floor:
                closed = True
                held = {number: amount for number, amount in held.items() if amount + rest >= floor}
        rest -= weight
        postings = zip(impacts.documents, impacts.shares, strict=True)
        if closed:
            for number, share in postings:
                if number in held:
                    held[number] += weight * share
        else:
            so_far = held.get
            for number, share in postings:
                held[number] = so_far(number, 0.0) + weight * share
    return held, whole


def _floor(held: Mapping[int, float], ranking: Ranking) -> float:
    """Below this a document is neither within reach of the best nor among the candidates; 0 while these are too few."""
    if len(held) < ranking.candidates:
        return 0.0
    amounts = sorted(held.values(), reverse=True)
    return min(ranking.match_share * amounts[0], amounts[ranking.candidates - 1])


def _weight(weighed: tuple[float, Impacts]) -> float:
    return weighed[0]
