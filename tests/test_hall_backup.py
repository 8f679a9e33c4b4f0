"""Backup while filing goes on, and restore on another machine: everything acknowledged before is there."""

from __future__ import annotations

import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hall.commands.backup import command as backup_command
from hall.commands.restore import command as restore_command
from handlers.casework.auditing import audit
from handlers.casework.demo_cases import PDF
from handlers.casework.service import Casework
from handlers.store import attachments, backups
from handlers.store.database import Database
from rules.errors import Conflict, Invalid, Unavailable
from tests.casework_fixtures import Hall, application, at, ground, make_hall

NOW = at("2026-03-04")


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path / "here")
    yield made
    made.database.close()


def with_attachment(hall: Hall) -> attachments.Attachment:
    limits = attachments.Limits(("pdf",), 100_000)
    taken = attachments.receive_bytes(hall.database, (PDF,), "图.pdf", limits, NOW)
    hall.file(attachments={"material_plan": (taken.id,)})
    return taken


def test_a_restored_hall_has_cases_files_codes_and_a_sound_chain(hall: Hall, tmp_path: Path) -> None:
    taken = with_attachment(hall)
    filed = hall.accept(hall.file())
    manifest = backups.backup(hall.database, tmp_path / "b.tar.gz", NOW)
    assert (manifest.cases, manifest.files) == (2, 1)
    assert (tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600
    target = tmp_path / "there" / "hall.db"
    assert backups.restore(tmp_path / "b.tar.gz", target) == manifest
    restored = Database.open(target)
    try:
        found = audit(restored)
        assert (found.sound, found.head, found.events) == (True, manifest.head, manifest.events)
        assert attachments.path_of(restored, taken).read_bytes() == PDF
        # The key came along: the applicant's code still opens the case.
        view = Casework(restored, ground).public_view(filed.number, filed.query_code, NOW)
        assert view.state_label == "审查中"
    finally:
        restored.close()


def test_filing_goes_on_during_a_backup_and_nothing_acknowledged_before_is_missing(
    hall: Hall, tmp_path: Path
) -> None:
    stop, acknowledged = threading.Event(), []

    def file_on() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            filed = hall.casework.file_case(application(), key=f"b{number}", channel="web", now=NOW)
            acknowledged.append(filed.number)

    thread = threading.Thread(target=file_on)
    thread.start()
    while len(acknowledged) < 20:
        pass
    before = set(acknowledged)
    backups.backup(hall.database, tmp_path / "b.tar.gz", NOW)
    stop.set()
    thread.join()
    backups.restore(tmp_path / "b.tar.gz", tmp_path / "there" / "hall.db")
    restored = Database.open(tmp_path / "there" / "hall.db")
    try:
        assert before <= {row["number"] for row in restored.rows("SELECT number FROM cases")}
        assert audit(restored).sound
    finally:
        restored.close()


def test_a_restore_does_not_overwrite_unless_told_and_then_keeps_the_old_state(
    hall: Hall, tmp_path: Path
) -> None:
    hall.file()
    backups.backup(hall.database, tmp_path / "b.tar.gz", NOW)
    target = tmp_path / "there" / "hall.db"
    other = make_hall(tmp_path / "there")
    other.file()
    other.file()
    other.database.close()
    with pytest.raises(Conflict, match="--force"):
        backups.restore(tmp_path / "b.tar.gz", target)
    backups.restore(tmp_path / "b.tar.gz", target, force=True)
    restored = Database.open(target)
    assert restored.value("SELECT count(*) FROM cases") == 1
    restored.close()
    kept = next((tmp_path / "there").glob("before-restore-*"))
    old = Database.open(kept / "hall.db")
    assert old.value("SELECT count(*) FROM cases") == 2
    old.close()


def test_a_log_left_behind_by_a_database_that_is_gone_is_set_aside_and_not_written_over_the_restored_one(
    hall: Hall, tmp_path: Path
) -> None:
    hall.file()
    backups.backup(hall.database, tmp_path / "b.tar.gz", NOW)
    target = tmp_path / "there" / "hall.db"
    other = make_hall(tmp_path / "there")
    other.file()
    other.file()
    # What a crash leaves: the log holds the latest writes, and somebody takes away the database alone.
    log = (tmp_path / "there" / "hall.db-wal").read_bytes()
    other.database.close()
    target.unlink()
    (tmp_path / "there" / "hall.db-wal").write_bytes(log)
    key = (tmp_path / "there" / "hall.key").read_bytes()
    backups.restore(tmp_path / "b.tar.gz", target)
    restored = Database.open(target)
    assert restored.value("SELECT count(*) FROM cases") == 1
    assert audit(restored).sound
    restored.close()
    kept = next((tmp_path / "there").glob("before-restore-*"))
    assert (kept / "hall.db-wal").read_bytes() == log
    assert (kept / "hall.key").read_bytes() == key


@pytest.mark.parametrize("force", [False, True])
def test_key_and_attachments_of_a_hall_beside_the_target_are_left_to_it(
    hall: Hall, tmp_path: Path, force: bool
) -> None:
    with_attachment(hall)
    archive = tmp_path / "b.tar.gz"
    backups.backup(hall.database, archive, NOW)
    folder = hall.database.path.parent
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(Conflict, match=r"另一个数据库 hall\.db.*空目录"):
        backups.restore(archive, folder / "other.db", force=force)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_copies_that_an_upgrade_kept_do_not_stand_in_the_way_of_a_restore(hall: Hall, tmp_path: Path) -> None:
    archive = tmp_path / "b.tar.gz"
    backups.backup(hall.database, archive, NOW)
    there = tmp_path / "there"
    there.mkdir()
    (there / "hall.before-0042_more.db").write_bytes(b"an older one")
    backups.restore(archive, there / "hall.db")
    assert sorted(path.name for path in there.glob("*.db")) == ["hall.before-0042_more.db", "hall.db"]


def test_a_damaged_or_foreign_archive_is_refused_and_puts_nothing_in_place(
    hall: Hall, tmp_path: Path
) -> None:
    with_attachment(hall)
    backups.backup(hall.database, tmp_path / "b.tar.gz", NOW)
    whole = (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.tar.gz").write_text("hello")
    with tarfile.open(tmp_path / "climbing.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "text.tar.gz", "../outside")
    for name in ("cut", "text", "climbing"):
        with pytest.raises(Invalid):
            backups.restore(tmp_path / f"{name}.tar.gz", tmp_path / "there" / "hall.db")
    assert not (tmp_path / "there" / "hall.db").exists()
    assert not (tmp_path / "outside").exists()


def test_a_backup_is_not_made_of_a_hall_whose_files_are_missing(hall: Hall, tmp_path: Path) -> None:
    attachments.path_of(hall.database, with_attachment(hall)).unlink()
    with pytest.raises(Unavailable, match="附件"):
        backups.backup(hall.database, tmp_path / "b.tar.gz", NOW)
    assert not (tmp_path / "b.tar.gz").exists()


def test_the_commands_do_it_in_one_line_each(hall: Hall, tmp_path: Path) -> None:
    hall.file()
    archive, target = str(tmp_path / "b.tar.gz"), str(tmp_path / "there" / "hall.db")
    run = CliRunner().invoke(backup_command, [archive, "--db", str(hall.database.path)])
    assert run.exit_code == 0
    assert "办件 1 件" in run.output
    run = CliRunner().invoke(restore_command, [archive, "--db", target])
    assert run.exit_code == 0
    assert "核验通过" in run.output
