"""Durable filings a second through casework: validation, event, chain, notice, clocks and outbox included.

    python bench/filing.py [--filings 5000] [--waiting 256] [--json]

`--waiting` is how many applicants wait at once; one alone shows the latency of a single durable filing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from handlers.casework.auditing import audit
from handlers.casework.service import Casework
from tests.casework_fixtures import application, at, ground, make_hall


async def file_many(casework: Casework, filings: int, waiting: int) -> list[float]:
    """Seconds each filing took from call to durable answer."""
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


def measure(filings: int, waiting: int) -> dict[str, float]:
    """Filings a second and latencies in milliseconds on a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        hall = make_hall(Path(folder))
        ground()
        started = time.perf_counter()
        took = sorted(asyncio.run(file_many(hall.casework, filings, waiting)))
        seconds = time.perf_counter() - started
        found = audit(hall.database)
        assert found.sound
        assert found.events == filings
        size = hall.database.path.stat().st_size
        hall.database.close()
    return {
        "waiting": waiting,
        "filings": filings,
        "per_second": round(filings / seconds, 1),
        "p50_ms": round(1000 * statistics.median(took), 2),
        "p99_ms": round(1000 * took[int(len(took) * 0.99) - 1], 2),
        "bytes_each": round(size / filings),
    }


def main() -> None:
    """Prints one line per number of waiting applicants."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--filings", type=int, default=5000)
    parser.add_argument("--waiting", type=int, nargs="*", default=[1, 16, 256])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for waiting in options.waiting:
        found = measure(max(options.filings // 10, 100) if waiting == 1 else options.filings, waiting)
        if options.json:
            print(json.dumps(found))
        else:
            print(
                "{waiting:>4} waiting: {per_second:>8} filings/s  p50 {p50_ms} ms  p99 {p99_ms} ms".format(
                    **found
                )
            )


if __name__ == "__main__":
    main()
