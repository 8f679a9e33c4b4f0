"""A table of statistics as spreadsheets: figures as real numbers, changes beside them, definitions on their own sheet."""

from __future__ import annotations

from handlers.statistics.tables import Figure, Table
from presentation.dates import datetime_cn
from presentation.spreadsheets import Cell, Sheet, csv_bytes, xlsx


def as_xlsx(table: Table) -> bytes:
    """The figures and a second sheet that says how each was counted."""
    return xlsx((figures_sheet(table), notes_sheet(table)))


def as_csv(table: Table) -> bytes:
    """The figures alone."""
    return csv_bytes(figures_sheet(table))


def figures_sheet(table: Table) -> Sheet:
    """One line per group and the total last; where compared, the changes stand right of each figure."""
    heads = [table.group_label]
    formats = [""]
    for each in table.measures:
        form = "#,##0" + ("." + "0" * each.digits if each.digits else "")
        heads.append(f"{each.label}（{each.unit}）")
        formats.append(form)
        if table.earlier is not None and each.kind not in ("item", "now"):
            unit = "百分点" if each.is_share else each.unit
            heads += [
                f"{each.label} 比上期（{unit}）",
                f"{each.label} 比去年同期（{unit}）",
                f"{each.label} 背后件数",
            ]
            formats += [form, form, "#,##0"]
    rows = []
    for line in (*table.lines, table.total):
        row: list[Cell] = [line.label]
        for measure, figure in zip(table.measures, line.figures, strict=True):
            row.append(figure.value)
            if table.earlier is not None and measure.kind not in ("item", "now"):
                row += _changes(figure)
        rows.append(tuple(row))
    return Sheet("统计", tuple(heads), tuple(rows), formats=tuple(formats))


def notes_sheet(table: Table) -> Sheet:
    """Definitions, targets, the period and what it is compared with."""
    lead = [table.title, f"统计时间：{datetime_cn(table.at)}"]
    if table.earlier is not None and table.year is not None:
        lead.append(f"上期：{table.earlier.label}；去年同期：{table.year.label}")
    lead += table.notes
    rows = []
    for each in table.measures:
        target = table.targets.get(each.id)
        asked = (
            ""
            if target is None
            else f"{'不低于' if target.at_least is not None else '不高于'}{target.value:g}{each.unit}（{target.source}）"
        )
        rows.append((each.label, each.unit, each.how, each.source, asked))
    return Sheet("指标说明", ("指标", "单位", "怎么数", "出处", "目标"), tuple(rows), lead=tuple(lead))


def _changes(figure: Figure) -> list[Cell]:
    return [
        None if figure.last is None else figure.last.absolute,
        None if figure.year is None else figure.year.absolute,
        figure.number,
    ]
