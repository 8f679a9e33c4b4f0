"""A real `hall serve` that can be killed and started again, what clients ask of it, and what must hold of its files afterwards."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from conftest import ROOT, free_port, wait_until_ready

from handlers.casework import auditing
from handlers.store import attachment_files, attachments, people, sessions
from handlers.store.attachment_files import hash_of as sha256_of
from handlers.store.attachment_files import place_of
from handlers.store.database import Database
from handlers.store.writer import Transaction
from rules.time import SHANGHAI
from tests.api_fixtures import ANSWERS, multipart
from tests.filling_fixtures import PDF
from tests.handlers_fixtures import EVERYTHING, PASSWORD, STAFF, password_hash


class Serving:
    """One `hall serve` over one database file, on one port however often it is started."""

    def __init__(
        self,
        county: Path,
        database: Path,
        *,
        before: Sequence[str] = (),
        preexec: Callable[[], None] | None = None,
    ) -> None:
        self.county, self.database, self.before, self.preexec = county, database, tuple(before), preexec
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = database.with_name("serve.log")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str]:
        return [
            *self.before, sys.executable, "-m", "hall", "serve", "--root", str(self.county), "--port", str(self.port),
            "--no-build", "--db", str(self.database), "--site", str(self.county / "site"), "--proxy", "127.0.0.1",
        ]  # fmt: skip

    def start(self) -> None:
        self.launch()
        assert self.process is not None
        wait_until_ready(self.url, self.process, self.log)

    def launch(self) -> None:
        """Starts without waiting for it to be ready."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, preexec_fn=self.preexec
            )

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def told(self) -> str:
        return self.log.read_text("utf-8", errors="replace")


def client_of(serving: Serving) -> httpx.Client:
    """A program that speaks plain HTTP; making one does not read a machine's certificates."""
    return httpx.Client(base_url=serving.url, timeout=20, verify=False)


def plant_staff(database: Path) -> dict[str, str]:
    """The staff of the tests in a fresh database; a token by login."""
    now = datetime.now(SHANGHAI)
    opened = Database.open(database, migrate=True)

    def add(tx: Transaction) -> None:
        for login, held in STAFF.items():
            person = people.add(tx, login, f"{login}示例", password_hash(), now)
            for role, unit in held:
                people.assign(tx, person, role, unit, date(2025, 1, 1))

    opened.write(add)
    tokens = {
        login: sessions.sign_in(opened, login, PASSWORD, now).token
        for login in ("window", "reviewer", "decider")
    }
    opened.close()
    return tokens


def pdf_of(mark: str) -> bytes:
    return PDF + mark.encode() + b"\n%%EOF"


def send_filing(client: httpx.Client, key: str, address: str) -> httpx.Response:
    """One filing with a file of its own."""
    return client.post(
        "/api/v1/cases",
        data=multipart({"item": EVERYTHING, "answers": ANSWERS}),
        files={"material_plan": (f"{key}.pdf", pdf_of(key), "application/pdf")},
        headers={"Idempotency-Key": key, "X-Forwarded-For": address},
    )


def send_move(
    client: httpx.Client, number: str, move: str, token: str, key: str, **values: str
) -> httpx.Response:
    missing = ["plan"] if move == "supplement_notice" else []
    return client.post(
        f"/api/v1/desk/cases/{number}/moves",
        json={"move": move, "values": values, "missing": missing},
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key},
    )


def send_supplement(client: httpx.Client, number: str, code: str, key: str, address: str) -> httpx.Response:
    """The applicant's supplement, with a file of its own."""
    return client.post(
        f"/api/v1/cases/{number}/supplement",
        data={"application": json.dumps({})},
        files={"material_plan": (f"{key}.pdf", pdf_of(key), "application/pdf")},
        headers={"Idempotency-Key": key, "X-Query-Code": code, "X-Forwarded-For": address},
    )


def copied(database: Path, folder: Path) -> Path:
    """The file and its log as the disk has them, so that looking at them repairs nothing for the hall."""
    folder.mkdir(parents=True)
    for name in (database.name, f"{database.name}-wal", "hall.key"):
        if (database.parent / name).exists():
            shutil.copy(database.parent / name, folder / name)
    return folder / database.name


def assert_whole(path: Path, files: Path) -> Counter[str]:
    """Nothing is half: chain, seals, files, and every case with all that belongs to it. Returns counts by table."""
    database = Database(path, files=files)
    try:
        assert [row[0] for row in database.rows("PRAGMA integrity_check")] == ["ok"]
        assert database.rows("PRAGMA foreign_key_check") == []
        found = auditing.audit(database)
        assert found.sound, found
        for sql in _HALVES:
            assert [tuple(row) for row in database.rows(sql)] == [], sql
        _files_agree(database)
        names = ("cases", "event", "attachment", "notice", "clock", "seal", "idempotency")
        return Counter({name: database.value(f"SELECT count(*) FROM {name}") for name in names})
    finally:
        database.close()


_OF_CASE = "SELECT number FROM cases WHERE NOT EXISTS (SELECT 1 FROM {} WHERE {})"
_HALVES = (
    *(
        _OF_CASE.format(table, condition)
        for table, condition in (
            ("case_payload", "case_id = cases.id"),
            ("step", "case_id = cases.id"),
            ("material", "case_id = cases.id"),
            ("clock", "subject = 'case' AND subject_id = cases.id"),
            ("notice", "subject = 'case' AND subject_id = cases.id"),
            ("attachment", "case_id = cases.id"),
            ("outbox", "subject = 'case' AND subject_id = cases.id AND template = 'case.filed'"),
        )
    ),
    "SELECT subject_id, count(*) FROM event WHERE kind = 'file' GROUP BY subject_id HAVING count(*) <> 1",
    "SELECT seq FROM event WHERE subject = 'case' AND subject_id NOT IN (SELECT id FROM cases)",
    "SELECT seq FROM event WHERE seq NOT IN (SELECT seq FROM event_payload)",
    "SELECT id FROM attachment WHERE case_id IS NOT NULL AND case_id NOT IN (SELECT id FROM cases)",
    "SELECT number FROM notice WHERE event_seq NOT IN (SELECT seq FROM event)",
    # As many kept answers as filings; a move that paused a clock has its pause.
    "SELECT 'filings' WHERE (SELECT count(*) FROM cases) <> (SELECT count(*) FROM idempotency WHERE scope = 'file')",
    "SELECT number FROM cases WHERE state = 'supplementing' AND supplement_due IS NULL",
)


def _files_agree(database: Database) -> None:
    """Every file has the bytes its name says; every case has the files its events name."""
    hashes = {row[0] for row in database.rows("SELECT DISTINCT sha256 FROM attachment")}
    for each in hashes:
        assert sha256_of(place_of(database, each)) == each
    for row in database.rows(
        "SELECT subject_id, payload FROM event JOIN event_payload USING (seq) WHERE subject = 'case'"
    ):
        named = json.loads(row["payload"]).get("files")
        if isinstance(named, dict):
            kept = {
                each[0]
                for each in database.rows(
                    "SELECT sha256 FROM attachment WHERE case_id = ?", (row["subject_id"],)
                )
            }
            assert {each for given in named.values() for each in given} <= kept


def assert_tidying_leaves_rows_and_files_equal(path: Path) -> None:
    """After the daily tidying of later days, exactly the files that rows name are there."""
    database = Database.open(path)
    try:
        later = datetime.now(SHANGHAI) + timedelta(days=3)
        database.write(lambda tx: attachments.drop_unclaimed(tx, later))
        attachment_files.tidy(database, later.timestamp())
        there = {each.name for each in database.files.glob("*/*") if each.is_file()}
        assert there == {row[0] for row in database.rows("SELECT DISTINCT sha256 FROM attachment")}
        assert database.value("SELECT count(*) FROM attachment WHERE case_id IS NULL") == 0
    finally:
        database.close()


def answer_of(response: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json()
    return found
