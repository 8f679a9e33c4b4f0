"""The live stream: one look at the log, one rendering per scope, one encoding, whatever number of boards is open.

A watcher holds no queue: it knows the version it has sent and takes the newest when that is another, so a slow
connection skips versions and costs no memory.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from anyio import to_thread

log = logging.getLogger("hall.live")

Scope = tuple[str, ...]
Blocks = Mapping[str, str]
"""The board's parts by their element's id, as HTML."""

LOOK_EVERY = 1.0
HEARTBEAT = 15.0
RETRY = b"retry: 5000\n\n"
BEAT = b": \n\n"
ENDED = b"event: ended\ndata: signed-out\n\n"


@dataclass(slots=True)
class Channel:
    """What all boards of one scope are shown: the newest blocks, encoded once whole and once as the last change."""

    version: int = 0
    blocks: dict[str, str] = field(default_factory=dict)
    whole: bytes = b""
    change: bytes = b""
    watchers: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def publish(self, blocks: Blocks) -> bool:
        """Takes newer blocks over; False where nothing on the board is different."""
        changed = {name: html for name, html in blocks.items() if self.blocks.get(name) != html}
        if not changed:
            return False
        self.version += 1
        self.blocks = dict(blocks)
        self.whole = _message(self.version, self.blocks)
        self.change = _message(self.version, changed)
        self.news.set()
        self.news = asyncio.Event()
        return True

    def since(self, version: int) -> bytes:
        """What a watcher that has `version` needs: the change alone, or everything."""
        return self.change if version and version == self.version - 1 else self.whole


class Live:
    """One per process. `head` says where the log stands, `render` makes the blocks of a scope; both in a thread."""

    def __init__(
        self,
        head: Callable[[], object],
        render: Callable[[Scope], Blocks],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._head, self._render, self._pause = head, render, pause
        self._channels: dict[Scope, Channel] = {}
        self._looking: asyncio.Task[None] | None = None
        self._first: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def watch(self, scope: Scope, allowed: Callable[[], bool]) -> AsyncIterator[bytes]:
        """Server-sent events for one board until it goes away; `allowed` is asked every heartbeat, news or not."""
        channel = self._join(scope)
        now = asyncio.get_running_loop().time
        sent, asked = 0, now()
        try:
            yield RETRY
            while not self._closed:
                if now() - asked >= HEARTBEAT:
                    if not await to_thread.run_sync(allowed):
                        yield ENDED
                        return
                    asked = now()
                if channel.version != sent:
                    message, sent = channel.since(sent), channel.version
                    yield message
                    continue
                news = channel.news
                try:
                    await asyncio.wait_for(news.wait(), HEARTBEAT)
                except TimeoutError:
                    if not await to_thread.run_sync(allowed):
                        yield ENDED
                        return
                    asked = now()
                    yield BEAT
        finally:
            channel.watchers -= 1
            if not channel.watchers:
                self._channels.pop(scope, None)

    def close(self) -> None:
        """Ends every stream, so that a stopping server has nobody to wait for. May be called from a signal handler."""
        self._closed = True
        loop = self._loop
        if loop is not None and loop.is_running():
            loop.call_soon_threadsafe(self._wake_all)

    @property
    def watchers(self) -> int:
        """How many boards are open."""
        return sum(each.watchers for each in self._channels.values())

    def _wake_all(self) -> None:
        for channel in self._channels.values():
            channel.news.set()

    def _join(self, scope: Scope) -> Channel:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # another loop than before: that of the next test, or of a reloaded server
            self._loop, self._channels, self._looking = loop, {}, None
        channel = self._channels.setdefault(scope, Channel())
        channel.watchers += 1
        if self._looking is None or self._looking.done():
            self._looking = loop.create_task(self._look())
        elif channel.watchers == 1:
            self._first = loop.create_task(
                self._show(scope, channel)
            )  # not only with the next look, a second later
        return channel

    async def _look(self) -> None:
        """While any board is open: a look at the log each second, a rendering for each scope when it has grown."""
        seen: object = None
        while self._channels and not self._closed:
            try:
                head = await to_thread.run_sync(self._head)
                for scope, channel in list(self._channels.items()):
                    if head != seen or not channel.version:
                        await self._show(scope, channel)
                seen = head
            except Exception:
                log.exception("the live board could not be brought up to date")
            await self._pause(LOOK_EVERY)

    async def _show(self, scope: Scope, channel: Channel) -> None:
        blocks = await to_thread.run_sync(self._render, scope)
        channel.publish(blocks)


def _message(version: int, blocks: Blocks) -> bytes:
    data = json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))
    return f"id: {version}\nevent: board\ndata: {data}\n\n".encode()
