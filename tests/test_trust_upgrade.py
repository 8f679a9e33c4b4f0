"""Databases of every earlier schema, full of data, become today's whole; a killed upgrade is the old or the new; no way back by accident."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database as Utils

from catalog.root import Root
from hall.cli import main
from hall.commands.serve import plant_demo
from handlers.app import create_app
from handlers.casework import auditing
from handlers.context import Hall
from handlers.store import database as store
from handlers.store import migrations, seal_audit
from handlers.store.database import Database, bring_up_to_date
from handlers.store.migrations.history import MIGRATIONS
from rules.errors import Conflict, Unavailable
from tests.api_fixtures import file_web, program
from tests.handlers_fixtures import Clock, Office

NOW = "2026-03-02T09:30"
OLD = migrations.LATEST[:-1]
# Written by the schema itself, or anew in every version.
_NOT_COPIED = {"_sqlite_migrations", "seal", "row_salt", "sqlite_sequence"}
# How versions before m0005 knew the state of a letter.
_LETTER_STATE = "CASE WHEN answered IS NULL THEN 'open' WHEN score IS NULL THEN 'answered' ELSE 'rated' END"


@pytest.fixture(scope="module")
def full(built_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Today's schema with the demo's cases, letters, cards, orders, appeals, scores and the log."""
    folder = tmp_path_factory.mktemp("full")
    database = Database.open(folder / "hall.db", migrate=True)
    hall = Hall(Root(built_county), built_county / "site", database, now=Clock(NOW))
    hall.casework.synchronise_units(hall.now())
    plant_demo(hall)
    database.close()
    return folder


def as_of(version: str, full: Path, folder: Path) -> Path:
    """The same rows as a hall of that version would have kept them."""
    path = folder / "hall.db"
    (folder / "hall.key").write_bytes((full / "hall.key").read_bytes())
    (folder / "files").symlink_to(full / "files")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN")
        following = (*migrations.LATEST, None)[migrations.LATEST.index(version) + 1]
        MIGRATIONS.apply(Utils(connection, execute_plugins=False), stop_before=following)
        connection.execute("COMMIT")
        connection.execute("ATTACH ? AS full", (str(full / "hall.db"),))
        connection.execute("BEGIN")
        here, there = _tables(connection, "main"), _tables(connection, "full")
        for table in sorted(here & there - _NOT_COPIED):
            _copy(connection, table, version)
        connection.execute("COMMIT")
        # What this version does not have must not be found in the other file.
        connection.execute("DETACH full")
        connection.execute("BEGIN")
        if "seal" in here:
            # What a hall of that version had sealed: all its rows as they stood.
            seal_audit.reseal(connection, frozenset(), "")
        connection.execute("COMMIT")
    return path


def _tables(connection: sqlite3.Connection, schema: str) -> set[str]:
    return {
        row[0] for row in connection.execute(f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table'")
    }


def _copy(connection: sqlite3.Connection, table: str, version: str) -> None:
    old, new = (
        {row[1] for row in connection.execute(f"PRAGMA {schema}.table_info('{table}')")}
        for schema in ("main", "full")
    )
    names = sorted(old & new)
    values = [f'"{name}"' for name in names]
    if table == "letter" and version < "m0005":
        values[names.index("state")] = _LETTER_STATE
    where = ""
    if table == "card" and version < "m0002":
        where = " WHERE clock_id IS NOT NULL AND state <> 'dismissed'"
    if table == "clock" and version < "m0013":
        where = " WHERE subject <> 'rating'"
    targets = ", ".join(f'"{name}"' for name in names)
    connection.execute(
        f'INSERT OR IGNORE INTO main."{table}" ({targets}) SELECT {", ".join(values)} FROM full."{table}"{where}'
    )


def counts(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            for table in sorted(_tables(connection, "main") - _NOT_COPIED)
        }


def content(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()


@pytest.mark.parametrize("version", OLD)
def test_a_hall_of_an_earlier_version_goes_on_with_everything_it_had(
    version: str, full: Path, built_county: Path, tmp_path: Path
) -> None:
    path = as_of(version, full, tmp_path)
    before = counts(path)
    assert before["cases"] > 10
    assert before["event"] > 50
    done = bring_up_to_date(path)
    assert done == migrations.LATEST[migrations.LATEST.index(version) + 1 :]
    after = counts(path)
    assert {name: after[name] for name in before} == before
    # The way back: the file as it was, beside it.
    kept = tmp_path / f"hall.before-{done[0]}.db"
    assert counts(kept) == before
    assert kept.stat().st_mode & 0o777 == 0o600
    database = Database.open(path)
    clock = Clock(NOW)
    hall = Hall(Root(built_county), built_county / "site", database, now=clock)
    office = Office(hall, clock, {}, create_app(hall))
    try:
        assert auditing.audit(database).sound
        person = program(office)
        answer = file_web(person, f"after-{version}")
        assert answer.status_code == 201
        assert person.get("/readyz").status_code == 200
        browser = office.browser()
        for page in ("/hall/track", "/hall/letters", "/hall/staff/sign-in"):
            assert browser.get(page).status_code == 200, page
        row = database.rows("SELECT id, person FROM assignment WHERE role = 'county_supervisor'")[0]
        for listing in (
            hall.casework.desk(row["person"], now=hall.now()),
            hall.watching.board(hall.watching.scope(row["person"], hall.now()), hall.now()),
        ):
            assert listing is not None
        for case in database.rows("SELECT number FROM cases ORDER BY id LIMIT 5"):
            assert hall.casework.staff_view(case["number"], row["person"], hall.now()).public.number
        hall.casework.sweep(hall.now())
        assert auditing.audit(database).sound
    finally:
        office.close()


def _killed(work: Callable[[], object]) -> None:
    """Runs work in a child that kills itself somewhere in it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)  # it was not killed
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("where", ["in the middle", "before the seals", "before the commit", "after it"])
def test_an_upgrade_killed_anywhere_leaves_the_old_or_the_new_and_can_be_done_again(
    where: str, full: Path, tmp_path: Path
) -> None:
    path = as_of("m0004_outbox", full, tmp_path)
    old = content(path)

    def work() -> None:
        patch = pytest.MonkeyPatch()
        if where == "in the middle":
            order = MIGRATIONS._migrations
            order[6].fn = _die
        elif where == "before the seals":
            patch.setattr(seal_audit, "reseal", _die)
        elif where == "before the commit":
            patch.setattr(seal_audit, "write_seal", _die)
        else:
            migrate = migrations.migrate

            def and_die(connection: sqlite3.Connection) -> tuple[str, ...]:
                migrate(connection)
                return _die()  # type: ignore[return-value]

            patch.setattr(store.migrations, "migrate", and_die)
        bring_up_to_date(path)

    _killed(work)
    if where == "after it":
        assert bring_up_to_date(path) == ()
    else:
        assert content(path) == old
        assert bring_up_to_date(path) == migrations.LATEST[4:]
    database = Database.open(path)
    assert auditing.audit(database).sound
    database.close()


def test_an_upgrade_waits_for_no_running_hall_and_touches_nothing(full: Path, tmp_path: Path) -> None:
    path = as_of("m0010_order_cards", full, tmp_path)
    old = content(path)
    with closing(sqlite3.connect(path)) as running:
        running.execute("SELECT count(*) FROM cases").fetchone()
        with pytest.raises(Conflict, match="先停止服务"):
            bring_up_to_date(path)
    assert content(path) == old
    assert bring_up_to_date(path)


def test_an_upgrade_without_room_for_the_copy_is_not_begun(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = as_of("m0010_order_cards", full, tmp_path)
    old = content(path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(Unavailable, match="空间不够"):
        bring_up_to_date(path)
    assert content(path) == old


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    path = tmp_path / "hall.db"
    bring_up_to_date(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO _sqlite_migrations VALUES (99, 'hall', 'm9999_future', '2030-01-01')")
    return path


@pytest.mark.parametrize("words", [
    "serve --no-build --port 1", "migrate", "backup {folder}/b.tar.gz", "audit verify", "audit checkpoint", "audit publish",
    "audit rotate-key", "sweep", "deliver", "publish", "user list", "score 2026-01",
])  # fmt: skip
def test_every_command_refuses_a_database_of_a_newer_program_and_leaves_it_alone(
    words: str,
    newer: Path,
    built_county: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = newer.read_bytes()
    arguments = [each.format(folder=tmp_path) for each in words.split()]
    monkeypatch.setattr(sys, "argv", ["hall", *arguments, "--db", str(newer), "--root", str(built_county)])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 1, told
    assert "m9999_future" in told.err
    assert "Traceback" not in told.err
    assert newer.read_bytes() == before
