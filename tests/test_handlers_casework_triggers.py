"""Rules about events in the hall: fired by the event's own transaction, a card a fact, nobody judged by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.schema import Fee
from handlers.casework import hand_findings
from handlers.casework.hand_findings import HandCard
from handlers.casework.requests import BySystem, MoveData
from handlers.casework.subjects import Subject
from handlers.casework.triggering import Happened, fire
from handlers.store import cards, case_parts, cases, events, outbox
from handlers.store.records import Card, Watched
from rules.access import Role
from rules.case_terms import MoveName
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid
from rules.triggers import TRIGGERS, TriggerFacts, TriggerKind
from tests.casework_fixtures import LICENCE, Hall, at, dump, make_hall

GOOD = {"reason": "经营场所与住宅相通，不符合布局要求", "basis": "《食品经营许可和备案管理办法》第十二条"}


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    yield made
    made.database.close()


def case_id(hall: Hall, filed: Any) -> int:
    found = cases.by_number(hall.database, filed.number)
    assert found is not None
    return found.id


def caught(hall: Hall, filed: Any) -> dict[str, Card]:
    """The cards of events by trigger."""
    found = cards.of_subject(hall.database, "case", case_id(hall, filed))
    return {each.trigger: each for each in found if each.trigger}


def watched(hall: Hall, filed: Any) -> list[str]:
    found: tuple[Watched, ...] = cards.watched_of_subject(hall.database, "case", case_id(hall, filed))
    return [each.trigger for each in found]


def to_denial(hall: Hall, conclusions: tuple[str, str], **values: str) -> Any:
    filed = hall.accept(hall.file())
    hall.move(filed, "complete_step", "section", "2026-03-04", opinion="已看", conclusion=conclusions[0])
    hall.move(filed, "complete_step", "reviewer", "2026-03-05", opinion="已看", conclusion=conclusions[1])
    hall.move(filed, "deny", "decider", "2026-03-06", **(values or GOOD))
    return filed


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


def test_a_notice_given_on_paper_counts_once_it_is_recorded(hall: Hall) -> None:
    filed = hall.file()
    record = hand_findings.record_supplement
    ground, person = hall.holder.ground, hall.people["window"]
    assert (
        record(
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
        record(
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
            record(hall.database, ground, filed.number, person, told, at(given), reason, at("2026-03-05"))
    with pytest.raises(Forbidden):
        record(
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


def test_an_imported_case_without_papers_or_events_is_found_by_the_sweep_once(hall: Hall) -> None:
    hall.casework.sweep(at("2026-03-02"))
    filed = hall.file("2026-03-03")

    def imported(tx: Any) -> None:
        case = cases.by_number(tx, filed.number)
        assert case is not None
        cases.change(
            tx, case, at("2026-03-04"), state="granted", outcome="granted", accepted_at=at("2026-03-03").isoformat(),
            closed_at=at("2026-03-04").isoformat(),
        )  # fmt: skip

    hall.database.write(imported)
    for when in ("2026-03-05", "2026-03-06", "2026-03-07"):
        hall.casework.sweep(at(when))
    found = caught(hall, filed)
    assert "受理通知书、准予决定书" in found["missing_notice"].why
    assert "受理、准予" in found["outside_system"].why
    assert len(found) == 2


def test_what_was_closed_before_the_first_pass_is_not_judged(hall: Hall) -> None:
    filed = hall.file("2026-03-02")
    hall.database.write(
        lambda tx: cases.change(
            tx, cases.by_number(tx, filed.number), at("2026-03-03"), state="granted", outcome="granted",  # type: ignore[arg-type]
            closed_at=at("2026-03-03").isoformat(),
        )
    )  # fmt: skip
    hall.casework.sweep(at("2026-03-05"))
    hall.casework.sweep(at("2026-03-09"))
    assert caught(hall, filed) == {}


def test_cases_closed_in_order_have_all_their_papers(hall: Hall) -> None:
    hall.casework.sweep(at("2026-03-01"))
    filed = hall.file()
    hall.move(filed, "supplement_notice", "window", "2026-03-03", reason="缺平面图")
    hall.move(filed, "supplement", "applicant", "2026-03-04")
    hall.accept(filed, "2026-03-05")
    hall.to_decision(filed, "2026-03-06")
    hall.move(filed, "grant", "decider", "2026-03-06", opinion="同意")
    hall.move(filed, "deliver", "window", "2026-03-09", method="窗口领取")
    refused = hall.file("2026-03-02 10:00")
    hall.move(refused, "refuse", "window", "2026-03-03", **GOOD)
    hall.casework.sweep(at("2026-03-10"))
    assert caught(hall, filed) == caught(hall, refused) == {}


def _happened(hall: Hall, when: datetime, fact: str = "event:1") -> Happened:
    filed = hall.file()
    number = case_id(hall, filed)
    subject = Subject("case", number, filed.number, "事项", "market")
    facts = TriggerFacts("supplement_notice", supplement_notices=1)
    return Happened(facts, subject, "market", "market", when, fact)


def test_the_same_fact_never_gives_a_second_card(hall: Hall) -> None:
    happened = _happened(hall, at("2026-03-03"))
    ground = hall.holder.ground
    first = hall.database.write(lambda tx: fire(tx, ground, happened))
    again = hall.database.write(lambda tx: fire(tx, ground, replace(happened, at=at("2026-03-04"))))
    other = hall.database.write(lambda tx: fire(tx, ground, replace(happened, fact="event:2")))
    assert (first.issued, again.issued, other.issued) == (1, 0, 1)
    told = [
        each
        for each in outbox.of_subject(hall.database, "case", happened.subject.id)
        if each.template == "card.2"
    ]
    assert [each.recipient for each in told] == ["market", "market"], "one message a card and recipient"


def test_a_rule_that_raises_is_put_off_by_name_and_tried_again_while_all_else_goes_on(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = TRIGGERS["second_supplement"]
    table = dict(TRIGGERS)

    def broken(rule: Any, facts: Any) -> str:
        raise ZeroDivisionError("division by zero")

    table["second_supplement"] = TriggerKind(kind.label, kind.object, kind.events, broken, kind.settings)
    for module in ("rules.triggers", "handlers.casework.triggering"):
        monkeypatch.setattr(f"{module}.TRIGGERS", table)
    happened = _happened(hall, at("2026-03-03"))
    raised = hall.database.write(lambda tx: fire(tx, hall.holder.ground, happened))
    assert (raised.issued, raised.watched) == (0, 1), "the watch list has it, the broken rule nothing"
    swept = hall.casework.sweep(at("2026-03-04"))
    assert [(number, "ZeroDivisionError" in why) for _, number, why in swept.put_off] == [
        ("second_supplement event:1", True)
    ]
    told = [
        each
        for each in outbox.of_subject(hall.database, "case", happened.subject.id)
        if each.template == "rule.failed"
    ]
    assert len(told) == 1
    assert "两次以上告知补正" in told[0].body
    monkeypatch.undo()
    hall.casework.sweep(at("2026-03-04 11:00"))
    hall.casework.sweep(at("2026-03-05 11:00"))
    found = cards.of_subject(hall.database, "case", happened.subject.id)
    assert [each.fact for each in found if each.trigger] == ["event:1"]


def test_a_pending_card_is_not_decided_by_who_worked_on_the_case(hall: Hall) -> None:
    filed = to_denial(hall, ("met", "met"))
    card = caught(hall, filed)["refused_though_met"]

    def also_supervisor(tx: Any) -> None:
        from datetime import date

        from handlers.store import people

        people.assign(tx, hall.people["decider"], Role.COUNTY_SUPERVISOR, "county", date(2026, 1, 1))

    hall.database.write(also_supervisor)
    with pytest.raises(Forbidden, match="您办理过"):
        hall.casework.decide_card(
            card.id, hall.staff("decider"), confirm=False, reason="没有问题", now=at("2026-03-07")
        )
    decided = hall.casework.decide_card(card.id, hall.staff("county"), confirm=True, now=at("2026-03-09"))
    assert (decided.state, decided.confirmed_by, decided.issued) == (
        "issued",
        hall.people["county"],
        at("2026-03-09"),
    )


def hand(filed: Any, **changes: Any) -> HandCard:
    base = HandCard(2, "case", filed.number, "窗口要求到别处加盖章才收件", "来访记录第3号", "outside_system")
    return replace(base, **changes)


def test_a_supervisor_issues_by_hand_with_reason_and_evidence_and_once(hall: Hall) -> None:
    filed = hall.file()
    issue = hand_findings.issue_by_hand
    card = issue(hall.database, hall.holder.ground, hall.people["county"], hand(filed), at("2026-03-03"))
    assert (card.state, card.by_hand, card.issued_by) == ("issued", True, hall.people["county"])
    assert (card.trigger, card.rule, card.evidence) == ("outside_system", "outside_system", "来访记录第3号")
    kinds = [each.kind for each in events.of_subject(hall.database, "case", case_id(hall, filed))]
    assert kinds.count("card.by_hand") == 1
    with pytest.raises(Conflict):
        issue(hall.database, hall.holder.ground, hall.people["county"], hand(filed), at("2026-03-04"))
    about = issue(
        hall.database, hall.holder.ground, hall.people["county"],
        hand(filed, subject="department", number="market", trigger="", level=1), at("2026-03-04"),
    )  # fmt: skip
    assert (about.subject, about.department, about.rule, about.trigger) == (
        "department",
        "market",
        "by_hand",
        "",
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"), ({"evidence": ""}, "evidence"), ({"level": 0}, "level"), ({"level": 4}, "level"),
        ({"trigger": "watch_refused"}, "trigger"), ({"trigger": "x"}, "trigger"), ({"subject": "person"}, "subject"),
        ({"reason": "长" * 2001}, "reason"), ({"subject": "department", "number": "nowhere"}, "number"),
    ],
)  # fmt: skip
def test_a_card_by_hand_that_lacks_something_says_which_field(
    hall: Hall, changes: dict[str, Any], field: str
) -> None:
    filed = hall.file()
    before = dump(hall.database)
    with pytest.raises(Invalid) as refused:
        hand_findings.issue_by_hand(
            hall.database, hall.holder.ground, hall.people["county"], hand(filed, **changes), at("2026-03-03")
        )
    assert field in refused.value.fields
    assert dump(hall.database) == before


@pytest.mark.parametrize("who", ["window", "decider", "admin", "publisher"])
def test_only_supervisors_issue_by_hand(hall: Hall, who: str) -> None:
    filed = hall.file()
    with pytest.raises(Forbidden):
        hand_findings.issue_by_hand(
            hall.database, hall.holder.ground, hall.people[who], hand(filed), at("2026-03-03")
        )


def test_messages_of_a_card_carry_its_rules_channels_and_roles(hall: Hall) -> None:
    filed = to_denial(hall, ("met", "met"))
    rows = hall.database.rows(
        "SELECT recipient_kind, recipient, channels, roles, fact FROM outbox WHERE template = 'card.2' AND subject_id = ?",
        (case_id(hall, filed),),
    )
    assert {row["channels"] for row in rows} == {"in_app sms"}
    assert len({row["fact"] for row in rows}) == 1
    assert {row["recipient"] for row in rows} >= {"market", "county"}


def test_a_deemed_acceptance_by_the_sweep_still_moves_by_the_table(hall: Hall) -> None:
    filed = hall.file()
    hall.casework.sweep(at("2026-03-10"))
    moved = cases.by_number(hall.database, filed.number)
    assert moved is not None
    assert moved.deemed
    with pytest.raises(IllegalMove):
        hall.casework.move(
            filed.number, MoveName.ACCEPT, BySystem(), MoveData(), key=None, now=at("2026-03-11")
        )
