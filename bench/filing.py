"""Durable filings a second through HTTP, ours beside FastAPI, PocketBase and the floor, in turns in one run.

    python -m bench.filing [--filings 3000] [--rounds 3] [--connections 64 256] [--json]

Each is a real server in its own process; the client is this one. A filing of ours is the whole of it: form checked,
case, steps, materials, fee, clocks, event, chain, receipt, messages, counts, seals; synchronous=FULL. What the others
do stands in bench/peers/. Peers need `sh scripts/bench_env.sh` first. `--inside` leaves HTTP out and files through
casework in this process, for profiling.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.filings import body_of, filing
from bench.halls import (
    HERE,
    Served,
    free_port,
    hall,
    process,
    processor_seconds,
    python_of_peers,
    sample_root,
)
from bench.http_load import Load, closed, median_and_spread, request, run
from bench.peers import pocketbase
from bench.runs import say
from handlers.casework.auditing import audit
from handlers.casework.service import Casework
from handlers.store.database import Database, bring_up_to_date
from tests.casework_fixtures import application, at, ground, make_hall

JSON_TYPE = ("Content-Type", "application/json")
Make = Callable[[int], bytes]


@contextmanager
def fastapi(folder: Path, database: Path, facts: Path) -> Iterator[Served]:
    """The FastAPI peer on a database with the hall's schema."""
    port = free_port()
    command = [python_of_peers(), "-m", "bench.peers.fastapi_app", str(port), str(database), str(facts)]
    with process(command, folder, port, "/readyz", {"PYTHONPATH": str(HERE)}) as served:
        yield served


@contextmanager
def floor(folder: Path) -> Iterator[Served]:
    """The bare Starlette app."""
    port = free_port()
    command = [sys.executable, "-m", "bench.peers.floor", str(port), str(folder / "floor.db")]
    with process(command, folder, port, "/readyz", {"PYTHONPATH": str(HERE)}) as served:
        yield served


def facts_of(database: Path) -> dict[str, object]:
    """What the item prescribes, as the first case's rows have it: the FastAPI peer is spared working it out."""
    connection = sqlite3.connect(database)
    connection.row_factory = sqlite3.Row

    def rows(sql: str, *spared: str) -> list[dict[str, object]]:
        return [
            {name: row[name] for name in row.keys() if name not in spared and row[name] is not None}  # noqa: SIM118
            for row in connection.execute(sql)
        ]

    own = ("id", "number", "query_hash", "received_at", "submitted_at", "changed_at", "applicant_masked")
    found = {
        "case": rows("SELECT * FROM cases ORDER BY id LIMIT 1", *own)[0],
        "steps": rows("SELECT * FROM step WHERE case_id = 1", "case_id"),
        "materials": rows("SELECT * FROM material WHERE case_id = 1", "case_id"),
        "fees": rows("SELECT * FROM fee WHERE case_id = 1", "case_id"),
        "clocks": rows("SELECT * FROM clock WHERE subject_id = 1", "id", "subject_id", "started"),
        "notice": json.loads(
            connection.execute("SELECT content FROM notice ORDER BY id LIMIT 1").fetchone()[0]
        ),
    }
    connection.close()
    return found


@contextmanager
def everyone(folder: Path) -> Iterator[dict[str, tuple[Served, Make]]]:
    """All four servers, each with how its n-th request looks."""
    root = sample_root(folder)
    body = body_of(root / "site")
    with ExitStack() as stack:
        own = folder / "ours" / "hall.db"
        served = stack.enter_context(hall(root, own))
        run(closed(served.address, 1, [filing(body, 0)])).checked()
        facts, peer = folder / "facts.json", folder / "fastapi.db"
        facts.write_text(json.dumps(facts_of(own), ensure_ascii=False), "utf-8")
        bring_up_to_date(peer)
        bare = stack.enter_context(floor(folder / "floor"))
        fast = stack.enter_context(fastapi(folder / "fastapi", peer, facts))
        pocket = stack.enter_context(pocketbase.served(folder / "pocketbase"))
        asked = json.dumps(
            {name: json.loads(body)[name] for name in ("item", "answers")}, ensure_ascii=False
        ).encode()
        row = pocketbase.body_of(body)

        def keyed(number: int) -> bytes:
            return request("POST", "/cases", (JSON_TYPE, ("Idempotency-Key", uuid.uuid4().hex)), asked)

        yield {
            "ours": (served, lambda number: filing(body, number)),
            "fastapi": (fast, keyed),
            "pocketbase": (pocket, lambda number: request("POST", pocketbase.PATH, (JSON_TYPE,), row)),
            "floor": (bare, lambda number: request("POST", "/filings", (JSON_TYPE,), body)),
        }


def measure(filings: int, rounds: int, connections: list[int]) -> dict[str, float]:
    """Filings a second of each and the ratios; the slow peer files fewer, so that a round takes each about as long."""
    speeds: dict[str, list[float]] = {}
    p99: dict[str, list[float]] = {}
    costs: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="hall-bench-") as folder, everyone(Path(folder)) as servers:
        for served, make in servers.values():
            run(closed(served.address, 16, [make(at_) for at_ in range(100)])).checked()
        number = 1000
        for count in connections:
            for _ in range(rounds):
                for name, (served, make) in servers.items():
                    many = max(filings // 8, 2 * count) if name == "fastapi" else filings
                    before = processor_seconds(served.pid)
                    load: Load = run(
                        closed(served.address, count, [make(number + at_) for at_ in range(many)])
                    ).checked()
                    worked = processor_seconds(served.pid) - before
                    costs.setdefault(f"{name}_{count}_processor_ms", []).append(1000 * worked / many)
                    number += many
                    speeds.setdefault(f"{name}_{count}", []).append(load.per_second)
                    p99.setdefault(f"{name}_{count}_p99_ms", []).append(load.percentile(0.99))
        own = Path(folder) / "ours" / "hall.db"
        database = Database.open(own)
        assert audit(database).sound
        database.close()
    found: dict[str, float] = {}
    for name, values in speeds.items():
        found |= median_and_spread(f"{name}_per_second", values)
    found |= {name: round(statistics.median(values), 1) for name, values in p99.items()}
    # What a filing costs the server: comparable also where others use the machine meanwhile.
    found |= {name: round(statistics.median(values), 3) for name, values in costs.items()}
    for count in connections:
        ours = speeds[f"ours_{count}"]
        for peer in ("fastapi", "pocketbase", "floor"):
            pairs = zip(ours, speeds[f"{peer}_{count}"], strict=True)
            found |= {f"ours_to_{peer}_{count}": round(statistics.median(a / b for a, b in pairs), 2)}
    return found


async def file_many(casework: Casework, filings: int, waiting: int) -> list[float]:
    """Seconds each filing took from call to durable answer, without HTTP."""
    gate, took = asyncio.Semaphore(waiting), list[float]()

    async def one(number: int) -> None:
        async with gate:
            started = time.perf_counter()
            await casework.file_case_async(
                application(), key=f"w{waiting}-{number}", channel="web", now=at("2026-03-02")
            )
            took.append(time.perf_counter() - started)

    await asyncio.gather(*(one(number) for number in range(filings)))
    return took


def inside(filings: int, waiting: int) -> dict[str, float]:
    """Filings a second and processor time on a fresh database, without HTTP."""
    with tempfile.TemporaryDirectory() as folder:
        made = make_hall(Path(folder))
        ground()
        started, worked = time.perf_counter(), time.process_time()
        took = sorted(asyncio.run(file_many(made.casework, filings, waiting)))
        seconds, processor = time.perf_counter() - started, time.process_time() - worked
        found = audit(made.database)
        assert found.sound
        assert found.events == filings
        size = made.database.path.stat().st_size
        made.database.close()
    return {
        "waiting": waiting,
        "per_second": round(filings / seconds, 1),
        "processor_us_each": round(1e6 * processor / filings),
        "p50_ms": round(1000 * statistics.median(took), 2),
        "p99_ms": round(1000 * took[int(len(took) * 0.99) - 1], 2),
        "bytes_each": round(size / filings),
    }


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--filings", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, nargs="*", default=[64, 256])
    parser.add_argument("--inside", action="store_true", help="without HTTP and peers")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.inside:
        found = inside(options.filings, options.connections[-1])
    else:
        subprocess.run(["sh", str(HERE / "scripts" / "bench_env.sh")], check=True)
        found = measure(options.filings, options.rounds, options.connections)
    say(found, as_json=options.json)


if __name__ == "__main__":
    main()
