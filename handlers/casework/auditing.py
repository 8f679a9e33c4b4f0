"""Checks the log: the chain, what was erased and by which event, and whether cases stand where their events left them."""

from __future__ import annotations

import json
import logging
import os
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from handlers.store import attachment_files, audit_reads, events, integrity, seal_audit
from handlers.store.database import Database
from rules.chain import Checkpoint, Fault, verify
from rules.errors import Invalid, Unavailable
from rules.quick_dataclass import dataclass
from rules.time import format_stamp

log = logging.getLogger("hall.audit")

CHECKPOINTS = "checkpoints.json"


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found. `missing_files` are attachments without bytes, `changed_files` those with other bytes
    than were taken in: not the chain's business, but told. `damage` is what SQLite says of its own file.
    """

    events: int
    head: str
    checkpoints: int
    erased: int
    faults: tuple[Fault, ...]
    missing_files: tuple[str, ...]
    changed_files: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing at all was found."""
        return not (self.faults or self.missing_files or self.changed_files or self.damage)


def audit(database: Database, checkpoints: Iterable[Checkpoint] = ()) -> Audit:
    """Reads the whole log once, in one snapshot; memory does not grow with it.

    A file whose pages are damaged is named as such, table by table; what can still be read is checked all the same.
    """
    known = tuple(checkpoints)
    damage = integrity.damage(database)
    try:
        found = _audit(database, known)
    except (sqlite3.DatabaseError, Unavailable) as error:
        if not damage:
            raise
        log.error("the audit of a damaged file ended early: %s", error)
        found = Audit(0, "", len(known), 0, (), ())
    return replace(found, damage=damage)


def _audit(database: Database, known: tuple[Checkpoint, ...]) -> Audit:
    with database.snapshot():
        head = events.head(database)
        faults = list(verify(audit_reads.chain(database), known))
        erased, by_erasure = _erasures(database)
        faults += by_erasure
        faults += _dangling(database, head[0])
        faults += _misplaced(database)
        faults += _unsealed(database)
        count = audit_reads.event_count(database)
    missing, changed = attachment_files.missing(database), attachment_files.changed(database)
    return Audit(count, head[1], len(known), erased, tuple(faults), missing, changed)


def checkpoint(database: Database) -> Checkpoint:
    """The head of the chain, to be published or kept elsewhere."""
    sequence, digest = events.head(database)
    return Checkpoint(sequence, digest)


def read_checkpoints(path: Path) -> tuple[Checkpoint, ...]:
    """Checkpoints of a published file. Raises Invalid when it is not one."""
    try:
        rows = json.loads(path.read_text("utf-8"))
        found = rows["checkpoints"] if isinstance(rows, dict) else rows
        return tuple(Checkpoint(int(row["sequence"]), str(row["hash"])) for row in found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid(f"读不懂校验点文件 {path.name}：{error}") from error


def write_checkpoint(database: Database, folder: Path, now: datetime) -> Checkpoint:
    """Adds the day's head to `checkpoints.json` (one a day, the last of the day stays), as a whole file."""
    path = folder / CHECKPOINTS
    rows: list[dict[str, object]] = []
    if path.exists():
        rows = json.loads(path.read_text("utf-8"))["checkpoints"]
    head = checkpoint(database)
    if not head.sequence:
        return head
    day = format_stamp(now)[:10]
    rows = [row for row in rows if row["day"] != day]
    rows.append({"day": day, "at": format_stamp(now), "sequence": head.sequence, "hash": head.hash})
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{CHECKPOINTS}.{secrets.token_hex(4)}"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"format": "county-hall-checkpoints/1", "checkpoints": rows}, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return head


def daily_checkpoint(database: Database, folder: Path, now: datetime) -> bool:
    """Publishes the day's first head; False when the day has its checkpoint already."""
    path, day = folder / CHECKPOINTS, format_stamp(now)[:10]
    if path.exists() and any(row["day"] == day for row in json.loads(path.read_text("utf-8"))["checkpoints"]):
        return False
    return write_checkpoint(database, folder, now).sequence > 0


def _erasures(database: Database) -> tuple[int, list[Fault]]:
    """Every payload that is gone must be named by an erasure, which is itself an event of the chain."""
    allowed, gone = audit_reads.named_by_erasures(database), audit_reads.without_payload(database)
    faults = [
        Fault("removed", each, f"第{each}条的附带内容不见了，没有删除记录")
        for each in gone
        if each not in allowed
    ]
    return len(gone) - len(faults), faults


def _dangling(database: Database, last: int) -> list[Fault]:
    """A tail that was cut leaves what hung on it behind."""
    beyond = audit_reads.last_named(database)
    if beyond <= last:
        return []
    return [Fault("tail_cut", last + 1, f"有文书或附带内容属于第{beyond}条，记录却只到第{last}条")]


def _unsealed(database: Database) -> list[Fault]:
    """Seals that do not fit together or their events, and rows that do not stand as they were sealed."""
    connection = database.reader()
    faults = [Fault(each.kind, each.sequence, each.detail) for each in seal_audit.chain_faults(connection)]
    return faults + [
        Fault(each.kind, each.sequence, each.detail) for each in seal_audit.row_faults(connection)
    ]


def _misplaced(database: Database) -> list[Fault]:
    """A case must stand where its last move left it."""
    return [
        Fault("removed", 0, f"办件{each.number}没有任何办理记录")
        if each.sequence is None
        else Fault(
            "changed",
            each.sequence,
            f"办件{each.number}的状态被改成了“{each.state}”，最后一条办理记录是“{each.moved_to}”",
        )
        for each in audit_reads.misplaced(database)
    ]
