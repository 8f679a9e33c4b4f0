"""Applications saved to go on later: found by a code of which only a hash is kept, gone when they expire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from handlers.store.database import Database
from handlers.store.moments import moment, stamp
from handlers.store.people_records import Draft
from handlers.store.records import Json
from handlers.store.vault import Vault, new_code, normal_code
from handlers.store.writer import Transaction
from rules.errors import Gone, NotFound, TooLarge

CODE_LENGTH = 12
MOST_BYTES = 1_000_000


def save(
    database: Database,
    item: str,
    item_version: str,
    data: Mapping[str, Json],
    now: datetime,
    days: int,
    code: str | None = None,
) -> str:
    """Saves and returns the code; with `code` the draft it names is written over. Durable. Raises as `load`."""
    return database.write(Saving(database.vault, item, item_version, data, now, days, code))


async def save_async(
    database: Database,
    item: str,
    item_version: str,
    data: Mapping[str, Json],
    now: datetime,
    days: int,
    code: str | None = None,
) -> str:
    """`save` for event loops."""
    return await database.write_async(Saving(database.vault, item, item_version, data, now, days, code))


class Saving:
    """The job behind `save`."""

    def __init__(
        self,
        vault: Vault,
        item: str,
        item_version: str,
        data: Mapping[str, Json],
        now: datetime,
        days: int,
        code: str | None,
    ) -> None:
        self.text = json.dumps(data, ensure_ascii=False)
        if len(self.text.encode()) > MOST_BYTES:
            raise TooLarge("填写的内容太多，无法保存。请把较长的内容作为附件上传。")
        self.code = normal_code(code) if code else new_code(CODE_LENGTH)
        self.overwrite = code is not None
        self.hash = vault.digest("draft", self.code)
        self.item, self.item_version, self.now = item, item_version, stamp(now)
        self.expires = stamp(now + timedelta(days=days))

    def __call__(self, tx: Transaction) -> str:
        if not self.overwrite:
            tx.execute(
                "INSERT INTO draft (code_hash, item, item_version, data, created, saved, expires) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self.hash, self.item, self.item_version, self.text, self.now, self.now, self.expires),
            )
            return self.code
        cursor = tx.execute(
            "UPDATE draft SET item_version = ?, data = ?, saved = ?, expires = ? "
            "WHERE code_hash = ? AND item = ? AND expires > ?",
            (self.item_version, self.text, self.now, self.expires, self.hash, self.item, self.now),
        )
        if cursor.rowcount != 1:
            raise NotFound("没有找到这个草稿：续办码不对，或者草稿已经过期、已经提交。")
        return self.code


def load(database: Database, code: str, now: datetime) -> Draft:
    """The draft. Raises NotFound for an unknown code, Gone for an expired one."""
    digest = database.vault.digest("draft", normal_code(code))
    row = database.row("SELECT * FROM draft WHERE code_hash = ?", (digest,))
    if row is None:
        raise NotFound("没有找到这个草稿。请核对续办码，注意它和查询码不同。")
    draft = Draft(
        item=row["item"],
        item_version=row["item_version"],
        data=json.loads(row["data"]),
        created=moment(row["created"]),
        saved=moment(row["saved"]),
        expires=moment(row["expires"]),
    )
    if draft.expires <= now:
        raise Gone("这个草稿已经过期，内容已按规定清除。请重新填写。")
    return draft


def hash_of(vault: Vault, code: str) -> bytes:
    """How attachments name the draft they belong to."""
    return vault.digest("draft", normal_code(code))


def delete(tx: Transaction, vault: Vault, code: str) -> None:
    """Removes a draft: filed, or given up by its writer."""
    tx.execute("DELETE FROM draft WHERE code_hash = ?", (vault.digest("draft", normal_code(code)),))


def drop_expired(tx: Transaction, now: datetime) -> int:
    """Removes what has expired; the attachments of those drafts become unclaimed."""
    return tx.execute("DELETE FROM draft WHERE expires <= ?", (stamp(now),)).rowcount
