"""What an order by hand or a reminder is about: a case, a letter, an order, a department; and who supervises it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from handlers.casework.authority import Standing
from handlers.casework.ground import Ground
from handlers.store import cases, letters, orders
from handlers.store.moments import Reads
from handlers.supervising.standing import capacities
from rules.access import Role
from rules.case_terms import ENDED
from rules.errors import Forbidden, NotFound
from rules.letter_terms import OPEN as LETTER_OPEN
from rules.order_table import WAITS_FOR_DEPARTMENT
from rules.permissions import Capability
from rules.quick_dataclass import dataclass

_UNKNOWN = "没有找到这个办件、来信或部门，或者它不在您的监察范围内。"


@dataclass(frozen=True, slots=True)
class About:
    """What an order by hand or a reminder is about; `what` as a sentence to the department names it.

    `ended`: nobody has anything to do there. `county_only`: complaints about conduct, which a department's own
    supervisor does not see.
    """

    kind: str
    id: int
    number: str
    department: str
    unit: str
    what: str
    drill: bool = False
    ended: bool = False
    county_only: bool = False


def subject_for(reads: Reads, ground: Ground, subject: str, number: str, department: str) -> About:
    """What a number or a department's code names. Raises NotFound."""
    readers: Mapping[str, Callable[[], About | None]] = MappingProxyType(
        {
            "case": lambda: _about_case(reads, number),
            "letter": lambda: _about_letter(reads, number),
            "order": lambda: _about_order(reads, number),
            "department": lambda: _about_department(ground, department),
        }
    )
    reader = readers.get(subject)
    found = None if reader is None else reader()
    if found is None:
        raise NotFound(_UNKNOWN)
    return found


def supervisor_of(reads: Reads, ground: Ground, person: str, about: About, now: datetime) -> Standing:
    """The capacity in which a person supervises this, the county's first. Raises NotFound, Forbidden."""
    found, may = capacities(reads, ground, person, about.department, now), ground.permissions.roles
    if about.county_only:
        found = tuple(each for each in found if each.role in may(Capability.LETTERS_CONDUCT))
    if not found:
        raise NotFound(_UNKNOWN)
    own = [each for each in found if each.role in may(Capability.ORDERS_ISSUE)]
    if not own:
        raise Forbidden("只有管辖这个部门的监察员可以督办、催办。")
    return min(own, key=lambda each: each.role is not Role.COUNTY_SUPERVISOR)


def _about_case(reads: Reads, number: str) -> About | None:
    case = cases.by_number(reads, number.strip().upper())
    if case is None:
        return None
    what = f"你单位办理的“{case.item_name}”（{case.number}）"
    unit, ended = case.holder_unit or case.department, case.state in ENDED
    return About("case", case.id, case.number, case.department, unit, what, case.drill, ended)


def _about_letter(reads: Reads, number: str) -> About | None:
    letter = letters.by_number(reads, number.strip().upper())
    if letter is None:
        return None
    conduct = getattr(letter, "topic", "") == "conduct"
    what = f"来信{letter.number}" if conduct else f"你单位承办的来信“{letter.title}”（{letter.number}）"
    unit = getattr(letter, "assigned_unit", "") or letter.department
    ended = letter.state not in LETTER_OPEN and letter.state != "open"
    return About(
        "letter", letter.id, letter.number, letter.department, unit, what, letter.drill, ended, conduct
    )


def _about_order(reads: Reads, number: str) -> About | None:
    known = number.isascii() and number.isdigit() and len(number) < 16
    order = orders.by_id(reads, int(number)) if known else None
    if order is None:
        return None
    what, waits = f"督办通知书{order.number}", order.state in WAITS_FOR_DEPARTMENT
    return About("order", order.id, order.number, order.department, order.unit, what, order.drill, not waits)


def _about_department(ground: Ground, department: str) -> About | None:
    if department not in ground.departments:
        return None
    return About("department", 0, department, department, department, "你单位")
