"""Time and place of a hearing: told seven working days before, shown in words, and not held earlier than told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.casework.requests import Filed
from handlers.store import events
from rules.errors import Invalid
from tests.casework_fixtures import Hall, at, make_hall

PLACE = "县厅三楼听证室"


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def asked(hall: Hall) -> Filed:
    filed = hall.accept(hall.file("2026-03-02"), "2026-03-03")
    hall.to_decision(filed, "2026-03-04")
    hall.move(filed, "tell_hearing", "decider", "2026-03-05", reason="拟不予许可", basis="第四十七条")
    hall.move(filed, "request_hearing", "applicant", "2026-03-06")
    return filed


@pytest.mark.parametrize(
    ("time", "legal"),
    [("2026-03-23T16:00", False), ("2026-03-24T09:00", True), ("2026-03-25T09:00", True)],
)
def test_a_hearing_less_than_seven_days_ahead_is_refused_and_nothing_is_sent(
    hall: Hall, asked: Filed, time: str, legal: bool
) -> None:
    before = events.head(hall.database)
    if legal:
        hall.move(asked, "notify_hearing", "decider", "2026-03-13 17:59", time=time, place=PLACE)
        return
    with pytest.raises(Invalid) as refused:
        hall.move(asked, "notify_hearing", "decider", "2026-03-13 17:59", time=time, place=PLACE)
    assert "7日前" in refused.value.fields["time"]
    assert "最早在2026年3月24日" in refused.value.fields["time"]
    assert events.head(hall.database) == before


def test_the_notice_and_the_tracking_page_tell_the_moment_in_words(hall: Hall, asked: Filed) -> None:
    hall.move(asked, "notify_hearing", "decider", "2026-03-13", time="2026-03-25T09:00", place=PLACE)
    view = hall.casework.public_view(asked.number, asked.query_code, at("2026-03-13"))
    assert any("听证时间：2026年3月25日（周三） 09:00" in each.words for each in view.timeline)
    with pytest.raises(Invalid, match="必要的内容"):
        hall.move(asked, "notify_hearing", "decider", "2026-03-13", time="下周三上午", place=PLACE)


@pytest.mark.parametrize(
    ("when", "legal"), [("2026-03-24", False), ("2026-03-25", True), ("2026-03-26", True)]
)
def test_a_hearing_is_not_held_before_the_day_that_was_told_last(
    hall: Hall, asked: Filed, when: str, legal: bool
) -> None:
    hall.move(asked, "notify_hearing", "decider", "2026-03-09", time="2026-03-18T09:00", place=PLACE)
    hall.move(asked, "notify_hearing", "decider", "2026-03-10", time="2026-03-25T09:00", place=PLACE)
    if legal:
        hall.move(asked, "hold_hearing", "decider", when, result="held", opinion="双方陈述")
        return
    with pytest.raises(Invalid) as refused:
        hall.move(asked, "hold_hearing", "decider", when, result="held", opinion="双方陈述")
    assert "2026年3月25日" in refused.value.fields["result"]
    hall.move(asked, "hold_hearing", "decider", when, result="given-up", opinion="书面放弃")
