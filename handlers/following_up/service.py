"""The one door to what follows bad ratings; pages, demo and tests come here.

Writes block until durable (call them with `run_in_threadpool` from async endpoints); `by` is a person's id. Errors
are `rules.errors`: Invalid (with fields), NotFound (out of reach alike), IllegalMove, Conflict, Forbidden.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from handlers.casework.ground import Ground
from handlers.following_up import moving, reading
from handlers.following_up.views import FollowPage, FollowView
from handlers.store.database import Database
from handlers.store.followups import Followup
from rules.time import local


class FollowUps:
    """Every operation over one database; `ground` is asked anew each time."""

    def __init__(self, database: Database, ground: Callable[[], Ground]) -> None:
        self.database = database
        self.ground = ground

    def move(
        self,
        number: str,
        move: str,
        values: Mapping[str, str],
        by: str,
        *,
        now: datetime,
        seen: int | None = None,
    ) -> Followup:
        """A move of the rating table on the follow-up of a case, by the case's number."""
        return moving.move(self.database, self.ground(), number, move, values, by, local(now), seen)

    def page(self, person: str, now: datetime, *, tab: str = "", page: int = 1) -> FollowPage:
        """A page of the list: open, late or done."""
        return reading.follow_page(self.database, self.ground(), person, local(now), tab=tab, page=page)

    def view(self, number: str, person: str, now: datetime, request: str = "") -> FollowView:
        """One follow-up; the look at what was written is logged."""
        return reading.follow_view(self.database, self.ground(), number, person, local(now), request)
