"""What running clocks were last computed by and what they may have been started by: which of them can differ now."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from handlers.casework.ground import Ground
from handlers.store import settings
from handlers.store.moments import Reads, json_text
from handlers.store.writer import Transaction
from rules.calendar import CalendarYear, WorkCalendar
from rules.quick_dataclass import dataclass

NOTHING = ""
_COMPUTED, _STARTED = "clocks_computed_by", "clocks_started_by"
_DAYS = ("off", "work", "regional")


@dataclass(frozen=True, slots=True)
class Basis:
    """What clocks are computed by: the calendar's days and the version of the rules."""

    years: tuple[CalendarYear, ...]
    rules: str

    @classmethod
    def of(cls, ground: Ground) -> Basis:
        """The present one."""
        return cls(tuple(ground.calendar.years.values()), ground.rules_version)

    @classmethod
    def kept(cls, reads: Reads) -> Basis | None:
        """That of the last recomputation; None before the first."""
        text = settings.get(reads, _COMPUTED)
        if text is None:
            return None
        kept = json.loads(text)
        return cls(_years(kept["years"]), kept["rules"])

    def by(self, calendar: WorkCalendar | None) -> Basis | None:
        """The same rules with another calendar."""
        return None if calendar is None else replace(self, years=tuple(calendar.years.values()))

    def keep(self, tx: Transaction) -> None:
        """All clocks are computed by this one."""
        settings.put(tx, _COMPUTED, json_text({"years": _written(self.years), "rules": self.rules}))

    def since(self, before: Iterable[Basis | None]) -> str | None:
        """The first day from which clocks can differ: None for all of them, `NOTHING` where none can."""
        present = WorkCalendar(self.years)
        days: list[date] = []
        for each in before:
            if each is None or each.rules != self.rules:
                return None
            days += WorkCalendar(each.years).changed_days(present)[:1]
        return min(days).isoformat() if days else NOTHING


def started_by(reads: Reads) -> WorkCalendar | None:
    """The calendar by which a hall has started clocks since it was last taken over; None where that is not known.

    `hall calendar import` computes all clocks by a calendar that the running hall brings in only with the next
    portal: until then it starts clocks by the old one.
    """
    text = settings.get(reads, _STARTED)
    return WorkCalendar(_years(json.loads(text))) if text else None


def note_started_by(tx: Transaction, calendar: WorkCalendar | None) -> None:
    """From now on clocks are started by this calendar alone, and all others are computed by it; None: not so."""
    settings.put(tx, _STARTED, "" if calendar is None else json_text(_written(calendar.years.values())))


def same_days(one: CalendarYear, other: CalendarYear | None) -> bool:
    """Whether two years have the same days, whatever they call them."""
    return other is not None and all(
        getattr(one, name).keys() == getattr(other, name).keys() for name in _DAYS
    )


def _written(years: Collection[CalendarYear]) -> dict[str, dict[str, list[str]]]:
    return {
        str(each.year): {name: sorted(day.isoformat() for day in getattr(each, name)) for name in _DAYS}
        for each in years
    }


def _years(kept: Mapping[str, Mapping[str, list[str]]]) -> tuple[CalendarYear, ...]:
    return tuple(
        CalendarYear(int(year), _days(days["off"]), _days(days["work"]), _days(days["regional"]))
        for year, days in kept.items()
    )


def _days(texts: list[str]) -> dict[date, str]:
    return {date.fromisoformat(each): "" for each in texts}
