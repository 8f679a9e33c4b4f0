"""The figures of the day that the home page shows: from the roll-up, drill left out, written as a whole file."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from handlers.casework.views import Figures
from handlers.store import counts
from handlers.store.database import Database
from rules.time import format_stamp, local_date

FILE = "figures.json"
FORMAT = "county-hall-figures/1"


def figures(database: Database, now: datetime) -> Figures:
    """Filed, closed and answered today and this month."""
    today = local_date(now)
    day = _sums(database, now, today.day)
    month = _sums(database, now, 1)
    decided = month.get("on_time", 0) + month.get("late", 0)
    return Figures(
        at=now,
        filed_today=day.get("filed", 0),
        closed_today=day.get("closed", 0),
        filed_month=month.get("filed", 0),
        closed_month=month.get("closed", 0),
        on_time_month=month.get("on_time", 0),
        letters_month=month.get("letters", 0),
        answered_month=month.get("letters_answered", 0),
        on_time_rate=round(1000 * month.get("on_time", 0) / decided) if decided else None,
    )


def publish(database: Database, folder: Path, now: datetime) -> Figures:
    """Writes `figures.json` whole or not at all; readers never see half a file.

    Nothing is written while the figures of the day stay the same: a build watches this folder.
    """
    found = figures(database, now)
    body = {"format": FORMAT, **asdict(found), "at": format_stamp(now)}
    folder.mkdir(parents=True, exist_ok=True)
    if _same(folder / FILE, body):
        return found
    temporary = folder / f".{FILE}.{secrets.token_hex(4)}"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(body, file, ensure_ascii=False, indent=1, sort_keys=True)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / FILE)
    finally:
        temporary.unlink(missing_ok=True)
    return found


def _same(path: Path, body: dict[str, object]) -> bool:
    try:
        before = json.loads(path.read_text("utf-8"))
        same_day = str(before.get("at"))[:10] == str(body["at"])[:10]
    except (OSError, ValueError, AttributeError):
        return False
    return same_day and {**before, "at": ""} == {**body, "at": ""}


def _sums(database: Database, now: datetime, first_day: int) -> dict[str, int]:
    today = local_date(now)
    sums: dict[str, int] = {}
    for (_, measure), count in counts.totals(database, today.replace(day=first_day), today).items():
        sums[measure] = sums.get(measure, 0) + count
    return sums
