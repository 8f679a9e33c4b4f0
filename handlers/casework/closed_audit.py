"""Looks once at every case that has been closed: are its numbered documents there, and does the chain know its moves?

Cases closed by the hall's own moves pass by construction; this finds what was imported or written past the hall.
What was closed before the first pass is left alone.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from handlers.casework.cards import Raised
from handlers.casework.ground import Ground
from handlers.casework.move_facts import closed_fact, outside_notices, required_notices
from handlers.casework.subjects import subject_of
from handlers.casework.triggering import Happened, fire
from handlers.store import cases, events, findings, notices, settings
from handlers.store.database import Database
from handlers.store.moments import json_text, moment, stamp
from handlers.store.records import Case
from handlers.store.writer import Transaction
from rules.case_terms import NOTICES, State
from rules.triggers import TriggerFacts

_AUDITED = "closed_audited"
_EVERY = timedelta(minutes=10)

# What a case says of itself, and the events that must stand behind it.
_BEHIND = {
    "granted": ("准予", ("grant",)),
    "denied": ("不予许可", ("deny",)),
    "refused": ("不予受理", ("refuse",)),
    "voided": ("作废", ("void",)),
}


def audit(database: Database, ground: Ground, now: datetime) -> Raised:
    """Fires the rules about closed cases for those closed or brought in since the last pass."""
    text = settings.get(database, _AUDITED)
    if text is None:
        newest = findings.newest_case(database)
        database.write(lambda tx: _keep(tx, now, newest))
        return Raised()
    kept = json.loads(text)
    since, after = moment(kept["to"]), int(kept["id"])
    if now < since + _EVERY:
        return Raised()
    newest = findings.newest_case(database)
    found = findings.closed_since(database, since, now, after)
    if not found:
        return Raised()
    waiting = [database.writer.submit(_Audit(ground, case_id, now)) for case_id in found]
    raised = Raised()
    for each in waiting:
        raised += each.result()
    database.write(lambda tx: _keep(tx, now, newest))
    return raised


class _Audit:
    """One closed case."""

    def __init__(self, ground: Ground, case_id: int, now: datetime) -> None:
        self.ground, self.case_id, self.now = ground, case_id, now

    def __call__(self, tx: Transaction) -> Raised:
        case = cases.by_id(tx, self.case_id)
        if case is None or case.closed_at is None:
            return Raised()
        there = {each.kind for each in notices.of_subject(tx, "case", case.id)}
        kinds = {each.kind for each in events.of_subject(tx, "case", case.id)}
        required = required_notices(case, outside_notices(tx, case))
        facts = TriggerFacts(
            "closed",
            required=tuple(NOTICES[each].title for each in required),
            issued=tuple(NOTICES[each].title for each in there),
            unrecorded=unrecorded(case, kinds),
            source=case.source_system or "",
        )
        happened = Happened(
            facts, subject_of(case), case.department, case.accepting_unit, self.now, closed_fact(case), case.drill
        )  # fmt: skip
        return fire(tx, self.ground, happened)


def unrecorded(case: Case, kinds: set[str]) -> tuple[str, ...]:
    """The moves a case claims and the chain knows nothing of, in words."""
    found = []
    if "file" not in kinds:
        found.append("收件")
    if case.accepted_at is not None and not kinds & {"accept", "deem_accept"}:
        found.append("受理")
    label, behind = _BEHIND.get(case.outcome, ("", ()))
    if label and not kinds & set(behind):
        found.append(label)
    if case.state is State.DELIVERED and "deliver" not in kinds:
        found.append("送达")
    return tuple(found)


def _keep(tx: Transaction, to: datetime, newest: int) -> None:
    settings.put(tx, _AUDITED, json_text({"to": stamp(to), "id": newest}))
