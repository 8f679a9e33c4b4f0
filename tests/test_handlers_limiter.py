"""The counts of attempts: loaded beforehand by one thread while another already counts."""

from __future__ import annotations

import subprocess
import sys

import pytest

# In a process of its own: only there is the library not loaded yet.
TWO_AT_ONCE = """
import sys, threading, time
from handlers.limiter import Limit, Limiter
limiter, failed = Limiter(), []
def prepare():
    try:
        time.sleep(float(sys.argv[1]))
        limiter.prepare()
    except BaseException as error:
        failed.append(error)
beside = threading.Thread(target=prepare)
beside.start()
assert limiter.hit(Limit(1, 1), "tries", "somebody")
assert not limiter.hit(Limit(1, 1), "tries", "somebody")
beside.join()
assert not failed, failed
"""


@pytest.mark.parametrize("after", ["0", "0.03"])
def test_the_first_count_and_the_loading_beforehand_may_meet(after: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO_AT_ONCE, after], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
