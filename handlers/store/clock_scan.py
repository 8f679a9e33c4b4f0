"""Every running clock read once, subject by subject, and written back in bulk: for a changed calendar or rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from handlers.store.database import marks
from handlers.store.moments import Reads, stamp
from handlers.store.writer import Transaction

PORTION = 5000
_COLUMNS = (
    "id, subject, subject_id, unit, drill, kind, object, started, limit_days, statutory_days, extension_days, "
    "limit_unit, precision, due, provisional, warn_at, yellow_at, red_at, level, put_off <> ''"
)


class Limits(NamedTuple):
    """All that the times of a clock follow from, besides calendar, rules and pauses.

    `start` is the day alone in day precision, so that all clocks of one day and limit are one.
    """

    kind: str
    object: str
    start: str
    days: int
    statutory: int | None
    extension: int
    unit: str
    precision: str


class Times(NamedTuple):
    """The times of a clock as stored: stamps of one zone and form, so that text compares like time."""

    due: str
    provisional: bool
    warn_at: str | None
    yellow_at: str | None
    red_at: str | None

    def not_before(self, started: str) -> Times:
        """No level begins before its clock: computed per day, it can seem to."""
        if self.warn_at is not None and self.warn_at < started:
            warn, yellow, red = (
                None if each is None else max(each, started)
                for each in (self.warn_at, self.yellow_at, self.red_at)
            )
            return Times(self.due, self.provisional, warn, yellow, red)
        return self


class Scanned(NamedTuple):
    """A running clock as the scan saw it. `statute`: the case's own limit and unit, where it must be converted."""

    id: int
    subject: str
    subject_id: int
    unit: str
    drill: bool
    started: str
    limits: Limits
    times: Times
    level: int
    put_off: bool
    statute: tuple[int, str] | None


def running(reads: Reads, since: str | None) -> Iterator[tuple[Scanned, ...]]:
    """The running clocks of each subject, in portions, so that no read stays open while others write.

    `since`: only those with a moment on or after that day, provisional ones, and those put off.
    """
    statutes = _converted_statutes(reads)
    after: tuple[str, int] = ("", 0)
    while True:
        rows = reads.rows(
            f"SELECT {_COLUMNS} FROM clock WHERE (subject, subject_id) > (:subject, :id) AND stopped IS NULL "  # noqa: S608
            "AND (:since IS NULL OR due >= :since OR red_at >= :since OR yellow_at >= :since OR warn_at >= :since "
            "OR provisional OR put_off <> '') ORDER BY subject, subject_id LIMIT :most",
            {"subject": after[0], "id": after[1], "since": since, "most": PORTION},
        )
        if not rows:
            return
        whole = len(rows) < PORTION
        subject: list[Scanned] = []
        for row in rows:
            found = _scanned(tuple(row), statutes)
            if subject and (subject[0].subject, subject[0].subject_id) != (found.subject, found.subject_id):
                yield tuple(subject)
                after = (subject[0].subject, subject[0].subject_id)
                subject = []
            subject.append(found)
        if whole:
            yield tuple(subject)
            return
        # The last subject of a full portion may go on in the next one, where it is read again.


def _converted_statutes(reads: Reads) -> dict[int, tuple[int, str]]:
    """Cases whose law counts in another unit than their promise.

    Where an extension came after the promise had passed, it lengthened the law's limit alone.
    """
    rows = reads.rows(
        "SELECT id, statutory_days + CASE WHEN extensions = 0 THEN 0 ELSE coalesce((SELECT statute.extension_days "
        "FROM clock AS statute JOIN clock AS promise USING (subject, subject_id) WHERE subject = 'case' "
        "AND subject_id = cases.id AND statute.kind = 'statute' AND statute.stopped IS NULL AND promise.kind = 'promise' "
        "AND promise.stopped IS NULL AND promise.extension_days = 0), 0) END, "
        "statutory_unit FROM cases WHERE statutory_unit <> promised_unit "
        "AND statutory_days IS NOT NULL AND state NOT IN ('delivered', 'refused', 'voided', 'withdrawn')"
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _scanned(row: tuple[object, ...], statutes: dict[int, tuple[int, str]]) -> Scanned:
    (
        clock_id, subject, subject_id, unit, drill, kind, object_, started, days, statutory, extension, limit_unit,
        precision, due, provisional, warn_at, yellow_at, red_at, level, put_off,
    ) = row  # fmt: skip
    start = started if precision == "second" else started[:10]  # type: ignore[index]
    statute = statutes.get(subject_id) if kind == "promise" and subject == "case" else None  # type: ignore[call-overload]
    return Scanned(
        clock_id, subject, subject_id, unit, bool(drill), started,  # type: ignore[arg-type]
        Limits(kind, object_, start, days, statutory, extension, limit_unit, precision),  # type: ignore[arg-type]
        Times(due, bool(provisional), warn_at, yellow_at, red_at),  # type: ignore[arg-type]
        level, bool(put_off), statute,  # type: ignore[arg-type]
    )  # fmt: skip


def paused_subjects(reads: Reads) -> frozenset[tuple[str, int]]:
    """Subjects with lines in the ledger of pauses that something still runs for."""
    rows = reads.rows(
        "SELECT DISTINCT subject, subject_id FROM pause WHERE EXISTS (SELECT 1 FROM clock WHERE "
        "clock.subject = pause.subject AND clock.subject_id = pause.subject_id AND stopped IS NULL)"
    )
    return frozenset((row[0], row[1]) for row in rows)


def set_times(
    tx: Transaction, seen: Scanned, times: Times, statutory: int | None, next_at: str | None, rules: str
) -> bool:
    """Writes the times of a clock that is still as it was seen; False when something was faster."""
    cursor = tx.execute(
        "UPDATE clock SET statutory_days = ?, due = ?, provisional = ?, warn_at = ?, yellow_at = ?, red_at = ?, "
        "next_at = ?, rules = ?, put_off = '' WHERE id = ? AND stopped IS NULL AND due = ? AND limit_days = ? "
        "AND extension_days = ? AND level = ?",
        (
            statutory, times.due, int(times.provisional), times.warn_at, times.yellow_at, times.red_at, next_at,
            rules, seen.id, seen.times.due, seen.limits.days, seen.limits.extension, seen.level,
        ),
    )  # fmt: skip
    return cursor.rowcount == 1


def show_cases(tx: Transaction, ids: Sequence[int], now: datetime) -> None:
    """The light and due day that lists show, from the running clocks of these cases."""
    tx.execute(
        # The promise before anything else, as casework.clocks.primary chooses; rank, day and flag are one text, so
        # that one pass finds all.
        "WITH running AS (SELECT subject_id, max(CASE WHEN red_at <= ?1 THEN 3 WHEN yellow_at <= ?1 THEN 2 "  # noqa: S608
        "WHEN warn_at <= ?1 THEN 1 ELSE 0 END) AS light, min(CASE kind WHEN 'promise' THEN 0 WHEN 'delivery' THEN 1 "
        "WHEN 'letter' THEN 2 ELSE 3 END || due || provisional) AS first FROM clock WHERE subject = 'case' "
        f"AND subject_id IN ({marks(ids)}) AND stopped IS NULL GROUP BY subject_id) "
        "UPDATE cases SET level = light, due = day, due_provisional = flag FROM (SELECT subject_id, light, "
        "substr(first, 2, 25) AS day, CAST(substr(first, 27) AS INTEGER) AS flag FROM running) "
        "WHERE id = subject_id AND (level, due, due_provisional) IS NOT (light, day, flag)",
        (stamp(now), *ids),
    )
