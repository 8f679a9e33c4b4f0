"""What staff have before them: the desk's lists and the supervisor's board, within their scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.casework.authority import (
    SUPERVISORS,
    WORKERS,
    active_person,
    departments_in_scope,
)
from handlers.casework.ground import Ground
from handlers.casework.looking import note_list
from handlers.casework.views import DeskPage, DeskRow
from handlers.store import case_lists, case_parts, inbox
from handlers.store.case_lists import Scope, Wanted
from handlers.store.database import Database
from handlers.store.people_records import Person
from handlers.store.records import Case, Message
from rules.access import Role, units_for
from rules.case_terms import STATE_LABELS, State
from rules.errors import Forbidden, Invalid
from rules.permissions import Capability
from rules.time import day_end, local_date

TABS = ("to_do", "done", "due_soon", "overdue", "all")
# 即将到期: due within this many working days.
SOON_DAYS = 2


def scope_of(person: Person, ground: Ground, now: datetime) -> Scope:
    """What the assignments of today reach."""
    day, tree = local_date(now), ground.units.tree
    fronts = departments_in_scope(
        person.assignments, ground, frozenset({Role.WINDOW_CLERK, Role.COORDINATOR}), day
    )

    seeing = ground.permissions.roles(Capability.CASES_SEE)

    def units(*roles: Role) -> tuple[str, ...]:
        return tuple(sorted(units_for(person.assignments, seeing & frozenset(roles), tree, day)))

    return Scope(
        person=person.id,
        departments=departments_in_scope(person.assignments, ground, seeing - {Role.TOWN_SUPERVISOR}, day),
        accepting=units(Role.WINDOW_CLERK, Role.COORDINATOR, Role.TOWN_SUPERVISOR, *SUPERVISORS),
        step_units=units(Role.REVIEWER, Role.DECIDER),
        holders=(
            (Role.WINDOW_CLERK, units(Role.WINDOW_CLERK, Role.COORDINATOR)),
            (Role.COORDINATOR, units(Role.COORDINATOR)),
            (Role.REVIEWER, units(Role.REVIEWER)),
            (Role.DECIDER, units(Role.DECIDER)),
        ),
        fronts=fronts,
    )


def desk(
    database: Database,
    ground: Ground,
    person: str,
    now: datetime,
    *,
    tab: str,
    search: str,
    department: str | None,
    state: str | None,
    page: int,
    size: int,
) -> DeskPage:
    """One page of one tab. Raises Invalid for a tab or state that does not exist, Forbidden without such a role."""
    if tab not in TABS or (state and state not in set(State)):
        raise Invalid("没有这个列表或状态。")
    account = active_person(database, person)
    if not any(
        each.role in ground.permissions.roles(Capability.CASES_SEE)
        for each in account.assignments
        if each.holds_on(local_date(now))
    ):
        raise Forbidden("您的岗位不办理或监察办件。")
    scope = scope_of(account, ground, now)
    soon = day_end(ground.calendar.add_working_days(local_date(now), SOON_DAYS))
    page, size = max(page, 1), min(max(size, 1), 200)
    wanted = Wanted(tab, search[:100], department or None, state or None)
    with database.snapshot():
        found, total = case_lists.listed(database, scope, wanted, now, soon, size, page)
        shown = DeskPage(
            rows=desk_rows(database, ground, found, now),
            page=page,
            pages=max(-(-total // size), 1),
            total=total,
            tab=tab,
            tab_counts={each: case_lists.count(database, scope, each, now, soon) for each in TABS},
        )
    what = "search" if _by_name(search) else "list"
    note_list(database, account.id, account.assignments, "case", what, len(shown.rows), now)
    return shown


def desk_rows(
    database: Database, ground: Ground, found: Sequence[Case], now: datetime
) -> tuple[DeskRow, ...]:
    """Cases as lists show them."""
    return tuple(_row(database, ground, each, now) for each in found)


def _row(database: Database, ground: Ground, case: Case, now: datetime) -> DeskRow:
    step = ""
    if case.state in (State.IN_REVIEW, State.SPECIAL_PROCEDURE):
        step = next((s.name for s in case_parts.steps(database, case.id) if s.position == case.step), "")
    left = None
    if case.due is not None:
        left = ground.calendar.working_days_between(local_date(now), local_date(case.due))
    holder = "申请人" if case.holder_role == Role.APPLICANT else ""
    return DeskRow(
        number=case.number,
        item_name=case.item_name,
        department_name=ground.units.label(case.department),
        applicant_masked=case.applicant_masked,
        state=case.state,
        state_label=STATE_LABELS[case.state],
        step_name=step,
        holder_name=holder or (ground.units.label(case.holder_unit) if case.holder_unit else ""),
        channel=case.channel,
        submitted_at=case.submitted_at,
        due=case.due,
        provisional=case.due_provisional,
        left=left,
        light=case.level,
        drill=case.drill,
    )


def _by_name(search: str) -> bool:
    """Whether a search is by an applicant's name: a look at personal data, whatever it finds; one by number is not."""
    return bool(search.strip()) and not search.strip().isascii()


def supervised(person: Person, ground: Ground, now: datetime) -> tuple[str, ...]:
    """The departments whose supervision a person may see."""
    roles = ground.permissions.roles(Capability.CARDS_SEE) - {Role.TOWN_SUPERVISOR}
    return departments_in_scope(person.assignments, ground, roles, local_date(now))


def taken_in_by_town(person: Person, ground: Ground, now: datetime) -> tuple[str, ...]:
    """The units whose cases a town supervisor watches: the cards of what they accepted."""
    roles = ground.permissions.roles(Capability.CARDS_SEE) & {Role.TOWN_SUPERVISOR}
    return tuple(sorted(units_for(person.assignments, roles, ground.units.tree, local_date(now))))


def messages(database: Database, person: str, now: datetime) -> tuple[Message, ...]:
    """What the hall has told a person and the units they work in, newest first."""
    account = active_person(database, person)
    held = [
        inbox.Post(each.unit, each.role) for each in account.assignments if each.holds_on(local_date(now))
    ]
    return inbox.newest(database, person, held)


__all__ = ["TABS", "WORKERS", "desk", "desk_rows", "messages", "scope_of", "supervised"]
