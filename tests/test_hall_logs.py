"""The log of a running hall: whoever reads it learns what happened, and of nobody whom it happened to."""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyotp
import pytest
from conftest import ROOT, free_port, serving
from pydantic import BaseModel, ValidationError

from hall import log_lines
from hall.notify import notify, watchdog_seconds
from handlers.store.database import Database
from tests.filling_fixtures import filled_draft
from tests.handlers_fixtures import CREDIT_CODE, ID_NUMBER, PASSWORD, Office, open_office
from tests.page_fixtures import fields_of, text_of
from tests.staff_fixtures import do, filed, sign_in

SMS_KEY, MAIL_PASSWORD, HOOK_KEY, TOKEN = (
    "sms-key-7f3a99c1d2", "mail-password-51be02", "hook-key-c0ffee4242", "metrics-token-91ad77e3aa",
)  # fmt: skip
NAME, PHONE, MAIL, WRONG, WORDS = (
    "司徒示例",
    "0000-5550977",
    "someone-77@example.com",
    "Wrong-pass-4711",
    "隔壁的司徒",
)
DELIVERY = """
delivery:
  mode: live
  applicants: [sms, email]
  quiet: {{begin: "00:00", end: "00:00"}}
  email: {{host: 127.0.0.1, port: {dead}, security: none, user: hall, password: "{{secret:MAIL}}", sender: hall@example.com}}
  sms:
    url: http://127.0.0.1:{dead}/send?apikey={{secret:SMS}}
    body: {{phone: "{{phone}}", text: "{{text}}"}}
  robots:
    - {{id: group, kind: wecom, name: 监察群, url: "http://127.0.0.1:{dead}/hook/{{secret:HOOK}}"}}
"""


class Walk:
    """What was planted on the way, and every page that spoke of an error."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.secrets: dict[str, str] = {}
        self.errors: list[httpx.Response] = []
        self.opened: list[httpx.Client] = []

    def client(self) -> httpx.Client:
        headers = {"accept": "text/html", "sec-fetch-site": "same-origin"}
        made = httpx.Client(base_url=self.url, follow_redirects=True, timeout=30, headers=headers)
        self.opened.append(made)
        return made

    def plant(self, **secrets: str) -> None:
        self.secrets |= {name: value for name, value in secrets.items() if len(value) >= 5}


@pytest.fixture
def county(built_county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The little county with gateways that nobody answers at, its staff, one case; secrets in the environment."""
    folder = tmp_path / "county"
    shutil.copytree(built_county, folder)
    settings = (folder / "county.yml").read_text(encoding="utf-8")
    settings = re.sub(r"(?m)^# 怎样发短信.*\n|^delivery:\n(?:  .*\n)*", "", settings)
    (folder / "county.yml").write_text(settings + DELIVERY.format(dead=free_port()), encoding="utf-8")
    for name, value in (("SMS", SMS_KEY), ("MAIL", MAIL_PASSWORD), ("HOOK", HOOK_KEY), ("METRICS", TOKEN)):
        monkeypatch.setenv(f"HALL_SECRET_{name}", value)
    return folder


def walk(found: Walk, office: Office, database: Path) -> None:
    """Filing, tracking, wrong codes, signing in with a second factor, wrong passwords, a search, and three errors."""
    citizen = found.client()
    draft = filled_draft(citizen)  # type: ignore[arg-type]
    saved = citizen.get(f"{draft}/saved").text
    page = citizen.get(f"{draft}/check").text
    answer = citizen.post(f"{draft}/check", data={**fields_of(page, "/check"), "truth": "yes"})
    number, code = re.findall(r'class="number-value">([^<]+)<', answer.text)[:2]
    resume = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", saved)[0]
    found.plant(query_code=code.strip(), draft_code=resume, handle=draft.rsplit("/", 1)[1])
    citizen.get("/hall/track", params={"number": number.strip(), "code": code.strip()})
    citizen.post("/hall/track", data={"number": number.strip(), "code": "WRNGCDE2", "form_end": "1"})
    citizen.get("/hall/search", params={"q": WORDS})
    citizen.get(f"/nowhere/{ID_NUMBER}/?phone={PHONE}")
    citizen.post("/api/v1/cases", json={"applicant": {"name": NAME, "id_number": ID_NUMBER, "phone": PHONE}},
                 headers={"Idempotency-Key": "planted-key-0001"})  # fmt: skip
    staff = found.client()
    sign_in(staff, "window", WRONG)
    sign_in(staff, NAME, WRONG)
    sign_in(staff, "admin")
    page = staff.get("/hall/staff/account").text
    csrf = fields_of(page, "/second-factor")["csrf"][0]
    page = staff.post("/hall/staff/account/second-factor", data={"csrf": csrf, "form_end": "1"}).text
    totp = re.search(r"((?:[A-Z2-7]{4} ){3,}[A-Z2-7]{1,4})", page)
    assert totp is not None, text_of(page)
    secret = totp[1].replace(" ", "")
    digits = pyotp.TOTP(secret).now()
    confirmed = staff.post("/hall/staff/account/second-factor/confirm",
                           data={"csrf": csrf, "digits": digits, "form_end": "1"})  # fmt: skip
    assert confirmed.status_code == 200, text_of(confirmed.text)
    found.plant(
        totp=secret, spaced_totp=totp[1], digits=digits, csrf=csrf, session=staff.cookies["hall_session"]
    )
    window = found.client()
    sign_in(window, "window")
    do(window, number.strip(), "pre_review")
    window.get("/hall/staff/", params={"q": NAME})
    found.plant(second_session=window.cookies["hall_session"])
    token = window.post("/api/v1/session", json={"login": "window", "password": PASSWORD}).json()
    found.plant(api_token=str(token.get("token", "")))
    found.errors += [citizen.get("/hall/track/QHNOWHERE"), window.get("/hall/log/not-a-page")]
    # A fault nobody foresaw, in the middle of a form.
    broken = sqlite3.connect(database, timeout=30)
    broken.execute("ALTER TABLE draft RENAME TO draft_gone")
    broken.close()
    crashed = citizen.post(f"{draft.rsplit('/', 1)[0]}/new/applicant", data={
        "applicant_kind": "1", "applicant_name": NAME, "applicant_id_type": "111", "applicant_id_number": ID_NUMBER,
        "contact_name": NAME, "contact_phone": PHONE, "do": "next", "form_end": "1"})  # fmt: skip
    assert crashed.status_code == 500
    found.errors.append(crashed)
    scraped = httpx.get(f"{found.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert scraped.status_code == 200
    found.errors.append(scraped)


def planted() -> dict[str, str]:
    return {
        "id": ID_NUMBER, "credit": CREDIT_CODE, "phone": "5550999", "second": PHONE, "name": NAME, "applicant": "张示例",
        "mail": MAIL, "password": PASSWORD, "wrong": WRONG, "sms": SMS_KEY, "smtp": MAIL_PASSWORD, "hook": HOOK_KEY,
        "metrics": TOKEN, "guess": "WRNGCDE2", "search": WORDS, "shop": "示例小馆", "key": "planted-key-0001",
        "street": "人民路示例",
    }  # fmt: skip


@pytest.mark.parametrize("style", ["json", pytest.param("text", marks=pytest.mark.soak)])
def test_a_walk_through_everything_leaves_nothing_of_anybody_in_the_output(
    county: Path, tmp_path: Path, style: str
) -> None:
    office = open_office(county, tmp_path)
    filed(office)
    office.close()
    database = tmp_path / "hall.db"
    with serving(county / "site", database, "--log", style, "--metrics", "token", root=county) as live:
        found = Walk(live.url)
        try:
            walk(found, office, database)
        finally:
            for each in found.opened:
                each.close()
    output = database.with_suffix(".log").read_text(encoding="utf-8")
    for name, secret in (planted() | found.secrets).items():
        assert secret not in output, (name, [line for line in output.splitlines() if secret in line][:2])
    bodies = "\n".join(each.text for each in found.errors)
    for name in ("sms", "smtp", "hook", "metrics", "password", "id"):
        assert planted()[name] not in bodies, name
    assert "Traceback" not in bodies
    crashed = found.errors[-2]
    number = crashed.headers["x-request-id"]
    assert number in crashed.text
    assert f"request {number} failed: POST /hall/apply/{{code}}/{{handle}}/{{section}}" in output
    assert "no such table: draft" in output
    if style == "json":
        check_json(output, number)
    else:
        assert re.search(rf"INFO hall\.access {number} POST /hall/apply/\S+ 500 [0-9.]+ms public", output)


@pytest.mark.parametrize(
    "channels",
    [
        (("sms", "13900000000"),),
        pytest.param((("email", MAIL), ("group", "")), marks=pytest.mark.soak),
    ],
)
def test_a_gateway_that_does_not_answer_is_told_without_its_keys_and_whom_it_was_for(
    county: Path, tmp_path: Path, channels: tuple[tuple[str, str], ...]
) -> None:
    Database.open(tmp_path / "hall.db", migrate=True).close()
    for channel, to in channels:
        done = subprocess.run(
            [sys.executable, "-m", "hall", "deliver", "--root", str(county), "--db", str(tmp_path / "hall.db"),
             "--test", channel, "--to", to],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1, (channel, done.stdout, done.stderr)
        said = done.stdout + done.stderr
        assert said.strip()
        for secret in (SMS_KEY, MAIL_PASSWORD, HOOK_KEY, "13900000000", MAIL):
            assert secret not in said, (channel, said)


def check_json(output: str, number: str) -> None:
    """Each line after the first words on the terminal is an object; requests say route, status, time and role."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert len(lines) >= len(output.splitlines()) - 2
    requests = [line for line in lines if line["logger"] == "hall.access"]
    assert len(requests) > 30
    for each in requests:
        assert set(each) == {
            "time",
            "level",
            "logger",
            "request_id",
            "method",
            "route",
            "status",
            "ms",
            "role",
        }
    assert {"public", "window_clerk"} <= {each["role"] for each in requests}
    assert any("administrator" in each["role"] for each in requests)
    told = [line for line in lines if line.get("request_id") == number]
    assert {line["logger"] for line in told} == {"hall", "hall.access"}
    assert all(line["time"].endswith("+08:00") for line in lines)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The output of a process that has just set up its log; the state of the test run is put back after it."""
    root, hooks = logging.getLogger(), (threading.excepthook, sys.excepthook)
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    log_lines.configure("text", stream)
    yield stream
    logging.captureWarnings(False)
    threading.excepthook, sys.excepthook = hooks
    root.handlers[:] = before
    root.setLevel(level)


class Form(BaseModel):
    id_number: int


def test_a_validation_error_is_told_by_place_and_kind_without_what_was_typed(written: io.StringIO) -> None:
    try:
        try:
            Form.model_validate({"id_number": f"{ID_NUMBER}x{NAME}"})
        except ValidationError as error:
            raise RuntimeError(f"cannot read {NAME}") from error
    except RuntimeError:
        logging.getLogger("hall").exception("request abc failed")
    text = written.getvalue()
    assert "pydantic_core._pydantic_core.ValidationError" in text
    assert "builtins.RuntimeError" in text
    assert "test_hall_logs.py" in text
    assert ID_NUMBER not in text
    assert "cannot read" in text.replace(NAME, "")  # the line of code stands there, its values do not
    assert NAME not in text


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("the card of 990121199003070010 is away", "the card of *** is away"),
        ("call 13900000000 or 0000-5550977", "call *** or ***"),
        ("GET http://127.0.0.1/send?key=abc&phone=1 failed", "GET http://127.0.0.1/send?*** failed"),
        ("mail to someone@example.com", "mail to ***"),
        ("QH20260302000017 and 3f2a9c, 12345 events", "QH20260302000017 and 3f2a9c, 12345 events"),
        ("why? because", "why? because"),
    ],
)
def test_what_slips_into_the_words_of_a_line_is_masked(words: str, shown: str) -> None:
    assert log_lines.masked(words) == shown


def test_a_line_stays_one_line_whoever_wrote_the_words(written: io.StringIO) -> None:
    logging.getLogger("hall.x").error("first\n2026-01-01 INFO hall.access forged\r\nthird")
    logging.getLogger("asyncio").error("Task failed\nfuture: <Task exception=Bad('%s')>", NAME)
    assert len(written.getvalue().splitlines()) == 2
    assert NAME not in written.getvalue()


def test_the_systems_own_words_are_kept(written: io.StringIO) -> None:
    try:
        raise OSError(28, "No space left on device", f"/secret/{NAME}")
    except OSError:
        logging.getLogger("hall").exception("write failed")
    assert "builtins.OSError: No space left on device" in written.getvalue()
    assert NAME not in written.getvalue()


def test_a_thread_that_ends_by_an_error_is_logged_without_its_words(written: io.StringIO) -> None:
    def fail() -> None:
        raise ValueError(NAME)

    thread = threading.Thread(target=fail, name="sweep")
    thread.start()
    thread.join()
    assert "thread sweep ended: ValueError" in written.getvalue()
    assert NAME not in written.getvalue()


def test_the_service_manager_is_told_at_its_socket_and_only_there(tmp_path: Path) -> None:
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(place))
        listener.settimeout(5)
        assert notify("READY=1", {"NOTIFY_SOCKET": str(place)})
        assert listener.recv(100) == b"READY=1"
    assert not notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})
    assert not notify("READY=1", {})
    assert watchdog_seconds({"WATCHDOG_USEC": "60000000"}) == 30
    assert watchdog_seconds({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}) is None
    assert watchdog_seconds({}) is None


@pytest.mark.soak
def test_a_running_hall_says_that_it_is_ready_alive_and_stopping(
    built_county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        place = tmp_path / "notify"
        listener.bind(str(place))
        listener.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(place))
        monkeypatch.setenv("WATCHDOG_USEC", "1000000")
        with serving(built_county / "site", tmp_path / "hall.db", root=built_county):
            said = [listener.recv(100) for _ in range(3)]
        while b"STOPPING=1" not in said:
            said.append(listener.recv(100))
    assert said[:3] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
