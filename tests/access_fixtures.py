"""A hall with somebody in every post and something of everybody's in it, for tests of who may see and do what.

Market supervision (A) and the police (B) are the departments, Chengguan (X) and Qingshui (Y) the towns. There is no
auditor's post: who keeps the record of looks is the administrator, who audits the log is anybody (it is public).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from catalog.root import Root
from handlers.app import create_app
from handlers.board import live_of
from handlers.casework.requests import Application, Filed
from handlers.context import Hall
from handlers.correspondence.requests import LetterFiled, LetterRequest
from handlers.logbook.service import Logbook
from handlers.scoring.requests import NewEntry
from handlers.session import COOKIE
from handlers.store import attachments, orders, people, sessions
from handlers.store.database import Database
from handlers.store.records import Party
from handlers.store.writer import Transaction
from handlers.supervising import drafts
from handlers.supervising.requests import AccountabilityRequest, AgainstCard, OrderRequest
from rules.access import Role
from rules.letter_terms import LetterMove
from tests.filling_fixtures import PDF, filled_draft
from tests.handlers_fixtures import EVERYTHING, ID_NUMBER, PASSWORD, Clock, Office
from tests.loops import LoopApart
from tests.staff_fixtures import quick_hash

# Departments A and B, towns X and Y; the posts by the names the tables use.
POSTS: dict[str, tuple[Role, str]] = {
    "a-window": (Role.WINDOW_CLERK, "market"),
    "a-counter": (Role.WINDOW_CLERK, "window-market"),
    "a-coordinator": (Role.COORDINATOR, "market"),
    "a-reviewer": (Role.REVIEWER, "market"),
    "a-decider": (Role.DECIDER, "market"),
    "a-supervisor": (Role.DEPARTMENT_SUPERVISOR, "market"),
    "b-window": (Role.WINDOW_CLERK, "police"),
    "b-coordinator": (Role.COORDINATOR, "police"),
    "b-reviewer": (Role.REVIEWER, "police"),
    "b-decider": (Role.DECIDER, "police"),
    "b-supervisor": (Role.DEPARTMENT_SUPERVISOR, "police"),
    "x-clerk": (Role.WINDOW_CLERK, "town-chengguan"),
    "x-supervisor": (Role.TOWN_SUPERVISOR, "town-chengguan"),
    "y-clerk": (Role.WINDOW_CLERK, "town-qingshui"),
    "y-supervisor": (Role.TOWN_SUPERVISOR, "town-qingshui"),
    "centre": (Role.COORDINATOR, "centre"),
    "county": (Role.COUNTY_SUPERVISOR, "county"),
    "county-2": (Role.COUNTY_SUPERVISOR, "county"),
    "publisher": (Role.PUBLISHER, "county"),
    "administrator": (Role.ADMINISTRATOR, "county"),
    "left": (Role.DECIDER, "market"),
}
STAFF = frozenset(POSTS)
# Signed in as far as the password: the second factor, or a new password, is still owed.
HALFWAY = frozenset({"owes-digits", "owes-password"})
PUBLIC = frozenset({"anonymous", "applicant-a", "applicant-b"})
ACCOUNTS = tuple(sorted(STAFF | HALFWAY | PUBLIC))

SECRET_NAME, SECRET_STORY, SECRET_TITLE = (
    "欧阳示例甲",
    "只有本案的人才该看到的说明",
    "只有收信单位才该看到的标题",
)
CONDUCT_TITLE, CONDUCT_WORDS = "窗口人员辱骂群众一事", "他当众辱骂并索要好处"
# What signing in, reading and mistyping leave behind, whoever does it.
BOOKKEEPING = frozenset({"session", "access_log", "zero_hit", "message_read"})


@dataclass
class Things:
    """One of everything, all of it department A's or town X's or applicant A's."""

    case: Filed
    case_file: str
    notice: int
    card: int
    order: int
    order_file: str
    appeal: int
    appeal_file: str
    accountability: int
    edition: int
    entry: int
    letter: LetterFiled
    letter_file: str
    town_letter: LetterFiled
    conduct: LetterFiled
    conduct_file: str
    rated: str
    draft: str = ""
    draft_file: str = ""


class Visitor:
    """A client on an event loop that all share: thousands of requests are sent. Follows no redirects."""

    def __init__(self, app: Any, loop: LoopApart, address: str) -> None:
        transport = httpx.ASGITransport(app, client=(address, 50000))
        self.loop = loop
        self.http = httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=None)
        self.headers, self.cookies = self.http.headers, self.http.cookies

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Sends and reads one request."""
        return self.loop.run(self.http.request(method, path, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)


@dataclass
class Everyone:
    """The hall, its things, and a way to be anybody."""

    office: Office
    things: Things
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    loop: LoopApart = field(default_factory=LoopApart)

    @property
    def hall(self) -> Hall:
        return self.office.hall

    def client(self, account: str) -> Visitor:
        """A browser in which this account has got as far as it gets."""
        client = Visitor(self.office.app, self.loop, f"198.51.100.{ACCOUNTS.index(account) + 1}")
        client.headers.update({"accept": "text/html", "sec-fetch-site": "same-origin"})
        for name, value in self.cookies.get(account, {}).items():
            client.cookies.set(name, value)
        if account in STAFF | HALFWAY:
            self.sign_in(client, account)
        return client

    def sign_in(self, client: Visitor, account: str) -> None:
        """A fresh session of this account in the browser."""
        session = sessions.sign_in(self.hall.database, account, PASSWORD, self.office.clock())
        client.cookies.set(COOKIE, session.token)
        client.headers["x-csrf"] = session.csrf

    def program(self, account: str) -> Visitor:
        """A program holding the account's token; of nobody, none."""
        client = self.client(account)
        token = dict(client.cookies).get(COOKIE)
        client.cookies.clear()
        client.headers["accept"] = "application/json"
        del client.headers["sec-fetch-site"]
        if token:
            client.headers["authorization"] = f"Bearer {token}"
        return client


class Unchanged:
    """Notices any change of any row outside the book-keeping, from a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path)
        self.tables = [
            name
            for (name,) in self.connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
            if name not in BOOKKEEPING
        ]
        self.version, self.digest = self._version(), self._digest()

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def _digest(self) -> dict[str, str]:
        return {
            table: hashlib.sha256(
                repr(self.connection.execute(self._rows(table)).fetchall()).encode()
            ).hexdigest()
            for table in self.tables
        }

    def _rows(self, table: str) -> str:
        # A look is sealed with its row: the book-keeping's own seals are no change either.
        only = " WHERE rows NOT LIKE '%access_log%'" if table == "seal" else ""
        return f'SELECT * FROM "{table}"{only}'

    def changed(self) -> list[str]:
        """The tables that are different since the last look; the look is the new beginning."""
        version = self._version()
        if version == self.version:
            return []
        self.version, before, self.digest = version, self.digest, self._digest()
        return [table for table in self.tables if before[table] != self.digest[table]]


@contextmanager
def full_hall(built_county: Path, folder: Path) -> Iterator[Everyone]:
    """The hall on 2 April 2026, with sign-ins that cost next to nothing."""
    hasher, hashed, nobody = quick_hash()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_hasher", hasher)
        patch.setattr(people, "_nobody", nobody)
        clock = Clock("2026-03-02T09:30")
        database = Database.open(folder / "hall.db", migrate=True)
        hall = Hall(Root(built_county), built_county / "site", database, now=clock)
        hall.casework.synchronise_units(clock())
        office = Office(hall, clock, database.write(lambda tx: _people(tx, hashed, clock)), create_app(hall))
        owes = office.people["owes-digits"]
        secret, _ = sessions.enrol(database, owes, "x")
        sessions.confirm_enrolment(database, owes, pyotp.TOTP(secret).at(clock()), clock())
        hall.logbook = Logbook(database, hall.site_data.ground, folder / "published")
        # A client of tests reads an answer to its end, and a live board has none.
        live_of(hall).close()
        made = Everyone(office, _things(office))
        _browsers(made)
        hall.logbook.publish_if_due(clock(), catch_up=True)
        try:
            yield made
        finally:
            made.loop.close()
            office.close()


def _people(tx: Transaction, hashed: str, clock: Clock) -> dict[str, str]:
    found = {}
    for login, (role, unit) in {
        **POSTS, "owes-digits": (Role.COUNTY_SUPERVISOR, "county"), "owes-password": (Role.COUNTY_SUPERVISOR, "county"),
    }.items():  # fmt: skip
        found[login] = people.add(tx, login, f"{login}示例", hashed, clock())
        until = date(2026, 3, 31) if login == "left" else None
        people.assign(tx, found[login], role, unit, date(2025, 1, 1), until)
    people.set_password(tx, found["owes-password"], hashed, clock(), must_change=True)
    return found


def _file(office: Office, owner: str = "", name: str = "证明.pdf") -> str:
    taken = attachments.receive_bytes(
        office.hall.database, (PDF,), name, attachments.Limits(("pdf",), 1_000_000), office.clock(), owner=owner
    )  # fmt: skip
    return taken.id


def _case(office: Office, key: str, name: str) -> tuple[Filed, str]:
    plan = _file(office)
    application = Application(
        item_code=EVERYTHING,
        applicant=Party("1", name, "111", ID_NUMBER, "0000-5550999", address="青禾县城关镇人民路示例8号"),
        answers={"shop": "示例小馆", "story": SECRET_STORY, "owner_id": ID_NUMBER, "phone2": "0000-5550998"},
        attachments={"plan": (plan,)},
    )
    filed = office.hall.casework.file_case(application, key=key, channel="web", now=office.clock())
    # As a village's window takes it in: the fixture's item names no village.
    office.hall.database.write(
        lambda tx: tx.execute(
            "UPDATE cases SET accepting_unit = 'village-dongmen' WHERE number = ?", (filed.number,)
        )
    )
    return filed, plan


def _letter(office: Office, key: str, title: str, **more: Any) -> tuple[LetterFiled, str]:
    owner = f"letter/{key}"
    file = _file(office, owner, "照片.pdf")
    values: dict[str, Any] = {
        "kind": "consultation", "department": "market", "content": SECRET_STORY, "name": SECRET_NAME,
        "phone": "0000-5550777", "files": owner, **more,
    }  # fmt: skip
    request = LetterRequest(title=title, **values)
    return office.hall.correspondence.ask(request, key=key, now=office.clock()), file


def _things(office: Office) -> Things:
    hall, clock, who = office.hall, office.clock, office.people
    case, case_file = _case(office, "case-a", SECRET_NAME)
    office.move(case.number, "pre_review", "a-window")
    office.move(case.number, "accept", "a-window")
    letter, letter_file = _letter(office, "ordinary", SECRET_TITLE)
    town_letter, _ = _letter(office, "town", "镇上的路灯坏了", department="")
    assign(office, town_letter, "centre", LetterMove.ASSIGN, "town-chengguan")
    conduct, conduct_file = _letter(
        office, "conduct", CONDUCT_TITLE, kind="complaint", topic="conduct", about="a-decider示例",
        content=CONDUCT_WORDS, case_number=case.number,
    )  # fmt: skip
    rated, _ = _case(office, "case-rated", SECRET_NAME)
    for move, post in (("pre_review", "a-window"), ("accept", "a-window"), ("complete_step", "a-reviewer")):
        office.move(rated.number, move, post, opinion="同意")
    office.move(rated.number, "grant", "a-decider", opinion="同意")
    hall.casework.rate(rated.number, rated.query_code, 5, SECRET_STORY, now=clock())
    clock.set("2026-03-10T10:00")
    hall.casework.sweep(clock())
    card = hall.database.value(
        "SELECT id FROM card WHERE subject = 'case' AND level = 2 AND subject_number = ?", (case.number,)
    )
    order = hall.supervision.issue_order(
        OrderRequest("department", department="market", text="窗口无人值守"), who["county"], key="o", now=clock()
    )  # fmt: skip
    order_file = _file(office, drafts.owner(drafts.order_topic(order.id), who["a-decider"]))
    hall.supervision.move_order(order.id, "explain", {"text": "已改正"}, who["a-decider"], now=clock())
    entry = AccountabilityRequest("talk", "谈话提醒", clock().date(), "示例某")
    account = hall.supervision.record_accountability(order.id, entry, who["county"], now=clock())
    appeal_file = _file(office, drafts.owner(drafts.card_topic(card), who["a-decider"]))
    appeal = hall.supervision.file_appeal(AgainstCard(card), "系统故障一天", who["a-decider"], now=clock())
    clock.set("2026-04-02T09:00")
    entered = hall.scores.enter(
        NewEntry("case_lost", "market", date(2026, 3, 20), "（示例）行政判决书"), who["county"], now=clock()
    )
    made = hall.scores.draft("2026-03", who["county"], now=clock())
    hall.scores.propose(made.id, who["county"], now=clock())
    assert orders.by_id(hall.database, order.id) is not None
    notice = hall.database.value(
        "SELECT min(id) FROM notice WHERE subject = 'case' AND subject_id = (SELECT id FROM cases WHERE number = ?)",
        (case.number,),
    )  # fmt: skip
    return Things(
        case, case_file, notice, card, order.id, order_file, appeal.id, appeal_file, account.id, made.id, entered.id,
        letter, letter_file, town_letter, conduct, conduct_file, rated.number,
    )  # fmt: skip


def assign(office: Office, letter: LetterFiled, who: str, move: LetterMove, unit: str) -> None:
    """Gives a letter to a unit, by the move named."""
    from handlers.casework.requests import ByStaff
    from handlers.correspondence.requests import LetterData

    data = LetterData({"unit": unit, "reason": "属于这里的职责"})
    office.hall.correspondence.by_staff(
        letter.number, ByStaff(office.people[who]), move, data, now=office.clock()
    )


def _browsers(made: Everyone) -> None:
    """Applicant A has proved everything that is theirs; B has a draft, and a case and letter of their own."""
    office, things = made.office, made.things
    own = office.browser("198.51.100.200")
    things.draft = filled_draft(own)
    things.draft_file = office.hall.database.value(
        "SELECT id FROM attachment WHERE case_id IS NULL AND draft_hash IS NOT NULL"
    )
    other_case, _ = _case(office, "case-b", "司马示例乙")
    other_letter, _ = _letter(office, "letter-b", "乙的来信")
    stranger = office.browser("198.51.100.201")
    filled_draft(stranger)
    prove(own, things.case, things.letter, things.conduct)
    prove(stranger, other_case, other_letter)
    made.cookies = {"applicant-a": dict(own.cookies), "applicant-b": dict(stranger.cookies)}


def prove(client: Any, *held: Filed | LetterFiled) -> None:
    """Types number and code of each into the one page that asks for them."""
    for each in held:
        data = {"number": each.number, "code": each.query_code, "form_end": "1"}
        assert client.post("/hall/track", data=data).status_code == 200
