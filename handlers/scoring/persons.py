"""Persons' figures of a department, by name, for its supervisor and the county's alone; every look is written down."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.casework.authority import active_person, departments_in_scope, held
from handlers.casework.ground import Ground
from handlers.scoring.editions import Basis, compute
from handlers.scoring.ledgering import Tokens
from handlers.store import access_log, people
from handlers.store.access_log import Look
from handlers.store.database import Database
from handlers.store.people_records import Person
from handlers.store.score_facts import facts
from rules.access import Role
from rules.errors import IllegalMove, NotFound
from rules.permissions import Capability
from rules.quick_dataclass import dataclass
from rules.score import Score, by_person, scores
from rules.score_ledger import read
from rules.score_periods import Period
from rules.score_scheme import Scheme
from rules.time import day_start, local_date


@dataclass(frozen=True, slots=True)
class PersonsView:
    """A month of a department: each person's name and score, by name, never ranked."""

    period: Period
    department: str
    department_name: str
    scheme: Scheme
    rows: tuple[tuple[str, Score], ...]


def watched(account: Person, ground: Ground, now: datetime) -> tuple[str, ...]:
    """The departments whose persons someone may see. Who leads or coordinates them sees the department's score and
    their own part.
    """
    roles = _watchers(ground)
    reached = departments_in_scope(account.assignments, ground, roles, local_date(now))
    return tuple(each for each in reached if each in ground.departments)


def _watchers(ground: Ground) -> frozenset[Role]:
    may = ground.permissions.roles
    return may(Capability.SCORES_PERSONS) & may(Capability.SCORES_SEE)


def sees_persons(database: Database, ground: Ground, department: str, person: str, now: datetime) -> bool:
    """Whether someone may see the persons of a department."""
    return department in watched(active_person(database, person), ground, now)


def persons_view(
    database: Database,
    basis: Basis,
    period: Period,
    department: str,
    person: str,
    now: datetime,
    request: str,
) -> PersonsView:
    """The persons of a department in a month, from today's records. Raises NotFound for one out of reach."""
    account = active_person(database, person)
    if department not in watched(account, basis.ground, now):
        raise NotFound("没有这个部门，或者它的人员得分不由您监察。")
    if period.span != "month":
        raise IllegalMove("个人的只按月看。")
    made = compute(database, basis, period, now, department=department, persons=True)
    tokens = Tokens(database.vault, period.text)
    first, after = day_start(period.first), day_start(period.last + timedelta(days=1))
    ids = {
        tokens.person(each.person): each.person
        for each in facts(database, period.text, first, after, now, department)
        if each.person
    }
    names = people.names(database, [each for each in ids.values() if each])
    rows = [
        (names.get(ids.get(each.who) or "", "（账号已删除）"), each)
        for each in scores(read(made.ledger).lines, basis.scheme, by_person)
        if each.total is not None
    ]
    _note(database, account, basis.ground, department, now, len(rows), request)
    return PersonsView(
        period, department, basis.ground.unit_name(department), basis.scheme,
        tuple(sorted(rows, key=lambda row: (row[0], row[1].who))),
    )  # fmt: skip


def _note(
    database: Database,
    account: Person,
    ground: Ground,
    department: str,
    now: datetime,
    found: int,
    request: str,
) -> None:
    """Written before anything is shown."""
    roles = _watchers(ground)
    post = next(
        each
        for each in held(account, local_date(now), roles)
        if department in departments_in_scope((each,), ground, roles, local_date(now))
    )
    look = Look(now, account.id, post.role, "department", department, "scores", request, post.unit, found)
    database.write(lambda tx: access_log.add(tx, look))
