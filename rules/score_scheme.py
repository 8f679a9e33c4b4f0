"""What a scoring scheme is made of: heads with base points, measures over ledger lines, grades, least numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Literal

from rules.quick_dataclass import dataclass
from rules.score_ledger import LedgerLine

Way = Literal["each", "run", "share", "proportion", "cut"]
EntriesAlone = Literal["scale", "deduct"]
WAY_LABELS: Mapping[str, str] = {
    "each": "每一件",
    "run": "连续",
    "share": "每满一个百分比",
    "proportion": "按比例得分",
    "cut": "时限压缩",
}


@dataclass(frozen=True, slots=True)
class Pick:
    """Which ledger lines: of one kind, and in each field that is named one of the values.

    Without a `trigger` only cards by time are meant: a fact that was carded is scored as that fact, not once more
    by the colour of its card. `marks`: at least one of them stands on the line; `without`: none of them does.
    """

    kind: str
    result: frozenset[str] = frozenset()
    object: frozenset[str] = frozenset()
    trigger: frozenset[str] = frozenset()
    level: frozenset[int] = frozenset()
    head: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    def takes(self, line: LedgerLine) -> bool:
        """Whether a line is one of them. What does not count is asked elsewhere."""
        return (
            line.kind == self.kind
            and (not self.result or line.result in self.result)
            and (not self.object or line.object in self.object)
            and (line.trigger in self.trigger if self.trigger else not line.trigger)
            and (not self.level or line.level in self.level)
            and (not self.head or line.head in self.head)
            and (not self.marks or not self.marks.isdisjoint(line.marks))
            and (not self.without or self.without.isdisjoint(line.marks))
        )


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to lose or earn points.

    each: `points` for every line of `facts`. run: `points` for every `length` lines of `facts` in a row, a line of
    `breaks` ends the row. share: `points` for every full `step` percent that `facts` are of `whole`. proportion:
    the head's base times that share, in place of the base. cut: promised limits of `facts` are shorter than the
    statutory ones by `start` percent: `first` points, and `points` for every further full `step` percent.
    `most` bounds what the measure may take or give in all (as a positive number).
    """

    id: str
    title: str
    way: Way
    facts: Pick
    points: Decimal
    source: str
    whole: Pick | None = None
    breaks: Pick | None = None
    step: Decimal = Decimal(0)
    length: int = 0
    start: Decimal = Decimal(0)
    first: Decimal = Decimal(0)
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Enough:
    """A head is measured when there are at least so many lines of this pick."""

    pick: Pick
    least: int


@dataclass(frozen=True, slots=True)
class Head:
    """One head of the score: at most `base` points, never below 0; measured when any of `measured_when` is met."""

    id: str
    name: str
    base: Decimal
    explanation: str
    source: str
    measured_when: tuple[Enough, ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade begins at so many points."""

    id: str
    name: str
    start: Decimal


@dataclass(frozen=True, slots=True)
class ScoreExample:
    """A worked example the scheme carries: ledger lines, and what must come out (points as written)."""

    name: str
    lines: tuple[LedgerLine, ...]
    heads: Mapping[str, Decimal | None]
    adjustments: Mapping[str, Decimal]
    total: Decimal | None
    grade: str | None
    ranked: bool | None


@dataclass(frozen=True, slots=True)
class Scheme:
    """A whole scheme. `highest_only`: of the time cards of one matter in a month only the highest counts.

    `entries_alone`: what becomes of a head that nothing but entries made measured. `scale`: it counts like the others,
    and so a half lost there may lift a total below a half; `deduct`: its base stays out of the scaling, and the points
    lost come off the total, so that an entry never raises one. `ranked_from` lines of `ranked_by` are needed to be ranked and graded. `version` is
    `<id>@<version>#<first 8 of the file's SHA-256>`.
    """

    id: str
    title: str
    version: str
    hash: str
    source: str
    highest_only: bool
    ranked_by: Pick
    ranked_from: int
    heads: tuple[Head, ...]
    adjustments: tuple[Measure, ...]
    grades: tuple[Grade, ...]
    examples: tuple[ScoreExample, ...] = ()
    entries_alone: EntriesAlone = "scale"

    @property
    def full(self) -> Decimal:
        """What all heads together can bring."""
        return sum((each.base for each in self.heads), Decimal(0))

    @property
    def measures(self) -> Iterator[Measure]:
        """Every measure, heads first."""
        for head in self.heads:
            yield from head.measures
        yield from self.adjustments


def standing(lines: Iterable[LedgerLine], highest_only: bool) -> list[LedgerLine]:
    """The lines that count, in order: what was revoked or withdrawn is gone, of cards on one matter the highest stays.

    Cards of triggers (`trigger` filled) are facts of their own and are never taken together.
    """
    counted = [line for line in lines if not line.state]
    if not highest_only:
        return counted
    highest: dict[tuple[str, str, str], LedgerLine] = {}
    for line in counted:
        if line.kind == "card" and not line.trigger:
            key = (line.department, line.object, line.matter)
            known = highest.get(key)
            if known is None or line.level > known.level:
                highest[key] = line
    kept = {line.n for line in highest.values()}
    return [line for line in counted if line.kind != "card" or line.trigger or line.n in kept]
