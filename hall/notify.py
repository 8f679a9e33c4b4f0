"""Tells systemd that the hall is ready, alive, stopping (sd_notify); elsewhere it does nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


def notify(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Sends `READY=1`, `WATCHDOG=1`, `STOPPING=1` or `STATUS=…`; whether there was somebody to tell."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as post:
        post.connect("\0" + address[1:] if address.startswith("@") else address)
        post.sendall(state.encode())
        return True
    return False


def watchdog_seconds(environment: Mapping[str, str] = os.environ) -> float | None:
    """How often to say `WATCHDOG=1`: half of what the unit allows; None when nobody watches this process."""
    allowed, process = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not allowed.isdigit() or (process and process != str(os.getpid())):
        return None
    return max(int(allowed) / 2_000_000, 0.5)
