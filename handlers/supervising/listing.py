"""The list “督办与申诉”: what waits for a department, what waits for a supervisor, all that is open, all that is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.casework.authority import active_person, departments_in_scope
from handlers.casework.ground import Ground
from handlers.store import appeals, cards, orders
from handlers.store.appeals import Appeal
from handlers.store.cards import CardFilter
from handlers.store.database import Database
from handlers.store.orders import Order, OrderFilter
from handlers.store.records import Card
from handlers.supervising.reading import appeal_waits, order_title, order_waits
from handlers.supervising.standing import readers
from handlers.supervising.views import Line, LinePage
from rules.appeal_table import APPEAL_ENDED, APPEAL_LABELS, AppealState
from rules.cards import LEVEL_NAMES
from rules.errors import Forbidden
from rules.order_table import (
    ORDER_ENDED,
    ORDER_LABELS,
    ORDER_OPEN,
    WAITS_FOR_DEPARTMENT,
    WAITS_FOR_SUPERVISOR,
    OrderState,
)
from rules.permissions import Capability
from rules.time import local_date

TABS = {"ours": "等本部门办", "decide": "等监察决定", "open": "全部在办", "done": "已办结"}
# A list joins two or three tables; more than this of one kind a county does not have open at once.
_MOST = 2000
_OPEN_APPEALS = (AppealState.OPEN, AppealState.RETURNED)


def line_page(
    database: Database,
    ground: Ground,
    person: str,
    now: datetime,
    *,
    tab: str = "",
    page: int = 1,
    size: int = 30,
) -> LinePage:
    """A page of the list; without a tab the one where something waits for the reader. Raises Forbidden."""
    account = active_person(database, person)
    day = local_date(now)
    scope = departments_in_scope(account.assignments, ground, readers(ground), day)
    if not scope:
        raise Forbidden("督办与申诉只对监察员和部门负责人开放。")
    supervisors = ground.permissions.roles(Capability.ORDERS_ISSUE)
    answerers = ground.permissions.roles(Capability.ORDERS_ANSWER)
    supervised = departments_in_scope(account.assignments, ground, supervisors, day)
    answered = tuple(
        each
        for each in scope
        if any(
            one.holds_on(day) and one.role in answerers and one.unit == each for one in account.assignments
        )
    )
    with database.snapshot():
        found = {
            "ours": _ours(database, ground, answered, now),
            "decide": _to_decide(database, ground, supervised or scope, now),
            "open": _open(database, ground, scope, now),
        }
        counts = {name: len(lines) for name, lines in found.items()}
        counts["done"] = _done_count(database, scope)
        chosen = (
            tab if tab in TABS else ("ours" if answered and (found["ours"] or not supervised) else "decide")
        )
        page = max(page, 1)
        if chosen == "done":
            lines = _done(database, ground, scope, now, size * page)
        else:
            lines = found[chosen]
        shown = tuple(lines[(page - 1) * size : page * size])
    total = counts[chosen]
    return LinePage(
        shown, chosen, counts, page, max(-(-total // size), 1), total, answers=bool(answered), supervises=bool(supervised)
    )  # fmt: skip


def _ours(database: Database, ground: Ground, departments: Sequence[str], now: datetime) -> list[Line]:
    found, _ = orders.listed(
        database, departments, OrderFilter(WAITS_FOR_DEPARTMENT, oldest_first=True), _MOST
    )
    returned, _ = appeals.listed(database, departments, (AppealState.RETURNED,), _MOST)
    lines = [_order_line(database, ground, each, now) for each in found]
    lines += [_appeal_line(ground, each, now) for each in returned if now <= each.due]
    return sorted(lines, key=_by_due)


def _to_decide(database: Database, ground: Ground, departments: Sequence[str], now: datetime) -> list[Line]:
    found, _ = orders.listed(
        database, departments, OrderFilter(WAITS_FOR_SUPERVISOR, oldest_first=True), _MOST
    )
    waiting, _ = appeals.listed(database, departments, _OPEN_APPEALS, _MOST)
    pending, _ = cards.listed(database, departments, CardFilter(state="pending"), _MOST)
    lines = [_order_line(database, ground, each, now) for each in found]
    lines += [
        _appeal_line(ground, each, now)
        for each in waiting
        if each.state is AppealState.OPEN or now > each.due
    ]
    lines += [_card_line(ground, each) for each in pending]
    return sorted(lines, key=_by_due)


def _open(database: Database, ground: Ground, departments: Sequence[str], now: datetime) -> list[Line]:
    found, _ = orders.listed(database, departments, OrderFilter(ORDER_OPEN, oldest_first=True), _MOST)
    waiting, _ = appeals.listed(database, departments, _OPEN_APPEALS, _MOST)
    lines = [_order_line(database, ground, each, now) for each in found]
    lines += [_appeal_line(ground, each, now) for each in waiting]
    return sorted(lines, key=_by_due)


def _done(
    database: Database, ground: Ground, departments: Sequence[str], now: datetime, most: int
) -> list[Line]:
    found, _ = orders.listed(database, departments, OrderFilter(ORDER_ENDED), most)
    decided, _ = appeals.listed(database, departments, tuple(APPEAL_ENDED), most)
    lines = [_order_line(database, ground, each, now) for each in found]
    lines += [_appeal_line(ground, each, now) for each in decided]
    return sorted(lines, key=lambda each: each.at, reverse=True)


def _done_count(database: Database, departments: Sequence[str]) -> int:
    return (
        orders.listed(database, departments, OrderFilter(ORDER_ENDED), 0)[1]
        + appeals.listed(database, departments, tuple(APPEAL_ENDED), 0)[1]
    )


def _by_due(line: Line) -> tuple[bool, datetime, int]:
    return line.due is None, line.due or line.at, line.id


def _order_line(database: Database, ground: Ground, order: Order, now: datetime) -> Line:
    due = {OrderState.ISSUED: order.explain_due, OrderState.CORRECTING: order.correct_due}.get(order.state)
    return Line(
        kind="order",
        id=order.id,
        number=order.number,
        title=order_title(database, ground, order),
        department=order.department,
        department_name=ground.unit_name(order.department),
        state=order.state,
        state_label=ORDER_LABELS[order.state],
        waits_for=order_waits(ground, order),
        due=due,
        left=_left(ground, due, now),
        late=due is not None and now > due,
        level=order.level,
        drill=order.drill,
        at=order.closed_at or order.issued,
        href=f"/hall/orders/{order.id}",
    )


def _appeal_line(ground: Ground, appeal: Appeal, now: datetime) -> Line:
    ended = appeal.state in APPEAL_ENDED
    late = not ended and now > appeal.due
    return Line(
        kind="appeal",
        id=appeal.id,
        number=appeal.number,
        title=appeal.about,
        department=appeal.department,
        department_name=ground.unit_name(appeal.department),
        state=appeal.state,
        state_label=APPEAL_LABELS[appeal.state],
        waits_for=appeal_waits(ground, appeal, overdue=late),
        due=None if ended else appeal.due,
        left=None if ended else _left(ground, appeal.due, now),
        late=late,
        level=appeal.level,
        drill=appeal.drill,
        at=appeal.decided_at or appeal.filed,
        href=f"/hall/appeals/{appeal.id}",
    )


def _card_line(ground: Ground, card: Card) -> Line:
    return Line(
        kind="card",
        id=card.id,
        number=card.subject_number,
        title=f"{LEVEL_NAMES.get(card.level, '')}：{card.why}",
        department=card.department,
        department_name=ground.unit_name(card.department),
        state=card.state,
        state_label="待确认发牌",
        waits_for=ground.county.supervisor_name,
        due=None,
        left=None,
        late=False,
        level=card.level,
        drill=card.drill,
        at=card.since,
        href=f"/hall/cards/{card.id}",
    )


def _left(ground: Ground, due: datetime | None, now: datetime) -> int | None:
    """Working days left; negative when over."""
    return None if due is None else ground.calendar.working_days_between(local_date(now), local_date(due))
