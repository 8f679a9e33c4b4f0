"""The small values that page macros take: facts, timeline entries, steps, crumbs, choices, notices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from rules.cards import Level
from rules.quick_dataclass import dataclass

Stage = Literal["done", "now", "next", "stopped"]


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the breadcrumbs; the last one has no address."""

    label: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One cell of the facts bar: 办理时限 / 7个工作日 / 法定20个工作日."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened, is happening or comes."""

    title: str
    when: datetime | date | str | None = None
    detail: str = ""
    stage: Stage = "done"
    href: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step of the flow line: name, who, how long."""

    name: str
    who: str = ""
    days: str = ""
    note: str = ""
    stage: Stage = "next"


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select, radio group or filter."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of the error list at the top of a form: the field's element id and what to do."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file already taken, shown under its upload field with its removal."""

    id: str
    name: str
    size: int
    href: str = ""


LIGHTS: tuple[tuple[str, str, str], ...] = (
    ("normal", "●", "正常"),
    ("warning", "◆", "预警"),
    ("yellow", "▲", "黄牌"),
    ("red", "■", "红牌"),
)


class Lights:
    """The lights as the county's rule set names and draws them: `lights[level]` is (style, shape, word).

    Templates hold on to this one object; when the rule set changes, it is put into it.
    """

    def __init__(self, levels: Iterable[Level] = ()) -> None:
        self._shown = LIGHTS
        self.used: tuple[int, ...] = tuple(range(len(LIGHTS)))
        self.use(levels)

    def use(self, levels: Iterable[Level]) -> None:
        """Takes over the levels of a rule set; a level it does not have keeps its usual word."""
        named = {each.level: each for each in levels}
        if named:
            self._shown = tuple(
                (style, named[level].shape, named[level].name) if level in named else (style, shape, word)
                for level, (style, shape, word) in enumerate(LIGHTS)
            )
            self.used = tuple(sorted(named))

    def __getitem__(self, level: int) -> tuple[str, str, str]:
        return self._shown[level]

    @property
    def raised(self) -> tuple[int, ...]:
        """The levels above the first, lowest first: those a card is given for."""
        return tuple(level for level in self.used if level)
