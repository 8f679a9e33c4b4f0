"""How like a name is to what was asked: characters in order, side by side, and how much is left over."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self


class Likeness(NamedTuple):
    """Shares from 0 to 1: asked characters found in order, found in pairs, and sameness of both sets."""

    in_order: float
    together: float
    fit: float


NOTHING = Likeness(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A squeezed text prepared once, to be compared with hundreds of names."""

    text: str
    weights: tuple[tuple[str, float], ...]
    whole: float
    pairs: tuple[tuple[str, float], ...]
    paired: float
    chars: frozenset[str]
    # What each character weighs wherever it stands, as a share of the whole.
    shares: Mapping[str, float]

    @classmethod
    def of(cls, text: str, rarity: Mapping[str, float]) -> Self:
        """`rarity` weighs each character, so that 的 counts less than 狗; 1 for one it does not name."""
        weights = tuple((char, rarity.get(char, 1.0)) for char in text)
        pairs = tuple((text[at : at + 2], weights[at][1] + weights[at + 1][1]) for at in range(len(text) - 1))
        whole = sum(weight for _, weight in weights)
        shares = {char: text.count(char) * weight / whole for char, weight in weights}
        paired = sum(weight for _, weight in pairs)
        return cls(text, weights, whole, pairs, paired, frozenset(text), shares)

    def likeness(self, name: str, distinct: int, shared: int) -> Likeness:
        """Compare with a squeezed name that has so many `distinct` characters, so many of them `shared`.

        In order is a longest common subsequence (建工证 lies in 建设工程规划许可证), together counts the
        asked pairs that the name has side by side.
        """
        if not self.text or not name:
            return NOTHING
        if self.text in name:
            in_order = together = 1.0
        else:
            in_order = self._in_order(name) / self.whole
            together = in_order
            if self.pairs:
                together = sum([weight for pair, weight in self.pairs if pair in name]) / self.paired
        return Likeness(in_order, together, 2 * shared / (len(self.chars) + distinct))

    def _in_order(self, name: str) -> float:
        """The heaviest common subsequence. `ends` and `held` are a staircase: later in the name, heavier."""
        ends: list[int] = []
        held: list[float] = []
        for char, weight in self.weights:
            at = name.rfind(char)
            # From behind, so that a step reached by this character is not stepped on by it again.
            while at != -1:
                step = bisect_left(ends, at)
                reached = (held[step - 1] if step else 0.0) + weight
                if step == len(ends) or ends[step] != at or held[step] < reached:
                    last = step
                    while last < len(held) and held[last] <= reached:
                        last += 1
                    ends[step:last] = [at]
                    held[step:last] = [reached]
                at = name.rfind(char, 0, at)
        return held[-1] if held else 0.0
