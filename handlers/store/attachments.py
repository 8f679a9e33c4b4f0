"""Files taken in: checked by content, size and number while streamed to disk, kept by their hash, never run."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sqlite3
import unicodedata
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from handlers.store import idempotency, scans
from handlers.store.attachment_files import hash_of, place_of, settle, untidied
from handlers.store.database import Database, marks
from handlers.store.file_kinds import MEDIA_TYPES, check_content
from handlers.store.moments import Reads, moment, stamp
from handlers.store.records import Attachment
from handlers.store.writer import Transaction
from rules.errors import Gone, Invalid, TooLarge, Unavailable, UnsupportedMedia
from rules.quick_dataclass import dataclass

LONGEST_NAME = 120
_UNWANTED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


_SELECT = "SELECT attachment.*, state AS scan FROM attachment LEFT JOIN attachment_scan USING (sha256) "


@dataclass(frozen=True, slots=True)
class Limits:
    """What is taken: extensions without dot, bytes of one file."""

    extensions: tuple[str, ...]
    most_bytes: int


def display_name(name: str) -> str:
    """A file's name as shown: no folders, no control or direction marks, not too long, ending kept."""
    last = re.split(r"[/\\]", name)[-1]
    cleaned = _UNWANTED.sub("", unicodedata.normalize("NFC", last)).strip(". ")
    stem, dot, extension = cleaned.rpartition(".")
    if not dot:
        stem, extension = cleaned, ""
    short = stem[: LONGEST_NAME - len(extension[:10]) - 1] or "未命名"
    return f"{short}.{extension[:10].lower()}" if extension else short


async def receive(
    database: Database,
    stream: AsyncIterable[bytes],
    name: str,
    limits: Limits,
    now: datetime,
    *,
    field: str = "",
    draft_hash: bytes | None = None,
    received_by: str = "",
    owner: str = "",
) -> Attachment:
    """Streams a file to disk, checks what it is, and keeps a row for it; durable when it returns.

    Raises UnsupportedMedia for an extension that is not taken, a content that is not what the name says, or a
    virus; TooLarge above the limit, Invalid for an empty file, Unavailable when a scanner that must be asked does
    not answer. Nothing is left behind then.
    """
    shown = display_name(name)
    extension = _extension(shown, limits)
    digest, size = hashlib.sha256(), 0
    temporary = _temporary(database)
    held = ExitStack()
    try:
        with temporary.open("xb") as file:
            async for chunk in stream:
                size += len(chunk)
                if size > limits.most_bytes:
                    raise _too_large(shown, limits)
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            await run_in_threadpool(os.fsync, file.fileno())
        if size == 0:
            raise Invalid(f"“{shown}”是空文件，请重新选择。")
        await run_in_threadpool(check_content, temporary, extension, shown)
        scan = await run_in_threadpool(_scanned, database, temporary, shown)
        row = _row(shown, extension, digest.hexdigest(), size, field, now, received_by, scan)
        await run_in_threadpool(held.enter_context, untidied(database))
        await run_in_threadpool(settle, database, temporary, row.sha256)
        await database.write_async(lambda tx: _insert(tx, row, draft_hash, owner))
    except ConnectionError:
        raise  # the sender went away; not the disk's fault
    except OSError as error:
        raise Unavailable("附件没有保存成功（磁盘问题），请稍后重试。") from error
    finally:
        held.close()
        temporary.unlink(missing_ok=True)
    return row


def receive_bytes(
    database: Database,
    chunks: Iterable[bytes],
    name: str,
    limits: Limits,
    now: datetime,
    *,
    field: str = "",
    draft_hash: bytes | None = None,
    received_by: str = "",
    owner: str = "",
) -> Attachment:
    """The same for callers without an event loop (demo data, imports)."""
    shown = display_name(name)
    extension = _extension(shown, limits)
    content = b"".join(chunks)
    if not content:
        raise Invalid(f"“{shown}”是空文件，请重新选择。")
    if len(content) > limits.most_bytes:
        raise _too_large(shown, limits)
    temporary = _temporary(database)
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        check_content(temporary, extension, shown)
        digest = hashlib.sha256(content).hexdigest()
        scan = _scanned(database, temporary, shown)
        row = _row(shown, extension, digest, len(content), field, now, received_by, scan)
        with untidied(database):
            settle(database, temporary, row.sha256)
            database.write(lambda tx: _insert(tx, row, draft_hash, owner))
    finally:
        temporary.unlink(missing_ok=True)
    return row


def path_of(database: Database, attachment: Attachment) -> Path:
    """Where the bytes lie. Raises Gone when the file is missing, or when a virus was found in it after all."""
    if attachment.scan == scans.FOUND:
        raise Gone(f"附件“{attachment.name}”里查出病毒，已经封存，不能下载。请联系系统管理员。")
    path = place_of(database, attachment.sha256)
    if not path.is_file():
        raise Gone(f"附件“{attachment.name}”的文件不在了。请联系系统管理员从备份恢复。")
    if hash_of(path) != attachment.sha256:
        raise Gone(f"附件“{attachment.name}”的内容和收件时不一样了，没有给出。请联系系统管理员从备份恢复。")
    return path


def by_id(reads: Reads, attachment_id: str) -> Attachment | None:
    """One attachment."""
    row = reads.row(_SELECT + "WHERE id = ?", (attachment_id,))
    return None if row is None else _attachment(row)


def of_case(reads: Reads, case_id: int) -> tuple[Attachment, ...]:
    """All attachments of a case, oldest first."""
    rows = reads.rows(_SELECT + "WHERE case_id = ? ORDER BY received, id", (case_id,))
    return tuple(_attachment(row) for row in rows)


def of_draft(reads: Reads, draft_hash: bytes) -> tuple[Attachment, ...]:
    """What was uploaded for a draft and is not filed yet."""
    rows = reads.rows(
        _SELECT + "WHERE draft_hash = ? AND case_id IS NULL ORDER BY received, id", (draft_hash,)
    )
    return tuple(_attachment(row) for row in rows)


def attach(tx: Transaction, case_id: int, field: str, ids: Sequence[str]) -> tuple[str, ...]:
    """Gives uploaded files to a case; returns their hashes. Raises Invalid for one that is gone or taken."""
    hashes: list[str] = []
    for attachment_id in ids:
        sha256 = tx.value(
            "UPDATE attachment SET case_id = ?, field = ?, draft_hash = NULL "
            "WHERE id = ? AND case_id IS NULL AND owner = '' RETURNING sha256",
            (case_id, field, attachment_id),
        )
        if sha256 is None:
            raise Invalid("有附件已经失效，请重新上传。", {field: "附件已失效，请重新上传"})
        hashes.append(sha256)
    return tuple(hashes)


def fingerprint(reads: Reads, print_: str, by_field: Mapping[str, Sequence[str]]) -> str:
    """A request's fingerprint with its files by name and content: sent again they have other ids."""
    ids = [each for given in by_field.values() for each in given]
    if not ids:
        return print_
    rows = reads.rows(
        f"SELECT id, name, sha256 FROM attachment WHERE id IN ({marks(ids)})",  # noqa: S608
        ids,
    )
    known = {row["id"]: [row["name"], row["sha256"]] for row in rows}
    content = {field: [known.get(each) for each in given] for field, given in by_field.items() if given}
    return idempotency.fingerprint([print_, content])


def drop(tx: Transaction, attachment_id: str) -> bool:
    """Removes an upload that was not filed; its bytes go with the next tidying."""
    return (
        tx.execute(
            "DELETE FROM attachment WHERE id = ? AND case_id IS NULL AND owner = ''", (attachment_id,)
        ).rowcount
        == 1
    )


def of_owner(reads: Reads, owner: str) -> tuple[Attachment, ...]:
    """The files of something that is no case (`reply/12`, or someone's draft), oldest first."""
    rows = reads.rows(_SELECT + "WHERE owner = ? AND owner <> '' ORDER BY received, id", (owner,))
    return tuple(_attachment(row) for row in rows)


def owner_of(reads: Reads, attachment_id: str) -> str:
    """Whose a file is; empty for those of cases and for unknown ones."""
    return str(reads.value("SELECT owner FROM attachment WHERE id = ?", (attachment_id,)) or "")


def hand_over(tx: Transaction, owner: str, to: str) -> tuple[str, ...]:
    """Gives all files of one owner to another (a draft that is sent); returns their hashes."""
    rows = tx.rows(
        "UPDATE attachment SET owner = ? WHERE owner = ? AND owner <> '' RETURNING sha256", (to, owner)
    )
    return tuple(row["sha256"] for row in rows)


def drop_owned(tx: Transaction, owner: str, attachment_id: str) -> bool:
    """Takes one file of an owner out; an id that is not theirs changes nothing."""
    cursor = tx.execute(
        "DELETE FROM attachment WHERE id = ? AND owner = ? AND owner <> ''", (attachment_id, owner)
    )
    return cursor.rowcount == 1


def drop_unclaimed(tx: Transaction, before: datetime) -> int:
    """Removes rows of uploads that no case and no living draft has claimed by a moment."""
    return tx.execute(
        "DELETE FROM attachment WHERE case_id IS NULL AND owner = '' AND received < ? AND (draft_hash IS NULL OR "
        "draft_hash NOT IN (SELECT code_hash FROM draft))",
        (stamp(before),),
    ).rowcount


def drop_of_case(tx: Transaction, case_id: int) -> int:
    """Erases a case's files from the records; the bytes go with the next tidying."""
    return tx.execute("DELETE FROM attachment WHERE case_id = ?", (case_id,)).rowcount


def _extension(shown: str, limits: Limits) -> str:
    extension = shown.rpartition(".")[2].lower() if "." in shown else ""
    if extension not in limits.extensions or extension not in MEDIA_TYPES:
        allowed = "、".join(each for each in limits.extensions if each in MEDIA_TYPES)
        raise UnsupportedMedia(f"“{shown}”的类型不收，请上传 {allowed} 文件。")
    return extension


def _too_large(shown: str, limits: Limits) -> TooLarge:
    return TooLarge(f"“{shown}”超过 {limits.most_bytes // 1_000_000} MB，请压缩或分开上传。")


def _temporary(database: Database) -> Path:
    folder = database.files / "incoming"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable("附件目录不能写入，请联系系统管理员。") from error
    return folder / secrets.token_hex(16)


def _scanned(database: Database, path: Path, shown: str) -> str:
    return "" if database.scanner is None else database.scanner.look(path, shown)


def _row(
    shown: str, extension: str, sha256: str, size: int, field: str, now: datetime, received_by: str, scan: str
) -> Attachment:
    return Attachment(
        id=secrets.token_urlsafe(18),
        sha256=sha256,
        name=shown,
        extension=extension,
        media_type=MEDIA_TYPES[extension],
        size=size,
        field=field,
        case_id=None,
        received=now,
        received_by=received_by,
        scan=scan,
    )


def _insert(tx: Transaction, row: Attachment, draft_hash: bytes | None, owner: str) -> None:
    tx.execute(
        "INSERT INTO attachment (id, sha256, name, extension, media_type, size, field, draft_hash, received, "
        "received_by, owner) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.id, row.sha256, row.name, row.extension, row.media_type, row.size, row.field, draft_hash,
            stamp(row.received), row.received_by, owner,
        ),
    )  # fmt: skip
    scans.note(tx, row.sha256, row.scan, row.received)


def _attachment(row: sqlite3.Row) -> Attachment:
    return Attachment(
        id=row["id"],
        sha256=row["sha256"],
        name=row["name"],
        extension=row["extension"],
        media_type=row["media_type"],
        size=row["size"],
        field=row["field"],
        case_id=row["case_id"],
        received=moment(row["received"]),
        received_by=row["received_by"],
        scan=row["scan"] or "",
    )
