"""What clocks run on: how each kind of subject is read for its cards, and what its lists show of a clock's light.

A room with clocks of its own adds its two functions here, at import: the sweep knows no kind by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from handlers.store import case_heads, cases, letters
from handlers.store.moments import Reads
from handlers.store.records import Case, Clock, Step
from handlers.store.writer import Transaction
from rules.letter_terms import CONDUCT
from rules.quick_dataclass import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a clock or a fact is about, as cards, events and messages name it."""

    kind: str
    id: int
    number: str
    title: str
    holder_unit: str
    step_name: str = ""


@dataclass(frozen=True, slots=True)
class Light:
    """What lists show of a subject: the highest light of its running clocks, and the clock whose due day counts."""

    level: int
    shown: Clock | None
    looked_at: Clock
    now: datetime


SubjectReader = Callable[[Reads, int], Subject | None]
SubjectShower = Callable[[Transaction, int, Light], None]


def subject_of(case: Case, steps: Iterable[Step] = ()) -> Subject:
    """A case as cards, messages and events name it."""
    name = next((each.name for each in steps if each.position == case.step), "")
    return Subject("case", case.id, case.number, case.item_name, case.holder_unit, name)


def subjects(reads: Reads, kind: str, ids: Sequence[int]) -> dict[int, Subject]:
    """Several of a kind; cases, of which a sweep meets hundreds, in one read. What does not exist is left out."""
    if kind == "case":
        return {each.id: Subject(kind, *each) for each in case_heads.by_ids(reads, ids).values()}
    reader = SUBJECTS.get(kind)
    found = () if reader is None else (reader(reads, each) for each in ids)
    return {each.id: each for each in found if each is not None}


def turns(items: Iterable[T], about: Callable[[T], Hashable]) -> list[list[T]]:
    """Items in turns, each of which has but one about the same thing: what one turn wrote the next one reads."""
    found: list[list[T]] = []
    met: Counter[Hashable] = Counter()
    for each in items:
        key = about(each)
        if met[key] == len(found):
            found.append([])
        found[met[key]].append(each)
        met[key] += 1
    return found


def _case(reads: Reads, case_id: int) -> Subject | None:
    return subjects(reads, "case", (case_id,)).get(case_id)


def _letter(reads: Reads, letter_id: int) -> Subject | None:
    letter = letters.by_id(reads, letter_id)
    if letter is None:
        return None
    # Cards and orders from before a letter was passed to the supervisor stay in the department's lists: no title.
    title = "来信" if letter.topic == CONDUCT else letter.title
    return Subject("letter", letter.id, letter.number, title, letter.assigned_unit or letter.department)


def _show_case(tx: Transaction, case_id: int, light: Light) -> None:
    if light.shown is not None:
        cases.show(tx, case_id, light.level, light.shown.due, light.shown.provisional)


def _show_letter(tx: Transaction, letter_id: int, light: Light) -> None:
    letters.show(tx, letter_id, light.level, light.looked_at.due)


SUBJECTS: dict[str, SubjectReader] = {"case": _case, "letter": _letter}
SHOWN: dict[str, SubjectShower] = {"case": _show_case, "letter": _show_letter}
