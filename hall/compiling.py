"""The portal of a running hall: built before the start and after every edit, each time by another process."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import click

from catalog.mkdocs_sources import FILE, mkdocs_sources
from catalog.root import Root
from hall.log_lines import Style
from hall.one_build import Order, Report, perform
from hall.serving import git_heads, signature
from rules.errors import HallError

log = logging.getLogger("hall")


class BuildDied(Exception):
    """The process that builds ended without an answer; why stands in the log."""


class BuildProcess:
    """Another Python that has the compiler loaded and waits for its one build."""

    def __init__(self, style: Style, root: Root) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hall.one_build", style, os.fspath(root.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # It finds what this process finds, however this one was started.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    def run(self, order: Order) -> Report:
        """Raises Invalid when the site stays as it was, BuildDied."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        answer = b""
        try:
            # A broken pipe: it has died. ValueError: it was ended meanwhile. The missing answer says so.
            with suppress(BrokenPipeError, ValueError):
                self._process.stdin.write(order.written())
                self._process.stdin.flush()
                answer = self._process.stdout.read()
        finally:
            self.end()
        if not answer:
            raise BuildDied(f"the build ended with {self._process.returncode}")
        return Report.read(answer)

    @property
    def ended(self) -> bool:
        """Whether it is gone."""
        return self._process.poll() is not None

    def end(self) -> None:
        """It ends with its input, at once, whatever it is doing."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


class Compiler:
    """Builds the portal before the start, and again whenever a source file changes."""

    def __init__(self, root: Root, items_dirs: tuple[Path, ...], site: Path, style: Style = "text") -> None:
        self.root = root
        self.items_dirs = items_dirs
        self.site = site
        self.built_from: int | None = None
        """What `look` answered before the last build."""
        self._style = style
        self._lock = threading.Lock()
        self._process: BuildProcess | None = None
        # Files that were already wrong in the edition that is shown: they keep nothing back.
        self._wrong: tuple[str, ...] | None = None

    def prepare(self) -> None:
        """Starts the process of the next build: loading the compiler takes as long as an edited item's pages."""
        # Without a second Python the build is done here.
        with self._lock, suppress(OSError):
            if self._process is None or self._process.ended:
                self._process = BuildProcess(self._style, self.root)

    def build(self) -> Report:
        """Raises HallError when the site stays as it was."""
        self.prepare()
        with self._lock:
            self.built_from = self.look()
            items_dirs = tuple(str(each.resolve()) for each in self.items_dirs)
            order = Order(str(self.root.path), items_dirs, str(self.site), self._wrong)
            try:
                report = perform(order) if self._process is None else self._process.run(order)
            finally:
                self._process = None
            self._wrong = tuple(sorted({each.path for each in report.problems if each.is_error}))
            return report

    def first(self) -> None:
        """The build before the first request; errors in single files are told and do not stop the hall."""
        report = self.build()
        for problem in report.problems:
            if problem.is_error:
                click.echo(str(problem), err=True)
        click.echo(f"网站已生成：{report.pages} 页，{report.seconds:.1f} 秒。")

    def again(self) -> None:
        """The build after an edit; one that breaks a file leaves the last good edition as it is, and says so."""
        try:
            report = self.build()
        except HallError as error:
            log.error("the portal stays as it is: %s", error.detail)
            return
        finally:
            # Where one file was edited, another soon will be.
            self.prepare()
        log.info("portal rebuilt: %d files written in %.1f s", report.written, report.seconds)

    def folders(self) -> tuple[Path, ...]:
        """Where the sources lie."""
        own = (self.root.items, self.root.content, self.root.published, self.root.county)
        # Asked anew each time, for an edit may bring in more files.
        return own + self.items_dirs + mkdocs_sources(self.root, self.root.path / FILE).paths

    def look(self) -> int:
        """A number that changes when any source does, or when the items' history grows."""
        return hash((signature(self.folders()), git_heads(self.items_dirs or (self.root.items,))))

    def close(self) -> None:
        """Ends the process that waits or builds: the next start does again what this one leaves half done."""
        process = self._process
        if process is not None:
            process.end()
