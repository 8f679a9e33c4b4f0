"""Very many cases: some filed for real through HTTP, then their rows copied, with the numbers and codes of a sample."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from stdnum.iso7064 import mod_11_10

from bench.filings import body_of, filing
from bench.halls import hall
from bench.http_load import closed, run
from handlers.store.database import connect
from handlers.store.vault import Vault, new_code

REAL = 64
# Every table with rows of a case: which columns hold a case's id, which an event's, which an id that is the row's own.
COPIED: Mapping[str, Mapping[str, str]] = {
    "cases": {"id": "case", "number": "number"},
    "case_payload": {"case_id": "case"},
    "step": {"case_id": "case"},
    "material": {"case_id": "case"},
    "fee": {"case_id": "case"},
    "clock": {"id": "own", "subject_id": "case"},
    "event": {"seq": "event", "subject_id": "case"},
    "event_payload": {"seq": "event"},
    "notice": {"id": "own", "subject_id": "case", "event_seq": "event", "number": "number"},
}


@dataclass(frozen=True, slots=True)
class Tracked:
    """A case somebody will ask for."""

    id: int
    number: str
    code: str


def made(root: Path, database: Path, count: int, sample: int, kept: Path | None) -> tuple[Tracked, ...]:
    """`make`, or a copy of what an earlier bench of the same run made and left in the folder `kept`.

    What is copied has been tracked by nobody: each bench has its own file, as if it had made it.
    """
    if kept is None:
        return make(root, database, count, sample)
    known = kept / f"{count}-{sample}.json"
    if not known.exists():
        own = kept / "hall.db"
        for left in kept.glob("hall.db*"):  # of a run that was broken off
            left.unlink()
        known.write_text(json.dumps([asdict(each) for each in make(root, own, count, sample)]), "ascii")
    database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept / "hall.db", database)
    shutil.copy(kept / "hall.key", database.parent / "hall.key")
    os.sync()
    return tuple(Tracked(**each) for each in json.loads(known.read_text("ascii")))


def make(root: Path, database: Path, count: int, sample: int) -> tuple[Tracked, ...]:
    """Fills a new database with about `count` cases; `sample` of them, spread over all, can be tracked."""
    body = body_of(root / "site")
    with hall(root, database) as served:
        run(closed(served.address, 8, [filing(body, at) for at in range(REAL)])).checked()
    connection = connect(database)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA foreign_keys=OFF")
    have = connection.execute("SELECT max(id) FROM cases").fetchone()[0]
    turn = 0
    while have < count:
        turn += 1
        many = min(have, count - have)
        events = connection.execute("SELECT max(seq) FROM event").fetchone()[0]
        connection.execute("BEGIN")
        for table, kinds in COPIED.items():
            _copy(connection, table, kinds, have, many, events, turn)
        connection.execute("COMMIT")
        have += many
    found = _made_known(connection, Vault.at(database.parent / "hall.key"), have, sample)
    connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    os.sync()
    return found


def _copy(
    connection: sqlite3.Connection,
    table: str,
    kinds: Mapping[str, str],
    have: int,
    many: int,
    events: int,
    turn: int,
) -> None:
    """The rows of the first `many` cases once more, as those of cases from `have` on."""
    columns, values = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")], list[str]()
    for name in columns:
        shifted = {
            "case": f"{name} + {have}",
            "event": f"{name} + {events}",
            "own": "NULL",
            "number": f"{name} || '-{turn}'",
        }
        values.append(shifted.get(kinds.get(name, ""), name))
    key = next((name for name, kind in kinds.items() if kind == "case"), None)
    those = f"{key} <= {many}"
    if "subject" in columns:
        those += " AND subject = 'case'"
    if key is None:
        those = f"seq IN (SELECT seq FROM event WHERE subject = 'case' AND subject_id <= {many})"
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table} WHERE {those}"
    )


def _made_known(connection: sqlite3.Connection, vault: Vault, have: int, sample: int) -> tuple[Tracked, ...]:
    found = []
    chosen = random.Random(7).sample(range(REAL + 1, have + 1), min(sample, have - REAL))
    connection.execute("BEGIN")
    for at, case_id in enumerate(chosen):
        digits = f"20260105{at:06d}"
        number, code = f"QH{digits}{mod_11_10.calc_check_digit(digits)}", new_code()
        connection.execute(
            "UPDATE cases SET number = ?, query_hash = ? WHERE id = ?",
            (number, vault.digest("case", number, code), case_id),
        )
        found.append(Tracked(case_id, number, code))
    connection.execute("COMMIT")
    return tuple(found)
