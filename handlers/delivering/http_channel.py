"""Sending by HTTP: one client that keeps its connections, follows no redirect and writes no address into a log."""

from __future__ import annotations

import email.utils
import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx

from catalog.delivery import DeliverySettings
from handlers.delivering.channels import SendingFault
from rules.time import SHANGHAI

# At INFO httpx writes every address with its query, and so the robots' keys.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_LARGEST_ANSWER = 100_000
_TOO_MANY = 429
_AGAIN_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
_OUR_SETTINGS = frozenset({401, 403, 404, 405, 407, 415})


def client(settings: DeliverySettings, timeout: float) -> httpx.Client:
    """A client as the county's settings want it; the machine's proxy variables do not count."""
    verify: ssl.SSLContext | bool = True
    if settings.ca_file:
        verify = ssl.create_default_context(cafile=settings.ca_file)
    return httpx.Client(
        timeout=timeout, verify=verify, trust_env=False, follow_redirects=False, proxy=settings.proxy or None
    )


def post(http: httpx.Client, method: str, url: str, now: Callable[[], datetime], **content: Any) -> Any:
    """Sends a request and returns the JSON of a 2xx answer (None when it is no JSON). Raises SendingFault."""
    try:
        answer = http.request(method, url, **content)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise SendingFault(f"连不上：{_kind(error)}", again=True, whole_channel=True) from None
    except httpx.TimeoutException:
        raise SendingFault("等回答超时", again=True, whole_channel=True, unclear=True) from None
    except httpx.InvalidURL:
        raise SendingFault("网址不对，请检查设置", again=True, whole_channel=True) from None
    except httpx.HTTPError as error:
        raise SendingFault(f"连接中断：{_kind(error)}", again=True, unclear=True) from None
    return _judged(answer, now)


def _judged(answer: httpx.Response, now: Callable[[], datetime]) -> Any:
    status = answer.status_code
    if status in _AGAIN_LATER:
        raise SendingFault(
            f"对方回答 HTTP {status}",
            again=True,
            whole_channel=True,
            retry_after=retry_after(answer.headers.get("retry-after", ""), now()),
        )
    if status in _OUR_SETTINGS or 300 <= status < 400:
        raise SendingFault(f"对方回答 HTTP {status}，请检查网址和密钥", again=True, whole_channel=True)
    if not 200 <= status < 300:
        raise SendingFault(f"对方不收：HTTP {status}", again=False)
    if len(answer.content) > _LARGEST_ANSWER:
        return None
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None


def retry_after(header: str, now: datetime) -> float | None:
    """Seconds from a Retry-After header: a number of seconds or a date; at most a day; None when it is neither."""
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) < 8:
        return min(float(text), 86400.0)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=SHANGHAI)
    return min(max((until - now).total_seconds(), 0.0), 86400.0)


def at_path(value: Any, path: str) -> str | None:
    """The value at `data.0.code` as text; None when there is nothing there."""
    for part in path.split(".") if path else ():
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _kind(error: Exception) -> str:
    return type(error).__name__
