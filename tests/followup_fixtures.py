"""A case of the county in memory that was rated badly on Thursday 5 March 2026, and what follows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handlers.casework.requests import Filed
from handlers.following_up.service import FollowUps
from handlers.following_up.views import FollowView
from handlers.store import followups, outbox
from handlers.store.followups import Followup
from tests.casework_fixtures import Hall, at, make_hall

RATED = "2026-03-05 15:00"
WORDS = "排队两小时没有人理"


@dataclass
class Rated:
    """A hall with a case rated badly; the decider and both reviewers worked on it, the coordinator did not."""

    hall: Hall
    case: Filed
    room: FollowUps

    def move(self, name: str, who: str, now: str, seen: int | None = None, **values: str) -> Followup:
        given = {
            "when": now.replace(" ", "T") if " " in now else f"{now}T09:00",
            "way": "phone",
            "text": "记下的话",
        }
        return self.room.move(
            self.case.number, name, {**given, **values}, self.hall.people[who], now=at(now), seen=seen
        )

    def view(self, who: str, when: str) -> FollowView:
        return self.room.view(self.case.number, self.hall.people[who], at(when))

    @property
    def row(self) -> Followup:
        found = followups.by_number(self.hall.database, self.case.number)
        assert found is not None
        return found

    def told(self, when: str) -> str:
        """What the applicant reads."""
        found = self.hall.casework.public_view(self.case.number, self.case.query_code, at(when)).followup
        assert found is not None
        return found.words

    def messages(self, template: str) -> list[tuple[str, str]]:
        found = outbox.of_subject(self.hall.database, "rating", self.row.case_id)
        return [(each.recipient, each.body) for each in found if each.template == template]

    def counted(self, measure: str) -> int:
        sql = "SELECT coalesce(sum(count), 0) FROM daily_count WHERE measure = ?"
        return int(self.hall.database.value(sql, (measure,)))


def decided(hall: Hall, *, drill: bool = False) -> Filed:
    """A case granted on 5 March."""
    filed = hall.to_decision(hall.accept(hall.file(drill=drill)), "2026-03-04")
    hall.move(filed, "grant", "decider", "2026-03-05", opinion="同意")
    return filed


def rated(folder: Path, score: int = 5, *, drill: bool = False) -> Rated:
    """The hall after the rating."""
    hall = make_hall(folder)
    filed = decided(hall, drill=drill)
    hall.casework.rate(filed.number, filed.query_code, score, WORDS, now=at(RATED))
    return Rated(hall, filed, FollowUps(hall.database, lambda: hall.holder.ground))
