"""Files that are damaged, missing, changed or held: named by every command and page, served on where it can be, nothing made worse."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from catalog.root import Root
from hall.cli import main
from handlers.app import create_app
from handlers.casework import auditing
from handlers.context import Hall
from handlers.store import attachment_files, attachments, backups
from handlers.store.database import Database
from rules.errors import Conflict, Gone, Invalid
from tests.api_fixtures import assert_problem, file_web, program
from tests.casework_fixtures import at
from tests.filling_fixtures import PDF, file_case
from tests.handlers_fixtures import Office, open_office
from tests.staff_fixtures import staffed

__all__ = ["staffed"]

Ran = tuple[int, str, str]


@pytest.fixture
def hall_command(
    built_county: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Runs `hall …` as a shell would; exit code and what was printed."""

    def run(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["hall", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return int(ended.value.code or 0), told.out, told.err

    return run


@pytest.fixture(scope="module")
def filed(built_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed hall with some cases and files, everything in one file without a log. Copied, never written."""
    folder = tmp_path_factory.mktemp("filed")
    office = open_office(built_county, folder)
    machine = program(office)
    for number in range(12):
        assert file_web(machine, f"k{number}").status_code == 201
    office.close()
    with closing(sqlite3.connect(folder / "hall.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    return folder


@pytest.fixture
def copy(filed: Path, tmp_path: Path) -> Path:
    shutil.copytree(filed, tmp_path / "copy")
    return tmp_path / "copy" / "hall.db"


def page_of(path: Path, name: str, *, leaf: bool = True) -> tuple[int, int]:
    """Offset and size of a page of a table or index: its root, or with `leaf` the first page below it."""
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    return (root - 1) * size, size


def wreck(path: Path, name: str) -> None:
    """Flips every byte of a table's or index's page."""
    offset, size = page_of(path, name)
    with path.open("r+b") as file:
        file.seek(offset)
        page = file.read(size)
        file.seek(offset)
        file.write(bytes(each ^ 0xFF for each in page))


@pytest.mark.parametrize(("what", "table"), [
    ("case_payload", "case_payload"), ("cases", "cases"), ("event", "event"), ("case_by_holder", "cases"),
    ("event_of_subject", "event"), ("clock", "clock"),
])  # fmt: skip
def test_the_audit_names_the_table_of_a_damaged_page_and_no_backup_hides_it(
    what: str, table: str, copy: Path, tmp_path: Path, hall_command: Callable[..., Ran]
) -> None:
    wreck(copy, what)
    code, _, told = hall_command("audit", "verify", "--db", str(copy))
    assert code == 1
    assert f"数据库损坏：表 {table} 或它的索引有损坏" in told
    assert "hall restore" in told
    code, _, told = hall_command("backup", str(tmp_path / "b.tar.gz"), "--db", str(copy))
    assert code == 1
    assert "损坏" in told
    assert not (tmp_path / "b.tar.gz").exists()


@pytest.mark.parametrize("left", [0, 100, 5000])
def test_a_truncated_file_is_refused_by_name(left: int, copy: Path, hall_command: Callable[..., Ran]) -> None:
    with copy.open("r+b") as file:
        file.truncate(left)
    code, _, told = hall_command("audit", "verify", "--db", str(copy))
    assert code == 1
    assert any(words in told for words in ("损坏", "不是县厅的数据库", "hall migrate"))


def test_a_file_cut_in_the_middle_is_named_and_the_pages_that_can_be_read_are_read(
    copy: Path, built_county: Path, hall_command: Callable[..., Ran]
) -> None:
    with copy.open("r+b") as file:
        file.truncate(copy.stat().st_size * 3 // 4 // 4096 * 4096)
    code, _, told = hall_command("audit", "verify", "--db", str(copy))
    assert code == 1
    assert "损坏" in told


def test_pages_and_programs_are_told_of_damage_and_what_is_whole_goes_on(
    copy: Path, built_county: Path
) -> None:
    wreck(copy, "case_payload")
    wreck(copy, "draft")
    database = Database.open(copy)
    hall = Hall(Root(built_county), built_county / "site", database)
    office = Office(hall, hall.now, {}, create_app(hall))  # type: ignore[arg-type]
    try:
        body = assert_problem(file_web(program(office), "new"), 503)
        assert "损坏" in body["detail"]
        assert database.value("SELECT count(*) FROM cases") == 12
        browser = office.browser()
        assert browser.get("/hall/track").status_code == 200
        answer = browser.get("/hall/drafts")
        assert "Traceback" not in answer.text
    finally:
        office.close()


@pytest.mark.parametrize("where", ["header", "middle", "cut"])
def test_a_damaged_log_gives_up_only_what_was_not_synced_whole(
    where: str, built_county: Path, tmp_path: Path
) -> None:
    office = open_office(built_county, tmp_path)
    machine = program(office)
    for number in range(6):
        assert file_web(machine, f"k{number}").status_code == 201
    other = tmp_path / "other"
    other.mkdir()
    for name in ("hall.db", "hall.db-wal", "hall.key"):
        shutil.copy(tmp_path / name, other / name)
    shutil.copytree(tmp_path / "files", other / "files")
    office.close()
    log = other / "hall.db-wal"
    with log.open("r+b") as file:
        if where == "cut":
            file.truncate(log.stat().st_size // 2)
        else:
            file.seek(4 if where == "header" else log.stat().st_size // 2)
            file.write(b"\xff" * 64)
    database = Database.open(other / "hall.db")
    # Frames after the damaged one are gone: SQLite takes none that does not add up. What is left is whole.
    found = auditing.audit(database)
    assert not found.damage
    assert not found.faults
    database.close()


def test_a_missing_and_a_changed_file_are_told_to_whoever_asks_for_them_and_to_the_audit(
    staffed: Office, hall_command: Callable[..., Ran], tmp_path: Path
) -> None:
    case = file_case(staffed)
    database = staffed.hall.database
    kept = attachments.of_case(database, 1)[0]
    path = attachment_files.place_of(database, kept.sha256)
    good = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(good[:-3] + b"???")
    clerk = staffed.signed_in("window")
    with pytest.raises(Gone, match="和收件时不一样"):
        attachments.path_of(database, kept)
    code, _, told = hall_command("audit", "verify", "--db", str(database.path))
    assert code == 1
    assert f"附件被改动：{kept.name}({kept.id})" in told
    # A backup that could not be restored whole is not made in silence.
    code, _, told = hall_command("backup", str(tmp_path / "b.tar.gz"), "--db", str(database.path))
    assert code == 1
    assert "--with-gaps" in told
    path.unlink()
    with pytest.raises(Gone, match="从备份恢复"):
        attachments.path_of(database, kept)
    assert clerk.get(f"/hall/staff/cases/{case.number}").status_code == 200
    code, _, told = hall_command("audit", "verify", "--db", str(database.path))
    assert code == 1
    assert f"附件缺失：{kept.name}({kept.id})" in told
    code, _, told = hall_command(
        "backup", str(tmp_path / "b.tar.gz"), "--db", str(database.path), "--with-gaps"
    )
    assert code == 1
    assert kept.sha256 in told
    there = tmp_path / "there" / "hall.db"
    assert backups.restore(tmp_path / "b.tar.gz", there).without == (kept.sha256,)
    # Brought back, all is well again.
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(good)
    assert attachments.path_of(database, kept) == path
    assert auditing.audit(database).sound


def test_a_restore_is_refused_while_a_hall_uses_the_file_and_done_when_it_has_stopped(
    office: Office, tmp_path: Path, hall_command: Callable[..., Ran]
) -> None:
    assert file_web(program(office), "k1").status_code == 201
    path = office.hall.database.path
    backups.backup(office.hall.database, tmp_path / "b.tar.gz", office.clock())
    code, _, told = hall_command("restore", str(tmp_path / "b.tar.gz"), "--db", str(path))
    assert code == 1
    assert "--force" in told
    code, _, told = hall_command("restore", str(tmp_path / "b.tar.gz"), "--db", str(path), "--force")
    assert code == 1
    assert "先停止服务" in told
    assert file_web(program(office), "k2").status_code == 201
    office.close()
    code, out, _ = hall_command("restore", str(tmp_path / "b.tar.gz"), "--db", str(path), "--force")
    assert code == 0
    assert "核验通过" in out
    kept = next(path.parent.glob("before-restore-*"))
    old = Database.open(kept / "hall.db")
    assert old.value("SELECT count(*) FROM cases") == 2
    old.close()


@pytest.mark.parametrize("what", ["hall.db", "files"])
def test_an_archive_in_which_one_thing_was_altered_is_refused_by_name(
    what: str, filed: Path, copy: Path, tmp_path: Path
) -> None:
    database = Database.open(copy)
    backups.backup(database, tmp_path / "b.tar.gz", at("2026-03-03"))
    database.close()
    whole, changed = tmp_path / "whole", tmp_path / "changed.tar.gz"
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        archive.extractall(whole, filter="data")
    victim = (
        next(each for each in sorted((whole / what).rglob("*")) if each.is_file())
        if what == "files"
        else whole / what
    )
    victim.chmod(0o600)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data))
    with tarfile.open(changed, "w:gz") as archive:
        for each in sorted(whole.rglob("*")):
            if each.is_file():
                archive.add(each, str(each.relative_to(whole)))
    there = tmp_path / "there" / "hall.db"
    with pytest.raises(
        Invalid, match="数据库与清单不符" if what == "hall.db" else "附件 [0-9a-f]{12}… 缺失或损坏"
    ):
        backups.restore(changed, there)
    assert not there.exists()


def test_an_upload_tidied_away_during_a_backup_does_not_break_it(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = office.hall.database
    limits = attachments.Limits(("pdf",), 100_000)
    stray = attachments.receive_bytes(database, (PDF,), "x.pdf", limits, office.clock())
    describe = backups._describe

    def tidied(*given: object) -> object:
        database.write(lambda tx: attachments.drop(tx, stray.id))
        attachment_files.tidy(database, before=9e9)
        return describe(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(backups, "_describe", tidied)
    manifest = backups.backup(database, tmp_path / "b.tar.gz", office.clock())
    assert (manifest.files, manifest.without) == (0, ())


def test_the_same_bytes_sent_again_while_they_are_tidied_away_are_there_afterwards(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = office.hall.database
    limits = attachments.Limits(("pdf",), 100_000)
    first = attachments.receive_bytes(database, (PDF,), "x.pdf", limits, office.clock())
    database.write(lambda tx: attachments.drop(tx, first.id))
    asked, named = list[str](), attachment_files._named

    def then_sent_again(database: Database, sha256: str) -> bool:
        asked.append(sha256)
        found = named(database, sha256)
        if len(asked) == 1:
            attachments.receive_bytes(database, (PDF,), "y.pdf", limits, office.clock())
        return found

    monkeypatch.setattr(attachment_files, "_named", then_sent_again)
    assert attachment_files.tidy(database, before=9e9) == 0
    assert len(asked) == 2
    assert attachment_files.missing(database) == ()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the lock of another program; to be asked for before the office."""
    monkeypatch.setattr("handlers.store.database.BUSY_SECONDS", 0.05)


def test_a_database_held_by_another_program_is_told_by_page_program_and_command_and_then_goes_on(
    impatient: None, office: Office, hall_command: Callable[..., Ran]
) -> None:
    path = office.hall.database.path
    machine, browser = program(office), office.browser()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        assert "占用" in assert_problem(file_web(machine, "k1"), 503)["detail"]
        assert browser.get("/hall/track").status_code == 200
        code, _, told = hall_command("sweep", "--db", str(path), "--root", str(office.hall.root.path))
        assert code == 1
        assert "占用" in told
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert file_web(machine, "k1").status_code == 201
    assert auditing.audit(office.hall.database).sound


def test_two_restores_at_once_put_one_whole_state_in_place(filed: Path, copy: Path, tmp_path: Path) -> None:
    database = Database.open(copy)
    backups.backup(database, tmp_path / "b.tar.gz", at("2026-03-03"))
    database.close()
    there, ended = tmp_path / "there" / "hall.db", list[str]()

    def restore() -> None:
        try:
            backups.restore(tmp_path / "b.tar.gz", there)
            ended.append("done")
        except (Conflict, Invalid) as error:
            ended.append(error.slug)

    threads = [threading.Thread(target=restore) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["conflict", "done"]
    database = Database.open(there)
    assert auditing.audit(database).sound
    database.close()
