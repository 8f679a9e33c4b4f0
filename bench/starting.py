"""How soon a handler answers after its start, and what an idle hall takes: a real `hall serve`, 2,500 items.

    python -m bench.starting [--items 2500] [--cases 100000] [--rounds 5] [--json]

`handler`: `hall serve --only track --no-build` beside a portal built before, from the start of the process to the
first answer of /healthz and to the first page of its own. `idle`: the whole hall with its build, sweep and sending,
a while after its first answer, all its processes together; memory shared between them is counted once (Pss). It
begins without a portal, builds it, and is looked at again when it has built an edited item (`after_edit`).
Cases are copies of rows, as in bench.open_cases; none of their clocks comes due while we look.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.build import SOURCE, item_files, make_root, rename
from bench.open_cases import fill
from bench.runs import HERE, python
from handlers.store.database import connect
from tests.casework_fixtures import make_hall

# Below those that the system gives out by itself: who asks one of them before anybody listens may reach himself.
PORT = 18317
IDLE_SECONDS = 15
PATIENCE_SECONDS = 300


def main(arguments: list[str]) -> int:
    """Prints what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=2500)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not SOURCE.is_file():
        print("../shared/data/guangdong-items.jsonl 不在，跳过", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory(prefix="hall-bench-") as folder:
        found = measure(Path(folder), options.items, options.cases, options.rounds)
    print(json.dumps(found) if options.json else "\n".join(f"{k:36} {v:10.3f}" for k, v in found.items()))
    return 0


def measure(folder: Path, items: int, cases: int, rounds: int) -> dict[str, float]:
    """Seconds and megabytes."""
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    root = make_root(folder / "root", items)
    python("-m", "hall", "build", "--root", str(root))
    database = _database(folder, cases)
    # The first start of all writes Python's bytecode, as an installation does.
    _handler(root, database)
    found: dict[str, float] = {"items": items, "cases": cases}
    runs = [_handler(root, database) for _ in range(rounds)]
    for name, values in zip(("healthz", "page", "processor"), zip(*runs, strict=True), strict=True):
        found[f"handler_{name}_seconds"] = round(median(values), 3)
        found[f"handler_{name}_seconds_least"] = round(min(values), 3)
        found[f"handler_{name}_seconds_most"] = round(max(values), 3)
    found["handler_megabytes"], _ = _idle(root, database, "--only", "track", "--no-build")
    found["idle_without_build_megabytes"], _ = _idle(root, database, "--no-build")
    shutil.rmtree(root / "site")
    shutil.rmtree(root / ".hall")
    with _serving(root, database) as process:
        _answer("/healthz", process)
        found["idle_megabytes"], found["idle_resident_megabytes"] = _resting(process)
        _edit(root)
        found["idle_after_edit_megabytes"], _ = _resting(process)
    return found


def _database(folder: Path, cases: int) -> Path:
    """A database with `cases` cases whose clocks all run beyond our time."""
    hall = make_hall(folder / "cases")
    fill(hall, cases)
    made = hall.database.path
    connection = connect(made)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("UPDATE clock SET next_at = '2099-01-01T00:00:00+08:00' WHERE stopped IS NULL")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    hall.database.close()
    # Beside the root, so that the files of the other hall are not taken for its own.
    return Path(shutil.move(made, folder / "hall.db"))


def _handler(root: Path, database: Path) -> tuple[float, float, float]:
    """Seconds to the first answer of /healthz, to the first page, and of processors up to then."""
    started = time.perf_counter()
    with _serving(root, database, "--only", "track", "--no-build") as process:
        _answer("/healthz", process)
        alive = time.perf_counter() - started
        _answer("/hall/track", process)
        return alive, time.perf_counter() - started, _processor(process.pid)


def _idle(root: Path, database: Path, *options: str) -> tuple[float, float]:
    """Megabytes of all processes together: shared memory once (Pss), and as each counts for itself (Rss)."""
    with _serving(root, database, *options) as process:
        _answer("/healthz", process)
        return _resting(process)


def _resting(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    time.sleep(IDLE_SECONDS)
    found = [_memory(each) for each in _family(process.pid)]
    return round(sum(pss for pss, _ in found), 1), round(sum(rss for _, rss in found), 1)


def _edit(root: Path) -> None:
    """Renames one item and waits until the portal shows it."""
    catalog = root / "site" / "data" / "catalog.json"
    before, until = catalog.stat().st_mtime_ns, time.perf_counter() + PATIENCE_SECONDS
    rename(item_files(root)[0])
    while catalog.stat().st_mtime_ns == before:
        if time.perf_counter() > until:
            raise SystemExit("the edited item is not built")
        time.sleep(0.1)


@contextmanager
def _serving(root: Path, database: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [
            sys.executable, "-m", "hall", "serve", "--root", str(root), "--db", str(database),
            "--port", str(PORT), *options,
        ],
        env={**os.environ, "PYTHONPATH": str(HERE)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _answer(path: str, process: subprocess.Popen[bytes]) -> None:
    """Asks until it is answered with 200."""
    until = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", PORT), timeout=30) as connection:
                connection.sendall(
                    f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nConnection: close\r\n\r\n".encode()
                )
                said = connection.recv(64)
        except OSError:
            time.sleep(0.002)
            continue
        if b" 200 " in said:
            return
        raise SystemExit(f"{path}: {said.decode(errors='replace')[:40]}")
    raise SystemExit(f"{path}: no answer")


def _family(process: int) -> list[int]:
    """The process and all that came from it."""
    found = [process]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*"):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _memory(process: int) -> tuple[float, float]:
    """Pss and Rss in megabytes."""
    values = {}
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]:
        name, value, *_ = line.split()
        values[name] = int(value) / 1024
    return values["Pss:"], values["Rss:"]


def _processor(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
