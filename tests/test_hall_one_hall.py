"""Two full halls on one data file would both sweep and send: the second is refused, whoever the first is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from conftest import free_port, serving

from hall.one_hall import SUFFIX, hold
from rules.errors import Conflict
from tests.casework_fixtures import ROOT_OF_TESTS

ADDRESS = "http://127.0.0.1:8000"


def test_a_second_hall_is_told_process_and_address_of_the_first_and_may_start_once_it_ended(
    tmp_path: Path,
) -> None:
    first = hold(tmp_path / "hall.db", ADDRESS)
    for name in ("hall.db", "link.db"):
        if name == "link.db":
            (tmp_path / name).symlink_to(tmp_path / "hall.db")
        with pytest.raises(Conflict) as refused:
            hold(tmp_path / name, "http://127.0.0.1:9000")
        assert f"进程 {os.getpid()}，{ADDRESS}" in refused.value.detail
        assert "--only" in refused.value.detail
    hold(tmp_path / "other.db", ADDRESS).close()
    first.close()
    with hold(tmp_path / "hall.db", "http://127.0.0.1:9000"):
        said = (tmp_path / f"hall.db{SUFFIX}").read_text(encoding="utf-8")
        assert said == f"{os.getpid()} http://127.0.0.1:9000\n"


def test_the_lock_of_a_hall_killed_outright_blocks_no_other(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from hall.one_hall import hold; "
        f"kept = hold(Path(sys.argv[1]), '{ADDRESS}'); print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "hall.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT_OF_TESTS, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Conflict, match=f"进程 {process.pid}"):
            hold(tmp_path / "hall.db", ADDRESS)
        process.kill()
        process.wait()
    assert str(process.pid) in (tmp_path / f"hall.db{SUFFIX}").read_text(encoding="utf-8")
    hold(tmp_path / "hall.db", ADDRESS).close()


def test_a_running_hall_refuses_a_second_one_and_shares_with_chosen_jobs(
    built_county: Path, tmp_path: Path
) -> None:
    site, database = built_county / "site", tmp_path / "hall.db"
    with serving(site, database, root=built_county) as running:
        second = subprocess.run(
            [sys.executable, "-m", "hall", "serve", "--root", str(built_county), "--port", str(free_port()),
             "--db", str(database), "--site", str(site), "--no-build"],
            cwd=ROOT_OF_TESTS, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert second.returncode == 1
        assert "已经有一个县厅在运行" in second.stderr
        assert running.url in second.stderr
        assert "Traceback" not in second.stderr
        with serving(site, database, "--only", "track", root=built_county) as beside:
            assert httpx.get(f"{beside.url}/hall/track", timeout=20).status_code == 200
        assert httpx.get(f"{running.url}/healthz", timeout=20).status_code == 200
