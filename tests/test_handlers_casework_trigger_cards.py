"""Cards of rules about events: once for a fact, put off when a rule raises, decided by others, issued by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from handlers.casework import hand_findings
from handlers.casework.hand_findings import HandCard
from handlers.casework.requests import BySystem, MoveData
from handlers.casework.subjects import Subject
from handlers.casework.triggering import Happened, fire
from handlers.store import cards, cases, events, outbox
from rules.access import Role
from rules.case_terms import MoveName
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid
from rules.triggers import TRIGGERS, TriggerFacts, TriggerKind
from tests.casework_fixtures import Hall, at, dump
from tests.trigger_fixtures import GOOD, case_id, caught, hall, to_denial

__all__ = ["hall"]


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
