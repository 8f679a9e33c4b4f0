"""The live board: one rendering and one encoding whatever number of boards is open, no queue, only what changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

from handlers.watching import live
from handlers.watching.live import BEAT, ENDED, RETRY, Channel, Live, Scope
from tests.loops import run_apart

COUNTY = ("market", "health")


class Log:
    """A log that grows when told, and a board that shows how long it is."""

    def __init__(self) -> None:
        self.length = 1
        self.rendered: list[Scope] = []
        self.fails = False

    def head(self) -> int:
        return self.length

    def render(self, scope: Scope) -> dict[str, str]:
        self.rendered.append(scope)
        if self.fails:
            raise RuntimeError("broken")
        return {"today": f"{'+'.join(scope)}:{self.length}", "still": "<p>the same</p>"}


def blocks_of(message: bytes) -> dict[str, str]:
    line = next(each for each in message.decode().splitlines() if each.startswith("data: "))
    found: dict[str, str] = json.loads(line.removeprefix("data: "))
    return found


def played(play: Callable[[Live, Log, Callable[[], object]], object]) -> None:
    """Runs a scene; `tick` lets the one looker look once more."""

    async def main() -> None:
        log = Log()
        gate = asyncio.Semaphore(0)
        arrived = asyncio.Semaphore(0)

        async def pause(_: float) -> None:
            arrived.release()
            await gate.acquire()

        async def tick() -> None:
            await asyncio.wait_for(arrived.acquire(), 5)
            gate.release()
            await asyncio.wait_for(arrived.acquire(), 5)
            arrived.release()

        board = Live(log.head, log.render, pause)
        try:
            await play(board, log, tick)  # type: ignore[misc]
        finally:
            board.close()
            gate.release()

    run_apart(main())


def yes() -> bool:
    return True


def test_a_watcher_first_gets_the_whole_board_and_then_only_what_changed() -> None:
    async def play(board: Live, log: Log, tick: Callable[[], object]) -> None:
        messages = board.watch(COUNTY, yes)
        assert await anext(messages) == RETRY
        assert blocks_of(await anext(messages)) == {"today": "market+health:1", "still": "<p>the same</p>"}
        log.length = 2
        await tick()  # type: ignore[misc]
        assert blocks_of(await anext(messages)) == {"today": "market+health:2"}

    played(play)  # type: ignore[arg-type]


def test_a_board_with_news_without_end_still_ends_for_who_may_no_longer_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play(board: Live, log: Log, tick: Callable[[], object]) -> None:
        may = [True]
        messages = board.watch(COUNTY, lambda: may[0])
        await anext(messages)
        assert b"market+health:1" in await anext(messages)
        may[0] = False
        log.length = 2
        await tick()  # type: ignore[misc]
        # As long after the last question as a heartbeat is.
        monkeypatch.setattr(live, "HEARTBEAT", 0.0)
        assert await anext(messages) == ENDED
        assert await anext(messages, None) is None

    played(play)  # type: ignore[arg-type]


def test_nobody_is_asked_for_at_every_piece_of_news() -> None:
    async def play(board: Live, log: Log, tick: Callable[[], object]) -> None:
        asked: list[bool] = []
        messages = board.watch(COUNTY, lambda: not asked.append(True))
        await anext(messages)
        for length in (2, 3, 4):
            log.length = length
            await tick()  # type: ignore[misc]
            await anext(messages)
        assert asked == []

    played(play)  # type: ignore[arg-type]


def test_who_missed_a_version_gets_the_whole_board_and_no_backlog() -> None:
    async def play(board: Live, log: Log, tick: Callable[[], object]) -> None:
        slow = board.watch(COUNTY, yes)
        await anext(slow)
        await anext(slow)
        for length in (2, 3, 4):
            log.length = length
            await tick()  # type: ignore[misc]
        assert set(blocks_of(await anext(slow))) == {"today", "still"}
        waiting = asyncio.ensure_future(anext(slow))
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()

    played(play)  # type: ignore[arg-type]


def test_a_thousand_watchers_cost_one_rendering_a_change() -> None:
    async def play(board: Live, log: Log, tick: Callable[[], object]) -> None:
        watching = [board.watch(COUNTY, yes) for _ in range(1000)]
        for each in watching:
            await anext(each)
        first = await asyncio.gather(*(anext(each) for each in watching))
        rendered = len(log.rendered)
        assert rendered <= 2
        log.length = 2
        await tick()  # type: ignore[misc]
        second = await asyncio.gather(*(anext(each) for each in watching))
        assert len(log.rendered) == rendered + 1
        assert board.watchers == 1000
        assert len({id(each) for each in first}) == len({id(each) for each in second}) == 1

    played(play)  # type: ignore[arg-type]


def test_scopes_are_rendered_apart_and_forgotten_when_nobody_watches() -> None:
    async def play(board: Live, log: Log, tick: Callable[[], object]) -> None:
        one, other = board.watch(("market",), yes), board.watch(("health",), yes)
        for each in (one, other):
            await anext(each)
        assert blocks_of(await anext(one))["today"] == "market:1"
        assert blocks_of(await anext(other))["today"] == "health:1"
        await one.aclose()  # type: ignore[attr-defined]
        await tick()  # type: ignore[misc]
        log.rendered.clear()
        log.length = 2
        await tick()  # type: ignore[misc]
        assert log.rendered == [("health",)]

    played(play)  # type: ignore[arg-type]


def test_a_board_that_cannot_be_rendered_for_once_goes_on_afterwards() -> None:
    async def play(board: Live, log: Log, tick: Callable[[], object]) -> None:
        messages = board.watch(COUNTY, yes)
        await anext(messages)
        await anext(messages)
        log.fails, log.length = True, 2
        await tick()  # type: ignore[misc]
        log.fails, log.length = False, 3
        await tick()  # type: ignore[misc]
        assert blocks_of(await anext(messages))["today"] == "market+health:3"

    played(play)  # type: ignore[arg-type]


def test_a_signed_out_reader_is_told_and_let_go() -> None:
    signed_in = True

    async def play(board: Live, log: Log, tick: Callable[[], object]) -> None:
        nonlocal signed_in
        messages = board.watch(COUNTY, lambda: signed_in)
        await anext(messages)
        await anext(messages)
        live.HEARTBEAT = 0.001
        assert await anext(messages) == BEAT
        signed_in = False
        assert b"signed-out" in await anext(messages)
        assert [each async for each in messages] == []

    before = live.HEARTBEAT
    try:
        played(play)  # type: ignore[arg-type]
    finally:
        live.HEARTBEAT = before


def test_nothing_is_published_where_nothing_on_the_board_is_different() -> None:
    channel = Channel()
    assert channel.publish({"today": "1"})
    assert not channel.publish({"today": "1"})
    assert (channel.version, channel.since(0)) == (1, channel.whole)
