"""The API of statistics: the same tables as the page, with every definition beside its figures."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from handlers.api_operations import Operation, answered, query_of
from handlers.context import hall_of
from handlers.guard import may
from handlers.session import SignedIn
from handlers.statistics.tables import Figure, Line, Table
from rules.permissions import Capability
from rules.statistics import Change


class StatisticsQuery(BaseModel):
    """What to count; unknown combinations are refused with what would be possible."""

    model_config = ConfigDict(extra="forbid")

    measures: str = Field(
        "",
        description="指标编号，用逗号隔开，最多12个；全部编号见 /hall/statistics/definitions",
        max_length=600,
    )
    group: str = Field(
        "department",
        description="按什么分组：department、item_type、theme、item、channel、depth、unit、town、outcome、day、month、quarter、weekday，空或 none 为不分组",
    )
    period: str = Field(
        "", description="2026-11、2026Q4、2026 或 2026-11-03..2026-11-20；空为本月", max_length=30
    )
    compare: str = Field("1", description="0：不和上期、去年同期比")
    department: str = Field("", max_length=80)
    item_type: str = Field("", max_length=80)
    theme: str = Field("", description="主题代码，个人前加 p，企业前加 b", max_length=80)
    item: str = Field("", max_length=80)
    channel: str = Field("", max_length=80)
    depth: str = Field("", max_length=80)
    unit: str = Field("", max_length=80)
    town: str = Field("", max_length=80)
    outcome: str = Field("", max_length=80)


class MeasureOut(BaseModel):
    """One measure with how it is counted."""

    id: str
    label: str
    unit: str
    how: str
    source: str
    target: float | None = None


class ChangeOut(BaseModel):
    """From an earlier figure; `relative` per cent, null from nothing and for shares."""

    earlier: float
    absolute: float
    relative: float | None
    small: bool


class FigureOut(BaseModel):
    """`value` null: nothing to count it from. `number`: how many cases are behind it; below 30 `small` is true."""

    measure: str
    value: float | None
    number: int
    small: bool
    last_period: ChangeOut | None
    last_year: ChangeOut | None


class LineOut(BaseModel):
    """One group."""

    key: str
    label: str
    figures: list[FigureOut]


class StatisticsOut(BaseModel):
    """The whole table. `complete` false: more records are still being taken in."""

    title: str
    at: datetime
    first: date
    last: date
    group: str
    complete: bool
    measures: list[MeasureOut]
    lines: list[LineOut]
    total: LineOut
    notes: list[str]


def statistics(request: Request) -> Response:
    """A table of statistics within one's reach."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    query: StatisticsQuery = query_of(request, StatisticsQuery)
    asked = hall.statistics.asked(query.model_dump())
    return answered(table_out(hall.statistics.table(asked, person.person_id, hall.now())))


def table_out(table: Table) -> StatisticsOut:
    """The table as a program reads it."""
    return StatisticsOut(
        title=table.title,
        at=table.at,
        first=table.window.first,
        last=table.window.last,
        group=table.asked.group,
        complete=table.complete,
        measures=[
            MeasureOut(
                id=each.id, label=each.label, unit=each.unit, how=each.how, source=each.source,
                target=table.targets[each.id].value if each.id in table.targets else None,
            )
            for each in table.measures
        ],
        lines=[_line(table, each) for each in table.lines],
        total=_line(table, table.total),
        notes=list(table.notes),
    )  # fmt: skip


def _line(table: Table, line: Line) -> LineOut:
    return LineOut(
        key=line.key,
        label=line.label,
        figures=[_figure(name, each) for name, each in zip(table.asked.measures, line.figures, strict=True)],
    )


def _figure(name: str, figure: Figure) -> FigureOut:
    return FigureOut(
        measure=name, value=figure.value, number=figure.number, small=figure.small,
        last_period=_change(figure.last), last_year=_change(figure.year),
    )  # fmt: skip


def _change(change: Change | None) -> ChangeOut | None:
    if change is None:
        return None
    return ChangeOut(
        earlier=change.earlier, absolute=change.absolute, relative=change.relative, small=change.small
    )


operations = (
    Operation(
        "GET", "/statistics", statistics, may(Capability.STATISTICS_SEE), "统计表", StatisticsOut,
        query=StatisticsQuery, errors=(403, 422), tag="统计",
    ),
)  # fmt: skip
