"""What a published ledger may say of a rating: nothing that tells apart fewer than ten raters of a department."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from handlers.store.score_records import Fact
from rules.score_ledger import FEWEST_RATINGS, LedgerLine

RATING, CONDUCT = "rating", "conduct"
# Of these neither day nor place among the others is told: who knows when a neighbour's case was closed would know.
WITHOUT_DAY = frozenset({RATING, CONDUCT})

_F = TypeVar("_F", Fact, LedgerLine)


def with_enough_ratings(found: Iterable[_F]) -> list[_F]:
    """All but the ratings of departments that have fewer than ten."""
    kept = list(found)
    rated = Counter(each.department for each in kept if each.kind == RATING)
    return [each for each in kept if each.kind != RATING or rated[each.department] >= FEWEST_RATINGS]


def publishable(found: Iterable[Fact]) -> list[Fact]:
    """The facts without what could single a rater out: ratings of a department that has fewer than ten are left out,
    for who knows that a neighbour was one of two would know what they said; of the others staff always and the item
    where it is rare. What is left out counts for nothing, so that the score comes from the ledger alone.
    """
    kept = with_enough_ratings(found)
    named = _named(Counter((each.department, each.item) for each in kept if each.kind == RATING))
    return [
        replace(
            each, person=None, item=each.item if (each.department, each.item) in named else ""
        )
        if each.kind == RATING
        else each
        for each in kept
    ]  # fmt: skip


def _named(counts: Counter[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The items whose ratings are many enough. What remains of a department must be none or as many.

    Else who knows that a neighbour's item is not named would know the neighbour among the few that remain.
    """
    found: set[tuple[str, str]] = set()
    for department in {department for department, _ in counts}:
        own = sorted((count, key) for key, count in counts.items() if key[0] == department and key[1])
        rest = sum(count for key, count in counts.items() if key[0] == department and not key[1])
        # The smallest join the rest until it is many enough; of those left every one is.
        while own and (own[0][0] < FEWEST_RATINGS or 0 < rest < FEWEST_RATINGS):
            rest += own.pop(0)[0]
        found |= {key for _, key in own}
    return frozenset(found)
