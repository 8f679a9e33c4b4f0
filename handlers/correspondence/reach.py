"""Who reaches a letter: by department or by the unit that has it, the centre's desk, the supervisor alone for conduct."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import date, datetime

from handlers.casework.authority import SUPERVISORS, WORKERS, active_person, departments_in_scope, held
from handlers.casework.ground import Ground
from handlers.store import cases, letters, people
from handlers.store.letters import LetterScope
from handlers.store.moments import Reads
from handlers.store.people_records import Letter, Person
from handlers.store.vault import Vault, normal_code
from rules.access import Assignment, Role, in_scope, units_for
from rules.errors import NotFound
from rules.letter_terms import CONDUCT
from rules.permissions import Capability
from rules.quick_dataclass import dataclass
from rules.time import local_date

READERS = WORKERS | SUPERVISORS | {Role.TOWN_SUPERVISOR}
UNKNOWN = "没有找到这封来信：编号或查询码不对。"
OUT_OF_REACH = "没有找到这封来信，或者它不在您的管辖范围内。"


@dataclass(frozen=True, slots=True)
class Author:
    """In what capacity someone acts on a letter. `intake`: at the desk that assigns letters."""

    actor: str
    role: Role
    unit: str = ""
    intake: bool = False


WRITER = Author("applicant", Role.APPLICANT)
SYSTEM = Author("system", Role.SYSTEM)


def prove_writer(reads: Reads, vault: Vault, number: str, query_code: str) -> Letter:
    """The letter, when the code is its own. Raises NotFound alike for unknown numbers and wrong codes."""
    letter = letters.by_number(reads, number.strip().upper())
    # Read and hashed whether or not there is such a letter, so that both refusals are the same work.
    stored = letters.query_hash(reads, 0 if letter is None else letter.id)
    right = vault.matches(stored, "letter", "" if letter is None else letter.number, normal_code(query_code))
    if letter is None or not right:
        raise NotFound(UNKNOWN)
    return letter


def intake_unit(ground: Ground) -> str:
    """The unit whose coordinator assigns letters: the service centre, or the county where there is none."""
    centre = ground.county.centre
    return centre if centre in ground.units else ground.units.top or "county"


def intake_department(ground: Ground) -> str:
    """The department that answers for a letter nobody has been given yet: the centre's, or the county's office."""
    for unit in (intake_unit(ground), "government-office"):
        node = ground.units.get(unit)
        department = unit if unit in ground.departments else (node.department if node else None)
        if department in ground.departments:
            return str(department)
    return min(ground.departments.values(), key=lambda each: (each.order, each.id)).id


def at_intake(ground: Ground, assignment: Assignment) -> bool:
    """Whether this is a coordinator's post that covers the centre."""
    return assignment.role is Role.COORDINATOR and in_scope(
        assignment.unit, ground.units.tree, intake_unit(ground)
    )


def person_digest(vault: Vault, person: str) -> bytes:
    """How a member of staff who is complained about is marked beside the letter, without their id."""
    return vault.digest("letter-about", person)


def about_of(reads: Reads, vault: Vault, letter: Letter) -> tuple[str, str]:
    """Name and unit of who is complained about, unsealed; empty where nobody is named or it was erased."""
    sealed, _ = letters.about(reads, letter.id)
    if sealed is None:
        return "", ""
    found: dict[str, str] = json.loads(vault.unseal(sealed, f"letter-about/{letter.number}"))
    return found.get("name", ""), found.get("unit", "")


def concerns(reads: Reads, vault: Vault, letter: Letter, person: Person) -> bool:
    """Whether the letter complains about this very person: chosen from the list, or by the name that was typed."""
    _, marked = letters.about(reads, letter.id)
    if marked is not None and vault.matches(marked, "letter-about", person.id):
        return True
    return about_of(reads, vault, letter)[0] == person.name


def authors(
    reads: Reads, vault: Vault, ground: Ground, letter: Letter, person: str, day: date
) -> tuple[Author, ...]:
    """All capacities in which a member of staff reaches a letter. Empty: for them it does not exist."""
    account = active_person(reads, person)
    if letter.topic == CONDUCT:
        if concerns(reads, vault, letter, account):
            return ()
        return tuple(
            Author(account.id, each.role, each.unit)
            for each in held(account, day, frozenset({Role.COUNTY_SUPERVISOR}))
        )
    tree = ground.units.tree
    return tuple(
        Author(account.id, each.role, each.unit, at_intake(ground, each))
        for each in held(account, day, READERS & ground.permissions.roles(Capability.LETTERS_SEE))
        if any(in_scope(each.unit, tree, unit) for unit in _units_of(reads, letter, each.role))
    )


def _units_of(reads: Reads, letter: Letter, role: Role) -> tuple[str, ...]:
    """The units through which a role reaches a letter; a town also by where the case it is about was taken in."""
    if role is not Role.TOWN_SUPERVISOR:
        return tuple(unit for unit in (letter.department, letter.assigned_unit) if unit)
    case = None if letter.case_id is None else cases.by_id(reads, letter.case_id)
    return tuple(unit for unit in (letter.assigned_unit, case.accepting_unit if case else "") if unit)


def letter_for_staff(
    reads: Reads, vault: Vault, ground: Ground, number: str, person: str, now: datetime
) -> tuple[Letter, tuple[Author, ...]]:
    """The letter and the capacities. Raises NotFound alike for unknown numbers and what is not theirs to know."""
    letter = letters.by_number(reads, number.strip().upper())
    found = () if letter is None else authors(reads, vault, ground, letter, person, local_date(now))
    if letter is None or not found:
        active_person(reads, person)
        raise NotFound(OUT_OF_REACH)
    return letter, found


def scope_of(account: Person, ground: Ground, day: date) -> LetterScope:
    """What a desk lists for a person: conduct is in no desk's list."""
    readers, town = (
        READERS & ground.permissions.roles(Capability.LETTERS_SEE),
        frozenset({Role.TOWN_SUPERVISOR}),
    )
    tree = ground.units.tree
    return LetterScope(
        departments_in_scope(account.assignments, ground, readers - town, day),
        tuple(sorted(units_for(account.assignments, readers, tree, day))),
        tuple(sorted(units_for(account.assignments, readers & town, tree, day))),
    )


def supervisors(reads: Reads, day: date) -> tuple[Person, ...]:
    """The county supervisors of a day, who alone are told of complaints about conduct."""
    return tuple(
        person
        for person in people.everyone(reads)
        if person.active and held(person, day, frozenset({Role.COUNTY_SUPERVISOR}))
    )


def another_supervisor(
    reads: Reads, vault: Vault, letter: Letter, without: AbstractSet[str], day: date
) -> bool:
    """Whether a county supervisor besides those can review a finding: never one the letter is about."""
    return letter.topic == CONDUCT and any(
        each.id not in without and not concerns(reads, vault, letter, each)
        for each in supervisors(reads, day)
    )


def colleagues(reads: Reads, ground: Ground, units: Iterable[str], day: date) -> tuple[Person, ...]:
    """The staff who work in some unit or below it, by name."""
    wanted = frozenset(units)
    tree = ground.units.tree
    return tuple(
        person
        for person in people.everyone(reads)
        if person.active
        and any(
            any(in_scope(unit, tree, each.unit) for unit in wanted) for each in held(person, day, WORKERS)
        )
    )
