"""Reads so short that a thread would cost more than they do: made on the event loop, on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from handlers.store.failures import Occupied

P = ParamSpec("P")
T = TypeVar("T")


async def read_here(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `read` answers from a few rows found by their keys; it must not write.

    Readers of a file in WAL mode wait for no writer. Where another process holds the whole file all the same, the
    read is made again in a thread, which has the patience that an event loop must not have.
    """
    try:
        return read(*args, **kwargs)
    except Occupied:
        return await run_in_threadpool(read, *args, **kwargs)
