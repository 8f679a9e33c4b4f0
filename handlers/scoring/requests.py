"""What the supervisor asks for when entering a fact."""

from __future__ import annotations

from datetime import date

from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A fact to be entered. `login` of the person concerned and `number` of the case or letter may be empty."""

    kind: str
    department: str
    happened: date | None
    basis: str
    number: str = ""
    login: str = ""
    quantity: int = 1
    note: str = ""
    head: str = ""
    """Only for kind `register`: the head whose register has been checked."""
    period: str = ""
    """Only for kind `register`: the month."""
