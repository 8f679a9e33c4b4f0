"""Where the limits keep their counts: in memory, tidied once a minute by whoever counts next."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from limits.storage import MemoryStorage

TIDY_EVERY_SECONDS = 60.0


class Counts(MemoryStorage):
    """The library's own starts a thread at nearly every count, which then goes through all counts there are.

    With a few thousand visitors that took more of the processor than all that the hall does for them. A count that
    has expired is not used in either: tidying only gives its memory back.
    """

    def __init__(self) -> None:
        self._tidied = time.monotonic()
        self._tidying = threading.Lock()
        super().__init__()

    def get(self, key: str) -> int:
        """The count; nearly every address and number that is asked about has none."""
        return super().get(key) if key in self.storage else 0

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - the library's private name
        if time.monotonic() - self._tidied < TIDY_EVERY_SECONDS or not self._tidying.acquire(blocking=False):
            return
        try:
            self._tidied = time.monotonic()
            with suppress(KeyError):  # another thread dropped a count meanwhile; the rest goes next time
                self._MemoryStorage__expire_events()  # type: ignore[attr-defined]
        finally:
            self._tidying.release()
