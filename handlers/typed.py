"""Moments and sums as people type them into a form: read, or None when they cannot be."""

from __future__ import annotations

import re
from datetime import datetime

from rules.errors import Invalid
from rules.time import SHANGHAI, parse_stamp

_MONEY = re.compile(r"(\d{1,8})(?:\.(\d{1,2}))?")


def moment_of(text: str) -> datetime | None:
    """`2026-03-01T09:30` or `2026-03-01 9:30` as a moment in Shanghai time; None for anything else."""
    spread = re.sub(r"(\d)\s+(\d):", r"\1 0\2:", " ".join(text.split()))
    try:
        found = parse_stamp(spread)
    except Invalid:
        return None
    return found if 2000 <= found.year < 2100 else None


def cents_of(text: str) -> int | None:
    """`12.5`, `1,200元` or `¥50` in cents; None for anything else."""
    found = _MONEY.fullmatch(text.strip().strip("¥￥元 ").replace(",", "").replace("，", ""))
    return None if found is None else int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def for_field(moment: datetime) -> str:
    """A moment as a date-and-time field takes it."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")
