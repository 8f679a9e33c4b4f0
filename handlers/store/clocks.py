"""The one table of clocks and the ledger of pauses; the sweep reads the index on `next_at`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, by_name, moment, moment_or_none, stamp, stamp_or_none
from handlers.store.records import Clock, PauseRow
from handlers.store.writer import Transaction
from rules.clock import ClockKind

_INSERT = (
    "INSERT INTO clock (subject, subject_id, kind, object, step, department, unit, person, drill, started, "
    "limit_days, statutory_days, extension_days, limit_unit, basis, precision, due, provisional, warn_at, "
    "yellow_at, red_at, next_at, rules) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def insert(tx: Transaction, clock: Clock) -> int:
    """A new running clock; `clock.id` is ignored and returned anew."""
    cursor = tx.execute(_INSERT, _columns(clock, clock.subject_id))
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def insert_later(tx: Transaction, subject_id: int, clocks: Iterable[Clock]) -> None:
    """New running clocks of a subject (whatever id they bear) whose own ids nobody asks for in this transaction."""
    tx.later(_INSERT, *[_columns(each, subject_id) for each in clocks])


def _columns(clock: Clock, subject_id: int) -> tuple[object, ...]:
    return (
        clock.subject, subject_id, clock.kind, clock.object, clock.step, clock.department, clock.unit,
        clock.person, int(clock.drill), stamp(clock.started), clock.limit_days, clock.statutory_days,
        clock.extension_days, clock.limit_unit, clock.basis, clock.precision, stamp(clock.due),
        int(clock.provisional), stamp_or_none(clock.warn_at), stamp_or_none(clock.yellow_at),
        stamp_or_none(clock.red_at), stamp_or_none(clock.next_at), clock.rules,
    )  # fmt: skip


def set_times(tx: Transaction, clock: Clock) -> None:
    """The times of a clock after its events or the calendar changed."""
    tx.execute(
        "UPDATE clock SET limit_days = ?, statutory_days = ?, extension_days = ?, due = ?, provisional = ?, warn_at = ?, "
        "yellow_at = ?, red_at = ?, next_at = ?, rules = ?, put_off = '' WHERE id = ?",
        (
            clock.limit_days, clock.statutory_days, clock.extension_days, stamp(clock.due), int(clock.provisional),
            stamp_or_none(clock.warn_at), stamp_or_none(clock.yellow_at), stamp_or_none(clock.red_at),
            stamp_or_none(clock.next_at), clock.rules, clock.id,
        ),
    )  # fmt: skip


def stop(tx: Transaction, clock_id: int, at: datetime, reason: str) -> None:
    """Stops a running clock; one that has stopped stays as it is."""
    tx.execute(
        "UPDATE clock SET stopped = ?, stop_reason = ?, next_at = NULL WHERE id = ? AND stopped IS NULL",
        (stamp(at), reason, clock_id),
    )


def give_to(tx: Transaction, clock_id: int, department: str, unit: str, person: str | None) -> None:
    """Another department, unit or person answers for a running clock from now on; its times stay."""
    tx.execute(
        "UPDATE clock SET department = ?, unit = ?, person = ? WHERE id = ? AND stopped IS NULL",
        (department, unit, person, clock_id),
    )


def judge_as(tx: Transaction, clock_id: int, object_: str) -> None:
    """Another supervised object from now on (a complaint that turns out to be a question); its times stay.

    A clock without one has no cards and gets none.
    """
    tx.execute("UPDATE clock SET object = ? WHERE id = ? AND object <> ''", (object_, clock_id))


def raise_level(
    tx: Transaction, clock: Clock, level: int, since: datetime | None, next_at: datetime | None
) -> bool:
    """Writes a level reached; only from the level and due time read before, so of two sweeps one succeeds.

    A level is never taken back: time that seems to run backwards changes nothing.
    """
    cursor = tx.execute(
        "UPDATE clock SET level = max(level, ?), since = ?, next_at = ?, put_off = '' "
        "WHERE id = ? AND level = ? AND due = ? AND next_at IS ?",
        (
            level,
            stamp_or_none(since if since is not None else clock.since),
            stamp_or_none(next_at),
            clock.id,
            clock.level,
            stamp(clock.due),
            stamp_or_none(clock.next_at),
        ),
    )
    return cursor.rowcount == 1


def put_off(tx: Transaction, clock_id: int, until: datetime, why: str) -> None:
    """A clock whose computation failed is looked at again later and says why; one stopped meanwhile stays as it is."""
    tx.execute(
        "UPDATE clock SET next_at = ?, put_off = ? WHERE id = ? AND stopped IS NULL",
        (stamp(until), why[:500], clock_id),
    )


def of_subject(reads: Reads, subject: str, subject_id: int) -> tuple[Clock, ...]:
    """All clocks of a case or letter, oldest first."""
    rows = reads.rows(
        "SELECT * FROM clock WHERE subject = ? AND subject_id = ? ORDER BY id", (subject, subject_id)
    )
    return tuple(clock_of(row) for row in rows)


def by_id(reads: Reads, clock_id: int) -> Clock | None:
    """One clock."""
    row = reads.row("SELECT * FROM clock WHERE id = ?", (clock_id,))
    return None if row is None else clock_of(row)


def waiting(reads: Reads, now: datetime, most: int) -> tuple[int, ...]:
    """The clocks whose next moment has come, the longest waiting first."""
    rows = reads.rows(
        "SELECT id FROM clock WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at, id LIMIT ?",
        (stamp(now), most),
    )
    return tuple(row["id"] for row in rows)


def subjects_of(reads: Reads, ids: Sequence[int]) -> tuple[tuple[int, str, int], ...]:
    """Of some clocks, the longest waiting first: id, subject and its id."""
    rows = reads.rows(
        f"SELECT id, subject, subject_id FROM clock WHERE id IN ({marks(ids)}) ORDER BY next_at, id",  # noqa: S608
        tuple(ids),
    )
    return tuple((row[0], row[1], row[2]) for row in rows)


def running_of(reads: Reads, subject: str, ids: Sequence[int]) -> dict[int, tuple[Clock, ...]]:
    """The running clocks of several subjects of a kind, oldest first."""
    rows = reads.rows(
        f"SELECT * FROM clock WHERE subject = ? AND subject_id IN ({marks(ids)}) AND stopped IS NULL ORDER BY id",  # noqa: S608
        (subject, *ids),
    )
    found: dict[int, tuple[Clock, ...]] = dict.fromkeys(ids, ())
    for row in rows:
        found[row["subject_id"]] += (clock_of(row),)
    return found


def next_moment(reads: Reads) -> datetime | None:
    """When a sweep has something to do next."""
    return moment_or_none(reads.value("SELECT min(next_at) FROM clock WHERE next_at IS NOT NULL"))


def running(reads: Reads, after: int, most: int) -> tuple[Clock, ...]:
    """Running clocks in portions by id: an overdue one may come back into time with a new calendar."""
    rows = reads.rows(
        "SELECT * FROM clock WHERE stopped IS NULL AND id > ? ORDER BY id LIMIT ?", (after, most)
    )
    return tuple(clock_of(row) for row in rows)


def begin_pause(tx: Transaction, pause: PauseRow, drill: bool) -> int:
    """A new line in the ledger."""
    cursor = tx.execute(
        "INSERT INTO pause (subject, subject_id, department, kind, reason, basis, started, notified_days, unit, "
        "notice, drill) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            pause.subject, pause.subject_id, pause.department, pause.kind, pause.reason, pause.basis,
            stamp(pause.started), pause.notified_days, pause.unit, pause.notice, int(drill),
        ),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def name_notice(tx: Transaction, pause_id: int, notice: str) -> None:
    """The notice that told the applicant of the pause."""
    tx.execute("UPDATE pause SET notice = ? WHERE id = ?", (notice, pause_id))


def end_pauses(tx: Transaction, subject: str, subject_id: int, at: datetime, result: str) -> int:
    """Ends what is open; returns how many."""
    return tx.execute(
        "UPDATE pause SET ended = ?, result = ? WHERE subject = ? AND subject_id = ? AND ended IS NULL",
        (stamp(at), result, subject, subject_id),
    ).rowcount


def erase_pause_words(tx: Transaction, subject: str, subject_id: int, instead: str) -> None:
    """Takes out why a subject's pauses began, on what basis and how they ended; kind and days stay."""
    tx.execute(
        "UPDATE pause SET reason = ?, basis = '', result = '' WHERE subject = ? AND subject_id = ?",
        (instead, subject, subject_id),
    )


def pauses(reads: Reads, subject: str, subject_id: int) -> tuple[PauseRow, ...]:
    """The ledger of one subject."""
    rows = reads.rows(
        "SELECT * FROM pause WHERE subject = ? AND subject_id = ? ORDER BY id", (subject, subject_id)
    )
    return tuple(pause_of(row) for row in rows)


def pauses_of(reads: Reads, subject: str, ids: Sequence[int]) -> dict[int, tuple[PauseRow, ...]]:
    """The ledgers of several subjects of a kind."""
    rows = reads.rows(
        f"SELECT * FROM pause WHERE subject = ? AND subject_id IN ({marks(ids)}) ORDER BY id",  # noqa: S608
        (subject, *ids),
    )
    found: dict[int, tuple[PauseRow, ...]] = dict.fromkeys(ids, ())
    for row in rows:
        found[row["subject_id"]] += (pause_of(row),)
    return found


def clock_of(row: sqlite3.Row) -> Clock:
    """A row of `clock` as a record."""
    of = by_name(row)
    return Clock(
        id=of["id"],
        subject=of["subject"],
        subject_id=of["subject_id"],
        kind=ClockKind(of["kind"]),
        object=of["object"],
        step=of["step"],
        department=of["department"],
        unit=of["unit"],
        person=of["person"],
        drill=bool(of["drill"]),
        started=moment(of["started"]),
        limit_days=of["limit_days"],
        statutory_days=of["statutory_days"],
        extension_days=of["extension_days"],
        limit_unit=of["limit_unit"],
        basis=of["basis"],
        precision=of["precision"],
        due=moment(of["due"]),
        provisional=bool(of["provisional"]),
        warn_at=moment_or_none(of["warn_at"]),
        yellow_at=moment_or_none(of["yellow_at"]),
        red_at=moment_or_none(of["red_at"]),
        next_at=moment_or_none(of["next_at"]),
        level=of["level"],
        since=moment_or_none(of["since"]),
        stopped=moment_or_none(of["stopped"]),
        stop_reason=of["stop_reason"],
        rules=of["rules"],
        put_off=of["put_off"],
    )


def pause_of(row: sqlite3.Row) -> PauseRow:
    """A row of `pause` as a record."""
    return PauseRow(
        id=row["id"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        department=row["department"],
        kind=row["kind"],
        reason=row["reason"],
        basis=row["basis"],
        started=moment(row["started"]),
        ended=moment_or_none(row["ended"]),
        notified_days=row["notified_days"],
        unit=row["unit"],
        notice=row["notice"],
        result=row["result"],
    )
