"""Tracking a case among a million: ours beside FastAPI, PocketBase and Datasette in turns; then while filing goes on.

    python -m bench.tracking [--cases 1000000] [--requests 3000] [--rounds 3] [--seconds 30] [--kept FOLDER] [--json]

Ours is the whole public answer by number and query code through /api/v1/cases/NUMBER: state, clocks counted day by day,
what happened, notices, what may be done. FastAPI reads the case, its clocks and events from the same file and compares
the code; PocketBase gives one row by its id; Datasette its page of one row. Then ours alone at 200 requests a second
while 50 cases a second are filed, each request's time counted from when it was due. All files are held in memory.
Peers need scripts/bench_env.sh.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sqlite3
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.filing import facts_of, fastapi
from bench.filings import body_of, filing
from bench.halls import (
    HERE,
    PEERS,
    Served,
    free_port,
    hall,
    held_in_memory,
    process,
    processor_seconds,
    sample_root,
    settle,
    visitor,
)
from bench.http_load import Due, closed, median_and_spread, paced, request, run
from bench.many_cases import Tracked, made
from bench.peers import pocketbase
from bench.runs import say

CONNECTIONS = 32
TRACKING, FILING = 200, 50
Make = Callable[[int], bytes]


def track(cases: Sequence[Tracked], number: int) -> bytes:
    """One visitor asks for one of the cases."""
    case = cases[number * 7919 % len(cases)]
    headers = (("X-Query-Code", case.code), ("X-Forwarded-For", visitor(number)))
    return request("GET", f"/api/v1/cases/{case.number}", headers)


@contextmanager
def datasette(folder: Path, database: Path) -> Iterator[Served]:
    """Datasette over the same file."""
    port = free_port()
    command = [str(PEERS / "datasette"), "serve", str(database), "--port", str(port), "--host", "127.0.0.1"]
    with process(command, folder, port, "/-/versions.json") as served:
        yield served


@contextmanager
def filled_pocketbase(folder: Path, count: int, body: bytes) -> Iterator[Served]:
    """PocketBase with as many rows, put into its own file while it does not run."""
    with pocketbase.served(folder):
        pass
    row = json.loads(pocketbase.body_of(body))
    connection = sqlite3.connect(folder / "pb_data" / "data.db")
    connection.executemany(
        "INSERT INTO filings (id, item, applicant, phone, answers) VALUES (?, ?, ?, ?, ?)",
        (
            (f"{at:015d}", row["item"], row["applicant"], row["phone"], json.dumps(row["answers"]))
            for at in range(1, count + 1)
        ),
    )
    connection.commit()
    connection.close()
    with pocketbase.served(folder) as served:
        yield served


def peer_database(own: Path, copy: Path, cases: Sequence[Tracked]) -> None:
    """The same rows for FastAPI, with the codes as it hashes them."""
    source, target = sqlite3.connect(own), sqlite3.connect(copy)
    source.backup(target)
    target.executemany(
        "UPDATE cases SET query_hash = ? WHERE id = ?",
        [(hashlib.sha256(each.code.encode()).digest(), each.id) for each in cases],
    )
    target.commit()
    source.close()
    target.close()


def measure(count: int, requests: int, rounds: int, seconds: int, kept: Path | None) -> dict[str, float]:
    """Requests a second of each, ratios, and ours at a steady pace while filing goes on."""
    with tempfile.TemporaryDirectory(prefix="hall-bench-") as place, ExitStack() as stack:
        folder = Path(place)
        root = sample_root(folder)
        own, body = folder / "ours" / "hall.db", body_of(root / "site")
        cases = made(root, own, count, 5000, kept)
        facts, peer = folder / "facts.json", folder / "peer.db"
        facts.write_text(json.dumps(facts_of(own), ensure_ascii=False), "utf-8")
        peer_database(own, peer, cases)
        served = stack.enter_context(hall(root, own))
        fast = stack.enter_context(fastapi(folder / "fastapi", peer, facts))
        pages = stack.enter_context(datasette(folder / "datasette", peer))
        pocket = stack.enter_context(filled_pocketbase(folder / "pocketbase", count, body))

        settle(served)
        for each in (own, peer, folder / "pocketbase" / "pb_data" / "data.db"):
            stack.enter_context(held_in_memory(each))

        def fast_one(number: int) -> bytes:
            case = cases[number * 7919 % len(cases)]
            return request("GET", f"/cases/{case.number}", (("X-Query-Code", case.code),))

        def page(number: int) -> bytes:
            return request("GET", f"/peer/cases/{cases[number * 7919 % len(cases)].id}")

        def record(number: int) -> bytes:
            return request("GET", f"{pocketbase.PATH}/{number * 7919 % count + 1:015d}")

        servers: dict[str, tuple[Served, Make, int]] = {
            "ours": (served, lambda number: track(cases, number), requests),
            "fastapi": (fast, fast_one, requests // 3),
            "pocketbase": (pocket, record, requests),
            "datasette": (pages, page, requests // 10),
        }
        found = _in_turns(servers, rounds)
        found["cases"] = count
        found |= _while_filing(served, cases, body, seconds)
    return found


def _in_turns(servers: dict[str, tuple[Served, Make, int]], rounds: int) -> dict[str, float]:
    speeds: dict[str, list[float]] = {name: [] for name in servers}
    costs: dict[str, list[float]] = {name: [] for name in servers}
    number = 0
    for turn in range(rounds + 1):
        for name, (served, make_one, many) in servers.items():
            before = processor_seconds(served.pid)
            load = run(
                closed(served.address, CONNECTIONS, [make_one(number + at) for at in range(many)])
            ).checked()
            number += many
            if turn:  # the first round warms caches
                speeds[name].append(load.per_second)
                costs[name].append(1000 * (processor_seconds(served.pid) - before) / many)
    found: dict[str, float] = {}
    for name, values in speeds.items():
        found |= median_and_spread(f"track_{name}_per_second", values)
    found |= {f"track_{name}_processor_ms": round(statistics.median(each), 3) for name, each in costs.items()}
    for peer in ("fastapi", "pocketbase", "datasette"):
        pairs = zip(speeds["ours"], speeds[peer], strict=True)
        found[f"track_ours_to_{peer}"] = round(statistics.median(a / b for a, b in pairs), 2)
    return found


def _while_filing(served: Served, cases: Sequence[Tracked], body: bytes, seconds: int) -> dict[str, float]:
    plan = [Due(at / TRACKING, "track", track(cases, at)) for at in range(TRACKING * seconds)]
    plan += [Due(at / FILING, "file", filing(body, 100_000 + at)) for at in range(FILING * seconds)]
    loads = run(paced(served.address, plan))
    found: dict[str, float] = {}
    for kind, load in loads.items():
        load.checked()
        found |= {
            f"{kind}_paced_p50_ms": round(load.percentile(0.5), 1),
            f"{kind}_paced_p95_ms": round(load.percentile(0.95), 1),
            f"{kind}_paced_p99_ms": round(load.percentile(0.99), 1),
        }
    return found


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--kept", type=Path, help="where the cases are kept for the next bench of the run")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    subprocess.run(["sh", str(HERE / "scripts" / "bench_env.sh")], check=True)
    found = measure(options.cases, options.requests, options.rounds, options.seconds, options.kept)
    say(found, as_json=options.json)


if __name__ == "__main__":
    main()
