"""A hall with something of everything in it, for tests that try to break it: cases, letters, cards, orders, appeals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from handlers.app import create_app
from handlers.board import live_of
from handlers.casework.requests import ByStaff
from handlers.correspondence.requests import LetterData, LetterRequest
from handlers.letters import owner_of
from handlers.store import people, sessions
from handlers.store.attachments import Limits, receive_bytes
from handlers.store.writer import Transaction
from handlers.supervising.requests import AgainstCard, OrderRequest
from rules.access import Role
from rules.letter_terms import LetterMove
from tests.filling_fixtures import PDF
from tests.handlers_fixtures import PASSWORD, Office, open_office
from tests.staff_fixtures import filed, quick_hash

EVERYBODY = (
    (Role.COUNTY_SUPERVISOR, "county"), (Role.ADMINISTRATOR, "county"), (Role.PUBLISHER, "market"),
    (Role.WINDOW_CLERK, "window-market"), (Role.REVIEWER, "market"), (Role.DECIDER, "market"),
    (Role.COORDINATOR, "market"), (Role.DEPARTMENT_SUPERVISOR, "market"),
)  # fmt: skip


@dataclass
class World:
    """The hall, what is in it by the names the API gives its path parameters, and the codes that prove it."""

    office: Office
    known: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, str]
    _tokens: dict[str, str] = field(default_factory=dict)

    def token(self, login: str, *, fresh: bool = False) -> str:
        """A session of a member of staff; `fresh` after it may have been ended."""
        if fresh or login not in self._tokens:
            made = sessions.sign_in(self.office.hall.database, login, PASSWORD, self.office.clock())
            self._tokens[login] = made.token
        return self._tokens[login]


def open_world(built_county: Path, folder: Path, words: str = "") -> World:
    """Cases in five states, letters asked and published, a card, an order and an appeal; it is 2026-03-16.

    `words` stand in everything that people wrote.
    """
    office = open_office(built_county, folder)
    hall, clock = office.hall, office.clock
    _, hashed, _ = quick_hash()

    def add(tx: Transaction) -> None:
        for person in office.people.values():
            people.set_password(tx, person, hashed, clock(), must_change=False)
        office.people["everybody"] = people.add(tx, "everybody", "全能示例", hashed, clock())
        for role, unit in EVERYBODY:
            people.assign(tx, office.people["everybody"], role, unit, date(2025, 1, 1))

    hall.database.write(add)
    office.app = create_app(hall)
    # A client of tests reads an answer to its end, and a live board has none.
    live_of(hall).close()
    said: dict[str, Any] = {"name": words[:90], "shop": words, "kinds": [words]} if words else {}
    cases = [filed(office, key=f"w{number}", **said) for number in range(5)]
    for case in cases[1:4]:
        office.move(case.number, "pre_review", "window")
        office.move(case.number, "accept", "window")
    office.supplement_notice(cases[4].number, "plan")
    for move, who in (("complete_step", "reviewer"), ("grant", "decider")):
        office.move(cases[2].number, move, who, opinion=words[:1900] or "同意")
    office.move(cases[2].number, "deliver", "window", method="窗口领取")
    hall.casework.rate(cases[2].number, cases[2].query_code, 5, words[:900] or "等得太久", now=clock())
    letters = [_letter(office, number, words) for number in range(2)]
    by = {name: ByStaff(office.people[name]) for name in ("coordinator", "decider")}
    room = hall.correspondence
    answer = LetterData({"text": words or "请办理食品经营许可。"})
    room.by_staff(letters[0][0], by["coordinator"], LetterMove.SUBMIT, answer, now=clock())
    room.by_staff(letters[0][0], by["decider"], LetterMove.ANSWER, LetterData(publish=True), now=clock())
    clock.set("2026-03-16T09:30")
    hall.casework.sweep(clock())
    cards = [int(row["id"]) for row in hall.database.rows("SELECT id FROM card ORDER BY level DESC, id")]
    supervisor = office.people["supervisor"]
    order = hall.supervision.issue_order(
        OrderRequest(subject="department", department="market", text=words or "窗口无人值守"), supervisor, key="o", now=clock()
    )  # fmt: skip
    appeal = hall.supervision.file_appeal(
        AgainstCard(cards[0]), words or "系统故障一天", office.people["decider"], now=clock()
    )
    files = [str(row["id"]) for row in hall.database.rows("SELECT id FROM attachment ORDER BY id LIMIT 9")]
    notices = [str(row["id"]) for row in hall.database.rows("SELECT id FROM notice ORDER BY id LIMIT 5")]
    known = {
        "number": tuple(case.number for case in cases),
        "letter": tuple(number for number, _ in letters),
        "code": tuple(each.code for each in hall.edition.catalog.items),
        "card": tuple(map(str, cards)),
        "order": (str(order.id), "1"),
        "appeal": (str(appeal.id),),
        "notice": tuple(notices),
        "file": tuple(files),
        "files": ("a" * 24, "b" * 24),
        "period": ("2026-02", "2026Q1"),
        "rated": (cases[2].number,),
    }
    codes = {case.number: case.query_code for case in cases} | dict(letters)
    return World(office, known, codes)


def _letter(office: Office, number: int, words: str) -> tuple[str, str]:
    hall = office.hall
    token = "c" * 23 + str(number)
    receive_bytes(
        hall.database, (PDF,), "图.pdf", Limits(("pdf",), 1_000_000), office.clock(), field="letter",
        owner=owner_of(token),
    )  # fmt: skip
    request = LetterRequest(
        kind="consultation", department="market", title=words[:100] or "怎么办证",
        content=words or "开小吃店要办什么证？", name=words[:60] or "张示例",
        phone="0000-5550999", public=True, files=owner_of(token),
    )  # fmt: skip
    filed = hall.correspondence.ask(request, key=f"l{number}", now=office.clock())
    return filed.number, filed.query_code
