"""How like a name is to what was asked: characters in order, side by side, and how much is left over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Likeness:
    """Shares from 0 to 1: asked characters found in order, found in pairs, and sameness of both sets."""

    in_order: float
    together: float
    fit: float


NOTHING = Likeness(0.0, 0.0, 0.0)


def likeness(asked: str, name: str, rarity: Mapping[str, float]) -> Likeness:
    """Compare squeezed texts. `rarity` weighs each asked character, so that 的 counts less than 狗.

    In order is a longest common subsequence (建工证 lies in 建设工程规划许可证), together counts the
    asked pairs that the name has side by side.
    """
    if not asked or not name:
        return NOTHING
    weights = [rarity.get(char, 1.0) for char in asked]
    whole = sum(weights)
    best_row = [0.0] * (len(name) + 1)
    for char, weight in zip(asked, weights, strict=True):
        if char not in name:
            continue
        diagonal = 0.0
        for at, other in enumerate(name, 1):
            above = best_row[at]
            if char == other:
                candidate = diagonal + weight
                if candidate > above:
                    best_row[at] = candidate
            if best_row[at - 1] > best_row[at]:
                best_row[at] = best_row[at - 1]
            diagonal = above
    pairs = [asked[at : at + 2] for at in range(len(asked) - 1)]
    pair_weights = [weights[at] + weights[at + 1] for at in range(len(pairs))]
    paired = sum(weight for pair, weight in zip(pairs, pair_weights, strict=True) if pair in name)
    shared = len(set(asked) & set(name))
    return Likeness(
        in_order=best_row[-1] / whole,
        together=paired / sum(pair_weights) if pairs else best_row[-1] / whole,
        fit=2 * shared / (len(set(asked)) + len(set(name))),
    )
