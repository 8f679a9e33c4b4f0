"""From counted days to supervision levels: when warning, yellow and red begin. Clocks and cards share it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from rules.counting import Counting
from rules.quick_dataclass import dataclass

Measure = Literal["left_at_most", "over_at_least", "over_more_than"]
Against = Literal["promised", "statutory"]

NONE, WARNING, YELLOW, RED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where a level begins: by days left before a limit, or over it (whole days u, see Counting)."""

    measure: Measure
    days: int
    against: Against = "promised"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The three levels of one supervised object; None where the rule set has no such level for it.

    `born_warned_guard`: no level that begins before the limit begins while u < limit ÷ 2, nor at the very
    start. `statutory_fallback`: where there is no statutory limit, promise + this many days stands for it.
    """

    warning: Threshold | None = None
    yellow: Threshold | None = None
    red: Threshold | None = None
    born_warned_guard: bool = True
    statutory_fallback: int = 3

    def of_level(self, level: int) -> Threshold | None:
        """The threshold of level 1, 2 or 3."""
        return {WARNING: self.warning, YELLOW: self.yellow, RED: self.red}.get(level)


@dataclass(frozen=True, slots=True)
class LevelTimes:
    """The first moment of each level; None where there is no such level."""

    warn_at: datetime | None
    yellow_at: datetime | None
    red_at: datetime | None

    def at(self, moment: datetime) -> tuple[int, datetime | None]:
        """The highest level begun by `moment`, and since when."""
        for level, begins in ((RED, self.red_at), (YELLOW, self.yellow_at), (WARNING, self.warn_at)):
            if begins is not None and begins <= moment:
                return level, begins
        return NONE, None


def level_times(counting: Counting, thresholds: Thresholds, limit: int, statutory: int | None) -> LevelTimes:
    """When each level begins for a count that runs on unless ended. Limits in days of the counting's unit."""
    begins = [
        None
        if threshold is None
        else counting.reached(_count(counting, thresholds, threshold, limit, statutory))
        for threshold in (thresholds.warning, thresholds.yellow, thresholds.red)
    ]
    return LevelTimes(*begins)


def limit_against(thresholds: Thresholds, threshold: Threshold, limit: int, statutory: int | None) -> int:
    """The limit a threshold measures against: the promise, the law's, or what stands for the law's."""
    if threshold.against == "promised":
        return limit
    return statutory if statutory is not None else limit + thresholds.statutory_fallback


def _count(
    counting: Counting, thresholds: Thresholds, threshold: Threshold, limit: int, statutory: int | None
) -> int:
    """The u at which a threshold is first met."""
    return first_day(
        thresholds,
        threshold,
        counting.effective_limit(limit_against(thresholds, threshold, limit, statutory)),
    )


def first_day(thresholds: Thresholds, threshold: Threshold, base: int) -> int:
    """The u at which a threshold is first met against a limit of `base` days."""
    if threshold.measure == "over_at_least":
        return base + threshold.days
    if threshold.measure == "over_more_than":
        return base + threshold.days + 1
    count = base - threshold.days
    return max(count, -(-base // 2), 1) if thresholds.born_warned_guard else count
