"""What follows a bad rating: who is told, who may record, the two days, objections, revisit, what the citizen reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from handlers.casework.auditing import audit
from handlers.following_up.shown import Told
from handlers.store import clocks, followups
from rules.clock import ClockKind
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid
from rules.rating_table import FollowMove, FollowState
from tests.casework_fixtures import at, make_hall
from tests.followup_fixtures import WORDS, Rated, decided, rated
from tests.statistics_fixtures import statistics_over
from tests.test_handlers_casework_recomputing import notice_comes


@pytest.fixture
def bad(tmp_path: Path) -> Iterator[Rated]:
    made = rated(tmp_path)
    yield made
    made.hall.database.close()


@pytest.mark.parametrize(("score", "followed"), [(1, False), (2, False), (3, False), (4, True), (5, True)])
def test_the_two_bad_levels_are_followed_up_and_no_other(tmp_path: Path, score: int, followed: bool) -> None:
    made = rated(tmp_path, score)
    assert (followups.by_number(made.hall.database, made.case.number) is not None) is followed
    assert made.counted("rating_followups") == followed
    made.hall.database.close()


def test_contact_is_due_in_one_working_day_correction_in_five_and_the_department_is_told_without_the_words(
    bad: Rated,
) -> None:
    assert (bad.row.contact_due, bad.row.fix_due) == (at("2026-03-06 23:59:59"), at("2026-03-12 23:59:59"))
    assert [to for to, _ in bad.messages("rating.open")] == ["market"]
    assert WORDS not in "".join(body for _, body in bad.messages("rating.open"))
    assert bad.hall.database.value("SELECT roles FROM outbox WHERE template = 'rating.open'") == (
        "coordinator decider department_supervisor"
    )
    assert bad.hall.database.value("SELECT count(*) FROM event WHERE kind = 'rating.open'") == 1
    assert bad.told("2026-03-06") == "青禾县市场监督管理局会在2026年3月6日（周五）前联系您，了解情况。"


def test_the_days_are_the_countys(tmp_path: Path) -> None:
    made = rated(tmp_path)
    hall = made.hall
    settings = hall.holder.ground.county.settings.model_copy(
        update={"rating_contact_days": 2, "rating_fix_days": 3, "rating_fix_longest": 3}
    )
    county = hall.holder.ground.county.model_copy(update={"settings": settings})
    hall.holder.ground = replace(hall.holder.ground, county=county)
    made.case = decided(hall)
    hall.casework.rate(made.case.number, made.case.query_code, 4, "", now=at("2026-03-05 15:00"))
    assert (made.row.contact_due, made.row.fix_due) == (at("2026-03-09 23:59:59"), at("2026-03-10 23:59:59"))
    made.move("contact", "coordinator", "2026-03-06")
    with pytest.raises(IllegalMove, match="没有规定"):
        made.move("extend", "coordinator", "2026-03-06 10:00")
    hall.database.close()


def test_a_bad_rating_is_contacted_corrected_and_revisited_and_the_citizen_reads_each_step(
    bad: Rated,
) -> None:
    bad.move("contact", "coordinator", "2026-03-06", text="窗口午间无人")
    assert bad.told("2026-03-06 10:00") == "已联系您。正在整改，最迟2026年3月12日（周四）。"
    bad.move("fix", "coordinator", "2026-03-10", text="午间安排值班")
    assert bad.told("2026-03-10 10:00") == "已联系您。已经整改，接下来会回访，问您认不认可。"
    shown = bad.hall.casework.public_view(
        bad.case.number, bad.case.query_code, at("2026-03-10 10:00")
    ).followup
    assert shown is not None
    assert shown.told == (Told("改了什么", "午间安排值班"),)
    bad.move("revisit", "supervisor", "2026-03-11", accepted="yes", text="现在有人了")
    assert bad.told("2026-03-12") == "已在2026年3月11日（周三）回访：您认可。"
    row = bad.row
    assert (row.state, row.contact_late, row.fix_late, row.accepted) == (
        FollowState.CLOSED,
        False,
        False,
        "yes",
    )
    kinds = bad.hall.database.rows("SELECT kind FROM event WHERE subject = 'rating' ORDER BY seq")
    assert [each["kind"] for each in kinds] == [
        "rating.open",
        "rating.contact",
        "rating.fix",
        "rating.revisit",
    ]
    bad.hall.casework.sweep(at("2026-03-20"))
    assert bad.messages("rating.late") == []
    assert audit(bad.hall.database).sound


def test_who_worked_on_the_case_records_nothing_and_reads_none_of_the_words(bad: Rated) -> None:
    with pytest.raises(Forbidden, match="经办过"):
        bad.move("contact", "decider", "2026-03-06")
    bad.move("contact", "coordinator", "2026-03-06", text="窗口午间无人")
    view = bad.view("decider", "2026-03-06 10:00")
    assert (view.words_hidden, view.rating.words, [each.step.text for each in view.steps]) == (True, "", [""])
    assert view.offers == ()
    assert "经办过" in view.why_not
    other = bad.view("coordinator", "2026-03-06 10:00")
    assert (other.words_hidden, other.rating.words, other.steps[0].step.text) == (
        False,
        WORDS,
        "窗口午间无人",
    )


def test_on_the_case_only_who_follows_it_up_or_supervises_reads_the_words(bad: Rated) -> None:
    bad.move("contact", "coordinator", "2026-03-06")
    bad.move("fix", "coordinator", "2026-03-06 10:00", text="午间安排值班")
    for who, reads in (
        ("coordinator", True), ("supervisor", True), ("county", True), ("decider", False), ("section", False),
        ("reviewer", False), ("window", False),
    ):  # fmt: skip
        view = bad.hall.casework.staff_view(bad.case.number, bad.hall.people[who], at("2026-03-06 11:00"))
        assert view.public.rating is not None
        assert view.public.followup is not None
        assert (view.public.rating.words == WORDS, bool(view.public.followup.told)) == (reads, reads), who
        assert view.rating_hidden is not reads


def test_good_ratings_stay_readable_for_all_who_see_the_case(tmp_path: Path) -> None:
    made = rated(tmp_path, 3)
    view = made.hall.casework.staff_view(made.case.number, made.hall.people["decider"], at("2026-03-06"))
    assert view.public.rating is not None
    assert view.public.rating.words == WORDS
    assert view.public.followup is None
    made.hall.database.close()


def test_looking_at_the_words_is_logged_for_the_citizen_too(bad: Rated) -> None:
    bad.view("coordinator", "2026-03-06")
    bad.view("decider", "2026-03-06")
    rows = bad.hall.database.rows("SELECT subject, subject_number FROM access_log WHERE what = 'rating'")
    assert [tuple(each) for each in rows] == [("case", bad.case.number)]


def test_after_enough_attempts_it_goes_on_to_correction_in_time(bad: Rated) -> None:
    for hour in (9, 11, 14):
        assert bad.row.state is FollowState.OPEN
        bad.move("attempt", "coordinator", f"2026-03-06 {hour:02}:00")
    assert (bad.row.state, bad.row.attempts, bad.row.contact_late) == (FollowState.FIXING, 3, False)
    assert bad.told("2026-03-09") == "已经联系过您3次，没有联系上。正在整改，最迟2026年3月12日（周四）。"
    bad.move("fix", "coordinator", "2026-03-09")
    with pytest.raises(Invalid) as caught:
        bad.move("revisit", "coordinator", "2026-03-10", accepted="unreached")
    assert "回访的已登记0次" in caught.value.fields["accepted"]
    for hour in (10, 12, 14):
        bad.move("attempt", "coordinator", f"2026-03-10 {hour}:00")
    assert (bad.row.state, bad.row.attempts) == (FollowState.FIXED, 3)
    assert bad.told("2026-03-11").endswith("回访时联系过您3次，没有联系上。")
    bad.move("revisit", "coordinator", "2026-03-11", accepted="unreached")
    assert bad.told("2026-03-11 12:00") == "已多次联系您，没有联系上，到此结束。"
    page = bad.room.page(bad.hall.people["coordinator"], at("2026-03-12"), tab="done")
    assert [each.state_label for each in page.lines] == ["回访联系不上，已结束"]
    statistics = statistics_over(bad.hall)
    asked_for = statistics.asked({"measures": "followups,followups_revisited", "period": "2026-03"})
    table = statistics.table(asked_for, bad.hall.people["supervisor"], at("2026-03-12"))
    assert [figure.value for figure in table.lines[0].figures] == [1, 0]


def test_the_day_of_a_revisit_is_the_day_it_was_made_not_the_day_it_was_recorded(bad: Rated) -> None:
    bad.move("contact", "coordinator", "2026-03-06")
    bad.move("fix", "coordinator", "2026-03-06 10:00")
    bad.move("revisit", "coordinator", "2026-03-09", when="2026-03-06T16:00", accepted="yes")
    assert bad.told("2026-03-10") == "已在2026年3月6日（周五）回访：您认可。"


def test_a_revisit_cannot_have_been_before_the_correction(bad: Rated) -> None:
    bad.move("contact", "coordinator", "2026-03-06")
    bad.move("fix", "coordinator", "2026-03-09")
    with pytest.raises(Invalid) as caught:
        bad.move("revisit", "coordinator", "2026-03-09 12:00", when="2026-03-06T16:00", accepted="yes")
    assert "不能早于整改完成" in caught.value.fields["when"]


def test_two_attempts_need_an_hour_between_them(bad: Rated) -> None:
    bad.move("attempt", "coordinator", "2026-03-06 09:00")
    with pytest.raises(Invalid) as caught:
        bad.move("attempt", "coordinator", "2026-03-06 09:30")
    assert "一小时" in caught.value.fields["when"]


def test_of_each_missed_day_department_and_supervisor_are_told_once_and_it_is_counted_once(
    bad: Rated,
) -> None:
    bad.hall.casework.sweep(at("2026-03-06 23:00"))
    assert bad.messages("rating.late") == []
    assert "前联系您，已经逾期。" in bad.told("2026-03-07")
    for when in ("2026-03-09", "2026-03-09 10:00", "2026-03-11"):
        bad.hall.casework.sweep(at(when))
    assert [to for to, _ in bad.messages("rating.late")] == ["market", "county"]
    assert bad.counted("rating_contacts_late") == 1
    assert "已经逾期，已提醒部门和监察人员" in bad.told("2026-03-11")
    bad.move("contact", "coordinator", "2026-03-11")
    assert (bad.row.contact_late, bad.row.fix_late) == (True, False)
    bad.hall.casework.sweep(at("2026-03-13"))
    assert [to for to, _ in bad.messages("rating.late")] == ["market", "county"] * 2
    assert (bad.counted("rating_contacts_late"), bad.counted("rating_fixes_late")) == (1, 1)
    assert bad.row.fix_late
    assert bad.hall.database.value("SELECT count(*) FROM card WHERE subject = 'rating'") == 0


def test_what_is_recorded_late_counts_as_late_before_any_sweep(bad: Rated) -> None:
    bad.move("contact", "coordinator", "2026-03-07", when="2026-03-06T10:00")
    assert bad.row.contact_late
    assert bad.messages("rating.late") == []
    assert bad.counted("rating_contacts_late") == 1


@pytest.mark.parametrize(
    ("when", "possible"), [("2026-03-11", True), ("2026-03-12 23:59", True), ("2026-03-13", False)]
)
def test_correction_is_lengthened_to_fifteen_days_once_and_not_after_its_day(
    bad: Rated, when: str, possible: bool
) -> None:
    bad.move("contact", "coordinator", "2026-03-06")
    if not possible:
        with pytest.raises(IllegalMove, match="须在期限届满前延长"):
            bad.move("extend", "coordinator", when, text="要等新设备")
        return
    bad.move("extend", "coordinator", when, text="要等新设备")
    assert bad.row.fix_due == at("2026-03-26 23:59:59")
    shown = bad.hall.casework.public_view(bad.case.number, bad.case.query_code, at("2026-03-13")).followup
    assert shown is not None
    assert shown.told == (Told("延长期限的理由", "要等新设备"),)
    assert "2026年3月26日（周四）（情况复杂，期限延长过一次）" in shown.words
    with pytest.raises(IllegalMove, match="已经延长过一次"):
        bad.move("extend", "supervisor", "2026-03-16")
    bad.hall.casework.sweep(at("2026-03-26 23:00"))
    assert not bad.row.fix_late


def test_an_objection_is_judged_by_another_and_its_review_is_not_the_departments_time(bad: Rated) -> None:
    bad.move("contact", "coordinator", "2026-03-06")
    bad.move("dispute", "coordinator", "2026-03-12", finding="unrelated", text="说的是银行排队")
    bad.hall.casework.sweep(at("2026-03-16"))
    assert bad.messages("rating.late") == []
    assert "正在由另一个人" in bad.told("2026-03-16")
    with pytest.raises(Forbidden, match="您提出的"):
        bad.move("confirm", "coordinator", "2026-03-16")
    bad.move("confirm", "county", "2026-03-16", text="核对了监控")
    assert (bad.row.state, bad.row.fix_late, bad.row.finding) == (FollowState.FIXED, False, "unrelated")
    assert bad.row.fixed_at == at("2026-03-12")
    assert bad.told("2026-03-17") == "已联系您。复核认为与本次服务无关，接下来会回访，问您认不认可。"
    assert bad.hall.database.value("SELECT rating FROM cases WHERE number = ?", (bad.case.number,)) == 5


@pytest.mark.parametrize(
    ("disputed", "due"),
    [("2026-03-10", "2026-03-18"), ("2026-03-12", "2026-03-17"), ("2026-03-13", "2026-03-17")],
)
def test_after_a_refused_objection_as_many_days_are_left_as_were_and_at_least_one(
    bad: Rated, disputed: str, due: str
) -> None:
    bad.move("contact", "coordinator", "2026-03-06")
    bad.move("dispute", "coordinator", disputed, finding="unfounded")
    bad.move("refuse", "supervisor", "2026-03-16")
    assert (bad.row.state, bad.row.fix_due, bad.row.finding) == (
        FollowState.FIXING,
        at(f"{due} 23:59:59"),
        "",
    )
    assert bad.row.fix_late is (disputed == "2026-03-13")
    bad.move("fix", "coordinator", due)
    assert bad.row.fix_late is (disputed == "2026-03-13")


@pytest.mark.parametrize(("accepted", "told"), [("yes", []), ("no", ["market", "county"])])
def test_the_supervisor_hears_of_a_correction_that_is_not_accepted(
    bad: Rated, accepted: str, told: list[str]
) -> None:
    bad.move("contact", "coordinator", "2026-03-06")
    bad.move("fix", "coordinator", "2026-03-06 10:00")
    bad.move("revisit", "coordinator", "2026-03-09", accepted=accepted)
    assert [to for to, _ in bad.messages("rating.revisit")] == told


def test_a_page_that_is_no_longer_true_changes_nothing(bad: Rated) -> None:
    seen = bad.view("coordinator", "2026-03-06").followup.version
    bad.move("attempt", "supervisor", "2026-03-06 09:00", seen=seen)
    with pytest.raises(Conflict, match="有了变化"):
        bad.move("attempt", "coordinator", "2026-03-06 10:30", seen=seen)
    assert bad.row.attempts == 1


def test_a_practice_case_is_followed_up_and_not_counted(tmp_path: Path) -> None:
    made = rated(tmp_path, drill=True)
    made.move("contact", "coordinator", "2026-03-06")
    made.hall.casework.sweep(at("2026-03-16"))
    assert made.row.drill
    assert made.hall.database.value("SELECT count(*) FROM daily_count WHERE measure LIKE 'rating_%'") == 0
    made.hall.database.close()


def test_erasing_a_case_takes_the_words_of_its_follow_up_and_ends_it(bad: Rated) -> None:
    bad.move("contact", "coordinator", "2026-03-06", text="联系写的寅字样")
    bad.hall.move(bad.case, "deliver", "window", "2026-03-06 10:00", method="窗口")
    bad.hall.casework.erase(bad.case.number, bad.hall.staff("admin"), "本人要求", now=at("2026-03-09"))
    dump = "\n".join(map(str, bad.hall.database.rows("SELECT * FROM rating_step"))) + str(
        [tuple(each) for each in bad.hall.database.rows("SELECT payload FROM event_payload")]
    )
    assert "寅字样" not in dump
    assert [each.text for each in followups.steps(bad.hall.database, bad.row.case_id)] == [""]
    assert (bad.row.state, [each.move for each in followups.steps(bad.hall.database, bad.row.case_id)]) == (
        FollowState.DROPPED, [FollowMove.CONTACT],
    )  # fmt: skip
    bad.hall.casework.sweep(at("2026-03-20"))
    assert bad.messages("rating.late") == []
    assert audit(bad.hall.database).sound


def test_an_erased_case_is_not_rated_any_more_for_nobody_is_left_to_be_contacted(tmp_path: Path) -> None:
    hall = make_hall(tmp_path)
    filed = decided(hall)
    hall.move(filed, "deliver", "window", "2026-03-06", method="窗口")
    assert hall.casework.public_view(filed.number, filed.query_code, at("2026-03-06")).may_rate
    hall.casework.erase(filed.number, hall.staff("admin"), "本人要求", now=at("2026-03-09"))
    assert not hall.casework.public_view(filed.number, filed.query_code, at("2026-03-09")).may_rate
    with pytest.raises(IllegalMove, match="已按规定删除"):
        hall.casework.rate(filed.number, filed.query_code, 5, "", now=at("2026-03-10"))
    assert followups.by_number(hall.database, filed.number) is None
    hall.database.close()


def test_statistics_count_by_the_month_of_the_rating_and_leave_out_what_is_still_in_time(
    tmp_path: Path,
) -> None:
    made = rated(tmp_path)
    hall = made.hall
    others = [decided(hall) for _ in range(3)]
    for filed, score in zip(others, (4, 5, 5), strict=True):
        hall.casework.rate(filed.number, filed.query_code, score, "", now=at("2026-03-05 15:00"))
    made.move("contact", "coordinator", "2026-03-06")
    made.move("fix", "coordinator", "2026-03-10")
    made.move("revisit", "coordinator", "2026-03-11", accepted="no")
    made.case = others[0]
    made.move("contact", "coordinator", "2026-03-10")
    made.case = others[1]
    made.move("contact", "coordinator", "2026-03-06")
    made.move("fix", "coordinator", "2026-03-16")
    measures = "followups,followup_contact_rate,followup_fix_rate,followups_revisited,followup_accepted_rate"
    statistics = statistics_over(hall)
    asked_for = statistics.asked({"measures": measures, "group": "department", "period": "2026-03"})
    table = statistics.table(asked_for, hall.people["supervisor"], at("2026-03-12"))
    assert [figure.value for figure in table.lines[0].figures] == [4, 66.7, 50.0, 1, 0.0]
    hall.database.close()


def test_a_holiday_notice_moves_the_day_of_correction_and_what_list_and_citizen_are_told(
    tmp_path: Path,
) -> None:
    made = rated(tmp_path)
    hall = made.hall
    made.case = decided(hall)
    hall.casework.rate(made.case.number, made.case.query_code, 5, "", now=at("2026-12-29"))
    made.move("contact", "coordinator", "2026-12-30")
    hall.casework.recompute_clocks(at("2026-12-30"))
    before = made.row.fix_due
    notice_comes(hall)
    hall.casework.recompute_clocks(at("2026-12-31"))
    clock = next(
        each for each in clocks.of_subject(hall.database, "rating", made.row.case_id) if not each.stopped
    )
    assert made.row.fix_due == clock.due != before
    assert f"{clock.due.month}月{clock.due.day}日" in made.told("2026-12-31")
    hall.database.close()


def test_a_holiday_notice_moves_both_days_of_a_rating_that_nobody_has_contacted_yet(tmp_path: Path) -> None:
    made = rated(tmp_path)
    hall = made.hall
    made.case = decided(hall)
    hall.casework.rate(made.case.number, made.case.query_code, 5, "", now=at("2026-12-31"))
    hall.casework.recompute_clocks(at("2026-12-31"))
    assert "（暂定）前联系您" in made.told("2026-12-31")
    before = (made.row.contact_due, made.row.fix_due)
    notice_comes(hall)
    hall.casework.recompute_clocks(at("2026-12-31 12:00"))
    of_kind = {each.kind: each.due for each in clocks.of_subject(hall.database, "rating", made.row.case_id)}
    after = (made.row.contact_due, made.row.fix_due)
    assert after == (of_kind[ClockKind.RATING_CONTACT], of_kind[ClockKind.RATING_FIX])
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert "暂定" not in made.told("2026-12-31 12:00")
    hall.database.close()
