"""What a site holds, looked up by another program: the same as our own look, whatever names are in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from site_builder import present
from site_builder.present import Present

NAMES = (
    "index.html",
    "items/行政许可/index.html",
    "a b/两\n行",
    ".hidden",
    "-print0/-exec",
    "data/[x]*?.json",
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    for name in NAMES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    (root / "empty").mkdir()
    (root / "link").symlink_to(root / "items")
    (root / "broken").symlink_to(root / "nowhere")
    (root / os.fsdecode(b"no-utf8-\xff")).write_bytes(b"")
    return root


def looked_up(site: Path) -> set[str]:
    with Present(site) as found:
        return found.files()


EVERY = {*NAMES, "link", "broken", os.fsdecode(b"no-utf8-\xff")}


def test_every_file_whatever_its_name_and_no_folder(site: Path) -> None:
    assert looked_up(site) == EVERY


def test_the_same_without_the_program(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert looked_up(site) == EVERY


def test_the_same_when_the_program_cannot_say(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    broken = tmp_path / "bin" / "find"
    broken.write_text("#!/bin/sh\nprintf half\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert looked_up(site) == EVERY


def test_a_site_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    assert looked_up(tmp_path / "site") == set()


def test_what_nobody_waits_for_is_ended(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[subprocess.Popen[bytes]] = []

    def endless(_: list[str], **options: Any) -> subprocess.Popen[bytes]:
        begun.append(real(["sleep", "1000"], **options))
        return begun[0]

    real = subprocess.Popen
    monkeypatch.setattr(present.subprocess, "Popen", endless)
    with Present(site):
        pass
    assert begun[0].returncode == -9
