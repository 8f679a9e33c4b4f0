"""Faults around the hall: a full disk, a portal that vanishes, many at the same instant."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalog.root import Root
from hall.compiling import Compiler
from handlers.app import create_app
from handlers.casework import auditing
from handlers.casework.requests import Application
from handlers.context import Hall
from handlers.site_data import SiteData
from handlers.store import attachment_files
from handlers.store.database import Database
from handlers.store.records import Party
from tests.api_fixtures import ANSWERS, FILES, assert_problem, file_web, multipart, program
from tests.filling_fixtures import PDF, file_case, filled_draft, post_section
from tests.handlers_fixtures import EVERYTHING, ID_NUMBER, Clock, Office, TestClient
from tests.loops import run_apart
from tests.page_fixtures import fields_of, text_of
from tests.staff_fixtures import CASE, filed, staffed

__all__ = ["staffed"]


LETTER = {
    "kind": "consultation", "department": "market", "title": "问题", "content": "内容内容内容", "name": "王示例",
    "phone": "", "email": "", "item": "", "case": "", "form_end": "1",
}  # fmt: skip


def sound(database: Database) -> None:
    """The log verifies, and every attachment's bytes are there."""
    found = auditing.audit(database)
    assert found.sound, found
    assert attachment_files.missing(database) == ()


# --- the disk ---


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes: to SQLite and to us it is a disk that takes no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_keeps_nothing_half_and_the_hall_goes_on_after_it(staffed: Office) -> None:
    database = staffed.hall.database
    kept = file_case(staffed)
    client, machine, clerk = staffed.browser(), program(staffed), staffed.signed_in("window")
    rows = {
        name: database.value(f"SELECT count(*) FROM {name}")
        for name in ("cases", "letter", "event", "attachment", "notice")
    }
    with full_disk(4096):
        assert_problem(file_web(machine, "k-full"), 503)
        answer = client.post("/hall/letters/new", data=LETTER)
        assert answer.status_code == 503
        assert "没有写入" in text_of(answer.text)
        # Reading goes on: tracking, the desk, the portal.
        assert kept.client.get(f"/hall/track/{kept.number}").status_code == 200
        staffed.clock.forward(minutes=5)
        assert clerk.get("/hall/staff/").status_code == 200
        assert client.get("/hall/search?q=没有这样的事项").status_code == 200
    for name, count in rows.items():
        assert database.value(f"SELECT count(*) FROM {name}") == count, name
    assert not list(database.files.glob("incoming/*"))
    assert file_web(machine, "k-full").status_code == 201
    sound(database)


def test_a_disk_full_of_attachments_is_told_beside_nothing_else_lost(office: Office) -> None:
    client = office.browser()
    draft = filled_draft(client)
    big = PDF.replace(b"trailer", b"%" + b"x" * 900_000 + b"\ntrailer")
    checkpoint = sqlite3.connect(office.hall.database.path)
    checkpoint.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    checkpoint.close()
    with full_disk(700_000):
        answer = post_section(
            client, draft, "materials", {}, files={"material_photo": ("照片.pdf", big, "application/pdf")}
        )
        assert answer.status_code == 422
        assert 'id="e-material_photo"' in answer.text
        assert "附件没有保存成功" in answer.text
        assert "Traceback" not in answer.text
    assert not list(office.hall.database.files.glob("incoming/*"))
    answer = client.get(f"{draft}/materials")
    assert "平面图.pdf" in answer.text
    sound(office.hall.database)


def test_a_read_only_database_is_told_and_still_read(
    staffed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = file_case(staffed)
    database = staffed.hall.database
    path = database.path

    def read_only() -> sqlite3.Connection:
        return sqlite3.connect(
            f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )

    database.writer.close()
    monkeypatch.setattr(database, "writer", type(database.writer)(read_only))
    answer = case.client.post("/hall/letters/new", data=LETTER)
    assert answer.status_code == 503
    assert "只读" in answer.text
    assert case.client.get(f"/hall/track/{case.number}").status_code == 200
    unready = case.client.get("/readyz")
    assert unready.status_code == 503
    assert list(unready.json()["faults"]) == ["write"]
    assert "只读" in unready.json()["faults"]["write"]


# --- the portal's data ---


def test_a_portal_that_vanishes_leaves_the_last_edition_in_use_and_is_told(
    built_county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("handlers.site_data.LOOK_EVERY_SECONDS", -1.0)
    site = tmp_path / "site"
    shutil.copytree(built_county / "site", site)
    hall = Hall(
        Root(built_county),
        site,
        Database.open(tmp_path / "x.db", migrate=True),
        now=Clock("2026-03-02T09:30"),
    )
    with TestClient(create_app(hall), headers={"accept": "text/html"}) as client:
        assert client.get("/readyz").json()["status"] == "ready"
        for wreck in ("supervision.json", "calendar.json", "catalog.json"):
            (site / "data" / wreck).write_text('{"half', encoding="utf-8")
            os.utime(site / "data" / "catalog.json", (1, len(wreck)))
            assert client.get("/hall/track").status_code == 200
            assert client.get("/readyz").status_code == 503
        shutil.rmtree(site)
        answer = client.get("/")
        assert answer.status_code == 503
        assert "正在重新生成" in text_of(answer.text)
        assert "青禾县" in answer.text  # still inside the shell
        assert client.get("/hall/search?q=食品").status_code in (200, 503)
        assert client.get(f"/hall/apply/{EVERYTHING}").status_code == 503
        assert client.get("/readyz").json()["faults"]["site"]
        shutil.copytree(built_county / "site", site)
        assert client.get("/readyz").json()["status"] == "ready"
        assert client.get("/").status_code == 200
    assert len([each for each in caplog.records if "last good edition stays" in each.message]) == 4
    hall.database.close()


def test_without_any_portal_every_page_says_so_plainly(built_county: Path, tmp_path: Path) -> None:
    hall = Hall(Root(built_county), tmp_path / "none", Database.open(tmp_path / "x.db", migrate=True))
    with TestClient(create_app(hall), headers={"accept": "text/html"}) as client:
        for path in (
            "/",
            "/hall/track",
            "/hall/search?q=a",
            f"/hall/apply/{EVERYTHING}",
            "/hall/staff/sign-in",
        ):
            answer = client.get(path)
            assert answer.status_code == 503, path
            assert "<h1>" in answer.text
            assert re.search(r"编号：[0-9a-f]{12}", answer.text)
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert client.get("/api/v1/items").json()["status"] == 503
    hall.database.close()


def test_a_slip_in_a_file_leaves_the_running_portal_as_it_is_and_is_logged(
    built_county: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    county = tmp_path / "county"
    shutil.copytree(built_county, county, ignore=shutil.ignore_patterns("site", ".hall"))
    compiler = Compiler(Root(county), (), county / "site")
    compiler.first()
    data = SiteData(Root(county), county / "site")
    before = data.edition().catalog.version
    path = county / "items" / "market" / "food-license.yml"
    good = path.read_text(encoding="utf-8")
    path.write_text("code: [\n" + good, encoding="utf-8")
    compiler.again()
    assert SiteData(Root(county), county / "site").edition().catalog.version == before
    assert "food-license.yml" in caplog.text
    path.write_text(good.replace("name: ", "name: 新的", 1), encoding="utf-8")
    compiler.again()
    names = [each.name for each in SiteData(Root(county), county / "site").edition().catalog.items]
    assert any(name.startswith("新的") for name in names)
    compiler.close()


# --- at the same instant ---


def at_once(office: Office, *calls: Any) -> list[httpx.Response]:
    """Requests that one server has in hand at the same time."""

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(office.app, client=("203.0.113.60", 5))
        headers = {"accept": "text/html", "sec-fetch-site": "same-origin"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://testserver", headers=headers
        ) as client:
            return list(await asyncio.gather(*(call(client) for call in calls)))

    return run_apart(run())


def test_the_same_filing_sent_many_times_at_once_is_one_case_and_one_receipt(office: Office) -> None:
    def call(client: httpx.AsyncClient) -> Any:
        body = multipart({"item": EVERYTHING, "answers": ANSWERS})
        return client.post("/api/v1/cases", data=body, files=FILES, headers={"Idempotency-Key": "once"})

    answers = at_once(office, *[call] * 8)
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert office.hall.database.value("SELECT count(*) FROM cases") == 1
    assert office.hall.database.value("SELECT count(*) FROM attachment") == 1


def test_the_same_click_sent_many_times_at_once_is_one_case(office: Office) -> None:
    browser = office.browser()
    draft = filled_draft(browser)
    data = {**fields_of(browser.get(f"{draft}/check").text, "/check"), "truth": "yes"}
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)

    def call(client: httpx.AsyncClient) -> Any:
        return client.post(f"{draft}/check", data=data, headers={"cookie": cookies})

    answers = at_once(office, *[call] * 6)
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert office.hall.database.value("SELECT count(*) FROM cases") == 1


def test_two_tabs_that_move_the_same_case_at_once_move_it_once(staffed: Office) -> None:
    case = filed(staffed)
    clerk = staffed.signed_in("window")
    form = fields_of(clerk.get(CASE + case.number).text, "/moves/pre_review")
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in clerk.cookies.jar)

    def tab(number: int) -> Any:
        data = {**form, "key": f"tab-{number}"}
        return lambda client: client.post(
            f"{CASE}{case.number}/moves/pre_review", data=data, headers={"cookie": cookies}
        )

    answers = at_once(staffed, *(tab(number) for number in range(4)))
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
    moves = staffed.hall.database.value("SELECT count(*) FROM event WHERE kind = 'pre_review'")
    assert moves == 1


def test_two_halls_on_one_database_give_every_case_its_own_number(office: Office) -> None:
    other = Hall(
        office.hall.root, office.hall.site, Database.open(office.hall.database.path), now=office.clock
    )
    person = Party("1", "张示例", "111", ID_NUMBER, "0000-5550999")

    def file(number: int) -> str:
        hall = (office.hall, other)[number % 2]
        application = Application(item_code=EVERYTHING, applicant=person, answers={"shop": "x"})
        return hall.casework.file_case(
            application, key=f"k{number}", channel="web", now=office.clock()
        ).number

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(file, range(60)))
    assert len(set(numbers)) == 60
    sound(other.database)
    other.database.close()


def test_a_clock_set_back_breaks_neither_chain_nor_moves(staffed: Office) -> None:
    case = filed(staffed)
    staffed.clock.forward(days=-3)
    later = filed(staffed, key="k2")
    for number in (case.number, later.number):
        staffed.move(number, "pre_review", "window")
        staffed.move(number, "accept", "window")
    staffed.hall.casework.sweep(staffed.clock())
    assert staffed.signed_in("window").get(CASE + case.number).status_code == 200
    sound(staffed.hall.database)
