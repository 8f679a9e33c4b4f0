"""Supervision among many open cases: a sweep with 1,000 clocks due, and a holiday notice that moves due days.

    python -m bench.open_cases [--cases 1000000] [--due 1000] [--json]

Some seventy cases are filed and accepted for real, one of each item on each working day before New Year 2027; the
rest are copies of their rows. The calendar at first ends with 2026, so that every day beyond it is provisional.

Beside both stands a floor, straight SQL in SQLite, durable like ours: one INSERT … SELECT of a card per due clock, and
one UPDATE of the due day of the clocks that moved. It judges nothing and writes no order, event, message or seal.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from handlers.store import clocks
from handlers.store.database import connect
from rules.calendar import CalendarYear, WorkCalendar
from rules.time import SHANGHAI
from tests.casework_fixtures import LICENCE, PLAIN, Hall, make_hall

FIRST, LAST = date(2026, 11, 2), date(2026, 12, 18)
NOW = datetime(2026, 12, 19, 0, 0, 1, tzinfo=SHANGHAI)
# Every table with rows of a case, and the columns that hold its id.
COPIED = {
    "cases": "id",
    "case_payload": "case_id",
    "step": "case_id",
    "material": "case_id",
    "clock": "subject_id",
}
NOTICE = CalendarYear(
    2027,
    {date(2027, 1, day): "元旦" for day in (1, 2, 3, 4)}
    | {date(2027, 2, day): "春节" for day in range(5, 13)},
    {date(2027, 1, 9): "元旦", date(2027, 1, 30): "春节", date(2027, 2, 20): "春节"},
)


def main() -> int:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hall-bench-") as folder:
        found = measure(Path(folder), options.cases, options.due)
    print(json.dumps(found) if options.json else _as_text(found))
    return 0


def measure(folder: Path, count: int, due: int) -> dict[str, float]:
    """Seconds of a sweep and of a recomputation among `count` open cases."""
    hall = make_hall(folder)
    started = time.perf_counter()
    fill(hall, count)
    leave_due(hall.database.path, due)
    made = time.perf_counter() - started
    open_cases = hall.database.value("SELECT count(*) FROM cases")
    running = hall.database.value("SELECT count(*) FROM clock WHERE stopped IS NULL")
    started = time.perf_counter()
    waiting = len(clocks.waiting(hall.database, NOW, due + 1))
    finding = time.perf_counter() - started
    plain_cards = straight_cards(hall.database.path)
    started, busy = time.perf_counter(), time.process_time()
    swept = hall.casework.sweep(NOW)
    sweeping, sweeping_busy = time.perf_counter() - started, time.process_time() - busy
    assert (waiting, swept.looked_at, swept.put_off) == (due, due, ())
    hall.casework.recompute_clocks(
        NOW
    )  # as at the start of `hall serve`: what all clocks were computed by is kept
    years = (*hall.holder.ground.calendar.years.values(), NOTICE)
    hall.holder.ground = replace(hall.holder.ground, calendar=WorkCalendar(years))
    keep_due_days(hall.database.path)
    started, busy = time.perf_counter(), time.process_time()
    done = hall.casework.recompute_clocks(NOW)
    recomputing, recomputing_busy = time.perf_counter() - started, time.process_time() - busy
    orders = hall.database.value("SELECT count(*) FROM supervision_order")
    hall.database.close()
    plain_days, moved_clocks = straight_due_days(folder / "hall.db")
    return {
        "open_cases": open_cases,
        "running_clocks": running,
        "made_s": round(made, 1),
        "due": due,
        "cards": swept.cards,
        "orders": orders,
        "find_due_ms": round(1000 * finding, 2),
        "sweep_s": round(sweeping, 3),
        "sweep_processor_s": round(sweeping_busy, 3),
        "sweep_straight_sql_s": round(plain_cards, 4),
        "sweep_to_straight_sql": round(sweeping / plain_cards, 1),
        "moved_cases": len(done.moved),
        "moved_clocks": moved_clocks,
        "no_longer_provisional": done.no_longer_provisional,
        "recompute_s": round(recomputing, 2),
        "recompute_processor_s": round(recomputing_busy, 2),
        "recompute_straight_sql_s": round(plain_days, 2),
        "recompute_to_straight_sql": round(recomputing / plain_days, 1),
    }


def fill(hall: Hall, count: int) -> None:
    """Cases accepted on each working day for real, then copied until there are `count`."""
    day = FIRST
    while day <= LAST:
        if hall.holder.ground.calendar.is_working(day):
            for item in (LICENCE, PLAIN):
                hall.accept(hall.file(day.isoformat(), item=item), day.isoformat())
        day += timedelta(days=1)
    templates = hall.database.value("SELECT max(id) FROM cases")
    connection = connect(hall.database.path)
    try:
        _copy(connection, templates, -(-count // templates))
        connection.execute("ANALYZE")
    finally:
        connection.close()


def _copy(connection: sqlite3.Connection, templates: int, times: int) -> None:
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("BEGIN")
    for table, key in COPIED.items():
        connection.execute(f"CREATE TEMP TABLE copied_{table} AS SELECT * FROM {table}")
        columns = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")]
        values = []
        for name in columns:
            if name == key:
                values.append(f"{name} + ? * {templates}")
            elif (table, name) == ("cases", "number"):
                values.append("number || '-' || ?")
            elif (table, name) == ("clock", "id"):
                values.append("NULL")
            else:
                values.append(name)
        marks = sum("?" in each for each in values)
        sql = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM copied_{table}"
        for turn in range(1, times):
            connection.execute(sql, (turn,) * marks)
        connection.execute(f"DROP TABLE copied_{table}")
    connection.execute("COMMIT")


def leave_due(path: Path, due: int) -> None:
    """Everything swept up to NOW except `due` clocks, as if the last sweep had been a moment ago."""
    connection = connect(path)
    now = NOW.isoformat()
    try:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(f"CREATE TEMP TABLE left_due AS SELECT id FROM clock WHERE next_at <= '{now}' "
                           f"AND object = 'case' ORDER BY id DESC LIMIT {due}")  # fmt: skip
        connection.execute(
            "UPDATE clock SET level = CASE WHEN red_at <= :now THEN 3 WHEN yellow_at <= :now THEN 2 WHEN warn_at <= :now "
            "THEN 1 ELSE 0 END WHERE stopped IS NULL",
            {"now": now},
        )
        # One level each has just begun for these.
        connection.execute(
            "UPDATE clock SET level = level - 1 WHERE id IN (SELECT id FROM left_due) AND level > 0"
        )
        connection.execute(
            "UPDATE clock SET next_at = CASE level WHEN 0 THEN coalesce(warn_at, yellow_at, red_at) "
            "WHEN 1 THEN coalesce(yellow_at, red_at) WHEN 2 THEN red_at END WHERE stopped IS NULL"
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        os.sync()
    finally:
        connection.close()


def straight_cards(path: Path) -> float:
    """Seconds of one statement that gives each due clock a card; the cards are taken away again."""
    connection = connect(path)
    try:
        started = time.perf_counter()
        connection.execute(
            "INSERT INTO card (clock_id, subject, subject_id, subject_number, department, unit, object, fact, level, rule, "
            "rules, since, raised, issued, state, why) SELECT clock.id, subject, subject_id, number, clock.department, "
            "clock.unit, object, 'clock:' || clock.id, clock.level + 1, object, rules, next_at, :now, :now, 'issued', '' "
            "FROM clock JOIN cases ON cases.id = subject_id WHERE next_at <= :now AND subject = 'case'",
            {"now": NOW.isoformat()},
        )
        took = time.perf_counter() - started
        connection.execute("DELETE FROM card WHERE why = ''")
    finally:
        connection.close()
    return took


def keep_due_days(path: Path) -> None:
    """Notes the due days as they are before the notice."""
    connection = connect(path)
    try:
        connection.execute("CREATE TABLE due_before (id INTEGER PRIMARY KEY, due TEXT NOT NULL)")
        connection.execute("INSERT INTO due_before SELECT id, due FROM clock WHERE stopped IS NULL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def straight_due_days(path: Path) -> tuple[float, int]:
    """Seconds of one statement that gives the clocks that moved another due day, that of before; and how many."""
    connection = connect(path)
    try:
        connection.execute(
            "DELETE FROM due_before WHERE due = (SELECT due FROM clock WHERE clock.id = due_before.id)"
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        started = time.perf_counter()
        moved = connection.execute(
            "UPDATE clock SET due = due_before.due FROM due_before WHERE due_before.id = clock.id"
        ).rowcount
        return time.perf_counter() - started, moved
    finally:
        connection.close()


def _as_text(found: dict[str, float]) -> str:
    return "\n".join(f"{name:>22}: {value}" for name, value in found.items())


if __name__ == "__main__":
    sys.exit(main())
