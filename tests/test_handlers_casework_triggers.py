"""Rules about events of cases: refusals, supplement notices, first reviews, hearings, fees, cases from outside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from catalog.schema import Fee
from handlers.casework import hand_findings
from handlers.store import cards, case_parts, cases, clocks, events
from handlers.store.records import Watched
from rules.access import Role
from rules.case_terms import State
from rules.errors import Forbidden, IllegalMove, Invalid
from tests.casework_fixtures import LICENCE, Hall, at, dump
from tests.trigger_fixtures import GOOD, case_id, caught, hall, to_denial

__all__ = ["hall"]


def watched(hall: Hall, filed: Any) -> list[str]:
    found: tuple[Watched, ...] = cards.watched_of_subject(hall.database, "case", case_id(hall, filed))
    return [each.trigger for each in found]


def test_a_denial_after_every_step_found_the_conditions_met_waits_for_the_supervisor(hall: Hall) -> None:
    filed = to_denial(hall, ("met", "met"))
    card = caught(hall, filed)["refused_though_met"]
    assert (card.state, card.level, card.clock_id, card.issued_by) == ("pending", 2, None, "system")
    assert card.fact.startswith("event:")
    assert "初审、复审" in card.why
    assert card.rules == hall.holder.ground.rules_version
    assert "#" in card.rules
    assert watched(hall, filed) == ["watch_refused"]


def test_a_denial_that_one_step_supports_is_only_watched(hall: Hall) -> None:
    filed = to_denial(hall, ("met", "not-met"))
    assert caught(hall, filed) == {}
    assert watched(hall, filed) == ["watch_refused"]


def test_a_conclusion_is_kept_with_the_step_and_goes_when_it_is_sent_back(hall: Hall) -> None:
    filed = hall.accept(hall.file())
    hall.move(filed, "complete_step", "section", "2026-03-04", opinion="已看", conclusion="met")
    steps = case_parts.steps(hall.database, case_id(hall, filed))
    assert steps[0].conclusion == "met"
    hall.move(filed, "send_back", "reviewer", "2026-03-05", reason="缺一页")
    assert case_parts.steps(hall.database, case_id(hall, filed))[0].conclusion is None


def test_refusing_after_the_pre_review_was_passed_is_caught_too(hall: Hall) -> None:
    filed = hall.file()
    hall.move(filed, "pre_review", "window", "2026-03-03")
    hall.move(filed, "refuse", "window", "2026-03-03", **GOOD)
    assert "预审" in caught(hall, filed)["refused_though_met"].why


@pytest.mark.parametrize(
    "values",
    [{"reason": "不行", "basis": GOOD["basis"]}, {"reason": GOOD["reason"], "basis": "有关规定"}],
)
def test_a_refusal_without_reasons_or_law_waits_for_the_supervisor(
    hall: Hall, values: dict[str, str]
) -> None:
    filed = hall.file()
    hall.move(filed, "refuse", "window", "2026-03-03", **values)
    card = caught(hall, filed)["no_reasons"]
    assert card.state == "pending"
    assert values["reason"] not in card.why or len(values["reason"]) > 9, (
        "what was written stays out of the card"
    )


def test_the_same_words_on_the_fourth_case_are_boilerplate_and_drills_do_not_count(hall: Hall) -> None:
    for number in range(2):
        drill = hall.file(f"2026-03-02 09:0{number}", drill=True)
        hall.move(drill, "refuse", "window", "2026-03-03", **GOOD)
    found = []
    for number in range(4):
        filed = hall.file(f"2026-03-02 10:0{number}")
        hall.move(filed, "refuse", "window", f"2026-03-03 09:0{number}", **GOOD)
        found.append("no_reasons" in caught(hall, filed))
    assert found == [False, False, False, True]


def test_a_second_supplement_notice_is_refused_and_the_attempt_is_kept_and_caught_once(hall: Hall) -> None:
    filed = hall.file()
    hall.move(filed, "supplement_notice", "window", "2026-03-03", reason="缺平面图")
    hall.move(filed, "supplement", "applicant", "2026-03-04")
    for when in ("2026-03-05 10:00", "2026-03-05 10:01", "2026-03-06 10:00"):
        with pytest.raises(IllegalMove, match="一次"):
            hall.move(filed, "supplement_notice", "window", when, reason="还缺一份")
    kinds = [each.kind for each in events.of_subject(hall.database, "case", case_id(hall, filed))]
    assert kinds.count("supplement_attempt") == 2, "one a person and day"
    issued = [each for each in cards.of_subject(hall.database, "case", case_id(hall, filed)) if each.trigger]
    assert [(each.trigger, each.state) for each in issued] == [("second_supplement", "issued")]
    assert cases.by_number(hall.database, filed.number).supplements == 1  # type: ignore[union-attr]


def test_an_attempt_by_someone_who_may_not_leaves_nothing_behind(hall: Hall) -> None:
    filed = hall.file()
    hall.move(filed, "supplement_notice", "window", "2026-03-03", reason="缺平面图")
    hall.move(filed, "supplement", "applicant", "2026-03-04")
    before = dump(hall.database)
    with pytest.raises((IllegalMove, Forbidden)):
        hall.move(filed, "supplement_notice", "decider", "2026-03-05", reason="还缺一份")
    assert dump(hall.database) == before


def record(hall: Hall, filed: Any, given: str, when: str) -> int:
    return hand_findings.record_supplement(
        hall.database, hall.holder.ground, filed.number, hall.people["window"], "补平面图", at(given), "手写告知", at(when)
    )  # fmt: skip


def test_a_notice_given_in_time_on_paper_stops_the_five_days_and_waits_for_the_applicant(hall: Hall) -> None:
    filed = hall.file("2026-03-02")
    # Recorded when the five days are over already, but no sweep has come by: it was given in time all the same.
    assert record(hall, filed, "2026-03-03 16:00", "2026-03-10 08:00") == 1
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    assert (case.state, case.holder_role, case.supplements) == (State.SUPPLEMENTING, Role.APPLICANT, 1)
    days = hall.holder.ground.county.settings.supplement_days
    until = hall.holder.ground.calendar.add_working_days(at("2026-03-03").date(), days)
    assert case.supplement_due is not None
    assert case.supplement_due.date() == until
    stopped = clocks.of_subject(hall.database, "case", case.id)
    assert {each.stopped for each in stopped} == {at("2026-03-03 16:00")}
    assert hall.casework.sweep(at("2026-03-12")).deemed_accepted == ()
    view = hall.casework.public_view(filed.number, filed.query_code, at("2026-03-12"))
    assert view.asked == "补平面图"
    assert "视为受理" not in "".join(each.words for each in view.timeline)
    assert "已在2026年3月3日（周二）告知" in view.timeline[-1].words
    event = events.of_subject(hall.database, "case", case.id)[-1]
    assert (event.from_state, event.to_state) == (State.RECEIVED, State.SUPPLEMENTING)
    hall.move(filed, "supplement", "applicant", "2026-03-13")
    again = cases.by_number(hall.database, filed.number)
    assert again is not None
    assert again.state is State.RECEIVED
    with pytest.raises(IllegalMove, match="一次"):
        hall.move(filed, "supplement_notice", "window", "2026-03-13", reason="还缺")


def test_a_notice_given_on_paper_is_not_missed_among_the_numbered_ones_at_the_close(hall: Hall) -> None:
    hall.casework.sweep(
        at("2026-03-01")
    )  # so that the audit of closed cases looks at those closed after this
    filed = hall.file("2026-03-02")
    record(hall, filed, "2026-03-03 16:00", "2026-03-04")
    hall.move(filed, "supplement", "applicant", "2026-03-05")
    hall.to_decision(hall.accept(filed, "2026-03-05"), "2026-03-06")
    hall.move(filed, "grant", "decider", "2026-03-06", opinion="同意")
    hall.casework.sweep(at("2026-03-06 18:00"))
    assert "missing_notice" not in caught(hall, filed)


def test_a_notice_given_on_paper_after_the_five_days_is_kept_and_changes_nothing(hall: Hall) -> None:
    filed = hall.file("2026-03-02")
    assert record(hall, filed, "2026-03-10 09:00", "2026-03-10 10:00") == 1
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    assert (case.state, case.supplements) == (State.RECEIVED, 1)
    assert hall.casework.sweep(at("2026-03-10 11:00")).deemed_accepted == (filed.number,)
    assert record(hall, filed, "2026-03-03", "2026-03-11") == 2
    deemed = cases.by_number(hall.database, filed.number)
    assert deemed is not None
    assert deemed.state is State.IN_REVIEW


def test_a_notice_given_on_paper_counts_once_it_is_recorded(hall: Hall) -> None:
    filed = hall.file()
    write_down = hand_findings.record_supplement
    ground, person = hall.holder.ground, hall.people["window"]
    assert (
        write_down(
            hall.database,
            ground,
            filed.number,
            person,
            "口头告知补平面图",
            at("2026-03-03"),
            "窗口口头告知",
            at("2026-03-04"),
        )
        == 1
    )
    assert caught(hall, filed) == {}
    assert (
        write_down(
            hall.database,
            ground,
            filed.number,
            person,
            "又要一份合同",
            at("2026-03-04"),
            "手写告知",
            at("2026-03-05"),
        )
        == 2
    )
    assert "补录" in caught(hall, filed)["second_supplement"].why
    with pytest.raises(IllegalMove):
        hall.move(filed, "supplement_notice", "window", "2026-03-06", reason="还缺")
    for told, given, reason in (
        ("将来的事", "2026-04-03", "手写告知"),
        ("收件以前的事", "2026-03-01", "手写告知"),
        ("没有说明", "2026-03-04", " "),
    ):
        with pytest.raises(Invalid):
            write_down(hall.database, ground, filed.number, person, told, at(given), reason, at("2026-03-05"))
    with pytest.raises(Forbidden):
        write_down(
            hall.database,
            ground,
            filed.number,
            hall.people["health_front"],
            "别的部门",
            at("2026-03-03"),
            "手写告知",
            at("2026-03-05"),
        )


@pytest.mark.parametrize(("when", "expected"), [("2026-03-06", False), ("2026-03-09", True)])
def test_a_first_review_reported_the_day_after_its_limit_is_warned_of(
    hall: Hall, when: str, expected: bool
) -> None:
    filed = hall.accept(hall.file())  # 初审 of three working days, from Tuesday 2026-03-03
    hall.move(filed, "complete_step", "section", when, opinion="已看", conclusion="met")
    assert ("late_first_review" in caught(hall, filed)) is expected


def _told(hall: Hall) -> Any:
    filed = hall.accept(hall.file())
    hall.to_decision(filed, "2026-03-04")
    hall.move(
        filed,
        "tell_hearing",
        "decider",
        "2026-03-05",
        reason="拟不予许可：布局不符",
        basis="《行政许可法》第四十七条",
    )
    return filed


def test_a_hearing_is_told_asked_for_notified_and_held_with_its_papers(hall: Hall) -> None:
    filed = _told(hall)
    with pytest.raises(IllegalMove, match="五个工作日"):
        hall.move(filed, "deny", "decider", "2026-03-12", **GOOD)
    hall.move(filed, "request_hearing", "applicant", "2026-03-12", reason="要求说明情况")
    with pytest.raises(IllegalMove, match="听证还没有举行"):
        hall.move(filed, "deny", "decider", "2026-03-20", **GOOD)
    notified = hall.move(
        filed, "notify_hearing", "decider", "2026-03-13", time="2026-03-25T09:00", place="县厅三楼"
    )
    assert notified.notice_number is not None
    hall.move(filed, "hold_hearing", "decider", "2026-03-25", result="held", opinion="双方陈述、质证")
    hall.casework.sweep(at("2026-05-20"))
    hall.move(filed, "deny", "decider", "2026-05-20", **GOOD)
    assert "hearing_not_held" not in caught(hall, filed)


@pytest.mark.parametrize(("when", "legal"), [("2026-03-12", True), ("2026-03-13", False)])
def test_a_hearing_is_asked_for_within_five_working_days_of_being_told(
    hall: Hall, when: str, legal: bool
) -> None:
    filed = _told(hall)  # told on Thursday 2026-03-05: the fifth working day is Thursday 2026-03-12
    if legal:
        hall.move(filed, "request_hearing", "applicant", when)
    else:
        with pytest.raises(IllegalMove):
            hall.move(filed, "request_hearing", "applicant", when)


@pytest.mark.parametrize(
    ("when", "expected"), [("2026-04-09 23:59", 0), ("2026-04-10 00:00", 1), ("2026-04-10 00:01", 1)]
)
def test_a_hearing_not_held_in_twenty_working_days_gets_one_red_card_however_often_one_sweeps(
    hall: Hall, when: str, expected: int
) -> None:
    filed = _told(hall)
    hall.move(filed, "request_hearing", "applicant", "2026-03-11")  # + 20 wd over Qingming: until 2026-04-09
    for _ in range(3):
        hall.casework.sweep(at(when))
    found = [each for each in cards.of_subject(hall.database, "case", case_id(hall, filed)) if each.trigger]
    assert [(each.trigger, each.level) for each in found] == [("hearing_not_held", 3)] * expected


def test_a_hearing_that_was_overdue_is_caught_when_it_is_held_before_any_sweep_looked(hall: Hall) -> None:
    filed = _told(hall)
    hall.move(filed, "request_hearing", "applicant", "2026-03-11")
    hall.move(filed, "hold_hearing", "decider", "2026-04-13", result="held", opinion="迟了")
    hall.casework.sweep(at("2026-04-14"))
    found = [each for each in cards.of_subject(hall.database, "case", case_id(hall, filed)) if each.trigger]
    assert [each.trigger for each in found] == ["hearing_not_held"]


CHARGED = LICENCE.model_copy(
    update={"fees": (Fee(name="工本费", standard="每证 10 元", amount="10", basis="某文件"),)}  # type: ignore[arg-type]
)


@pytest.mark.parametrize(("cents", "expected"), [(1000, False), (1001, True)])
def test_a_charge_above_the_standard_waits_for_the_supervisor(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, cents: int, expected: bool
) -> None:
    monkeypatch.setitem(
        hall.holder.ground.guides._guides,
        LICENCE.code,
        replace(hall.holder.ground.guide(LICENCE.code), item=CHARGED, version="charged"),
    )
    filed = hall.file()
    hall.casework.pay_fee(filed.number, hall.staff("window"), 0, charged=cents, now=at("2026-03-03"))
    assert ("fee_over_standard" in caught(hall, filed)) is expected


def test_a_charge_the_guide_does_not_name_is_written_down_and_caught(hall: Hall) -> None:
    filed = hall.file()

    def record(name: str, cents: int, reason: str) -> None:
        hall.casework.record_charge(
            filed.number, hall.staff("county"), name, cents, reason, now=at("2026-03-03")
        )

    record("加急费", 5000, "收据第8号")
    card = caught(hall, filed)["fee_over_standard"]
    assert "加急费" in card.why
    assert "50元" in card.why
    for name, cents, reason in (("x", -1, "收据"), ("x", 0, "收据"), ("", 5, "收据"), ("x", 5, "")):
        with pytest.raises(Invalid):
            record(name, cents, reason)


@pytest.mark.parametrize(("more", "expected"), [(500, False), (501, True)])
def test_what_was_taken_on_top_of_a_fee_is_held_with_it_against_the_standard(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, more: int, expected: bool
) -> None:
    known = hall.holder.ground.guides._guides
    monkeypatch.setitem(known, LICENCE.code, replace(known[LICENCE.code], item=CHARGED, version="charged"))
    filed = hall.file()
    hall.casework.pay_fee(filed.number, hall.staff("window"), 0, charged=500, now=at("2026-03-03"))
    hall.casework.record_charge(
        filed.number, hall.staff("window"), "工本费", more, "又补收一次，收据第9号", now=at("2026-03-04")
    )
    assert ("fee_over_standard" in caught(hall, filed)) is expected
    with pytest.raises(Invalid):
        hall.casework.pay_fee(
            filed.number, hall.staff("window"), 0, waived="减免", charged=5, now=at("2026-03-03")
        )


@pytest.mark.parametrize(("received", "expected"), [("2026-03-06", False), ("2026-03-05", True)])
def test_a_case_of_another_system_entered_too_late_was_handled_outside(
    hall: Hall, received: str, expected: bool
) -> None:
    filed = hall.file(
        "2026-03-09",
        source_system="某业务系统",
        source_id="A1",
        received_outside=at(received),
        channel="system",
    )
    assert ("outside_system" in caught(hall, filed)) is expected
