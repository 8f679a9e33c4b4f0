"""The history of signing keys: made on first use, each newer one vouched for by the one before it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from handlers.logbook.signing import (
    KEY_FILE,
    Ed25519Signer,
    create_key,
    new_key,
    read_signer,
    signer_of,
    write_key,
)
from handlers.store import events, log_days
from handlers.store.database import Database
from handlers.store.log_days import KeyEntry
from handlers.store.writer import Transaction
from rules.access import Role
from rules.errors import Conflict, Unavailable
from rules.log_days import KeyStatement, Signer, fingerprint
from rules.time import format_stamp

_ADVICE = "请从备份恢复密钥文件；确实找不回来，运行 hall audit rotate-key --lost 另换新钥，公开页会写明。"


def key_path(database: Database) -> Path:
    """Where the key lies: beside the database, outside git."""
    return database.path.parent / KEY_FILE


def signer_in_use(database: Database, now: datetime) -> Ed25519Signer:
    """The signer of the newest key of the history; makes the first one. Raises Unavailable when it is lost."""
    path = key_path(database)
    history = log_days.keys(database)
    found = read_signer(path)
    if not history:
        if found is None:
            create_key(path, new_key())
            found = read_signer(path)
        assert found is not None
        entry = entry_for(found, None, 1, "first", now)
        database.write(lambda tx: _add_first(tx, entry, now))
        history = log_days.keys(database)
    public = history[-1].statement.public
    if found is not None and found.public == public:
        return found
    # A rotation that was interrupted between the record and the file.
    coming = read_signer(_next(path))
    if coming is not None and coming.public == public:
        _next(path).replace(path)
        return coming
    said = "不见了" if found is None else "与密钥记录里最新的一把不符"
    raise Unavailable(f"日志签名密钥{said}。{_ADVICE}")


def rotate(database: Database, now: datetime, *, lost: bool = False) -> KeyEntry:
    """A new key, signed by the old one unless that is lost. Raises Unavailable, Conflict."""
    history = log_days.keys(database)
    if not history:
        signer_in_use(database, now)
        return log_days.keys(database)[-1]
    old = None if lost else signer_in_use(database, now)
    if lost and _usable(database, now):
        raise Conflict("现在的密钥还在、能用，不用报失。去掉 --lost 再运行。")
    path, secret = key_path(database), new_key()
    last = history[-1].statement
    made = entry_for(signer_of(secret), old, last.position + 1, "lost" if lost else "rotation", now, last.id)

    def job(tx: Transaction) -> None:
        if log_days.keys(tx)[-1].statement != last:
            raise Conflict("别处刚刚换过日志签名密钥，这一次没有再换。")
        # Inside, so that another rotation's coming key is not written over.
        write_key(_next(path), secret)
        _add(tx, made, now)

    database.write(job)
    # Whoever publishes meanwhile puts it in place as after an interruption.
    with suppress(FileNotFoundError):
        _next(path).replace(path)
    return made


def entry_for(
    signer: Signer, old: Signer | None, position: int, reason: str, now: datetime, previous: str = ""
) -> KeyEntry:
    """A key's entry with its signatures."""
    statement = KeyStatement(
        id=fingerprint(signer.public),
        position=position,
        algorithm=signer.algorithm,
        public=signer.public,
        since=format_stamp(now),
        previous=previous,
        reason=reason,
    )
    message = statement.message()
    return KeyEntry(statement, signer.sign(message), "" if old is None else old.sign(message))


def _usable(database: Database, now: datetime) -> bool:
    try:
        signer_in_use(database, now)
    except Unavailable:
        return False
    return True


def _next(path: Path) -> Path:
    return path.with_name(path.name + ".next")


def _add_first(tx: Transaction, entry: KeyEntry, now: datetime) -> None:
    # Of two processes that start at once, one finds the other's key recorded.
    if not log_days.keys(tx):
        _add(tx, entry, now)


def _add(tx: Transaction, entry: KeyEntry, now: datetime) -> None:
    log_days.add_key(tx, entry)
    said = entry.statement
    words = {"first": "启用日志签名密钥", "rotation": "更换日志签名密钥", "lost": "旧密钥丢失，启用新密钥"}[
        said.reason
    ]
    events.append(
        tx,
        events.NewEvent(
            at=now, kind="log.key", subject="hall", subject_id=said.position, subject_number=said.id,
            actor="system", role=Role.SYSTEM, unit="", from_state="", to_state="", drill=False,
            payload={"public": said.public, "reason": said.reason, "words": words},
        ),
    )  # fmt: skip
