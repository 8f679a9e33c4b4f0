"""What the hall has published, as far as pages are stamped with it: the figures of the day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.problems import Problem


class Figures(BaseModel):
    """`published/figures.json`, as the casework writes it; drill cases are not in it."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    at: datetime
    filed_today: int = Field(0, ge=0)
    closed_today: int = Field(0, ge=0)
    filed_month: int = Field(0, ge=0)
    closed_month: int = Field(0, ge=0)
    on_time_month: int = Field(0, ge=0)
    letters_month: int = Field(0, ge=0)
    answered_month: int = Field(0, ge=0)
    on_time_rate: int | None = Field(None, ge=0, le=1000, description="本月按时办结率，千分比")

    @property
    def on_time_percent(self) -> str:
        """`98.5%`; empty while nothing was closed."""
        if self.on_time_rate is None:
            return ""
        return f"{self.on_time_rate / 10:.1f}".removesuffix(".0") + "%"


def read_figures(folder: Path, problems: list[Problem]) -> Figures | None:
    """The figures, or None while the hall has published none; a broken file is a warning, not the end."""
    path = folder / "figures.json"
    if not path.is_file():
        return None
    try:
        return Figures.model_validate_json(path.read_bytes())
    except (ValidationError, OSError):
        problems.append(
            Problem(
                "published/figures.json", 0, "", "读不懂，首页不显示今日数字；请运行 hall publish", "warning"
            )
        )
        return None
