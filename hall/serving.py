"""What runs beside the web server in one process: the sweep that watches deadlines, sending, the build after edits."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

log = logging.getLogger("hall.serving")


def signature(folders: tuple[Path, ...]) -> int:
    """A number that changes when any file below `folders` is added, removed, renamed or written."""
    state: list[tuple[str, int, int]] = []
    waiting = [os.fspath(folder) for folder in folders if folder.exists()]
    while waiting:
        path = waiting.pop()
        if os.path.isdir(path):
            with os.scandir(path) as entries:
                waiting.extend(
                    entry.path
                    for entry in entries
                    # What Python keeps of a county's hooks is written by the build itself.
                    if not entry.name.startswith(".") and entry.name != "__pycache__"
                )
            continue
        try:
            stat = os.stat(path)
        except FileNotFoundError:
            continue
        state.append((path, stat.st_mtime_ns, stat.st_size))
    return hash(tuple(sorted(state)))


def git_heads(folders: Iterable[Path]) -> tuple[str, ...]:
    """Changes with every commit where `folders` lie in Git, whose history the portal tells; empty texts elsewhere."""
    return tuple(map(_head, folders))


def _head(folder: Path) -> str:
    folder = folder.resolve()
    for above in (folder, *folder.parents):
        try:
            return _head_of(above / ".git")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError):
            break
    return ""


def _head_of(place: Path) -> str:
    """The commit, or what else tells one from the next. Raises OSError, ValueError."""
    if place.is_file():
        # A worktree or a submodule: its own head, the branches beside all others.
        place = place.parent / place.read_text("utf-8").removeprefix("gitdir:").strip()
    head = (place / "HEAD").read_text("utf-8").strip()
    if not head.startswith("ref:"):
        return head
    common = place
    with suppress(FileNotFoundError):
        common = place / (place / "commondir").read_text("utf-8").strip()
    branch = head.removeprefix("ref:").strip()
    with suppress(FileNotFoundError, NotADirectoryError):
        return f"{branch} {(common / branch).read_text('utf-8').strip()}"
    for packed in ("packed-refs", "reftable/tables.list"):
        with suppress(FileNotFoundError, NotADirectoryError):
            return f"{branch} {(common / packed).stat().st_mtime_ns}"
    return branch


class Repeating(threading.Thread):
    """A thread that calls `work` and sleeps as long as it answers; a failure is logged and tried again."""

    def __init__(self, name: str, work: Callable[[], timedelta], after_failure: timedelta) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._after_failure = after_failure
        self._stop_asked = threading.Event()

    def run(self) -> None:
        while not self._stop_asked.is_set():
            try:
                pause = self._work()
            except Exception:
                log.exception("%s failed; it will be tried again", self.name)
                pause = self._after_failure
            self._stop_asked.wait(max(pause.total_seconds(), 0.05))

    def stop(self) -> None:
        """Asks the thread to end and waits for the work in hand."""
        self._stop_asked.set()
        self.join(timeout=30)


class Beside:
    """The threads beside the server. They begin a breath after it takes connections: the first answers come first."""

    BREATH_SECONDS = 0.5

    def __init__(self, first: Callable[[], None], threads: Sequence[Repeating]) -> None:
        """`first` is done once, before the threads begin; a failure of it is logged and holds nothing up."""
        self._first = first
        self._threads = threads
        self._stop_asked = threading.Event()
        self._starting = threading.Thread(target=self._begin, name="begin", daemon=True)

    def begin(self) -> None:
        """Answers at once."""
        self._starting.start()

    def _begin(self) -> None:
        self._stop_asked.wait(self.BREATH_SECONDS)
        if self._stop_asked.is_set():
            return
        try:
            self._first()
        except Exception:
            log.exception(
                "not everything could be loaded beforehand; what is missing loads when it is asked for"
            )
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Asks all to end and waits for the work in hand."""
        self._stop_asked.set()
        if self._starting.ident is not None:
            self._starting.join(timeout=30)
        for thread in self._threads:
            if thread.ident is not None:
                thread.stop()


def sweeper(
    sweep: Callable[[], datetime | None], now: Callable[[], datetime], done: Callable[[], None]
) -> Repeating:
    """Runs `sweep`, which answers when the next clock is due, calls `done`, and sleeps until then, at most a minute.

    A minute, because a case filed meanwhile may be due sooner than what the last sweep saw.
    """

    def once() -> timedelta:
        following = sweep()
        done()
        longest = timedelta(minutes=1)
        return longest if following is None else min(longest, following - now())

    return Repeating("sweep", once, timedelta(seconds=30))


def watcher(look: Callable[[], int], rebuild: Callable[[], None], built_from: int | None = None) -> Repeating:
    """Calls `rebuild` when `look` answers another number; looks at once, and then every two seconds.

    `built_from`: what the last build saw, so that what changed since then is not missed.
    """
    seen = look() if built_from is None else built_from

    def once() -> timedelta:
        nonlocal seen
        current = look()
        if current != seen:
            rebuild()
            seen = current
        return timedelta(seconds=2)

    return Repeating("build", once, timedelta(seconds=5))


class _Deliverer(Repeating):
    """Sends what waits; asked to end, it ends what it is handing over and gives the rest back."""

    def __init__(self, work: Callable[[], timedelta], halt: Callable[[], None]) -> None:
        super().__init__("deliver", work, timedelta(seconds=30))
        self._halt = halt

    def stop(self) -> None:
        self._halt()
        super().stop()


def deliverer(send_due: Callable[[], object], halt: Callable[[], None]) -> Repeating:
    """Runs `send_due` every few seconds; `halt` ends a pass under way."""

    def once() -> timedelta:
        send_due()
        return timedelta(seconds=5)

    return _Deliverer(once, halt)
