"""The list “差评整改” and one follow-up with what its reader may do; the look is logged before words are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.casework import clocks as casework_clocks
from handlers.casework.authority import active_person, departments_in_scope
from handlers.casework.ground import Ground
from handlers.casework.views import DueView
from handlers.following_up.deadlines import latest
from handlers.following_up.standing import (
    follow_facts,
    may_record,
    readable,
)
from handlers.following_up.views import FollowLine, FollowPage, FollowView, StepView
from handlers.store import case_parts, cases, followups, people
from handlers.store.access_log import Look, add
from handlers.store.database import Database
from handlers.store.followups import FollowStep, Followup
from handlers.store.moments import Reads
from handlers.supervising.standing import capacities, readers
from rules.clock import ClockKind
from rules.errors import Forbidden, NotFound
from rules.rating_table import (
    CHOICES,
    FOLLOW_ENDED,
    FOLLOW_MOVES,
    FOLLOW_OPEN,
    FollowFacts,
    FollowMove,
    FollowRow,
    FollowState,
    follow_label,
    follow_moves_for,
)
from rules.time import local_date

TABS = {"open": "在办", "late": "逾期过的", "done": "已办完"}


def follow_page(
    database: Database,
    ground: Ground,
    person: str,
    now: datetime,
    *,
    tab: str = "",
    page: int = 1,
    size: int = 30,
) -> FollowPage:
    """A page of the follow-ups of the departments in reach. Raises Forbidden for who has none."""
    account = active_person(database, person)
    reach = departments_in_scope(account.assignments, ground, readers(ground), local_date(now))
    # What is listed can be opened: who answers for a department works in it, though their post reaches further.
    scope = tuple(each for each in reach if capacities(database, ground, person, each, now))
    if not scope:
        raise Forbidden("差评整改只对监察员和部门负责人开放。")
    chosen, page = tab if tab in TABS else "open", max(page, 1)
    with database.snapshot():
        wanted = {
            "open": (tuple(FOLLOW_OPEN), None),
            "late": (tuple(FollowState), now),
            "done": (tuple(FOLLOW_ENDED), None),
        }
        found = {
            name: followups.listed(
                database, scope, states, page if name == chosen else 1, size if name == chosen else 1, late_at=late_at
            )
            for name, (states, late_at) in wanted.items()
        }  # fmt: skip
    lines, total = found[chosen]
    return FollowPage(
        tuple(_line(ground, each, now) for each in lines), chosen, {name: each[1] for name, each in found.items()},
        page, max(-(-total // size), 1), total,
    )  # fmt: skip


def _line(ground: Ground, found: Followup, now: datetime) -> FollowLine:
    due = {FollowState.OPEN: found.contact_due, FollowState.FIXING: found.fix_due}.get(found.state)
    return FollowLine(
        found,
        ground.unit_name(found.department),
        follow_label(found.state, found.accepted),
        due,
        None if due is None else ground.calendar.working_days_between(local_date(now), local_date(due)),
        due is not None and now > due,
        None
        if found.waits_since is None
        else ground.calendar.working_days_between(local_date(found.waits_since), local_date(now)),
    )


def follow_view(
    database: Database, ground: Ground, number: str, person: str, now: datetime, request: str
) -> FollowView:
    """One follow-up. Raises NotFound for one that does not exist or is out of reach; logs the look at its words."""
    found = readable(database, ground, number, person, now)
    roles = capacities(database, ground, person, found.department, now)
    hidden = followups.worked_on(database, found.case_id, person)
    if not hidden:
        seen = Look(now, person, roles[0].role, "case", found.number, "rating", request, roles[0].unit)
        database.write(lambda tx: add(tx, seen))
    with database.snapshot():
        found = followups.of_case(database, found.case_id) or found
        case, rating = cases.by_id(database, found.case_id), case_parts.rating(database, found.case_id)
        if case is None or rating is None:
            raise NotFound("没有这件差评。")
        facts = follow_facts(database, ground, found, person, now)
        contact = _due(database, ground, found, ClockKind.RATING_CONTACT, now)
        fix = _due(database, ground, found, ClockKind.RATING_FIX, now)
        shown = {FollowState.OPEN: contact, FollowState.FIXING: fix}.get(found.state)
        offers: dict[str, FollowRow] = {}
        for each in roles:
            if may_record(ground, each.role):
                for row in follow_moves_for(found.state, each.role, facts):
                    offers.setdefault(row.move, row)
        line = _line(ground, found, now)
        return FollowView(
            followup=found,
            rating=replace(rating, words="") if hidden else rating,
            state_label=line.state_label,
            department_name=line.department_name,
            applicant_masked=case.applicant_masked,
            words_hidden=hidden,
            contact=contact,
            fix=fix,
            running=shown,
            overdue=line.late,
            waited=line.waited,
            steps=_steps(database, found, hidden),
            offers=tuple(offers.values()),
            why_not="" if offers else _why_not(found, facts),
            attempts_left=max(facts.enough - facts.attempts, 0),
        )


def _due(reads: Reads, ground: Ground, found: Followup, kind: ClockKind, now: datetime) -> DueView | None:
    clock = latest(reads, found.case_id, kind)
    return None if clock is None else casework_clocks.explain(ground, clock, (), now)


def _steps(reads: Reads, found: Followup, hidden: bool) -> tuple[StepView, ...]:
    said = followups.steps(reads, found.case_id)
    names = people.names(reads, list(dict.fromkeys(each.person for each in said)))
    return tuple(
        StepView(
            replace(each, text="") if hidden else each,
            FOLLOW_MOVES[FollowMove(each.move)].said,
            names.get(each.person, each.person),
            _chosen(each),
        )
        for each in said
    )


def _chosen(step: FollowStep) -> tuple[str, ...]:
    """The way and the finding or answer in words."""
    codes = {
        "way": step.way,
        "finding": step.choice if step.move == FollowMove.DISPUTE else "",
        "accepted": step.choice if step.move == FollowMove.REVISIT else "",
    }
    return tuple(CHOICES[name].get(code, code) for name, code in codes.items() if code)


def _why_not(found: Followup, facts: FollowFacts) -> str:
    if found.state in FOLLOW_ENDED:
        return "这件差评已经办完，记录一直留着。"
    if facts.worked:
        return "您经办过这个办件，差评的联系、整改、回访由没有经办过的人或者监察员登记，评价和记录里的话您也看不到。"
    if found.state is FollowState.DISPUTED:
        return "这个意见是您提出的，等本部门另一个人或者监察员复核。"
    return "等责任部门处理。"
