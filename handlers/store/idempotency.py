"""One answer per key: a request sent twice does its work once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from handlers.store.moments import Reads, json_text, stamp
from handlers.store.records import Json
from handlers.store.vault import Vault
from handlers.store.writer import Transaction
from rules.errors import Conflict, Invalid

LONGEST_KEY = 100


def fingerprint(content: object) -> str:
    """A hash of what was asked, to tell a repetition from another request under the same key."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def earlier(reads: Reads, vault: Vault, scope: str, key: str, print_: str) -> Mapping[str, Json] | None:
    """The answer already given under this key. Raises Conflict when the key was used for something else."""
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid("缺少提交标识（幂等键）。请回到表单页面重新提交。")
    read = reads.row
    if isinstance(reads, Transaction) and not reads.was_written((scope, key)):
        read = reads.peek
    row = read("SELECT fingerprint, result FROM idempotency WHERE scope = ? AND key = ?", (scope, key))
    if row is None:
        return None
    if row["fingerprint"] != print_:
        raise Conflict("同一个提交标识已经用于另一次不同的提交。请回到表单页面重新提交。")
    found: Mapping[str, Json] = json.loads(vault.unseal(row["result"], f"{scope}/{key}"))
    return found


def keep(
    tx: Transaction, vault: Vault, scope: str, key: str, print_: str, result: Mapping[str, Json], at: datetime
) -> None:
    """Keeps an answer, sealed: it may hold a query code."""
    tx.later(
        "INSERT INTO idempotency (scope, key, fingerprint, result, at) VALUES (?, ?, ?, ?, ?)",
        (scope, key, print_, vault.seal(json_text(result), f"{scope}/{key}"), stamp(at)),
    )
    tx.mark_written((scope, key))


def forget_before(tx: Transaction, at: datetime) -> int:
    """Drops answers nobody will ask for again."""
    return tx.execute("DELETE FROM idempotency WHERE at < ?", (stamp(at),)).rowcount
