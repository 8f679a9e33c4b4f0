"""Long work shared out among the processors, where that is safe; elsewhere done one after another."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Generic, Self, TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")
# Small enough that the processors end together, large enough that handing it over costs nothing beside it.
_SHARE = 100
_FIRST = 4

# What a forked copy finds in its memory, for functions and pages cannot be sent to it.
_work: tuple[Callable[[Any], Any], Sequence[Any]] | None = None


def processors() -> int:
    """How many copies of this process may work at once: 1 where forking is not safe."""
    # Forking a process that already runs threads may freeze the copy; a server does its work by itself.
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0))


def shared_out(work: Callable[[_T], _R], over: Sequence[_T], least: int) -> Iterator[_R]:
    """`work` over each, in order. From `least` on in forked copies of this process: what `work` changes in memory
    is then lost, what it returns is pickled.
    """
    global _work
    if len(over) < least or (count := processors()) < 2:
        yield from map(work, over)
        return
    # Loaded only now: most builds have little to do.
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # What is loaded or compiled at the first use is loaded here once, not in every copy.
    yield from map(work, over[:_FIRST])
    done = _FIRST
    _work = (work, over)
    try:
        with ProcessPoolExecutor(count, mp_context=get_context("fork")) as pool:
            for part in pool.map(_share, range(_FIRST, len(over), _SHARE)):
                yield from part
                done += len(part)
    except (BrokenProcessPool, OSError):
        # A small machine ran out of memory for the copies.
        yield from map(work, over[done:])
    finally:
        _work = None


def _share(start: int) -> list[Any]:
    assert _work is not None
    work, over = _work
    return [work(each) for each in over[start : start + _SHARE]]


class Beside(Generic[_R]):
    """`work` done by a copy of this process while this one goes on; what it returns is pickled."""

    def __init__(self, work: Callable[[], _R]) -> None:
        """Only where `processors` allows more than one."""
        self._pipe, out = os.pipe()
        self._copy = os.fork()
        if self._copy == 0:
            # Whatever happens, the copy ends here: nothing of what its original would clear up is its own.
            try:
                os.close(self._pipe)
                with os.fdopen(out, "wb") as answer:
                    answer.write(pickle.dumps(work()))
            finally:
                os._exit(0)
        os.close(out)

    def result(self) -> _R | None:
        """Waits for it. None when the copy could not do it: the work is then done here, and says why."""
        with os.fdopen(self._pipe, "rb") as pipe:
            answer = pipe.read()
        os.waitpid(self._copy, 0)
        self._copy = 0
        found: _R | None = pickle.loads(answer) if answer else None  # noqa: S301
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody waits for it any more."""
        if self._copy:
            with suppress(ProcessLookupError):
                os.kill(self._copy, signal.SIGKILL)
            os.close(self._pipe)
            os.waitpid(self._copy, 0)
