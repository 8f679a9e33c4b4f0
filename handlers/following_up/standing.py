"""Who has to do with a follow-up, who may record its steps, and who reads what was written."""

from __future__ import annotations

from datetime import datetime

from handlers.casework.ground import Ground
from handlers.following_up.deadlines import running
from handlers.store import followups
from handlers.store.followups import Followup
from handlers.store.moments import Reads
from handlers.supervising.standing import capacities
from rules.access import Role
from rules.clock import ClockKind
from rules.errors import NotFound
from rules.permissions import Capability
from rules.rating_table import FollowFacts, FollowMove

NO_FOLLOWUP = "没有这件差评，或者它不在您的管辖范围内。"


def readable(reads: Reads, ground: Ground, number: str, person: str, now: datetime) -> Followup:
    """The follow-up of a case. Raises NotFound alike for one that does not exist and one out of reach."""
    found = followups.by_number(reads, number.strip().upper())
    if found is None or not capacities(reads, ground, person, found.department, now):
        raise NotFound(NO_FOLLOWUP)
    return found


def may_record(ground: Ground, role: Role) -> bool:
    """Whether the county lets a role answer for a department, or supervise one."""
    may = ground.permissions.roles
    return role in may(Capability.ORDERS_ANSWER) | may(Capability.ORDERS_ISSUE)


def sees_words(
    reads: Reads, ground: Ground, case_id: int, department: str, person: str, now: datetime
) -> bool:
    """Whether someone may read what was written about a bad rating: who follows it up, or supervises that.

    Never who has worked on the case: nobody shall have to fear those who handled their matter.
    """
    return bool(capacities(reads, ground, person, department, now)) and not followups.worked_on(
        reads, case_id, person
    )


def follow_facts(reads: Reads, ground: Ground, followup: Followup, person: str, now: datetime) -> FollowFacts:
    """What the table's guards must know of a follow-up for one person."""
    settings = ground.county.settings
    said = followups.steps(reads, followup.case_id)
    claims = [each.person for each in said if each.move == FollowMove.DISPUTE]
    done = [at for at, each in enumerate(said) if each.move in (FollowMove.FIX, FollowMove.CONFIRM)]
    revisiting = said[done[-1] + 1 :] if done else ()
    again = sum(each.move == FollowMove.ATTEMPT for each in revisiting)
    clock = running(reads, followup.case_id, ClockKind.RATING_FIX)
    return FollowFacts(
        worked=followups.worked_on(reads, followup.case_id, person),
        own_claim=bool(claims) and claims[-1] == person,
        attempts=again if done else followup.attempts,
        enough=settings.rating_attempts,
        tried=tuple(each.done_at for each in said if each.move == FollowMove.ATTEMPT and each.done_at),
        fixed=said[done[-1]].at if done else None,
        extendable=settings.rating_fix_longest > settings.rating_fix_days,
        extended=followup.extended,
        fix_over=clock is not None and now > clock.due,
    )
