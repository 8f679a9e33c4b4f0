"""What is loaded to stay: no search for garbage goes through it, neither meanwhile nor later."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stays() -> Iterator[None]:
    """Around what loads modules and what they make: looking for garbage among it takes a tenth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def tidy() -> None:
    """Lets go once of what loading left behind, and keeps the rest as `stays` does. Blocks for a tenth of a second."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
