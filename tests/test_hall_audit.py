"""`hall audit verify`: whatever is changed, removed, inserted, reordered or cut in the log is named."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hall.commands.audit import command
from handlers.casework.auditing import audit, checkpoint, read_checkpoints, write_checkpoint
from handlers.store.backups import backup, restore
from handlers.store.database import Database
from rules.chain import Checkpoint
from tests.casework_fixtures import Hall, at, make_hall

COLUMNS = (
    "at", "kind", "subject", "subject_id", "subject_number", "actor", "role", "unit", "from_state", "to_state",
    "drill", "commitment", "previous", "hash",
)  # fmt: skip


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = make_hall(tmp_path)
    for _ in range(3):
        made.accept(made.file())
    yield made
    made.database.close()


def tamper(hall: Hall, *statements: str) -> None:
    """As someone would with the file in hand: triggers and foreign keys are no obstacle."""
    connection = sqlite3.connect(hall.database.path)
    with connection:
        connection.execute("DROP TRIGGER event_is_not_changed")
        connection.execute("DROP TRIGGER event_is_not_removed")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_an_untouched_log_is_sound(hall: Hall) -> None:
    found = audit(hall.database, [checkpoint(hall.database)])
    assert found.sound
    assert found.events == 9


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_column_is_found_at_its_event(hall: Hall, column: str) -> None:
    value = "5" if column in ("subject_id", "drill") else "'2026-01-01T00:00:00+08:00'"
    tamper(hall, f"UPDATE event SET {column} = {value} WHERE seq = 5")
    found = audit(hall.database)
    assert 5 in {fault.sequence for fault in found.faults}


@pytest.mark.parametrize("column", ["payload", "salt"])
def test_a_change_of_what_an_event_says_is_found(hall: Hall, column: str) -> None:
    tamper(
        hall,
        f"UPDATE event_payload SET {column} = replace({column}, substr({column}, 3, 4), 'abcd') WHERE seq = 5",
    )
    assert [fault.sequence for fault in audit(hall.database).faults] == [5]


def test_a_payload_that_vanished_without_an_erasure_is_found(hall: Hall) -> None:
    tamper(hall, "UPDATE event_payload SET payload = NULL, salt = NULL WHERE seq = 4")
    assert [(fault.kind, fault.sequence) for fault in audit(hall.database).faults] == [("removed", 4)]


def test_a_removed_event_is_named(hall: Hall) -> None:
    tamper(hall, "DELETE FROM event_payload WHERE seq = 6", "DELETE FROM event WHERE seq = 6")
    assert ("removed", 6) in {(fault.kind, fault.sequence) for fault in audit(hall.database).faults}


def test_an_inserted_event_is_named(hall: Hall) -> None:
    columns = ", ".join(COLUMNS)
    tamper(hall, f"INSERT INTO event (seq, {columns}) SELECT 10, {columns} FROM event WHERE seq = 9")
    assert "inserted" in {fault.kind for fault in audit(hall.database).faults}


def test_exchanged_events_are_named(hall: Hall) -> None:
    tamper(
        hall,
        "UPDATE event SET seq = 100 WHERE seq = 4",
        "UPDATE event SET seq = 4 WHERE seq = 5",
        "UPDATE event SET seq = 5 WHERE seq = 100",
    )
    assert "reordered" in {fault.kind for fault in audit(hall.database).faults}


def test_a_cut_tail_is_found_by_what_hung_on_it(hall: Hall) -> None:
    tamper(hall, "DELETE FROM event WHERE seq >= 8")
    assert "tail_cut" in {fault.kind for fault in audit(hall.database).faults}


def test_an_older_copy_of_the_file_is_sound_in_itself_and_found_by_a_checkpoint(
    hall: Hall, tmp_path: Path
) -> None:
    old = tmp_path / "old" / "hall.db"
    old.parent.mkdir()
    backup(hall.database, tmp_path / "old.tar.gz", at("2026-03-03"))
    restore(tmp_path / "old.tar.gz", old)
    hall.accept(hall.file())
    after = checkpoint(hall.database)
    replayed = Database.open(old)
    assert audit(replayed).sound  # nothing in the file can tell
    assert "tail_cut" in {fault.kind for fault in audit(replayed, [after]).faults}
    replayed.close()


def test_a_case_whose_state_was_edited_by_hand_is_named(hall: Hall) -> None:
    tamper(hall, "UPDATE cases SET state = 'granted' WHERE id = 2")
    details = [fault.detail for fault in audit(hall.database).faults]
    assert len(details) == 2
    assert "状态被改成了“granted”" in details[0]
    assert "表 cases（办件）的第 2 行" in details[1]


def test_checkpoints_are_kept_one_a_day(hall: Hall, tmp_path: Path) -> None:
    write_checkpoint(hall.database, tmp_path, at("2026-03-03 09:00"))
    hall.file()
    last = write_checkpoint(hall.database, tmp_path, at("2026-03-03 18:00"))
    hall.file()
    head = write_checkpoint(hall.database, tmp_path, at("2026-03-04 18:00"))
    assert read_checkpoints(tmp_path / "checkpoints.json") == (last, head)
    assert audit(hall.database, [last, head]).sound


def test_the_command_says_sound_or_names_the_fault_and_exits_with_it(hall: Hall) -> None:
    path, head = str(hall.database.path), checkpoint(hall.database)
    run = CliRunner().invoke(
        command, ["verify", "--db", path, "--checkpoint", f"{head.sequence}:{head.hash}"]
    )
    assert run.exit_code == 0
    assert "完好" in run.output
    assert (
        CliRunner().invoke(command, ["checkpoint", "--db", path]).output.strip()
        == f"{head.sequence}:{head.hash}"
    )
    assert CliRunner().invoke(command, ["verify", "--db", path, "--checkpoint", "nonsense"]).exit_code == 2
    tamper(hall, "UPDATE event SET actor = 'p-other' WHERE seq = 2")
    run = CliRunner().invoke(command, ["verify", "--db", path, "--json"])
    assert run.exit_code == 1
    found = json.loads(run.output)
    assert not found["sound"]
    assert found["faults"][0]["sequence"] == 2


def test_a_wrong_checkpoint_is_a_fault(hall: Hall) -> None:
    assert not audit(hall.database, [Checkpoint(3, "0" * 64)]).sound
