"""Compares the database with the days of the log that were published: files, signatures, roots, heads, seals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from handlers.logbook.files import KEYS, days_in
from handlers.store import events, log_days, seal_audit
from handlers.store.database import Database
from rules.chain import Fault
from rules.log_days import DayStatement, chain_breaks, day_statement
from rules.merkle import merkle_root


def faults(database: Database, folder: Path) -> Iterator[Fault]:
    """What the published days show: an old database put back, a history rewritten, a file that was changed."""
    keys = _keys(folder)
    statements = list[DayStatement]()
    head = events.head(database)[0]
    for day in days_in(folder):
        found = _day(folder, day, keys)
        if isinstance(found, Fault):
            yield found
            continue
        statements.append(found)
        if found.last > head:
            yield Fault("tail_cut", head + 1, f"{day}公布的日志到第{found.last}条，现在只到第{head}条")
            continue
        leaves = log_days.leaves(database, found.first, found.last)
        if merkle_root(leaves) != found.root:
            yield Fault("changed", found.first, f"{day}的第{found.first}至{found.last}条与当天公布的根不符")
        if found.seal_number and seal_audit.hash_of(database.reader(), found.seal_number) != found.seal:
            yield Fault("changed", found.last, f"{day}公布时的第{found.seal_number}号封存与现在的不符")
    yield from (Fault("changed", 0, words) for words in chain_breaks(statements))
    kept = {each.statement.day for each in log_days.all_days(database)}
    for statement in statements:
        if statement.last <= head and statement.day not in kept:
            yield Fault("removed", statement.last, f"{statement.day}公布过，数据库里没有这次公布")


def _day(folder: Path, day: str, keys: Mapping[str, str]) -> DayStatement | Fault:
    try:
        body: dict[str, Any] = json.loads((folder / f"{day}.json").read_text("utf-8"))
        statement = day_statement(body["statement"])
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[statement.key]))
        public.verify(bytes.fromhex(body["signature"]), statement.message())
    except (OSError, ValueError, KeyError, TypeError):
        return Fault("changed", 0, f"published/log/{day}.json 读不懂，或者没有它的公钥")
    except InvalidSignature:
        return Fault("changed", 0, f"published/log/{day}.json 的签名不对，内容被改过")
    return statement


def _keys(folder: Path) -> dict[str, str]:
    try:
        body: dict[str, Any] = json.loads((folder / KEYS).read_text("utf-8"))
        return {each["statement"]["id"]: each["statement"]["public"] for each in body["keys"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
