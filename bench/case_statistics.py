"""Statistics over many cases: how long the facts take to make, and tables by department, channel, theme and hour.

    python -m bench.case_statistics [--cases 100000] [--json]

Cases of two years with their clocks, pauses and about ten events each are written straight into the tables; the facts
and roll-ups are then made by the hall's own code, as after an upgrade. DuckDB (from the environment of the peers, see
scripts/bench_env.sh) is asked for the same month's table by department, over the same facts and events in its format.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from handlers.statistics import facts
from handlers.statistics.asking import Asked
from handlers.store.database import connect
from rules.time import SHANGHAI, format_stamp
from tests.casework_fixtures import ITEMS, Hall, ground, make_hall
from tests.statistics_fixtures import statistics_over

PEERS = Path(__file__).parents[1] / ".bench-venv"
FIRST, DAYS = date(2024, 11, 1), 730
NOW = datetime(2026, 11, 10, 12, tzinfo=SHANGHAI)
MONTH = "2026-10"
BATCH = 5_000
EVENTS = (
    "file",
    "pre_review",
    "accept",
    "complete_step",
    "complete_step",
    "grant",
    "notice",
    "deliver",
    "rate",
    "look",
)
WORK = ("filed", "accepted", "closed", "on_time_rate", "agency_p50", "agency_p90", "total_p50", "total_p90",
        "supplement_notices", "specials", "paused_days", "satisfaction")  # fmt: skip
TABLES = {
    "month by department": Asked(WORK, "department", MONTH, compare=False),
    "month by department, compared": Asked(WORK, "department", MONTH),
    "year by month": Asked(WORK, "month", "2026", compare=False),
    "year by department": Asked(WORK, "department", "2025", compare=False),
    "month by channel": Asked(WORK, "channel", MONTH, compare=False),
    "month by item, one department": Asked(WORK, "item", MONTH, compare=False, department="d03"),
    "month, hours": Asked(("agency_hours_p50", "agency_hours_p90", "total_hours_p90"), "department", MONTH, compare=False),
}  # fmt: skip


def main() -> int:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hall-bench-") as folder:
        found = measure(Path(folder), options.cases)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:<36}{value:>12,.2f}" if isinstance(value, float) else f"{name:<36}{value:>12,}")
    return 0


def measure(folder: Path, cases: int) -> dict[str, float | int]:
    """Milliseconds of each table, seconds of making the facts."""
    hall = make_hall(folder)
    fill(hall.database.path, cases)
    statistics = statistics_over(hall)
    started = time.perf_counter()
    facts.refresh(hall.database, ground())
    found: dict[str, float | int] = {
        "cases": hall.database.value("SELECT count(*) FROM cases"),
        "events": hall.database.value("SELECT count(*) FROM event"),
        "roll-up lines": hall.database.value("SELECT count(*) FROM stat_roll"),
        "facts made, s": round(time.perf_counter() - started, 1),
    }
    for name, asked in TABLES.items():
        found[f"{name}, ms"] = milliseconds(lambda asked=asked: statistics.county_table(asked, NOW))  # type: ignore[misc]
    table = statistics.county_table(TABLES["month by department"], NOW)
    found["closed that month"] = int(table.total.figures[2].value or 0)
    sys.path += [str(path) for path in PEERS.glob("lib/python*/site-packages")]
    if importlib.util.find_spec("duckdb"):
        found |= duckdb_month(hall, int(found["closed that month"]))
        ours, theirs = found["month by department, ms"], found["DuckDB, month by department, ms"]
        found["ours to DuckDB, month by department"] = round(ours / theirs, 2)
    hall.database.close()
    return found


def milliseconds(ask: Callable[[], object], times: int = 7) -> float:
    """The median of some askings."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        took.append(1000 * (time.perf_counter() - started))
    return round(sorted(took)[times // 2], 2)


def fill(path: Path, count: int) -> None:
    """Cases of thirty departments over two years; a tenth of them supplemented, a twentieth paused.

    In order of filing, as the hall numbers them.
    """
    chance = random.Random(11)
    connection = connect(path)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(cases)")]
    for start in range(0, count, BATCH):
        connection.execute("BEGIN IMMEDIATE")
        for table, rows in _rows(chance, start, min(BATCH, count - start), count, columns).items():
            if rows:
                names = ", ".join(rows[0])
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(
                    f"INSERT INTO {table} ({names}) VALUES ({marks})", [tuple(row.values()) for row in rows]
                )
        connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()


def _rows(
    chance: random.Random, start: int, count: int, whole: int, columns: list[str]
) -> dict[str, list[dict[str, Any]]]:
    made: dict[str, list[dict[str, Any]]] = {"cases": [], "clock": [], "pause": [], "rating": [], "event": []}
    versions = {item.code: ground().guides.current(item.code).version for item in ITEMS}  # type: ignore[union-attr]
    for ident in range(start + 1, start + count + 1):
        filed = datetime.combine(FIRST, datetime.min.time(), SHANGHAI) + timedelta(
            days=(ident - 1) * DAYS // whole, seconds=chance.randrange(9 * 3600, 17 * 3600)
        )
        accepted = filed + timedelta(hours=chance.randrange(1, 30))
        closed = accepted + timedelta(hours=chance.choice((2, 20, 60, 130, 200, 400)))
        item = chance.choice(ITEMS)
        stamps = [format_stamp(each) for each in (filed, accepted, closed)]
        department = f"d{chance.randrange(30):02d}"
        score = chance.choice((None, 1, 1, 2, 3, 5))
        case = {
            "id": ident, "number": f"B{ident:09d}", "query_hash": b"", "item_code": item.code, "item_name": item.name,
            "item_version": versions[item.code], "item_type": item.type, "case_kind": item.case_kind,
            "department": department, "accepting_unit": "centre", "holder_unit": "", "holder_role": "",
            "state": "delivered", "channel": chance.choice(("web", "web", "phone", "window", "town")),
            "applicant_kind": "1", "applicant_masked": "张*", "promised_days": 7, "promised_unit": "workday",
            "delivery": "window", "outcome": "granted", "received_at": stamps[0], "submitted_at": stamps[0],
            "accepted_at": stamps[1], "decided_at": stamps[2], "closed_at": stamps[2], "delivered_at": stamps[2],
            "rating": score, "changed_at": stamps[2],
        }  # fmt: skip
        made["cases"].append({name: value for name, value in case.items() if name in columns})
        due = format_stamp(accepted + timedelta(days=9))
        made["clock"].append({
            "subject": "case", "subject_id": ident, "kind": "promise", "object": "case", "department": department,
            "unit": department, "started": stamps[1], "limit_days": 7, "limit_unit": "workday", "precision": "day",
            "due": due, "provisional": 0, "stopped": stamps[2], "rules": "bench",
        })  # fmt: skip
        kinds = list(EVENTS)
        if chance.random() < 0.05:
            kinds[4] = "start_special"
            made["pause"].append({
                "subject": "case", "subject_id": ident, "department": department, "kind": "2", "reason": "评审",
                "started": stamps[1], "ended": stamps[2], "notified_days": 3, "unit": "workday",
            })  # fmt: skip
        if chance.random() < 0.1:
            kinds[1] = "supplement_notice"
        if score is not None:
            made["rating"].append({"case_id": ident, "score": score, "channel": "web", "at": stamps[2]})
        for place, kind in enumerate(kinds):
            made["event"].append({
                "seq": (ident - 1) * len(EVENTS) + place + 1, "at": stamps[min(place // 3, 2)], "kind": kind,
                "subject": "case", "subject_id": ident, "subject_number": case["number"], "actor": "system",
                "role": "system", "unit": "", "from_state": "", "to_state": "", "drill": 0, "commitment": "",
                "previous": "", "hash": "",
            })  # fmt: skip
    return made


def duckdb_month(hall: Hall, closed: int) -> dict[str, float]:
    """The same month's table from DuckDB's own format: counts, percentiles, and supplements counted over the events."""
    import duckdb

    base = duckdb.connect(str(hall.database.path.with_suffix(".duckdb")))
    columns = (
        "department",
        "filed",
        "accepted",
        "closed",
        "on_time",
        "agency_days",
        "total_days",
        "paused_days",
        "rated",
        "rating",
        "case_id",
    )
    base.execute(
        f"CREATE TABLE fact ({', '.join(f'{name} ' + ('VARCHAR' if name == 'department' else 'INTEGER') for name in columns)})"
    )
    base.execute("CREATE TABLE event (moment VARCHAR, kind VARCHAR, case_id INTEGER)")
    source = sqlite3.connect(hall.database.path)
    for table, sql in (
        ("fact", f"SELECT {', '.join(columns)} FROM case_fact"),
        ("event", "SELECT at, kind, subject_id FROM event"),
    ):
        for part in _parts(source.execute(sql)):
            _append(base, table, part)
    ask = """
    WITH c AS (SELECT department, count(*) AS n, avg(on_time), quantile_disc(agency_days, 0.5), quantile_disc(agency_days, 0.9),
      quantile_disc(total_days, 0.5), quantile_disc(total_days, 0.9), sum(paused_days) FROM fact WHERE closed BETWEEN 20261001 AND 20261031 GROUP BY 1),
    f AS (SELECT department, count(*) FROM fact WHERE filed BETWEEN 20261001 AND 20261031 GROUP BY 1),
    a AS (SELECT department, count(*) FROM fact WHERE accepted BETWEEN 20261001 AND 20261031 GROUP BY 1),
    r AS (SELECT department, avg((rating <= 3)::INT) FROM fact WHERE rated BETWEEN 20261001 AND 20261031 GROUP BY 1),
    e AS (SELECT department, count(*) FILTER (kind = 'supplement_notice'), count(*) FILTER (kind = 'start_special') FROM event
      JOIN fact USING (case_id) WHERE moment >= '2026-10-01' AND moment < '2026-11-01' AND kind IN ('supplement_notice', 'start_special') GROUP BY 1)
    SELECT * FROM c LEFT JOIN f USING (department) LEFT JOIN a USING (department) LEFT JOIN r USING (department) LEFT JOIN e USING (department)
    """
    rows = base.execute(ask).fetchall()
    assert sum(row[1] for row in rows) == closed
    return {"DuckDB, month by department, ms": milliseconds(lambda: base.execute(ask).fetchall())}


def _parts(cursor: sqlite3.Cursor) -> Iterator[list[tuple[Any, ...]]]:
    while part := cursor.fetchmany(100_000):
        yield part


def _append(base: Any, table: str, part: list[tuple[Any, ...]]) -> None:
    """Rows through a file: DuckDB takes them in thousands of times faster than one by one."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="", delete=False) as file:
        for row in part:
            file.write(",".join("" if each is None else str(each) for each in row) + "\n")
    base.execute(f"COPY {table} FROM '{file.name}' (FORMAT csv, HEADER false)")
    Path(file.name).unlink()


if __name__ == "__main__":
    sys.exit(main())
