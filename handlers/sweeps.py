"""When the sweep of this process was last done, by a clock that nobody can set."""

from __future__ import annotations

import time

LATEST = 300.0
"""Seconds. It sweeps every minute; this allows for a long pass after a long stop."""


class Sweeps:
    """Written by the thread that sweeps, read by whoever asks; seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._since: float | None = None

    def begin(self) -> None:
        """From now on this process is expected to sweep."""
        self._since = time.monotonic()

    def done(self) -> None:
        """A pass went through."""
        self._since = time.monotonic()

    def age(self, moment: float) -> float | None:
        """Seconds since the last pass (or since the start); None in a process that does not sweep."""
        return None if self._since is None else moment - self._since
