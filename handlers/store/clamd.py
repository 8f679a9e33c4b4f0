"""Asks clamd whether a file holds a virus: its INSTREAM command over a Unix socket or TCP, nothing else.

Of the packages for this, clamd and pyclamd have not been kept since 2014 and 2017, clamav-client is under GPL-2.0
(this project is under Apache-2.0), and aioclamd knows no Unix socket and changes threads for every kilobyte.
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from rules.quick_dataclass import dataclass

_CHUNK = 64 * 1024
_LONGEST_ANSWER = 4096


class NoAnswer(Exception):
    """The daemon is not there, does not answer in time, or would not look at this file."""


@dataclass(frozen=True, slots=True)
class Clamd:
    """A daemon by its address (`unix:/path` or `tcp:host:port`), and seconds to wait for it."""

    address: str
    timeout: float = 30

    def virus_in(self, path: Path) -> str | None:
        """The name of what was found, None when the file is clean. Raises NoAnswer."""
        try:
            with self._connected() as connection, path.open("rb") as file:
                connection.sendall(b"zINSTREAM\0")
                while piece := file.read(_CHUNK):
                    connection.sendall(struct.pack("!L", len(piece)) + piece)
                connection.sendall(struct.pack("!L", 0))
                answer = self._answer(connection)
        except (OSError, ValueError) as error:
            raise NoAnswer(f"clamd does not answer: {error}") from error
        words = answer.partition("stream: ")[2]
        if words == "OK":
            return None
        if words.endswith(" FOUND"):
            return words.removesuffix(" FOUND")
        raise NoAnswer(f"clamd says: {answer[:200]!r}")

    def _connected(self) -> socket.socket:
        kind, _, place = self.address.partition(":")
        if kind == "tcp":
            host, _, port = place.rpartition(":")
            return socket.create_connection((host, int(port)), timeout=self.timeout)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(self.timeout)
        try:
            connection.connect(place)
        except OSError:
            connection.close()
            raise
        return connection

    @staticmethod
    def _answer(connection: socket.socket) -> str:
        found = b""
        while len(found) < _LONGEST_ANSWER and (piece := connection.recv(_LONGEST_ANSWER)):
            found += piece
            if found.endswith(b"\0"):
                break
        return found.rstrip(b"\0\n").decode(errors="replace")
