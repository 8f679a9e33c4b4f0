"""What goes in and out of columns: moments as text with offset in Shanghai time, contents as JSON text."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from handlers.store.writer import Values
from rules.time import SHANGHAI, format_stamp


class Reads(Protocol):
    """What reading needs: a Database outside, a Transaction inside a write."""

    def row(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        """The first row or None."""
        ...

    def rows(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """All rows."""
        ...

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row, or None."""
        ...


def by_name(row: sqlite3.Row) -> dict[str, Any]:
    """A wide row by its columns' names: a Row compares a name with one column after the other each time."""
    return dict(zip(row.keys(), row, strict=True))


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime:
    """A stored stamp. Few different ones, the ends of days, stand in most columns."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI)


def moment_or_none(text: str | None) -> datetime | None:
    """A stored stamp that may be missing."""
    return None if text is None else moment(text)


def stamp(at: datetime) -> str:
    """A moment as stored."""
    return format_stamp(at)


def stamp_or_none(at: datetime | None) -> str | None:
    """A moment that may be missing, as stored."""
    return None if at is None else format_stamp(at)


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_text(value: object) -> str:
    """A value as it is kept in a column of JSON text."""
    return _encode(value)
