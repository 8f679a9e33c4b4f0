"""What is wrong with a file, said so that the person who wrote it can put it right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from rules.quick_dataclass import dataclass

Severity = Literal["error", "warning"]
LONGEST = 500
"""Characters of a message or a field path. Those of ours are shorter; longer ones repeat what somebody wrote."""
_END = 120


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: file as shown to people, 1-based line (0: the file as a whole), field path, what to do.

    An error keeps the item from being published; a warning is for the department to look at.
    `rule` is the id of the check that found it, for filters and tests.
    """

    path: str
    line: int
    field: str
    message: str
    severity: Severity = "error"
    rule: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", shortened(self.message))
        object.__setattr__(self, "field", shortened(self.field))

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


def shortened(told: str) -> str:
    """The beginning, where the value is quoted, and the end, where it says what to do, of what is longer than LONGEST."""
    if len(told) <= LONGEST:
        return told
    return f"{told[: LONGEST - _END - 2]}……{told[-_END:]}"


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By file and line, errors before warnings on one line, each once."""
    return tuple(
        sorted(set(problems), key=lambda p: (p.path, p.line, p.severity, p.field, p.message)),
    )
