"""A body that drips holds no connection; one over a village's slow line passes. All by a clock that is set by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from hall.body_pace import GRACE_SECONDS, LEAST_BYTES_A_SECOND, BodyPace
from hall.http_limits import BODY_SECONDS, LimitedProtocol

MEGABYTE = 1024 * 1024


class Loop:
    """As much of an event loop as a connection uses, with its time moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.timers: list[tuple[float, Callable[[], None], Timer]] = []
        self.tasks: list[Any] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        timer = Timer()
        self.timers.append((self.now + seconds, call, timer))
        return timer

    def call_soon(self, call: Callable[[], None]) -> None:
        call()

    def create_task(self, work: Any, **_: object) -> Any:
        """The handler is played by the test itself."""
        work.close()
        return Task()

    def pass_(self, seconds: float) -> None:
        """Lets time pass, with what falls due in order."""
        until = self.now + seconds
        while due := sorted(
            (each for each in self.timers if each[0] <= until and not each[2].cancelled),
            key=lambda each: each[0],
        ):
            moment, call, timer = due[0]
            self.now, timer.cancelled = max(self.now, moment), True
            call()
        self.now = until


class Task:
    def add_done_callback(self, _: object) -> None: ...


class Timer:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Wire:
    """The transport's side: what was written, whether it is closed or held back."""

    def __init__(self) -> None:
        self.sent, self.closed, self.reading = b"", False, True

    def write(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, _: str) -> None:
        return None

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


async def _nobody(scope: object, receive: object, send: object) -> None: ...


class Connection:
    def __init__(self) -> None:
        self.loop, self.wire = Loop(), Wire()
        config = uvicorn.Config(
            _nobody, log_config=None, lifespan="off", interface="asgi3", proxy_headers=False
        )
        self.protocol = LimitedProtocol(config, ServerState(), {}, self.loop)
        self.protocol.connection_made(self.wire)  # type: ignore[arg-type]

    def post(self, size: int, path: str = "/hall/letters/new") -> None:
        self.protocol.data_received(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
        )

    def drip(self, pieces: int, size: int, every: float) -> int:
        """Sends pieces until the connection closes; how many were taken."""
        for sent in range(pieces):
            self.loop.pass_(every)
            if self.wire.closed:
                return sent
            self.protocol.data_received(b"x" * size)
            self.protocol.cycle.body = bytearray()  # the handler takes it in
            if self.protocol.flow.read_paused:
                self.protocol.flow.resume_reading()
        return pieces


@pytest.fixture
def connection() -> Connection:
    return Connection()


def test_one_byte_each_29_seconds_is_answered_408_with_a_plain_page_after_the_grace(
    connection: Connection,
) -> None:
    connection.post(900)
    assert connection.drip(900, 1, BODY_SECONDS - 1) == 2
    assert connection.loop.now - 1000 <= GRACE_SECONDS + BODY_SECONDS
    head, _, page = connection.wire.sent.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert f"content-length: {len(page)}".encode() in head
    assert "上传得太慢" in page.decode()
    assert "这一次没有保存" in page.decode()


def test_a_program_is_answered_with_a_problem(connection: Connection) -> None:
    connection.post(900, "/api/v1/cases")
    connection.drip(900, 1, BODY_SECONDS - 1)
    assert json.loads(connection.wire.sent.partition(b"\r\n\r\n")[2])["status"] == 408


def test_a_body_that_stops_altogether_is_answered_too(connection: Connection) -> None:
    connection.post(900)
    connection.protocol.data_received(b"kind=")
    connection.loop.pass_(BODY_SECONDS - 0.1)
    assert not connection.wire.closed
    connection.loop.pass_(0.2)
    assert connection.wire.closed
    assert b" 408 " in connection.wire.sent


@pytest.mark.parametrize(("bits", "passes"), [(256_000, True), (70_000, True), (56_000, False)])
def test_ten_megabytes_pass_over_a_slow_line_and_not_over_one_below_the_least(
    connection: Connection, bits: int, passes: bool
) -> None:
    size, piece = 10 * MEGABYTE, 16 * 1024
    connection.post(size)
    pieces = size // piece
    assert (connection.drip(pieces, piece, piece * 8 / bits) == pieces) is passes
    assert connection.wire.closed is not passes
    if passes:
        connection.loop.pass_(3600)
        assert b"408" not in connection.wire.sent


def test_what_we_are_slow_ourselves_does_not_count(connection: Connection) -> None:
    connection.post(MEGABYTE)
    connection.protocol.data_received(b"x" * 100_000)
    assert connection.protocol.flow.read_paused, "more than the handler has taken in"
    connection.loop.pass_(600)
    assert not connection.wire.closed
    connection.protocol.flow.resume_reading()
    connection.protocol.data_received(b"x" * 1000)
    connection.protocol.cycle.body = bytearray()
    assert connection.drip(2, 1000, 20) == 2
    assert not connection.wire.closed


def test_what_has_been_answered_already_is_only_closed(connection: Connection) -> None:
    connection.post(900)
    connection.protocol.cycle.response_started = True
    connection.loop.pass_(BODY_SECONDS + 1)
    assert connection.wire.closed
    assert connection.wire.sent == b""


def test_the_pace_is_a_deadline_that_grows_with_what_arrived() -> None:
    pace = BodyPace(0.0)
    assert pace.left(59.0) == 1.0
    pace.arrived(LEAST_BYTES_A_SECOND * 10)
    assert pace.left(GRACE_SECONDS) == 10.0
    pace.hold(65.0, held=True)
    assert pace.left(1000.0) == pace.left(65.0) == 5.0
    pace.hold(100.0, held=False)
    assert pace.left(100.0) == 5.0
    assert pace.left(106.0) < 0
