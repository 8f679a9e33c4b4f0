"""What a score entry and an edition of scores look like outside the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal

from rules.quick_dataclass import dataclass

EDITION_LABELS: Mapping[str, str] = MappingProxyType(
    {"draft": "草稿", "proposed": "征求意见", "published": "已公布"}
)
EditionState = Literal["draft", "proposed", "published"]


@dataclass(frozen=True, slots=True)
class ScoreEntry:
    """One fact a supervisor entered. `period` is the month it counts in; `department` empty for a register."""

    id: int
    period: str
    head: str
    kind: str
    department: str
    person: str | None
    subject: str
    subject_number: str
    quantity: int
    happened: date
    entered: datetime
    entered_by: str
    basis: str
    note: str
    withdrawn: datetime | None
    withdrawn_by: str | None
    withdrawal: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a period's scores. The texts (ledger, ranking, scheme) are kept apart, by their SHA-256.

    `as_of`: facts as they stood at that moment. `appeal_until`: the last moment for departments to appeal.
    """

    id: int
    period: str
    edition: int
    state: EditionState
    scheme: str
    scheme_hash: str
    ledger_hash: str
    ranking_hash: str
    as_of: datetime
    note: str
    made: datetime
    made_by: str
    proposed: datetime | None
    proposed_by: str | None
    appeal_until: datetime | None
    published: datetime | None
    published_by: str | None
    event_seq: int | None
    version: int


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a period with what must not be published: number and person; `at` orders the ledger.

    `subject` is case, letter, order or entry. The rest is as in `rules.score_ledger.LedgerLine`.
    """

    kind: str
    at: str
    department: str
    subject: str
    number: str
    person: str | None = None
    item: str = ""
    result: str = ""
    object: str = ""
    trigger: str = ""
    level: int = 0
    quantity: int = 1
    carded: bool = False
    matter: str = ""
    head: str = ""
    state: str = ""
    row: int = 0
