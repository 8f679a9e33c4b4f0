"""A case received outside the hall and entered later: what is told of acceptance counts from the receipt, the handling
from the acceptance (or, where it was told too late or decided outside, from the receipt), and says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.casework.requests import Filed
from handlers.store import cards, cases, clocks, notices
from handlers.store.records import Case, Clock
from rules.case_terms import NoticeKind, State
from rules.clock import ClockKind
from rules.errors import IllegalMove, Invalid
from tests.casework_fixtures import LICENCE, PLAIN, Hall, at, make_hall

RECEIVED = "2026-03-02"


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def entered(hall: Hall, when: str, received: str = RECEIVED, **more: object) -> Filed:
    options = {"channel": "window", "item": LICENCE} | more
    return hall.file(when, received_outside=at(received), source_system="手工登记", **options)  # type: ignore[arg-type]


def case_of(hall: Hall, filed: Filed) -> Case:
    found = cases.by_number(hall.database, filed.number)
    assert found is not None
    return found


def clocks_of(hall: Hall, filed: Filed) -> dict[ClockKind, Clock]:
    return {each.kind: each for each in clocks.of_subject(hall.database, "case", case_of(hall, filed).id)}


def test_the_limits_of_the_intake_run_from_the_receipt_outside(hall: Hall) -> None:
    filed = entered(hall, "2026-03-04", channel="system")
    case, running = case_of(hall, filed), clocks_of(hall, filed)
    assert (case.received_at, case.submitted_at, case.changed_at) == (
        at(RECEIVED), at(RECEIVED), at("2026-03-04"),
    )  # fmt: skip
    assert set(running) == {ClockKind.SUPPLEMENT_NOTICE, ClockKind.PRE_ACCEPTANCE}
    assert {each.started for each in running.values()} == {at(RECEIVED)}
    assert running[ClockKind.SUPPLEMENT_NOTICE].due.date() == at("2026-03-09").date()
    assert running[ClockKind.PRE_ACCEPTANCE].due.date() == at("2026-03-04").date()


@pytest.mark.parametrize(
    ("accepted", "since", "deemed"),
    [
        ("2026-03-06", "2026-03-06", False),
        ("2026-03-09", "2026-03-09", False),
        ("2026-03-10", RECEIVED, True),
    ],
)
def test_accepted_within_five_working_days_of_the_receipt_the_handling_counts_from_the_acceptance(
    hall: Hall, accepted: str, since: str, deemed: bool
) -> None:
    """Licensing Law art. 42: from the acceptance; art. 32: what is not told in five days, from the receipt."""
    filed = entered(hall, "2026-03-04")
    hall.move(filed, "accept", "window", accepted)
    case, running = case_of(hall, filed), clocks_of(hall, filed)
    assert (case.accepted_at, case.deemed) == (at(since), deemed)
    started = {running[kind].started for kind in (ClockKind.PROMISE, ClockKind.STATUTE, ClockKind.STAGE)}
    assert started == {at(since)}
    calendar = hall.casework.ground().calendar
    assert running[ClockKind.STATUTE].due.date() == calendar.add_working_days(at(since).date(), 20)


def test_a_case_received_outside_has_the_limits_of_one_received_here_on_the_same_day(hall: Hall) -> None:
    here, there = hall.file(RECEIVED, channel="window"), entered(hall, "2026-03-05")
    for filed in (here, there):
        hall.move(filed, "accept", "window", "2026-03-06")
    own, other = clocks_of(hall, here), clocks_of(hall, there)
    for kind in (ClockKind.PROMISE, ClockKind.STATUTE, ClockKind.STAGE):
        assert (own[kind].started, own[kind].due) == (other[kind].started, other[kind].due)


def decided(hall: Hall, when: str = "2026-03-04") -> Filed:
    return entered(hall, when, decided_outside=at("2026-03-03"))


def test_what_was_decided_before_its_entry_counts_from_the_receipt_for_nobody_told_its_acceptance(
    hall: Hall,
) -> None:
    filed = decided(hall)
    hall.move(filed, "accept", "window", "2026-03-05")
    case, running = case_of(hall, filed), clocks_of(hall, filed)
    assert (case.accepted_at, case.deemed) == (at(RECEIVED), False)
    for kind, due in ((ClockKind.PROMISE, "2026-03-11"), (ClockKind.STATUTE, "2026-03-30")):
        assert (running[kind].started, running[kind].due.date()) == (at(RECEIVED), at(due).date())
    assert running[ClockKind.STAGE].started == at(RECEIVED)
    heads = notices.of_subject(hall.database, "case", case.id)
    said = {
        line.label: line.text for each in heads if each.kind is NoticeKind.ACCEPTANCE for line in each.lines
    }
    assert said["受理日期"].startswith("2026年3月2日")
    assert "系统外收件" in said["说明"]


@pytest.mark.parametrize(
    ("decision", "in_time"), [("2026-03-05", True), ("2026-03-09 17:00", True), ("2026-03-10", False)]
)
def test_a_refusal_given_elsewhere_within_the_five_days_can_be_entered_after_them(
    hall: Hall, decision: str, in_time: bool
) -> None:
    filed = entered(hall, "2026-03-12", decided_outside=at(decision))
    hall.casework.sweep(at("2026-03-13 00:01"))
    refusal = {
        "reason": "经营场所与住宅相通，不符合布局要求",
        "basis": "《食品经营许可和备案管理办法》第十二条",
    }
    if not in_time:
        assert case_of(hall, filed).accepted_at == at(RECEIVED), "nobody was told anything in time"
        with pytest.raises(IllegalMove):
            hall.move(filed, "refuse", "window", "2026-03-13 09:30", **refusal)
        return
    own = hall.casework.receipt(filed.number, filed.query_code, at("2026-03-12"))
    said = {line.label: line.text for line in own.notice.lines}
    assert "作出决定" in said["录入时间"]
    hall.move(filed, "refuse", "window", "2026-03-13 09:30", **refusal)
    assert case_of(hall, filed).state is State.REFUSED


def test_a_decision_given_elsewhere_in_time_and_not_entered_is_an_acceptance_from_the_receipt_after_all(
    hall: Hall,
) -> None:
    filed = entered(hall, "2026-03-12", decided_outside=at("2026-03-05"))
    assert hall.casework.sweep(at("2026-03-19 23:00")).deemed_accepted == ()
    assert hall.casework.sweep(at("2026-03-20 00:01")).deemed_accepted == (filed.number,)
    assert case_of(hall, filed).accepted_at == at(RECEIVED)


@pytest.mark.parametrize(("entry", "deemed"), [("2026-03-09", False), ("2026-03-10", True)])
def test_entered_after_the_five_working_days_it_counts_as_accepted_from_the_receipt(
    hall: Hall, entry: str, deemed: bool
) -> None:
    filed = entered(hall, entry)
    assert hall.casework.sweep(at(entry) + timedelta(minutes=1)).deemed_accepted == ()
    swept = hall.casework.sweep(at("2026-03-11 00:00") if deemed else at("2026-03-09 23:59"))
    case = case_of(hall, filed)
    assert bool(swept.deemed_accepted) is deemed
    assert (case.state, case.accepted_at) == (
        (State.IN_REVIEW, at(RECEIVED)) if deemed else (State.RECEIVED, None)
    )


def test_a_notice_given_elsewhere_in_time_is_recorded_on_the_day_of_a_late_entry(hall: Hall) -> None:
    filed, late = entered(hall, "2026-03-12"), entered(hall, "2026-03-12", key="late")
    hall.casework.sweep(at("2026-03-12 09:01"))

    def record(each: Filed, when: str) -> None:
        hall.casework.record_supplement(
            each.number, hall.staff("window"), "补平面图", at("2026-03-05"), "手写告知", now=at(when)
        )

    record(filed, "2026-03-12 17:00")
    swept = hall.casework.sweep(at("2026-03-13 00:00"))
    assert swept.deemed_accepted == (late.number,)
    case = case_of(hall, filed)
    assert (case.state, case.supplements) == (State.SUPPLEMENTING, 1)
    record(late, "2026-03-13 09:00")
    case = case_of(hall, late)
    assert (case.state, case.supplements, case.accepted_at) == (State.IN_REVIEW, 1, at(RECEIVED))


def test_accepting_after_the_five_days_and_before_the_sweep_counts_as_the_sweep_would(hall: Hall) -> None:
    """Also for a case the hall received itself: the law does not wait for a sweep."""
    for filed in (entered(hall, "2026-03-10"), hall.file(RECEIVED, channel="window")):
        hall.move(filed, "accept", "window", "2026-03-10")
        case = case_of(hall, filed)
        assert (case.accepted_at, case.deemed) == (at(RECEIVED), True)
        assert clocks_of(hall, filed)[ClockKind.STATUTE].started == at(RECEIVED)


def test_levels_begun_before_the_entry_are_raised_by_the_next_sweep_beside_the_rule_about_entering_late(
    hall: Hall,
) -> None:
    filed = entered(hall, "2026-04-01")
    hall.casework.sweep(at("2026-04-02 00:01"))
    found = cards.of_subject(hall.database, "case", case_of(hall, filed).id)
    promised = {each.level for each in found if each.object == "case" and not each.trigger}
    assert promised == {1, 2, 3}, "promised 11 March, statute 30 March: all three lights are over"
    red = next(each for each in found if each.level == 3 and each.object == "case" and not each.trigger)
    assert red.since.date() == at("2026-03-31").date()
    assert red.raised == at("2026-04-02 00:01")
    assert "outside_system" in {each.trigger for each in found}


def test_after_a_supplement_the_decision_counts_from_the_acceptance_as_for_any_case(hall: Hall) -> None:
    filed = entered(hall, "2026-03-04")
    hall.move(filed, "supplement_notice", "window", "2026-03-05", reason="请补平面图")
    hall.move(filed, "supplement", "applicant", "2026-03-10")
    assert clocks_of(hall, filed)[ClockKind.SUPPLEMENT_NOTICE].started == at("2026-03-10")
    hall.move(filed, "accept", "window", "2026-03-12")
    assert case_of(hall, filed).accepted_at == at("2026-03-12")
    assert clocks_of(hall, filed)[ClockKind.PROMISE].started == at("2026-03-12")


def test_a_pause_moves_the_limits_that_run_from_the_receipt_by_its_own_days(hall: Hall) -> None:
    filed = decided(hall)
    hall.move(filed, "accept", "window", "2026-03-04")
    hall.move(
        filed, "start_special", "section", "2026-03-05", kind="5", days="3", reason="现场核查", basis="第四十五条"
    )  # fmt: skip
    hall.move(filed, "end_special", "section", "2026-03-10", opinion="核查完成")
    running = clocks_of(hall, filed)
    assert running[ClockKind.PROMISE].due.date() == at("2026-03-16").date()
    view = hall.casework.public_view(filed.number, filed.query_code, at("2026-03-11"))
    assert (view.time.agency_days, view.time.total_days) == (4, 7), "both count from the receipt"


def test_what_was_promised_on_the_spot_was_promised_for_the_day_of_the_acceptance(hall: Hall) -> None:
    filed = entered(hall, "2026-03-04", item=PLAIN)
    hall.move(filed, "accept", "window", "2026-03-04")
    promise = clocks_of(hall, filed)[ClockKind.PROMISE]
    assert (promise.started, promise.due.date()) == (at("2026-03-04"), at("2026-03-11").date())


def test_explanation_receipt_and_warnings_say_that_it_counts_from_the_receipt_outside(hall: Hall) -> None:
    filed = entered(hall, "2026-03-04")
    own = hall.casework.receipt(filed.number, filed.query_code, at("2026-03-04"))
    assert own.submitted_at == at(RECEIVED)
    assert own.due is not None
    assert own.due.why.startswith("自2026年3月2日（系统外收件之日，次日起算）5个工作日")
    said = {line.label: line.text for line in own.notice.lines}
    assert said["收件时间"].startswith("2026年3月2日")
    assert said["录入时间"].startswith("2026年3月4日")
    hall.move(filed, "accept", "window", "2026-03-04")
    view = hall.casework.public_view(filed.number, filed.query_code, at("2026-03-05"))
    limits = [each for each in view.clocks if each.kind in (ClockKind.PROMISE, ClockKind.STATUTE)]
    assert len(limits) == 2
    assert all(each.why.startswith("自2026年3月4日（次日起算）") for each in limits)
    person = hall.people["window"]
    staff = hall.casework.staff_view(filed.number, person, at("2026-03-05"), "r")
    assert any("在系统外收件" in each and "从受理之日（2026年3月4日" in each for each in staff.warnings)
    late = decided(hall)
    staff = hall.casework.staff_view(late.number, person, at("2026-03-05"), "r")
    assert any("从收件之日（2026年3月2日" in each for each in staff.warnings)
    hall.move(late, "accept", "window", "2026-03-05")
    view = hall.casework.public_view(late.number, late.query_code, at("2026-03-05"))
    assert {each.kind for each in view.clocks} >= {ClockKind.PROMISE, ClockKind.STATUTE}
    assert all("系统外收件之日" in each.why for each in view.clocks)
    staff = hall.casework.staff_view(late.number, person, at("2026-03-05"), "r")
    assert any("从收件之日（2026年3月2日" in each for each in staff.warnings)
    plain = hall.file(RECEIVED)
    view = hall.casework.public_view(plain.number, plain.query_code, at(RECEIVED))
    assert not any("系统外" in each.why for each in view.clocks)


@pytest.mark.parametrize(
    ("received", "told"),
    [("2026-03-04 09:01", "晚于现在"), ("2023-02-01", "太早"), ("2026-03-04 09:00", ""), ("2023-06-01", "")],
)
def test_a_receipt_in_the_future_or_years_ago_is_refused_whoever_files(
    hall: Hall, received: str, told: str
) -> None:
    if not told:
        assert case_of(hall, entered(hall, "2026-03-04 09:00", received)).received_at == at(received)
        return
    with pytest.raises(Invalid) as refused:
        entered(hall, "2026-03-04 09:00", received)
    assert told in refused.value.fields["received_outside"]
