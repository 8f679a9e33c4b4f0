"""A year of cases played through casework with a moved clock, and the cards they should have had, counted by hand.

`Year` drives the hall: filings, moves by people, a sweep every midnight. `expected_cards` counts day by day from what
was done, with nothing of `rules/`: its own reading of the calendar files, its own thresholds (DOMAIN §4).
"""

from __future__ import annotations

import random
import sqlite3
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

import yaml

from handlers.casework.filing import FiledBy, Filing
from handlers.casework.moving import Moving
from handlers.casework.requests import ByApplicant, ByStaff, Filed, MoveData
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
    ROOT_OF_TESTS,
    Hall,
    application,
)

FIRST, LAST = date(2025, 1, 2), date(2025, 12, 31)
ITEMS = (LICENCE, LICENCE, PLAIN, PLAIN, CALENDAR_DAYS, ON_THE_SPOT)


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
        more = _extended(life, day)
        if u - (statutory + more) >= 1:
            return 3
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


def closed_by_month(lives: Iterable[Life], count: Count) -> Counter[tuple[str, str, bool]]:
    """Cases granted or denied, by month, department and whether they were in time, counted from what was done."""
    found: Counter[tuple[str, str, bool]] = Counter()
    for life in lives:
        decided, accepted = _first(life, "grant", "deny"), _accepted(life)
        if decided is None or accepted is None:
            continue
        day = decided.at.date()
        out = _exclusions(life, count)(day)
        counted = [accepted[0], *(each for each in count.after(accepted[0], day) if each not in out)]
        more = sum(each.days for each in life.done if each.what == "extend")
        limit = life.item.promised.days + more
        # In time is up to the last counted day: a Saturday after it is late, though it counts no day.
        in_time = len(counted) - 1 < limit or (len(counted) - 1 == limit and counted[-1] == day)
        found[day.isoformat()[:7], life.item.department, in_time] += 1
    return found
