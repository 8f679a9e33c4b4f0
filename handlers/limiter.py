"""Counts how often somebody does a thing, by the library `limits`, which is loaded at the first count."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from rules.quick_dataclass import dataclass

if TYPE_CHECKING:  # it takes as long to load as the web server, and who only reads is never counted
    from limits import RateLimitItem
    from limits.strategies import SlidingWindowCounterRateLimiter


@dataclass(frozen=True, slots=True)
class Limit:
    """So many times within so many minutes that slide along."""

    amount: int
    minutes: int


class Limiter:
    """`what` is counted for `who`; the counts live in memory and are gone with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counting: SlidingWindowCounterRateLimiter | None = None

    def prepare(self) -> None:
        """Loads the library, so that the first count need not.

        Under the one lock: its modules import each other, and two threads that enter by different ones (one by
        `limits.storage`, one by `limits.strategies`) would wait for each other until Python refuses one of them.
        """
        self._strategy()

    def hit(self, limit: Limit, what: str, who: str) -> bool:
        """Counts once; False when it was once too often."""
        return self._strategy().hit(_item(limit), what, who)

    def test(self, limit: Limit, what: str, who: str) -> bool:
        """Whether it may be done once more; counts nothing."""
        return self._strategy().test(_item(limit), what, who)

    def free_at(self, limit: Limit, what: str, who: str) -> float:
        """When it may be done again, in seconds since 1970."""
        return self._strategy().get_window_stats(_item(limit), what, who).reset_time

    def _strategy(self) -> SlidingWindowCounterRateLimiter:
        found = self._counting
        if found is None:
            with self._lock:
                found = self._counting
                if found is None:
                    from limits.strategies import SlidingWindowCounterRateLimiter

                    from handlers.throttle_storage import Counts

                    found = self._counting = SlidingWindowCounterRateLimiter(Counts())
        return found


def _item(limit: Limit) -> RateLimitItem:
    found = _ITEMS.get(limit)
    if found is None:
        from limits import RateLimitItemPerMinute

        found = _ITEMS[limit] = RateLimitItemPerMinute(limit.amount, limit.minutes)
    return found


_ITEMS: dict[Limit, RateLimitItem] = {}
