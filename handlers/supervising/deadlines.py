"""The clocks of orders and appeals: how the sweep reads and shows them, and what happens when a day has passed."""

from __future__ import annotations

from datetime import datetime

from handlers.casework import clocks as casework_clocks
from handlers.casework.clocks import Limit
from handlers.casework.ground import Ground
from handlers.casework.subjects import SHOWN, SUBJECTS, Light, Subject
from handlers.casework.views import DueView
from handlers.store import appeals, clocks, counts, orders, outbox
from handlers.store.moments import Reads
from handlers.store.orders import Order
from handlers.store.records import Card, Clock
from handlers.store.writer import Transaction
from presentation.dates import date_cn
from rules.access import Role
from rules.clock import ClockKind
from rules.time import local_date

ANSWERERS = (Role.COORDINATOR, Role.DECIDER, Role.DEPARTMENT_SUPERVISOR)
CHANNELS = ("in_app", "sms")
_OBJECT = {ClockKind.EXPLANATION: "order", ClockKind.ORDER: "order", ClockKind.APPEAL: ""}


def new_clock(
    ground: Ground,
    kind: ClockKind,
    start: datetime,
    days: int,
    *,
    subject_id: int,
    department: str,
    unit: str,
    drill: bool,
    basis: str,
) -> Clock:
    """A clock of an order or an appeal as it is to be stored, in working days."""
    return casework_clocks.new(
        ground, kind, start, Limit(days, basis=basis), subject="appeal" if kind is ClockKind.APPEAL else "order",
        subject_id=subject_id, department=department, unit=unit, drill=drill, object_=_OBJECT[kind],
    )  # fmt: skip


def running(reads: Reads, subject: str, subject_id: int, kind: ClockKind) -> Clock | None:
    """The running clock of a kind."""
    found = [each for each in clocks.of_subject(reads, subject, subject_id) if each.kind is kind]
    return next((each for each in reversed(found) if each.stopped is None), None)


def latest(reads: Reads, subject: str, subject_id: int) -> Clock | None:
    """The clock that runs, else the one that ran last."""
    found = clocks.of_subject(reads, subject, subject_id)
    return next((each for each in reversed(found) if each.stopped is None), found[-1] if found else None)


def stop(
    tx: Transaction, subject: str, subject_id: int, kinds: frozenset[ClockKind], at: datetime, why: str
) -> None:
    """Stops what runs of these kinds."""
    for clock in clocks.of_subject(tx, subject, subject_id):
        if clock.kind in kinds and clock.stopped is None:
            clocks.stop(tx, clock.id, at, why)


def appeal_window(ground: Ground, department: str, told: datetime) -> Clock:
    """Until when a department may appeal against what it was told of: never stored, always by today's calendar."""
    days = ground.county.settings.appeal_days
    return new_clock(
        ground, ClockKind.APPEAL, told, days, subject_id=0, department=department, unit=department, drill=False,
        basis=f"本县规定：自被告知的次日起{days}个工作日内可以申诉",
    )  # fmt: skip


def card_window(ground: Ground, card: Card) -> Clock:
    """The same for a card: told when it took effect."""
    return appeal_window(ground, card.department, card.issued)


def explained(ground: Ground, clock: Clock, now: datetime) -> DueView:
    """A deadline with its day-by-day count."""
    return casework_clocks.explain(ground, clock, (), now)


def counted_words(ground: Ground, clock: Clock) -> str:
    """One sentence that says how the day was counted, days left out included: for documents and refusals."""
    due = explained(ground, clock, clock.started)
    left_out = [day for day in due.trace if not day.counted and day.date > local_date(clock.started)]
    words = due.why.replace(",", "，")
    if left_out:
        listed = "、".join(f"{day.date.month}月{day.date.day}日" for day in left_out[:20])
        words += f"；其中{listed}{'等' if len(left_out) > 20 else ''}不是工作日，不计"
    return words


def _order(reads: Reads, order_id: int) -> Subject | None:
    order = orders.by_id(reads, order_id)
    return None if order is None else Subject("order", order.id, order.number, "督办通知书", order.unit)


def _appeal(reads: Reads, appeal_id: int) -> Subject | None:
    appeal = appeals.by_id(reads, appeal_id)
    return (
        None
        if appeal is None
        else Subject("appeal", appeal.id, appeal.number, appeal.about, appeal.department)
    )


def _show_order(tx: Transaction, order_id: int, light: Light) -> None:
    clock = light.looked_at
    correction = clock.kind is ClockKind.ORDER
    orders.show(
        tx, order_id, light.level, None if correction else clock.due, clock.due if correction else None
    )
    if clock.stopped is None and light.now > clock.due:
        order = orders.by_id(tx, order_id)
        if order is not None:
            note_late(tx, order, clock, light.now)


def note_late(tx: Transaction, order: Order, clock: Clock, now: datetime) -> None:
    """Flags an order whose day has passed; of each day missed, the department is reminded, the supervisor told and
    it is counted, once: an explanation sent back gets a day of its own, which may be missed too."""
    correction, fact = clock.kind is ClockKind.ORDER, f"late:{clock.id}"
    orders.flag_late(tx, order.id, correction=correction)
    if outbox.was_told(tx, fact):
        return
    word = "整改报告" if correction else "情况说明"
    if not order.drill:
        counts.add(
            tx,
            local_date(now),
            order.department,
            ("corrections_late" if correction else "explanations_late",),
        )
    if clock.stopped is not None:
        return  # it has just come, late: nobody needs a reminder
    body = f"{order.number}要求的{word}应在{date_cn(clock.due)}前提交，已经逾期，请立即提交。"
    told = f"{order.number}：责任部门没有在{date_cn(clock.due)}前提交{word}。"
    outbox.add(
        tx,
        [
            message(order, "order.late", order.department, body, now, fact=fact, roles=ANSWERERS),
            message(order, "order.late", order.issuer_unit, told, now, fact=fact, roles=_supervisors(order)),
        ],
    )  # fmt: skip


def message(
    order: Order,
    template: str,
    unit: str,
    body: str,
    now: datetime,
    *,
    fact: str = "",
    roles: tuple[Role, ...] = (),
) -> outbox.NewMessage:
    """A message about an order to those of a unit who hold one of some roles there."""
    return outbox.NewMessage(
        now, template, "unit", unit, "order", order.id, order.number, body, order.drill,
        channels=CHANNELS, fact=fact, roles=tuple(each.value for each in roles),
    )  # fmt: skip


def _supervisors(order: Order) -> tuple[Role, ...]:
    return (Role.COUNTY_SUPERVISOR, Role.DEPARTMENT_SUPERVISOR)


def _show_appeal(tx: Transaction, appeal_id: int, light: Light) -> None:
    appeals.show(tx, appeal_id, light.level, light.looked_at.due)


SUBJECTS.update({"order": _order, "appeal": _appeal})
SHOWN.update({"order": _show_order, "appeal": _show_appeal})
