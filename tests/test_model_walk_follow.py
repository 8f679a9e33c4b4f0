"""Random walks over letters and supervision orders agree with their own simple tables, and leave everything sealed."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from handlers.casework import auditing
from rules.errors import HallError
from tests.casework_fixtures import at
from tests.correspondence_fixtures import Post, make_post
from tests.supervising_fixtures import Bureau, make_bureau
from tests.walk_model import Days

IN_HAND = frozenset({"assigned", "answering", "reopened"})
OPEN = IN_HAND | {"in_review", "received"}
# Who, from where, where to; the words every move is given are always enough.
LETTERS: dict[str, tuple[str, frozenset[str], str]] = {
    "draft": ("coordinator", IN_HAND, "answering"),
    "submit": ("coordinator", IN_HAND, "in_review"),
    "send_back": ("decider", frozenset({"in_review"}), "answering"),
    "answer": ("decider", frozenset({"in_review"}), "answered"),
    "redirect": ("coordinator", IN_HAND | {"received"}, "answered"),
    "extend": ("coordinator", OPEN, ""),
    "settle": ("writer", frozenset({"answered"}), "settled"),
    "dispute": ("writer", frozenset({"answered"}), "reopened"),
    "withdraw": ("writer", OPEN, "withdrawn"),
}
ORDERS: dict[str, tuple[str, frozenset[str], str]] = {
    "explain": ("coordinator", frozenset({"issued"}), "explained"),
    "accept": ("county", frozenset({"explained"}), "accepted"),
    "return": ("county", frozenset({"explained"}), "issued"),
    "demand": ("county", frozenset({"explained", "accepted", "corrected"}), "correcting"),
    "report": ("coordinator", frozenset({"correcting"}), "corrected"),
    "close": ("county", frozenset({"accepted", "corrected"}), "closed"),
    "cancel": (
        "county",
        frozenset({"issued", "explained", "accepted", "correcting", "corrected"}),
        "cancelled",
    ),
}
WORDS = {"reason": "理由写在这里", "text": "您好，请带身份证到窗口办理。"}


class _Walk(RuleBasedStateMachine):
    """A folder of its own, and a day that goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="walk-"))
        self.today = date(2026, 3, 2)

    @property
    def when(self) -> str:
        return f"{self.today} 10:00"

    @rule(days=st.integers(0, 3))
    def time_goes_on(self, days: int) -> None:
        self.today = min(self.today + timedelta(days=days), date(2026, 9, 1))


class Letters(_Walk):
    """One letter, moved by its writer and its department."""

    def __init__(self) -> None:
        super().__init__()
        self.post: Post = make_post(self.folder)
        years = self.post.hall.holder.ground.calendar.years.values()
        self.calendar = Days(
            {day for year in years for day in (*year.off, *year.regional)},
            {day for year in years for day in year.work},
        )
        self.letter = self.post.ask(self.when)
        self.state, self.started, self.extended, self.disputes = "assigned", self.today, 0, 0
        self.answered = self.today

    @property
    def days_are_over(self) -> bool:
        """What is late is not made punctual afterwards, swept or not."""
        return self.today > self.calendar.after(self.started, 5 + self.extended)

    @property
    def writers_days_are_over(self) -> bool:
        """Whether or not anybody has closed the letter yet."""
        return self.today > self.calendar.after(self.answered, 10)

    @rule(move=st.sampled_from(sorted(LETTERS)))
    def a_move(self, move: str) -> None:
        who, sources, target = LETTERS[move]
        legal = self.state in sources
        legal = (
            legal
            and not (move == "extend" and (self.extended or self.days_are_over))
            and not (move == "dispute" and self.disputes == 2)
            and not (move in ("settle", "dispute") and self.writers_days_are_over)
        )

        def make() -> None:
            if who == "writer":
                self.post.writer(self.letter, move, self.when, **WORDS)
            else:
                self.post.staff(self.letter, move, who, self.when, **WORDS)

        if not legal:
            with pytest.raises(HallError):
                make()
            return
        make()
        self.state = target or self.state
        if move == "extend":
            self.extended = 5
        if move in ("answer", "redirect"):
            self.answered = self.today
        if move == "dispute":
            self.disputes, self.started, self.extended = self.disputes + 1, self.today, 0

    @rule(move=st.sampled_from(sorted(LETTERS)), who=st.sampled_from(["health", "publisher", "window"]))
    def a_stranger_moves(self, move: str, who: str) -> None:
        with pytest.raises(HallError):
            self.post.staff(self.letter, move, who, self.when, **WORDS)

    @rule()
    def who_says_nothing_for_ten_days_has_nothing_more_to_say(self) -> None:
        self.post.hall.casework.sweep(at(self.when))
        self.post.room.close_unstated(at(self.when))
        if self.state == "answered" and self.writers_days_are_over:
            self.state = "closed"

    @invariant()
    def the_letter_is_where_the_table_says_and_due_when_the_calendar_says(self) -> None:
        view = self.post.view(self.letter, self.when)
        assert view.letter.state == self.state
        if self.state in OPEN:
            assert view.due is not None
            assert view.due.due == self.calendar.after(self.started, 5 + self.extended)
            assert sum(day.counted for day in view.due.trace) == 5 + self.extended

    def teardown(self) -> None:
        try:
            assert auditing.audit(self.post.hall.database).sound
        finally:
            self.post.hall.database.close()
            shutil.rmtree(self.folder, ignore_errors=True)


class Orders(_Walk):
    """One order of the county's supervisor to a department."""

    def __init__(self) -> None:
        super().__init__()
        self.bureau: Bureau = make_bureau(self.folder)
        self.order = self.bureau.by_hand(when=self.when)
        self.state = "issued"

    @rule(move=st.sampled_from(sorted(ORDERS)))
    def a_move(self, move: str) -> None:
        who, sources, target = ORDERS[move]
        values = {**WORDS, "days": "2"}
        overdue = (
            move == "demand"
            and self.state == "issued"
            and self.bureau.again(self.order).explain_due < at(self.when)
        )
        if self.state not in sources and not overdue:
            with pytest.raises(HallError):
                self.bureau.move(self.order, move, who, self.when, **values)
            return
        self.bureau.move(self.order, move, who, self.when, **values)
        self.state = target

    @rule(
        move=st.sampled_from(sorted(ORDERS)),
        who=st.sampled_from(["health", "window", "publisher", "health_supervisor"]),
    )
    def a_stranger_moves(self, move: str, who: str) -> None:
        with pytest.raises(HallError):
            self.bureau.move(self.order, move, who, self.when, **WORDS, days="2")

    @rule()
    def the_hall_sweeps(self) -> None:
        self.bureau.hall.casework.sweep(at(self.when))

    @invariant()
    def the_order_is_where_the_table_says_and_each_card_is_issued_once(self) -> None:
        assert self.bureau.again(self.order).state == self.state
        twice = "SELECT count(*) FROM (SELECT 1 FROM card GROUP BY rule, level, coalesce(clock_id, ''), fact HAVING count(*) > 1)"
        assert self.bureau.hall.database.value(twice) == 0

    def teardown(self) -> None:
        try:
            assert auditing.audit(self.bureau.hall.database).sound
        finally:
            self.bureau.hall.database.close()
            shutil.rmtree(self.folder, ignore_errors=True)


@pytest.mark.parametrize(("machine", "examples", "steps"), [
    (Letters, 5, 20), (Orders, 5, 20),
    pytest.param(Letters, 300, 80, marks=pytest.mark.soak), pytest.param(Orders, 300, 80, marks=pytest.mark.soak),
])  # fmt: skip
def test_random_moves_of_letters_and_orders_agree_with_their_tables(
    machine: type[_Walk], examples: int, steps: int
) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=examples < 100, database=None,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip
