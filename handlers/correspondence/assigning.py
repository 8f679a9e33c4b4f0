"""Who should have a letter: places it may go to, and the ones its words point to with the words that say so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime

from handlers.casework.ground import Ground
from handlers.correspondence.reach import colleagues, intake_department
from handlers.store import letters
from handlers.store.database import Database
from handlers.store.moments import Reads
from handlers.store.people_records import Letter
from rules.errors import Invalid
from rules.quick_dataclass import dataclass
from rules.time import local_date
from search_index.passages import Near, Passage, PassageIndex

MOST_EXAMPLES = 2000
SUGGESTED = 3
# Of the best passages of a department the first counts whole, each further one half as much.
_FADING = 0.5
_LOOKED_AT = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where a letter may be: the department that answers for it, the unit and perhaps the person that has it."""

    department: str
    unit: str
    person: str | None
    person_name: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A department the text points to. `share` 0–1 of the evidence found; `reasons` in words for who decides."""

    unit: str
    department: str
    name: str
    share: float
    reasons: tuple[str, ...]


def place_of(reads: Reads, ground: Ground, unit: str, person: str, now: datetime) -> Place:
    """A unit as somewhere to give a letter. Raises Invalid for one that is unknown or answers no letters.

    Towns and villages belong to no department: they answer for the office that assigns.
    """
    node = ground.units.get(unit)
    if node is None or node.kind in ("county", "centre"):
        raise Invalid("请选择部门或单位", {"unit": "请从列表里选择部门、科室、窗口或乡镇"})
    department = unit if unit in ground.departments else node.department or intake_department(ground)
    if not person:
        return Place(department, unit, None, "")
    chosen = next(
        (each for each in colleagues(reads, ground, (unit,), local_date(now)) if each.id == person), None
    )
    if chosen is None:
        raise Invalid("请选择承办人", {"person": "这个人不在所选的单位里"})
    return Place(department, unit, chosen.id, chosen.name)


class Suggesting:
    """Departments ranked for a text by what they offer and what they have answered; kept until either changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._made: tuple[object, PassageIndex, dict[str, str]] | None = None

    def suggest(self, ground: Ground, title: str, content: str, without: str = "") -> tuple[Suggestion, ...]:
        """The likeliest departments, best first; `without` is left out (who has it already)."""
        index, labels = self._index(ground)
        evidence: dict[str, list[tuple[float, Near]]] = {}
        for near in index.nearest(title, content, _LOOKED_AT):
            department = near.key.partition("/")[0]
            if department != without:
                evidence.setdefault(department, []).append((near.score, near))
        worth = {
            department: sum(score * _FADING**at for at, (score, _) in enumerate(found[:4]))
            for department, found in evidence.items()
        }
        whole = sum(worth.values())
        best = sorted(worth, key=lambda department: (-worth[department], department))[:SUGGESTED]
        return tuple(
            Suggestion(
                unit=department,
                department=department,
                name=ground.unit_name(department),
                share=worth[department] / whole,
                reasons=tuple(_reason(labels, near) for _, near in evidence[department][:2]),
            )
            for department in best
        )

    def _index(self, ground: Ground) -> tuple[PassageIndex, dict[str, str]]:
        stamp = (
            ground.guides.item_codes(),
            tuple(ground.departments),
            letters.published_stamp(self._database),
        )
        with self._lock:
            if self._made is None or self._made[0] != stamp:
                labels: dict[str, str] = {}
                passages = list(
                    _passages(ground, letters.answered_examples(self._database, MOST_EXAMPLES), labels)
                )
                self._made = stamp, PassageIndex(passages), labels
            return self._made[1], self._made[2]


def _passages(ground: Ground, examples: tuple[Letter, ...], labels: dict[str, str]) -> Iterator[Passage]:
    for department in ground.departments.values():
        key = f"{department.id}/duties"
        labels[key] = "部门职责"
        yield Passage(
            key, title=f"{department.name} {department.short_name}", question="；".join(department.duties)
        )
    for code in ground.guides.item_codes():
        guide = ground.guides.current(code)
        if guide is None:
            continue
        item = guide.item
        key = f"{item.department}/item/{code}"
        labels[key] = f"事项“{item.name}”"
        yield Passage(key, title=" ".join((item.name, *item.plain_names)), question=item.purpose or "")
    for letter in examples:
        key = f"{letter.department}/letter/{letter.id}"
        labels[key] = f"以前答复过的“{letter.title}”" if letter.published_at else "以前答复过的一封来信"
        yield Passage(key, title=letter.title, question=letter.content or "")


def _reason(labels: dict[str, str], near: Near) -> str:
    words = "、".join(f"“{word}”" for word in near.words[:3])
    return f"{labels[near.key]}里也有{words}" if words else labels[near.key]
