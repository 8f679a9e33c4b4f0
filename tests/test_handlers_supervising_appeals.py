"""Appeals over the store: in time, once, decided by someone who had no hand in it, with what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from handlers.casework.authority import Standing
from handlers.casework.card_decisions import revoke_on_appeal
from handlers.casework.card_reading import card_view
from handlers.store import appeals, attachments, counts, events, order_cards, orders, outbox, people
from handlers.store.appeals import Appeal
from handlers.supervising import appealing, drafts
from handlers.supervising.requests import AgainstScore
from rules.access import Role
from rules.appeal_table import AppealState
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.order_table import OrderState
from tests.casework_fixtures import at, dump
from tests.supervising_fixtures import Bureau, make_bureau


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    return make_bureau(tmp_path)


def count(bureau: Bureau, measure: str) -> int:
    found = counts.totals(bureau.hall.database, date(2026, 1, 1), date(2026, 12, 31))
    return sum(total for (_, name), total in found.items() if name == measure)


@pytest.mark.parametrize("when", ["2026-03-13 10:00", "2026-03-19 17:00", "2026-03-20 23:59:59"])
def test_an_appeal_is_taken_up_to_the_last_second_of_its_last_day(bureau: Bureau, when: str) -> None:
    card = bureau.carded()
    made = bureau.appeal(card, when=when)
    assert (made.number, made.state, made.department) == ("QHSS20260001", AppealState.OPEN, "market")
    assert count(bureau, "appeals") == 1
    told = outbox.of_subject(bureau.hall.database, "appeal", made.id)
    assert [each.recipient for each in told] == ["county"]


def test_a_late_appeal_is_refused_with_the_day_and_its_count(bureau: Bureau) -> None:
    card = bureau.carded()
    before = dump(bureau.hall.database)
    with pytest.raises(IllegalMove) as refused:
        bureau.appeal(card, when="2026-03-21 00:00")
    assert "2026年3月20日" in refused.value.detail
    assert "3月14日、3月15日不是工作日" in refused.value.detail
    assert dump(bureau.hall.database) == before


def test_only_the_carded_department_appeals_and_only_once(bureau: Bureau) -> None:
    card = bureau.carded()
    for who, wanted in (
        ("county", Forbidden),
        ("health", NotFound),
        ("window", NotFound),
        ("admin", NotFound),
    ):
        with pytest.raises(wanted):
            bureau.appeal(card, who)
    with pytest.raises(Invalid):
        bureau.appeal(card, text="  ")
    bureau.appeal(card, "supervisor")
    with pytest.raises(IllegalMove, match="只能申诉一次"):
        bureau.appeal(card, "coordinator")


def test_revoking_corrects_the_counts_and_takes_the_order_with_it(bureau: Bureau) -> None:
    card = bureau.carded()
    yellow = count(bureau, "card_2")
    made = bureau.decide(bureau.appeal(card), "revoke", "county", "2026-03-17", "查明是系统故障")
    assert (made.state, made.reasons, made.decided_by) == (
        AppealState.REVOKED,
        "查明是系统故障",
        bureau.person("county"),
    )
    assert bureau.card(card.id).state == "revoked"
    assert made.number in bureau.card(card.id).decision
    order = orders.of_card(bureau.hall.database, card.id)
    assert order is not None
    # The case's other cards stay on the order; without this one it would have been cancelled.
    entries = {each.card_id: each.removed for each in order_cards.of_order(bureau.hall.database, order.id)}
    assert entries.pop(card.id) == at("2026-03-17")
    assert order.state is (OrderState.ISSUED if entries else OrderState.CANCELLED)
    assert count(bureau, "card_2") == yellow - 1
    assert (count(bureau, "card_2_revoked"), count(bureau, "appeals_revoked")) == (1, 1)
    kinds = [each.kind for each in events.of_subject(bureau.hall.database, "appeal", made.id)]
    assert kinds == ["appeal.file", "appeal.revoke"]
    assert "card.revoke" in [
        each.kind for each in events.of_subject(bureau.hall.database, "case", card.subject_id)
    ]


def test_an_upheld_card_and_its_order_stay(bureau: Bureau) -> None:
    card = bureau.carded()
    made = bureau.decide(bureau.appeal(card), "uphold", "county", "2026-03-17", "超期属实")
    assert made.state is AppealState.UPHELD
    assert bureau.card(card.id).state == "issued"
    for move in ("revoke", "return", "uphold"):
        with pytest.raises(IllegalMove):
            bureau.decide(made, move, "county2", "2026-03-18", days="3")


@pytest.mark.parametrize(
    ("when", "late"),
    [("2026-03-18 09:00", False), ("2026-03-19 23:59:59", False), ("2026-03-20 00:00", True)],
)
def test_a_returned_appeal_comes_back_once_within_its_days(bureau: Bureau, when: str, late: bool) -> None:
    made = bureau.decide(bureau.appeal(bureau.carded()), "return", "county", "2026-03-17", "缺停电证明", "2")
    assert (made.state, made.due) == (AppealState.RETURNED, at("2026-03-19 23:59:59"))
    again = bureau.supervision.refile_appeal
    if late:
        with pytest.raises(IllegalMove, match="过了期限"):
            again(made.id, "补上证明", bureau.person("decider"), now=at(when))
        assert bureau.decide(made, "uphold", "county", when, "逾期没有补充").state is AppealState.UPHELD
        return
    with pytest.raises(IllegalMove, match="还没有过"):
        bureau.decide(made, "uphold", "county", when)
    back = again(made.id, "补上证明", bureau.person("decider"), now=at(when))
    assert (back.state, back.rounds) == (AppealState.OPEN, 2)
    with pytest.raises(IllegalMove, match="作出决定"):
        bureau.decide(back, "return", "county", when, "还缺", "2")
    assert bureau.decide(back, "revoke", "county2", when).state is AppealState.REVOKED


def test_who_confirmed_the_card_does_not_decide_on_it(bureau: Bureau) -> None:
    ground = bureau.hall.holder.ground
    rules = {name: replace(rule, mode="confirmed") for name, rule in ground.card_rules.items()}
    bureau.hall.holder.ground = replace(ground, card_rules=rules)
    card = bureau.carded()
    with pytest.raises(IllegalMove, match="还没有发出"):
        bureau.appeal(card)
    bureau.hall.casework.decide_card(card.id, bureau.hall.staff("county"), confirm=True, now=at("2026-03-16"))
    made = bureau.appeal(bureau.card(card.id), when="2026-03-23 23:59:59")
    before = dump(bureau.hall.database)
    for move in ("revoke", "return", "uphold"):
        with pytest.raises(Forbidden, match="这张牌是您确认的"):
            bureau.decide(made, move, "county", "2026-03-24", days="2")
    assert dump(bureau.hall.database) == before
    assert "确认" in bureau.supervision.appeal(made.id, bureau.person("county"), at("2026-03-24")).conflict
    assert bureau.decide(made, "uphold", "county2", "2026-03-24").state is AppealState.UPHELD


def test_who_works_in_the_department_or_filed_the_appeal_does_not_decide(bureau: Bureau) -> None:
    card = bureau.carded()
    made = bureau.appeal(card)
    for who in ("supervisor", "decider", "coordinator"):
        with pytest.raises(Forbidden):
            bureau.decide(made, "revoke", who, "2026-03-17")

    def promote(name: str) -> None:
        bureau.hall.database.write(
            lambda tx: people.assign(
                tx, bureau.person(name), Role.COUNTY_SUPERVISOR, "county", date(2026, 1, 1)
            )
        )

    promote("coordinator")
    with pytest.raises(Forbidden, match="任职"):
        bureau.decide(made, "revoke", "coordinator", "2026-03-17")
    promote("decider")
    with pytest.raises(Forbidden, match="申诉是您提出的"):
        bureau.decide(made, "revoke", "decider", "2026-03-17")
    promote("health")
    assert bureau.decide(made, "revoke", "health", "2026-03-17").state is AppealState.REVOKED


def test_strangers_see_no_appeal(bureau: Bureau) -> None:
    made = bureau.appeal(bureau.carded())
    for who in ("health", "window", "publisher"):
        with pytest.raises(NotFound):
            bureau.supervision.appeal(made.id, bureau.person(who), at("2026-03-17"))
    for unknown in (0, 999):
        with pytest.raises(NotFound):
            bureau.supervision.appeal(unknown, bureau.person("county"), at("2026-03-17"))
    with pytest.raises(NotFound):
        bureau.decide(made, "file", "county", "2026-03-17")
    with pytest.raises(Conflict):
        bureau.supervision.decide_appeal(
            made.id, "uphold", "理由", bureau.person("county"), now=at("2026-03-17"), seen=made.version + 1
        )


def test_evidence_goes_with_the_appeal_and_a_failure_keeps_the_draft(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = bureau.carded()
    topic = drafts.card_topic(card.id)
    bureau.upload(topic, "decider")
    before = dump(bureau.hall.database)

    def broken(*_: object) -> None:
        raise RuntimeError("disk")

    with monkeypatch.context() as patch:
        patch.setattr(appealing, "_tell", broken)
        with pytest.raises(RuntimeError):
            bureau.appeal(card)
    assert dump(bureau.hall.database) == before
    made = bureau.appeal(card)
    said = appeals.statements(bureau.hall.database, made.id)[0]
    files = attachments.of_owner(bureau.hall.database, f"statement/{said.id}")
    assert [each.name for each in files] == ["证明.pdf"]
    assert (
        bureau.supervision.file(files[0].id, bureau.person("county2"), at("2026-03-17"), "r")[0].id
        == files[0].id
    )
    with pytest.raises(NotFound):
        bureau.supervision.file(files[0].id, bureau.person("health_supervisor"), at("2026-03-17"), "r")


def test_an_undecided_appeal_is_late_after_its_days(bureau: Bureau) -> None:
    made = bureau.appeal(bureau.carded())
    assert made.due == at("2026-03-30 23:59:59")
    assert not bureau.supervision.appeal(made.id, bureau.person("county"), at("2026-03-30 23:59:59")).overdue
    assert bureau.supervision.appeal(made.id, bureau.person("county"), at("2026-03-31 00:00")).overdue
    bureau.hall.casework.sweep(at("2026-03-31"))
    kept = appeals.by_id(bureau.hall.database, made.id)
    assert kept is not None
    assert kept.level == 2


def test_a_score_is_appealed_by_the_same_table_and_its_room_hears_the_decision(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Appeal] = []
    monkeypatch.setitem(appealing.OUTCOMES, "score", lambda tx, ground, appeal, now: heard.append(appeal))
    target = AgainstScore(
        "market", "2026-02", "2026年2月得分", at("2026-03-06"), frozenset({bureau.person("county")})
    )
    file = bureau.supervision.file_appeal
    with pytest.raises(IllegalMove, match="期限"):
        file(target, "少算了", bureau.person("decider"), now=at("2026-03-14"))
    made = file(target, "少算了一件提前办结", bureau.person("decider"), now=at("2026-03-13 23:59:59"))
    with pytest.raises(IllegalMove, match="已经申诉过"):
        file(target, "再申诉", bureau.person("decider"), now=at("2026-03-13"))
    with pytest.raises(Forbidden, match="您作出的认定"):
        bureau.decide(made, "revoke", "county", "2026-03-16")
    bureau.decide(made, "return", "county2", "2026-03-16", "请附清单", "2")
    assert heard == []
    bureau.supervision.refile_appeal(made.id, "附清单", bureau.person("decider"), now=at("2026-03-17"))
    bureau.decide(made, "revoke", "county2", "2026-03-18", "属实")
    assert [(each.score_period, each.state) for each in heard] == [("2026-02", AppealState.REVOKED)]


def test_a_revoked_card_cannot_be_appealed(bureau: Bureau) -> None:
    card = bureau.carded()
    bureau.hall.casework.revoke_card(card.id, bureau.hall.staff("county"), "误发", now=at("2026-03-16"))
    with pytest.raises(IllegalMove, match="已经撤销"):
        bureau.appeal(card)


def test_a_card_under_appeal_is_revoked_in_the_appeal_only(bureau: Bureau) -> None:
    card = bureau.carded()
    made = bureau.appeal(card)
    casework, county = bureau.hall.casework, bureau.hall.staff("county")

    def offered(when: str) -> bool:
        database, ground = bureau.hall.database, bureau.hall.holder.ground
        return card_view(database, ground, card.id, bureau.person("county"), at(when)).may_revoke

    assert not offered("2026-03-16")
    with pytest.raises(IllegalMove, match=f"正在申诉（{made.number}）"):
        casework.revoke_card(card.id, county, "误发", now=at("2026-03-16"))
    assert bureau.card(card.id).state == "issued"
    bureau.decide(made, "uphold", "county", "2026-03-17", "超期属实")
    assert offered("2026-03-18")
    assert casework.revoke_card(card.id, county, "另查明误发", now=at("2026-03-18")).state == "revoked"


def test_an_appeal_whose_card_an_earlier_version_revoked_can_still_be_allowed(bureau: Bureau) -> None:
    card = bureau.carded()
    made = bureau.appeal(card)
    standing = Standing(bureau.person("county"), Role.COUNTY_SUPERVISOR, "county")
    database, ground = bureau.hall.database, bureau.hall.holder.ground
    database.write(
        lambda tx: revoke_on_appeal(tx, ground, bureau.card(card.id), standing, "误发", at("2026-03-16"))
    )
    before = count(bureau, "card_2_revoked")
    decided = bureau.decide(made, "revoke", "county2", "2026-03-17", "申诉成立")
    assert decided.state is AppealState.REVOKED
    assert (bureau.card(card.id).state, bureau.card(card.id).decision) == ("revoked", "误发")
    assert count(bureau, "card_2_revoked") == before, "revoked once, counted once"


def test_a_card_says_until_when_and_whether_its_reader_may_appeal(bureau: Bureau) -> None:
    card = bureau.carded()
    follow = bureau.supervision.follow
    mine = follow(card, bureau.person("decider"), at("2026-03-16"))
    assert mine.window is not None
    assert (mine.may_appeal, mine.window.due) == (True, date(2026, 3, 20))
    assert mine.order is not None
    theirs = follow(card, bureau.person("county"), at("2026-03-16"))
    assert not theirs.may_appeal
    late = follow(card, bureau.person("decider"), at("2026-03-23"))
    assert "2026年3月20日" in late.why_not
