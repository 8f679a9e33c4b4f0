"""What staff have before them: the desk's lists and the supervisor's board, within their scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.casework.authority import (
    SEES_CASES,
    SUPERVISORS,
    WORKERS,
    active_person,
    departments_in_scope,
)
from handlers.casework.ground import Ground
from handlers.casework.views import Board, BoardCard, DepartmentLights, DeskPage, DeskRow
from handlers.store import access_log, cards, case_lists, case_parts, cases, counts, inbox, letters
from handlers.store.access_log import Look
from handlers.store.case_lists import Scope, Wanted
from handlers.store.database import Database
from handlers.store.people_records import Person
from handlers.store.records import Card, Case, Message
from rules.access import Role, units_for
from rules.case_terms import STATE_LABELS, State
from rules.errors import Forbidden, Invalid
from rules.permissions import Capability
from rules.time import day_end, day_start, local_date

TABS = ("to_do", "done", "due_soon", "overdue", "all")
# 即将到期: due within this many working days.
SOON_DAYS = 2
CARDS_SHOWN = 20


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
    if not any(each.role in ground.permissions.roles(Capability.CASES_SEE) for each in account.assignments if each.holds_on(local_date(now))):
        raise Forbidden("您的岗位不办理或监察办件。")
    scope = scope_of(account, ground, now)
    soon = day_end(ground.calendar.add_working_days(local_date(now), SOON_DAYS))
    page, size = max(page, 1), min(max(size, 1), 200)
    wanted = Wanted(tab, search[:100], department or None, state or None)
    _note_search(database, account, search, now)
    with database.snapshot():
        found, total = case_lists.listed(database, scope, wanted, now, soon, size, page)
        return DeskPage(
            rows=tuple(_row(database, ground, each, now) for each in found),
            page=page,
            pages=max(-(-total // size), 1),
            total=total,
            tab=tab,
            tab_counts={each: case_lists.count(database, scope, each, now, soon) for each in TABS},
        )


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
        department_name=ground.unit_name(case.department),
        applicant_masked=case.applicant_masked,
        state=case.state,
        state_label=STATE_LABELS[case.state],
        step_name=step,
        holder_name=holder or (ground.unit_name(case.holder_unit) if case.holder_unit else ""),
        channel=case.channel,
        submitted_at=case.submitted_at,
        due=case.due,
        provisional=case.due_provisional,
        left=left,
        light=case.level,
        drill=case.drill,
    )


def board(database: Database, ground: Ground, person: str, now: datetime) -> Board:
    """The board of a supervisor's or leader's departments. Raises Forbidden without any."""
    account = active_person(database, person)
    departments = supervised(account, ground, now)
    if not departments:
        raise Forbidden("监察看板只对监察员和部门负责人开放。")
    return board_of(database, ground, departments, now)


def _note_search(database: Database, person: Person, search: str, now: datetime) -> None:
    """A search by an applicant's name is a look at personal data, whatever it finds; one by number is not."""
    text = search.strip()
    if not text or text.isascii():
        return
    post = next((each for each in person.assignments if each.holds_on(local_date(now))), None)
    role, unit = (post.role, post.unit) if post else ("", "")
    look = Look(now, person.id, role, "case", "", "search", unit=unit)
    database.write(lambda tx: access_log.add(tx, look))


def supervised(person: Person, ground: Ground, now: datetime) -> tuple[str, ...]:
    """The departments whose supervision a person may see."""
    roles = ground.permissions.roles(Capability.CARDS_SEE) - {Role.TOWN_SUPERVISOR}
    return departments_in_scope(person.assignments, ground, roles, local_date(now))


def board_of(database: Database, ground: Ground, departments: Sequence[str], now: datetime) -> Board:
    """Lights, today's figures and the newest cards of some departments."""
    today = local_date(now)
    with database.snapshot():
        lights = case_lists.open_by_light(database, departments)
        figures = counts.totals(database, today, today)
        waiting = letters.open_by_department(database)
        paused, provisional = case_lists.paused_and_provisional(database, departments)
        newest = cards.newest(database, departments, CARDS_SHOWN)
        shown = tuple(_board_card(database, ground, each) for each in newest)
        issued = cards.issued_between(database, departments, day_start(today), day_end(today))
        pending = cards.pending(database, departments)

    def total(measure: str) -> int:
        return sum(figures.get((each, measure), 0) for each in departments)

    rows = tuple(_lights(ground, each, lights, figures, waiting) for each in departments)
    return Board(
        at=now,
        open=sum(each.open for each in rows),
        normal=sum(each.normal for each in rows),
        warned=sum(each.warned for each in rows),
        yellow=sum(each.yellow for each in rows),
        red=sum(each.red for each in rows),
        paused=paused,
        provisional=provisional,
        filed_today=total("filed"),
        accepted_today=total("accepted"),
        closed_today=total("closed"),
        on_time_today=total("on_time"),
        cards_today=issued,
        pending=pending,
        departments=rows,
        cards=shown,
    )


def _lights(
    ground: Ground,
    department: str,
    lights: dict[tuple[str, int], int],
    figures: dict[tuple[str, str], int],
    waiting: dict[str, int],
) -> DepartmentLights:
    by_level = [lights.get((department, level), 0) for level in range(4)]
    return DepartmentLights(
        department=department,
        name=ground.unit_name(department),
        open=sum(by_level),
        normal=by_level[0],
        warned=by_level[1],
        yellow=by_level[2],
        red=by_level[3],
        filed_today=figures.get((department, "filed"), 0),
        closed_today=figures.get((department, "closed"), 0),
        letters_open=waiting.get(department, 0),
    )


def _board_card(database: Database, ground: Ground, card: Card) -> BoardCard:
    title, masked = "", ""
    if card.subject == "letter":
        letter = letters.by_id(database, card.subject_id)
        if letter is not None:
            title, masked = letter.title, letter.writer_masked
    else:
        case = cases.by_id(database, card.subject_id)
        if case is not None:
            title, masked = case.item_name, case.applicant_masked
    return BoardCard(card, ground.unit_name(card.department), title, masked)


def taken_in_by_town(person: Person, ground: Ground, now: datetime) -> tuple[str, ...]:
    """The units whose cases a town supervisor watches: the cards of what they accepted."""
    roles = ground.permissions.roles(Capability.CARDS_SEE) & {Role.TOWN_SUPERVISOR}
    return tuple(sorted(units_for(person.assignments, roles, ground.units.tree, local_date(now))))


def messages(database: Database, person: str, now: datetime) -> tuple[Message, ...]:
    """What the hall has told a person and the units they work in, newest first."""
    account = active_person(database, person)
    held = [inbox.Post(each.unit, each.role) for each in account.assignments if each.holds_on(local_date(now))]
    return inbox.newest(database, person, held)


__all__ = ["TABS", "WORKERS", "board", "board_of", "desk", "messages", "scope_of", "supervised"]
