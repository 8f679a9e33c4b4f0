"""The guide of deploy/: every command of the hall in it parses, and the drills it describes go through."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from conftest import ROOT

from hall.cli import COMMANDS, group
from hall.commands.serve import PROXY_IDLE_SECONDS, VISITOR_IDLE_SECONDS

DEPLOY = ROOT / "deploy"
GUIDE = (DEPLOY / "README.md").read_text("utf-8")


def command_lines() -> Iterator[str]:
    """Every line of a block, and every inline piece, that begins with `hall `."""
    for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.S):
        yield from (line for line in block.splitlines() if line.startswith("hall "))
    yield from (piece for piece in re.findall(r"`(hall [^`]+)`", GUIDE) if "…" not in piece)


def parse(line: str, folder: Path) -> None:
    """As the command line does, up to the moment before it runs. Raises click's usage errors."""
    arguments = [
        str(folder / Path(each).name) if each.startswith("/var/") or each == "drill" else each
        for each in shlex.split(line)[1:]
    ]
    context = click.Context(group, info_name="hall", **group.context_settings)
    command: click.Command = group
    while isinstance(command, click.Group):
        name, found, arguments = command.resolve_command(context, arguments)
        assert found is not None
        command, context = found, click.Context(found, parent=context, info_name=name)
    command.make_context(command.name, list(arguments), parent=context.parent)


@pytest.mark.parametrize("line", sorted(set(command_lines())))
def test_every_command_of_the_guide_is_one_of_the_hall(line: str, tmp_path: Path) -> None:
    for name in ("hall-manual.tar.gz", "before-upgrade.tar.gz"):
        (tmp_path / name).touch()
    (tmp_path / "drill").mkdir()
    parse(line, tmp_path)


def test_a_command_that_does_not_exist_would_be_found(tmp_path: Path) -> None:
    for wrong in ("hall fly", "hall backup", "hall build --no-such", "hall user wash zhangsan"):
        with pytest.raises(click.UsageError):
            parse(wrong, tmp_path)


def test_the_guide_names_only_files_that_are_there_and_units_that_exist() -> None:
    for name in re.findall(r"\]\(([^)]+)\)", GUIDE):
        assert (DEPLOY / name).exists(), name
    for unit in set(re.findall(r"county-hall[a-z-]*\.(?:service|timer)", GUIDE)):
        assert (DEPLOY / "systemd" / unit).exists(), unit
    for name in re.findall(r"/opt/county-hall/current/deploy/([A-Za-z.]+)", GUIDE):
        assert (DEPLOY / name).exists(), name


def test_the_metrics_of_the_guide_are_those_of_the_hall() -> None:
    source = (ROOT / "handlers" / "metrics.py").read_text("utf-8")
    source += "hall_backup_age_seconds hall_audit_sound hall_requests hall_request_seconds"
    for name in set(re.findall(r"`(hall_[a-z_]+)`", GUIDE)):
        assert name in source, name


def test_shell_scripts_of_deploy_and_scripts_are_read_by_the_plainest_shell() -> None:
    for script in (*DEPLOY.glob("*.sh"), *(ROOT / "scripts").glob("*.sh")):
        subprocess.run(["sh", "-n", str(script)], check=True)


def test_the_daily_backup_keeps_the_newest_and_deletes_none_when_it_fails(tmp_path: Path) -> None:
    """With a hall that only writes a file; the real one is tried in the soak test of the bundle."""
    hall = tmp_path / "hall"
    hall.write_text('#!/bin/sh\n[ ! -e "$0.broken" ] || exit 1\necho "$@" > "$2"\n', encoding="utf-8")
    hall.chmod(0o755)
    backups = tmp_path / "backups"
    backups.mkdir()
    for day in range(1, 6):
        (backups / f"hall-2026010{day}-023000.tar.gz").touch()
    (backups / "before-upgrade.tar.gz").touch()

    def daily(keep: str) -> int:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HALL": str(hall),
            "HALL_ROOT": "/x",
            "HALL_BACKUPS": str(backups),
            "HALL_KEEP": keep,
        }
        return subprocess.run(
            ["sh", str(DEPLOY / "backup.sh")], env=environment, capture_output=True, check=False
        ).returncode

    assert daily("0") == 2
    assert daily("3") == 0
    kept = sorted(path.name for path in backups.glob("hall-*"))
    assert kept[:2] == ["hall-20260104-023000.tar.gz", "hall-20260105-023000.tar.gz"]
    assert len(kept) == 3
    assert (backups / "before-upgrade.tar.gz").exists()
    (tmp_path / "hall.broken").touch()
    assert daily("1") == 1
    assert sorted(path.name for path in backups.glob("hall-*")) == kept


def test_the_container_runs_as_nobody_special_and_asks_only_for_what_exists() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    stages = text.split("\nFROM ")
    assert len(stages) == 3
    last = stages[-1]
    assert re.search(r"^USER 900:900$", last, re.M)
    assert "HEALTHCHECK" in last
    assert "/healthz" in last
    assert last.index("USER") < last.index("ENTRYPOINT")
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M):
        assert all((ROOT / name).exists() for name in copied.split()), copied
    for script in re.findall(r"(?:python|sh) (scripts/\S+|deploy/\S+)", text):
        assert (ROOT / script).exists(), script
    command = re.search(r"^CMD (\[.+\])$", last, re.M)
    assert command is not None
    parse(shlex.join(["hall", *__import__("json").loads(command[1])]), ROOT)


def test_nginx_and_caddy_read_their_examples(tmp_path: Path) -> None:
    from tests.deploy_fixtures import caddy_command, certificate, nginx_command

    if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None or shutil.which("caddy") is None:
        pytest.skip("nginx and caddy are not installed (scripts/servers.sh installs them when it may)")
    certificate(tmp_path)
    checked = [*nginx_command(tmp_path, 8000, tmp_path, 8080, 8443), "-t"]
    done = subprocess.run(checked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    command = caddy_command(tmp_path, 8000, tmp_path, 8080, 8443)
    done = subprocess.run([command[0], "validate", *command[2:]], capture_output=True, text=True, check=False,
                          env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})  # fmt: skip
    assert done.returncode == 0, done.stderr
    formatted = subprocess.run(
        [command[0], "fmt", str(DEPLOY / "Caddyfile")], capture_output=True, text=True, check=True
    )
    assert formatted.stdout == (DEPLOY / "Caddyfile").read_text("utf-8")


def test_every_command_that_the_guide_leans_on_exists() -> None:
    assert {"backup", "restore", "audit", "migrate", "user", "sweep", "build", "check", "new"} <= set(
        COMMANDS
    )
    assert sys.version_info >= (3, 11)


@pytest.mark.parametrize(
    ("file", "line"),
    [("nginx.conf", r"^\s*keepalive_timeout (\d+)s;"), ("Caddyfile", r"^\s*keepalive (\d+)s$")],
)
def test_the_hall_holds_an_idle_connection_longer_than_a_proxy_does(file: str, line: str) -> None:
    found = re.search(line, (DEPLOY / file).read_text("utf-8"), re.MULTILINE)
    assert found is not None
    assert int(found.group(1)) < PROXY_IDLE_SECONDS
    assert VISITOR_IDLE_SECONDS < PROXY_IDLE_SECONDS
