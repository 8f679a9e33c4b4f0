"""The schema's history: numbered functions, run once each, in order, by sqlite-utils."""

from __future__ import annotations

import sqlite3

from rules.errors import Unavailable

# The names of what `history` applies: enough to see that there is nothing to do.
LATEST = (
    "m0001_records",
    "m0002_cards",
    "m0003_orders",
    "m0004_outbox",
    "m0005_letters",
    "m0006_scores",
    "m0007_reports",
    "m0008_log",
    "m0009_findings",
    "m0010_order_cards",
    "m0011_findings_reviewed",
    "m0012_attachment_scans",
    "m0013_rating_followups",
)
_FIRST_WITH_SEALS = "m0008_log"


class NewerDatabase(Unavailable):
    """The database was written by a newer version of the hall."""

    slug = "newer-database"
    title = "数据库比程序新"


def applied(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The names of the migrations a database has had, oldest first."""
    kept = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlite_migrations'"
    if connection.execute(kept).fetchone() is None:
        return ()
    had = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'hall' ORDER BY rowid"
    return tuple(row[0] for row in connection.execute(had))


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
        done = _apply(connection, before) if before != LATEST else ()
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return done


def _apply(connection: sqlite3.Connection, before: tuple[str, ...]) -> tuple[str, ...]:
    from sqlite_utils import Database

    from handlers.store import seal_audit
    from handlers.store.migrations.history import MIGRATIONS

    # What does not stand as it was sealed must not be made to by an upgrade.
    faults = _known_faults(connection) if _FIRST_WITH_SEALS in before else frozenset()
    MIGRATIONS.apply(Database(connection, execute_plugins=False))
    done = tuple(name for name in applied(connection) if name not in before)
    if done:
        seal_audit.reseal(connection, faults, f"migration {done[-1]}")
    return done


def _known_faults(connection: sqlite3.Connection) -> frozenset[tuple[str, str]]:
    from handlers.store import seal_audit

    return frozenset((each.table, each.key) for each in seal_audit.row_faults(connection))


def _refuse_newer(names: tuple[str, ...]) -> None:
    unknown = [name for name in names if name not in LATEST]
    if unknown:
        raise NewerDatabase(
            f"这个数据库由更新的版本写成（含 {unknown[-1]}），当前程序不认识，没有打开。"
            "请换回较新的程序，或恢复升级前的备份（hall restore）。"
        )
