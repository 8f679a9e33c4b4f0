"""A county in memory for tests of the store and of casework: units, three items, one person per role."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import count
from pathlib import Path
from types import SimpleNamespace

from catalog.calendars import load_calendar
from catalog.county import County, Department, Footer, OrgUnit
from catalog.schema import Contacts, Item, Limit, Material, Result, ReviewStep
from catalog.supervision import load_rules, rule_folders
from catalog.units import OrgTree
from handlers.casework.ground import FixedGuides, Ground, Guide
from handlers.casework.requests import (
    Application,
    ByApplicant,
    ByStaff,
    Filed,
    Moved,
    MoveData,
)
from handlers.casework.service import Casework
from handlers.store import people
from handlers.store.database import Database
from handlers.store.records import Party
from handlers.store.writer import Transaction
from rules.access import Role
from rules.case_terms import MoveName
from rules.time import SHANGHAI

ROOT_OF_TESTS = Path(__file__).parents[1]
COUNTY = County(
    name="青禾县",
    short_name="青禾",
    fictional=True,
    division_code="990121",
    hall_name="青禾县网上政务服务大厅",
    case_prefix="QH",
    document_word="青",
    footer=Footer(organiser="青禾县人民政府办公室"),
)
DEPARTMENTS = {
    "market": Department(
        id="market", name="青禾县市场监督管理局", short_name="县市场监管局", credit_code="11990121MB0000238C",
        number_word="市监", phone="0000-5550146", supervision_phone="0000-5550147",
    ),
    "health": Department(
        id="health", name="青禾县卫生健康局", short_name="县卫健局", credit_code="11990121MB00001904", number_word="卫健"
    ),
}  # fmt: skip
UNITS = OrgTree(
    {
        each.id: each
        for each in (
            OrgUnit(id="county", name="青禾县人民政府", kind="county"),
            OrgUnit(
                id="market",
                name="青禾县市场监督管理局",
                kind="department",
                parent="county",
                department="market",
            ),
            OrgUnit(
                id="market-licensing", name="许可股", kind="section", parent="market", department="market"
            ),
            OrgUnit(
                id="health", name="青禾县卫生健康局", kind="department", parent="county", department="health"
            ),
            OrgUnit(id="centre", name="青禾县政务服务中心", kind="centre", parent="county"),
            OrgUnit(
                id="window-market", name="市场准入窗口", kind="window", parent="centre", department="market"
            ),
            OrgUnit(id="town-qingshui", name="清水镇便民服务中心", kind="town", parent="county"),
        )
    }
)
LICENCE = Item(
    code="11990121MB0000238C499012300100",
    name="食品经营许可（新办）",
    type="01",
    department="market",
    applicants=("1", "2"),
    case_kind="2",
    statutory=Limit(days=20, basis="《食品经营许可和备案管理办法》"),
    promised=Limit(days=7),
    materials=(
        Material(name="经营场所平面图", id="plan"),
        Material(name="身份证明", id="identity", exempt=True),
    ),
    steps=(
        ReviewStep(id="first_review", name="初审", role="reviewer", unit="market-licensing", limit=3),
        ReviewStep(id="second_review", name="复审", role="reviewer", limit=2),
        ReviewStep(id="decision", name="审批", role="decider", limit=2),
    ),
    contacts=Contacts(enquiry="0000-5550146", supervision="0000-5550147"),
    result=Result(name="食品经营许可证", kind="certificate", validity="5年"),
)
ON_THE_SPOT = Item(
    code="11990121MB00001904407190010000",
    name="生育登记",
    type="20",
    department="health",
    case_kind="1",
    promised=Limit(days=0),
    steps=(ReviewStep(id="decision", name="审批", role="decider", limit=0),),
)
PLAIN = Item(
    code="11990121MB0000238C499012300200",
    name="食品经营许可补办",
    type="01",
    department="market",
    promised=Limit(days=5),
    steps=(ReviewStep(id="decision", name="审批", role="decider"),),
)
# A statutory limit in calendar days beside a promise in working days.
CALENDAR_DAYS = PLAIN.model_copy(
    update={
        "code": "11990121MB0000238C499012300300",
        "name": "广告登记",
        "statutory": Limit(days=30, unit="day", basis="某规定"),
    }
)
ITEMS = (LICENCE, ON_THE_SPOT, PLAIN, CALENDAR_DAYS)


def at(text: str) -> datetime:
    """`2026-03-02 09:30` (or a day alone, at nine) in Shanghai."""
    return datetime.fromisoformat(text if " " in text else f"{text} 09:00").replace(tzinfo=SHANGHAI)


@lru_cache(maxsize=1)
def ground() -> Ground:
    """The county, with the shipped calendar and the shipped four-level rules."""
    guides = {item.code: Guide(item, hashlib.sha256(item.name.encode()).hexdigest()[:16]) for item in ITEMS}
    rules = load_rules(rule_folders(None), "four-level")
    return Ground(
        county=COUNTY,
        departments=DEPARTMENTS,
        units=UNITS,
        guides=FixedGuides(guides),
        calendar=load_calendar(),
        card_rules=rules.by_object,
        rules_version=rules.stamp,
        rule_set=rules,
    )


STAFF: Mapping[str, tuple[Role, str]] = {
    "window": (Role.WINDOW_CLERK, "window-market"),
    "coordinator": (Role.COORDINATOR, "market"),
    "reviewer": (Role.REVIEWER, "market"),
    "section": (Role.REVIEWER, "market-licensing"),
    "decider": (Role.DECIDER, "market"),
    "supervisor": (Role.DEPARTMENT_SUPERVISOR, "market"),
    "county": (Role.COUNTY_SUPERVISOR, "county"),
    "publisher": (Role.PUBLISHER, "county"),
    "admin": (Role.ADMINISTRATOR, "county"),
    "health": (Role.DECIDER, "health"),
    "health_front": (Role.COORDINATOR, "health"),
}


@dataclass
class Hall:
    """Casework with its people; `file` and `move` fill in what a test does not care about."""

    casework: Casework
    people: dict[str, str]
    holder: SimpleNamespace
    _keys: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def database(self) -> Database:
        return self.casework.database

    def staff(self, name: str, role: Role | None = None) -> ByStaff:
        return ByStaff(self.people[name], role)

    def file(self, when: str = "2026-03-02", item: Item = LICENCE, **changes: object) -> Filed:
        options = {"key": f"k{next(self._keys)}", "channel": "web", "now": at(when)}
        options |= {name: changes.pop(name) for name in ("key", "channel", "by", "drill") if name in changes}
        return self.casework.file_case(replace(application(item), **changes), **options)  # type: ignore[arg-type]

    def move(self, filed: Filed, name: MoveName | str, who: str, when: str, **values: str) -> Moved:
        by = ByApplicant(filed.query_code) if who == "applicant" else self.staff(who)
        data = MoveData(values=values)
        return self.casework.move(filed.number, name, by, data, key=f"k{next(self._keys)}", now=at(when))

    def accept(self, filed: Filed, when: str = "2026-03-03") -> Filed:
        self.move(filed, "pre_review", "window", when)
        self.move(filed, "accept", "window", when)
        return filed

    def to_decision(self, filed: Filed, when: str) -> Filed:
        self.move(filed, "complete_step", "section", when, opinion="材料属实")
        self.move(filed, "complete_step", "reviewer", when, opinion="同意")
        return filed


def application(item: Item = LICENCE) -> Application:
    """A fictional applicant."""
    party = Party(
        kind="1", name="张示例", id_type="111", id_number="99012119900307001X", phone="0000-5550999"
    )
    return Application(item_code=item.code, applicant=party, answers={"shop": "示例小吃店", "area": "35.5"})


def make_hall(folder: Path) -> Hall:
    """A fresh database with everybody in it."""
    database = Database.open(folder / "hall.db", migrate=True)
    holder = SimpleNamespace(ground=ground())

    def add_everyone(tx: Transaction) -> dict[str, str]:
        found = {}
        for name, (role, unit) in STAFF.items():
            # The hash is no hash: these accounts cannot sign in, and argon2 for eleven people is slow.
            found[name] = people.add(tx, name, f"{name}示例", "-", at("2026-01-01"))
            people.assign(tx, found[name], role, unit, date(2024, 1, 1))
        return found

    return Hall(Casework(database, lambda: holder.ground), database.write(add_everyone), holder)


def dump(database: Database) -> str:
    """A hash over every row of every table: what has not changed has not changed anywhere."""
    connection = sqlite3.connect(database.path)
    try:
        return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()
    finally:
        connection.close()
