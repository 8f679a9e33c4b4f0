"""Real servers for the benches: a `hall serve` of the sample county in a folder of its own, and the peers."""

from __future__ import annotations

import mmap
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

HERE = Path(__file__).resolve().parents[1]
PEERS = HERE / ".bench-venv" / "bin"
MAP_LOCKED = 0x2000  # of Linux; Python's mmap has no name for it
_opener = build_opener(ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers."""

    address: str
    pid: int


def free_port() -> int:
    """A port nobody listens on."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
    command: Sequence[str], folder: Path, port: int, ready: str, environment: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """A server as a process of its own, from when it answers `ready` until the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    with log.open("ab") as output:
        running = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **(environment or {})}, stdout=output, stderr=output
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address + ready, running, log)
        yield Served(address, running.pid)
    finally:
        running.terminate()
        running.wait(30)


def _wait(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and running.poll() is None:
        try:
            with _opener.open(address, timeout=5):
                return
        except HTTPError as error:
            if error.code < 500:
                return
        except (URLError, OSError):
            pass
        time.sleep(0.1)
    raise RuntimeError(f"no answer from {address}:\n{log.read_text('utf-8', 'replace')[-2000:]}")


def sample_root(folder: Path) -> Path:
    """The sample county, copied and built: nothing that a bench does reaches the checkout."""
    root = folder / "root"
    root.mkdir(parents=True)
    for name in ("county.yml", "content", "items"):
        source = HERE / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, root / name)
    subprocess.run(
        [sys.executable, "-m", "hall", "build", "--root", str(root)],
        check=True,
        cwd=HERE,
        capture_output=True,
    )
    return root


@contextmanager
def hall(root: Path, database: Path) -> Iterator[Served]:
    """`hall serve` as it runs behind a proxy on the same machine: visitors' addresses come from its header."""
    port = free_port()
    command = [
        sys.executable, "-m", "hall", "serve", "--root", str(root), "--db", str(database), "--no-build",
        "--port", str(port), "--proxy", "127.0.0.1",
    ]  # fmt: skip
    with process(command, database.parent, port, "/readyz", {"PYTHONPATH": str(HERE)}) as served:
        yield served


def settle(served: Served, longest: float = 900.0) -> None:
    """Waits until a server has done what it does after its start (a first sweep over a million copied cases)."""
    until, before, quiet = time.monotonic() + longest, processor_seconds(served.pid), 0
    while time.monotonic() < until and quiet < 3:
        time.sleep(1.0)
        now = processor_seconds(served.pid)
        quiet = quiet + 1 if now - before < 0.1 else 0
        before = now


@contextmanager
def held_in_memory(database: Path) -> Iterator[None]:
    """The file stays in memory, as on a machine that has it to spare; some systems take back what is rarely read.

    A system that forbids so much to be held (`ulimit -l`) reads it once all the same.
    """
    os.sync()
    with database.open("rb") as file:
        known = mmap.MAP_SHARED | mmap.MAP_POPULATE
        try:
            pages = mmap.mmap(file.fileno(), 0, known | MAP_LOCKED, mmap.PROT_READ)
        except OSError:
            pages = mmap.mmap(file.fileno(), 0, known, mmap.PROT_READ)
        with pages:
            yield


def processor_seconds(pid: int) -> float:
    """Seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def visitor(number: int) -> str:
    """An address for the n-th visitor, as a proxy tells it: the limits per address stay in force."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def python_of_peers() -> str:
    """The interpreter of `.bench-venv`. Raises SystemExit with what to do where it is missing."""
    python = PEERS / "python"
    if not python.exists():
        raise SystemExit("no .bench-venv: run sh scripts/bench_env.sh first")
    return str(python)
