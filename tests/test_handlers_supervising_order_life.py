"""An order's life: explanation, return, correction, close; who may, drafts and files, accountability, chasing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from catalog.supervision import with_hash
from handlers.casework import rule_changes
from handlers.casework.ground import Ground
from handlers.order_papers import document_of
from handlers.store import (
    access_log,
    attachments,
    chases,
    clocks,
    events,
    orders,
    outbox,
)
from handlers.store.orders import OrderFilter
from handlers.supervising import drafts, ordering
from handlers.supervising.requests import AccountabilityRequest
from presentation.documents import notice_docx
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.order_table import ORDER_OPEN, OrderState
from rules.rule_set import RuleSet
from tests.casework_fixtures import at, dump
from tests.order_fixtures import bureau, count, on_it, revoke_all
from tests.supervising_fixtures import CARDED, Bureau

__all__ = ["bureau"]


def test_a_department_supervisor_orders_in_the_departments_own_name_and_nowhere_else(bureau: Bureau) -> None:
    order = bureau.by_hand("supervisor")
    assert order.number == "青市监督字〔2026〕第1号"
    assert order.paper.issuer == "青禾县市场监督管理局"
    with pytest.raises(NotFound):
        bureau.by_hand("supervisor", key="k2", department="health")
    with pytest.raises(Forbidden):
        bureau.by_hand("decider", key="k3")
    with pytest.raises(NotFound):
        bureau.by_hand(key="k4", department="nowhere")
    with pytest.raises(NotFound):
        bureau.by_hand(key="k5", subject="case", number="QH0000")


@pytest.mark.parametrize(
    ("when", "late"),
    [("2026-03-19 17:00", False), ("2026-03-20 23:59:59", False), ("2026-03-21 00:00", True)],
)
def test_an_explanation_is_late_from_the_day_after(bureau: Bureau, when: str, late: bool) -> None:
    order = bureau.order()
    made = bureau.move(order, "explain", "decider", when, text="因停电一天")
    assert (made.state, made.late, made.explained_at) == (OrderState.EXPLAINED, late, at(when))
    assert orders.replies(bureau.hall.database, order.id)[0].late is late
    assert count(bureau, "explanations_late") == int(late)


def test_the_sweep_flags_and_reminds_an_unanswered_order_once(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.hall.casework.sweep(at("2026-03-20 23:59:59"))
    assert not bureau.again(order).late
    for when in ("2026-03-23 08:00", "2026-03-23 09:00", "2026-03-24 09:00"):
        bureau.hall.casework.sweep(at(when))
    assert bureau.again(order).late
    late = [
        each
        for each in outbox.of_subject(bureau.hall.database, "order", order.id)
        if each.template == "order.late"
    ]
    assert sorted(each.recipient for each in late) == ["county", "market"]
    bureau.move(order, "explain", "coordinator", "2026-03-25", text="补交说明")
    mine = [each for each in orders.replies(bureau.hall.database, order.id) if each.late]
    assert len(mine) == count(bureau, "explanations") == 1
    flagged, _ = orders.listed(bureau.hall.database, ("market",), OrderFilter(frozenset(OrderState)), 100)
    assert count(bureau, "explanations_late") == sum(each.late for each in flagged)


@pytest.mark.parametrize("swept", [True, False])
def test_a_second_day_missed_after_a_return_is_told_and_counted_again(bureau: Bureau, swept: bool) -> None:
    order = bureau.order()

    def told() -> list[str]:
        found = outbox.of_subject(bureau.hall.database, "order", order.id)
        return [each.recipient for each in found if each.template == "order.late"]

    bureau.hall.casework.sweep(at("2026-03-23 08:00"))
    bureau.move(order, "explain", "decider", "2026-03-23 09:00", text="补交说明")
    assert (len(told()), count(bureau, "explanations_late")) == (2, 1)
    bureau.move(order, "return", "county", "2026-03-24", text="没有说原因", days="2")
    bureau.hall.casework.sweep(at("2026-03-26 23:59:59"))
    assert (len(told()), count(bureau, "explanations_late")) == (2, 1)
    if swept:
        for when in ("2026-03-27 08:00", "2026-03-30 08:00"):
            bureau.hall.casework.sweep(at(when))
    bureau.move(order, "explain", "decider", "2026-03-31", text="仍在查")
    bureau.hall.casework.sweep(at("2026-04-20 08:00"))
    assert sorted(told()) == (["county", "county", "market", "market"] if swept else ["county", "market"])
    assert count(bureau, "explanations_late") == 2


def test_a_late_order_brings_no_order_about_itself(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.hall.casework.sweep(at("2026-04-20"))
    found, _ = orders.listed(bureau.hall.database, ("market",), OrderFilter(ORDER_OPEN), 100)
    assert all(each.subject == "case" for each in found)
    assert bureau.again(order).state is OrderState.ISSUED


def test_the_whole_way_from_return_to_correction_and_close(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(order, "explain", "decider", "2026-03-16", text="人手不够")
    back = bureau.move(order, "return", "county", "2026-03-17", text="没有说原因", days="2")
    assert (back.state, back.returns, back.explain_due) == (OrderState.ISSUED, 1, at("2026-03-19 23:59:59"))
    bureau.move(order, "explain", "coordinator", "2026-03-18", text="窗口一人请假，没有顶岗")
    bureau.move(order, "accept", "county", "2026-03-19")
    asked = bureau.move(order, "demand", "county", "2026-03-19", text="建立顶岗制度", days="3")
    assert (asked.state, asked.correct_due) == (OrderState.CORRECTING, at("2026-03-24 23:59:59"))
    done = bureau.move(order, "report", "coordinator", "2026-03-25", text="制度已印发")
    assert (done.state, done.correction_late, done.late) == (OrderState.CORRECTED, True, False)
    closed = bureau.move(order, "close", "county", "2026-03-26", text="整改到位")
    assert (closed.state, closed.closing) == (OrderState.CLOSED, "整改到位")
    said = orders.replies(bureau.hall.database, order.id)
    assert [(each.kind, each.verdict) for each in said] == [
        ("explain", "returned"), ("explain", "accepted"), ("report", "accepted"),
    ]  # fmt: skip
    assert all(each.stopped for each in clocks.of_subject(bureau.hall.database, "order", order.id))


def test_illegal_moves_and_strangers_change_nothing(bureau: Bureau) -> None:
    order = bureau.order()
    before = dump(bureau.hall.database)
    for move, who, wanted in (
        ("accept", "county", IllegalMove), ("close", "county", IllegalMove), ("report", "decider", IllegalMove),
        ("demand", "county", IllegalMove), ("explain", "county", Forbidden), ("cancel", "supervisor", Forbidden),
        ("explain", "health", NotFound), ("explain", "window", NotFound), ("explain", "publisher", NotFound),
        ("cancel", "health_supervisor", NotFound), ("nonsense", "county", NotFound), ("issue", "county", NotFound),
    ):  # fmt: skip
        with pytest.raises(wanted):
            bureau.move(order, move, who, CARDED, text="试试", days="1")
    with pytest.raises(Invalid):
        bureau.move(order, "explain", "decider", CARDED, text=" ")
    with pytest.raises(NotFound):
        bureau.supervision.order(999, bureau.person("county"), at(CARDED))
    with pytest.raises(NotFound):
        bureau.supervision.order(order.id, bureau.person("health"), at(CARDED))
    assert dump(bureau.hall.database) == before


def test_two_supervisors_at_once_and_a_page_that_is_old(bureau: Bureau) -> None:
    order = bureau.order()
    explained = bureau.move(order, "explain", "decider", "2026-03-16", text="情况")
    seen = explained.version
    bureau.move(order, "accept", "county", "2026-03-17")
    with pytest.raises((Conflict, IllegalMove)):
        bureau.supervision.move_order(
            order.id,
            "demand",
            {"text": "改", "days": "3"},
            bureau.person("county2"),
            now=at("2026-03-17"),
            seen=seen,
        )


def test_files_go_with_the_explanation_and_a_refused_one_keeps_the_draft(bureau: Bureau) -> None:
    order = bureau.order()
    topic, decider = drafts.order_topic(order.id), bureau.person("decider")
    bureau.upload(topic, "decider")
    bureau.supervision.save_draft(topic, decider, "写了一半", now=at(CARDED))
    with pytest.raises(Invalid):
        bureau.move(order, "explain", "decider", CARDED, text="")
    kept = bureau.supervision.draft(topic, decider)
    assert (kept.text, len(kept.files)) == ("写了一半", 1)
    bureau.hall.casework.tidy(at("2026-03-16"))
    assert len(bureau.supervision.draft(topic, decider).files) == 1
    bureau.move(order, "explain", "decider", "2026-03-16", text="写完了")
    reply = orders.replies(bureau.hall.database, order.id)[0]
    files = attachments.of_owner(bureau.hall.database, f"reply/{reply.id}")
    assert [each.name for each in files] == ["证明.pdf"]
    assert bureau.supervision.draft(topic, decider).files == ()
    got, path = bureau.supervision.file(files[0].id, bureau.person("county"), at("2026-03-16"), "r1")
    assert (got.id, path.is_file()) == (files[0].id, True)
    assert [each.what for each in access_log.of_subject(bureau.hall.database, "order", order.number)] == [
        "attachment"
    ]
    with pytest.raises(NotFound):
        bureau.supervision.file(files[0].id, bureau.person("health"), at("2026-03-16"), "r2")


def test_a_draft_is_its_writers_own_and_goes_when_nobody_touches_it(bureau: Bureau) -> None:
    order = bureau.order()
    topic = drafts.order_topic(order.id)
    file_id = bureau.upload(topic, "decider")
    bureau.supervision.save_draft(topic, bureau.person("decider"), "草稿", now=at(CARDED))
    assert bureau.supervision.draft(topic, bureau.person("coordinator")).text == ""
    with pytest.raises(NotFound):
        bureau.supervision.file(file_id, bureau.person("coordinator"), at(CARDED), "r")
    assert not bureau.supervision.remove_file(topic, bureau.person("coordinator"), file_id)
    bureau.hall.casework.tidy(at("2026-05-01"))
    assert bureau.supervision.draft(topic, bureau.person("decider")).text == "草稿"
    bureau.hall.casework.tidy(at("2026-06-01"))
    assert bureau.supervision.draft(topic, bureau.person("decider")).text == ""
    assert attachments.by_id(bureau.hall.database, file_id) is None


def test_a_file_of_a_draft_without_words_goes_too_when_nobody_touches_it(bureau: Bureau) -> None:
    topic = drafts.order_topic(bureau.order().id)
    alone = bureau.upload(topic, "decider", "单独.pdf")
    later = bureau.upload(topic, "decider", "后来.pdf", "2026-05-20")
    described = bureau.upload(topic, "coordinator", "有话.pdf")
    bureau.supervision.save_draft(topic, bureau.person("coordinator"), "还在写", now=at("2026-05-20"))

    def left() -> list[str]:
        return [each for each in (alone, later, described) if attachments.by_id(bureau.hall.database, each)]

    bureau.hall.casework.tidy(at("2026-05-01"))
    assert left() == [alone, later, described]
    bureau.hall.casework.tidy(at("2026-06-01"))
    assert left() == [later, described]


def test_revoking_a_card_takes_its_order_back_whatever_its_state(bureau: Bureau) -> None:
    order = bureau.order()
    bureau.move(bureau.again(order), "explain", "decider", "2026-03-16", text="情况")
    bureau.move(order, "accept", "county", "2026-03-17")
    bureau.move(order, "close", "county", "2026-03-17", text="办结")
    revoke_all(bureau, order, "查明是系统故障", "2026-03-18")
    taken = bureau.again(order)
    assert taken.state is OrderState.CANCELLED
    assert "系统故障" in taken.closing
    assert (count(bureau, "card_2"), count(bureau, "card_3")) == (0, 0)
    assert count(bureau, "card_2_revoked") + count(bureau, "card_3_revoked") == len(on_it(bureau, order))


def test_a_pending_card_brings_its_order_when_it_is_confirmed(bureau: Bureau) -> None:
    ground: Ground = bureau.hall.holder.ground
    rules = {name: replace(rule, mode="confirmed") for name, rule in ground.card_rules.items()}
    bureau.hall.holder.ground = replace(ground, card_rules=rules)
    card = bureau.carded()
    assert orders.of_card(bureau.hall.database, card.id) is None
    bureau.hall.casework.decide_card(card.id, bureau.hall.staff("county"), confirm=True, now=at("2026-03-16"))
    made = orders.of_card(bureau.hall.database, card.id)
    assert made is not None
    assert made.explain_due == at("2026-03-23 23:59:59")


def test_a_card_confirmed_after_the_rules_changed_is_documented_by_the_rule_it_was_found_by(
    bureau: Bureau,
) -> None:
    ground: Ground = bureau.hall.holder.ground
    first = ground.rule_set
    assert first is not None

    def changed(**fields: object) -> RuleSet:
        rules = tuple(replace(each, mode="confirmed", **fields) for each in first.rules)
        return with_hash(replace(first, rules=rules))

    found_by = changed(title="旧的题目")
    bureau.hall.holder.ground = rule_changes.under(ground, found_by)
    card = bureau.carded()
    bureau.hall.holder.ground = rule_changes.under(
        ground, changed(title="新的题目", basis="新的依据", documents={})
    )
    bureau.hall.casework.sweep(at("2026-03-16"))
    bureau.hall.casework.decide_card(card.id, bureau.hall.staff("county"), confirm=True, now=at("2026-03-16"))
    made = orders.of_card(bureau.hall.database, card.id)
    assert made is not None
    paper = str(made.paper)
    assert "旧的题目" in paper
    assert "新的" not in paper
    assert found_by.stamp in paper


def test_nobody_judges_the_explanation_they_wrote_of_an_internal_order(bureau: Bureau) -> None:
    order = bureau.by_hand("supervisor")
    with pytest.raises(Forbidden):
        bureau.move(order, "explain", "supervisor", "2026-03-03", text="我说明")
    bureau.move(order, "explain", "coordinator", "2026-03-03", text="情况")
    accepted = bureau.move(order, "accept", "supervisor", "2026-03-04")
    assert accepted.state is OrderState.ACCEPTED


def test_accountability_is_the_county_supervisors_masked_and_never_deleted(bureau: Bureau) -> None:
    order = bureau.order()
    entry = AccountabilityRequest("talk", "约谈窗口负责人", date(2026, 3, 16), "示例某某", "market-licensing")
    for who in ("supervisor", "decider"):
        with pytest.raises(Forbidden):
            bureau.supervision.record_accountability(
                order.id, entry, bureau.person(who), now=at("2026-03-16")
            )
    made = bureau.supervision.record_accountability(
        order.id, entry, bureau.person("county"), now=at("2026-03-16")
    )
    for wrong in (
        replace(entry, kind="nonsense"), replace(entry, outcome=" "), replace(entry, decided=date(2026, 3, 17)),
        replace(entry, unit="health"), replace(entry, person="字" * 61),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            bureau.supervision.record_accountability(
                order.id, wrong, bureau.person("county"), now=at("2026-03-16")
            )
    event = events.of_subject(bureau.hall.database, "order", order.id)[-1]
    assert event.kind == "order.accountability"
    assert "示例某某" not in "".join((event.subject_number, event.unit, event.from_state, event.to_state))
    bureau.supervision.withdraw_accountability(
        order.id, made.id, "登记错人", bureau.person("county2"), now=at("2026-03-17")
    )
    with pytest.raises(Conflict):
        bureau.supervision.withdraw_accountability(
            order.id, made.id, "再撤", bureau.person("county"), now=at("2026-03-17")
        )
    kept = orders.accountability(bureau.hall.database, order.id)[0]
    assert (kept.outcome, kept.withdrawal) == ("约谈窗口负责人", "登记错人")
    assert count(bureau, "accountability") == 0


def test_a_chase_once_a_day_by_each_for_what_waits(bureau: Bureau) -> None:
    order = bureau.order()
    chase = bureau.supervision.chase
    chase("order", str(order.id), "请尽快", bureau.person("county"), now=at("2026-03-16 09:00"))
    with pytest.raises(Conflict, match="明天可以再催"):
        chase("order", str(order.id), "", bureau.person("county"), now=at("2026-03-16 23:59:59"))
    chase("order", str(order.id), "", bureau.person("supervisor"), now=at("2026-03-16 10:00"))
    chase("order", str(order.id), "", bureau.person("county"), now=at("2026-03-17 00:00"))
    assert bureau.again(order).chases == 3
    chase("case", order.subject_number, "", bureau.person("county"), now=at("2026-03-17"))
    case_chase = chases.of_subject(bureau.hall.database, "case", order.subject_id)[0]
    told = [
        each
        for each in outbox.of_subject(bureau.hall.database, "case", order.subject_id)
        if each.template == "chase"
    ]
    assert case_chase.unit in {each.recipient for each in told}
    assert count(bureau, "chases") == 4
    for subject, number, who, wanted in (
        ("order", str(order.id), "decider", Forbidden), ("case", order.subject_number, "health_supervisor", NotFound),
        ("order", "999", "county", NotFound), ("order", "x", "county", NotFound), ("card", "1", "county", NotFound),
        ("letter", "QHZ1", "county", NotFound),
    ):  # fmt: skip
        with pytest.raises(wanted):
            chase(subject, number, "", bureau.person(who), now=at("2026-03-18"))
    bureau.move(order, "explain", "decider", "2026-03-18", text="情况")
    with pytest.raises(IllegalMove):
        chase("order", str(order.id), "", bureau.person("county"), now=at("2026-03-19"))


def test_the_list_shows_each_side_what_waits_for_it(bureau: Bureau) -> None:
    order = bureau.order()
    lines = bureau.supervision.lines
    ours = lines(bureau.person("decider"), now=at("2026-03-18"))
    assert ours.tab == "ours"
    mine = next(each for each in ours.lines if each.id == order.id)
    assert (mine.left, mine.late) == (2, False)
    assert [each.due for each in ours.lines] == sorted(each.due for each in ours.lines if each.due)
    assert lines(bureau.person("county"), now=at("2026-03-18")).counts["decide"] == 0
    bureau.move(order, "explain", "decider", "2026-03-18", text="情况")
    assert order.id in [
        each.id for each in lines(bureau.person("county"), now=at("2026-03-18"), tab="decide").lines
    ]
    assert lines(bureau.person("health"), now=at("2026-03-18")).counts["open"] == 0
    with pytest.raises(Forbidden):
        lines(bureau.person("window"), now=at("2026-03-18"))


def test_hostile_words_are_kept_as_words(bureau: Bureau) -> None:
    nasty = "<script>alert(1)</script>'; DROP TABLE card;-- \u202e{{7*7}}"
    order = bureau.by_hand(text=nasty, demand=nasty)
    assert order.text == nasty
    view = bureau.supervision.order(order.id, bureau.person("county"), at("2026-03-02"))
    assert notice_docx(document_of(view, bureau.hall.holder.ground.county))
    assert ordering.LONGEST_BASIS
    with pytest.raises(Invalid):
        bureau.by_hand(key="k2", basis="字" * 301)
    with pytest.raises(Invalid):
        bureau.by_hand(key="k3", text="字" * 5001)
