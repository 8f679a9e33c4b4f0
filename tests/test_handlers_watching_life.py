"""A case's whole life: every stretch with who had it, its own count against its limit, pauses with reason and basis."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from handlers.store import cards, cases, clocks, events
from handlers.store.case_parts import steps
from handlers.watching.life import WIDTH, Life, life_of
from tests.casework_fixtures import Hall, at, make_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def life(hall: Hall, now: str, number: int = 1) -> Life:
    database = hall.database
    case = cases.by_id(database, number)
    assert case is not None
    shown: list[tuple[datetime, int, str]] = [
        (each.since, each.level, f"第{each.level}级") for each in cards.of_subject(database, "case", number)
    ]
    return life_of(
        hall.holder.ground, case, steps(database, number), clocks.of_subject(database, "case", number),
        clocks.pauses(database, "case", number), events.of_subject(database, "case", number), shown, at(now),
    )  # fmt: skip


def played(hall: Hall) -> None:
    """Filed, supplemented, accepted, checked for a week in the middle, granted and delivered."""
    filed = hall.file("2026-03-02")
    hall.move(filed, "supplement_notice", "window", "2026-03-03", reason="缺平面图")
    hall.move(filed, "supplement", "applicant", "2026-03-06")
    hall.move(filed, "pre_review", "window", "2026-03-09")
    hall.move(filed, "accept", "window", "2026-03-09")
    hall.move(filed, "complete_step", "section", "2026-03-16", opinion="材料属实")
    hall.move(
        filed,
        "start_special",
        "reviewer",
        "2026-03-17",
        kind="2",
        days="10",
        reason="产品检验",
        basis="某法第三条",
    )
    hall.move(filed, "end_special", "reviewer", "2026-03-24", opinion="合格")
    hall.move(filed, "complete_step", "reviewer", "2026-03-25", opinion="同意")
    hall.move(filed, "grant", "decider", "2026-03-26", opinion="同意")
    hall.move(filed, "deliver", "window", "2026-03-27", method="窗口领取")


def test_every_stretch_follows_the_one_before_it_and_names_who_had_the_case(hall: Hall) -> None:
    played(hall)
    found = life(hall, "2026-04-10")
    handled = [each for each in found.spans if each.lane != "pause"]
    assert [(each.label, each.who) for each in handled] == [
        ("收件、预审", "市场准入窗口"),
        ("等申请人补正", "申请人"),
        ("补正后预审", "市场准入窗口"),
        ("初审", "许可股"),
        ("复审", "青禾县市场监督管理局"),
        ("审批", "青禾县市场监督管理局"),
        ("制证、送达", "市场准入窗口"),
    ]
    for before, after in pairwise(handled):
        assert before.until == after.begun
    assert (found.begun, found.until, found.running) == (at("2026-03-02"), at("2026-03-27"), False)
    assert handled[0].x == 0
    assert handled[-1].x + handled[-1].width <= WIDTH + 3


def test_each_stage_stands_against_its_own_limit(hall: Hall) -> None:
    played(hall)
    by_label = {each.label: each for each in life(hall, "2026-04-10").spans}
    first, second = by_label["初审"], by_label["复审"]
    assert (first.used, first.limit, first.over, first.light) == (5, 3, 2, 2)
    # 16 to 25 March are seven working days, five of them in the special procedure.
    assert (second.used, second.limit, second.over) == (2, 2, 0)
    assert by_label["等申请人补正"].limit is None


def test_a_pause_tells_reason_basis_days_and_document(hall: Hall) -> None:
    played(hall)
    found = life(hall, "2026-04-10")
    pause = next(each for each in found.spans if each.lane == "pause")
    assert (pause.begun, pause.until, pause.used, pause.limit) == (at("2026-03-17"), at("2026-03-24"), 5, 10)
    for words in ("产品检验", "某法第三条", "告知10个工作日", "青市监特字"):
        assert words in pause.words
    assert found.paused_days == 5


def test_agency_time_leaves_pauses_out_and_lived_time_leaves_nothing_out(hall: Hall) -> None:
    played(hall)
    time = life(hall, "2026-04-10").time
    # 9 to 26 March: thirteen working days, five paused. The applicant lived 24 days from filing to decision.
    assert (time.agency_days, time.lived_days) == (8, 24)


def test_marks_are_the_moments_and_the_cards(hall: Hall) -> None:
    played(hall)
    found = life(hall, "2026-04-10")
    labels = [each.label for each in found.marks]
    assert labels[:4] == ["提交", "受理", "办结", "送达"]
    assert "第2级" in labels
    assert all(0 <= each.x <= WIDTH for each in found.marks)


def test_an_open_case_runs_to_now_and_a_step_sent_back_appears_again(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.move(filed, "complete_step", "section", "2026-03-03", opinion="属实")
    hall.move(filed, "send_back", "reviewer", "2026-03-04", reason="再核一次")
    found = life(hall, "2026-03-06")
    assert [each.label for each in found.spans] == ["收件、预审", "初审", "复审", "初审"]
    assert (found.running, found.spans[-1].until, found.until) == (True, None, at("2026-03-06"))
    assert found.spans[-1].used == 2


def test_deemed_acceptance_counts_the_first_stage_from_the_day_of_receipt(hall: Hall) -> None:
    hall.file("2026-03-02")
    hall.casework.sweep(at("2026-03-10 00:00"))
    found = life(hall, "2026-03-10")
    stage = next(each for each in found.spans if each.label == "初审")
    assert (stage.begun, stage.used, stage.over) == (at("2026-03-10 00:00"), 6, 3)
    assert "受理（视为）" in [each.label for each in found.marks]
