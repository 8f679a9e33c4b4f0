"""What SQLite finds wrong with its own file, said by table."""

from __future__ import annotations

import sqlite3

from handlers.store.database import Database
from rules.errors import Unavailable

_MOST = 20


def damage(database: Database) -> tuple[str, ...]:
    """Damaged pages and indexes, one sentence a table; empty for a whole file. Reads the whole file."""
    try:
        if _problems(database, "PRAGMA integrity_check(1)") == ("ok",):
            return ()
        tables = [row[0] for row in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    except (sqlite3.DatabaseError, Unavailable) as error:
        return (f"数据库文件读不下去：{error}",)
    found = []
    for table in tables:
        said = _of_table(database, table)
        if said:
            found.append(f"表 {table} 或它的索引有损坏：{said}")
    return tuple(found) or ("数据库文件有损坏的页，但不属于任何一张表。",)


def _of_table(database: Database, table: str) -> str:
    quoted = table.replace("'", "''")
    try:
        said = _problems(database, f"PRAGMA integrity_check('{quoted}')")
    except (sqlite3.DatabaseError, Unavailable) as error:
        return str(error)
    return "" if said == ("ok",) else "；".join(dict.fromkeys(said[:3]))


def _problems(database: Database, pragma: str) -> tuple[str, ...]:
    rows = database.rows(pragma)[:_MOST]
    return tuple(line for row in rows for line in str(row[0]).splitlines() if not line.startswith("***"))
