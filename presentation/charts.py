"""Charts as values: bars, lines and stacked bars, each with the table of the same numbers that stands beside it.

A page makes one with `bars`, `lines` or `stacked` and renders it with `macros/charts.html`; the drawing itself is
`assets/charts.js` over the vendored ECharts, which `assets/hall.js` loads only where a page has a chart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from rules.quick_dataclass import dataclass

Kind = Literal["bars", "lines", "stacked"]
Tone = Literal["", "normal", "warning", "yellow", "red", "gold", "soft"]
Number = int | float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers, as many as the chart has categories; None is a gap, never a zero.

    `tone` takes one of the lights' colours and belongs to supervision only; empty takes the next of the plain ones.
    """

    label: str
    values: tuple[Number, ...]
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn and what the table says. `id` is unique on its page; `hrefs` open what is behind a category."""

    id: str
    title: str
    kind: Kind
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    digits: int = 0
    head: str = ""
    across: bool = False
    target: float | None = None
    target_label: str = "目标"
    hrefs: tuple[str, ...] = ()
    note: str = ""
    csv: str = ""

    def __post_init__(self) -> None:
        for each in self.series:
            if len(each.values) != len(self.categories):
                raise ValueError(f"图“{self.title}”的“{each.label}”应有 {len(self.categories)} 个数")
        if self.hrefs and len(self.hrefs) != len(self.categories):
            raise ValueError(f"图“{self.title}”应有 {len(self.categories)} 个链接")

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(value is not None for each in self.series for value in each.values)

    @property
    def data(self) -> str:
        """The JSON that charts.js reads from the figure's data attribute."""
        return json.dumps(
            {
                "title": self.title,
                "kind": self.kind,
                "categories": self.categories,
                "series": [
                    {"label": each.label, "values": each.values, "tone": each.tone} for each in self.series
                ],
                "unit": self.unit,
                "digits": self.digits,
                "across": self.across,
                "target": self.target,
                "targetLabel": self.target_label,
                "hrefs": self.hrefs,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @property
    def rows(self) -> list[tuple[str, str, list[str]]]:
        """The table: category, address behind it, one text per series."""
        hrefs = self.hrefs or ("",) * len(self.categories)
        return [
            (name, href, [number_text(each.values[place], self.digits) for each in self.series])
            for place, (name, href) in enumerate(zip(self.categories, hrefs, strict=True))
        ]


def number_text(value: Number, digits: int = 0) -> str:
    """`1,234.5`; a number that is not there is a dash."""
    return "—" if value is None else f"{value:,.{digits}f}"


def _made(series: Sequence[Series | tuple[str, Sequence[Number]]]) -> tuple[Series, ...]:
    return tuple(each if isinstance(each, Series) else Series(each[0], tuple(each[1])) for each in series)


def bars(
    id: str,
    title: str,
    categories: Sequence[str],
    series: Sequence[Series | tuple[str, Sequence[Number]]],
    *,
    unit: str = "",
    digits: int = 0,
    head: str = "",
    across: bool | None = None,
    target: float | None = None,
    target_label: str = "目标",
    hrefs: Sequence[str] = (),
    note: str = "",
    csv: str = "",
) -> Chart:
    """Bars side by side. More than eight categories, or long names, lie across so that the names can be read."""
    if across is None:
        across = len(categories) > 8 or any(len(name) > 6 for name in categories)
    return Chart(
        id, title, "bars", tuple(categories), _made(series), unit, digits, head, across, target, target_label,
        tuple(hrefs), note, csv,
    )  # fmt: skip


def lines(
    id: str,
    title: str,
    categories: Sequence[str],
    series: Sequence[Series | tuple[str, Sequence[Number]]],
    *,
    unit: str = "",
    digits: int = 0,
    head: str = "",
    target: float | None = None,
    target_label: str = "目标",
    hrefs: Sequence[str] = (),
    note: str = "",
    csv: str = "",
) -> Chart:
    """Lines over time; gaps stay gaps."""
    return Chart(
        id, title, "lines", tuple(categories), _made(series), unit, digits, head, False, target, target_label,
        tuple(hrefs), note, csv,
    )  # fmt: skip


def stacked(
    id: str,
    title: str,
    categories: Sequence[str],
    series: Sequence[Series | tuple[str, Sequence[Number]]],
    *,
    unit: str = "",
    digits: int = 0,
    head: str = "",
    across: bool | None = None,
    hrefs: Sequence[str] = (),
    note: str = "",
    csv: str = "",
) -> Chart:
    """Bars in layers that add up to a whole, such as cards by level."""
    if across is None:
        across = len(categories) > 8 or any(len(name) > 6 for name in categories)
    return Chart(
        id, title, "stacked", tuple(categories), _made(series), unit, digits, head, across, None, "",
        tuple(hrefs), note, csv,
    )  # fmt: skip
