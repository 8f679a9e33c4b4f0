"""The one door to real-time supervision for pages, the API and tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from handlers.casework.ground import Ground
from handlers.casework.views import StaffCaseView
from handlers.store.database import Database
from handlers.store.events import head
from handlers.store.watching import ItemLights
from handlers.watching import drilling
from handlers.watching.board import Board, TrendDay, board_of, departments_for, trend
from handlers.watching.drilling import ItemCases, WatchPage
from handlers.watching.life import Life, life_of
from handlers.watching.live import Scope
from rules.time import local


class Watching:
    """Everything a supervisor watches, over one database; `ground` is asked anew each time."""

    def __init__(self, database: Database, ground: Callable[[], Ground]) -> None:
        self.database = database
        self.ground = ground

    def scope(self, person: str, now: datetime, department: str = "") -> Scope:
        """The departments a person watches, or the one asked for. Raises Forbidden, NotFound."""
        return departments_for(self.database, self.ground(), person, local(now), department)

    def board(self, departments: Scope, now: datetime) -> Board:
        """The board of these departments."""
        return board_of(self.database, self.ground(), departments, local(now))

    def trend(self, departments: Scope, now: datetime) -> tuple[TrendDay, ...]:
        """Thirty days of the roll-up."""
        return trend(self.database, departments, local(now))

    def items(self, department: str) -> tuple[ItemLights, ...]:
        """A department's items with open cases."""
        return drilling.items(self.database, department)

    def item_cases(
        self, department: str, item: str, light: int | None, now: datetime, page: int = 1, size: int = 50
    ) -> ItemCases:
        """The open cases of an item. Raises NotFound."""
        return drilling.item_cases(
            self.database, self.ground(), department, item, light, local(now), page, size
        )

    def watch_list(self, departments: Scope, trigger: str, first: datetime, last: datetime) -> WatchPage:
        """What is watched with priority."""
        return drilling.watch_list(
            self.database, self.ground(), departments, trigger, local(first), local(last)
        )

    def life(self, view: StaffCaseView, words: Callable[[int], str], now: datetime) -> Life:
        """The whole life of a case a reader may see; `words` names a card's level."""
        ground = self.ground()
        cards = [(each.since, each.level, words(each.level)) for each in view.cards if each.state == "issued"]
        return life_of(
            ground, view.case, view.steps, view.clocks, view.pauses, view.events, cards, local(now)
        )

    def log_head(self) -> object:
        """Where the log stands: what the live board looks at."""
        return head(self.database)[0]
