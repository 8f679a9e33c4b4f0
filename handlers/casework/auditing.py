"""Checks the log: the chain, what was erased and by which event, and whether cases stand where their events left them."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from handlers.store import attachments, events
from handlers.store.database import Database
from rules.case_terms import MoveName
from rules.chain import Checkpoint, Fault, verify
from rules.errors import Invalid
from rules.time import format_stamp

CHECKPOINTS = "checkpoints.json"
_MOVES = ", ".join(f"'{name}'" for name in MoveName)


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found. `missing_files` are attachments without bytes: not the chain's business, but told."""

    events: int
    head: str
    checkpoints: int
    erased: int
    faults: tuple[Fault, ...]
    missing_files: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing at all was found."""
        return not self.faults and not self.missing_files


def audit(database: Database, checkpoints: Iterable[Checkpoint] = ()) -> Audit:
    """Reads the whole log once, in one snapshot; memory does not grow with it."""
    known = tuple(checkpoints)
    with database.snapshot():
        head = events.head(database)
        cursor = database.reader().execute(events.CHAIN_QUERY)
        faults = list(verify(events.chain_rows(cursor), known))
        erased, by_erasure = _erasures(database)
        faults += by_erasure
        faults += _dangling(database, head[0])
        faults += _wrong_states(database)
        count: int = database.value("SELECT count(*) FROM event")
    return Audit(count, head[1], len(known), erased, tuple(faults), attachments.missing(database))


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
        raise Invalid(f"读不懂校验点文件 {path.name}:{error}") from error


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
    allowed: set[int] = set()
    for row in database.rows(
        "SELECT payload FROM event JOIN event_payload USING (seq) WHERE kind = 'erase' AND payload IS NOT NULL"
    ):
        allowed.update(_numbers(json.loads(row["payload"])))
    faults = []
    gone = 0
    for row in database.rows(
        "SELECT event.seq AS seq FROM event LEFT JOIN event_payload USING (seq) WHERE payload IS NULL"
    ):
        if row["seq"] in allowed:
            gone += 1
        else:
            faults.append(Fault("removed", row["seq"], f"第{row['seq']}条的附带内容不见了,没有删除记录"))
    return gone, faults


def _numbers(payload: Mapping[str, object]) -> Iterator[int]:
    erased = payload.get("erased")
    if isinstance(erased, list):
        yield from (each for each in erased if isinstance(each, int))


def _dangling(database: Database, last: int) -> list[Fault]:
    """A tail that was cut leaves what hung on it behind."""
    row = database.row(
        "SELECT max(seq) AS seq FROM (SELECT max(event_seq) AS seq FROM notice "
        "UNION ALL SELECT max(seq) FROM event_payload)"
    )
    beyond = 0 if row is None or row["seq"] is None else int(row["seq"])
    if beyond <= last:
        return []
    return [Fault("tail_cut", last + 1, f"有文书或附带内容属于第{beyond}条,记录却只到第{last}条")]


def _wrong_states(database: Database) -> list[Fault]:
    """A case must stand where its last move left it."""
    rows = database.rows(
        "SELECT number, state, (SELECT seq FROM event WHERE subject = 'case' AND subject_id = cases.id "  # noqa: S608
        f"AND kind IN ({_MOVES}) ORDER BY seq DESC LIMIT 1) AS seq FROM cases"
    )
    faults = []
    for row in rows:
        event = None if row["seq"] is None else events.by_sequence(database, row["seq"])
        if event is None:
            faults.append(Fault("removed", 0, f"办件{row['number']}没有任何办理记录"))
        elif event.to_state != row["state"]:
            faults.append(
                Fault(
                    "changed",
                    event.sequence,
                    f"办件{row['number']}的状态被改成了“{row['state']}”,最后一条办理记录是“{event.to_state}”",
                )
            )
    return faults
