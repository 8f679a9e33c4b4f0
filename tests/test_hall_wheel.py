"""The wheel carries everything: a second county is made, checked, built and served from it alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import httpx
import pytest
from conftest import ROOT, free_port, wait_until_ready


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `hall` of a new environment that has the wheel, and the libraries of this one, but no checkout.

    The libraries come by a path file instead of a second download; `make wheel-check` installs them anew.
    """
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("county_hall-*.whl")
    environment = folder / "env"
    venv.create(environment, with_pip=False, symlinks=True)
    packages = next(environment.glob("lib/python*/site-packages"))
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile",
            "--prefix", str(environment), "--ignore-installed", "--no-warn-script-location", str(wheel),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    (packages / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    hall = environment / "bin" / "hall"
    text = hall.read_text(encoding="utf-8").splitlines()
    hall.write_text("\n".join([f"#!{environment}/bin/python", *text[1:]]) + "\n", encoding="utf-8")
    return hall


def run(hall: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [str(hall), *arguments], cwd=cwd, capture_output=True, text=True, check=False, env=clean
    )


def test_code_comes_from_the_wheel_and_not_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    found = subprocess.run(
        [
            str(installed.parent / "python"),
            "-c",
            "import catalog, hall; print(catalog.__file__, hall.__file__)",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(ROOT) + "/catalog" not in found.stdout
    assert found.stdout.count(str(installed.parents[1])) == 2


def test_a_second_county_is_made_checked_built_and_served(installed: Path, tmp_path: Path) -> None:
    made = run(
        installed,
        "new",
        "baishui",
        "--name=白水县",
        "--division-code=990122",
        "--enquiry=0000-5551001",
        "--supervision=0000-5551002",
        "--yes",
        "--json",
        cwd=tmp_path,
    )
    assert made.returncode == 0, made.stderr
    root = tmp_path / "baishui"
    assert "county.yml" in json.loads(made.stdout)["files"]
    assert (root / ".github" / "CODEOWNERS").exists()
    checked = run(installed, "check", cwd=root)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    built = run(installed, "build", cwd=root)
    assert built.returncode == 0, built.stdout + built.stderr
    home = (root / "site" / "index.html").read_text(encoding="utf-8")
    assert "白水县" in home
    assert "青禾县" not in home
    port = free_port()
    log = tmp_path / "serve.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(installed), "serve", "--port", str(port)], cwd=root, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process, log)
        assert "白水县" in httpx.get(f"{url}/").text
        assert httpx.get(f"{url}/hall/search", params={"q": "咨询"}).status_code == 200
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_a_folder_that_is_not_empty_is_refused(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something.txt").write_text("x", encoding="utf-8")
    refused = run(installed, "new", "full", "--yes", cwd=tmp_path)
    assert refused.returncode == 2
    assert "不是空的" in refused.stderr
    assert sorted(p.name for p in (tmp_path / "full").iterdir()) == ["something.txt"]
