"""One build of the portal in a process of its own, for a running hall: what a build leaves in memory goes with it.

    python -m hall.one_build text|json ROOT

loads the compiler with what it needs for a root, waits for an `Order` on its standard input, builds, and answers with a `Report`. It ends with
the hall: whoever started it keeps the input open as long as it lives.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from catalog.problems import Problem
from catalog.root import Root
from hall import log_lines
from rules.errors import HallError, Invalid


@dataclass(frozen=True, slots=True)
class Order:
    """What to build. `tolerated`: files that were wrong already; None: errors in files keep nothing back."""

    root: str
    items_dirs: tuple[str, ...]
    site: str
    tolerated: tuple[str, ...] | None

    def written(self) -> bytes:
        """One line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Order:
        """From what `written` gave."""
        found = json.loads(line)
        tolerated = found["tolerated"]
        return cls(
            found["root"],
            tuple(found["items_dirs"]),
            found["site"],
            None if tolerated is None else tuple(tolerated),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it; `refused` says why the site stays as it was, and is empty when it was built."""

    pages: int = 0
    written: int = 0
    seconds: float = 0.0
    problems: tuple[Problem, ...] = ()
    refused: str = ""

    def text(self) -> bytes:
        """JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, text: bytes) -> Report:
        """From what `text` gave. Raises Invalid for a build that was refused, ValueError for anything else."""
        found: dict[str, Any] = json.loads(text)
        problems = tuple(Problem(**each) for each in found.pop("problems"))
        report = cls(problems=problems, **found)
        if report.refused:
            raise Invalid(report.refused)
        return report


def perform(order: Order) -> Report:
    """Builds here and now. Raises HallError when the site stays as it was."""
    from site_builder.compile import build

    built = build(
        Root(Path(order.root)),
        items_dirs=[Path(each) for each in order.items_dirs] or None,
        site=Path(order.site),
        tolerated=None if order.tolerated is None else frozenset(order.tolerated),
    )
    return Report(built.pages, built.written, built.seconds, built.problems)


def main(style: str, root: str) -> int:
    """0 done or told to end, 1 the compiler failed, which is logged."""
    # Ctrl-C at a terminal reaches the whole group; the hall ends us when it is done itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One build and then the end: looking for cycles among a hundred thousand items costs a third of the time.
    gc.disable()
    log_lines.configure(cast("log_lines.Style", style))
    with _answer_alone_on_output() as out:
        # Loaded before there is anything to do, so that an edit waits for nothing but its own pages.
        import site_builder.compile  # noqa: F401
        from site_builder.warming import warm

        warm(root)

        # Unbuffered, for the rest of the input is another thread's.
        line = open(0, "rb", buffering=0, closefd=False).readline()  # noqa: SIM115
        if not line:
            return 0
        threading.Thread(target=_end_with_the_hall, name="hall", daemon=True).start()
        try:
            report = perform(Order.read(line))
        except HallError as error:
            report = Report(refused=error.detail)
        with open(out, "wb", closefd=False) as file:
            file.write(report.text())
    return 0


@contextmanager
def _answer_alone_on_output() -> Iterator[int]:
    """The way to who ordered; whatever else is printed goes where errors go."""
    own = os.dup(1)
    os.dup2(2, 1)
    try:
        yield own
    finally:
        os.close(own)


def _end_with_the_hall() -> None:
    """The input ends when the hall does, killed or not: then nobody waits for this build."""
    if not os.read(0, 1):
        os._exit(3)


if __name__ == "__main__":
    code = main(sys.argv[1], sys.argv[2])
    logging.shutdown()
    # Python gives its dictionaries back entry by entry: a tenth of a second that the hall waits for.
    os._exit(code)
