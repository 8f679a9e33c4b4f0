"""The two clocks of a follow-up: how the sweep reads and shows them, and what happens when a day has passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.casework import clocks as casework_clocks
from handlers.casework.clocks import Limit
from handlers.casework.ground import Ground
from handlers.casework.subjects import SHOWN, SUBJECTS, Light, Subject
from handlers.store import clocks, counts, followups, outbox
from handlers.store.followups import Followup
from handlers.store.moments import Reads
from handlers.store.records import Clock
from handlers.store.writer import Transaction
from presentation.dates import date_cn
from rules.access import Role
from rules.clock import ClockKind
from rules.time import local_date

KIND = "rating"
DEPARTMENT = (Role.COORDINATOR, Role.DECIDER, Role.DEPARTMENT_SUPERVISOR)
SUPERVISOR = (Role.COUNTY_SUPERVISOR,)
CHANNELS = ("in_app", "sms")


def new_clock(
    ground: Ground, kind: ClockKind, start: datetime, days: int, case_id: int, department: str, drill: bool
) -> Clock:
    """A clock of a follow-up as it is to be stored, in working days; no rule gives cards for it."""
    return casework_clocks.new(
        ground, kind, start, Limit(days), subject=KIND, subject_id=case_id, department=department, unit=department,
        drill=drill, object_="",
    )  # fmt: skip


def running(reads: Reads, case_id: int, kind: ClockKind) -> Clock | None:
    """The running clock of a kind."""
    found = clocks.of_subject(reads, KIND, case_id)
    return next((each for each in reversed(found) if each.kind is kind and each.stopped is None), None)


def latest(reads: Reads, case_id: int, kind: ClockKind) -> Clock | None:
    """The clock of a kind that runs, else the one that ran last."""
    found = [each for each in clocks.of_subject(reads, KIND, case_id) if each.kind is kind]
    return found[-1] if found else None


def note_late(tx: Transaction, followup: Followup, clock: Clock, now: datetime) -> None:
    """Flags a follow-up whose day has passed; of each day missed, department and supervisor are told and it is
    counted, once."""
    fix, fact = clock.kind is ClockKind.RATING_FIX, f"late:{clock.id}"
    already = followup.fix_late if fix else followup.contact_late
    followups.flag_late(tx, followup.case_id, fix=fix)
    if not already and not followup.drill:
        measure = "rating_fixes_late" if fix else "rating_contacts_late"
        counts.add(tx, local_date(now), followup.department, (measure,))
    if clock.stopped is not None:
        return  # it has just come, late: nobody needs a reminder
    word = "整改" if fix else "联系评价人"
    due = date_cn(clock.due)
    tell(
        tx, followup, "rating.late", followup.department, DEPARTMENT,
        f"办件{followup.number}的差评应在{due}前{word}，已经逾期，请立即{word}并登记。", now, fact=fact,
    )  # fmt: skip
    tell(
        tx, followup, "rating.late", followup.supervisor_unit, SUPERVISOR,
        f"办件{followup.number}的差评：责任部门没有在{due}前{word}。", now, fact=fact,
    )  # fmt: skip


def tell(
    tx: Transaction,
    followup: Followup,
    template: str,
    unit: str,
    roles: Sequence[Role],
    body: str,
    now: datetime,
    *,
    fact: str = "",
) -> None:
    """A message to those of a unit who hold one of some roles there; never with anybody's words in it."""
    outbox.add(
        tx,
        [
            outbox.NewMessage(
                now, template, "unit", unit, KIND, followup.case_id, followup.number, body, followup.drill,
                channels=CHANNELS, fact=fact, roles=tuple(each.value for each in roles),
            )
        ],
    )  # fmt: skip


def _followup(reads: Reads, case_id: int) -> Subject | None:
    found = followups.of_case(reads, case_id)
    return None if found is None else Subject(KIND, found.case_id, found.number, "差评回访", found.department)


def _show(tx: Transaction, case_id: int, light: Light) -> None:
    # Both days: a recomputed calendar moves both clocks and looks at one of them.
    contact, fix = (latest(tx, case_id, kind) for kind in (ClockKind.RATING_CONTACT, ClockKind.RATING_FIX))
    followups.show(
        tx,
        case_id,
        contact_due=None if contact is None else contact.due,
        fix_due=None if fix is None else fix.due,
    )
    clock = light.looked_at
    if clock.stopped is None and light.now > clock.due:
        found = followups.of_case(tx, case_id)
        if found is not None:
            note_late(tx, found, clock, light.now)


SUBJECTS[KIND] = _followup
SHOWN[KIND] = _show
