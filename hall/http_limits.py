"""The web server's limits on what arrives: how long a request's head may be, how long one may wait for the rest, and
how slowly a body may come.

uvicorn and httptools have none: a head without an end fills the memory, and a thousand connections that never ask
keep a thousand descriptors. A proxy in front has such limits; a hall without one needs them too.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hall.body_pace import GRACE_SECONDS, BodyPace
from hall.joined_writes import JoinedWrites

log = logging.getLogger("hall.serving")

MOST_HEAD = 64 * 1024
HEAD_SECONDS = 20.0
BODY_SECONDS = 30.0
_SLOW = "上传得太慢，等不到全部内容，连接已断开。这一次没有保存；以前保存的内容都还在。请换个网络好一点的地方，或者把文件压缩、分几次再传。"


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose request's head grows beyond `most_head` bytes or is not there after `head_seconds`,
    or whose body does not go on for `body_seconds` or comes more slowly than `BodyPace` allows; a body too slow is
    answered 408. An answer under way, the live board's too, is never cut.
    """

    most_head = MOST_HEAD
    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS
    body_grace = GRACE_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head, self._head = True, 0
        self._timer: asyncio.TimerHandle | None = None
        self._pace: BodyPace | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = JoinedWrites(transport, self.loop)  # type: ignore[assignment]
        self._wait(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        asking = self._in_head
        if self._pace is not None:
            self._pace.hold(self.loop.time(), held=False)
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
            self._wait_for_body()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head = True, 0
        self._wait(self.head_seconds)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._pace = BodyPace(self.loop.time(), self.body_grace)
        self._wait_for_body()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._pace is not None:
            self._pace.arrived(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop()
        self._pace = None
        super().on_message_complete()

    def _wait(self, seconds: float) -> None:
        self._stop()
        self._timer = self.loop.call_later(seconds, self._late)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait_for_body(self) -> None:
        """For the next bytes, as long as a pause may last and the pace of the whole allows."""
        now, most = self.loop.time(), self.body_seconds
        if self._pace is not None:
            self._pace.hold(now, held=self.flow.read_paused)
            most = min(most, self._pace.left(now))
        self._wait(max(most, 0.0))

    def _late(self) -> None:
        self._timer = None
        if self._in_head:
            self.transport.close()
        elif self.flow.read_paused:
            self._wait(self.body_seconds)  # it is we who are slow
        else:
            self._too_slow()

    def _too_slow(self) -> None:
        """Says so to who has not been answered yet, and closes."""
        log.warning("a body that came too slowly was refused")
        waiting = self.cycle is not None and not self.pipeline and not self.cycle.response_started
        if waiting:
            self.transport.write(_answer_408(str(self.scope["path"]).startswith("/api/")))
            self.cycle.disconnected = True  # what the handler says now would be a second answer
        self.transport.close()


def _answer_408(program: bool) -> bytes:
    """A whole answer: a plain page, or the problem as programs read it."""
    if program:
        kind = "application/problem+json"
        text = json.dumps(
            {"type": "about:blank", "title": "上传太慢", "status": 408, "detail": _SLOW}, ensure_ascii=False
        )
    else:
        kind = "text/html; charset=utf-8"
        text = (
            '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>上传太慢</title>'
            f'<body><h1>上传太慢</h1><p>{_SLOW}</p><p><a href="/">回到首页</a></p></body></html>\n'
        )
    body = text.encode()
    head = (
        f"HTTP/1.1 408 Request Timeout\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
        "cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
