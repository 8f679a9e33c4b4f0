"""HTTP/1.1 answers taken apart as they arrive, in whatever pieces: of a known length, in chunks, or up to the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_BODILESS = frozenset({204, 304})


class Garbled(Exception):
    """What arrived is no answer to a request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: its status and its body, chunks joined."""

    status: int
    body: bytes


@dataclass(slots=True)
class _Head:
    status: int
    ends: int
    """Where the body begins in what has arrived."""
    length: int | None
    chunked: bool


class Answers:
    """One connection's answers, in order, to requests that are not HEAD. What came too early is kept for the next."""

    def __init__(self) -> None:
        self._arrived = b""
        self._head: _Head | None = None
        self._chunks = bytearray()
        self._at = 0

    def feed(self, data: bytes) -> Iterator[Answer]:
        """The answers that these bytes complete. Raises Garbled."""
        self._arrived += data
        while (found := self._next()) is not None:
            if found.status >= 200:  # 100 Continue and the like only announce the answer
                yield found

    def ended(self) -> Answer | None:
        """The answer that had no length and ends with its connection; None where none was begun, or not all of it came."""
        head = self._head
        if head is None or head.chunked or head.length is not None:
            return None
        return self._take(head, self._arrived[head.ends :], len(self._arrived))

    def _next(self) -> Answer | None:
        head = self._head
        if head is None:
            ends = self._arrived.find(b"\r\n\r\n")
            if ends < 0:
                return None
            head = self._head = _head_of(self._arrived[:ends], ends + 4)
            self._at = head.ends
        if head.chunked:
            return self._chunked(head)
        if head.length is None or len(self._arrived) < head.ends + head.length:
            return None
        return self._take(head, self._arrived[head.ends : head.ends + head.length], head.ends + head.length)

    def _chunked(self, head: _Head) -> Answer | None:
        while (ends := self._arrived.find(b"\r\n", self._at)) >= 0:
            size = _size(self._arrived[self._at : ends])
            if size == 0:
                return self._after_trailers(head, ends)
            begins, after = ends + 2, ends + 2 + size
            if len(self._arrived) < after + 2:
                return None
            if self._arrived[after : after + 2] != b"\r\n":
                raise Garbled(f"a chunk of {size} bytes does not end there")
            self._chunks += self._arrived[begins:after]
            self._at = after + 2
        return None

    def _after_trailers(self, head: _Head, last: int) -> Answer | None:
        """An empty line ends the answer: at once, or after header lines that follow the last chunk."""
        if self._arrived[last + 2 : last + 4] == b"\r\n":
            return self._take(head, bytes(self._chunks), last + 4)
        ends = self._arrived.find(b"\r\n\r\n", last)
        return None if ends < 0 else self._take(head, bytes(self._chunks), ends + 4)

    def _take(self, head: _Head, body: bytes, used: int) -> Answer:
        self._arrived, self._head = self._arrived[used:], None
        self._chunks.clear()
        return Answer(head.status, body)


def _head_of(text: bytes, ends: int) -> _Head:
    first, _, rest = text.partition(b"\r\n")
    version, _, told = first.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not told[:3].isdigit():
        raise Garbled(f"no status line: {first[:80]!r}")
    status, length, chunked = int(told[:3]), None, False
    for line in rest.split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.lower()
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            chunked = value.strip().lower() == b"chunked"
    if status < 200 or status in _BODILESS:
        length, chunked = 0, False
    return _Head(status, ends, length, chunked)


def _size(line: bytes) -> int:
    """The size before a chunk, with what may stand behind it. Raises Garbled."""
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError:
        raise Garbled(f"no size of a chunk: {line[:80]!r}") from None
