"""Makes a case's fact from its bare row by a table of days; what is not plain is made the long way.

The long way (`facts.fact_of`) goes through the one clock of the rules. The table of days is that clock's counting for
cases without a pause, looked up instead of computed: a million facts take seconds this way, and a test holds both to
the same answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from catalog.schema import Item
from handlers.casework.ground import Ground
from handlers.store.case_facts import ItemFact, item_numbers
from handlers.store.fact_bulk import Bare
from handlers.store.writer import Transaction
from rules.calendar import WorkCalendar
from rules.time import DAY_SECONDS

ONLINE = frozenset({"web", "phone"})
DECIDED = frozenset({"granted", "denied"})
HOUR = 3_600
# As every moment is stored; one with another offset is not taken apart as text.
_OFFSET, _LENGTH = "+08:00", 25
_BASE = date(2020, 1, 1)


class Day(NamedTuple):
    """`rank`: working days since some day; `published`: whether its year's calendar is out."""

    number: int
    ordinal: int
    rank: int
    working: bool
    published: bool


class Days(dict[str, Day]):
    """Days by their text, each worked out once."""

    def __init__(self, calendar: WorkCalendar) -> None:
        self.calendar = calendar

    def __missing__(self, text: str) -> Day:
        day = date.fromisoformat(text)
        found = Day(
            day.year * 10_000 + day.month * 100 + day.day,
            day.toordinal(),
            self.calendar.working_days_between(_BASE, day),
            self.calendar.is_working(day),
            day.year in self.calendar.years,
        )
        self[text] = found
        return found


class Maker:
    """Facts under one ground, as rows of `case_fact`."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.days = ground, Days(ground.calendar)
        self._items: dict[str, tuple[int, int | None]] = {}

    def know(self, tx: Transaction, cases: Iterable[Bare]) -> None:
        """Gives the items of these cases their numbers."""
        found: dict[str, ItemFact] = {}
        versions: dict[str, int | None] = {}
        for case in cases:
            version = case.item_version
            if version in self._items or version in found:
                continue
            item = self.ground.guides.version(version)
            found[version] = item_fact(version, case.item_code, case.item_name, case.item_type, item)
            versions[version] = None if item is None else item.visits.count
        for version, number in item_numbers(tx, found.values()).items():
            self._items[version] = number, versions[version]

    def item(self, version: str) -> int:
        """The number of an item version that is known."""
        return self._items[version][0]

    def plain(self, case: Bare) -> tuple[object, ...] | None:
        """The fact of a case whose times need no clock but the table; None when it must be made the long way."""
        submitted, accepted, closed, rated = case.submitted, case.accepted, case.closed, case.rated
        if not (_ours(submitted) and _ours(accepted) and _ours(closed) and _ours(rated) and _ours(case.due)):
            return None
        item, visits = self._items[case.item_version]
        days, outcome, online = self.days, case.outcome, int(case.channel in ONLINE)
        filed = days[submitted[:10]]
        taken = None if accepted is None else days[accepted[:10]]
        ended = None if closed is None else days[closed[:10]]
        first = (
            case.id, item, case.department, case.unit, case.channel, outcome, online, filed.number,
            None if taken is None else taken.number, None if ended is None else ended.number,
            None if rated is None else days[rated[:10]].number, case.rating,
        )  # fmt: skip
        if closed is None or ended is None or accepted is None or taken is None:
            return (*first, None, None, None, None, None, None, None, 0, visits, 0)
        if case.paused or not (filed.published and ended.published):
            return None
        # The one year in between, of a case of three years, may still be missing.
        if ended.ordinal - filed.ordinal > 365:
            return None
        if outcome not in DECIDED:
            return (*first, None, None, None, None, None, None, None, 0, visits, 0)
        due = case.due
        total = max(_worked(closed, ended) - _worked(submitted, filed), 0)
        agency = max(_worked(closed, ended) - _worked(accepted, taken), 0)
        return (
            *first,
            int(due is None or closed <= due),
            int(due is not None and (case.limit_days or 0) > 0 and closed[:10] < due[:10]),
            max(ended.rank - taken.rank, 0),
            max(ended.rank - filed.rank, 0),
            max(ended.ordinal - filed.ordinal, 0),
            # Hours that were begun count: nobody is told less than they waited.
            -(-agency // HOUR),
            -(-total // HOUR),
            0,
            visits,
            0,
        )


def item_fact(version: str, code: str, name: str, item_type: str, item: Item | None) -> ItemFact:
    """An item version; what is not known of one that is gone stays unknown."""
    if item is None:
        return ItemFact(version, code, name, item_type, None, None)
    return ItemFact(version, code, name, item_type, item.depth, item.visits.count, themes(item))


def themes(item: Item) -> tuple[str, ...]:
    """Theme codes, personal ones after `p`, business ones after `b`."""
    return (*(f"p{each}" for each in item.themes_personal), *(f"b{each}" for each in item.themes_business))


def _ours(text: str | None) -> bool:
    return text is None or (len(text) == _LENGTH and text.endswith(_OFFSET))


def _worked(text: str, day: Day) -> int:
    """Seconds of working days up to a moment, since some moment."""
    seconds = day.rank * DAY_SECONDS
    if day.working:
        seconds += int(text[11:13]) * HOUR + int(text[14:16]) * 60 + int(text[17:19]) - DAY_SECONDS
    return seconds
