"""What a card does to orders: it brings one, joins one that is not explained yet, and goes off it when revoked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from handlers.casework.ground import Ground
from handlers.casework.subjects import SUBJECTS
from handlers.store import clocks, order_cards, orders, outbox
from handlers.store.order_cards import OrderCard
from handlers.store.orders import Order
from handlers.store.records import Card
from handlers.store.writer import Transaction
from handlers.supervising.deadlines import ANSWERERS, card_window, counted_words, message, new_clock, running
from handlers.supervising.issuing import BY_HAND_BASIS, CORRECT_AT_ONCE, Paper, blank, cancel, happened, issue
from presentation.dates import date_cn
from rules.access import Role
from rules.cards import LEVEL_NAMES
from rules.clock import ClockKind
from rules.levels import RED
from rules.order_table import ORDER_ENDED, OrderState


class Rule(Protocol):
    """What an order needs of the rule behind its card, be it about time or about an event."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def documents(self) -> Mapping[int, str]: ...
    @property
    def level_names(self) -> Mapping[int, str]: ...


@dataclass(frozen=True, slots=True)
class _Fact:
    """What a card found, in the words of a document."""

    title: str
    level: str
    basis: str
    rule: str
    found: str
    law: str


def order_for_card(tx: Transaction, ground: Ground, card: Card, now: datetime) -> Order | None:
    """The order a card brings or joins when its rule names a document for the level; None when it does neither.

    Called when a card is issued or confirmed, in that transaction. A card about an order brings no further order.
    One matter is one order: while the department has not explained the last one about it, the card joins that.
    """
    if card.state != "issued" or card.subject == "order" or not card.id:
        return None
    rule = rule_named(ground, card.rule)
    if rule is None or not rule.documents.get(card.level) or orders.of_card(tx, card.id) is not None:
        return None
    fact = _fact(tx, card, rule)
    subject, issuer = "letter" if card.subject == "letter" else "case", ground.units.top or "county"
    standing = orders.to_join(tx, subject, card.subject_id, card.department, issuer, drill=card.drill)
    if standing is not None:
        return _join(tx, ground, standing, card, fact, now)
    paper = Paper(
        paragraphs=(fact.found, fact.law),
        basis=fact.basis,
        demand=CORRECT_AT_ONCE,
        rows=(
            ("督办对象", f"{fact.title} {card.subject_number}".strip()),
            ("责任单位", ground.unit_name(card.unit)),
            ("监察牌", f"{fact.level}（第{card.id}号），自{date_cn(card.since, False)}起"),
            ("监察规则", f"{fact.rule}（{card.rule}），规则版本{card.rules}"),
        ),
        appeal=counted_words(ground, card_window(ground, card)),
    )
    begun = blank(card.department, card.unit, issuer, card.why, CORRECT_AT_ONCE, now, card.drill)
    made = replace(
        begun,
        card_id=card.id,
        subject=subject,
        subject_id=card.subject_id,
        subject_number=card.subject_number,
    )
    order = issue(tx, ground, made, paper, Role.SYSTEM, now)
    order_cards.add(tx, OrderCard(card.id, order.id, now))
    return order


def _fact(tx: Transaction, card: Card, rule: Rule) -> _Fact:
    reader = SUBJECTS.get(card.subject)
    subject = None if reader is None else reader(tx, card.subject_id)
    title = "" if subject is None else subject.title
    level = rule.level_names.get(card.level, LEVEL_NAMES[card.level])
    basis = rule.basis or BY_HAND_BASIS
    what = f"“{title}”（{card.subject_number}）" if title else card.subject_number
    # The rule's reason ends with level and date, which the document says in its own place.
    problem = (card.why.rpartition(f"：{level}")[0] or card.why).rstrip("。")
    found = f"经电子监察发现，你单位办理的{what}存在以下问题：{problem}。"
    law = f"依据{basis.replace('；', '、')}，按照本县电子监察规则“{rule.title}”，已发{level}，现予督办。"
    return _Fact(title, level, basis, rule.title, found, law)


def _join(tx: Transaction, ground: Ground, order: Order, card: Card, fact: _Fact, now: datetime) -> Order:
    """One more card on an order that waits for its explanation; number and document stay, the fact is added.

    The day to explain stays the first card's. A red card is graver and counts anew, unless the day has passed:
    who is late does not gain time by doing worse.
    """
    due = _later_day(tx, ground, order, card, now)
    renewed = due != order.explain_due
    problem = fact.found.partition("存在以下问题：")[2] or fact.found
    if renewed:
        when = f"因并入{fact.level}，说明期限自今日重新计算，改为{date_cn(due)}"
    elif now > due:
        when = f"说明期限{date_cn(due)}已过，不重新计算，请立即说明"
    else:
        when = f"说明期限不变，仍为{date_cn(due)}"
    window = counted_words(ground, card_window(ground, card))
    finding = (
        f"{date_cn(now, False)}并入：{problem}{fact.law.removesuffix('，现予督办。')}（第{card.id}号），"
        f"请在情况说明里一并说明。{when}。对这张牌有异议的，可以申诉（{window}）。"
    )
    order_cards.add(tx, OrderCard(card.id, order.id, now, finding))
    orders.change(tx, order, explain_due=due)
    happened(
        tx, order, "join", "system", Role.SYSTEM, order.issuer_unit, now, order.state,
        {"card": card.id, "text": finding, "explain_due": due.isoformat(), "renewed": renewed, "words": ""},
    )  # fmt: skip
    body = f"{order.number}（{order.subject_number}）增加一项（{fact.level}）：{problem}{when}。"
    told = dict.fromkeys((order.department, order.unit, card.unit))
    outbox.add(
        tx,
        [
            message(
                order, "order.joined", unit, body, now, fact=f"order:{order.id}:card:{card.id}",
                roles=ANSWERERS if unit == order.department else (),
            )
            for unit in told
        ],
    )  # fmt: skip
    found = orders.by_id(tx, order.id)
    assert found is not None
    return found


def _later_day(tx: Transaction, ground: Ground, order: Order, card: Card, now: datetime) -> datetime:
    """Until when the order is to be explained with this card on it; a new clock where that is another day."""
    clock = running(tx, "order", order.id, ClockKind.EXPLANATION)
    if clock is None or card.level < RED or now > clock.due:
        return order.explain_due
    fresh = new_clock(
        ground, ClockKind.EXPLANATION, now, ground.county.settings.explanation_days, subject_id=order.id,
        department=order.department, unit=order.unit, drill=order.drill,
        basis=f"{order.number}并入第{card.id}号牌后重新计算的说明时限",
    )  # fmt: skip
    if fresh.due <= clock.due:
        return order.explain_due
    clocks.stop(tx, clock.id, now, "并入更重的牌，说明期限重新计算")
    clocks.insert(tx, fresh)
    orders.show(tx, order.id, 0, None, None)
    return fresh.due


def cancel_for_card(
    tx: Transaction, card: Card, actor: str, role: Role, unit: str, reason: str, now: datetime
) -> Order | None:
    """Takes a revoked card off its order, whatever its state; with its last card the order is cancelled.

    None when the card is on no order in force. What a supervisor ordered by hand stands without any card.
    """
    order = orders.of_card(tx, card.id)
    if order is None or order.state is OrderState.CANCELLED:
        return None
    order_cards.remove(tx, card.id, now, reason)
    left = [each for each in order_cards.of_order(tx, order.id) if each.removed is None]
    if not left and order.card_id is not None:
        cancel(tx, order, actor, role, unit, f"所依据的牌已撤销：{reason}", now)
        return order
    # A page opened before shows one fact too many: its version must be old now.
    orders.change(tx, order, state=order.state)
    happened(
        tx,
        order,
        "leave",
        actor,
        role,
        unit,
        now,
        order.state,
        {"card": card.id, "text": reason, "words": ""},
    )
    body = f"{order.number}里的第{card.id}号牌已撤销（{reason}），这一项不再督办。"
    if order.state not in ORDER_ENDED:
        outbox.add(tx, [message(order, "order.left", order.department, body, now, roles=ANSWERERS)])
    return order


def rule_named(ground: Ground, rule_id: str) -> Rule | None:
    """The rule in force under an id, about time or about events; None for one the county has dropped."""
    timed: Iterable[Rule] = ground.card_rules.values()
    caught: Iterable[Rule] = getattr(ground, "triggers", ())
    return next((each for each in (*timed, *caught) if each.id == rule_id), None)
