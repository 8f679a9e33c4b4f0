"""Who may act on a case: roles from dated assignments, reaching the case through its units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from handlers.casework.ground import Ground
from handlers.casework.requests import Actor, ByApplicant, ByStaff
from handlers.store import cases, people
from handlers.store.moments import Reads
from handlers.store.people_records import Person
from handlers.store.records import Case, Step
from handlers.store.vault import Vault, normal_code
from rules.access import Assignment, Role, in_scope
from rules.case_terms import CaseFacts, Move
from rules.errors import Forbidden, NotFound
from rules.permissions import Capability, Permissions, Reach
from rules.quick_dataclass import dataclass
from rules.time import local_date

_Row = TypeVar("_Row")

SUPERVISORS = frozenset({Role.DEPARTMENT_SUPERVISOR, Role.COUNTY_SUPERVISOR})
WORKERS = frozenset({Role.WINDOW_CLERK, Role.COORDINATOR, Role.REVIEWER, Role.DECIDER})
SEES_CASES = WORKERS | SUPERVISORS | {Role.TOWN_SUPERVISOR}
# Which units of a case a reach goes through; own steps are added for who works on cases.
_THROUGH: Mapping[Reach, tuple[str, ...]] = {
    Reach.COUNTY: ("department", "accepting_unit"),
    Reach.DEPARTMENT: ("department", "accepting_unit"),
    Reach.TOWN: ("accepting_unit",),
    Reach.UNIT: ("department", "accepting_unit"),
    Reach.CASES: ("department",),
}
UNKNOWN_CASE = "没有找到这个办件：办件编号或查询码不对。查询码是8位字母和数字，在收件凭证上。"


@dataclass(frozen=True, slots=True)
class Standing:
    """A capacity in which someone acts: event actor, role, and the unit that gives the role."""

    actor: str
    role: Role
    unit: str


def prove_applicant(reads: Reads, vault: Vault, number: str, query_code: str) -> Case:
    """The case, when the code is its own. Raises NotFound alike for unknown numbers and wrong codes."""
    code = normal_code(query_code)
    case = cases.proved(
        reads, number.strip().upper(), lambda stored, own: vault.matches(stored, "case", own, code)
    )
    if case is None:
        raise NotFound(UNKNOWN_CASE)
    return case


def active_person(reads: Reads, person: str) -> Person:
    """The account behind an action. Raises Forbidden when it has been closed."""
    found = people.known(reads, person)
    if not found.active:
        raise Forbidden("这个账号已停用。")
    return found


def held(person: Person, day: date, roles: frozenset[Role]) -> tuple[Assignment, ...]:
    """The assignments in force on a day that give one of some roles."""
    return tuple(each for each in person.assignments if each.holds_on(day) and each.role in roles)


def reach(permissions: Permissions, role: Role, case: Case, steps: Sequence[Step]) -> frozenset[str]:
    """The units of a case through which a role reaches it, as granted; none when the role may see no cases."""
    granted = permissions.reach(Capability.CASES_SEE, role)
    if granted is None:
        return frozenset()
    units = {str(getattr(case, each)) for each in _THROUGH[granted]}
    if role in WORKERS:
        units.update(each.unit for each in steps if each.role == role)
    return frozenset(units)


def standings(
    person: Person, ground: Ground, case: Case, steps: Sequence[Step], day: date, roles: frozenset[Role]
) -> tuple[Standing, ...]:
    """All capacities in which a person reaches a case on a day."""
    tree = ground.units.tree
    return tuple(
        Standing(person.id, each.role, each.unit)
        for each in held(person, day, roles)
        if any(in_scope(each.unit, tree, unit) for unit in reach(ground.permissions, each.role, case, steps))
    )


def may_make(move: Move, standing: Standing, ground: Ground, facts: CaseFacts, steps: Sequence[Step]) -> bool:
    """Whether a standing may make a move here: the county lets the role work on cases, and for a move of the
    current step the step's own unit counts.
    """
    if standing.role in WORKERS and standing.role not in ground.permissions.roles(Capability.CASES_WORK):
        return False
    if not move.by_step or standing.role not in WORKERS:
        return True
    at = facts.step_index
    return not 0 <= at < len(steps) or in_scope(standing.unit, ground.units.tree, steps[at].unit)


def capacities(
    reads: Reads, vault: Vault, ground: Ground, case: Case, steps: Sequence[Step], actor: Actor, now: datetime
) -> tuple[Standing, ...]:
    """In what capacities an actor may stand before a case. Raises NotFound, Forbidden."""
    if isinstance(actor, ByApplicant):
        prove_applicant(reads, vault, case.number, actor.query_code)
        role = Role.AGENT if actor.agent else Role.APPLICANT
        return (Standing(role.value, role, ""),)
    if isinstance(actor, ByStaff):
        person = active_person(reads, actor.person)
        # Publishers and administrators see no case, and a refusal must not tell them where one stands either.
        wanted = SEES_CASES if actor.role is None else SEES_CASES & {actor.role}
        found = standings(person, ground, case, steps, local_date(now), wanted)
        if not found:
            raise Forbidden("这个办件不在您的岗位和管辖范围内。")
        return found
    return (Standing("system", Role.SYSTEM, ""),)


def departments_in_scope(
    assignments: Iterable[Assignment], ground: Ground, roles: frozenset[Role], day: date
) -> tuple[str, ...]:
    """The departments that some roles reach, in the county's order; after them those that are in no file any more."""
    units = [each.unit for each in assignments if each.role in roles and each.holds_on(day)]
    tree = ground.units.tree
    return tuple(
        department
        for department in (*ground.departments, *ground.former_departments)
        if any(in_scope(unit, tree, department) for unit in units)
    )


def first_allowed(
    found: Sequence[Standing], check: Callable[[Standing], _Row], may: Callable[[Standing, _Row], bool]
) -> tuple[Standing, _Row]:
    """The first capacity in which a table of moves (`check`, which raises Forbidden) and the county (`may`) let
    somebody make a move, with the table's row. Raises the first Forbidden; `found` is not empty.
    """
    refused: Forbidden | None = None
    for standing in found:
        try:
            row = check(standing)
            if may(standing, row):
                return standing, row
            refused = refused or Forbidden("县里没有让您的岗位做这件事。")
        except Forbidden as error:
            refused = refused or error
    assert refused is not None
    raise refused
