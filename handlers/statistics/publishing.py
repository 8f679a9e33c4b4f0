"""The county's monthly figures for everyone: whole days up to yesterday, written once a day as one file."""

from __future__ import annotations

import os
import secrets
from datetime import date, datetime, timedelta
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.published_statistics import (
    FILE,
    PublishedLine,
    PublishedMeasure,
    PublishedStatistics,
    read_published_statistics,
)
from handlers.statistics.asking import Asked
from handlers.statistics.tables import Line, Table
from rules.time import local, local_date

if TYPE_CHECKING:
    from handlers.statistics.service import Statistics

MEASURES = (
    "filed", "closed", "decided", "on_time_rate", "agency_p50", "agency_p90", "total_p50", "total_p90",
    "online_closure_rate", "paused_days", "yellow_cards", "red_cards",
)  # fmt: skip
MONTHS = 13


def publish(statistics: Statistics, folder: Path, now: datetime) -> bool:
    """Writes the file if the newest one does not reach to yesterday; whether it was written."""
    through = local_date(now) - timedelta(days=1)
    before = read_published_statistics(folder, [])
    if before is not None and before.through == through:
        return False
    statistics.refresh()
    _write(folder, made(statistics, through, local(now)).model_dump_json(indent=1) + "\n")
    return True


def made(statistics: Statistics, through: date, now: datetime) -> PublishedStatistics:
    """The figures of thirteen months up to a day, and of twelve months by department."""
    names = tuple(each for each in MEASURES if each in statistics.definitions().measures)
    first = _months_before(through, MONTHS - 1)
    months = statistics.county_table(Asked(names, "month", f"{first}..{through}", compare=False), now)
    # Twelve whole months: a department with few cases says more in a year than in a month.
    ended = through if (through + timedelta(days=1)).day == 1 else through.replace(day=1) - timedelta(days=1)
    year = f"{_months_before(ended, 11)}..{ended}"
    departments = statistics.county_table(Asked(names, "department", year, compare=False), now)
    return PublishedStatistics(
        at=now,
        through=through,
        measures=tuple(
            PublishedMeasure(
                id=each.id, label=each.label, unit=each.unit, how=each.how, source=each.source, digits=each.digits
            )
            for each in months.measures
        ),
        months=tuple(_line(each) for each in dropwhile(lambda line: not _busy(line), months.lines)),
        departments=tuple(_line(each) for each in departments.lines if _busy(each)),
        departments_period=_label(departments),
    )  # fmt: skip


def _label(table: Table) -> str:
    first, last = table.window.first, table.window.last
    return f"{first.year}年{first.month}月至{last.year}年{last.month}月"


def _busy(line: Line) -> bool:
    return any(each.number for each in line.figures)


def _line(line: Line) -> PublishedLine:
    return PublishedLine(
        key=line.key,
        label=line.label,
        values=tuple(each.value for each in line.figures),
        numbers=tuple(each.number for each in line.figures),
    )


def _months_before(day: date, months: int) -> date:
    place = day.year * 12 + day.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)


def _write(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{FILE}.{secrets.token_hex(4)}"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / FILE)
    finally:
        temporary.unlink(missing_ok=True)
