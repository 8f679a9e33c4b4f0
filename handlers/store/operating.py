"""What a technician's monitor asks of the records: a few numbers, none of them by reading every case."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from pathlib import Path

from handlers.store import migrations
from handlers.store.case_lists import OPEN
from handlers.store.database import Database
from handlers.store.moments import Reads, stamp
from rules.errors import HallError, Unavailable
from rules.quick_dataclass import dataclass

# More failures than this are not counted: a monitor needs no more to raise its alarm.
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Outbox:
    """Messages not yet divided among channels, deliveries that wait, and those that failed for good."""

    to_split: int
    waiting: int
    failed: int


def open_by_light(reads: Reads) -> tuple[int, int, int, int]:
    """Open cases by light, 0 to 3, drill left out; reads the index of open cases only."""
    rows = reads.rows(f"SELECT level, count(*) AS n FROM cases WHERE {OPEN} AND drill = 0 GROUP BY level")  # noqa: S608
    by = {row["level"]: row["n"] for row in rows}
    return by.get(0, 0), by.get(1, 0), by.get(2, 0), by.get(3, 0)


def clocks_due(reads: Reads, now: datetime) -> int:
    """Clocks whose next moment has come and that no sweep has looked at yet."""
    found: int = reads.value("SELECT count(*) FROM clock WHERE next_at <= ?", (stamp(now),))
    return found


def outbox(reads: Reads) -> Outbox:
    """What waits to be sent."""
    return Outbox(
        to_split=reads.value("SELECT count(*) FROM outbox WHERE split_at IS NULL"),
        waiting=reads.value("SELECT count(*) FROM delivery WHERE next_at IS NOT NULL"),
        failed=reads.value(
            "SELECT count(*) FROM (SELECT 1 FROM delivery WHERE state IN ('failed', 'given_up') LIMIT ?)",
            (_MOST,),
        ),
    )


def filed_since(reads: Reads, day: date) -> int:
    """Cases filed from a day on, from the daily roll-up."""
    found: int = reads.value(
        "SELECT coalesce(sum(count), 0) FROM daily_count WHERE day >= ? AND measure = 'filed'",
        (day.isoformat(),),
    )
    return found


def size(path: Path) -> int:
    """Bytes of the database and the log beside it."""
    return sum(each.stat().st_size for each in (path, path.with_name(f"{path.name}-wal")) if each.exists())


def schema_fault(database: Database) -> str:
    """Why this program and the database do not fit each other (another version was started since); empty when they do."""
    try:
        migrations.check(database.reader())
    except HallError as error:
        return error.detail
    except sqlite3.Error as error:
        return Unavailable(f"数据库读不出来：{error}").detail
    return ""


def write_fault(database: Database, seconds: float) -> str:
    """Why nothing can be written now; empty when a statement that would write ran. No row is, so nothing is synced."""
    try:
        database.writer.submit(
            lambda tx: tx.execute("UPDATE setting SET value = value WHERE key = ''")
        ).result(timeout=seconds)
    except HallError as error:
        return error.detail
    except sqlite3.Error as error:
        return f"数据库写不进去：{error}"
    except TimeoutError:
        return f"等了 {seconds:g} 秒还轮不到写入：可能有别的程序锁住了数据库，或者磁盘很慢。"
    return ""
