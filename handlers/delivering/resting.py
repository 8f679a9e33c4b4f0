"""Channels left alone for a while: after failures that would hit every message, or at their number a minute."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

FIRST_REST = 30.0
LONGEST_REST = 600.0
_MINUTE = timedelta(minutes=1)


class Resting:
    """What rests until when; shared by the sending threads of one process."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._until: dict[str, datetime] = {}
        self._streak: dict[str, int] = {}
        self._sent: dict[str, deque[datetime]] = {}
        # Apart from the rests after failures: what was admitted within the minute's number is still sent.
        self._full: dict[str, datetime] = {}

    def until(self, name: str) -> datetime | None:
        """When a channel's rest after failures ends, None when it does not rest."""
        with self._lock:
            end = self._until.get(name)
            return end if end is not None and end > self._now() else None

    def names(self) -> tuple[str, ...]:
        """Everything that rests now, or has had its number this minute."""
        now = self._now()
        with self._lock:
            ends = (*self._until.items(), *self._full.items())
            return tuple(dict.fromkeys(name for name, end in ends if end > now))

    def failed(self, name: str, retry_after: float | None) -> int:
        """A failure of the whole channel: it rests, longer each time. Returns how many rests follow each other."""
        now = self._now()
        with self._lock:
            resting = self._until.get(name)
            if resting is not None and resting > now and retry_after is None:
                return self._streak.get(name, 1)  # threads that failed together count once
            streak = self._streak.get(name, 0) + 1
            self._streak[name] = streak
            pause = (
                retry_after if retry_after is not None else min(FIRST_REST * 2 ** (streak - 1), LONGEST_REST)
            )
            self._until[name] = max(now + timedelta(seconds=max(pause, 1.0)), resting or now)
            return streak

    def worked(self, name: str) -> None:
        """The channel took a message."""
        with self._lock:
            self._streak.pop(name, None)

    def may_send(self, name: str, per_minute: int) -> bool:
        """Counts one message against the channel's number a minute; False, and a rest, when it is used up."""
        if not per_minute:
            return True
        now = self._now()
        with self._lock:
            sent = self._sent.setdefault(name, deque())
            while sent and sent[0] <= now - _MINUTE:
                sent.popleft()
            if len(sent) >= per_minute:
                self._full[name] = sent[0] + _MINUTE
                return False
            sent.append(now)
            return True
