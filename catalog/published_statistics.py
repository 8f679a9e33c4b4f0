"""`published/statistics.json`: the monthly figures that the hall publishes once a day, and the portal shows."""

from __future__ import annotations

from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.problems import Problem

FILE = "statistics.json"
FORMAT: Literal["county-hall-statistics/1"] = "county-hall-statistics/1"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PublishedMeasure(_Record):
    """One column: what it is called and how it is counted."""

    id: str
    label: str
    unit: str
    how: str
    source: str
    digits: int = 0


class PublishedLine(_Record):
    """One month or department: figures in the order of the measures (null: nothing to count it from), and how many
    cases are behind each."""

    key: str
    label: str
    values: tuple[float | None, ...]
    numbers: tuple[int, ...] = ()


class PublishedStatistics(_Record):
    """Whole days only: `through` is the last day that is counted. Drill cases are not in it."""

    format: Literal["county-hall-statistics/1"] = FORMAT
    at: datetime
    through: date
    measures: tuple[PublishedMeasure, ...]
    months: tuple[PublishedLine, ...] = Field(description="最早的月在前；最后一个月可能还没有过完")
    departments: tuple[PublishedLine, ...] = Field(description="最近十二个整月，按部门")
    departments_period: str = ""


def read_published_statistics(folder: Path, problems: list[Problem]) -> PublishedStatistics | None:
    """The published figures, or None while there are none; a broken file is a warning, not the end."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        found = PublishedStatistics.model_validate_json(path.read_bytes())
        _whole(found)
    except (ValidationError, ValueError, OSError):
        told = "读不懂，不显示办件数字；请运行 hall publish"
        problems.append(Problem(f"published/{FILE}", 0, "", told, "warning"))
        return None
    return found


def _whole(found: PublishedStatistics) -> None:
    """Raises ValueError for a file whose lines do not fit its measures; pages may then rely on it."""
    if len({each.id for each in found.measures}) < len(found.measures):
        raise ValueError("a measure stands there twice")
    for line in (*found.months, *found.departments):
        if len(line.values) != len(found.measures) or len(line.numbers) not in (0, len(found.measures)):
            raise ValueError("a line has more or fewer figures than there are measures")
        if any(each is not None and not isfinite(each) for each in line.values):
            raise ValueError("a figure is no number")
