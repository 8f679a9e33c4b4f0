"""Since when a rule reads as it does, and how it read before: kept beside the data, so that a card is of its own rule."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from handlers.store import settings
from handlers.store.moments import Reads, json_text, moment, stamp
from handlers.store.writer import Transaction

if TYPE_CHECKING:
    from rules.rule_set import RuleSet

KEPT = "rules:"
_SINCE = "rules_since"


def since_when(reads: Reads, rule: str) -> datetime | None:
    """When a rule was last changed while the hall ran; None for one that has been so from the beginning."""
    text = settings.get(reads, _SINCE)
    found = None if text is None else json.loads(text).get(rule)
    return None if found is None else moment(found)


def kept(reads: Reads, version: str) -> RuleSet | None:
    """The rules as they were under a version that has been in force; None for one that never was."""
    text = settings.get(reads, KEPT + version)
    if text is None:
        return None
    # Only what was found before the rules changed is read by them: the rest of the hall starts without.
    from catalog.published_rules import from_text

    return from_text(text).rule_set


def changed(tx: Transaction, rules: tuple[str, ...], at: datetime) -> None:
    """Rules read otherwise from a moment on."""
    text = settings.get(tx, _SINCE)
    known: dict[str, str] = {} if text is None else json.loads(text)
    settings.put(tx, _SINCE, json_text(known | dict.fromkeys(rules, stamp(at))))
