"""Answers and explanations in statistics: each in its own month, late by the day it was owed on, whatever came later."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from handlers.casework import hand_findings
from handlers.statistics import facts
from handlers.store import case_facts, counts
from handlers.store.moments import Reads
from handlers.store.statistics import BASES, Narrowed, grouped
from tests.casework_fixtures import Hall, at, make_hall
from tests.correspondence_fixtures import Post, make_post
from tests.order_fixtures import bureau
from tests.supervising_fixtures import Bureau

__all__ = ["bureau"]
MARCH, APRIL = (date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 4, 30))


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return make_post(tmp_path)


def many(reads: Reads, base: str, days: tuple[date, date]) -> dict[str, int]:
    """How many of a base, by department."""
    found = grouped(reads, BASES[base], *days, ["department"], Narrowed())
    return {str(each.keys[0]): each.count for each in found}


def test_a_punctual_second_answer_is_not_late_because_the_first_was(post: Post) -> None:
    filed = post.ask("2026-03-16")  # to be answered by the 23rd
    post.answer(filed, "2026-03-30")
    post.writer(filed, "dispute", "2026-03-31", reason="没有答到点子上")
    assert many(post.hall.database, "letters_late", MARCH) == {"market": 1}
    post.answer(filed, "2026-04-02")
    assert many(post.hall.database, "letters_answered", MARCH) == {"market": 1}
    assert many(post.hall.database, "letters_late", MARCH) == {"market": 1}
    assert many(post.hall.database, "letters_answered", APRIL) == {"market": 1}
    assert many(post.hall.database, "letters_late", APRIL) == {}


def test_a_disputed_answer_stays_with_the_department_that_gave_it(post: Post) -> None:
    filed = post.ask("2026-03-16")
    post.answer(filed, "2026-03-18")
    post.writer(filed, "dispute", "2026-03-19", reason="没有答到点子上")
    post.staff(filed, "transfer", "coordinator", "2026-03-20", unit="health", reason="属卫健局职责")
    post.hall.casework.sweep(at("2026-04-10"))
    assert many(post.hall.database, "letters_answered", MARCH) == {"market": 1}
    assert many(post.hall.database, "letters_late", MARCH) == {}
    assert many(post.hall.database, "letters_answered", APRIL) == {}


def test_a_letter_withdrawn_from_dispute_keeps_its_one_answer(post: Post) -> None:
    filed = post.ask("2026-03-16")
    post.answer(filed, "2026-03-18")
    post.writer(filed, "dispute", "2026-03-19", reason="没有答到点子上")
    post.writer(filed, "withdraw", "2026-03-20")
    assert many(post.hall.database, "letters_answered", MARCH) == {"market": 1}


def test_each_explanation_of_an_order_is_late_by_its_own_day(bureau: Bureau) -> None:
    order = bureau.order()  # of 13 March, to be explained by the 20th
    bureau.move(order, "explain", "decider", "2026-03-24", text="人手不够")
    bureau.move(order, "return", "county", "2026-03-31", text="没有说原因", days="3")
    bureau.move(order, "explain", "coordinator", "2026-04-01", text="窗口一人请假，没有顶岗")
    reads = bureau.hall.database
    assert many(reads, "explanations", MARCH) == many(reads, "explanations_late", MARCH) == {"market": 1}
    assert many(reads, "explanations", APRIL) == {"market": 1}
    assert many(reads, "explanations_late", APRIL) == {}


def test_a_missed_day_after_a_return_does_not_make_the_punctual_explanation_late(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(order, "explain", "decider", "2026-03-16", text="人手不够")
    bureau.move(order, "return", "county", "2026-03-17", text="没有说原因", days="2")
    bureau.hall.casework.sweep(at("2026-03-30"))  # the new day has passed, nothing has come
    assert many(bureau.hall.database, "explanations", MARCH) == {"market": 1}
    assert many(bureau.hall.database, "explanations_late", MARCH) == {}


def _recorded(folder: Path) -> Hall:
    """A notice given in the hall, two given on paper, and one on paper in a drill."""
    hall = make_hall(folder)
    hall.move(hall.file("2026-03-02"), "supplement_notice", "window", "2026-03-03", reason="缺平面图")
    for drill in (False, True):
        filed = hall.file("2026-03-02", drill=drill, key=f"drill-{drill}")
        for _ in range(1 if drill else 2):
            hand_findings.record_supplement(
                hall.database, hall.holder.ground, filed.number, hall.people["window"], "补平面图", at("2026-03-03"),
                "手写告知", at("2026-03-04"),
            )  # fmt: skip
    return hall


@pytest.mark.parametrize("in_bulk", [False, True])
def test_a_supplement_notice_given_on_paper_is_counted_like_one_given_here(
    tmp_path: Path, in_bulk: bool
) -> None:
    hall = _recorded(tmp_path)
    if in_bulk:
        facts.refresh(hall.database, hall.holder.ground)
    else:
        hall.database.write(lambda tx: case_facts.set_mark(tx, "event", "0"))
        hall.database.write(lambda tx: case_facts.set_mark(tx, "kinds", " ".join(case_facts.HAPPENINGS)))
        facts.refresh(hall.database, hall.holder.ground)
    assert many(hall.database, "supplement_notices", MARCH) == {"market": 3}
    rolled = hall.database.value(
        "SELECT sum(count) FROM stat_roll WHERE measure = 'supplement_notices' AND period = 202603"
    )
    assert rolled == 3
    daily = counts.totals(hall.database, *MARCH)
    assert daily[("market", "supplement_notices")] == 3


def test_what_an_earlier_version_left_out_is_counted_once_this_one_has_looked(tmp_path: Path) -> None:
    hall = _recorded(tmp_path)
    facts.refresh(hall.database, hall.holder.ground)
    hall.database.write(
        lambda tx: tx.execute("DELETE FROM case_happening WHERE kind = 'supplement_recorded'")
    )
    hall.database.write(lambda tx: case_facts.set_mark(tx, "kinds", ""))
    facts.refresh(hall.database, hall.holder.ground)
    assert many(hall.database, "supplement_notices", MARCH) == {"market": 3}
