"""Clocks of a case: deemed acceptance, pauses, extension, mixed units, a new calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from catalog.schema import Limit
from handlers.casework.ground import FixedGuides, Guide
from handlers.store import cards, cases, clocks, events, notices, outbox
from handlers.store.records import Clock
from rules.calendar import CalendarYear, WorkCalendar
from rules.case_terms import NoticeKind, State
from rules.clock import ClockKind
from rules.errors import IllegalMove, Invalid
from tests.casework_fixtures import CALENDAR_DAYS, PLAIN, Hall, at, make_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def clock(hall: Hall, kind: ClockKind, case_id: int = 1) -> Clock:
    return next(
        each for each in reversed(clocks.of_subject(hall.database, "case", case_id)) if each.kind is kind
    )


def due(hall: Hall, kind: ClockKind = ClockKind.PROMISE) -> date:
    return clock(hall, kind).due.date()


@pytest.mark.parametrize(("when", "deemed"), [("2026-03-09 23:59", False), ("2026-03-10 00:00", True)])
def test_supplement_notice_after_five_working_days_counts_as_accepted_from_the_day_of_receipt(
    hall: Hall, when: str, deemed: bool
) -> None:
    filed = hall.file("2026-03-02")
    swept = hall.casework.sweep(at(when))
    assert swept.deemed_accepted == ((filed.number,) if deemed else ())
    case = cases.by_number(hall.database, filed.number)
    assert case is not None
    assert case.state is (State.IN_REVIEW if deemed else State.RECEIVED)
    if deemed:
        assert case.deemed
        assert case.accepted_at == at("2026-03-02")
        assert due(hall) == date(2026, 3, 11)  # seven working days from receipt, not from today
        view = hall.casework.public_view(filed.number, filed.query_code, at(when))
        assert view.timeline[-1].words.startswith("五个工作日内未告知补正")
        assert view.timeline[-1].notice_title == "受理通知书"


def test_deemed_acceptance_happens_once_however_often_the_sweep_looks(hall: Hall) -> None:
    hall.file("2026-03-02")
    assert len(hall.casework.sweep(at("2026-03-10 00:00")).deemed_accepted) == 1
    assert hall.casework.sweep(at("2026-03-10 00:00")).deemed_accepted == ()
    assert hall.casework.sweep(at("2026-03-11 00:00")).deemed_accepted == ()


def test_a_case_that_was_accepted_in_time_is_never_deemed(hall: Hall) -> None:
    hall.accept(hall.file("2026-03-02"), "2026-03-09")
    assert hall.casework.sweep(at("2026-04-01")).deemed_accepted == ()
    assert due(hall) == date(2026, 3, 18)


def test_after_a_supplement_the_five_days_run_from_its_receipt(hall: Hall) -> None:
    filed = hall.file("2026-03-02")
    hall.move(filed, "supplement_notice", "window", "2026-03-04", reason="缺图")
    assert hall.casework.sweep(at("2026-03-20")).deemed_accepted == ()
    hall.move(filed, "supplement", "applicant", "2026-03-20")
    assert hall.casework.sweep(at("2026-03-27 23:59")).deemed_accepted == ()
    assert hall.casework.sweep(at("2026-03-28 00:00")).deemed_accepted == (filed.number,)
    assert clock(hall, ClockKind.PROMISE).started == at("2026-03-20")


def test_golden_dates_hold_for_cases(hall: Hall) -> None:
    for accepted, expected in (("2026-02-10", "2026-03-16"), ("2026-12-03", "2026-12-31")):
        filed = hall.accept(hall.file(accepted), accepted)
        view = hall.casework.public_view(filed.number, filed.query_code, at(accepted))
        statute = next(each for each in view.clocks if each.kind == "statute")
        assert statute.due.isoformat() == expected
        assert not statute.provisional


def test_a_special_procedure_moves_promise_and_statute_by_the_days_notified(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-03-02"), "2026-03-02")
    assert (due(hall), due(hall, ClockKind.STATUTE)) == (date(2026, 3, 11), date(2026, 3, 30))
    values = {"kind": "2", "days": "3", "reason": "检验", "basis": "法"}
    hall.move(filed, "start_special", "section", "2026-03-04", **values)
    assert (due(hall), due(hall, ClockKind.STATUTE)) == (date(2026, 3, 16), date(2026, 4, 2))
    assert due(hall, ClockKind.SPECIAL_PROCEDURE) == date(2026, 3, 9)
    # Longer than told: only what was told is left out.
    hall.move(filed, "end_special", "section", "2026-03-12", opinion="合格")
    assert due(hall) == date(2026, 3, 16)
    pause = clocks.pauses(hall.database, "case", 1)[0]
    assert (pause.notified_days, pause.notice) == (3, "青市监特字〔2026〕第1号")


def test_a_special_procedure_that_ends_early_gives_back_the_days_not_used(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-03-02"), "2026-03-02")
    hall.move(filed, "start_special", "section", "2026-03-04", kind="2", days="10", reason="检验", basis="法")
    assert due(hall) == date(2026, 3, 25)
    hall.move(filed, "end_special", "section", "2026-03-06", opinion="合格")
    assert due(hall) == date(2026, 3, 13)


def test_an_extension_lengthens_promise_and_statute_alike_and_only_once(hall: Hall) -> None:
    filed = hall.to_decision(hall.accept(hall.file("2026-03-02"), "2026-03-02"), "2026-03-03")
    hall.move(filed, "extend", "decider", "2026-03-04", days="10", reason="复杂")
    assert (due(hall), due(hall, ClockKind.STATUTE)) == (date(2026, 3, 25), date(2026, 4, 14))
    view = hall.casework.public_view(filed.number, filed.query_code, at("2026-03-05"))
    assert view.due is not None
    assert "经批准延长10个工作日" in view.due.why
    assert sum(day.counted for day in view.due.trace) == 17


def extension_told(hall: Hall, case_id: int = 1) -> tuple[str, str]:
    """What the document and the tracking page say of an extension's length."""
    lines, words = extension_lines(hall, case_id)
    return lines["延长"], words


def extension_lines(hall: Hall, case_id: int = 1) -> tuple[dict[str, str], str]:
    """The document of an extension, and the tracking page's words."""
    found = notices.of_subject(hall.database, "case", case_id)
    notice = next(each for each in found if each.kind is NoticeKind.EXTENSION)
    lines = {each.label: each.text for each in notice.lines}
    event = next(each for each in events.of_subject(hall.database, "case", case_id) if each.kind == "extend")
    return lines, str((event.payload or {})["words"])


def test_a_promise_in_calendar_days_is_extended_by_calendar_days_and_the_notice_says_so(hall: Hall) -> None:
    in_days = PLAIN.model_copy(
        update={
            "code": "11990121MB0000238C499012300400",
            "promised": Limit(days=10, unit="day"),
            "statutory": Limit(days=20, basis="某规定"),
        }
    )
    ground = hall.holder.ground
    guides = FixedGuides({PLAIN.code: Guide(PLAIN, "a" * 16), in_days.code: Guide(in_days, "b" * 16)})
    hall.holder.ground = replace(ground, guides=guides)
    filed = hall.accept(hall.file("2026-03-02", item=in_days), "2026-03-02")
    assert (due(hall), due(hall, ClockKind.STATUTE)) == (date(2026, 3, 12), date(2026, 3, 30))
    hall.move(filed, "extend", "decider", "2026-03-10", days="10", reason="复杂")
    assert due(hall) == date(2026, 3, 23)  # the twentieth day is a Sunday
    # Ten days after 30 March are 9 April: seven working days, with the three of Qingming left out.
    assert due(hall, ClockKind.STATUTE) == date(2026, 4, 9)
    assert clock(hall, ClockKind.STATUTE).extension_days == 7
    assert extension_told(hall) == ("经本机关负责人批准，延长10天", "经批准延长10天：复杂")


def test_an_extension_in_working_days_moves_a_statute_in_calendar_days_by_the_same(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-03-02", item=CALENDAR_DAYS), "2026-03-02")
    assert due(hall, ClockKind.STATUTE) == date(2026, 4, 1)
    hall.move(filed, "extend", "decider", "2026-03-05", days="10", reason="复杂")
    assert due(hall) == date(2026, 3, 23)
    last = hall.holder.ground.calendar.add_working_days(date(2026, 4, 1), 10)
    assert due(hall, ClockKind.STATUTE) == last == date(2026, 4, 16)
    assert extension_told(hall) == ("经本机关负责人批准，延长10个工作日", "经批准延长10个工作日：复杂")


def test_a_limit_is_extended_on_its_last_day_but_not_once_it_has_passed(hall: Hall) -> None:
    in_time = hall.accept(hall.file("2026-03-02", item=PLAIN), "2026-03-02")
    late = hall.accept(hall.file("2026-03-02", item=PLAIN), "2026-03-02")
    hall.move(in_time, "extend", "decider", "2026-03-09 17:00", days="10", reason="复杂")
    assert due(hall) == date(2026, 3, 23)
    decider = hall.people["decider"]
    offered = hall.casework.staff_view(late.number, decider, at("2026-03-10")).moves
    assert "extend" not in {each.move.name for each in offered}
    with pytest.raises(IllegalMove, match="期限已经过了"):
        hall.move(late, "extend", "decider", "2026-03-10", days="10", reason="复杂")
    hall.move(late, "grant", "decider", "2026-03-19", opinion="同意")
    decided = events.of_subject(hall.database, "case", 2)[-1].payload
    assert decided is not None
    assert decided["in_time"] is False


def test_the_law_s_limit_is_extended_after_the_promise_has_passed_and_the_case_stays_late(hall: Hall) -> None:
    filed = hall.to_decision(hall.accept(hall.file("2026-03-02"), "2026-03-02"), "2026-03-03")
    assert (due(hall), due(hall, ClockKind.STATUTE)) == (date(2026, 3, 11), date(2026, 3, 30))
    hall.move(filed, "extend", "decider", "2026-03-12", days="10", reason="复杂")
    assert (due(hall), due(hall, ClockKind.STATUTE)) == (date(2026, 3, 11), date(2026, 4, 14))
    lines, words = extension_lines(hall)
    assert lines["延长"] == "经本机关负责人批准，法定办结时限延长10个工作日"
    assert lines["延长后的法定办结日期"].startswith("2026年4月14日")
    assert lines["承诺办结时限"].startswith("已于2026年3月11日")
    assert "延长后的办结日期" not in lines
    assert words.startswith("经批准延长法定办结时限10个工作日，至2026年4月14日")
    hall.casework.sweep(at("2026-04-14 23:00"))
    assert {each.level for each in cards.of_subject(hall.database, "case", 1) if each.rule == "case"} == {
        1,
        2,
    }
    hall.casework.sweep(at("2026-04-15"))
    assert 3 in {each.level for each in cards.of_subject(hall.database, "case", 1) if each.rule == "case"}
    hall.move(filed, "grant", "decider", "2026-04-15", opinion="同意")
    decided = events.of_subject(hall.database, "case", 1)[-1].payload
    assert decided is not None
    assert decided["in_time"] is False


def test_a_statute_in_calendar_days_extended_after_the_promise_has_passed_turns_red_with_its_own_day(
    hall: Hall,
) -> None:
    filed = hall.accept(hall.file("2026-03-02", item=CALENDAR_DAYS), "2026-03-02")
    assert due(hall) < date(2026, 3, 20)
    hall.move(filed, "extend", "decider", "2026-03-20", days="10", reason="复杂")
    assert due(hall, ClockKind.STATUTE) == date(2026, 4, 16)
    red = clock(hall, ClockKind.PROMISE).red_at
    assert red == at("2026-04-17 00:00")
    years = hall.holder.ground.calendar.years
    off = {**years[2026].off, date(2026, 4, 16): "调整"}
    changed = CalendarYear(2026, off, years[2026].work, years[2026].regional)
    others = (each for year, each in years.items() if year != 2026)
    hall.holder.ground = replace(hall.holder.ground, calendar=WorkCalendar((*others, changed)))
    hall.casework.recompute_clocks(at("2026-03-21"))
    assert (due(hall), due(hall, ClockKind.STATUTE)) == (date(2026, 3, 9), date(2026, 4, 17))
    assert clock(hall, ClockKind.PROMISE).red_at == at("2026-04-20 00:00"), (
        "looked at anew it is extended still, and a Saturday counts no day"
    )


def test_a_due_day_explains_itself_day_by_day(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-04-30", item=PLAIN), "2026-04-30")
    view = hall.casework.public_view(filed.number, filed.query_code, at("2026-04-30"))
    assert view.due is not None
    assert view.due.trace[0].reason.startswith("起算当日不计入")
    assert any("劳动节放假" in day.reason and not day.counted for day in view.due.trace)
    assert sum(day.counted for day in view.due.trace) == 5
    assert view.due.trace[-1].date == view.due.due


def test_a_statutory_limit_in_calendar_days_is_seen_beside_a_promise_in_working_days(hall: Hall) -> None:
    hall.accept(hall.file("2026-03-02", item=CALENDAR_DAYS), "2026-03-02")
    promise = clock(hall, ClockKind.PROMISE)
    assert due(hall, ClockKind.STATUTE) == date(2026, 4, 1)
    assert promise.statutory_days == 22
    hall.casework.sweep(at("2026-05-01"))
    levels = {
        each.level: each.since.date()
        for each in cards.of_subject(hall.database, "case", 1)
        if each.rule == "case"
    }
    assert levels[3] == date(2026, 4, 2)


def test_a_case_without_any_limit_of_its_own_runs_by_the_general_limit_of_the_law(hall: Hall) -> None:
    hall.accept(hall.file("2026-03-02", item=PLAIN), "2026-03-02")
    assert due(hall) == date(2026, 3, 9)
    assert [each.kind for each in clocks.of_subject(hall.database, "case", 1) if each.stopped is None] == [
        ClockKind.PROMISE
    ]


def test_a_new_calendar_moves_open_due_days_logs_it_and_tells_the_applicant(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-12-04"), "2026-12-04")
    closed = hall.accept(hall.file("2026-12-04", item=PLAIN), "2026-12-04")
    hall.move(closed, "deny", "decider", "2026-12-07", reason="不符", basis="法")
    view = hall.casework.public_view(filed.number, filed.query_code, at("2026-12-05"))
    statute = next(each for each in view.clocks if each.kind == "statute")
    assert (statute.due, statute.provisional) == (date(2027, 1, 4), True)
    old = hall.holder.ground
    notice = CalendarYear(
        2027, {date(2027, 1, 1): "元旦", date(2027, 1, 4): "元旦"}, {date(2027, 1, 9): "元旦"}
    )
    years = (*old.calendar.years.values(), notice)
    hall.holder.ground = replace(old, calendar=WorkCalendar(years))
    done = hall.casework.recompute_clocks(at("2026-12-20"))
    assert done.moved == (filed.number,)
    assert due(hall, ClockKind.STATUTE) == date(2027, 1, 5)
    assert not clock(hall, ClockKind.STATUTE).provisional
    logged = [each for each in events.of_subject(hall.database, "case", 1) if each.kind == "recompute"]
    assert len(logged) == 1
    assert hall.casework.recompute_clocks(at("2026-12-21")).moved == ()


def test_the_applicant_is_told_when_the_promised_day_itself_moves(hall: Hall) -> None:
    filed = hall.accept(hall.file("2026-12-24"), "2026-12-24")
    old = hall.holder.ground
    years = (*old.calendar.years.values(), CalendarYear(2027, {date(2027, 1, day): "元旦" for day in (1, 4)}))
    hall.holder.ground = replace(old, calendar=WorkCalendar(years))
    assert hall.casework.recompute_clocks(at("2026-12-28")).moved == (filed.number,)
    told = [
        each for each in outbox.of_subject(hall.database, "case", 1) if each.template == "clock.recomputed"
    ]
    assert {each.recipient for each in told} == {filed.number, "market"}
    assert "因放假安排公布" in told[0].body
    view = hall.casework.public_view(filed.number, filed.query_code, at("2026-12-28"))
    assert view.timeline[-1].words.startswith("因放假安排公布")


def test_delivery_and_certificate_clocks_run_after_the_decision(hall: Hall) -> None:
    filed = hall.to_decision(hall.accept(hall.file("2026-03-02"), "2026-03-02"), "2026-03-03")
    hall.move(filed, "grant", "decider", "2026-03-04", opinion="同意")
    assert clock(hall, ClockKind.PROMISE).stopped == at("2026-03-04")
    assert (due(hall, ClockKind.DELIVERY), due(hall, ClockKind.CERTIFICATE)) == (
        date(2026, 3, 18),
        date(2026, 3, 9),
    )
    with pytest.raises(Invalid):
        hall.casework.issue_certificate(
            filed.number, hall.staff("window"), now=at("2026-03-05"), number_given="证" * 51
        )
    certificate = hall.casework.issue_certificate(filed.number, hall.staff("window"), now=at("2026-03-05"))
    assert certificate.number == "青市监证2026000001"
    assert clock(hall, ClockKind.CERTIFICATE).stopped == at("2026-03-05")
