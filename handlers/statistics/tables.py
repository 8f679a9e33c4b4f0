"""A finished table of statistics: its figures with their changes, ready for a page, a spreadsheet or a program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from catalog.statistics import Measure, Target
from handlers.statistics.asking import Asked
from rules.quick_dataclass import dataclass
from rules.statistics import Change, Window


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `value` None: there is nothing to count it from. `number`: how many cases are behind it.

    `small`: fewer than thirty, so a share or percentile may be chance. Changes are None where not compared.
    """

    value: float | None
    number: int
    last: Change | None = None
    year: Change | None = None
    small: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One group with a figure per measure."""

    key: str
    label: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What was asked, what it was compared with, and the figures. `complete`: every event so far is in them."""

    asked: Asked
    at: datetime
    window: Window
    earlier: Window | None
    year: Window | None
    measures: tuple[Measure, ...]
    targets: Mapping[str, Target]
    group_label: str
    lines: tuple[Line, ...]
    total: Line
    notes: tuple[str, ...]
    complete: bool = True

    @property
    def title(self) -> str:
        """`2026年11月各部门统计`."""
        group = f"按{self.group_label}" if self.asked.group else ""
        return f"{self.window.label}{group}统计"

    def column(self, measure: str) -> tuple[Figure, ...]:
        """The figures of one measure, line by line."""
        place = self.asked.measures.index(measure)
        return tuple(line.figures[place] for line in self.lines)

    def line(self, key: str) -> Line | None:
        """One group's line."""
        return next((each for each in self.lines if each.key == key), None)
