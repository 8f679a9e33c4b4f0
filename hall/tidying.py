"""The daily tidying of a running hall: expired drafts, sessions, kept answers, uploads nobody filed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

log = logging.getLogger("hall.serving")

# What tidying throws away is gone. A clock that jumps is seen against the machine's own steady count, and then
# nothing is thrown away until time has gone by as it should for this long.
STEADY_FOR = timedelta(hours=1)
_TOLERATED = timedelta(minutes=5)


class DailyTidying:
    """Calls `tidy` once a day, but not while the clock cannot be trusted."""

    def __init__(self, tidy: Callable[[datetime], int], steady: Callable[[], float] = time.monotonic) -> None:
        self._tidy, self._steady = tidy, steady
        self._since: tuple[datetime, float] | None = None
        self._done: date | None = None

    def if_due(self, now: datetime) -> bool:
        """Whether it was done now."""
        count = self._steady()
        if self._since is None:
            self._since = (now, count)
        passed = timedelta(seconds=count - self._since[1])
        if abs(now - self._since[0] - passed) > _TOLERATED:
            log.error("the clock jumped to %s: nothing is tidied away for an hour", now.isoformat())
            self._since = (now, count)
            return False
        if passed < STEADY_FOR or self._done == now.date():
            return False
        self._tidy(now)
        self._done = now.date()
        return True
