"""Since when a rule reads as it does: kept beside the data, so that no card begins before its rule was in force."""

from __future__ import annotations

import json
from datetime import datetime

from handlers.store import settings
from handlers.store.moments import Reads, json_text, moment, stamp
from handlers.store.writer import Transaction

_SINCE = "rules_since"


def since_when(reads: Reads, rule: str) -> datetime | None:
    """When a rule was last changed while the hall ran; None for one that has been so from the beginning."""
    text = settings.get(reads, _SINCE)
    found = None if text is None else json.loads(text).get(rule)
    return None if found is None else moment(found)


def changed(tx: Transaction, rules: tuple[str, ...], at: datetime) -> None:
    """Rules read otherwise from a moment on."""
    text = settings.get(tx, _SINCE)
    known: dict[str, str] = {} if text is None else json.loads(text)
    settings.put(tx, _SINCE, json_text(known | dict.fromkeys(rules, stamp(at))))
