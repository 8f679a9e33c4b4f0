"""A running hall tidies once a day, and throws nothing away by a clock that has just jumped."""

from __future__ import annotations

from datetime import datetime, timedelta

from hall.tidying import DailyTidying
from rules.time import SHANGHAI

START = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)


class Machine:
    """A wall clock that may jump, and the steady count beside it."""

    def __init__(self) -> None:
        self.now, self.count, self.tidied = START, 0.0, list[datetime]()
        self.tidying = DailyTidying(self._tidy, lambda: self.count)

    def _tidy(self, now: datetime) -> int:
        self.tidied.append(now)
        return 0

    def later(self, jump: timedelta = timedelta(0), **span: float) -> bool:
        self.now += timedelta(**span) + jump
        self.count += timedelta(**span).total_seconds()
        return self.tidying.if_due(self.now)


def test_it_tidies_after_an_hour_and_then_once_a_day() -> None:
    machine = Machine()
    assert not machine.later()
    assert not machine.later(minutes=59)
    assert machine.later(minutes=1)
    assert not machine.later(hours=13)
    assert machine.later(hours=1)
    assert [each.day for each in machine.tidied] == [2, 3]


def test_a_clock_that_jumps_a_year_ahead_and_back_throws_nothing_away() -> None:
    machine = Machine()
    machine.later()
    assert not machine.later(minutes=30, jump=timedelta(days=365))
    assert not machine.later(minutes=59)
    assert not machine.later(minutes=10, jump=timedelta(days=-365))
    assert not machine.later(minutes=59)
    assert machine.later(minutes=1)
    assert [each.year for each in machine.tidied] == [2026]


def test_an_hour_back_is_a_jump_too_and_a_second_is_none() -> None:
    machine = Machine()
    machine.later()
    assert not machine.later(hours=1, jump=timedelta(hours=-1))
    assert machine.later(hours=1, jump=timedelta(seconds=-1))
