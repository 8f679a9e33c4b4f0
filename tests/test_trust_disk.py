"""One real hall on a small disk of its own that fills up and is emptied, with few files it may open, and that is read-only at the next start."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import wait_until_ready

from handlers.readiness import LEAST_FREE_BYTES
from tests.api_fixtures import assert_problem
from tests.trust_fixtures import Serving, assert_whole, client_of, plant_staff, send_filing

MEGABYTE = 1024 * 1024
FILES = 96


class Disk:
    """A tmpfs in a mount namespace that a sleeping process keeps; seen from outside through /proc."""

    def __init__(self, place: Path, megabytes: int) -> None:
        self.place = place
        place.mkdir()
        script = f'mount -t tmpfs -o size={megabytes}m tmpfs "$1" && touch "$1/.up" && exec sleep 600'
        self.keeper = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", str(place)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while not (self.seen / ".up").exists():
            if self.keeper.poll() is not None:
                assert self.keeper.stdout is not None
                pytest.skip(f"no mount of its own here: {self.keeper.stdout.read().decode()}")

    @property
    def seen(self) -> Path:
        return Path(f"/proc/{self.keeper.pid}/root{self.place}")

    @property
    def inside(self) -> tuple[str, ...]:
        return ("nsenter", f"--mount=/proc/{self.keeper.pid}/ns/mnt", f"--wd={os.getcwd()}")

    def remount(self, how: str) -> None:
        subprocess.run([*self.inside, "mount", "-o", f"remount,{how}", str(self.place)], check=True)

    def fill(self) -> None:
        with (self.seen / "filler").open("wb", buffering=0) as file:
            size = MEGABYTE
            while size:
                try:
                    file.write(b"\0" * size)
                except OSError:
                    size //= 2

    def close(self) -> None:
        self.keeper.send_signal(signal.SIGKILL)
        self.keeper.wait()
        assert self.keeper.stdout is not None
        self.keeper.stdout.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("nsenter") is None:
        pytest.skip(
            "a disk of its own needs root, unshare and nsenter (RLIMIT_FSIZE stands in for it elsewhere)"
        )
    made = Disk(tmp_path / "disk", LEAST_FREE_BYTES // MEGABYTE + 60)
    yield made
    made.close()


def test_a_hall_outlives_a_full_disk_and_too_many_connections_and_names_a_read_only_one(
    built_county: Path, tmp_path: Path, disk: Disk
) -> None:
    plant_staff(tmp_path / "made" / "hall.db")
    for name in ("hall.db", "hall.key"):
        shutil.copy(tmp_path / "made" / name, disk.seen / name)
    limited = (*disk.inside, "prlimit", f"--nofile={FILES}:{FILES}")
    serving = Serving(built_county, disk.place / "hall.db", before=limited)
    serving.log = tmp_path / "serve.log"
    filed: list[str] = []

    def file(client: httpx.Client, key: str) -> httpx.Response:
        answer = send_filing(client, key, "198.51.100.7")
        if answer.status_code == 201:
            filed.append(key)
        return answer

    serving.launch()
    try:
        assert serving.process is not None
        wait_until_ready(serving.url, serving.process, serving.log)
        with client_of(serving) as client:
            assert file(client, "first").status_code == 201
            disk.fill()
            for number in range(3):
                assert "磁盘" in assert_problem(file(client, f"full-{number}"), 503)["detail"]
            page = client.post("/hall/letters/new", data={"form_end": "1"}, headers={"accept": "text/html"})
            assert page.status_code < 500 or "Traceback" not in page.text
            assert client.get("/hall/track", headers={"accept": "text/html"}).status_code == 200
            assert client.get("/readyz").status_code == 503
            (disk.seen / "filler").unlink()
            assert client.get("/readyz").status_code == 200
            assert file(client, "full-0").status_code == 201
        _out_of_files(serving)
        with client_of(serving) as client:
            assert file(client, "after").status_code == 201
            assert client.get("/readyz").status_code == 200
        assert "Traceback" not in _without_accepting(serving.told())
        # A disk in use cannot be made read-only from outside; one that is, is told at the start.
        serving.kill()
        disk.remount("ro")
        before = len(serving.told())
        serving.launch()
        assert serving.process is not None
        assert serving.process.wait(timeout=60) == 1
        told = serving.told()[before:]
        assert "只读" in told
        assert "Traceback" not in told
    finally:
        serving.kill()
    shutil.copytree(disk.seen, tmp_path / "kept")
    counts = assert_whole(tmp_path / "kept" / "hall.db", tmp_path / "kept" / "files")
    assert counts["cases"] == len(filed) == 3


def _without_accepting(log: str) -> str:
    """The log without what asyncio itself writes when it may not open one more connection."""
    return "\n".join(part for part in re.split(r"\n(?=\d{4}-)", log) if "out of system resource" not in part)


def _out_of_files(serving: Serving) -> None:
    """More connections than the hall may open files; those it took are answered once the others go."""
    held = []
    try:
        for _ in range(FILES + 20):
            held.append(socket.create_connection(("127.0.0.1", serving.port), timeout=5))
        with client_of(serving) as client:
            client.timeout = httpx.Timeout(1.0)
            try:
                answer = client.get("/healthz")
            except httpx.TransportError:
                pass
            else:
                assert answer.status_code in (200, 503)
    finally:
        for each in held:
            each.close()
    # The loop waits a second before it accepts again, and connections of that second are reset.
    assert serving.process is not None
    wait_until_ready(serving.url, serving.process, serving.log)


def test_a_hall_that_may_not_write_says_so_and_ends(
    built_county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hall.cli import main
    from handlers.store import database as store

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "hall.key"))

    monkeypatch.setattr(store.Vault, "at", refused)
    words = ["hall", "serve", "--no-build", "--db", str(tmp_path / "hall.db"), "--root", str(built_county)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert "没有权限读写" in told
    assert "hall.key" in told
