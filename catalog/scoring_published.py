"""The published ranking as it is read back: `published/scores/<period>/<edition>.json` and the list of editions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rules.errors import Invalid

LIST_FORMAT: Literal["county-hall-scores/1"] = "county-hall-scores/1"


class _Record(BaseModel):
    """Unknown keys are let through, so that an older hall reads what a newer one wrote."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class MeasureScore(_Record):
    """What one measure made of a department; `lines` are numbers of the ledger's lines that took points."""

    count: int
    of: int | None = None
    points: str
    lines: tuple[int, ...] = ()


class HeadScore(_Record):
    """One head; `points` None when nothing measured it."""

    points: str | None
    measures: Mapping[str, MeasureScore] = Field(default_factory=dict)


class MonthScore(_Record):
    """One month of a quarter or year."""

    month: str
    edition: int
    total: str | None
    closed: int
    ledger: str


class DepartmentScore(_Record):
    """One department's place; `rank` None for one that is listed, not ranked."""

    id: str
    name: str
    rank: int | None
    total: str | None
    grade: str
    grade_name: str
    closed: int
    scaled: str | None = None
    heads_sum: str
    heads_base: str
    heads: Mapping[str, HeadScore]
    adjustments: Mapping[str, MeasureScore] = Field(default_factory=dict)
    months: tuple[MonthScore, ...] = ()
    taken_off: str = ""


class ItemScore(_Record):
    """One item's score; items are not ranked."""

    code: str
    department: str
    total: str | None
    closed: int


class HeadBase(_Record):
    """A head of the scheme as the ranking names it."""

    id: str
    name: str
    base: str


class SchemeNamed(_Record):
    """Which scheme it was."""

    id: str
    title: str
    version: str
    sha256: str


class LedgerNamed(_Record):
    """Which ledger it was."""

    sha256: str
    lines: int


class RankingFile(_Record):
    """A ranking whole."""

    format: Literal["county-hall-score/1"]
    county: str
    period: str
    label: str
    edition: int
    note: str = ""
    as_of: str
    scheme: SchemeNamed
    ledger: LedgerNamed
    ranked_from: int
    full: str
    heads: tuple[HeadBase, ...]
    departments: tuple[DepartmentScore, ...]
    items: tuple[ItemScore, ...] = ()

    def department(self, wanted: str) -> DepartmentScore | None:
        """One department's place."""
        return next((each for each in self.departments if each.id == wanted), None)


class EditionListed(_Record):
    """One published edition. `event` is its place in the log, where the ledger's hash stands too."""

    period: str
    label: str
    edition: int
    published: str
    note: str = ""
    ledger: str
    scheme: str
    ranking: str
    event: int | None = None


class EditionList(_Record):
    """`published/scores/index.json`: newest period first, newest edition first."""

    format: Literal["county-hall-scores/1"] = LIST_FORMAT
    editions: tuple[EditionListed, ...] = ()

    def newest(self) -> tuple[EditionListed, ...]:
        """The newest edition of each period."""
        return tuple({each.period: each for each in reversed(self.editions)}.values())[::-1]


def read_ranking(data: bytes) -> RankingFile:
    """Raises Invalid for what is no ranking."""
    try:
        return RankingFile.model_validate_json(data)
    except ValidationError as error:
        raise Invalid("这不是绩效排名文件。") from error
