"""What is written in one turn of the event loop is sent at once, in order, and before the connection closes."""

from __future__ import annotations

import asyncio
from typing import cast

from hall.joined_writes import MOST_HELD, JoinedWrites
from tests.loops import run_apart


class Wire:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def joined() -> tuple[Wire, JoinedWrites]:
    wire = Wire()
    return wire, JoinedWrites(cast(asyncio.Transport, wire), asyncio.get_running_loop())


def test_head_and_body_of_an_answer_are_sent_together() -> None:
    async def answer() -> list[bytes]:
        wire, writes = joined()
        writes.write(b"head ")
        writes.write(b"body")
        assert wire.sent == []
        await asyncio.sleep(0)
        writes.write(b"next")
        await asyncio.sleep(0)
        return wire.sent

    assert run_apart(answer()) == [b"head body", b"next"]


def test_much_is_not_held_back() -> None:
    async def answer() -> list[int]:
        wire, writes = joined()
        for _ in range(3):
            writes.write(b"x" * MOST_HELD)
        assert wire.sent
        await asyncio.sleep(0)
        return [len(each) for each in wire.sent]

    assert sum(run_apart(answer())) == 3 * MOST_HELD


def test_a_connection_closes_after_its_last_words_and_takes_none_afterwards() -> None:
    async def answer() -> list[bytes]:
        wire, writes = joined()
        writes.write(b"last")
        writes.close()
        assert wire.closed
        writes.write(b"lost")
        await asyncio.sleep(0)
        return wire.sent

    assert run_apart(answer()) == [b"last"]
