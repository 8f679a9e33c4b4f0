"""What the door takes: an order by hand, an entry of accountability, what an appeal is against."""

from __future__ import annotations

from datetime import date, datetime

from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order by hand. `subject` case or letter with its `number`, or department with its code in `department`."""

    subject: str
    number: str = ""
    department: str = ""
    text: str = ""
    demand: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class AccountabilityRequest:
    """Who was held to account. `person` is a name, empty where the unit was; `kind` a code of `accountability`."""

    kind: str
    outcome: str
    decided: date
    person: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class AgainstCard:
    """An appeal against an issued card."""

    card_id: int


@dataclass(frozen=True, slots=True)
class AgainstScore:
    """An appeal against a department's score of a period, told at `told`; `avoid` may not decide on it."""

    department: str
    period: str
    about: str
    told: datetime
    avoid: frozenset[str] = frozenset()


Target = AgainstCard | AgainstScore
