"""Reads orders, appeals and what follows a card for those who may see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from handlers.casework.authority import active_person
from handlers.casework.ground import Ground
from handlers.casework.subjects import SUBJECTS
from handlers.store import appeals, attachments, cards, chases, events, order_cards, orders, people
from handlers.store.access_log import Look, add
from handlers.store.appeals import Appeal
from handlers.store.database import Database
from handlers.store.moments import Reads
from handlers.store.orders import Order
from handlers.store.records import Attachment, Card
from handlers.supervising import checking, drafts
from handlers.supervising.appealing import filing_facts, topic_of
from handlers.supervising.deadlines import card_window, explained, latest
from handlers.supervising.standing import (
    appeal_facts,
    capacities,
    may_appeal,
    may_move,
    may_read,
    order_facts,
    readable_appeal,
    readable_order,
)
from handlers.supervising.views import (
    AppealView,
    CardFollow,
    MoveOffer,
    OrderCardView,
    OrderView,
    ReplyView,
    StatementView,
)
from rules.access import Role
from rules.appeal_table import (
    APPEAL_ENDED,
    APPEAL_LABELS,
    APPEAL_MOVES,
    AppealMove,
    AppealRow,
    AppealState,
    appeal_moves_for,
    check_appeal,
)
from rules.errors import Forbidden, IllegalMove, NotFound
from rules.order_table import (
    ORDER_ENDED,
    ORDER_LABELS,
    WAITS_FOR_DEPARTMENT,
    OrderRow,
    OrderState,
    most_days,
    order_moves_for,
    usual_days,
)
from rules.permissions import Capability
from rules.time import local_date


def order_view(database: Database, ground: Ground, order_id: int, person: str, now: datetime) -> OrderView:
    """A whole order. Raises NotFound for one that does not exist or is out of reach."""
    with database.snapshot():
        order = readable_order(database, ground, order_id, person, now)
        clock = latest(database, "order", order.id)
        replies = orders.replies(database, order.id)
        entries = orders.accountability(database, order.id)
        reminders = chases.of_subject(database, "order", order.id)
        past = events.of_subject(database, "order", order.id)
        names = _names(
            database,
            [
                order.issued_by,
                *(each.person for each in replies),
                *(each.actor for each in past),
                *(each.entered_by for each in entries),
            ],
        )
        own = capacities(database, ground, person, order.department, now)
        offers = _offers(database, ground, order, person, [each.role for each in own], now)
        may = ground.permissions.roles
        supervises = any(each.role in may(Capability.ORDERS_ISSUE) for each in own)
        county = any(each.role in may(Capability.APPEALS_DECIDE) for each in own)
        chased_today = any(
            each.person == person and local_date(each.at) == local_date(now) for each in reminders
        )
        ended = order.state in ORDER_ENDED
        runs = clock is not None and clock.stopped is None
        return OrderView(
            order=order,
            title=order_title(database, ground, order),
            state_label=ORDER_LABELS[order.state],
            department_name=ground.unit_name(order.department),
            unit_name=ground.unit_name(order.unit),
            issuer_name=order.paper.issuer,
            issued_by=names.get(order.issued_by, order.issued_by),
            due=None if clock is None else explained(ground, clock, now),
            overdue=clock is not None and runs and now > clock.due,
            replies=tuple(
                ReplyView(
                    each, names.get(each.person, ""), attachments.of_owner(database, f"reply/{each.id}")
                )
                for each in replies
            ),
            accountability=entries,
            chases=reminders,
            cards=_cards(database, order),
            check_code=checking.code_of(database.vault, order.number),
            events=past,
            names=names,
            offers=tuple(offers),
            waits_for=order_waits(ground, order),
            draft=drafts.read(database, drafts.order_topic(order.id), person)
            if any(each.row.files for each in offers)
            else None,
            may_chase=supervises and order.state in WAITS_FOR_DEPARTMENT and not chased_today,
            may_account=county and not (ended and order.state is OrderState.CANCELLED),
        )


def _cards(reads: Reads, order: Order) -> tuple[OrderCardView, ...]:
    found = ((each, cards.by_id(reads, each.card_id)) for each in order_cards.of_order(reads, order.id))
    return tuple(
        OrderCardView(each, card, appeals.of_card(reads, card.id)) for each, card in found if card is not None
    )


def _offers(
    reads: Reads, ground: Ground, order: Order, person: str, roles: Iterable[Role], now: datetime
) -> list[MoveOffer]:
    facts = order_facts(reads, ground, order, person, now)
    found: dict[str, OrderRow] = {}
    for role in roles:
        for row in order_moves_for(order.state, role, facts):
            if may_move(ground, row, role):
                found.setdefault(row.move, row)
    return [MoveOffer(row, most_days(row, facts), usual_days(row, facts)) for row in found.values()]


def appeal_view(database: Database, ground: Ground, appeal_id: int, person: str, now: datetime) -> AppealView:
    """A whole appeal. Raises NotFound for one that does not exist or is out of reach."""
    with database.snapshot():
        appeal = readable_appeal(database, ground, appeal_id, person, now)
        clock = latest(database, "appeal", appeal.id)
        said = appeals.statements(database, appeal.id)
        past = events.of_subject(database, "appeal", appeal.id)
        names = _names(
            database,
            [
                appeal.filed_by,
                appeal.decided_by or "",
                *(each.person for each in said),
                *(each.actor for each in past),
            ],
        )
        facts = appeal_facts(database, ground, appeal, active_person(database, person), now)
        own = capacities(database, ground, person, appeal.department, now)
        offers: dict[str, AppealRow] = {}
        for standing in own:
            for row in appeal_moves_for(appeal.state, standing.role, facts):
                if may_appeal(ground, row, standing.role):
                    offers.setdefault(row.move, row)
        deciders = ground.permissions.roles(Capability.APPEALS_DECIDE)
        decides = any(each.role in deciders for each in own)
        refiles = AppealMove.REFILE in offers
        return AppealView(
            appeal=appeal,
            state_label=APPEAL_LABELS[appeal.state],
            department_name=ground.unit_name(appeal.department),
            filed_by=names.get(appeal.filed_by, ""),
            decided_by=names.get(appeal.decided_by or "", ""),
            due=None if clock is None else explained(ground, clock, now),
            overdue=appeal.state not in APPEAL_ENDED and clock is not None and now > clock.due,
            statements=tuple(
                StatementView(
                    each,
                    APPEAL_MOVES[AppealMove(each.move)].said,
                    names.get(each.person, ""),
                    attachments.of_owner(database, f"statement/{each.id}"),
                )
                for each in said
            ),
            card=None if appeal.card_id is None else cards.by_id(database, appeal.card_id),
            order=None if appeal.card_id is None else orders.of_card(database, appeal.card_id),
            events=past,
            names=names,
            offers=tuple(offers.values()),
            conflict=facts.conflict if decides and appeal.state not in APPEAL_ENDED else "",
            waits_for=appeal_waits(ground, appeal, overdue=facts.overdue),
            draft=drafts.read(database, topic_of(appeal), person) if refiles else None,
        )


def card_follow(database: Database, ground: Ground, card: Card, person: str, now: datetime) -> CardFollow:
    """What follows a card, and whether this person may appeal against it now."""
    with database.snapshot():
        order, appeal = orders.of_card(database, card.id), appeals.of_card(database, card.id)
        facts = filing_facts(database, ground, card, now)
        may, why = False, "由被发牌部门的综合管理员、审批负责人或部门监察员提出"
        for standing in capacities(database, ground, person, card.department, now):
            try:
                row = check_appeal(AppealState.DRAFT, AppealMove.FILE, standing.role, facts)
            except IllegalMove as error:
                why = error.detail
                break
            except Forbidden:
                continue
            if not may_appeal(ground, row, standing.role):
                continue
            may, why = True, ""
            break
        window = (
            explained(ground, card_window(ground, card), now)
            if card.state == "issued" and card.level
            else None
        )
        past = (
            *(() if order is None else events.of_subject(database, "order", order.id)),
            *(() if appeal is None else events.of_subject(database, "appeal", appeal.id)),
        )
        return CardFollow(
            order=order,
            order_label="" if order is None else ORDER_LABELS[order.state],
            appeal=appeal,
            appeal_label="" if appeal is None else APPEAL_LABELS[appeal.state],
            window=window,
            may_appeal=may,
            why_not=why,
            history=past,
            names=_names(database, [each.actor for each in past]),
        )


def file_of(
    database: Database, ground: Ground, attachment_id: str, person: str, now: datetime, request: str
) -> tuple[Attachment, Path]:
    """A file of a reply, a statement or one's own draft, and where its bytes lie; looks at sent ones are logged."""
    found = attachments.by_id(database, attachment_id)
    owner = attachments.owner_of(database, attachment_id)
    kind, _, rest = owner.partition("/")
    department = number = ""
    if kind == "draft" and rest.endswith(f"/{person}"):
        pass
    elif kind == "reply" and rest.isdigit():
        order = orders.of_reply(database, int(rest))
        department, number = ("", "") if order is None else (order.department, order.number)
    elif kind == "statement" and rest.isdigit():
        appeal = appeals.of_statement(database, int(rest))
        department, number = ("", "") if appeal is None else (appeal.department, appeal.number)
    else:
        raise NotFound("没有找到这个附件。")
    if found is None or (kind != "draft" and not may_read(database, ground, person, department, now)):
        raise NotFound("没有找到这个附件。")
    if kind != "draft":
        role = next((each.role for each in capacities(database, ground, person, department, now)), "")
        look = Look(
            now, person, role, "order" if kind == "reply" else "appeal", number, "attachment", request
        )
        database.write(lambda tx: add(tx, look))
    return found, attachments.path_of(database, found)


def order_title(reads: Reads, ground: Ground, order: Order) -> str:
    """What an order is about, in a few words."""
    if order.subject == "department":
        return f"{ground.unit_name(order.department)}：{order.text[:30]}{'…' if len(order.text) > 30 else ''}"
    subject = SUBJECTS[order.subject](reads, order.subject_id)
    return order.subject_number if subject is None else f"{subject.title}（{subject.number}）"


def order_waits(ground: Ground, order: Order) -> str:
    """Who has to do something next, in words; empty when nobody has."""
    if order.state in ORDER_ENDED:
        return ""
    if order.state in WAITS_FOR_DEPARTMENT:
        return ground.unit_name(order.department)
    return order.paper.issuer


def appeal_waits(ground: Ground, appeal: Appeal, *, overdue: bool) -> str:
    """The same for an appeal."""
    if appeal.state in APPEAL_ENDED:
        return ""
    if appeal.state is AppealState.RETURNED and not overdue:
        return ground.unit_name(appeal.department)
    return ground.county.supervisor_name


def _names(reads: Reads, ids: Iterable[str]) -> dict[str, str]:
    wanted = [each for each in dict.fromkeys(ids) if each and each != "system"]
    return {"system": "系统"} | people.names(reads, wanted)
