"""Random walks of legal and illegal moves over real casework agree with a simple model, and leave everything sealed."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from handlers.casework import auditing
from handlers.casework.requests import Filed
from rules.calendar import CalendarYear, WorkCalendar
from rules.errors import HallError
from rules.time import SHANGHAI
from tests.casework_fixtures import Hall, at, make_hall
from tests.walk_model import TABLE, Case, Days

VALUES = {
    "reason": "材料不符合规定的形式", "basis": "《行政许可法》第三十二条", "opinion": "情况属实", "method": "窗口领取", "kind": "2",
    "result": "held", "conclusion": "met",
}  # fmt: skip
LAST_DAY = date(2026, 10, 30)


class Walk(RuleBasedStateMachine):
    """A hall, a wall calendar, and for each case what the model says of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="walk-"))
        self.hall: Hall = make_hall(self.folder)
        self.now = at("2026-03-02 09:30")
        self.cases: list[tuple[Filed, Case]] = []
        years = self.hall.holder.ground.calendar.years.values()
        self.days = Days(
            {day for year in years for day in (*year.off, *year.regional)},
            {day for year in years for day in year.work},
        )

    def when(self) -> str:
        return f"{self.now:%Y-%m-%d %H:%M}"

    @initialize()
    def one_case(self) -> None:
        self.file("web")

    @precondition(lambda self: len(self.cases) < 4)
    @rule(channel=st.sampled_from(["web", "window"]))
    def file(self, channel: str) -> None:
        by = {"by": self.hall.staff("window")} if channel == "window" else {}
        filed = self.hall.file(self.when(), channel=channel, **by)
        self.cases.append((filed, Case(self.now.date(), channel == "web")))

    @rule(
        which=st.integers(0, 3),
        move=st.sampled_from(sorted(TABLE.keys() - {"void", "withdraw"})),
        number=st.integers(1, 10),
    )
    def any_move(self, which: int, move: str, number: int) -> None:
        self._move(which, move, number)

    @rule(which=st.integers(0, 3), pick=st.integers(0, 20), number=st.integers(1, 10))
    def legal_move(self, which: int, pick: int, number: int) -> None:
        _, model = self.cases[which % len(self.cases)]
        # A walk that ends at once shows little: what ends a case is chosen seldom.
        left_out = {"void", "withdraw", "refuse"} if number < 9 else set()
        legal = [
            move for move in sorted(TABLE.keys() - left_out) if model.may(move, self.now.date(), self.days)
        ]
        if legal:
            self._move(which, legal[pick % len(legal)], number)

    @rule(
        which=st.integers(0, 3),
        move=st.sampled_from(sorted(TABLE)),
        who=st.sampled_from(["health", "publisher", "county"]),
    )
    def a_stranger_moves(self, which: int, move: str, who: str) -> None:
        filed, _ = self.cases[which % len(self.cases)]
        with pytest.raises(HallError):
            self.hall.move(filed, move, who, self.when(), **VALUES, days="3")

    @rule(
        which=st.integers(0, 3),
        move=st.sampled_from(["refuse", "deny", "void", "extend", "start_special", "send_back"]),
    )
    def a_move_without_its_reason(self, which: int, move: str) -> None:
        filed, model = self.cases[which % len(self.cases)]
        with pytest.raises(HallError):
            self.hall.move(filed, move, model.who(move), self.when(), days="3", kind="2")

    def _move(self, which: int, move: str, number: int) -> None:
        filed, model = self.cases[which % len(self.cases)]
        who = model.who(move)
        values: dict[str, Any] = {**VALUES, "days": str(number)}
        if not model.may(move, self.now.date(), self.days):
            with pytest.raises(HallError):
                self.hall.move(filed, move, who, self.when(), **values)
            return
        self.hall.move(filed, move, who, self.when(), **values)
        model.make(move, self.now.date(), self.days, number)

    @precondition(lambda self: self.now.date() < LAST_DAY)
    @rule(forward=st.integers(0, 5), hour=st.integers(0, 23))
    def time_goes_on(self, forward: int, hour: int) -> None:
        later = datetime.combine(self.now.date() + timedelta(days=forward), time(hour, 30), SHANGHAI)
        self.now = max(self.now, later)

    @rule()
    def the_hall_sweeps(self) -> None:
        self.hall.casework.sweep(self.now)
        for _, model in self.cases:
            model.sweep(self.now.date(), self.days)

    @rule(ahead=st.integers(1, 25))
    def a_notice_changes_a_day(self, ahead: int) -> None:
        day = self.now.date() + timedelta(days=ahead)
        ground = self.hall.holder.ground
        # A notice comes when everything due has been looked at: what was earned by the old calendar was earned.
        self.the_hall_sweeps()
        working = self.days.working(day)
        for kind in (self.days.off, self.days.work):
            kind.discard(day)
        (self.days.off if working else self.days.work).add(day)
        year = ground.calendar.years[day.year]
        off = {each: name for each, name in year.off.items() if each != day}
        work = {each: name for each, name in year.work.items() if each != day}
        (off if working else work)[day] = "调整"
        changed = CalendarYear(year.year, off, work, year.regional, year.sources, year.regional_basis)
        years = (*(each for each in ground.calendar.years.values() if each.year != day.year), changed)
        self.hall.holder.ground = replace(ground, calendar=WorkCalendar(years))
        self.hall.casework.recompute_clocks(self.now)

    @invariant()
    def the_hall_agrees_with_the_model(self) -> None:
        for filed, model in self.cases:
            view = self.hall.casework.public_view(filed.number, filed.query_code, self.now)
            assert view.state.value == model.state, filed.number
            if not model.running():
                continue
            assert view.accepted_at is not None
            assert view.accepted_at.date() == model.accepted
            promise = next(each for each in view.clocks if each.kind == "promise")
            assert promise.due == model.due(self.days)
            assert sum(day.counted for day in promise.trace) == model.limit()
            assert view.time.agency_days == model.used(self.now.date(), self.days)

    @invariant()
    def each_card_is_issued_once_and_none_too_many(self) -> None:
        rows = self.hall.database.rows(
            "SELECT cases.number, card.level FROM card JOIN clock ON clock.id = card.clock_id "
            "JOIN cases ON cases.id = clock.subject_id WHERE clock.subject = 'case' AND clock.kind = 'promise'"
        )
        issued: dict[str, list[int]] = {}
        for row in rows:
            issued.setdefault(row["number"], []).append(row["level"])
        for filed, model in self.cases:
            levels = issued.get(filed.number, [])
            assert sorted(levels) == sorted(model.cards), filed.number
        twice = self.hall.database.value(
            "SELECT count(*) FROM (SELECT 1 FROM card GROUP BY rule, level, coalesce(clock_id, ''), coalesce(fact, '') "
            "HAVING count(*) > 1)"
        )
        assert twice == 0

    def teardown(self) -> None:
        try:
            audit = auditing.audit(self.hall.database)
            assert audit.sound, audit
        finally:
            self.hall.database.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def walk(examples: int, steps: int, *, derandomize: bool) -> None:
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=derandomize, database=None,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip


def test_random_moves_over_cases_agree_with_the_model() -> None:
    walk(14, 60, derandomize=True)


@pytest.mark.soak
def test_long_walks_over_cases_agree_with_the_model() -> None:
    walk(400, 120, derandomize=False)
