"""Issues an order with its number, document, clock and messages, and takes one back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from handlers.casework.ground import Ground
from handlers.store import clocks, counts, events, orders, outbox
from handlers.store.orders import Order, OrderPaper
from handlers.store.records import Clock, Json
from handlers.store.writer import Transaction
from handlers.supervising.deadlines import ANSWERERS, counted_words, message, new_clock, stop
from presentation.dates import date_cn
from rules.access import Role
from rules.clock import ClockKind
from rules.order_table import OrderMove, OrderState
from rules.quick_dataclass import dataclass
from rules.time import local_date

BY_HAND_BASIS = "本县电子监察和行政效能监督的规定"
CORRECT_AT_ONCE = "立即查明原因，纠正上述问题，并采取措施防止再次发生"
_BOTH_CLOCKS = frozenset({ClockKind.EXPLANATION, ClockKind.ORDER})


@dataclass(frozen=True, slots=True)
class Paper:
    """What a document says before its number and day are known; `appeal` how long one may appeal, in words."""

    paragraphs: tuple[str, ...]
    basis: str
    demand: str
    rows: tuple[tuple[str, str], ...]
    appeal: str = ""


def paper_by_hand(ground: Ground, what: str, unit: str, text: str, demand: str, basis: str) -> Paper:
    """The document of an order a supervisor writes."""
    law = basis.strip() or BY_HAND_BASIS
    return Paper(
        paragraphs=(f"经监察发现，{what}存在以下问题：{text.rstrip('。')}。", f"依据{law}，现予督办。"),
        basis=law,
        demand=demand or CORRECT_AT_ONCE,
        rows=(("责任单位", ground.unit_name(unit)),)
        if what == "你单位"
        else (
            ("督办对象", what.removeprefix("你单位办理的").removeprefix("你单位承办的")),
            ("责任单位", ground.unit_name(unit)),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Explanation:
    """The clock of an explanation before it has its order, and how its day was counted, in words."""

    clock: Clock
    counted: str


def issue(tx: Transaction, ground: Ground, order: Order, paper: Paper, role: Role) -> Order:
    """Numbers an order, starts the clock of its explanation, tells the department; the event is in the chain."""
    return issue_all(tx, ground, ((order, paper),), role)[0]


def issue_all(
    tx: Transaction, ground: Ground, wanted: Iterable[tuple[Order, Paper]], role: Role
) -> tuple[Order, ...]:
    """The same for several orders, each as of its moment of issue; written table by table, which is faster."""
    explanations: dict[datetime, _Explanation] = {}
    made: list[Order] = []
    for order, paper in wanted:
        if order.issued not in explanations:
            explanations[order.issued] = _explanation(ground, order.issued)
        made.append(_numbered(tx, ground, order, paper, explanations[order.issued]))
    made = [replace(each, id=orders.insert(tx, each)) for each in made]
    for each in made:
        clocks.insert(
            tx,
            replace(
                explanations[each.issued].clock, subject_id=each.id, department=each.department, unit=each.unit,
                drill=each.drill, basis=f"{each.number}载明的说明时限",
            ),
        )  # fmt: skip
    for each in made:
        payload: dict[str, Json] = {
            "card": each.card_id, "about": each.subject, "about_number": each.subject_number, "text": each.text,
            "demand": each.demand, "basis": each.paper.basis, "explain_due": each.explain_due.isoformat(), "words": "",
        }  # fmt: skip
        happened(
            tx, each, OrderMove.ISSUE, each.issued_by, role, each.issuer_unit, each.issued, OrderState.ISSUED,
            payload,
        )  # fmt: skip
    outbox.add(tx, [told for each in made for told in _messages(each)])
    counted = Counter((local_date(each.issued), each.department) for each in made if not each.drill)
    for (day, department), many in counted.items():
        counts.add(tx, day, department, ("orders",), many)
    return tuple(made)


def _explanation(ground: Ground, issued: datetime) -> _Explanation:
    clock = new_clock(
        ground, ClockKind.EXPLANATION, issued, ground.county.settings.explanation_days, subject_id=0, department="",
        unit="", drill=False, basis="",
    )  # fmt: skip
    return _Explanation(clock, counted_words(ground, clock))


def _numbered(
    tx: Transaction, ground: Ground, order: Order, paper: Paper, explanation: _Explanation
) -> Order:
    """The order with its number, its day and its document."""
    county, clock = ground.county, explanation.clock
    internal = order.issuer_unit in ground.departments
    word = ground.departments[order.issuer_unit].number_word if internal else ""
    demands = [
        f"{paper.demand.rstrip('。')}。",
        f"在{date_cn(clock.due)}前（{clock.limit_days}个工作日内）提交书面情况说明，写明事实、原因、责任和已经采取的措施，附证明材料。",
    ]
    if paper.appeal:
        demands.append(f"对所发的牌有异议的，可以申诉（{paper.appeal}）。申诉期间不停止督办。")
    return replace(
        order,
        number=orders.next_number(tx, county.document_word, word, local_date(order.issued).year, order.drill),
        explain_due=clock.due,
        paper=OrderPaper(
            issuer=ground.unit_name(order.issuer_unit) if internal else county.supervisor_name,
            addressee=ground.unit_name(order.department),
            basis=paper.basis,
            paragraphs=paper.paragraphs,
            rows=(
                *paper.rows,
                ("说明期限", f"{date_cn(clock.due)}{'（暂定）' if clock.provisional else ''}"),
                ("怎么算的", explanation.counted),
            ),
            demands=tuple(demands),
        ),
    )


def _messages(order: Order) -> list[outbox.NewMessage]:
    """One to the department and one to the unit that has to answer."""
    body = f"{order.number}：{order.paper.paragraphs[0]}请在{date_cn(order.explain_due)}前提交情况说明。"
    return [
        message(
            order, "order.issued", unit, body, order.issued, fact=f"order:{order.id}",
            roles=ANSWERERS if unit == order.department else (),
        )
        for unit in dict.fromkeys((order.department, order.unit))
    ]  # fmt: skip


def cancel(
    tx: Transaction, order: Order, actor: str, role: Role, unit: str, words: str, now: datetime
) -> None:
    """Takes an order back: its clocks stop, the department is told."""
    stop(tx, "order", order.id, _BOTH_CLOCKS, now, "督办已撤销")
    orders.change(tx, order, state=OrderState.CANCELLED, closed_at=now, closing=words)
    orders.show(tx, order.id, 0, None, None)
    happened(
        tx,
        order,
        OrderMove.CANCEL,
        actor,
        role,
        unit,
        now,
        OrderState.CANCELLED,
        {"text": words, "words": ""},
    )
    body = f"{order.number}已撤销：{words}"
    outbox.add(tx, [message(order, "order.cancel", order.department, body, now, roles=ANSWERERS)])
    if not order.drill:
        counts.add(tx, local_date(now), order.department, ("orders_cancelled",))


def happened(
    tx: Transaction,
    order: Order,
    move: OrderMove | str,
    actor: str,
    role: Role,
    unit: str,
    now: datetime,
    to_state: OrderState,
    payload: dict[str, Json],
) -> None:
    """The event of a move; its payload, not its metadata, holds what was written."""
    first = move == OrderMove.ISSUE
    events.append(
        tx,
        events.NewEvent(
            at=now,
            kind=f"order.{move}",
            subject="order",
            subject_id=order.id,
            subject_number=order.number,
            actor=actor,
            role=role,
            unit=unit,
            from_state="" if first else order.state,
            to_state=to_state,
            drill=order.drill,
            payload=payload,
        ),
    )


def blank(
    department: str, unit: str, issuer_unit: str, text: str, demand: str, now: datetime, drill: bool
) -> Order:
    """An order about a department as a whole, before it has its number; about a case or letter: replace that."""
    return Order(
        id=0,
        number="",
        card_id=None,
        subject="department",
        subject_id=0,
        subject_number=department,
        department=department,
        unit=unit,
        issuer_unit=issuer_unit,
        text=text,
        demand=demand,
        paper=OrderPaper("", "", "", (), (), ()),
        issued=now,
        issued_by="system",
        explain_due=now,
        correct_due=None,
        state=OrderState.ISSUED,
        explained_at=None,
        late=False,
        correction_late=False,
        returns=0,
        chases=0,
        level=0,
        closed_at=None,
        closing="",
        version=0,
        drill=drill,
    )
