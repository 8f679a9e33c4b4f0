"""Makes the anonymous ledger of a month out of its facts: numbers become tokens, persons pseudonyms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from catalog.elements import Elements
from catalog.schema import Item
from handlers.casework.ground import Ground
from handlers.scoring.anonymity import CONDUCT, WITHOUT_DAY, publishable
from handlers.store.moments import Reads
from handlers.store.score_facts import facts
from handlers.store.score_records import Fact
from handlers.store.vault import Vault
from rules.score_ledger import LedgerLine
from rules.score_periods import Period
from rules.time import day_start, local_date

_TOKEN, _SHORT = 16, 8


def gather(
    reads: Reads,
    vault: Vault,
    ground: Ground,
    elements: Elements,
    period: Period,
    as_of: datetime,
    department: str = "",
    *,
    persons: bool = False,
) -> tuple[LedgerLine, ...]:
    """The lines of a month, of all departments or of one, numbered in the order things happened; what has no day
    comes last. `persons`: with every rating, its staff and item, for a person's own score and never published.
    """
    first, after = day_start(period.first), day_start(period.last + timedelta(days=1))
    found = [
        each
        for each in facts(reads, period.text, first, after, as_of, department)
        if not each.department or each.department in ground.departments
    ]
    tokens = Tokens(vault, period.text)
    if not persons:
        found = publishable(found)
    # Ratings and complaints about conduct stand after everything that has a day: their place would tell theirs.
    found.sort(
        key=lambda each: (each.kind, tokens.token(each)) if each.kind in WITHOUT_DAY else ("", each.at)
    )
    day = min(period.last, local_date(as_of))
    lines = list(item_lines(ground, elements, day, department))
    lines += [tokens.line(each, number) for number, each in enumerate(found, start=len(lines) + 1)]
    return tuple(lines)


class Tokens:
    """The hall's keyed names of a period: the same number has the same token, and nobody else can tell whose it is."""

    def __init__(self, vault: Vault, period: str) -> None:
        self._vault, self._period = vault, period
        self._persons: dict[str, str] = {}

    def line(self, fact: Fact, number: int) -> LedgerLine:
        """The ledger line of a fact. A rating names no day, a complaint about conduct neither day nor item: either
        may tell whose it is.
        """
        return LedgerLine(
            n=number,
            kind=fact.kind,
            department=fact.department,
            day="" if fact.kind in WITHOUT_DAY else fact.at[:10],
            item="" if fact.kind == CONDUCT else fact.item,
            person=self.person(fact.person),
            token=self.token(fact),
            matter=self._name("matter", fact.matter, _SHORT) if fact.matter else "",
            result=fact.result,
            object=fact.object,
            trigger=fact.trigger,
            level=fact.level,
            quantity=fact.quantity,
            marks=("carded",) if fact.carded else (),
            head=fact.head,
            state=fact.state,
        )

    def token(self, fact: Fact) -> str:
        """What stands for the number. Ratings and complaints about conduct have one of their own: nobody who reads
        the ledger can tie them to the case's other lines."""
        apart = fact.kind if fact.kind in WITHOUT_DAY else "number"
        return self._name(apart, f"{fact.subject}/{fact.number}", _TOKEN)

    def person(self, person: str | None) -> str:
        """The person's pseudonym in this period; empty for nobody."""
        if not person or not person.startswith("p-"):
            return ""
        known = self._persons.get(person)
        if known is None:
            known = self._persons[person] = "p" + self._name("person", person, _SHORT)
        return known

    def _name(self, what: str, text: str, length: int) -> str:
        return self._vault.digest("score", self._period, what, text).hex()[:length]


def item_lines(ground: Ground, elements: Elements, day: date, department: str = "") -> Iterable[LedgerLine]:
    """One line for every item in force: what its guide lacks, its review date, its limits."""
    number = 0
    for code in ground.guides.item_codes():
        guide = ground.guides.current(code)
        if (
            guide is None
            or guide.item.status != "in_force"
            or guide.item.department not in ground.departments
        ):
            continue
        item = guide.item
        if department and item.department != department:
            continue
        number += 1
        promised, statutory = _limits(item)
        yield LedgerLine(
            n=number,
            kind="item",
            department=item.department,
            item=code,
            marks=tuple(_marks(item, ground, elements, day)),
            promised=promised,
            statutory=statutory,
        )


def _marks(item: Item, ground: Ground, elements: Elements, day: date) -> Sequence[str]:
    found = []
    if elements.missing(item, ground.departments.get(item.department)):
        found.append("incomplete")
    if item.review_by is not None and item.review_by < day:
        found.append("review_overdue")
    if item.charged:
        found.append("charges")
        if any(not fee.basis.strip() for fee in item.fees):
            found.append("no_fee_basis")
    return found


def _limits(item: Item) -> tuple[int, int]:
    """Promise and statute in one unit; (0, 0) where they cannot be compared."""
    statutory = item.statutory
    if statutory is None or statutory.days <= 0:
        return 0, 0
    if item.promised is None:
        return (0, statutory.days) if item.immediate else (0, 0)
    if item.promised.days and item.promised.unit != statutory.unit:
        return 0, 0
    return item.promised.days, statutory.days
