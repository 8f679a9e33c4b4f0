"""Litestream as deploy/litestream.yml sets it up: what is filed until the machine dies comes back but for seconds, and adds up."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from handlers.casework import auditing
from handlers.store.database import Database
from tests.casework_fixtures import Hall, make_hall

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "deploy" / "litestream.yml"


def litestream() -> str | None:
    """Where the program is: on the path, or where scripts/litestream.sh puts it."""
    own = ROOT / ".litestream" / "bin" / "litestream"
    return str(own) if own.is_file() else shutil.which("litestream")


@pytest.fixture
def program() -> str:
    found = litestream()
    if found is None:
        pytest.skip("litestream is not installed (scripts/litestream.sh installs it)")
    return found


def test_the_example_copies_the_database_that_the_units_use_every_second() -> None:
    config = yaml.safe_load(CONFIG.read_text("utf-8"))
    (database,) = config["dbs"]
    assert database["path"].endswith("/hall.db")
    assert database["replica"]["sync-interval"] == "1s"


def test_a_commit_of_the_hall_is_what_litestream_needs(tmp_path: Path) -> None:
    hall = make_hall(tmp_path)
    pragmas = ("journal_mode", "busy_timeout", "wal_autocheckpoint")
    found = hall.database.write(lambda tx: [tx.value(f"PRAGMA {each}") for each in pragmas])
    # A log, more patience than the five seconds Litestream asks for, and checkpoints that start no new log while it reads.
    assert found == ["wal", 15_000, 1000]
    hall.database.close()


def replicated(program: str, hall: Hall, folder: Path, seconds: float) -> tuple[dict[str, float], float]:
    """Files cases while Litestream runs, which then dies as the machine would; filings by moment, and that of death."""
    config = yaml.safe_load(CONFIG.read_text("utf-8"))
    config["dbs"][0]["path"] = str(hall.database.path)
    config["dbs"][0]["replica"]["path"] = str(folder / "replica")
    (folder / "litestream.yml").write_text(yaml.safe_dump(config), "utf-8")
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            [program, "replicate", "-config", str(folder / "litestream.yml")],
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            until = time.monotonic() + 60
            while not list((folder / "replica").rglob("*.ltx")):
                assert running.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until, (folder / "log").read_text()
                time.sleep(0.05)
            filed = dict[str, float]()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                filed[hall.accept(hall.file()).number] = time.monotonic()
                time.sleep(0.01)
        finally:
            running.kill()
            died = time.monotonic()
            running.wait()
    return filed, died


def lost(program: str, folder: Path, seconds: float) -> float:
    """Seconds between the last filing that came back and the machine's death."""
    (folder / "there").mkdir(parents=True)
    hall = make_hall(folder / "here")
    filed, died = replicated(program, hall, folder, seconds)
    hall.database.close()
    target = folder / "there" / "hall.db"
    subprocess.run(
        [program, "restore", "-config", str(folder / "litestream.yml"), "-o", str(target), str(folder / "here" / "hall.db")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    shutil.copy(folder / "here" / "hall.key", folder / "there" / "hall.key")
    restored = Database.open(target)
    try:
        found = auditing.audit(restored)
        assert found.sound, found
        back = {row["number"] for row in restored.rows("SELECT number FROM cases")}
    finally:
        restored.close()
    # What came back is everything up to one moment, nothing out of the middle.
    order = list(filed)
    assert [number for number in order if number in back] == order[: len(back)]
    assert back <= set(order)
    assert len(back) > 0
    return died - filed[order[len(back) - 1]]


def test_what_was_filed_until_seconds_before_the_machine_died_is_restored_and_sound(
    program: str, tmp_path: Path
) -> None:
    seconds = lost(program, tmp_path, 4)
    print(f"lost: {seconds:.2f} s")
    assert seconds < 10


@pytest.mark.soak
def test_the_seconds_lost_over_ten_deaths(tmp_path: Path) -> None:
    subprocess.run(["sh", str(ROOT / "scripts" / "litestream.sh")], check=True)
    program = litestream()
    assert program is not None
    found = sorted(
        lost(program, tmp_path / str(number), 5 + 3 * os.urandom(1)[0] / 255) for number in range(10)
    )
    print("seconds lost:", ", ".join(f"{each:.2f}" for each in found))
    assert found[len(found) // 2] < 3
    assert found[-1] < 10
