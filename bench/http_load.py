"""HTTP load over plain sockets: as fast as the answers come, or at a given pace counted from when each was due.

A client of our own because httpx takes longer for a request than the servers measured here.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import uvloop

from bench.http_answers import Answers, Garbled

Answered = Callable[[int, bytes], None]
T = TypeVar("T")
LONGEST_WAIT = 60.0


@dataclass(slots=True)
class Load:
    """What came of many requests. `took` in seconds, in the order of the answers; `wrong` one body by status."""

    took: list[float] = field(default_factory=list)
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: dict[int, bytes] = field(default_factory=dict)

    def note(self, status: int, body: bytes, took: float) -> None:
        """One answer; status 0 is a connection that broke."""
        self.statuses[status] += 1
        self.took.append(took)
        if not 200 <= status < 300:
            self.wrong.setdefault(status, body[:500])

    @property
    def errors(self) -> int:
        """Answers that were not 2xx."""
        return sum(count for status, count in self.statuses.items() if not 200 <= status < 300)

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        ordered = sorted(self.took)
        return 1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)]

    def checked(self) -> Load:
        """The same, when every answer was a good one. Raises AssertionError with one of the others."""
        assert not self.errors, (self.statuses, self.wrong)
        return self


class _Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._answers = Answers()
        self._answered: Answered | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    @property
    def open(self) -> bool:
        """Whether it can be asked: a server closes what has been idle for some seconds."""
        return self.transport is not None and not self.transport.is_closing()

    def ask(self, request: bytes, answered: Answered) -> None:
        self._answered = answered
        if not self.open or self.transport is None:
            asyncio.get_running_loop().call_soon(self._settle, 0, b"")
        else:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        try:
            for answer in self._answers.feed(data):
                self._settle(answer.status, answer.body)
        except Garbled as error:
            if self.transport is not None:
                self.transport.abort()
            self._settle(0, str(error).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        last = self._answers.ended() if exc is None else None
        if last is None:
            self._settle(0, str(exc).encode())
        else:
            self._settle(last.status, last.body)

    def _settle(self, status: int, body: bytes) -> None:
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(status, body)


def request(method: str, path: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", "Accept: */*"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def closed(address: str, connections: int, requests: Sequence[bytes]) -> Load:
    """All requests over so many connections, each sending its next when the last is answered."""
    load, loop = Load(), asyncio.get_running_loop()
    done, waiting, left = loop.create_future(), iter(requests), len(requests)
    open_ = [await _connect(address) for _ in range(connections)]

    def next_of(connection: _Connection) -> None:
        following = next(waiting, None)
        if following is None:
            return
        began = time.perf_counter()

        def answered(status: int, body: bytes) -> None:
            nonlocal left
            load.note(status, body, time.perf_counter() - began)
            left -= 1
            if not left:
                done.set_result(None)
            else:
                next_of(connection)

        connection.ask(following, answered)

    started = time.perf_counter()
    for connection in open_:
        next_of(connection)
    await done
    load.seconds = time.perf_counter() - started
    _close(open_)
    return load


@dataclass(frozen=True, slots=True)
class Due:
    """A request and when it is to be sent, in seconds from the start; `kind` names its group of figures."""

    at: float
    kind: str
    request: bytes


async def paced(address: str, plan: Sequence[Due]) -> dict[str, Load]:
    """Every request at its moment, whether earlier ones have been answered or not, over as many connections as it takes.

    Its time counts from the moment it was due, so a server that stalls is not spared what piles up meanwhile. What
    is not answered within LONGEST_WAIT after the last was sent counts as an error of that time.
    """
    loads: dict[str, Load] = {}
    loop = asyncio.get_running_loop()
    idle, every = list[_Connection](), list[_Connection]()
    unanswered, done = {id(due): due for due in plan}, loop.create_future()
    started = time.perf_counter()

    def send(due: Due, connection: _Connection) -> None:
        def answered(status: int, body: bytes) -> None:
            if unanswered.pop(id(due), None) is None:
                return  # given up
            load = loads.setdefault(due.kind, Load())
            load.note(status, body, time.perf_counter() - started - due.at)
            load.seconds = time.perf_counter() - started
            if status:
                idle.append(connection)
            if not unanswered and not done.done():
                done.set_result(None)

        connection.ask(due.request, answered)

    async def on_new(due: Due) -> None:
        connection = await _connect(address)
        every.append(connection)
        send(due, connection)

    opening = set[asyncio.Task[None]]()
    for due in sorted(plan, key=lambda each: each.at):
        wait = due.at - (time.perf_counter() - started)
        if wait > 0:
            await asyncio.sleep(wait)
        while idle and not idle[-1].open:
            idle.pop()
        if idle:
            send(due, idle.pop())
        else:
            opening.add(asyncio.create_task(on_new(due)))
    await asyncio.wait((done,), timeout=LONGEST_WAIT)
    for due in tuple(unanswered.values()):
        del unanswered[id(due)]
        took = time.perf_counter() - started - due.at
        loads.setdefault(due.kind, Load()).note(0, b"no answer", took)
    _close(every)
    return loads


async def _connect(address: str) -> _Connection:
    parts = urlsplit(address)
    _, protocol = await asyncio.get_running_loop().create_connection(
        _Connection, parts.hostname or "127.0.0.1", parts.port or 80
    )
    return protocol


def _close(connections: Iterable[_Connection]) -> None:
    for each in connections:
        if each.transport is not None:
            each.transport.close()


def run(job: Coroutine[Any, Any, T]) -> T:
    """A job on the fast event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(job)


def median_and_spread(name: str, values: Sequence[float]) -> dict[str, float]:
    """The figure of several rounds as `name` and `name_least`, `name_most`."""
    return {
        name: round(statistics.median(values), 1),
        f"{name}_least": round(min(values), 1),
        f"{name}_most": round(max(values), 1),
    }
