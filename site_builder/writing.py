"""Puts outputs into the site: makes what changed, leaves the rest untouched, takes away what is no more."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Self

from catalog.forking import shared_out
from site_builder.outputs import Output, fingerprint
from site_builder.present import Present
from site_builder.target import is_beside

# Fewer files than this are written sooner by one process than by several that must first be made.
SHARED_FROM = 400
# Not ours to remove: the index keeps its own books, versions may be pinned by cases.
KEPT = ("data/index/", "data/versions/")
# What handlers wait for; they must never see half of it.
_READ_ALONE = re.compile(r"data/[^/]*")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


class Writer:
    """One build's writing, a context. Remembers in `memory` what was written where, by key and by content.

    What it is about to write stands in a journal beside that until it is remembered: of a build that broke off, the
    next one knows which files may be other than remembered.

    What the site holds is looked up from here on, so that a build makes its writer first of all.
    """

    def __init__(
        self,
        memory: Path,
        site: Path,
        progress: Callable[[int, int], None] | None = None,
        *,
        clean: bool = False,
    ) -> None:
        """`progress` hears after each output how many of how many are done. With `clean` nothing that is there is
        believed, and in the end everything goes that was not written, except for what is kept.
        """
        self.site = site
        self._progress = progress
        self._memory = memory / f"site-{fingerprint(str(site))}.json"
        self._journal = journal_of(memory, site)
        self._clean = clean
        self._before = self._remembered()
        self._now: dict[str, tuple[str, str]] = {}
        self._looking = Present(site)
        self._folders: set[Path] = set()
        self._root = os.fspath(site)
        self._latest = ("", "")
        self.written = 0
        self.removed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._looking.__exit__()

    @cached_property
    def _present(self) -> set[str]:
        return self._looking.files()

    @cached_property
    def _fresh(self) -> bool:
        return not self._present

    def write(self, outputs: Sequence[Output]) -> None:
        """Makes and writes those whose key is new or whose file is gone; equal bytes are not written."""
        wanted: list[Output] = []
        for output in outputs:
            known = None if self._clean else self._before.get(output.path)
            if known is not None and known[0] == output.key and output.path in self._present:
                self._now[output.path] = known
            else:
                wanted.append(output)
        if wanted:
            self._announce(wanted)
        done = len(outputs) - len(wanted)
        for output, (content, written) in zip(
            wanted, shared_out(self._make, wanted, SHARED_FROM), strict=True
        ):
            self._now[output.path] = (output.key, content)
            self.written += written
            done += 1
            if self._progress is not None:
                self._progress(done, len(outputs))
        if self._progress is not None:
            self._progress(len(outputs), len(outputs))

    def _announce(self, wanted: Sequence[Output]) -> None:
        """A line for each call; it begins a new one, for the last build may have died while writing its own."""
        line = "\n" + json.dumps([output.path for output in wanted], ensure_ascii=False)
        self._journal.parent.mkdir(parents=True, exist_ok=True)
        with open(self._journal, "ab") as out:
            out.write(line.encode())

    def _make(self, output: Output) -> tuple[str, bool]:
        """The hash of its content, and whether the file had to be written."""
        if self._fresh and output.twin and self._latest[0] == output.twin and self._linked(output):
            return self._latest[1], True
        made = output.make()
        data = made.encode() if isinstance(made, str) else made
        content = hashlib.blake2b(data, digest_size=12).hexdigest()
        if self._fresh and not _READ_ALONE.fullmatch(output.path):
            self._put(output.path, data)
            self._latest = output.path, content
            return content, True
        file = self.site / output.path
        if output.path in self._present and file.read_bytes() == data:
            return content, False
        if file.parent not in self._folders:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(file.parent)
        _replace(file, data)
        return content, True

    def _linked(self, output: Output) -> bool:
        """A second name for the file written just before costs a sixth of a second file. Later builds replace a
        file and never write into it, so that the other name keeps what it had.
        """
        here, there = f"{self._root}/{output.twin}", f"{self._root}/{output.path}"
        # OSError: a file system without second names.
        with suppress(OSError):
            try:
                os.link(here, there)
            except FileNotFoundError:
                os.makedirs(there.rpartition("/")[0], exist_ok=True)
                os.link(here, there)
            return True
        return False

    def _put(self, path: str, data: bytes) -> None:
        """Straight into a site that was empty when the build began: nobody reads it yet, and what an interruption
        leaves there is compared and made good by the next build.
        """
        file = f"{self._root}/{path}"
        try:
            handle = os.open(file, _NEW, 0o666)
        except FileNotFoundError:
            os.makedirs(file.rpartition("/")[0], exist_ok=True)
            handle = os.open(file, _NEW, 0o666)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
        finally:
            os.close(handle)

    def content_hash(self) -> str:
        """A hash over everything written so far: the same site, the same hash, whatever made it."""
        return fingerprint(*sorted(f"{path} {content}" for path, (_, content) in self._now.items()))[:16]

    def finish(self) -> None:
        """Removes what earlier builds wrote and this one did not, and remembers this one."""
        there = (
            {path for path in self._present if not is_beside(path.split("/")[0])} if self._clean else set()
        )
        for path in sorted((self._before.keys() | there) - self._now.keys()):
            if not path.startswith(KEPT):
                self.removed += _remove(self.site, path)
        if self._now != self._before:
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            _replace(self._memory, json.dumps(self._now, ensure_ascii=False).encode())
        self._journal.unlink(missing_ok=True)

    def _remembered(self) -> dict[str, tuple[str, str]]:
        """What the last build wrote; nothing when the site is gone, so that everything is made again."""
        if not self.site.is_dir():
            return {}
        try:
            found = json.loads(self._memory.read_bytes())
            known = {path: (key, content) for path, (key, content) in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            known = {}
        # No key is empty: these are made again, or taken away.
        return known | dict.fromkeys(self._announced(), ("", ""))

    def _announced(self) -> Iterator[str]:
        """What builds that broke off were about to write."""
        with suppress(FileNotFoundError):
            for line in self._journal.read_bytes().splitlines():
                with suppress(ValueError):
                    yield from json.loads(line)


def journal_of(memory: Path, site: Path) -> Path:
    """Where a build puts down what it is about to write there; it lies there only until the build is done."""
    return memory / f"site-{fingerprint(str(site))}.writing"


def _replace(file: Path, data: bytes) -> None:
    """A whole file or none: readers never see half of it. One build at a time writes a site."""
    temporary = f"{file.parent}/.{file.name}.new"
    try:
        with open(temporary, "wb") as out:
            out.write(data)
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _remove(site: Path, path: str) -> int:
    file = site / path
    if not file.is_file():
        return 0
    file.unlink()
    folder = file.parent
    while folder != site and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
    return 1
