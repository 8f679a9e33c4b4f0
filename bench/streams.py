"""The live board with a thousand open streams against a real `hall serve`: time from a filing to the last board.

    python -m bench.streams [--streams 1000] [--changes 10]

The demo hall is built and served in a temporary folder; one supervisor signs in, opens the streams over plain
sockets, and cases are filed through HTTP. Prints how long after a filing the first, the median and the last stream
had the change, what one stream costs in memory, and how long an ordinary page takes meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from urllib.parse import urlsplit

import httpx

HERE = Path(__file__).resolve().parents[1]
PASSWORD = "Demo-Hall-2026"


def main() -> int:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=10)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, options.streams * 2 + 500), hard))
    with served() as (address, process):
        found = asyncio.run(measure(address, process.pid, options.streams, options.changes))
    for name, value in found.items():
        print(f"{name:>28}: {value}")
    return 0


@contextmanager
def served() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A demo hall of the sample county on a free port."""
    with tempfile.TemporaryDirectory(prefix="hall-streams-") as folder:
        root = Path(folder) / "root"
        names = ("county.yml", "content", "items")
        root.mkdir()
        for name in names:
            source = HERE / name
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, root / name)
        with socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "hall", "serve", "--demo", "--port", str(port), "--root", str(root)]
        environment = {**os.environ, "PYTHONPATH": str(HERE)}
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            address = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 120
            while time.monotonic() < until:
                try:
                    if httpx.get(f"{address}/readyz", trust_env=False).status_code == 200:
                        break
                except httpx.HTTPError:
                    time.sleep(0.2)
            yield address, process
        finally:
            process.terminate()
            process.wait(30)


async def measure(address: str, pid: int, count: int, changes: int) -> dict[str, object]:
    """Opens the streams, makes the changes, and takes the times."""
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=30) as client:
        cookie = await sign_in(client)
        before = memory(pid)
        board = Boards(address, cookie)
        started = time.perf_counter()
        await asyncio.gather(*(board.open() for _ in range(count)))
        opened = time.perf_counter() - started
        await board.all_have(1)
        after = memory(pid)
        first, median, last, pages = [], [], [], []
        for change in range(changes):
            version = board.newest
            board.times.clear()
            asked = time.perf_counter()
            await letter(client, change)
            filed = time.perf_counter()
            await board.all_beyond(version)
            times = sorted(each - filed for each in board.times.values())
            first.append(times[0])
            median.append(statistics.median(times))
            last.append(times[-1])
            pages.append(filed - asked)
        board.close()
    return {
        "streams": count,
        "opening all, s": round(opened, 2),
        "memory a stream, kB": round((after - before) / count),
        "first board has it, s": round(statistics.median(first), 3),
        "median board has it, s": round(statistics.median(median), 3),
        "last board has it, s": round(statistics.median(last), 3),
        "spread first to last, s": round(
            statistics.median(b - a for a, b in zip(first, last, strict=True)), 3
        ),
        "a filing meanwhile, ms": round(1000 * statistics.median(pages), 1),
    }


class Boards:
    """Open streams: the version each has, and when it came."""

    def __init__(self, address: str, cookie: str) -> None:
        self.host, self.port = str(urlsplit(address).hostname), int(urlsplit(address).port or 80)
        self.cookie = cookie
        self.versions: dict[int, int] = {}
        self.times: dict[int, float] = {}
        self.newest = 0
        self._news = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def open(self) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=1 << 23)
        request = f"GET /hall/board/stream HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nCookie: {self.cookie}\r\n\r\n"
        writer.write(request.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.split(b"\r\n", 1)[0], head
        self._writers.append(writer)  # a writer nobody holds closes its connection
        number = len(self.versions)
        self.versions[number] = 0
        self._tasks.append(asyncio.create_task(self._read(number, reader)))

    async def _read(self, number: int, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"id: "):
                version = int(line[4:])
                self.versions[number] = version
                self.times[number] = time.perf_counter()
                self.newest = max(self.newest, version)
                async with self._news:
                    self._news.notify_all()

    async def all_have(self, version: int) -> None:
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: min(self.versions.values()) >= version), 60)

    async def all_beyond(self, version: int) -> None:
        await self.all_have(version + 1)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            writer.close()


async def sign_in(client: httpx.AsyncClient) -> str:
    page = await client.get("/hall/staff/sign-in")
    form = {"login": "county-supervisor", "password": PASSWORD, "form_end": "1"}
    answer = await client.post(
        "/hall/staff/sign-in", data=form, headers={"Origin": str(client.base_url), "Referer": str(page.url)}
    )
    assert answer.status_code in (302, 303), answer.text[:500]
    cookie = answer.headers["set-cookie"].split(";", 1)[0]
    client.cookies.clear()
    return cookie


async def letter(client: httpx.AsyncClient, number: int) -> None:
    """Something for the log: a consultation through the API."""
    body = {
        "kind": "consultation", "department": "market", "title": f"测量用咨询第{number}封",
        "content": "这是测量用的一封虚构咨询，没有真实内容。", "name": "测量", "public": False,
    }  # fmt: skip
    answer = await client.post(
        "/api/v1/letters", json=body, headers={"Idempotency-Key": f"stream-{number}-{time.time_ns()}"}
    )
    assert answer.status_code < 300, json.dumps(answer.json(), ensure_ascii=False)


def memory(pid: int) -> float:
    """Resident kilobytes of a process."""
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS")))


if __name__ == "__main__":
    sys.exit(main())
