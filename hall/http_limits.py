"""The web server's limits on what arrives: how long a request's head may be, and how long one may wait for the rest.

uvicorn and httptools have none: a head without an end fills the memory, and a thousand connections that never ask
keep a thousand descriptors. A proxy in front has such limits; a hall without one needs them too.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hall.joined_writes import JoinedWrites

log = logging.getLogger("hall.serving")

MOST_HEAD = 64 * 1024
HEAD_SECONDS = 20.0
BODY_SECONDS = 30.0


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose request's head grows beyond `most_head` bytes or is not there after `head_seconds`,
    or whose body does not go on for `body_seconds`. An answer under way, the live board's too, is never cut.
    """

    most_head = MOST_HEAD
    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head, self._head = True, 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = JoinedWrites(transport, self.loop)  # type: ignore[assignment]
        self._wait(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        asking = self._in_head
        super().data_received(data)
        if self.transport.is_closing():
            self._stop()
        elif self._in_head:
            self._head += len(data)
            if self._head > self.most_head:
                self._stop()
                log.warning("a request's head of more than %d bytes was refused", self.most_head)
                self.send_400_response("Request head too large.")
        elif not asking and self._timer is not None:
            self._wait(self.body_seconds)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head = True, 0
        self._wait(self.head_seconds)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._wait(self.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop()
        super().on_message_complete()

    def _wait(self, seconds: float) -> None:
        self._stop()
        self._timer = self.loop.call_later(seconds, self._late)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if not self._in_head and self.flow.read_paused:
            self._wait(self.body_seconds)  # it is we who are slow
            return
        self.transport.close()
