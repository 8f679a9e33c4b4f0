"""The schema's history: numbered functions, run once each, in order, by sqlite-utils."""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from handlers.store import seal_audit
from handlers.store.migrations.m0001_records import m0001_records
from handlers.store.migrations.m0002_cards import m0002_cards
from handlers.store.migrations.m0003_orders import m0003_orders
from handlers.store.migrations.m0004_outbox import m0004_outbox
from handlers.store.migrations.m0005_letters import m0005_letters
from handlers.store.migrations.m0006_scores import m0006_scores
from handlers.store.migrations.m0007_reports import m0007_reports
from handlers.store.migrations.m0008_log import m0008_log
from handlers.store.migrations.m0009_findings import m0009_findings
from handlers.store.migrations.m0010_order_cards import m0010_order_cards
from handlers.store.migrations.m0011_findings_reviewed import m0011_findings_reviewed
from handlers.store.migrations.m0012_attachment_scans import m0012_attachment_scans
from rules.errors import Unavailable

MIGRATIONS = Migrations("hall")
MIGRATIONS()(m0001_records)
MIGRATIONS()(m0002_cards)
MIGRATIONS()(m0003_orders)
MIGRATIONS()(m0004_outbox)
MIGRATIONS()(m0005_letters)
MIGRATIONS()(m0006_scores)
MIGRATIONS()(m0007_reports)
MIGRATIONS()(m0008_log)
MIGRATIONS()(m0009_findings)
MIGRATIONS()(m0010_order_cards)
MIGRATIONS()(m0011_findings_reviewed)
MIGRATIONS()(m0012_attachment_scans)

LATEST = tuple(each.name for each in MIGRATIONS._migrations)


class NewerDatabase(Unavailable):
    """The database was written by a newer version of the hall."""

    slug = "newer-database"
    title = "数据库比程序新"


def applied(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The names of the migrations a database has had, oldest first."""
    return tuple(each.name for each in MIGRATIONS.applied(Database(connection, execute_plugins=False)))


def check(connection: sqlite3.Connection) -> None:
    """Raises NewerDatabase for a database from the future, Unavailable for one that must be migrated first."""
    names = applied(connection)
    _refuse_newer(names)
    if names != LATEST:
        raise Unavailable("数据库还没有升级到当前版本。请先运行 hall migrate。")


def migrate(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Applies what is missing, each migration in a savepoint of one transaction; returns what was applied."""
    # Two processes that start at once: the second waits here and then finds nothing to do.
    connection.execute("BEGIN IMMEDIATE")
    try:
        before = applied(connection)
        _refuse_newer(before)
        waiting = tuple(name for name in LATEST if name not in before)
        # What does not stand as it was sealed must not be made to by an upgrade.
        faults = _known_faults(connection) if waiting and m0008_log.__name__ in before else frozenset()
        MIGRATIONS.apply(Database(connection, execute_plugins=False))
        done = tuple(name for name in applied(connection) if name not in before)
        if done:
            seal_audit.reseal(connection, faults, f"migration {done[-1]}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return done


def _known_faults(connection: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    return frozenset((each.table, each.key) for each in seal_audit.row_faults(connection))


def _refuse_newer(names: tuple[str, ...]) -> None:
    unknown = [name for name in names if name not in LATEST]
    if unknown:
        raise NewerDatabase(
            f"这个数据库由更新的版本写成（含 {unknown[-1]}），当前程序不认识，没有打开。"
            "请换回较新的程序，或恢复升级前的备份（hall restore）。"
        )
