"""How fast a request's body must arrive: a minute's grace, and after it at least 64 kbit/s over the whole body.

A limit on each pause alone lets one byte every half minute hold a connection for days. A pace over the whole grows
with what has arrived, so that it is a deadline for every size: ten megabytes over a village's line of 256 kbit/s
take five and a half minutes and may take twenty-two.
"""

from __future__ import annotations

GRACE_SECONDS = 60.0
LEAST_BYTES_A_SECOND = 8 * 1024


class BodyPace:
    """One body on its way. Moments are seconds of the event loop's clock; what we are slow ourselves does not count."""

    def __init__(self, begun: float, grace: float = GRACE_SECONDS, least: int = LEAST_BYTES_A_SECOND) -> None:
        self._until, self._least = begun + grace, least
        self._held_since: float | None = None

    def arrived(self, size: int) -> None:
        """So many bytes more."""
        self._until += size / self._least

    def hold(self, now: float, held: bool) -> None:
        """Whether reading is held back at this moment, because what came has not been taken in yet."""
        if self._held_since is not None:
            self._until += now - self._held_since
        self._held_since = now if held else None

    def left(self, now: float) -> float:
        """Seconds until the body is too slow; while reading is held back they do not run."""
        return self._until - (now if self._held_since is None else self._held_since)
