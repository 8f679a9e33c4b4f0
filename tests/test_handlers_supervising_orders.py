"""Supervision orders: from the card to the numbered order, what joins and leaves it, numbers without gaps."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from handlers.order_papers import additions, document_of
from handlers.store import (
    cards,
    clocks,
    events,
    orders,
    outbox,
)
from handlers.store.orders import OrderFilter
from handlers.store.records import Card
from handlers.store.writer import Transaction
from handlers.supervising import carding
from rules.errors import Conflict, Invalid, NotFound
from rules.order_table import ORDER_OPEN, OrderState
from tests.casework_fixtures import at, dump
from tests.order_fixtures import bureau, count, on_it, revoke_all
from tests.supervising_fixtures import CARDED, Bureau

__all__ = ["bureau"]


def test_a_yellow_card_brings_a_numbered_order_with_its_reason_rule_and_counted_deadline(
    bureau: Bureau,
) -> None:
    order = bureau.order()
    assert order.number.startswith("青督字〔2026〕第")
    assert order.explain_due == at("2026-03-20 23:59:59")
    assert (order.state, order.issued_by, order.subject, order.department) == (
        "issued",
        "system",
        "case",
        "market",
    )
    words = "".join((*order.paper.paragraphs, *order.paper.demands, *(text for _, text in order.paper.rows)))
    for expected in (
        "超出1个工作日",
        "黄牌",
        "环节时限",
        "2026年3月20日",
        "3月14日、3月15日不是工作日",
        "申诉",
    ):
        assert expected in words
    told = outbox.of_subject(bureau.hall.database, "order", order.id)
    assert [each.recipient for each in told if each.template == "order.issued"] == [
        "market",
        "market-licensing",
    ]
    kinds = [each.kind for each in events.of_subject(bureau.hall.database, "order", order.id)]
    assert kinds[0] == "order.issue"


def test_one_late_case_gets_one_order_which_its_other_cards_join(bureau: Bureau) -> None:
    order = bureau.order()
    found, total = orders.listed(bureau.hall.database, ("market",), OrderFilter(ORDER_OPEN), 100)
    assert (total, count(bureau, "orders")) == (1, 1)
    joined = on_it(bureau, order)
    cards = [bureau.card(each.card_id) for each in joined]
    assert len(cards) >= 2
    assert {orders.of_card(bureau.hall.database, each.id) for each in cards} == {found[0]}
    assert joined[0].card_id == order.card_id
    kinds = [each.kind for each in events.of_subject(bureau.hall.database, "order", order.id)]
    assert kinds == ["order.issue", *["order.join"] * (len(cards) - 1)]
    view = bureau.supervision.order(order.id, bureau.person("county"), at(CARDED))
    words = " ".join(document_of(view, bureau.hall.holder.ground.county).paragraphs)
    for card in cards:
        assert card.why.partition("：")[0] in words
    added = [each.body for each in outbox.of_subject(bureau.hall.database, "order", order.id)]
    for card in cards[1:]:
        assert any("增加一项" in body and card.why.partition("：")[0] in body for body in added)


def test_once_explained_a_new_card_brings_a_new_order(bureau: Bureau) -> None:
    order = bureau.order()
    before = {each.card_id for each in on_it(bureau, order)}
    bureau.move(order, "explain", "decider", "2026-03-13 10:00", text="情况")
    bureau.hall.casework.sweep(at("2026-04-20"))
    found, total = orders.listed(bureau.hall.database, ("market",), OrderFilter(ORDER_OPEN), 100)
    assert total == 2
    second = next(each for each in found if each.id != order.id)
    assert {each.card_id for each in on_it(bureau, order)} == before
    assert not before & {each.card_id for each in on_it(bureau, second)}
    assert count(bureau, "orders") == 2


@pytest.mark.parametrize(
    ("red_on", "due", "renewed"),
    [
        ("2026-03-16 10:00", "2026-03-23 23:59:59", True),
        # The order's day is over: who is late gains no time by doing worse.
        ("2026-03-23 10:00", "2026-03-20 23:59:59", False),
    ],
)
def test_only_a_red_card_moves_the_day_and_never_one_that_has_passed(
    bureau: Bureau, red_on: str, due: str, renewed: bool
) -> None:
    order, red = bureau.order(), a_red_card(bureau)
    assert order.explain_due == at("2026-03-20 23:59:59")
    bureau.hall.database.write(
        lambda tx: carding.orders_for_cards(tx, bureau.hall.holder.ground, [red(tx, red_on)])
    )
    now = bureau.again(order)
    assert now.explain_due == at(due)
    assert bureau.supervision.order(order.id, bureau.person("county"), at(red_on)).due is not None
    last = events.of_subject(bureau.hall.database, "order", order.id)[-1]
    assert last.kind == "order.join"
    assert last.payload is not None
    assert last.payload["renewed"] is renewed
    body = [each.body for each in outbox.of_subject(bureau.hall.database, "order", order.id)][-1]
    assert ("改为" in body) is renewed
    assert ("已过，不重新计算" in body) is not renewed
    running = [
        each for each in clocks.of_subject(bureau.hall.database, "order", order.id) if not each.stopped
    ]
    assert [each.due for each in running] == [at(due)]


def a_red_card(bureau: Bureau) -> Callable[[Transaction, str], Card]:
    """Makes one more red card about the case, of another fact."""
    model = bureau.hall.database.value("SELECT max(id) FROM card WHERE level >= 2 AND object = 'case'")

    def make(tx: Transaction, when: str) -> Card:
        like = cards.by_id(tx, model)
        assert like is not None
        made = replace(like, level=3, fact="event:999", issued=at(when), raised=at(when), state="issued")
        card_id = cards.insert(tx, made)
        assert card_id is not None
        return replace(made, id=card_id)

    return make


def test_a_revoked_card_goes_off_the_order_and_the_last_one_cancels_it(bureau: Bureau) -> None:
    order = bureau.order()
    first, *others = on_it(bureau, order)
    bureau.hall.casework.revoke_card(
        first.card_id, bureau.hall.staff("county"), "查明是系统故障", now=at("2026-03-16")
    )
    assert bureau.again(order).state is OrderState.ISSUED
    assert count(bureau, "orders_cancelled") == 0
    left = on_it(bureau, order)
    assert [each.removed is None for each in left] == [False, *[True] * len(others)]
    view = bureau.supervision.order(order.id, bureau.person("county"), at("2026-03-16"))
    assert f"第{first.card_id}号牌已于2026年3月16日撤销（查明是系统故障）" in " ".join(additions(view))
    for each in others:
        bureau.hall.casework.revoke_card(
            each.card_id, bureau.hall.staff("county"), "同一原因", now=at("2026-03-17")
        )
    assert bureau.again(order).state is OrderState.CANCELLED
    assert count(bureau, "orders_cancelled") == 1


def test_an_order_by_hand_is_joined_and_stands_without_the_card(bureau: Bureau) -> None:
    filed = bureau.hall.accept(bureau.hall.file("2026-03-02"))
    by_hand = bureau.by_hand(subject="case", number=filed.number, department="", when="2026-03-11")
    bureau.hall.casework.sweep(at("2026-03-12 10:00"))
    entries = on_it(bureau, by_hand)
    assert entries
    revoke_all(bureau, by_hand, "查明是系统故障", "2026-03-12 11:00")
    assert bureau.again(by_hand).state is OrderState.ISSUED


def test_an_order_of_the_departments_own_supervisor_is_not_joined_from_above(bureau: Bureau) -> None:
    filed = bureau.hall.accept(bureau.hall.file("2026-03-02"))
    own = bureau.by_hand("supervisor", subject="case", number=filed.number, department="", when="2026-03-11")
    bureau.hall.casework.sweep(at("2026-03-12 10:00"))
    assert on_it(bureau, own) == ()
    assert orders.listed(bureau.hall.database, ("market",), OrderFilter(ORDER_OPEN), 100)[1] == 2


def test_a_page_from_before_a_card_joined_is_old(bureau: Bureau) -> None:
    order = bureau.order()
    with pytest.raises(Conflict):
        bureau.supervision.move_order(
            order.id, "explain", {"text": "情况"}, bureau.person("decider"), now=at(CARDED), seen=0
        )


def test_a_paper_is_verified_by_number_and_code_and_by_nothing_else(bureau: Bureau) -> None:
    order = bureau.order()
    code = bureau.supervision.order(order.id, bureau.person("county"), at(CARDED)).check_code
    typed = order.number.replace("〔", "[").replace("〕", "］")
    found = bureau.supervision.check(f" {typed} ", code.lower())
    assert (found.number, found.state_label) == (order.number, "待说明")
    assert found.facts == len(on_it(bureau, order))
    other = bureau.by_hand(key="other")
    for number, tried in ((order.number, ""), (order.number, "2" * 8), (other.number, code), ("", code)):
        with pytest.raises(NotFound):
            bureau.supervision.check(number, tried)


def test_a_warning_brings_no_order_and_a_second_sweep_no_second_one(bureau: Bureau) -> None:
    bureau.order()
    bureau.hall.casework.sweep(at("2026-03-13 10:00"))
    found, total = orders.listed(bureau.hall.database, ("market",), OrderFilter(ORDER_OPEN), 100)
    carded = [each.card_id for each in found]
    assert total == len(set(carded))
    levels = {bureau.card(each).level for each in carded if each is not None}
    assert levels <= {2, 3}


def test_a_drill_order_uses_up_no_real_number(bureau: Bureau) -> None:
    bureau.carded(drill=True)
    found, _ = orders.listed(bureau.hall.database, ("market",), OrderFilter(ORDER_OPEN), 100)
    assert found
    assert all("督练字" in each.number for each in found)
    assert bureau.by_hand().number == "青督字〔2026〕第1号"
    assert count(bureau, "orders") == 1


def test_numbers_have_no_gaps_though_some_are_refused_and_many_come_at_once(bureau: Bureau) -> None:
    def one(serial: int) -> str:
        wrong = serial % 3 == 0
        try:
            return bureau.by_hand(key=f"k{serial}", text="" if wrong else f"问题{serial}").number
        except Invalid:
            return ""

    with ThreadPoolExecutor(8) as pool:
        numbers = [each for each in pool.map(one, range(30)) if each]
    assert sorted(numbers) == sorted(f"青督字〔2026〕第{serial}号" for serial in range(1, 21))


def test_a_failure_on_the_way_leaves_nothing_and_gives_the_number_back(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(bureau.hall.database)

    def broken(*_: object) -> None:
        raise RuntimeError("disk")

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "add", broken)
        with pytest.raises(RuntimeError):
            bureau.by_hand()
    assert dump(bureau.hall.database) == before
    assert bureau.by_hand().number == "青督字〔2026〕第1号"


def test_the_same_order_sent_twice_is_one_order(bureau: Bureau) -> None:
    first, second = bureau.by_hand(), bureau.by_hand()
    assert first.id == second.id
    with pytest.raises(Conflict):
        bureau.by_hand(text="另一件事")
