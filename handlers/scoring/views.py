"""What the pages of scores show: frozen values, ready to be read out."""

from __future__ import annotations

from catalog.scoring_published import DepartmentScore, ItemScore, RankingFile
from handlers.store.score_records import Edition, ScoreEntry
from presentation.score_words import too_few_ratings
from rules.quick_dataclass import dataclass
from rules.score_ledger import LedgerLine
from rules.score_periods import Period
from rules.score_scheme import Head, Measure, Scheme


@dataclass(frozen=True, slots=True)
class OpenedLine:
    """A ledger line and, for who may see it, the number behind its token; `href` empty where there is no page."""

    line: LedgerLine
    words: str
    number: str
    href: str


@dataclass(frozen=True, slots=True)
class OpenedMeasure:
    """A measure with what it came to and the facts that took points; `more` were left out of the list."""

    measure: Measure
    count: int
    whole: int | None
    points: str
    lines: tuple[OpenedLine, ...]
    more: int


@dataclass(frozen=True, slots=True)
class OpenedHead:
    """A head with its measures; `before` are its points of the period before, None when not measured then."""

    head: Head
    points: str | None
    before: str | None
    measures: tuple[OpenedMeasure, ...]

    @property
    def unshown(self) -> str:
        """Why no figure of it is shown; empty where there is one."""
        return too_few_ratings(
            self.points,
            [(each.measure, each.count if each.whole is None else each.whole) for each in self.measures],
        )


@dataclass(frozen=True, slots=True)
class DepartmentView:
    """A department's (or person's) own score, opened. `edition` None: computed from today's records."""

    period: Period
    edition: Edition | None
    scheme: Scheme
    ranking: RankingFile
    place: DepartmentScore
    before: DepartmentScore | None
    heads: tuple[OpenedHead, ...]
    adjustments: tuple[OpenedMeasure, ...]
    revoked: tuple[OpenedLine, ...]
    items: tuple[tuple[ItemScore, str], ...]
    appeals: tuple[tuple[str, str, str], ...]
    may_appeal: bool


@dataclass(frozen=True, slots=True)
class EditionView:
    """An edition for the people who propose and publish it."""

    edition: Edition
    period: Period
    scheme: Scheme
    ranking: RankingFile
    before: RankingFile | None
    open_appeals: int
    appeals: tuple[tuple[str, str, str], ...]
    names: dict[str, str]
    registers: tuple[str, ...]
    over: bool
    may_propose: bool
    may_publish: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry with the names that its page shows."""

    entry: ScoreEntry
    label: str
    head_name: str
    department_name: str
    person_name: str
    entered_by: str
    withdrawn_by: str
