"""How like a name is to what was asked: characters in order, side by side, and how much is left over."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate, pairwise

# Room for rounding where a bound decides.
SAFE = 1 - 1e-9


class Asked:
    """A squeezed text prepared once, to be compared with hundreds of names: hence so flat.

    Likeness is 0 to 1, mixed of three shares by `weights` (ranking.yml, names): asked characters found in order (a
    longest common subsequence: 建工证 lies in 建设工程规划许可证), asked pairs that stand side by side in the name,
    and sameness of the two sets of characters.
    """

    def __init__(self, text: str, rarity: Mapping[str, float], weights: Mapping[str, float]) -> None:
        """`rarity` weighs each character, so that 的 counts less than 狗; 1 for one it does not name."""
        self.text = text
        chars = [(char, rarity.get(char, 1.0)) for char in text]
        whole = sum(weight for _, weight in chars)
        self._in_turn = [(char, weight / whole) for char, weight in chars]
        pairs = [
            (one + other, weight + next_weight) for (one, weight), (other, next_weight) in pairwise(chars)
        ]
        paired = sum(weight for _, weight in pairs)
        self._pairs = [(pair, weight / paired) for pair, weight in pairs]
        # What each character weighs wherever it stands, as a share of the whole.
        self._shares = {char: text.count(char) * weight / whole for char, weight in chars}
        self._chars = frozenset(text)
        mixed = weights["in_order"] + weights["together"] + weights["fit"]
        self._in_order, self._together = weights["in_order"] / mixed, weights["together"] / mixed
        self._fit = weights["fit"] / mixed
        self._title, self._plain, self._contained = weights["title"], weights["plain"], weights["contained"]
        # The most that so many characters in common allow, however they stand.
        heaviest = accumulate(sorted(self._shares.values(), reverse=True), initial=0.0)
        self._most = [
            self._in_order * share + self._together * (1.0 if common > 1 else share)
            for common, share in enumerate(heaviest)
        ]

    def closest(self, names: tuple[str, ...], distinct: tuple[int, ...], needed: float) -> tuple[float, int]:
        """How like the closest of a document's squeezed names is, and which; names that cannot come to what is needed
        are passed over: 0 and -1 where none can. `distinct`: how many different characters each name has.
        """
        best, place = 0.0, -1
        common_with, count, worth = self._chars.intersection, len(self._chars), self._title
        needed *= SAFE
        for at, name in enumerate(names):
            if at:
                worth = self._plain
            common = common_with(name)
            shared = len(common)
            fit = self._fit * 2 * shared / (count + distinct[at])
            # A name all of whose characters are asked may stand in the question as a whole.
            within = shared == distinct[at]
            if not within and worth * (self._most[shared] + fit) < needed:
                continue
            if self.text in name:
                like = worth * (self._in_order + self._together + fit)
            else:
                share = sum([self._shares[char] for char in common])
                together = (
                    sum([weight for pair, weight in self._pairs if pair in name]) if self._pairs else share
                )
                like = self._together * together + fit
                if not within and worth * (self._in_order * share + like) < needed:
                    continue
                like = worth * (like + self._in_order * self._longest(name))
            if within and len(name) > 1 and name in self.text:
                # A sentence that holds the whole name is about it, however much is said around it.
                like = max(like, min(0.9, self._contained + 0.1 * len(name)))
            if like > best:
                best, place = like, at
        return best, place

    def _longest(self, name: str) -> float:
        """The heaviest common subsequence. `ends` and `held` are a staircase: later in the name, heavier."""
        ends: list[int] = []
        held: list[float] = []
        for char, weight in self._in_turn:
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
