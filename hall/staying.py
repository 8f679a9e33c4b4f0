"""What is loaded to stay: no search for garbage goes through it, neither meanwhile nor later."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stays() -> Iterator[None]:
    """Around what loads modules and what they make: looking for garbage among it takes a tenth of a start.

    What loading itself leaves behind stays too: half a megabyte to one, not worth a pause of a tenth of a second in
    which nobody is answered.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
