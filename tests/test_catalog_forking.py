"""Long work shared out among processes comes out as if it had been done in one."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from catalog import forking
from catalog.forking import Beside, processors, shared_out


def squared(number: int) -> int:
    return number * number


def test_shared_out_work_comes_back_whole_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "processors", lambda: 2)
    offset = 7
    assert list(shared_out(lambda each: each + offset, range(1001), 2)) == list(range(7, 1008))


def test_it_is_really_done_elsewhere_from_the_number_given_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "processors", lambda: 2)
    assert set(shared_out(lambda _: os.getpid(), range(9), 10)) == {os.getpid()}
    # The first few are done here, so that what they load is loaded once.
    assert os.getpid() not in list(shared_out(lambda _: os.getpid(), range(10), 10))[4:]


def test_a_process_with_threads_does_not_fork() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert processors() == 1
        assert list(shared_out(squared, range(5), 1)) == [0, 1, 4, 9, 16]
    finally:
        stop.set()
        thread.join()


def test_an_error_in_a_copy_is_an_error_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "processors", lambda: 2)

    def broken(each: int) -> int:
        raise KeyError(each)

    with pytest.raises(KeyError):
        list(shared_out(broken, range(5), 1))


def test_a_copy_that_is_killed_costs_time_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forking, "processors", lambda: 2)
    parent = os.getpid()

    def killed(each: int) -> int:
        if os.getpid() != parent and each == 150:
            os._exit(9)
        return each

    assert list(shared_out(killed, range(300), 2)) == list(range(300))


def test_work_beside_is_done_by_a_copy_and_its_answer_comes_back() -> None:
    with Beside(lambda: (os.getpid(), "done")) as beside:
        found = beside.result()
    assert found is not None
    assert found[0] != os.getpid()
    assert found[1] == "done"


def test_work_beside_that_fails_answers_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> str:
        raise KeyError("no")

    with Beside(broken) as beside:
        assert beside.result() is None


def test_work_beside_that_nobody_waits_for_is_ended() -> None:
    with Beside(lambda: time.sleep(3600)) as beside:
        copy = beside._copy
    with pytest.raises(ProcessLookupError):
        os.kill(copy, 0)
