"""For whoever watches the hall: what it counts and who may read it, what is not ready, in words and by key."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from handlers import readiness
from handlers.app import create_app
from handlers.context import Hall
from handlers.metrics import Metrics, Reader
from handlers.store import last_done, operating
from rules.errors import Invalid
from tests.filling_fixtures import file_case
from tests.handlers_fixtures import CITIZEN_JOBS, Office

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

TOKEN = "a-token-of-the-monitor-0123456789"


def client(office: Office, reader: Reader | None, address: str = "127.0.0.1") -> TestClient:
    metrics = None if reader is None else Metrics(office.hall, reader)
    app = create_app(office.hall, CITIZEN_JOBS, metrics)
    return TestClient(app, client=(address, 50000))


def values(text: str) -> dict[str, float]:
    """`name{labels}` → value."""
    return {
        line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
        for line in text.splitlines()
        if line and not line.startswith("#")
    }


def test_metrics_are_off_unless_asked_for(office: Office) -> None:
    assert client(office, None).get("/metrics").status_code == 404


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.2", "unknown"])
def test_without_a_token_only_the_machine_itself_may_read(office: Office, address: str) -> None:
    assert client(office, Reader(), address).get("/metrics").status_code == 404
    assert client(office, Reader()).get("/metrics").status_code == 200
    assert client(office, Reader(), "::1").get("/metrics").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Proto"])
def test_what_came_by_a_proxy_is_refused_even_with_the_token(office: Office, header: str) -> None:
    with_token = {"Authorization": f"Bearer {TOKEN}", header: "127.0.0.1"}
    assert client(office, Reader(TOKEN)).get("/metrics", headers=with_token).status_code == 404
    assert client(office, Reader()).get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_a_wrong_token_is_refused_and_the_right_one_reads_from_elsewhere(office: Office) -> None:
    far = client(office, Reader(TOKEN), "203.0.113.9")
    for wrong in ("", "Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer 口令"):
        answer = far.get("/metrics", headers={"Authorization": wrong.encode()})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), wrong
        assert "hall_" not in answer.text
    assert far.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_short_token_is_refused_at_the_start() -> None:
    with pytest.raises(Invalid, match="至少 16"):
        Reader("short")
    assert "token" not in repr(Reader(TOKEN))


def test_the_numbers_follow_what_happens(office: Office) -> None:
    watched = client(office, Reader())
    office.app = watched.app
    case = file_case(office)
    database = office.hall.database
    last_done.note(database.path, "backup", office.clock())
    last_done.note(database.path, "audit", office.clock(), sound=False)
    office.hall.sweeps.begin()
    office.clock.forward(hours=2)
    found = values(watched.get("/metrics").text)
    assert (
        found['hall_requests_total{method="POST",route="/hall/apply/{code}/{handle}/check",status="303"}']
        == 1
    )
    assert not any(case.number in name for name in found)
    assert found['hall_open_cases{light="normal"}'] == 1
    assert found["hall_filings_total"] == 1
    assert found["hall_clocks_due"] == 0
    assert found["hall_outbox_waiting"] >= 0
    assert found["hall_outbox_failed"] == 0
    assert found["hall_writer_queue"] == 0
    assert found["hall_writer_group_sum"] >= found["hall_writer_group_count"] >= 1
    assert found['hall_writer_group_bucket{le="+Inf"}'] == found["hall_writer_group_count"]
    assert found["hall_backup_age_seconds"] == found["hall_audit_age_seconds"] == 7200
    assert (found["hall_backup_sound"], found["hall_audit_sound"]) == (1, 0)
    assert found["hall_database_bytes"] == operating.size(database.path) > 0
    assert 0 <= found["hall_sweep_age_seconds"] < 60
    assert any(name.startswith("hall_request_seconds_bucket") for name in found)


def test_made_up_methods_and_addresses_make_no_new_series(office: Office) -> None:
    watched = client(office, Reader())
    for number in range(20):
        watched.request(f"METHOD{number}", f"/nowhere/{number}")
    lines = [
        line for line in watched.get("/metrics").text.splitlines() if line.startswith("hall_requests_total")
    ]
    assert len(lines) == 1
    assert 'method="other",route="portal"' in lines[0]


def test_scraping_again_and_again_counts_the_records_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    real = operating.open_by_light
    monkeypatch.setattr(operating, "open_by_light", lambda reads: counted.append(1) or real(reads))
    watched = client(office, Reader())
    for _ in range(10):
        watched.get("/metrics")
    assert len(counted) == 1


def test_records_that_cannot_be_read_leave_the_rest_of_the_numbers(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        from rules.errors import Unavailable

        raise Unavailable("坏了")

    monkeypatch.setattr(operating, "clocks_due", broken)
    found = values(client(office, Reader()).get("/metrics").text)
    assert found["hall_records_readable"] == 0
    assert "hall_writer_queue" in found
    assert "hall_filings_total" not in found


def test_ready_means_that_every_part_was_looked_at(office: Office) -> None:
    answer = client(office, None).get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json()["checks"]) == {"site", "index", "database", "schema", "write", "disk", "sweep"}
    assert set(answer.json()["checks"].values()) == {"ok"}


def test_asking_whether_one_can_write_writes_nothing(office: Office) -> None:
    path = office.hall.database.path
    log = path.with_name(f"{path.name}-wal")
    assert operating.write_fault(office.hall.database, 5) == ""
    before = (path.read_bytes(), log.read_bytes())
    assert operating.write_fault(office.hall.database, 5) == ""
    assert (path.read_bytes(), log.read_bytes()) == before


def test_open_work_of_a_unit_that_is_in_no_file_is_a_warning_and_the_hall_stays_ready(office: Office) -> None:
    filed = file_case(office)
    database = office.hall.database
    assert client(office, None).get("/readyz").json()["warnings"] == {}
    database.write(
        lambda tx: tx.execute("INSERT INTO org_unit (id, name, kind) VALUES ('old', '房产所', 'section')")
    )
    database.write(
        lambda tx: tx.execute("UPDATE cases SET holder_unit = 'old' WHERE number = ?", (filed.number,))
    )
    hall = Hall(office.hall.root, office.hall.site, database, now=office.clock)
    answer = TestClient(create_app(hall, CITIZEN_JOBS)).get("/readyz")
    assert answer.status_code == 200
    assert "房产所已不在县的文件里" in answer.json()["warnings"]["units"]


def test_a_full_disk_a_late_sweep_and_a_missing_index_are_told_by_key_and_in_words(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site = tmp_path / "portal"
    shutil.copytree(office.hall.site, site)
    shutil.rmtree(site / "data" / "index")
    monkeypatch.setattr(office.hall, "site", site)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 3 * 1024 * 1024)
    )  # type: ignore[attr-defined]
    office.hall.sweeps.begin()
    moment = time.monotonic()
    monkeypatch.setattr(readiness.time, "monotonic", lambda: moment + 600)
    answer = client(office, None).get("/readyz")
    faults = answer.json()["faults"]
    assert answer.status_code == 503
    assert set(faults) == {"index", "disk", "sweep"}
    assert "3 MB" in faults["disk"]
    assert re.search(r"1?[0-9] 分钟没有做成期限巡查", faults["sweep"])
    assert "hall build" in faults["index"]
    office.hall.sweeps.done()
    monkeypatch.undo()
    assert client(office, None).get("/readyz").status_code == 200


def test_a_locked_database_is_told_and_the_answer_does_not_wait_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_WRITE_SECONDS", 0.3)
    other = sqlite3.connect(office.hall.database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        begun = time.monotonic()
        answer = client(office, None).get("/readyz")
        assert time.monotonic() - begun < 5
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert list(answer.json()["faults"]) == ["write"]


def test_a_database_of_a_newer_version_is_told(office: Office) -> None:
    database = office.hall.database
    database.write(
        lambda tx: tx.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('hall', 'm9999_future', '2030')"
        )
    )
    faults = client(office, None).get("/readyz").json()["faults"]
    assert list(faults) == ["schema"]
    assert "m9999_future" in faults["schema"]


def test_when_nothing_was_ever_backed_up_the_age_is_left_out(office: Office) -> None:
    found = values(client(office, Reader()).get("/metrics").text)
    assert "hall_backup_age_seconds" not in found
    folder = office.hall.database.path.parent
    (folder / "last-backup.json").write_text("{half", encoding="utf-8")
    assert last_done.last(office.hall.database.path, "backup") is None
    assert "hall_backup_age_seconds" not in values(client(office, Reader()).get("/metrics").text)


def test_a_folder_that_cannot_be_written_keeps_no_audit_from_its_end(tmp_path: Path) -> None:
    last_done.note(
        tmp_path / "nowhere" / "hall.db", "audit", __import__("datetime").datetime.now().astimezone()
    )
    assert os.listdir(tmp_path) == []
