"""What is large and stays long is set aside from the collection of garbage, which stops everybody to go through it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting() -> Iterator[None]:
    """What is made inside is never gone through again; what holds no cycles is still freed when it is let go of.

    Inside nothing is collected: it would come often and find nothing.
    """
    enabled = gc.isenabled()
    # A server set aside at its start what it loaded: what is left is little, and no garbage of it is set aside now.
    # A command that answers once and ends would wait for it.
    if gc.get_freeze_count():
        gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
