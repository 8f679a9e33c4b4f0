"""What a supervision card and an entry of the watch list look like outside the store."""

from __future__ import annotations

from datetime import datetime

from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A supervision card. `level` 1 warning, 2 yellow, 3 red; `state` pending, issued, dismissed or revoked.

    `object` is what is supervised (case, stage, …, order, conduct), `trigger` what was caught (empty: time
    alone, then `clock_id` says which clock). `fact` is what it is about, as `clock:12` or `event:345`: no
    rule gives two cards of one level for one fact. `rules` names the rule set as `id@version#hash8`.
    `since` is when the level began, `raised` when the card was written, `issued` when it took effect (a
    pending one: when it was confirmed). `issued_by` is a person or `system`; `confirmed_by` whoever
    confirmed a pending one. `evidence` is what a supervisor named when issuing by hand.
    """

    id: int
    clock_id: int | None
    subject: str
    subject_id: int
    subject_number: str
    department: str
    unit: str
    object: str
    trigger: str
    fact: str
    level: int
    rule: str
    rules: str
    since: datetime
    raised: datetime
    issued: datetime
    state: str
    why: str
    drill: bool
    evidence: str = ""
    by_hand: bool = False
    issued_by: str = "system"
    confirmed_by: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """Something to be watched with priority (重点关注): level 0, listed, no card."""

    id: int
    trigger: str
    fact: str
    rule: str
    rules: str
    subject: str
    subject_id: int
    subject_number: str
    department: str
    unit: str
    at: datetime
    why: str
    drill: bool
