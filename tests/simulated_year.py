"""A year of cases played through casework with a moved clock: filings, moves by people, a sweep every midnight."""

from __future__ import annotations

import random
import sqlite3
from bisect import bisect_right
from concurrent.futures import Future
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from typing import Any

from handlers.casework.filing import FiledBy, Filing
from handlers.casework.moving import Moving
from handlers.casework.requests import ByApplicant, ByStaff, MoveData
from handlers.store import cards
from handlers.store.database import connect
from handlers.store.writer import Writer
from rules.access import Role
from rules.case_terms import MoveName
from rules.errors import Conflict, HallError, IllegalMove
from rules.time import SHANGHAI
from tests.casework_fixtures import (
    CALENDAR_DAYS,
    LICENCE,
    ON_THE_SPOT,
    PLAIN,
    Hall,
    application,
)
from tests.year_counted import FIRST, LAST, Done, Earned, Life, working_days

ITEMS = (LICENCE, LICENCE, PLAIN, PLAIN, CALENDAR_DAYS, ON_THE_SPOT)


class Year:
    """Plays the plans of all cases in the order of time; jobs of one day share transactions as they do in a hall."""

    def __init__(self, hall: Hall, cases: int, seed: int) -> None:
        self.hall, self.random = hall, random.Random(seed)
        self.lives = [Life(self.random.choice(ITEMS)) for _ in range(cases)]
        self._agenda: list[tuple[datetime, int, int, str]] = []
        self._order = 0
        self._days = working_days(FIRST, LAST + timedelta(days=120))
        self.by_number: dict[str, Life] = {}

    def play(self) -> None:
        """The whole year, and as long after it as anything is planned."""
        for index in range(len(self.lives)):
            self._plan(index, self._moment(self.random.choice(self._days[:245])), "file")
        midnight = datetime.combine(FIRST, time(0, 0, 1), SHANGHAI)
        while self._agenda:
            self._sweep(midnight)
            midnight += timedelta(days=1)
            while self._agenda and self._agenda[0][0] < midnight:
                self._play_together(midnight)
        for _ in range(60):
            self._sweep(midnight)
            midnight += timedelta(days=1)
        self.ended = midnight

    def _sweep(self, now: datetime) -> None:
        swept = self.hall.casework.sweep(now)
        assert not swept.put_off, swept.put_off
        for number in swept.deemed_accepted:
            self.by_number[number].done.append(Done(now, "deem_accept"))
            self._after(self.lives.index(self.by_number[number]), "accept", now)

    def _play_together(self, until: datetime) -> None:
        """What is due before `until`, one act a case at a time, handed over without waiting for each commit."""
        acts: list[tuple[int, str, datetime]] = []
        taken: set[int] = set()
        later: list[tuple[datetime, int, int, str]] = []
        while self._agenda and self._agenda[0][0] < until and len(acts) < 400:
            entry = heappop(self._agenda)
            if entry[2] in taken:
                later.append(entry)
                continue
            taken.add(entry[2])
            acts.append((entry[2], entry[3], entry[0]))
        for entry in later:
            heappush(self._agenda, entry)
        waiting: list[tuple[int, str, datetime, Future[Any]]] = [
            (index, what, at, self.hall.database.writer.submit(self._job(index, what, at)))
            for index, what, at in acts
        ]
        for index, what, at, future in waiting:
            life = self.lives[index]
            try:
                result = future.result()
            except (IllegalMove, Conflict):
                if what == "extend":  # too late for that, so it is decided
                    self._plan(index, self._later(at, (0, 2, 6)), "grant")
                continue  # overtaken by deemed acceptance: a clerk would see that and go on
            except HallError as error:
                raise AssertionError(f"{what} of {life.item.name}: {error.detail}, {life.done}") from error
            if what == "file":
                life.filed = result
                self.by_number[result.number] = life
            days = _special_days(index) if what == "start_special" else 10 if what == "extend" else 0
            life.done.append(Done(at, what, days))
            self._after(index, what, at)

    def _job(self, index: int, what: str, at: datetime) -> Any:
        life, ground, vault = self.lives[index], self.hall.holder.ground, self.hall.database.vault
        if what == "file":
            by = FiledBy(Role.APPLICANT.value, Role.APPLICANT)
            return Filing(
                vault,
                ground,
                application(life.item),
                key=f"y{index}",
                channel="web",
                now=at,
                by=by,
                drill=False,
            )
        assert life.filed is not None
        who, values = _says(life, what, index)
        by_whom = ByApplicant(life.filed.query_code) if who == "applicant" else ByStaff(self.hall.people[who])
        name = MoveName("complete_step" if what.startswith("step") else what)
        data = MoveData(values=values)
        return Moving(vault, ground, life.filed.number, name, by_whom, data, key=None, now=at)

    def _after(self, index: int, what: str, at: datetime) -> None:
        """What is planned next, each with a delay in working days that is sometimes too long."""
        chance, life = self.random.random(), self.lives[index]
        last_step = len(life.item.steps) == 1
        if what in ("file", "supplement"):
            again = what == "supplement"
            if life.item is ON_THE_SPOT:
                following = "accept"
            elif chance < 0.04:
                following = "withdraw"
            elif chance < 0.20 and not again:
                following = "supplement_notice"
            else:
                following = "pre_review"
            self._plan(index, self._later(at, (0, 0, 0, 1, 1, 2, 3, 4, 6, 9)), following)
        elif what == "supplement_notice":
            self._plan(index, self._later(at, (1, 3, 5, 8)), "supplement")
        elif what == "pre_review":
            self._plan(index, self._later(at, (0, 0, 1, 2, 4, 6)), "refuse" if chance < 0.05 else "accept")
        elif what in ("accept", "step_1", "step_2", "end_special"):
            if what == "end_special" or (what == "step_1" and chance < 0.15):
                following = "start_special" if what != "end_special" else "step_2"
            elif chance > 0.97:
                following = "withdraw"
            elif what == "step_2" or last_step:
                following = "extend" if chance < 0.08 else "grant" if chance < 0.9 else "deny"
            else:
                following = "step_1" if what == "accept" else "step_2"
            self._plan(index, self._later(at, (0, 0, 1, 1, 2, 2, 3, 4, 6, 12)), following)
        elif what == "start_special":
            self._plan(index, self._later(at, (1, 3, 5, 8, 12)), "end_special")
        elif what == "extend":
            self._plan(index, self._later(at, (0, 2, 6, 11, 16)), "grant" if chance < 0.8 else "deny")
        elif what in ("grant", "deny"):
            self._plan(index, self._later(at, (0, 1, 2, 3, 4, 6)), "deliver")

    def _plan(self, index: int, at: datetime, what: str) -> None:
        self._order += 1
        heappush(self._agenda, (at, self._order, index, what))

    def _later(self, at: datetime, choices: tuple[int, ...]) -> datetime:
        days = self.random.choice(choices)
        if not days:
            return at + timedelta(minutes=self.random.randint(5, 90))
        return self._moment(self._days[bisect_right(self._days, at.date()) + days - 1])

    def _moment(self, day: date) -> datetime:
        return datetime.combine(
            day, time(9, self.random.randint(0, 59), self.random.randint(0, 59)), SHANGHAI
        )


def _special_days(index: int) -> int:
    return 4 + index % 6


def _says(life: Life, what: str, index: int) -> tuple[str, dict[str, str]]:
    """Who makes a move, and what it asks for."""
    health = life.item is ON_THE_SPOT
    front, decider = ("health_front", "health") if health else ("window", "decider")
    if what == "start_special":
        reason = {"kind": "2", "days": str(_special_days(index)), "reason": "检验", "basis": "某法第三条"}
        return ("reviewer", reason)
    return {
        "pre_review": (front, {}),
        "supplement_notice": (front, {"reason": "缺平面图"}),
        "supplement": ("applicant", {}),
        "accept": (front, {}),
        "refuse": (front, {"reason": f"不属于本机关职权（{index}）", "basis": "《行政许可法》第三十二条"}),
        "withdraw": ("applicant", {"reason": "不办了"}),
        "step_1": ("section", {"opinion": f"材料属实（{index}）"}),
        "step_2": ("reviewer", {"opinion": f"同意（{index}）"}),
        "end_special": ("reviewer", {"opinion": "检验合格"}),
        "extend": (decider, {"days": "10", "reason": "情况复杂"}),
        "grant": (decider, {"opinion": "同意"}),
        "deny": (
            decider,
            {"reason": f"经营场所不符合规定要求（{index}）", "basis": "《食品安全法》第三十五条"},
        ),
        "deliver": (front, {"method": "窗口领取"}),
    }[what]


def hurry(hall: Hall) -> None:
    """No waiting for the disk: what survives a crash is tested elsewhere."""

    def quick() -> sqlite3.Connection:
        connection = connect(hall.database.path)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    hall.database.writer.close()
    hall.database.writer = Writer(quick)


def issued_cards(hall: Hall) -> dict[str, set[Earned]]:
    """Cards of time as the hall issued them, by case number."""
    found: dict[str, set[Earned]] = {}
    for row in hall.database.rows(
        "SELECT DISTINCT subject_id, subject_number FROM card WHERE subject = 'case'"
    ):
        found[row["subject_number"]] = {
            (each.object, each.level, each.since.date())
            for each in cards.of_subject(hall.database, "case", row["subject_id"])
            if each.clock_id is not None
        }
    return found
