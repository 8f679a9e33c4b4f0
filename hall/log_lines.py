"""How the hall's log reads: a line for people, or one JSON object a line; no line says who anybody is."""

from __future__ import annotations

import logging
import re
import sqlite3
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from typing import Any, Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

from rules.time import SHANGHAI

Style = Literal["text", "json"]
STYLES: tuple[Style, ...] = ("text", "json")

# Written by `handlers.security` from a route's template, a number, a role: nothing of a visitor's making is in it.
REQUESTS = "hall.access"
_OURS = "hall"

_PERSONAL = re.compile(
    r"(?<![A-Za-z0-9])(?:\d{17}[\dXx]|\d{15}|(?:\+?86)?1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?![A-Za-z0-9])"
)
_QUERY = re.compile(r"(?<=[A-Za-z0-9/_~-])\?[^\s\"'<>]+")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")


def masked(text: str) -> str:
    """A line without what could name a person: identity numbers, telephones, mailboxes, what follows a `?`."""
    return _MAIL.sub("***", _PERSONAL.sub("***", _QUERY.sub("?***", text)))


def told(error: BaseException) -> str:
    """An error and its causes by their places in the code and their kinds.

    Its words stay out: a validation error repeats what a person typed. Only the system's and SQLite's own words
    (no space left, disk I/O error) hold nothing of that.
    """
    return "\n".join(line for part in _chain(error) for line in _lines(part))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _lines(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}: {frame.line}"
    words = ""
    if isinstance(error, OSError):
        words = f": {error.strerror or ''}"
    elif isinstance(error, sqlite3.Error):
        words = f": {error}"
    yield f"{type(error).__module__}.{type(error).__qualname__}{words}"


def _message(record: logging.LogRecord) -> str:
    if record.name == REQUESTS:
        return record.getMessage()
    text = record.getMessage()
    if record.name.split(".", 1)[0] != _OURS:
        # Libraries put whole objects behind their first line (asyncio: the task and its exception).
        text = text.split("\n", 1)[0]
    return masked(text).replace("\r", "\\r").replace("\n", "\\n")


def _shanghai(record: logging.LogRecord) -> str:
    second, thousandths = divmod(int(record.created * 1000), 1000)
    before, after = _second(second)
    return f"{before}.{thousandths:03d}{after}"


@lru_cache(maxsize=16)
def _second(second: int) -> tuple[str, str]:
    """What stands before and behind the fraction of every line of one second."""
    text = datetime.fromtimestamp(second, SHANGHAI).isoformat(timespec="seconds")
    return text[:19], text[19:]


class TextLines(logging.Formatter):
    """For a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, words; below them the places of an error."""
        line = f"{_shanghai(record)} {record.levelname} {record.name} {_message(record)}"
        number = getattr(record, "request_id", "")
        if number and record.name != REQUESTS:
            line += f" [{number}]"
        if record.exc_info and record.exc_info[1] is not None:
            line += "\n" + told(record.exc_info[1])
        return line


class JsonLines(JsonFormatter):
    """For programs: python-json-logger writes the object and its extra fields, the words are ours."""

    def __init__(self) -> None:
        super().__init__(
            "%(levelname)s %(name)s",
            rename_fields={"levelname": "level", "name": "logger"},
            json_ensure_ascii=False,
        )

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Time first; a request's line has its facts as fields and needs no words."""
        log_data["time"] = _shanghai(record)
        super().add_fields(log_data, record, message_dict)
        if record.name != REQUESTS:
            log_data["message"] = _message(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 (logging calls it so)
        """Places and kinds."""
        return "" if ei is None or ei[1] is None else told(ei[1])


def configure(style: Style = "text", stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """One handler for everything this process logs, uvicorn's lines, warnings and lost threads included."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # They would tell addresses of gateways, and at INFO every request to them.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    # No line names them, and finding them out for each takes longer than to write it.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    threading.excepthook = _lost_thread
    sys.excepthook = _crashed


def _lost_thread(ended: threading.ExceptHookArgs) -> None:
    name = "" if ended.thread is None else ended.thread.name
    logging.getLogger(_OURS).error(
        "thread %s ended: %s", name, ended.exc_type.__name__, exc_info=ended.exc_value
    )


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        logging.getLogger(_OURS).critical(
            "the process ended: %s", kind.__name__, exc_info=(kind, error, trace)
        )
