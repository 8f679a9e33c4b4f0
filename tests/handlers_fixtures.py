"""A built little county for tests of handlers: a site compiled once, a hall with a clock to set, a client."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from catalog.root import Root
from handlers.app import create_app
from handlers.casework.requests import ByStaff, Moved, MoveData
from handlers.context import Hall
from handlers.store import people
from handlers.store.database import Database
from handlers.store.writer import Transaction
from rules.access import Role
from rules.time import SHANGHAI
from site_builder.compile import build

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette's client asks for another http library than the one locked
    from starlette.testclient import TestClient

REPOSITORY = Path(__file__).parents[1]
CITIZEN_JOBS = ("search", "forms", "apply", "track", "letters", "feedback", "api")
EVERYTHING = "TESTEVERYTHING01"
FOOD = "11990121MB0000238C4990123001001"
ELSEWHERE, COUNTER, SUSPENDED, ABSENT = (
    "TESTELSEWHERE001",
    "TESTCOUNTER00001",
    "TESTSUSPENDED001",
    "TESTABSENT000001",
)
PASSWORD = "Qinghe-2026-test"
ID_NUMBER = "990121199003070010"
CREDIT_CODE = "91990121MA0000015B"

_HEAD = """
type: "01"
department: market
case_kind: "2"
promised: {days: 5}
statutory: {days: 20, basis: 某规定}
legal_basis: [{law: 某规定, article: 第一条}]
visits: {count: 0}
contacts: {enquiry: "0000-5550146", supervision: "0000-5550147"}
result: {name: 某证, kind: certificate, delivery: [window, courier]}
"""
EVERYTHING_YAML = f"""
code: {EVERYTHING}
name: 样样都问的许可
purpose: 每种问题都有一个，只为测试。
{_HEAD}
applicants: ["1", "2"]
depth: 3
accepting_units: [window-market, town-chengguan]
materials:
  - {{name: 平面图, id: plan, necessity: required, forms: [electronic]}}
  - {{name: 委托合同, id: contract, necessity: conditional, condition: 租来的, when: {{field: tenure, equals: rent}}}}
  - {{name: 照片, id: photo, necessity: optional, forms: [electronic]}}
steps:
  - {{id: first_review, name: 初审, role: reviewer, limit: 2}}
  - {{id: decision, name: 审批, role: decider, limit: 3}}
form:
  sections:
    - title: 基本情况
      fields:
        - {{id: shop, label: 店名, max_length: 20}}
        - {{id: story, label: 说明, type: multiline, required: false}}
        - {{id: owner_id, label: 负责人身份证号, type: id_number}}
        - {{id: company, label: 单位代码, type: credit_code}}
        - {{id: phone2, label: 店里电话, type: phone}}
        - {{id: mail, label: 邮箱, type: email, required: false}}
        - {{id: opening, label: 开业日期, type: date}}
        - {{id: capital, label: 投资额, type: money}}
        - {{id: workers, label: 人数, type: integer, minimum: 1}}
        - {{id: area, label: 面积, type: number, unit: 平方米}}
        - {{id: place, label: 地址, type: address}}
    - title: 选择
      fields:
        - id: tenure
          label: 房子怎么来的
          type: choice
          options: [{{value: own, label: 自己的}}, {{value: rent, label: 租的}}]
        - {{id: landlord, label: 房东姓名, when: {{field: tenure, equals: rent}}}}
        - {{id: note_on_rent, label: 租约备注, required: false, when: {{field: tenure, equals: rent}}}}
        - id: kinds
          label: 经营项目
          type: several
          options: [{{value: hot, label: 热食}}, {{value: cold, label: 冷食}}, {{value: drink, label: 饮品}}]
        - {{id: online, label: 网上卖吗, type: yes_no}}
        - id: staff
          label: 人员
          type: table
          columns:
            - {{id: name, label: 姓名}}
            - {{id: id_number, label: 身份证号, type: id_number}}
          max_rows: 3
        - {{id: licence_copy, label: 执照照片, type: file, required: false, max_files: 2, max_megabytes: 1, accept: [pdf, jpg, docx]}}
"""
ELSEWHERE_YAML = (
    f"code: {ELSEWHERE}\nname: 在省网办的许可\nonline_url: https://example.invalid/apply\n{_HEAD}\ndepth: 1\n"
)
COUNTER_YAML = (
    f"code: {COUNTER}\nname: 只在窗口办的许可\n{_HEAD}\ndepth: 1\naccepting_units: [window-market]\n"
)
SUSPENDED_YAML = f"code: {SUSPENDED}\nname: 暂停办理的许可\nstatus: suspended\n{_HEAD}\ndepth: 1\n"

STAFF: Mapping[str, tuple[tuple[Role, str], ...]] = {
    "window": ((Role.WINDOW_CLERK, "window-market"),),
    "town": ((Role.WINDOW_CLERK, "town-chengguan"),),
    "coordinator": ((Role.COORDINATOR, "market"),),
    "reviewer": ((Role.REVIEWER, "market"),),
    "decider": ((Role.DECIDER, "market"),),
    "supervisor": ((Role.COUNTY_SUPERVISOR, "county"),),
    "admin": ((Role.ADMINISTRATOR, "county"), (Role.COORDINATOR, "county")),
    "police": ((Role.DECIDER, "police"),),
}


@lru_cache(maxsize=1)
def password_hash() -> str:
    """One slow hash for everybody."""
    return people.hash_password(PASSWORD)


def build_county(folder: Path) -> Path:
    """A county's folder with its site built: two real departments and items that ask everything there is."""
    shutil.copy(REPOSITORY / "county.yml", folder / "county.yml")
    (folder / "content").mkdir()
    shutil.copy(REPOSITORY / "content" / "units.yml", folder / "content" / "units.yml")
    (folder / "content" / "index.md").write_text("# 首页\n", encoding="utf-8")
    for department in ("market", "police", "government-office"):
        (folder / "items" / department).mkdir(parents=True)
        source = REPOSITORY / "items" / department / "department.yml"
        shutil.copy(source, folder / "items" / department / "department.yml")
    market = folder / "items" / "market"
    shutil.copy(REPOSITORY / "items" / "market" / "food-license.yml", market / "food-license.yml")
    for name, text in (
        ("everything", EVERYTHING_YAML), ("elsewhere", ELSEWHERE_YAML), ("counter", COUNTER_YAML),
        ("suspended", SUSPENDED_YAML),
    ):  # fmt: skip
        (market / f"{name}.yml").write_text(text, encoding="utf-8")
    built = build(Root(folder), site=folder / "site")
    assert built.errors == ()
    return folder


class Clock:
    """The hall's clock, to be set."""

    def __init__(self, text: str) -> None:
        self.set(text)

    def set(self, text: str) -> None:
        self.moment = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)

    def forward(self, **span: float) -> None:
        self.moment += timedelta(**span)

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Office:
    """A running hall with its people; `browser()` is a new visitor with cookies of their own."""

    hall: Hall
    clock: Clock
    people: dict[str, str]
    app: Any
    _open: list[TestClient] = field(default_factory=list)
    _keys: int = 0

    def browser(self, address: str = "203.0.113.7") -> TestClient:
        client = TestClient(self.app, client=(address, 50000), follow_redirects=True)
        client.headers["accept"] = "text/html"
        client.headers["sec-fetch-site"] = "same-origin"
        # Entered, so that all its requests share one event loop, as in a server.
        client.__enter__()
        self._open.append(client)
        return client

    def signed_in(self, login: str, address: str = "203.0.113.50") -> TestClient:
        """A browser in which a member of staff has signed in."""
        from handlers.session import COOKIE
        from handlers.store import sessions

        client = self.browser(address)
        session = sessions.sign_in(self.hall.database, login, PASSWORD, self.clock())
        client.cookies.set(COOKIE, session.token)
        client.headers["x-csrf"] = session.csrf
        return client

    def move(self, number: str, name: str, who: str, **values: str) -> Moved:
        self._keys += 1
        return self.hall.casework.move(
            number,
            name,
            ByStaff(self.people[who]),
            MoveData(values=values),
            key=f"m{self._keys}",
            now=self.clock(),
        )

    def supplement_notice(self, number: str, *missing: str) -> Moved:
        self._keys += 1
        data = MoveData(values={"reason": "平面图看不清，请重画"}, missing=missing)
        return self.hall.casework.move(
            number,
            "supplement_notice",
            ByStaff(self.people["window"]),
            data,
            key=f"m{self._keys}",
            now=self.clock(),
        )

    def finish(self, number: str) -> None:
        """All the way to the delivered result."""
        self.move(number, "pre_review", "window")
        self.move(number, "accept", "window")
        self.move(number, "complete_step", "reviewer", opinion="属实")
        self.move(number, "grant", "decider", opinion="同意")
        self.move(number, "deliver", "window", method="窗口领取")

    def close(self) -> None:
        for client in self._open:
            client.__exit__()
        self.hall.database.close()


def open_office(built_county: Path, tmp_path: Path) -> Office:
    """A hall over the built county with an empty database; it is 2026-03-02 09:30, a Monday."""
    clock = Clock("2026-03-02T09:30")
    database = Database.open(tmp_path / "hall.db", migrate=True)

    def add_everyone(tx: Transaction) -> dict[str, str]:
        found = {}
        for login, held in STAFF.items():
            found[login] = people.add(tx, login, f"{login}示例", password_hash(), clock())
            for role, unit in held:
                people.assign(tx, found[login], role, unit, date(2025, 1, 1))
        return found

    hall = Hall(Root(built_county), built_county / "site", database, now=clock)
    hall.casework.synchronise_units(clock())
    return Office(hall, clock, database.write(add_everyone), create_app(hall, CITIZEN_JOBS))
