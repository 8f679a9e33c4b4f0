"""Who was held to account for what an order found (责任追究): entered by the county's supervisor, never deleted."""

from __future__ import annotations

from datetime import date, datetime

from catalog.codes import load_codes
from handlers.casework.authority import Standing
from handlers.casework.ground import Ground
from handlers.store import counts, orders
from handlers.store.access_log import Look, add
from handlers.store.database import Database
from handlers.store.orders import Accountability, Order
from handlers.store.writer import Transaction
from handlers.supervising import issuing
from handlers.supervising.requests import AccountabilityRequest
from handlers.supervising.standing import NO_ORDER, capacities, readable_order
from rules.access import in_scope
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.order_table import OrderState
from rules.permissions import Capability
from rules.time import local_date

TABLE = "accountability"
LONGEST_OUTCOME, LONGEST_NAME = 1000, 60


def record(
    database: Database,
    ground: Ground,
    order_id: int,
    request: AccountabilityRequest,
    person: str,
    now: datetime,
    kinds: frozenset[str] | None = None,
) -> Accountability:
    """Enters who was held to account. `kinds`: the codes the county has (the packaged ones when not given).

    Raises Invalid, NotFound, Forbidden (the county's supervisor only), IllegalMove on a cancelled order.
    """
    _check(request, local_date(now), kinds if kinds is not None else frozenset(load_codes()[TABLE].codes))

    def job(tx: Transaction) -> Accountability:
        order, standing = _for_writing(tx, ground, order_id, person, now)
        if order.state is OrderState.CANCELLED:
            raise IllegalMove("督办已经撤销，不能登记责任追究。")
        unit = request.unit or order.unit
        if not in_scope(order.department, ground.units.tree, unit):
            raise Invalid("还不能登记", {"unit": "请选择被督办部门或它下面的单位"})
        entry = Accountability(
            id=0, order_id=order.id, department=order.department, unit=unit, person=request.person.strip() or None,
            kind=request.kind, outcome=request.outcome.strip(), decided=request.decided, entered=now,
            entered_by=standing.actor, withdrawn=None, withdrawn_by=None, withdrawal="", drill=order.drill,
        )  # fmt: skip
        entry_id = orders.add_accountability(tx, entry)
        issuing.happened(
            tx, order, "accountability", standing.actor, standing.role, standing.unit, now, order.state,
            {
                "entry": entry_id, "kind": entry.kind, "unit": unit, "person": entry.person, "outcome": entry.outcome,
                "decided": entry.decided.isoformat(), "words": "",
            },
        )  # fmt: skip
        if not order.drill:
            counts.add(tx, local_date(now), order.department, ("accountability",))
        found = orders.accountability_by_id(tx, entry_id)
        assert found is not None
        return found

    return database.write(job)


def withdraw(
    database: Database, ground: Ground, order_id: int, entry_id: int, reason: str, person: str, now: datetime
) -> None:
    """Takes a wrong entry back with the reason; it stays readable. Raises like `record`, Conflict the second time."""
    words = reason.strip()
    if not 1 <= len(words) <= LONGEST_OUTCOME:
        raise Invalid("还不能更正", {"reason": f"请写明撤回的理由（最多 {LONGEST_OUTCOME} 个字）"})

    def job(tx: Transaction) -> None:
        order, standing = _for_writing(tx, ground, order_id, person, now)
        entry = orders.accountability_by_id(tx, entry_id)
        if entry is None or entry.order_id != order.id:
            raise NotFound("没有这条责任追究记录。")
        if not orders.withdraw_accountability(tx, entry_id, standing.actor, now, words):
            raise Conflict("这条记录已经撤回。")
        issuing.happened(
            tx, order, "accountability_withdrawn", standing.actor, standing.role, standing.unit, now, order.state,
            {"entry": entry_id, "reason": words, "words": ""},
        )  # fmt: skip
        if not order.drill:
            counts.add(tx, local_date(entry.entered), order.department, ("accountability",), -1)

    database.write(job)


def reveal(
    database: Database, ground: Ground, order_id: int, person: str, now: datetime, request: str
) -> None:
    """Notes that someone asked for the unmasked names of an order's accountability."""
    order = readable_order(database, ground, order_id, person, now)
    role = next(each.role for each in capacities(database, ground, person, order.department, now))
    look = Look(now, person, role, "order", order.number, "accountability", request)
    database.write(lambda tx: add(tx, look))


def _for_writing(
    tx: Transaction, ground: Ground, order_id: int, person: str, now: datetime
) -> tuple[Order, Standing]:
    order = orders.by_id(tx, order_id)
    found = () if order is None else capacities(tx, ground, person, order.department, now)
    if order is None or not found:
        raise NotFound(NO_ORDER)
    deciders = ground.permissions.roles(Capability.APPEALS_DECIDE)
    standing = next((each for each in found if each.role in deciders), None)
    if standing is None:
        raise Forbidden("责任追究由县监察员登记。")
    return order, standing


def _check(request: AccountabilityRequest, today: date, kinds: frozenset[str]) -> None:
    wrong: dict[str, str] = {}
    if request.kind not in kinds:
        wrong["kind"] = "请选择追究方式"
    if not 1 <= len(request.outcome.strip()) <= LONGEST_OUTCOME:
        wrong["outcome"] = f"请写明追究结果（最多 {LONGEST_OUTCOME} 个字）"
    if len(request.person.strip()) > LONGEST_NAME:
        wrong["person"] = f"最多写 {LONGEST_NAME} 个字"
    if request.decided > today:
        wrong["decided"] = "不能是以后的日期"
    elif request.decided.year < today.year - 5:
        wrong["decided"] = "日期太早，请核对"
    if wrong:
        raise Invalid("还不能登记", wrong)
