"""Reads the history of item files out of git: one `git log` and one `git cat-file --batch`, nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from rules.quick_dataclass import dataclass
from rules.time import local

EMPTY = "0" * 40
_FIELD, _RECORD = "\x1f", "\x1e"


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of one commit: blob before and after; EMPTY stands for not there."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit that touched item files."""

    hash: str
    when: datetime
    author: str
    subject: str
    files: tuple[FileChange, ...]


def repository_of(folder: Path) -> Path | None:
    """The top of the git work tree around `folder`, or None: no repository, or no git on this machine."""
    if not folder.is_dir():
        return None
    answer = _git(folder, "rev-parse", "--show-toplevel")
    return Path(answer.decode().strip()) if answer else None


def head(repository: Path) -> str:
    """The commit checked out; empty while there is none."""
    return (_git(repository, "rev-parse", "--verify", "--quiet", "HEAD") or b"").decode().strip()


def commits(repository: Path, folders: Sequence[Path]) -> tuple[Commit, ...]:
    """All commits on the current branch that touched YAML files below `folders`, newest first.

    Merges are left out: what they bring in is in the commits they merge.
    """
    paths = [folder.resolve().relative_to(repository.resolve()).as_posix() or "." for folder in folders]
    text = _git(
        repository,
        "-c",
        "core.quotepath=false",
        "log",
        "--no-merges",
        "--no-renames",
        "--no-abbrev",
        "--raw",
        "-z",
        f"--format={_RECORD}%H{_FIELD}%cI{_FIELD}%an{_FIELD}%s{_FIELD}",
        "HEAD",
        "--",
        *(f":(glob){path}/**/*.yml" if path != "." else ":(glob)**/*.yml" for path in paths),
    )
    if not text:
        return ()
    return tuple(_commit(record) for record in text.decode("utf-8", "replace").split(_RECORD)[1:])


def blobs(repository: Path, hashes: Iterable[str]) -> Mapping[str, bytes]:
    """The content of blobs by hash; a missing one (shallow clone) is left out."""
    wanted = sorted(set(hashes) - {EMPTY})
    if not wanted:
        return {}
    answer = subprocess.run(
        ["git", "-C", str(repository), "cat-file", "--batch"],
        input="\n".join(wanted).encode() + b"\n",
        capture_output=True,
        check=False,
    ).stdout
    found: dict[str, bytes] = {}
    place = 0
    while place < len(answer):
        line_end = answer.index(b"\n", place)
        words = answer[place:line_end].decode().split(" ")
        place = line_end + 1
        if len(words) == 3:
            size = int(words[2])
            found[words[0]] = answer[place : place + size]
            place += size + 1
    return found


def _commit(record: str) -> Commit:
    hash_, when, author, subject, rest = record.split(_FIELD, 4)
    # With -z, file records are `:old-mode new-mode old new STATUS`, NUL, path, NUL.
    parts = [part for part in rest.strip("\n").split("\0") if part.strip("\n")]
    files: list[FileChange] = []
    place = 0
    while place + 1 < len(parts):
        words = parts[place].strip("\n").split(" ")
        if len(words) >= 5 and words[0].startswith(":"):
            files.append(FileChange(parts[place + 1], words[2], words[3]))
            place += 2
        else:
            place += 1
    return Commit(hash_, local(datetime.fromisoformat(when)), author, subject, tuple(files))


def _git(folder: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
