"""A connection's writes of one turn of the event loop sent at once: head and body of an answer are one packet."""

from __future__ import annotations

import asyncio
from typing import Any

MOST_HELD = 64 * 1024


class JoinedWrites:
    """In place of a transport: uvicorn writes an answer's head and its body apart, each a call of the system
    and a wake-up of who waits for it.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Sent at the end of this turn, or as soon as much is held."""
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)
        self._size += len(data)
        if self._size > MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Sends what is held."""
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._size = 0
            if not self._transport.is_closing():
                self._transport.write(data)

    def close(self) -> None:
        """Closes when what is held has been sent."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
