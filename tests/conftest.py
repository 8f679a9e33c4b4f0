"""What every test may use: the sample county's root, a small copy, the built portal, a running hall, a browser."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.handlers_fixtures import Office

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests begin with the longest, so that several processors end together: `soak(minutes=…)`."""

    def minutes(item: pytest.Item) -> int:
        mark = item.get_closest_marker("soak")
        return mark.kwargs.get("minutes", 0) if mark else 0

    items.sort(key=minutes, reverse=True)


@pytest.fixture(scope="session")
def sample_root() -> Path:
    """The repository itself: 青禾县. Read only."""
    return ROOT


@pytest.fixture
def shared_data() -> Path:
    """`../shared/data`; the test skips where it is absent."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip("../shared/data is not here")
    return data


@pytest.fixture
def small_root(tmp_path: Path) -> Path:
    """A writable county: the sample county's settings, units, content and two departments."""
    target = tmp_path / "county"
    (target / "items").mkdir(parents=True)
    shutil.copy(ROOT / "county.yml", target / "county.yml")
    shutil.copytree(ROOT / "content", target / "content")
    for department in ("market", "police"):
        shutil.copytree(ROOT / "items" / department, target / "items" / department)
    return target


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Across the workers of a parallel test run: the first makes what the others then use."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def shared_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A temporary folder that all workers of this run see."""
    base = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent
    return base / name


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample county's portal, built once a run. Read only."""
    folder = shared_folder(tmp_path_factory, "sample-site")
    site = folder / "site"
    with one_at_a_time(folder):
        if not (site / "data" / "catalog.json").exists():
            from catalog.root import Root
            from site_builder.compile import build

            built = build(Root(ROOT), site=site)
            assert not [p for p in built.problems if p.severity == "error"], built.problems
    return site


@dataclass(frozen=True)
class LiveHall:
    """A real `hall serve` process of this run."""

    url: str
    database: Path
    site: Path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(site: Path, database: Path, *extra: str, root: Path = ROOT) -> Iterator[LiveHall]:
    """Starts a hall on a free port and ends it, by its own process id."""
    port = free_port()
    log = database.with_suffix(".log")
    command = [sys.executable, "-m", "hall", "serve", "--root", str(root), "--port", str(port)]
    command += ["--db", str(database), "--site", str(site), "--no-build", *extra]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process, log)
        yield LiveHall(url, database, site)
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the hall ended with {process.returncode}:\n{log.read_text()[-4000:]}")
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the hall did not come up:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def planted_demo(sample_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a hall that has planted its demo accounts and cases and ended, made once a run. To be copied."""
    folder = shared_folder(tmp_path_factory, "planted-demo")
    planted = folder / "hall"
    with one_at_a_time(folder):
        if not planted.exists():
            making = folder / "making"
            making.mkdir(exist_ok=True)
            with serving(sample_site, making / "hall.db", "--demo"):
                pass
            making.rename(planted)
    return planted


@pytest.fixture(scope="module")
def live_hall(
    sample_site: Path, planted_demo: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveHall]:
    """A running hall with demo accounts and cases, fresh for each test module."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copytree(planted_demo, folder, dirs_exist_ok=True)
    with serving(sample_site, folder / "hall.db") as hall:
        yield hall


def chromium() -> str | None:
    """Where the browser is, if anywhere."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless; the test skips where it is missing."""
    path = chromium()
    if path is None:
        pytest.skip("chromium is not installed (make test installs it when it may)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def built_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small county with its site built once (tests/handlers_fixtures.py). Read only."""
    from tests.handlers_fixtures import build_county

    return build_county(tmp_path_factory.mktemp("county"))


@pytest.fixture
def office(built_county: Path, tmp_path: Path) -> Iterator[Office]:
    """A hall over the built county: empty database, staff of every role, a clock to set, browsers."""
    from tests.handlers_fixtures import open_office

    made = open_office(built_county, tmp_path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def logging_stays_as_it_was() -> Iterator[None]:
    """A command run in this process sets up logging, to a stream that is closed when its test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    yield
    if root.handlers != handlers:
        logging.captureWarnings(False)
        root.handlers[:], root.level = handlers, level
        sys.excepthook, threading.excepthook = hooks
