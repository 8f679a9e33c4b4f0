"""The moves of complaints about conduct: to the county supervisor and back, a finding and its review by another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handlers.correspondence import timing
from handlers.correspondence.assigning import Place, place_of
from handlers.correspondence.reach import intake_department, intake_unit
from handlers.correspondence.requests import Made
from handlers.store import clocks
from handlers.store.records import Json
from rules.errors import Forbidden
from rules.letter_terms import CONDUCT, LetterKind, LetterState

if TYPE_CHECKING:
    from handlers.correspondence.moving import Moving

_NOTHING_WRITTEN: dict[str, object] = {
    "draft": None, "drafted_by": None, "review_words": "", "proposed": "", "assigned_person": None,
}  # fmt: skip


def escalate(move: Moving) -> Made:
    """To the county supervisor alone; from here on it is in no other list.

    Its clock begins anew with the days of a complaint, as after a release: the supervisor has had no day of it yet.
    For how long it was kept before answers who had it: what its clock has earned by now is issued.
    """
    timing.stop(move.tx, move.ground, move.letter, move.now, "转县监察员")
    top = move.ground.units.top or "county"
    complaint = replace(move.letter, topic=CONDUCT, kind=LetterKind.COMPLAINT)
    fresh = timing.begin(move.ground, complaint, move.now)
    clocks.insert(move.tx, fresh)
    columns = _NOTHING_WRITTEN | {
        "topic": CONDUCT, "kind": complaint.kind, "assigned_unit": top, "public": False, "due": fresh.due, "level": 0,
        "extension_days": 0,
    }  # fmt: skip
    return Made(columns, {"reason": move.value("reason")})


def release(move: Moving) -> Made:
    """A letter that is not about conduct becomes an ordinary one: to a unit, or to the desk that assigns.

    Its clock begins anew: who gets it has had no day of it yet. Its number stays, mark and all: the writer holds
    it on the receipt, and every event of the chain names it. It tells who works on the letter no more than the
    release itself does, and nobody else: what began as a complaint about conduct is never published.
    """
    tx, ground, now = move.tx, move.ground, move.now
    place = Place(intake_department(ground), intake_unit(ground), None, "")
    state = LetterState.RECEIVED
    if move.value("unit"):
        place, state = place_of(tx, ground, move.value("unit"), "", now), LetterState.ASSIGNED
    timing.stop(tx, ground, move.letter, now, "转普通来信办理")
    ordinary = replace(
        move.letter, topic="", department=place.department, assigned_unit=place.unit, assigned_person=None
    )
    fresh = timing.begin(ground, ordinary, now)
    clocks.insert(tx, fresh)
    columns = _NOTHING_WRITTEN | {
        "topic": "", "department": place.department, "assigned_unit": place.unit, "state": state, "due": fresh.due,
        "level": 0, "extension_days": 0,
    }  # fmt: skip
    payload: dict[str, Json] = {"to": place.unit, "reason": move.value("reason")}
    return Made(columns, payload, unit=ground.unit_name(place.unit))


def propose(move: Moving) -> Made:
    """What one supervisor found, for another to review; nobody else reads it until then."""
    columns = {
        "proposed": move.value("finding"), "draft": move.value("text"), "handling": move.value("outcome"),
        "drafted_by": move.author.actor, "review_words": "",
    }  # fmt: skip
    kept: dict[str, Json] = {"finding": move.value("finding"), "note": "提出了认定意见，等另一位县监察员审核"}
    return Made(columns, kept)


def overrule(move: Moving) -> Made:
    """Back to who found it, with the reviewer's words."""
    reason = move.value("reason")
    columns: dict[str, object] = {"review_words": reason}
    return Made(columns, {"note": f"认定意见退回：{reason}"})


def endorse(move: Moving) -> Made:
    """Another supervisor agrees: finding and answer go out. Raises Forbidden for who proposed it."""
    letter = move.letter
    if letter.drafted_by == move.author.actor:
        raise Forbidden("不能审核自己的认定意见，请由另一位县监察员审核。")
    made = _found(move, letter.proposed, letter.draft or "", letter.handling)
    columns = dict(made.columns) | {"answered_by": letter.drafted_by, "reviewed_by": move.author.actor}
    return replace(made, columns=columns, payload={**made.payload, "note": "由另一位县监察员审核通过"})


def find(move: Moving) -> Made:
    """The finding of a supervisor who is the only one that can make it."""
    made = _found(move, move.value("finding"), move.value("text"), move.value("outcome"))
    return replace(made, payload={**made.payload, "note": "没有另一位县监察员可以审核，由一人认定"})


def _found(move: Moving, finding: str, text: str, handling: str) -> Made:
    columns = move.answered(text, "answered") | {
        "finding": finding, "confirmed": finding != "unconfirmed", "handling": handling, "proposed": "",
    }  # fmt: skip
    return Made(columns, {"finding": finding, "answer": text, "outcome": handling})
