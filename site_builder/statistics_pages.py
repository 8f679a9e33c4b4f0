"""The page of the county's monthly figures and its open data, from published/statistics.json."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.published_statistics import PublishedLine, PublishedStatistics
from presentation.charts import Chart, lines, number_text
from presentation.spreadsheets import Sheet, csv_bytes
from rules.statistics import SMALL
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal

ADDRESS = "/supervision/figures/"
# Which measures are drawn together: they share a unit.
_DRAWN = (
    ("收件和办结", ("filed", "closed")),
    ("按时办结率和网上办结率", ("on_time_rate", "online_closure_rate")),
    ("部门用时", ("agency_p50", "agency_p90")),
    ("群众等待", ("total_p50", "total_p90")),
)


def outputs(portal: Portal) -> Iterator[Output]:
    """`/supervision/figures/`, `data/statistics.json` and `data/statistics.csv`; the page alone while none are published."""
    found = portal.statistics
    text = "" if found is None else found.model_dump_json(indent=1) + "\n"
    yield portal.page(
        ADDRESS,
        "statistics.html",
        "办件数字",
        (fingerprint(text),),
        description="每月收件、办结、按时率和用时，每天更新一次。",
        section="watch",
        crumbs=(("我要督", "/supervision/"), ("办件数字", "")),
        values={
            "figures": found,
            "charts": [] if found is None else charts(found),
            "months": [] if found is None else [_cells(found, each) for each in reversed(found.months)],
            "departments": [] if found is None else [_cells(found, each) for each in found.departments],
            "small": SMALL,
        },
    )
    if found is None:
        return
    yield Output("data/statistics.json", fingerprint(text), lambda: text)
    yield Output("data/statistics.csv", fingerprint("csv", text), lambda: csv_bytes(sheet(found)))


def charts(found: PublishedStatistics) -> list[Chart]:
    """One chart per pair of measures, month by month."""
    places = {each.id: place for place, each in enumerate(found.measures)}
    made = []
    for number, (title, names) in enumerate(_DRAWN, 1):
        kept = [each for each in names if each in places]
        if not kept:
            continue
        first = found.measures[places[kept[0]]]
        series = [
            (found.measures[places[each]].label, [line.values[places[each]] for line in found.months])
            for each in kept
        ]
        made.append(
            lines(
                f"figures-{number}", title, [line.label for line in found.months], series,
                unit=first.unit, digits=first.digits, head="月份",
            )
        )  # fmt: skip
    return made


def sheet(found: PublishedStatistics) -> Sheet:
    """Months and departments as one flat table that programs read."""
    heads = ("范围", "编号", "名称", *(f"{each.label}（{each.unit}）" for each in found.measures))
    rows = [("月", line.key, line.label, *line.values) for line in found.months]
    rows += [
        (f"部门（{found.departments_period}）", line.key, line.label, *line.values)
        for line in found.departments
    ]
    return Sheet("办件数字", heads, tuple(rows))


def _cells(found: PublishedStatistics, line: PublishedLine) -> tuple[str, Sequence[str]]:
    """A line in words; `*` after a share or a time with few cases behind it."""
    cells = []
    numbers = line.numbers or (SMALL,) * len(line.values)
    for measure, value, number in zip(found.measures, line.values, numbers, strict=True):
        counted = measure.unit in ("件", "张") or measure.id == "paused_days"
        star = "" if counted or value is None or number >= SMALL else "*"
        cells.append(number_text(value, measure.digits) + star)
    return line.label, cells
