"""The way down from a department to its items and from an item to its open cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.casework.desk import desk_rows
from handlers.casework.ground import Ground
from handlers.casework.views import DeskRow
from handlers.store import cards, watching
from handlers.store.card_records import Watched
from handlers.store.database import Database
from handlers.store.watching import ItemLights
from rules.errors import NotFound
from rules.quick_dataclass import dataclass
from rules.time import day_end, day_start


@dataclass(frozen=True, slots=True)
class ItemCases:
    """A page of an item's open cases, the most urgent first."""

    name: str
    rows: tuple[DeskRow, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class WatchPage:
    """The priority watch list of a period: refused, returned and supplemented cases, the newest first."""

    entries: tuple[tuple[Watched, str, str], ...]
    """(entry, title of the case, department's name)"""
    full: bool
    """Whether there may be more than are shown."""


MOST_WATCHED = 300


def items(database: Database, department: str) -> tuple[ItemLights, ...]:
    """The items of a department with open cases, by light."""
    return watching.items_by_light(database, department)


def item_cases(
    database: Database,
    ground: Ground,
    department: str,
    item: str,
    light: int | None,
    now: datetime,
    page: int,
    size: int,
) -> ItemCases:
    """The open cases of an item of a department. Raises NotFound where neither guide nor case has that code."""
    guide = ground.guides.current(item)
    with database.snapshot():
        found, total = watching.open_cases(database, department, item, light, size, max(page, 1))
        rows = desk_rows(database, ground, found, now)
    if guide is None and not found:
        raise NotFound("没有这个事项。请回到上一页重新选择。")
    name = found[0].item_name if found else guide.item.name if guide is not None else item
    return ItemCases(name, rows, max(page, 1), max(-(-total // size), 1), total)


def watch_list(
    database: Database,
    ground: Ground,
    departments: Sequence[str],
    trigger: str,
    first: datetime,
    last: datetime,
) -> WatchPage:
    """What is watched with priority in a period. `trigger`: one of them, or empty for all."""
    found = cards.watched(database, departments, day_start(first.date()), day_end(last.date()), MOST_WATCHED)
    shown = [each for each in found if trigger in ("", each.trigger)]
    titles = watching.titles(database, [each.subject_id for each in shown if each.subject == "case"])
    entries = tuple(
        (each, titles.get(each.subject_id, each.subject_number), ground.unit_name(each.department))
        for each in shown
    )
    return WatchPage(entries, len(found) == MOST_WATCHED)
