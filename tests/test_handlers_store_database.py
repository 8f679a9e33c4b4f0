"""Opening and migrating: once, by whoever comes first, and never backwards."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from handlers.store import migrations
from handlers.store.database import Database, bring_up_to_date
from handlers.store.migrations.history import MIGRATIONS
from handlers.store.vault import Vault, new_code, normal_code
from rules.errors import Unavailable


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "hall.db"
    assert bring_up_to_date(path) == migrations.LATEST
    assert bring_up_to_date(path) == ()


def test_two_processes_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    path, done = tmp_path / "hall.db", []
    threads = [threading.Thread(target=lambda: done.append(bring_up_to_date(path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [(), (), (), migrations.LATEST]


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "hall.db"
    bring_up_to_date(path)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT INTO _sqlite_migrations VALUES (99, 'hall', 'm9999_future', '2030-01-01')")
    connection.close()
    for attempt in (lambda: Database.open(path), lambda: Database.open(path, migrate=True)):
        with pytest.raises(migrations.NewerDatabase, match="m9999_future"):
            attempt()


def test_an_unmigrated_database_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "hall.db"
    sqlite3.connect(path).close()
    with pytest.raises(Unavailable, match="hall migrate"):
        Database.open(path)


def test_a_missing_database_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        Database.open(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "hall.db"
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(Unavailable, match="不是县厅的数据库"):
        Database.open(path, migrate=True)


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = Vault.at(tmp_path / "hall.key")
    assert Vault.at(tmp_path / "hall.key").key == first.key
    assert (tmp_path / "hall.key").stat().st_mode & 0o777 == 0o600


def test_sealed_values_open_in_their_context_only(tmp_path: Path) -> None:
    vault = Vault.at(tmp_path / "hall.key")
    sealed = vault.seal("ABCD2345", "outbox/1")
    assert vault.unseal(sealed, "outbox/1") == "ABCD2345"
    with pytest.raises(Unavailable):
        vault.unseal(sealed, "outbox/2")


def test_codes_have_no_characters_that_are_mistaken_for_others() -> None:
    codes = "".join(new_code() for _ in range(500))
    assert not set(codes) & set("01OIL")
    assert normal_code(" ab cd-23 45 ") == "ABCD2345"
    assert normal_code("ABCD") == "ABCD"


def test_the_names_that_are_compared_are_those_of_all_migrations() -> None:
    assert tuple(each.name for each in MIGRATIONS._migrations) == migrations.LATEST
