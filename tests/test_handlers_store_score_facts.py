"""What orders and letters count as in a score, told by the moves and sweeps that made them, never by planted rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from handlers.store.moments import Reads
from handlers.store.score_facts import facts
from handlers.store.score_records import Fact
from rules.time import day_start
from tests.casework_fixtures import at
from tests.correspondence_fixtures import ANSWER, Post, make_post
from tests.order_fixtures import bureau
from tests.supervising_fixtures import Bureau

__all__ = ["bureau"]


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return make_post(tmp_path)


def month(reads: Reads, kind: str, as_of: str, period: str = "2026-03") -> list[Fact]:
    """The facts of a kind that a month has as its records stand, read at a moment."""
    first = day_start(datetime.fromisoformat(f"{period}-01").date())
    after = day_start((first + timedelta(days=31)).replace(day=1).date())
    return [each for each in facts(reads, period, first, after, at(as_of)) if each.kind == kind]


def results(reads: Reads, kind: str, as_of: str, period: str = "2026-03") -> list[str]:
    return [each.result for each in month(reads, kind, as_of, period)]


# --- orders: 13 March, to be explained by the 20th -------------------------------------------------------------


def _unexplained(bureau: Bureau) -> None:
    bureau.order()


def _demanded(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.hall.casework.sweep(at("2026-03-23"))
    bureau.move(order, "demand", "county", "2026-03-23", text="建立顶岗制度", days="3")
    bureau.move(order, "report", "coordinator", "2026-03-24", text="制度已印发")
    bureau.move(order, "close", "county", "2026-03-25", text="整改到位")


def _returned(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(order, "explain", "decider", "2026-03-16", text="人手不够")
    bureau.move(order, "return", "county", "2026-03-17", text="没有说原因", days="2")


def _returned_late(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(order, "explain", "decider", "2026-03-23", text="人手不够")
    bureau.move(order, "return", "county", "2026-03-24", text="没有说原因", days="2")


def _returned_and_demanded(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(order, "explain", "decider", "2026-03-16", text="人手不够")
    bureau.move(order, "return", "county", "2026-03-17", text="没有说原因", days="2")
    bureau.move(order, "demand", "county", "2026-03-20", text="建立顶岗制度", days="3")
    bureau.move(order, "report", "coordinator", "2026-03-23", text="制度已印发")


@pytest.mark.parametrize("made", [_unexplained, _demanded, _returned, _returned_late, _returned_and_demanded])
def test_an_order_left_without_an_explanation_is_unanswered_swept_or_not(
    bureau: Bureau, made: Callable[[Bureau], None]
) -> None:
    made(bureau)
    assert results(bureau.hall.database, "order", "2026-04-01") == ["unanswered"]
    bureau.hall.casework.sweep(at("2026-03-31 20:00"))
    assert results(bureau.hall.database, "order", "2026-04-01") == ["unanswered"]


@pytest.mark.parametrize(("when", "said"), [("2026-03-20 17:00", "answered"), ("2026-03-23 09:00", "late")])
@pytest.mark.parametrize("judged", ["", "accept", "demand"])
def test_an_explained_order_is_answered_or_late_whatever_was_decided_on_it(
    bureau: Bureau, when: str, said: str, judged: str
) -> None:
    order = bureau.order()
    bureau.hall.casework.sweep(at(when))
    bureau.move(order, "explain", "decider", when, text="因停电一天")
    if judged:
        bureau.move(order, judged, "county", "2026-03-24", text="建立顶岗制度", days="3")
    bureau.hall.casework.sweep(at("2026-03-31"))
    assert results(bureau.hall.database, "order", "2026-04-01") == [said]


def test_a_returned_order_counts_when_it_is_explained_again_or_its_new_day_has_passed(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(order, "explain", "decider", "2026-03-16", text="人手不够")
    bureau.move(order, "return", "county", "2026-03-17", text="没有说原因", days="2")
    assert results(bureau.hall.database, "order", "2026-03-19 20:00") == []
    assert results(bureau.hall.database, "order", "2026-03-20 00:00:01") == ["unanswered"]
    bureau.move(order, "explain", "coordinator", "2026-03-19", text="窗口一人请假，没有顶岗")
    assert results(bureau.hall.database, "order", "2026-03-19 20:00") == ["answered"]


# --- letters: written on Monday 2 March, five working days, to be answered by Monday the 9th -------------------


@pytest.mark.parametrize("when", ["2026-03-04", "2026-03-12"])
def test_a_letter_its_writer_withdrew_is_no_late_reply(post: Post, when: str) -> None:
    filed = post.ask()
    if when > "2026-03-09":
        post.hall.casework.sweep(at("2026-03-11"))
        assert results(post.hall.database, "reply", "2026-03-11") == ["late"]
    post.writer(filed, "withdraw", when)
    post.hall.casework.sweep(at("2026-03-31"))
    assert results(post.hall.database, "reply", "2026-04-01") == []


def test_a_reopened_letter_owes_an_answer_until_it_has_one(post: Post) -> None:
    filed = post.ask()
    post.answer(filed, "2026-03-04")
    assert results(post.hall.database, "reply", "2026-03-05") == ["on_time"]
    post.writer(filed, "dispute", "2026-03-05", reason="没有答到点子上")
    for state in ("reopened", "answering", "in_review"):
        if state == "answering":
            post.staff(filed, "draft", "coordinator", "2026-03-06", text=ANSWER)
        if state == "in_review":
            post.staff(filed, "submit", "coordinator", "2026-03-06", text=ANSWER)
        assert results(post.hall.database, "reply", "2026-03-12 20:00") == []
        late = month(post.hall.database, "reply", "2026-03-13")
        assert [(each.result, each.person) for each in late] == [("late", None)]
    post.hall.casework.sweep(at("2026-03-16"))
    assert results(post.hall.database, "reply", "2026-04-01") == ["late"]


def test_a_reopened_letter_answered_in_time_is_on_time(post: Post) -> None:
    filed = post.ask()
    post.answer(filed, "2026-03-04")
    post.writer(filed, "dispute", "2026-03-05", reason="没有答到点子上")
    post.answer(filed, "2026-03-12")
    post.hall.casework.sweep(at("2026-03-31"))
    assert results(post.hall.database, "reply", "2026-04-01") == ["on_time"]


@pytest.mark.parametrize("swept", [True, False])
def test_a_late_answer_is_late_once_in_its_own_month_whatever_comes_of_the_dispute(
    post: Post, swept: bool
) -> None:
    filed = post.ask("2026-03-23")
    if swept:
        post.hall.casework.sweep(at("2026-03-31"))
    post.answer(filed, "2026-03-31")
    before = month(post.hall.database, "reply", "2026-04-01")
    assert [(each.at[:10], each.result) for each in before] == [("2026-03-30", "late")]
    post.writer(filed, "dispute", "2026-04-01", reason="没有答到点子上")
    again = month(post.hall.database, "reply", "2026-04-02")
    assert [(each.at[:10], each.result) for each in again] == [("2026-03-30", "late")]
    post.answer(filed, "2026-04-08")
    post.hall.casework.sweep(at("2026-04-30"))
    assert results(post.hall.database, "reply", "2026-05-01") == ["late"]
    assert results(post.hall.database, "reply", "2026-05-01", "2026-04") == ["on_time"]


def test_each_answer_is_its_departments_and_a_spell_with_the_county_supervisor_is_nobodys(post: Post) -> None:
    filed = post.ask()
    post.answer(filed, "2026-03-10")
    post.writer(filed, "dispute", "2026-03-11", reason="没有答到点子上")
    post.staff(filed, "transfer", "coordinator", "2026-03-12", unit="health", reason="属卫健局职责")
    post.hall.casework.sweep(at("2026-03-31"))
    found = month(post.hall.database, "reply", "2026-04-01")
    assert [(each.department, each.result) for each in found] == [("market", "late"), ("health", "late")]

    other = post.ask()
    post.staff(other, "escalate", "coordinator", "2026-03-12", reason="说的是态度")
    post.staff(other, "release", "county", "2026-03-13", unit="market", reason="经核实只是业务问题")
    post.answer(other, "2026-03-16")
    assert [
        each.result
        for each in month(post.hall.database, "reply", "2026-04-01")
        if each.number == other.number
    ] == ["on_time"]
