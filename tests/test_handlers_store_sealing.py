"""Seals: a change of any column of any covered row is found and the row named; what the hall writes itself is sound."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handlers.casework.auditing import audit
from handlers.correspondence.requests import LetterRequest
from handlers.correspondence.service import Correspondence
from handlers.store import database as store
from handlers.store import migrations, seal_audit
from handlers.store.database import Database
from handlers.store.migrations.history import MIGRATIONS
from handlers.store.sealed_tables import NOT_SEALED, SEALED
from handlers.store.sealing import shapes
from handlers.store.writer import Transaction
from tests.casework_fixtures import Hall, at, make_hall


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A hall with at least one row in every covered table."""
    hall = make_hall(tmp_path_factory.mktemp("sealed"))
    granted = hall.to_decision(hall.accept(hall.file()), "2026-03-05")
    hall.move(granted, "grant", "decider", "2026-03-06", opinion="同意", reason="符合条件")
    hall.casework.rate(granted.number, granted.query_code, 1, "很快", now=at("2026-03-06 15:00"))
    hall.accept(hall.file())
    hall.casework.sweep(at("2026-06-01"))
    hall.casework.staff_view(granted.number, hall.people["window"], at("2026-03-06 16:00"))
    request = LetterRequest(
        kind="complaint",
        department="market",
        title="窗口排队",
        content="排了一个小时的队。",
        name="李示例",
        phone="",
    )
    Correspondence(hall.database, hall.casework.ground).ask(request, key="letter", now=at("2026-03-06"))
    hall.database.write(_fill)
    yield hall
    hall.database.close()


def _fill(tx: Transaction) -> None:
    """One made-up row in every covered table that is still empty, written as the hall writes."""
    tx.execute("PRAGMA ignore_check_constraints=ON")
    for shape in shapes(tx.connection):
        if tx.row(f'SELECT 1 FROM "{shape.table}"'):
            continue
        info = tx.rows(f'PRAGMA table_info("{shape.table}")')
        links = {row["from"]: row for row in tx.rows(f'PRAGMA foreign_key_list("{shape.table}")')}
        values: dict[str, object] = {}
        for row in info:
            name = row["name"]
            if name in links and (row["notnull"] or row["pk"]):
                target = links[name]
                values[name] = tx.value(f'SELECT "{target["to"] or "id"}" FROM "{target["table"]}"')
            elif name in links:
                values[name] = None
            else:
                values[name] = {"INTEGER": 1, "TEXT": "样例", "BLOB": b"x"}[row["type"]]
        names = ", ".join(f'"{each}"' for each in values)
        marks = ", ".join("?" * len(values))
        tx.execute(f'INSERT INTO "{shape.table}" ({names}) VALUES ({marks})', tuple(values.values()))
    tx.execute("PRAGMA ignore_check_constraints=OFF")


@pytest.fixture
def hand(full: Hall) -> Iterator[sqlite3.Connection]:
    """The file in someone's hand; whatever is done to it is undone."""
    connection = raw(full.database)
    yield connection
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    connection.close()


def raw(database: Database) -> sqlite3.Connection:
    """As someone would with the file in hand."""
    connection = sqlite3.connect(database.path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA ignore_check_constraints=ON")
    return connection


def other(kind: str, value: Any) -> object:
    """Another value of a column's type."""
    if kind == "INTEGER":
        return (value or 0) + 777
    return f"{value or ''}改" if kind == "TEXT" else bytes(value or b"") + b"!"


def faults(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    return {(each.kind, each.table, each.key) for each in seal_audit.row_faults(connection)}


def test_every_table_of_the_schema_is_covered_or_says_why_not(full: Hall) -> None:
    found = {
        row["name"]
        for row in full.database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not row["name"].startswith("sqlite_")
    }
    assert found - {each.table for each in SEALED} - NOT_SEALED.keys() == set()
    assert {each.table for each in SEALED} <= found
    assert not {each.table for each in SEALED} & NOT_SEALED.keys()


def test_what_the_hall_writes_itself_is_sound(full: Hall) -> None:
    assert audit(full.database).faults == ()


@pytest.mark.parametrize("table", [each.table for each in SEALED])
def test_a_change_of_any_column_names_its_row(hand: sqlite3.Connection, table: str) -> None:
    connection = hand
    shape = next(each for each in shapes(connection) if each.table == table)
    key_columns, left_out = shape.sealed.key, shape.sealed.left_out
    where = " AND ".join(f'"{each}" IS ?' for each in key_columns)
    only = shape.sealed.only.format(row="it")
    row = connection.execute(
        f'SELECT * FROM "{table}" AS it {f"WHERE {only}" if only else ""} LIMIT 1'
    ).fetchone()
    assert row is not None, f"{table} is empty: let the fixture or _fill write a row"
    at_row = tuple(row[each] for each in key_columns)
    key = "/".join(map(str, at_row))
    for info in connection.execute(f'PRAGMA table_info("{table}")').fetchall():
        name, old = info["name"], row[info["name"]]
        if name in left_out:
            assert left_out[name], f"{table}.{name} is left out without a reason"
            continue
        new = other(info["type"], old)
        connection.execute("BEGIN")
        connection.execute(f'UPDATE "{table}" SET "{name}" = ? WHERE {where}', (new, *at_row))
        found = faults(connection)
        connection.execute("ROLLBACK")
        if name in key_columns:
            assert {("removed", table, key)} < found, name
        else:
            assert found == {("changed", table, key)}, name


@pytest.mark.parametrize("table", [each.table for each in SEALED])
def test_a_row_removed_or_doubled_is_named(hand: sqlite3.Connection, table: str) -> None:
    connection = hand
    shape = next(each for each in shapes(connection) if each.table == table)
    where = " AND ".join(f'"{each}" IS ?' for each in shape.sealed.key)
    only = shape.sealed.only.format(row="it")
    row = connection.execute(
        f'SELECT * FROM "{table}" AS it {f"WHERE {only}" if only else ""} LIMIT 1'
    ).fetchone()
    at_row = tuple(row[each] for each in shape.sealed.key)
    connection.execute("BEGIN")
    connection.execute(f'DELETE FROM "{table}" WHERE {where}', at_row)
    assert faults(connection) == {("removed", table, "/".join(map(str, at_row)))}
    connection.execute("ROLLBACK")
    connection.execute("BEGIN")
    for index in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).fetchall():
        connection.execute(f'DROP INDEX "{index["name"]}"')
    types = {info["name"]: info["type"] for info in connection.execute(f'PRAGMA table_info("{table}")')}
    doubled = {name: other(types[name], row[name]) for name in types}
    marks = ", ".join("?" * len(doubled))
    names = ", ".join(f'"{each}"' for each in doubled)
    connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(doubled.values()))
    key = "/".join(str(doubled[each]) for each in shape.sealed.key)
    assert faults(connection) == {("inserted", table, key)}


def test_a_table_that_is_gone_is_named(hand: sqlite3.Connection) -> None:
    connection = hand
    connection.execute("BEGIN")
    connection.execute("DROP TABLE rating")
    assert ("removed", "rating") in {each[:2] for each in faults(connection)}


def test_the_chain_of_seals_shows_a_change_a_gap_and_a_forged_digest(hand: sqlite3.Connection) -> None:
    connection = hand
    connection.execute("BEGIN")
    for name in ("seal_is_not_changed", "seal_is_not_removed"):
        connection.execute(f"DROP TRIGGER {name}")
    for statement, kinds in (
        ("UPDATE seal SET rows = replace(rows, 'a', 'b') WHERE id = 3", {"changed"}),
        ("UPDATE seal SET seq = seq + 1 WHERE id = 3", {"changed"}),
        ("UPDATE seal SET head = hash WHERE id = 3", {"changed"}),
        ("UPDATE seal SET why = 'migration' WHERE id = 3", {"changed"}),
        ("UPDATE seal SET previous = hash WHERE id = 3", {"changed"}),
        ("DELETE FROM seal WHERE id = 3", {"removed"}),
    ):
        connection.execute("SAVEPOINT one")
        connection.execute(statement)
        assert kinds <= {each.kind for each in seal_audit.chain_faults(connection)}, statement
        connection.execute("ROLLBACK TO one")


def test_a_seal_is_not_changed_or_removed_by_the_hall_itself(full: Hall) -> None:
    for statement in ("UPDATE seal SET rows = ''", "DELETE FROM seal"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            full.database.write(lambda tx, statement=statement: tx.execute(statement))  # type: ignore[misc]


def test_what_a_refused_job_changed_is_not_sealed(tmp_path: Path) -> None:
    hall = make_hall(tmp_path)

    def refused(tx: Transaction) -> None:
        tx.execute("INSERT INTO daily_count VALUES ('2026-03-02', 'market', 'filed', 1)")
        raise ValueError("no")

    def partly(tx: Transaction) -> None:
        tx.execute("INSERT INTO daily_count VALUES ('2026-03-02', 'market', 'closed', 1)")
        for day in ("2026-03-03", "2026-03-04"):
            try:
                with tx.part():
                    tx.execute("UPDATE daily_count SET count = 9")
                    tx.execute("INSERT INTO daily_count VALUES (?, 'market', 'filed', 1)", (day,))
                    if day == "2026-03-03":
                        raise ValueError(day)
            except ValueError:
                pass

    with pytest.raises(ValueError, match="no"):
        hall.database.write(refused)
    hall.database.write(partly)
    assert hall.database.rows("SELECT day, count FROM daily_count ORDER BY day")[0]["count"] == 9
    assert audit(hall.database).faults == ()
    hall.database.close()


def test_old_digests_of_what_was_erased_tell_nothing(full: Hall, tmp_path: Path) -> None:
    """The salt of a personal row is replaced with every change: no old seal can be tried against a guess."""
    hall = make_hall(tmp_path)
    filed = hall.file()
    before = hall.database.value("SELECT salt FROM row_salt WHERE tab = 'case_payload'")
    hall.move(filed, "withdraw", "applicant", "2026-03-03")
    hall.casework.erase(filed.number, hall.staff("admin"), "申请人要求删除", now=at("2026-03-04"))
    salts = {bytes(row["salt"]) for row in hall.database.rows("SELECT salt FROM row_salt")}
    assert bytes(before) not in salts
    assert audit(hall.database).faults == ()
    hall.database.close()


def test_a_migration_seals_what_it_changed_and_launders_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = make_hall(tmp_path)
    hall.accept(hall.file())
    hall.file()
    hall.database.close()
    connection = store.connect(hall.database.path)
    connection.execute("UPDATE cases SET applicant_masked = '改过的' WHERE id = 2")

    def m9999_later(database: object) -> None:
        connection.execute("ALTER TABLE cases ADD COLUMN later TEXT NOT NULL DEFAULT ''")
        connection.execute("ALTER TABLE step ADD COLUMN weight INTEGER NOT NULL DEFAULT 3")
        connection.execute("UPDATE step SET weight = 4 WHERE position = 1")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "LATEST", (*migrations.LATEST, "m9999_later"))
        names = {"done": False}

        def apply(database: object) -> None:
            m9999_later(database)
            names["done"] = True

        applied = migrations.applied
        patch.setattr(MIGRATIONS, "apply", apply)
        patch.setattr(
            migrations, "applied", lambda c: (*applied(c), *(["m9999_later"] if names["done"] else []))
        )
        assert migrations.migrate(connection) == ("m9999_later",)
    assert faults(connection) == {("changed", "cases", "2")}
    last = connection.execute("SELECT why, rows FROM seal ORDER BY id DESC LIMIT 1").fetchone()
    assert last["why"] == "migration m9999_later"
    assert {line.split("\t")[0] for line in last["rows"].split("\n")} == {"step"}
    connection.close()
