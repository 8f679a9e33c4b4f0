"""What an import tells: what became of every row, and everything odd about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from catalog.problems import shortened


@dataclass(frozen=True, slots=True)
class RowWarning:
    """Something odd about one row: its number in the file, the item's code, field, what and what was done."""

    row: int
    code: str
    field: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", shortened(self.message))


@dataclass(frozen=True, slots=True)
class RowRejected:
    """A row that became no item, and why."""

    row: int
    code: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", shortened(self.reason))


@dataclass(slots=True)
class Report:
    """What became of every row. `read` counts rows; `written`, `unchanged`, `kept` count items' files."""

    read: int = 0
    items: int = 0
    written: int = 0
    unchanged: int = 0
    kept: int = 0
    departments: int = 0
    warnings: list[RowWarning] = field(default_factory=list)
    rejected: list[RowRejected] = field(default_factory=list)
    skipped: list[RowRejected] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    unused: dict[str, int] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every row that is an item came in."""
        return not self.rejected

    def as_json(self) -> dict[str, object]:
        """The report as `hall import` prints it."""
        return asdict(self)
