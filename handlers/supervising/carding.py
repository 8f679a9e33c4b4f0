"""What a card does to orders: it brings one, joins one that is not explained yet, and goes off it when revoked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from handlers.casework import rules_in_force
from handlers.casework.ground import Ground
from handlers.casework.subjects import subjects
from handlers.store import clocks, order_cards, orders, outbox
from handlers.store.order_cards import OrderCard
from handlers.store.orders import Order
from handlers.store.records import Card
from handlers.store.writer import Transaction
from handlers.supervising.deadlines import ANSWERERS, card_window, counted_words, message, new_clock, running
from handlers.supervising.issuing import (
    BY_HAND_BASIS,
    CORRECT_AT_ONCE,
    Paper,
    blank,
    cancel,
    happened,
    issue_all,
)
from presentation.dates import date_cn
from rules.access import Role
from rules.cards import LEVEL_NAMES
from rules.clock import ClockKind
from rules.levels import RED
from rules.order_table import ORDER_ENDED, OrderState
from rules.quick_dataclass import dataclass


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
    """What a card found, in the words of a document; `window` says until when one may appeal."""

    title: str
    level: str
    basis: str
    rule: str
    found: str
    law: str
    window: str


def orders_for_cards(tx: Transaction, ground: Ground, cards: Iterable[Card]) -> None:
    """The orders that cards bring or join, each about another matter, when their rules name a document for the level.

    Called when cards are issued or confirmed, in that transaction. A card about an order brings no further order.
    One matter is one order: while the department has not explained the last one about it, the card joins that.
    """
    ruled = [(card, rule) for card in cards if (rule := _documenting(tx, ground, card)) is not None]
    ordered = order_cards.with_order(tx, [card.id for card, _ in ruled]) if ruled else ()
    by_kind: dict[str, list[tuple[Card, Rule]]] = {}
    for card, rule in ruled:
        if card.id not in ordered:
            by_kind.setdefault(card.subject, []).append((card, rule))
    for kind, found in by_kind.items():
        _orders(tx, ground, kind, found)


def _documenting(tx: Transaction, ground: Ground, card: Card) -> Rule | None:
    """The rule of a card in force, if it wants a document."""
    if card.state != "issued" or card.subject == "order" or not card.id:
        return None
    rule = _rule_of(tx, ground, card)
    return rule if rule is not None and rule.documents.get(card.level) else None


def _orders(tx: Transaction, ground: Ground, kind: str, found: Sequence[tuple[Card, Rule]]) -> None:
    """Orders for cards about subjects of one kind."""
    ids = [card.subject_id for card, _ in found]
    about, issuer = "letter" if kind == "letter" else "case", ground.units.top or "county"
    titles = {each.id: each.title for each in subjects(tx, kind, ids).values()}
    standing = orders.to_join(tx, about, ids)
    windows: dict[datetime, str] = {}
    new: list[tuple[Order, Paper]] = []
    for card, rule in found:
        if card.issued not in windows:
            windows[card.issued] = counted_words(ground, card_window(ground, card))
        fact = _fact(card, rule, titles.get(card.subject_id, ""), windows[card.issued])
        order = standing.get((card.subject_id, card.department, issuer, card.drill))
        if order is not None:
            _join(tx, ground, order, card, fact, card.issued)
        else:
            new.append((_begun(card, about, issuer), _paper(ground, card, fact)))
    for card_id, order in zip(
        (each.card_id for each, _ in new), issue_all(tx, ground, new, Role.SYSTEM), strict=True
    ):
        assert card_id is not None
        order_cards.add(tx, OrderCard(card_id, order.id, order.issued))


def _begun(card: Card, about: str, issuer: str) -> Order:
    return replace(
        blank(card.department, card.unit, issuer, card.why, CORRECT_AT_ONCE, card.issued, card.drill),
        card_id=card.id,
        subject=about,
        subject_id=card.subject_id,
        subject_number=card.subject_number,
    )


def _paper(ground: Ground, card: Card, fact: _Fact) -> Paper:
    return Paper(
        paragraphs=(fact.found, fact.law),
        basis=fact.basis,
        demand=CORRECT_AT_ONCE,
        rows=(
            ("督办对象", f"{fact.title} {card.subject_number}".strip()),
            ("责任单位", ground.unit_name(card.unit)),
            ("监察牌", f"{fact.level}（第{card.id}号），自{date_cn(card.since, False)}起"),
            ("监察规则", f"{fact.rule}（{card.rule}），规则版本{card.rules}"),
        ),
        appeal=fact.window,
    )


def _fact(card: Card, rule: Rule, title: str, window: str) -> _Fact:
    level = rule.level_names.get(card.level, LEVEL_NAMES[card.level])
    basis = rule.basis or BY_HAND_BASIS
    what = f"“{title}”（{card.subject_number}）" if title else card.subject_number
    # The rule's reason ends with level and date, which the document says in its own place.
    problem = (card.why.rpartition(f"：{level}")[0] or card.why).rstrip("。")
    found = f"经电子监察发现，你单位办理的{what}存在以下问题：{problem}。"
    law = f"依据{basis.replace('；', '、')}，按照本县电子监察规则“{rule.title}”，已发{level}，现予督办。"
    return _Fact(title, level, basis, rule.title, found, law, window)


def _join(tx: Transaction, ground: Ground, order: Order, card: Card, fact: _Fact, now: datetime) -> None:
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
    finding = (
        f"{date_cn(now, False)}并入：{problem}{fact.law.removesuffix('，现予督办。')}（第{card.id}号），"
        f"请在情况说明里一并说明。{when}。对这张牌有异议的，可以申诉（{fact.window}）。"
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


def _rule_of(tx: Transaction, ground: Ground, card: Card) -> Rule | None:
    """The rule a card was found by, about time or about events, as it read then: its documents bear that version.

    A card may be confirmed long after the rules have changed. None for a rule that is not known any more.
    """
    if card.rules != ground.rules_version and (kept := rules_in_force.kept(tx, card.rules)) is not None:
        return kept.rule(card.rule)
    known: tuple[Rule, ...] = (*ground.card_rules.values(), *ground.triggers)
    return next((each for each in known if each.id == card.rule), None)
