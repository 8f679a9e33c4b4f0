"""The units of deploy/: read by systemd's own checks, and as hard as is said."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from hall.cli import group

UNITS = ROOT / "deploy" / "systemd"
# systemd's own figure, 0 (safe) to 10 (unsafe). The hall must reach the network (SMS, mail) and may be reached.
MOST_EXPOSED = {
    "county-hall.service": 1.5,
    "county-hall-backup.service": 0.5,
    "county-hall-audit.service": 0.5,
    "county-hall-failed@.service": 0.5,
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with the units and the programs they start, all else away."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (scripts/servers.sh installs it when it may)")
    root = tmp_path_factory.mktemp("machine")
    units = root / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    for unit in UNITS.iterdir():
        if unit.suffix in (".service", ".timer"):
            shutil.copy(unit, units / unit.name)
    for place in (Path("/usr/lib/systemd/system"), Path("/lib/systemd/system")):
        for target in place.glob("*.target") if place.is_dir() else ():
            found = root / "usr" / "lib" / "systemd" / "system" / target.name
            found.parent.mkdir(parents=True, exist_ok=True)
            if not found.exists():
                shutil.copy(target, found)
    for program in started():
        path = root / program.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n", encoding="utf-8")
        path.chmod(0o755)
    return root


def started() -> Iterator[str]:
    for unit in UNITS.glob("*.service"):
        yield from re.findall(r"^ExecStart=(\S+)", unit.read_text("utf-8"), re.M)


def analyze(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],
        cwd=machine / "etc/systemd/system",
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_exposed_service_is_measured() -> None:
    assert set(MOST_EXPOSED) == {unit.name for unit in UNITS.glob("*.service")}


@pytest.mark.parametrize(
    "unit",
    sorted(path.name for path in UNITS.glob("county-hall*.*er*") if path.suffix in (".service", ".timer")),
)
def test_systemd_finds_nothing_wrong_with_a_unit(machine: Path, unit: str) -> None:
    if "@" in unit:
        unit_file = machine / "etc/systemd/system" / unit
        shutil.copy(unit_file, unit_file.with_name(unit.replace("@", "@x")))
        unit = unit.replace("@", "@x")
    done = analyze(machine, "verify", f"--root={machine}", "--man=no", f"./{unit}")
    said = [line for line in done.stderr.splitlines() if unit.split("@")[0].split(".")[0] in line]
    # Only what stands in a unit is asked here: a root without an operating system has no targets of its own.
    assert [line for line in said if "not found" not in line] == [], done.stderr
    assert not re.search(r"Unknown|Failed to parse|Invalid|ignoring|not executable", done.stderr), done.stderr


@pytest.mark.parametrize("unit", sorted(MOST_EXPOSED))
def test_a_service_is_exposed_no_more_than_is_said(machine: Path, unit: str) -> None:
    done = analyze(machine, "security", "--offline=true", f"--root={machine}", f"./{unit}")
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout + done.stderr)
    assert found is not None, done.stderr
    assert float(found[1]) <= MOST_EXPOSED[unit], done.stdout


def test_the_programs_that_units_start_are_in_the_bundle_and_their_options_exist() -> None:
    for unit in UNITS.glob("*.service"):
        for line in re.findall(r"^ExecStart=(.+)", unit.read_text("utf-8"), re.M):
            program, *arguments = line.split()
            if program.endswith("/env/bin/hall"):
                command = [each for each in arguments if not each.startswith(("-", "/", "$", "json"))]
                help_ = CliRunner().invoke(group, [*command, "--help"]).output
                assert [each for each in arguments if each.startswith("--") and each not in help_] == [], (
                    unit.name
                )
            elif program.startswith("/opt/county-hall/current/deploy/"):
                path = ROOT / "deploy" / program.rsplit("/deploy/", 1)[1]
                assert path.stat().st_mode & 0o111, path


def test_the_options_in_the_units_environment_exist() -> None:
    text = (UNITS / "county-hall.service").read_text("utf-8")
    options = re.findall(r"--[a-z-]+", re.search(r'HALL_OPTIONS=([^"]+)', text)[1])  # type: ignore[index]
    help_ = CliRunner().invoke(group, ["serve", "--help"]).output
    assert options
    assert [each for each in options if each not in help_] == []
