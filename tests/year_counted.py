"""What a year of cases should have brought, counted by hand day by day from what was done, with nothing of `rules/`:
its own reading of the calendar files, its own thresholds (DOMAIN §4).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from handlers.casework.requests import Filed
from tests.casework_fixtures import (
    LICENCE,
    ON_THE_SPOT,
    ROOT_OF_TESTS,
)

FIRST, LAST = date(2025, 1, 2), date(2025, 12, 31)


@dataclass(frozen=True, slots=True)
class Done:
    """Something that really happened to a case."""

    at: datetime
    what: str
    days: int = 0


@dataclass
class Life:
    """One case: what it is, what is planned for it, what was done."""

    item: Any
    filed: Filed | None = None
    done: list[Done] = field(default_factory=list)


def working_days(first: date, last: date) -> list[date]:
    """Working days from the published notices, read from the files without the hall's own reader."""
    off: set[date] = set()
    work: set[date] = set()
    for path in sorted((ROOT_OF_TESTS / "catalog/defaults/calendars").glob("20*.yml")):
        for holiday in yaml.safe_load(Path(path).read_text("utf-8"))["holidays"]:
            off.update(holiday.get(False, ()))  # YAML 1.1 reads the word off as false
            work.update(holiday.get("work", ()))
    day, found = first, []
    while day <= last:
        if day in work or (day.weekday() < 5 and day not in off):
            found.append(day)
        day += timedelta(days=1)
    return found


# Object, level, when: one row of what should have been.
Earned = tuple[str, int, date]


class Count:
    """Elapsed working days by looking them up in a list."""

    def __init__(self, last: date) -> None:
        self.days = working_days(FIRST - timedelta(days=40), last)
        self._known = frozenset(self.days)

    def after(self, start: date, end: date) -> list[date]:
        """The working days after `start` up to and including `end`."""
        return self.days[bisect_right(self.days, start) : bisect_right(self.days, end)]

    def calendar_limit(self, start: date, days: int) -> int:
        """Thirty calendar days, moved to a working day, told in working days."""
        end = start + timedelta(days=days)
        while end not in self._known:
            end += timedelta(days=1)
        return len(self.after(start, end))


def expected_cards(life: Life, count: Count, ended: date) -> set[Earned]:
    """Object, level and first day of every card a case earned, day by day from what was done to it."""
    found: set[Earned] = set()
    found |= _pre_acceptance(life, count, ended)
    found |= _decision(life, count, ended)
    found |= _stages(life, count, ended)
    found |= _special(life, count, ended)
    granted = _first(life, "grant")
    if life.item is LICENCE and granted is not None:
        end = _first(life, "deliver")
        last = ended if end is None else end.at.date()
        over = _walk(count, "certificate", granted.at.date(), last, lambda day, u: 1 if u - 3 > 0 else 0)
        found |= {
            (what, 2, day) for what, _, day in over
        }  # a late certificate has no warning, only a yellow card
    return found


def _walk(
    count: Count, what: str, start: date, end: date, level_of: Any, excluded: Any = None
) -> set[Earned]:
    """Every day from start to end: the first day of each level. `excluded(day)`: days out of the count by then."""
    reached, found = 0, set()
    for day in _each_day(start, end):
        elapsed = len(count.after(start, day))
        if excluded is not None:
            elapsed -= sum(each > start for each in excluded(day))
        level = level_of(day, elapsed)
        for each in range(reached + 1, level + 1):
            found.add((what, each, day))
        reached = max(reached, level)
        if reached == 3:
            break
    return found


def _each_day(start: date, end: date) -> Iterator[date]:
    while start <= end:
        yield start
        start += timedelta(days=1)


def _first(life: Life, *what: str) -> Done | None:
    return next((each for each in life.done if each.what in what), None)


def _end_of(life: Life, ended: date, after: datetime, *what: str) -> date:
    found = next((each for each in life.done if each.what in what and each.at >= after), None)
    return ended if found is None else found.at.date()


def _pre_acceptance(life: Life, count: Count, ended: date) -> set[Earned]:
    found: set[Earned] = set()
    if life.item is ON_THE_SPOT:
        return found
    for begun in [each for each in life.done if each.what in ("file", "supplement")]:
        end = _end_of(
            life,
            ended,
            begun.at,
            "pre_review",
            "supplement_notice",
            "accept",
            "deem_accept",
            "refuse",
            "withdraw",
        )
        found |= _walk(
            count, "pre_acceptance", begun.at.date(), end,
            lambda day, u: 3 if u - 2 > 5 else 2 if u - 2 > 3 else 1 if u - 2 > 0 else 0,
        )  # fmt: skip
    return found


def _accepted(life: Life) -> tuple[date, datetime] | None:
    """The day counting starts, and the moment it became known: deemed acceptance reaches back to the receipt."""
    accepted = _first(life, "accept", "deem_accept")
    if accepted is None:
        return None
    if accepted.what == "accept":
        return accepted.at.date(), accepted.at
    received = [each for each in life.done if each.what in ("file", "supplement") and each.at <= accepted.at][
        -1
    ]
    return received.at.date(), accepted.at


def _exclusions(life: Life, count: Count) -> Any:
    """The working days taken out by special procedures, as known on a day."""
    pauses = []
    for begun in [each for each in life.done if each.what == "start_special"]:
        end = next((each for each in life.done if each.what == "end_special" and each.at >= begun.at), None)
        pauses.append((begun, end))

    def excluded(day: date) -> set[date]:
        out: set[date] = set()
        for begun, end in pauses:
            if begun.at.date() >= day:
                continue
            last = day if end is None or end.at.date() >= day else end.at.date()
            out.update(count.after(begun.at.date(), last)[: begun.days])
        return out

    return excluded


def _extended(life: Life, day: date) -> int:
    return sum(each.days for each in life.done if each.what == "extend" and each.at.date() < day)


def _promise_extended(life: Life, count: Count, start: date, day: date) -> int:
    """Days by which the promise is longer on a day: one that had passed by then is not extended any more."""
    found = 0
    for each in life.done:
        if each.what == "extend" and each.at.date() < day:
            kept = _within(life, count, start, each.at.date(), life.item.promised.days)
            found += each.days if kept else 0
    return found


def _within(life: Life, count: Count, start: date, day: date, limit: int) -> bool:
    """Whether a limit is kept on a day: a Saturday after the last counted day is late, though it counts no day."""
    out = _exclusions(life, count)(day)
    counted = [start, *(each for each in count.after(start, day) if each not in out)]
    return len(counted) - 1 < limit or (len(counted) - 1 == limit and counted[-1] == day)


def _decision(life: Life, count: Count, ended: date) -> set[Earned]:
    accepted = _accepted(life)
    if accepted is None:
        return set()
    start, known = accepted
    promised = life.item.promised.days
    law = life.item.statutory
    statutory = (
        promised + 3
        if law is None
        else law.days
        if law.unit == "workday"
        else count.calendar_limit(start, law.days)
    )
    end = _end_of(life, ended, known, "grant", "deny", "withdraw")

    def level(day: date, u: int) -> int:
        if u - (statutory + _extended(life, day)) >= 1:
            return 3
        more = _promise_extended(life, count, start, day)
        if u - (promised + more) >= 1:
            return 2
        left = promised + more - u
        return 1 if left <= 2 and u >= 1 and 2 * u >= promised + more else 0

    return _walk(count, "case", start, end, level, _exclusions(life, count))


def _stages(life: Life, count: Count, ended: date) -> set[Earned]:
    accepted = _accepted(life)
    found: set[Earned] = set()
    if accepted is None:
        return found
    begins = [
        accepted,
        *((each.at.date(), each.at) for each in life.done if each.what in ("step_1", "step_2")),
    ]
    ends = ("step_1", "step_2", "grant", "deny", "withdraw")
    for (start, known), step in zip(begins, life.item.steps, strict=False):
        if step.limit is None:
            continue
        after = known if known == accepted[1] else known + timedelta(seconds=1)
        end = _end_of(life, ended, after, *ends)
        limit = step.limit

        def level(day: date, u: int, limit: int = limit) -> int:
            over = u - limit
            return 3 if over > 2 else 2 if over > 0 else 1 if over >= -1 and u >= 1 and 2 * u >= limit else 0

        found |= _walk(count, "stage", start, end, level, _exclusions(life, count))
    return found


def _special(life: Life, count: Count, ended: date) -> set[Earned]:
    found: set[Earned] = set()
    for begun in [each for each in life.done if each.what == "start_special"]:
        end = _end_of(life, ended, begun.at, "end_special", "withdraw")
        limit = begun.days

        def level(day: date, u: int, limit: int = limit) -> int:
            over = u - limit
            return 3 if over > 1 else 2 if over > 0 else 1 if -over <= 2 and u >= 1 and 2 * u >= limit else 0

        found |= _walk(count, "special_procedure", begun.at.date(), end, level)
    return found


def closed_by_month(lives: Iterable[Life], count: Count) -> Counter[tuple[str, str, bool]]:
    """Cases granted or denied, by month, department and whether they were in time, counted from what was done."""
    found: Counter[tuple[str, str, bool]] = Counter()
    for life in lives:
        decided, accepted = _first(life, "grant", "deny"), _accepted(life)
        if decided is None or accepted is None:
            continue
        day = decided.at.date()
        more = _promise_extended(life, count, accepted[0], day + timedelta(days=1))
        in_time = _within(life, count, accepted[0], day, life.item.promised.days + more)
        found[day.isoformat()[:7], life.item.department, in_time] += 1
    return found
