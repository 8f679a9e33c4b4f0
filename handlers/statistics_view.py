"""How a table of statistics is shown: charts of figures that share a unit, cells with their changes, addresses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from catalog.statistics import Measure
from handlers.staff_frame import address
from handlers.statistics.asking import TIMES
from handlers.statistics.behind import can_open
from handlers.statistics.tables import Figure, Line, Table
from presentation.charts import Chart, Series, Tone, bars, lines, number_text, stacked
from presentation.view import Choice
from rules.quick_dataclass import dataclass
from rules.score_periods import Period
from rules.statistics import Change

HERE = "/hall/statistics"
MOST_CHARTS = 4
MOST_BARS = 20
_TONES: dict[str, Tone] = {"warnings": "warning", "yellow_cards": "yellow", "red_cards": "red"}


@dataclass(frozen=True, slots=True)
class Moved:
    """A change in words: `+12（+3.4%）`; `good` and `bad` only where the measure says which way is better."""

    against: str
    words: str
    feel: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as it is read; `href` opens the cases behind it, `feel` of a target is met or missed."""

    text: str
    small: bool
    href: str
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    label: str
    href: str
    cells: tuple[Cell, ...]


def charts_of(table: Table) -> list[Chart]:
    """Up to four charts, each of measures with one unit: lines over time, layers for lights, bars else."""
    if not table.lines:
        return []
    by_unit: dict[str, list[int]] = {}
    for place, measure in enumerate(table.measures):
        name = "light" if measure.id in _TONES else measure.unit
        by_unit.setdefault(name, []).append(place)
    shown = busy(table)
    if table.asked.group not in TIMES:
        shown = sorted(shown, key=lambda line: -(line.figures[0].value or 0))
    shown = shown[:MOST_BARS]
    return [
        _chart(f"chart-{number}", table, shown, places, light=name == "light")
        for number, (name, places) in enumerate(by_unit.items(), 1)
    ][:MOST_CHARTS]


def _chart(id: str, table: Table, shown: Sequence[Line], places: Sequence[int], *, light: bool) -> Chart:
    measures = [table.measures[place] for place in places][:4]
    if table.asked.group not in TIMES:
        # Where nothing could be counted there is nothing to draw; the table says so.
        shown = [line for line in shown if any(line.figures[place].value for place in places)] or shown[:1]
    series = [
        Series(
            measure.label,
            tuple(line.figures[place].value for line in shown),
            _TONES.get(measure.id, ""),
        )
        for measure, place in zip(measures, places, strict=False)
    ]
    first = measures[0]
    title = "、".join(each.label for each in measures)
    more = f"只画前 {MOST_BARS} 项，全部见统计表。" if len(busy(table)) > MOST_BARS else ""
    labels = [line.label for line in shown]
    unit, digits, head = first.unit, first.digits, table.group_label
    if table.asked.group in TIMES and len(shown) > 1:
        return lines(id, title, labels, series, unit=unit, digits=digits, head=head, note=more)
    if light:
        return stacked(id, title, labels, series, unit=unit, head=head, note=more)
    target = table.targets.get(first.id) if len(measures) == 1 else None
    return bars(
        id, title, labels, series, unit=unit, digits=digits, head=head, note=more,
        target=None if target is None else target.value,
    )  # fmt: skip


def rows_of(table: Table) -> list[Row]:
    """The lines with their cells, the total last."""
    return [_row(table, line) for line in busy(table)] + [_row(table, table.total)]


def busy(table: Table) -> list[Line]:
    """The lines in which anything was counted; of times all of them, because a month of nothing is news."""
    if table.asked.group in TIMES:
        return list(table.lines)
    return [
        line
        for line in table.lines
        if any(
            figure.number or figure.value or any(each and each.earlier for each in (figure.last, figure.year))
            for figure in line.figures
        )
    ]


def quiet(table: Table) -> list[str]:
    """The names of the other lines."""
    kept = {line.key for line in busy(table)}
    return [line.label for line in table.lines if line.key not in kept]


def _row(table: Table, line: Line) -> Row:
    narrowed = _narrowed(table, line.key)
    cells = tuple(
        Cell(
            number_text(figure.value, measure.digits),
            figure.small,
            _behind(measure, figure, narrowed),
            _moved(table, measure, figure),
        )
        for measure, figure in zip(table.measures, line.figures, strict=True)
    )
    return Row(line.label, "", cells)


def _narrowed(table: Table, key: str) -> dict[str, str] | None:
    """The parameters that hold a line's cases; None where a line cannot be named so."""
    asked = table.asked.parameters()
    asked.pop("measures")
    asked.pop("group", None)
    asked.pop("compare")
    asked["period"] = table.asked.period or table.window.text
    group = table.asked.group
    if not key or not group:
        return asked
    if key == "-":
        return None
    if group == "day":
        return asked | {"period": f"{key}..{key}"}
    if group in ("month", "quarter"):
        period = Period.parse(key)
        first, last = max(period.first, table.window.first), min(period.last, table.window.last)
        return asked | {"period": f"{first}..{last}"}
    return asked | {group: key}


def _behind(measure: Measure, figure: Figure, narrowed: dict[str, str] | None) -> str:
    if narrowed is None or not figure.number or not can_open(measure):
        return ""
    return address(f"{HERE}/cases", measure=measure.id, **narrowed)


def _moved(table: Table, measure: Measure, figure: Figure) -> tuple[Moved, ...]:
    found = []
    for change, against, window in (
        (figure.last, "比上期", table.earlier),
        (figure.year, "比去年", table.year),
    ):
        # From nothing everything is growth: that says no more than the figure itself.
        if change is not None and window is not None and change.earlier:
            found.append(Moved(against, change_words(change, measure), _feel(change, measure)))
    return tuple(found)


def change_words(change: Change, measure: Measure) -> str:
    """`+12（+3.4%）`, `-2.1个百分点`, `持平`."""
    if not change.absolute:
        return "持平"
    digits = measure.digits
    text = f"{change.absolute:+,.{digits}f}"
    if measure.is_share:
        return text + "个百分点"
    if change.relative is None:
        return text
    return f"{text}（{change.relative:+.1f}%）"


def _feel(change: Change, measure: Measure) -> str:
    if measure.better == "none" or change.small or not change.absolute:
        return ""
    return "good" if (change.absolute > 0) == (measure.better == "up") else "bad"


def periods(today: date) -> list[Choice]:
    """The months of two years, the quarters and years before today, newest first."""
    months = []
    at = Period.month_of(today)
    for _ in range(24):
        months.append(at)
        at = at.before
    quarters = [Period.parse(f"{today.year}Q{(today.month + 2) // 3}")]
    for _ in range(7):
        quarters.append(quarters[-1].before)
    years = [Period.parse(str(today.year - each)) for each in range(3)]
    return [Choice(each.text, each.label) for each in (*months[:13], *quarters, *years, *months[13:])]
