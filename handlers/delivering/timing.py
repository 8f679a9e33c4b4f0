"""When to send: quiet hours by the second, pauses between tries, the morning after the daily cap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from catalog.delivery import QuietHours, Retrying

# Tries whose outcome nobody knows may have arrived each time: fewer of them.
MOST_UNCLEAR = 3


def quiet_until(quiet: QuietHours, now: datetime) -> datetime | None:
    """The end of the quiet hours `now` lies in, or None. They begin with the first second and end before the last."""
    first, last, clock = quiet.first, quiet.last, now.timetz().replace(tzinfo=None)
    if first == last:
        return None
    over_midnight = first > last
    inside = (clock >= first or clock < last) if over_midnight else first <= clock < last
    if not inside:
        return None
    end = now.replace(hour=last.hour, minute=last.minute, second=0, microsecond=0)
    return end + timedelta(days=1) if over_midnight and clock >= first else end


def tomorrow(quiet: QuietHours, now: datetime) -> datetime:
    """When numbers at their daily cap may be written to again: the next day, after its quiet hours."""
    morning = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return quiet_until(quiet, morning) or morning


def next_try(
    retry: Retrying, attempts: int, now: datetime, chance: Callable[[], float], at_least: float | None = None
) -> datetime:
    """When to try again after so many tries: doubling pauses, each by chance (0–1) between half of it and all of it.

    Half is kept, so that the pauses grow for certain; the other half spreads what failed at one moment.
    """
    longest = min(retry.first_seconds * 2.0 ** min(attempts - 1, 30), retry.longest_seconds)
    pause = longest * (0.5 + chance() / 2)
    return now + timedelta(seconds=round(max(pause, at_least or 0.0, 1.0)))
