"""Letters in the county of `casework_fixtures`: a centre's coordinator more, and words for what a test does not care about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path

from handlers.correspondence.reading import LetterView
from handlers.correspondence.requests import LetterData, LetterFiled, LetterMoved, LetterRequest
from handlers.correspondence.service import Correspondence
from handlers.store import people
from handlers.store.writer import Transaction
from rules.access import Role
from rules.letter_terms import LetterMove
from tests.casework_fixtures import Hall, at, make_hall

ANSWER = "请办理食品经营许可，材料清单见办事指南。"
MORE_STAFF = {
    "centre": (Role.COORDINATOR, "centre"),
    "health_reviewer": (Role.REVIEWER, "health"),
    "second_county": (Role.COUNTY_SUPERVISOR, "county"),
    "town_clerk": (Role.WINDOW_CLERK, "town-qingshui"),
    "centre_window": (Role.WINDOW_CLERK, "centre"),
}


@dataclass
class Post:
    """The hall's letters with everybody who may touch them."""

    hall: Hall
    room: Correspondence
    _keys: Iterator[int] = field(default_factory=lambda: count(1))

    def ask(
        self, when: str = "2026-03-02", *, key: str = "", drill: bool = False, **changes: object
    ) -> LetterFiled:
        values: dict[str, object] = {
            "kind": "consultation", "department": "market", "title": "怎么办证", "content": "开小吃店要办什么证？",
            "name": "张示例", "phone": "0000-5550999", "public": True,
        }  # fmt: skip
        request = LetterRequest(**(values | changes))  # type: ignore[arg-type]
        return self.room.ask(request, key=key or f"k{next(self._keys)}", now=at(when), drill=drill)

    def staff(
        self, filed: LetterFiled, move: str, who: str, when: str = "2026-03-03", **values: object
    ) -> LetterMoved:
        data = LetterData(
            values={
                name: str(value) for name, value in values.items() if name not in ("publish", "mask", "seen")
            },
            seen=values.get("seen"),  # type: ignore[arg-type]
            publish=bool(values.get("publish", False)),
            mask=tuple(values.get("mask", ())),  # type: ignore[arg-type]
        )
        return self.room.by_staff(filed.number, self.hall.staff(who), LetterMove(move), data, now=at(when))

    def writer(self, filed: LetterFiled, move: str, when: str = "2026-03-03", **values: str) -> LetterMoved:
        return self.room.by_writer(
            filed.number, filed.query_code, LetterMove(move), LetterData(values), now=at(when)
        )

    def answer(
        self, filed: LetterFiled, when: str = "2026-03-03", *, publish: bool = False, **more: object
    ) -> LetterMoved:
        self.staff(filed, "submit", "coordinator", when, text=more.pop("text", ANSWER))
        return self.staff(filed, "answer", "decider", when, publish=publish, **more)

    def view(self, filed: LetterFiled, when: str = "2026-03-03") -> LetterView:
        return self.room.for_writer(filed.number, filed.query_code, at(when))


def make_post(folder: Path) -> Post:
    """A fresh database with everybody in it."""
    hall = make_hall(folder)

    def add(tx: Transaction) -> None:
        for name, (role, unit) in MORE_STAFF.items():
            hall.people[name] = people.add(tx, name, f"{name}示例", "-", at("2026-01-01"))
            people.assign(tx, hall.people[name], role, unit, date(2026, 1, 1))

    hall.database.write(add)
    return Post(hall, Correspondence(hall.database, lambda: hall.holder.ground))
