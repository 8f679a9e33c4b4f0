"""The identity of an item's content, which a case pins so that no later edit changes it for the applicant."""

from __future__ import annotations

import hashlib
import json

from catalog.schema import Item

HASH_LENGTH = 16


def canonical_json(item: Item) -> str:
    """The item as JSON with sorted keys and without defaults.

    Defaults are left out so that a field added to the schema later does not change every version.
    """
    values = item.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def version_hash(item: Item) -> str:
    """16 hex characters of SHA-256 over the canonical JSON: the same content, the same hash."""
    return hashlib.sha256(canonical_json(item).encode()).hexdigest()[:HASH_LENGTH]
