"""Makes the moves of an order: explanation, acceptance, return, correction, close, cancellation; orders by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from handlers.casework import clocks as casework_clocks
from handlers.casework.authority import Standing, first_allowed
from handlers.casework.cards import catch_up
from handlers.casework.ground import Ground
from handlers.casework.subjects import SUBJECTS
from handlers.store import attachments, chases, clocks, counts, idempotency, orders, outbox
from handlers.store.database import Database
from handlers.store.moments import Reads
from handlers.store.orders import Order, Reply
from handlers.store.records import Json
from handlers.store.writer import Transaction
from handlers.supervising import drafts, issuing
from handlers.supervising.about import subject_for, supervisor_of
from handlers.supervising.deadlines import ANSWERERS, message, new_clock, note_late, running
from handlers.supervising.requests import OrderRequest
from handlers.supervising.standing import NO_ORDER, capacities, may_move, order_facts
from presentation.dates import date_cn
from rules.access import Role
from rules.clock import ClockKind
from rules.errors import Conflict, Invalid, NotFound
from rules.order_table import (
    ORDER_MOVES,
    OrderFacts,
    OrderMove,
    OrderRow,
    OrderState,
    check_order,
    checked_values,
)
from rules.time import local_date

SCOPE = "order/issue"
LONGEST_BASIS = 300


def move_order(
    database: Database,
    ground: Ground,
    order_id: int,
    move: str,
    given: Mapping[str, str],
    person: str,
    now: datetime,
    seen: int | None = None,
) -> Order:
    """Makes a move of the order table; what goes with it lies in the person's draft and is taken from there.

    Raises NotFound, IllegalMove, Forbidden, Invalid, and Conflict when the order changed since `seen`.
    """
    try:
        name = OrderMove(move)
    except ValueError as error:
        raise NotFound("没有这种操作。请回到督办页面重新选择。") from error
    if name is OrderMove.ISSUE:
        raise NotFound("没有这种操作。请回到督办页面重新选择。")

    def job(tx: Transaction) -> Order:
        order = orders.by_id(tx, order_id)
        standing, row, facts = allowed(tx, ground, order, name, person, now)
        assert order is not None
        if seen is not None and seen != order.version:
            raise Conflict("您打开页面以后，这份督办有了变化，没有执行。请看清现在的状态再操作。")
        values = checked_values(row, given, facts)
        _Move(tx, ground, order, row, standing, values, now).make()
        found = orders.by_id(tx, order_id)
        assert found is not None
        return found

    return database.write(job)


def allowed(
    reads: Reads, ground: Ground, order: Order | None, move: OrderMove, person: str, now: datetime
) -> tuple[Standing, OrderRow, OrderFacts]:
    """In what capacity a person may make a move. Raises NotFound out of reach, IllegalMove, Forbidden."""
    found = () if order is None else capacities(reads, ground, person, order.department, now)
    if order is None or not found:
        raise NotFound(NO_ORDER)
    facts = order_facts(reads, ground, order, person, now)
    standing, row = first_allowed(
        found,
        lambda each: check_order(order.state, move, each.role, facts),
        lambda each, row: may_move(ground, row, each.role),
    )
    return standing, row, facts


class _Move:
    """One move inside its transaction."""

    def __init__(
        self,
        tx: Transaction,
        ground: Ground,
        order: Order,
        row: OrderRow,
        standing: Standing,
        values: Mapping[str, str],
        now: datetime,
    ) -> None:
        self.tx, self.ground, self.order, self.row = tx, ground, order, row
        self.standing, self.values, self.now = standing, values, now

    def make(self) -> None:
        """Clocks, row, event, messages."""
        if self.row.move is OrderMove.CANCEL:
            who = self.standing
            issuing.cancel(self.tx, self.order, who.actor, who.role, who.unit, self.values["text"], self.now)
            return
        late = self._stop()
        {
            OrderMove.EXPLAIN: self._reply,
            OrderMove.REPORT: self._reply,
            OrderMove.ACCEPT: self._accept,
            OrderMove.RETURN: self._return,
            OrderMove.DEMAND: self._demand,
            OrderMove.CLOSE: self._close,
        }[self.row.move](late)
        shown = clocks.of_subject(self.tx, "order", self.order.id)
        orders.show(self.tx, self.order.id, casework_clocks.light(shown, self.now), None, None)

    def _stop(self) -> bool:
        """What runs gets the cards it has earned and stops; whether it was past its day."""
        late = False
        for kind in self.row.stops:
            clock = running(self.tx, "order", self.order.id, kind)
            if clock is None:
                continue
            subject = SUBJECTS["order"](self.tx, self.order.id)
            assert subject is not None
            catch_up(self.tx, self.ground, clock, subject, (), self.now, self.now)
            late = self.now > clock.due
            clocks.stop(self.tx, clock.id, self.now, self.row.said)
            if late:
                stopped = clocks.by_id(self.tx, clock.id)
                assert stopped is not None
                note_late(self.tx, self.order, stopped, self.now)
        return late

    def _reply(self, late: bool) -> None:
        explains = self.row.move is OrderMove.EXPLAIN
        reply = Reply(
            0, self.order.id, self.row.move, self.values["text"], self.now, self.standing.actor, late, "", ""
        )
        reply_id = orders.add_reply(self.tx, reply)
        topic = drafts.order_topic(self.order.id)
        files = attachments.hand_over(self.tx, drafts.owner(topic, self.standing.actor), f"reply/{reply_id}")
        chases.drop_draft(self.tx, topic, self.standing.actor)
        changes: dict[str, object] = {"state": self.row.to_state}
        if explains:
            changes["explained_at"] = self.now
        orders.change(self.tx, self.order, **changes)
        self._happened(reply=reply_id, text=self.values["text"], files=list(files), late=late)
        word = "情况说明" if explains else "整改情况"
        body = f"{self.order.number}：{self.ground.unit_name(self.order.department)}已提交{word}{'（逾期）' if late else ''}，请认定。"
        self._tell(self.order.issuer_unit, (Role.COUNTY_SUPERVISOR, Role.DEPARTMENT_SUPERVISOR), body)
        self._count("explanations" if explains else "corrections")

    def _accept(self, _: bool) -> None:
        self._judge("accepted")
        orders.change(self.tx, self.order, state=self.row.to_state)
        self._happened(text=self.values["text"])
        self._tell_department(f"{self.order.number}：情况说明已获认可。")

    def _return(self, _: bool) -> None:
        self._judge("returned")
        due = self._start(ClockKind.EXPLANATION, f"{self.order.number}退回后重新说明的时限")
        orders.change(
            self.tx, self.order, state=self.row.to_state, explain_due=due, returns=self.order.returns + 1
        )
        self._happened(text=self.values["text"], days=int(self.values["days"]), due=due.isoformat())
        self._tell_department(
            f"{self.order.number}：情况说明被退回，请在{date_cn(due)}前重新提交。理由：{self.values['text']}"
        )
        self._count("explanations_returned")

    def _demand(self, _: bool) -> None:
        self._judge("demanded")
        due = self._start(ClockKind.ORDER, f"{self.order.number}责令整改的时限")
        orders.change(
            self.tx, self.order, state=self.row.to_state, correct_due=due, demand=self.values["text"]
        )
        self._happened(text=self.values["text"], days=int(self.values["days"]), due=due.isoformat())
        self._tell_department(
            f"{self.order.number}：责令整改，请在{date_cn(due)}前报告整改情况。要求：{self.values['text']}"
        )

    def _close(self, _: bool) -> None:
        self._judge("accepted")
        orders.change(
            self.tx, self.order, state=self.row.to_state, closed_at=self.now, closing=self.values["text"]
        )
        self._happened(text=self.values["text"])
        self._tell_department(f"{self.order.number}已办结。")
        self._count("orders_closed")

    def _judge(self, verdict: str) -> None:
        replies = orders.replies(self.tx, self.order.id)
        if replies and not replies[-1].verdict:
            orders.judge_reply(self.tx, replies[-1].id, verdict, self.values.get("text", ""))

    def _start(self, kind: ClockKind, basis: str) -> datetime:
        order = self.order
        clock = new_clock(
            self.ground, kind, self.now, int(self.values["days"]), subject_id=order.id,
            department=order.department, unit=order.unit, drill=order.drill, basis=basis,
        )  # fmt: skip
        clocks.insert(self.tx, clock)
        return clock.due

    def _happened(self, **payload: Json) -> None:
        who = self.standing
        issuing.happened(
            self.tx, self.order, self.row.move, who.actor, who.role, who.unit, self.now, self.row.to_state,
            {**payload, "words": ""},
        )  # fmt: skip

    def _tell_department(self, body: str) -> None:
        self._tell(self.order.department, ANSWERERS, body)

    def _tell(self, unit: str, roles: tuple[Role, ...], body: str) -> None:
        outbox.add(
            self.tx, [message(self.order, f"order.{self.row.move}", unit, body, self.now, roles=roles)]
        )

    def _count(self, measure: str) -> None:
        if not self.order.drill:
            counts.add(self.tx, local_date(self.now), self.order.department, (measure,))


def issue_by_hand(
    database: Database, ground: Ground, request: OrderRequest, person: str, now: datetime, key: str
) -> tuple[Order, bool]:
    """An order a supervisor writes; the same `key` with the same content gives the same order, and True.

    Raises Invalid, NotFound for a case, letter or department out of reach, Forbidden for who supervises nobody.
    """
    fingerprint = idempotency.fingerprint([asdict(request), person])
    row = ORDER_MOVES[OrderMove.ISSUE]
    values = checked_values(row, {"text": request.text, "demand": request.demand}, OrderFacts())
    if len(request.basis.strip()) > LONGEST_BASIS:
        raise Invalid(f"还不能“{row.label}”", {"basis": f"最多写 {LONGEST_BASIS} 个字"})

    def job(tx: Transaction) -> tuple[Order, bool]:
        earlier = idempotency.earlier(tx, database.vault, SCOPE, key, fingerprint)
        if earlier is not None:
            found = orders.by_id(tx, int(str(earlier["order"])))
            assert found is not None
            return found, True
        about = subject_for(tx, ground, request.subject, request.number, request.department)
        standing = supervisor_of(tx, ground, person, about, now)
        check_order(OrderState.DRAFT, OrderMove.ISSUE, standing.role, OrderFacts())
        internal = standing.role is Role.DEPARTMENT_SUPERVISOR
        begun = issuing.blank(
            about.department, about.unit, about.department if internal else ground.units.top or "county",
            values["text"], values["demand"], now, about.drill,
        )  # fmt: skip
        made = replace(
            begun,
            subject=about.kind,
            subject_id=about.id,
            subject_number=about.number,
            issued_by=standing.actor,
        )
        paper = issuing.paper_by_hand(
            ground, about.what, about.unit, values["text"], values["demand"], request.basis
        )
        order = issuing.issue(tx, ground, made, paper, standing.role)
        idempotency.keep(tx, database.vault, SCOPE, key, fingerprint, {"order": order.id}, now)
        return order, False

    return database.write(job)
