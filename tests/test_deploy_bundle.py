"""The offline bundle: made here, installed and used where no registry, and no network at all, is reached."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT, free_port

SCRIPT = """
import json, subprocess, sys, time
import httpx
port, hall = sys.argv[1], sys.argv[2]
served = subprocess.Popen([hall, "serve", "--port", port, "--log", "json", "--no-build"], stderr=open("serve.log", "w"))
try:
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)
    for _ in range(240):
        try:
            if client.get("/readyz").status_code == 200:
                break
        except httpx.TransportError:
            pass
        time.sleep(0.25)
    item = client.get("/api/v1/items").json()["items"][0]["code"]
    answers = {
        "applicant_kind": "1", "applicant_name": "张示例", "applicant_id_type": "111",
        "applicant_id_number": "990121199003070010", "contact_name": "张示例", "contact_phone": "0000-5550999",
        "by_agent": "no", "question": "开饭店要哪些材料？", "delivery": "electronic", "truth": "yes",
    }
    filed = client.post("/api/v1/cases", json={"item": item, "answers": answers}, headers={"Idempotency-Key": "offline-1"})
    assert filed.status_code == 201, filed.text
    number = filed.json()["number"]
    seen = client.get(f"/api/v1/cases/{number}", headers={"X-Query-Code": filed.json()["query_code"]})
    assert seen.status_code == 200, seen.text
    print(json.dumps({"number": number, "health": client.get("/healthz").json()}))
finally:
    served.terminate()
    served.wait(30)
"""


def runtime() -> list[str]:
    """The names that the bundle must hold, from pyproject."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [
        re.split(r"[^A-Za-z0-9._-]", each)[0].lower().replace("_", "-") for each in project["dependencies"]
    ]


def test_the_lock_is_read_whole_and_the_closure_has_what_runs_and_nothing_of_the_tests() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import bundle
    finally:
        sys.path.pop(0)
    lock = bundle.locked((ROOT / "requirements.lock").read_text("utf-8"))
    assert len(lock) > 60
    assert all("--hash=sha256:" in entry for entry in lock.values())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = bundle.needed(project["dependencies"])
    assert set(runtime()) <= names
    assert {"anyio", "markupsafe", "h11", "cffi"} <= names
    assert not names & {"pytest", "mypy", "ruff", "playwright", "hypothesis", "uv"}
    assert names <= set(lock), f"run make lock: {sorted(names - set(lock))}"


def test_the_install_script_refuses_a_bundle_that_was_changed_or_is_for_another_machine(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    shutil.copy(ROOT / "deploy" / "install.sh", folder / "install.sh")
    (folder / "PLATFORM").write_text("version=9\nplatform=plan9-vax-cp27\npython=2.7\n", encoding="utf-8")

    def install(*more: str) -> subprocess.CompletedProcess[str]:
        command = ["sh", str(folder / "install.sh"), "--prefix", str(tmp_path / "opt"), "--no-system", *more]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    sums = subprocess.run(["sha256sum", "PLATFORM"], cwd=folder, capture_output=True, text=True, check=True)
    (folder / "SHA256SUMS").write_text(sums.stdout, encoding="utf-8")
    refused = install("--python", sys.executable)
    assert refused.returncode == 1
    assert "plan9-vax-cp27" in refused.stderr
    (folder / "PLATFORM").write_text("version=9\n", encoding="utf-8")
    refused = install()
    assert refused.returncode == 1
    assert "校验和不符" in refused.stderr
    assert install("--wrong").returncode == 2
    assert not (tmp_path / "opt").exists()


def alone(*command: str) -> list[str]:
    """The command in a network of its own that leads nowhere; without root, with proxies that are dead."""
    if os.geteuid() == 0 and shutil.which("unshare") and shutil.which("ip"):
        quoted = " ".join(f"'{each}'" for each in command)
        return ["unshare", "--net", "sh", "-c", f"ip link set lo up && exec {quoted}"]
    return list(command)


@pytest.mark.soak
def test_a_county_is_installed_made_served_and_filed_with_where_no_network_is(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "bundle.py"), str(tmp_path / "dist")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    (archive,) = (tmp_path / "dist").glob("county-hall-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    folder = tmp_path / archive.name.removesuffix(".tar.gz")
    names = {path.name.split("-")[0].lower().replace("_", "-") for path in (folder / "wheels").glob("*.whl")}
    assert {*runtime(), "county-hall"} <= {name.replace(".", "-") for name in names}
    dead = "http://127.0.0.1:9"
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "http_proxy": dead, "https_proxy": dead,
        "PIP_INDEX_URL": f"{dead}/simple", "no_proxy": "127.0.0.1", "GIT_AUTHOR_NAME": "县", "GIT_AUTHOR_EMAIL": "x@example.com",
        "GIT_COMMITTER_NAME": "县", "GIT_COMMITTER_EMAIL": "x@example.com",
    }  # fmt: skip

    def run(*command: str, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            alone(*command), cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    opt = tmp_path / "opt"
    run("sh", str(folder / "install.sh"), "--prefix", str(opt), "--python", sys.executable, "--no-system")
    hall = str(opt / "current" / "env" / "bin" / "hall")
    python = str(opt / "current" / "env" / "bin" / "python")
    run(python, "-m", "pip", "check")
    run(hall, "new", "county", "--name", "白水县", "--division-code", "990122", "--enquiry", "0000-5551001",
        "--supervision", "0000-5551002", "--yes")  # fmt: skip
    county = tmp_path / "county"
    run(hall, "check", cwd=county)
    run(hall, "build", cwd=county)
    (tmp_path / "use.py").write_text(SCRIPT, encoding="utf-8")
    assert '"ok"' in run(python, str(tmp_path / "use.py"), str(free_port()), hall, cwd=county)
    run(hall, "audit", "verify", cwd=county)
    backup = tmp_path / "backups"
    backup.mkdir()
    environment |= {"HALL_ROOT": str(county), "HALL_BACKUPS": str(backup), "HALL_KEEP": "1"}
    run("sh", str(opt / "current" / "deploy" / "backup.sh"), cwd=county)
    assert len(list(backup.glob("hall-*.tar.gz"))) == 1
    # The guide's drill: a county beside it takes the backup over and verifies it.
    (archive_of_day,) = backup.glob("hall-*.tar.gz")
    run(hall, "new", "drill", "--name", "演练县", "--yes")
    run(hall, "restore", str(archive_of_day), "--root", "drill")
    run(hall, "audit", "verify", "--root", "drill")
    # The same version again is refused and harms nothing.
    again = subprocess.run(
        ["sh", str(folder / "install.sh"), "--prefix", str(opt), "--python", sys.executable, "--no-system"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 1
    assert "已经在了" in again.stderr
    run(hall, "--version")
