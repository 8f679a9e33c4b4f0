"""The files of the public log in `published/log/`: written whole, never overwritten with something else."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from handlers.store.log_days import KeyEntry, PublishedDay
from rules.errors import Conflict

FILE_FORMAT = "county-hall-log-file/1"
INDEX_FORMAT = "county-hall-log-index/1"
KEYS_FORMAT = "county-hall-log-keys/1"
INDEX, KEYS = "index.json", "keys.json"


def day_body(day: PublishedDay, leaves: Sequence[str]) -> dict[str, object]:
    """A day's file. The leaves are hashes over salted commitments: they tell nothing about a case, not even
    its number; who holds a receipt finds their own."""
    return {
        "format": FILE_FORMAT,
        "statement": asdict(day.statement),
        "signature": day.signature,
        "leaves": list(leaves),
    }


def signed(day: PublishedDay) -> dict[str, object]:
    """A day's statement and signature, as a receipt and a proof carry them."""
    return {"statement": asdict(day.statement), "signature": day.signature}


def keys_body(keys: Sequence[KeyEntry]) -> dict[str, object]:
    """The history of keys, oldest first."""
    entries = [{"statement": asdict(each.statement), "own": each.own, "before": each.before} for each in keys]
    return {"format": KEYS_FORMAT, "keys": entries}


def index_body(days: Sequence[PublishedDay]) -> dict[str, object]:
    """What there is, newest last."""
    rows = [
        {
            "day": each.statement.day, "first": each.statement.first, "last": each.statement.last,
            "root": each.statement.root, "hash": each.hash, "key": each.statement.key,
            "published": each.statement.published,
        }
        for each in days
    ]  # fmt: skip
    return {"format": INDEX_FORMAT, "days": rows}


def days_in(folder: Path) -> tuple[str, ...]:
    """The days that have a file, in order."""
    return tuple(sorted(path.stem for path in folder.glob("[0-9]*-[0-9]*-[0-9]*.json")))


def add_day(folder: Path, body: dict[str, object], day: str) -> bool:
    """Writes a day's file where there is none. Raises Conflict for one that says something else."""
    path = folder / f"{day}.json"
    if path.exists():
        if _read(path) != body:
            raise Conflict(
                f"published/log/{path.name} 与数据库里公布过的不同，没有覆盖。"
                "请用 hall audit verify 查明是文件被改了，还是数据库被换成了旧的。"
            )
        return False
    write(path, body, indent=None)
    return True


def bring_up_to_date(path: Path, body: dict[str, object]) -> None:
    """Writes a file when it says something else: a build watches this folder."""
    if not path.exists() or _read(path) != body:
        write(path, body, indent=1)


def write(path: Path, body: dict[str, object], indent: int | None) -> None:
    """One file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(body, file, ensure_ascii=False, indent=indent)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
