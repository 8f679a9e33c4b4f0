"""Opens a follow-up in the transaction of a bad rating, and drops it when the case's personal data are erased."""

from __future__ import annotations

from datetime import datetime

from handlers.casework.ground import Ground
from handlers.following_up.deadlines import DEPARTMENT, KIND, new_clock, tell
from handlers.store import clocks, counts, events, followups, outbox
from handlers.store.followups import Followup
from handlers.store.records import Case, Json
from handlers.store.writer import Transaction
from presentation.dates import date_cn
from rules.access import Role
from rules.clock import ClockKind
from rules.rating_table import BAD, FOLLOW_ENDED, FollowState
from rules.time import local_date


def open_if_bad(tx: Transaction, ground: Ground, case: Case, score: int, now: datetime) -> None:
    """Of 不满意 and 非常不满意: both clocks begin, the department is told, the event is in the chain."""
    if score not in BAD:
        return
    settings, drill = ground.county.settings, case.drill
    contact, fix = (
        new_clock(ground, kind, now, days, case.id, case.department, drill)
        for kind, days in (
            (ClockKind.RATING_CONTACT, settings.rating_contact_days),
            (ClockKind.RATING_FIX, settings.rating_fix_days),
        )
    )
    made = Followup(
        case_id=case.id, number=case.number, item_name=case.item_name, score=score, department=case.department,
        supervisor_unit=ground.units.top or "county", opened=now, state=FollowState.OPEN, contact_due=contact.due,
        contacted_at=None, contact_late=False, attempts=0, fix_due=fix.due, fixed_at=None, fix_late=False,
        extended=False, finding="", accepted="", closed_at=None, version=0, drill=drill,
    )  # fmt: skip
    followups.insert(tx, made)
    for clock in (contact, fix):
        clocks.insert(tx, clock)
    happened(
        tx, made, "open", "system", Role.SYSTEM, "", now, FollowState.OPEN,
        {"score": score, "contact_due": contact.due.isoformat(), "fix_due": fix.due.isoformat(), "words": ""},
    )  # fmt: skip
    tell(
        tx, made, "rating.open", made.department, DEPARTMENT,
        f"办件{made.number}收到差评，请由没有经办过这件的人在{date_cn(contact.due)}前联系评价人、"
        f"{date_cn(fix.due)}前整改，并登记。", now, fact=f"rating:{case.id}",
    )  # fmt: skip
    if not drill:
        counts.add(tx, local_date(now), case.department, ("rating_followups",))


def drop(tx: Transaction, case_id: int, now: datetime) -> tuple[int, ...]:
    """The personal data of the case are erased: what was written goes, and nobody is left to be revisited.

    Returns the events whose payload was erased, for the event that says so.
    """
    found = followups.of_case(tx, case_id)
    if found is None:
        return ()
    erased = events.erase_payloads(tx, KIND, case_id, now)
    followups.erase_words(tx, case_id)
    outbox.erase_bodies(tx, KIND, case_id)
    if found.state in FOLLOW_ENDED:
        return erased
    for clock in clocks.of_subject(tx, KIND, case_id):
        if clock.stopped is None:
            clocks.stop(tx, clock.id, now, "个人信息已按规定删除")
    followups.change(tx, found, state=FollowState.DROPPED, closed_at=now)
    happened(tx, found, "drop", "system", Role.SYSTEM, "", now, FollowState.DROPPED, {"words": ""})
    return erased


def happened(
    tx: Transaction,
    followup: Followup,
    move: str,
    actor: str,
    role: Role,
    unit: str,
    now: datetime,
    to_state: FollowState,
    payload: dict[str, Json],
) -> None:
    """The event of a move; its payload, not its metadata, holds what was written."""
    events.append(
        tx,
        events.NewEvent(
            at=now, kind=f"rating.{move}", subject=KIND, subject_id=followup.case_id, subject_number=followup.number,
            actor=actor, role=role, unit=unit, from_state="" if move == "open" else followup.state,
            to_state=to_state, drill=followup.drill, payload=payload,
        ),
    )  # fmt: skip
