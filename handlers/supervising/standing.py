"""Who may act on an order or an appeal, and who must stand back: roles, where they are held, what one did before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from handlers.casework.authority import Standing, active_person, held
from handlers.casework.ground import Ground
from handlers.store import appeals, cards, orders
from handlers.store.appeals import Appeal
from handlers.store.moments import Reads
from handlers.store.orders import Order
from handlers.store.people_records import Person
from handlers.supervising.deadlines import counted_words, latest, running
from rules.access import Role, in_scope
from rules.appeal_table import AppealFacts, AppealMove, AppealRow, AppealState
from rules.clock import ClockKind
from rules.errors import NotFound
from rules.order_table import OrderFacts, OrderRow
from rules.permissions import Capability
from rules.time import local_date

NO_ORDER = "没有这份督办，或者它不在您的管辖范围内。"
NO_APPEAL = "没有这件申诉，或者它不在您的管辖范围内。"


def capacities(
    reads: Reads, ground: Ground, person: str, department: str, now: datetime
) -> tuple[Standing, ...]:
    """In what capacities a person has to do with the orders and appeals of a department, as the county grants it.

    Those who answer for a department work in it: a coordinator of the whole county reads, and answers for nobody.
    """
    tree = ground.units.tree
    account = active_person(reads, person)
    above = ground.permissions.roles(Capability.ORDERS_ISSUE) | ground.permissions.roles(
        Capability.APPEALS_DECIDE
    )
    return tuple(
        Standing(account.id, each.role, each.unit)
        for each in held(account, local_date(now), readers(ground))
        if in_scope(each.unit, tree, department)
        and (each.role in above or in_scope(department, tree, each.unit))
    )


def readers(ground: Ground) -> frozenset[Role]:
    """Who has to do with orders and appeals at all: who sees them, and who may do something about one."""
    granted = (
        Capability.ORDERS_SEE, Capability.ORDERS_ISSUE, Capability.ORDERS_ANSWER, Capability.APPEALS_DECIDE,
    )  # fmt: skip
    return frozenset().union(*(ground.permissions.roles(each) for each in granted))


def may_move(ground: Ground, row: OrderRow, role: Role) -> bool:
    """Whether the county lets a role make a move of the table of orders: an answer, or the supervisor's side."""
    needed = Capability.ORDERS_ANSWER if row.answers else Capability.ORDERS_ISSUE
    return role is Role.SYSTEM or role in ground.permissions.roles(needed)


def may_appeal(ground: Ground, row: AppealRow, role: Role) -> bool:
    """Whether the county lets a role make a move of the table of appeals: to file, or to decide."""
    files = row.move in (AppealMove.FILE, AppealMove.REFILE)
    needed = Capability.ORDERS_ANSWER if files else Capability.APPEALS_DECIDE
    return role is Role.SYSTEM or role in ground.permissions.roles(needed)


def may_read(reads: Reads, ground: Ground, person: str, department: str, now: datetime) -> bool:
    """Whether a person sees the orders and appeals of a department."""
    account = active_person(reads, person)
    tree = ground.units.tree
    return any(
        in_scope(each.unit, tree, department) for each in held(account, local_date(now), readers(ground))
    )


def works_in(account: Person, ground: Ground, department: str, now: datetime) -> bool:
    """Whether someone holds any post in a department or below it."""
    tree = ground.units.tree
    day = local_date(now)
    return any(each.holds_on(day) and in_scope(department, tree, each.unit) for each in account.assignments)


def order_facts(reads: Reads, ground: Ground, order: Order, person: str, now: datetime) -> OrderFacts:
    """What the table's guards must know of an order for one person."""
    clock = running(reads, "order", order.id, ClockKind.EXPLANATION)
    replies = orders.replies(reads, order.id)
    return OrderFacts(
        internal=order.issuer_unit in ground.departments,
        overdue=clock is not None and now > clock.due,
        own_words=bool(replies) and replies[-1].person == person,
        explanation_days=ground.county.settings.explanation_days,
    )


def appeal_facts(reads: Reads, ground: Ground, appeal: Appeal, account: Person, now: datetime) -> AppealFacts:
    """What the table's guards must know of an appeal for one person."""
    clock = latest(reads, "appeal", appeal.id)
    overdue = appeal.state is AppealState.RETURNED and clock is not None and now > clock.due
    return AppealFacts(
        rounds=appeal.rounds,
        overdue=overdue,
        due_words=counted_words(ground, clock) if overdue and clock is not None else "",
        conflict=conflict(reads, ground, appeal, account, now),
    )


def conflict(reads: Reads, ground: Ground, appeal: Appeal, account: Person, now: datetime) -> str:
    """Why someone may not decide on an appeal, in words; empty when they may.

    Never who issued, confirmed or wrote the card by hand, never who ordered on it, never who filed the appeal or
    holds a post in the department that did.
    """
    card = None if appeal.card_id is None else cards.by_id(reads, appeal.card_id)
    if card is not None:
        if account.id == card.issued_by:
            return "这张牌是您发的"
        if account.id in (card.confirmed_by, card.decided_by):
            return "这张牌是您确认的"
    if account.id in appeal.avoid:
        return "申诉针对的是您作出的认定"
    if account.id in _filers(reads, appeal):
        return "申诉是您提出的"
    if works_in(account, ground, appeal.department, now):
        return "您在申诉的部门任职"
    return ""


def _filers(reads: Reads, appeal: Appeal) -> Iterable[str]:
    said = appeals.statements(reads, appeal.id)
    return {appeal.filed_by, *(each.person for each in said if each.move in ("file", "refile"))}


def readable_order(reads: Reads, ground: Ground, order_id: int, person: str, now: datetime) -> Order:
    """The order. Raises NotFound alike for one that does not exist and one out of reach."""
    order = orders.by_id(reads, order_id)
    if order is None or not may_read(reads, ground, person, order.department, now):
        raise NotFound(NO_ORDER)
    return order


def readable_appeal(reads: Reads, ground: Ground, appeal_id: int, person: str, now: datetime) -> Appeal:
    """The appeal. Raises NotFound alike for one that does not exist and one out of reach."""
    appeal = appeals.by_id(reads, appeal_id)
    if appeal is None or not may_read(reads, ground, person, appeal.department, now):
        raise NotFound(NO_APPEAL)
    return appeal
