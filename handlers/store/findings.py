"""Behind the rules about events: reasons given before (as digests only), and judgements that failed."""

from __future__ import annotations

from datetime import datetime

from handlers.store.moments import Reads, moment, stamp
from handlers.store.writer import Transaction
from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A rule that raised for one fact; `happened` is JSON text of what was to be judged."""

    id: int
    rule: str
    fact: str
    happened: str
    why: str
    next_at: datetime
    attempts: int


def same_reason(
    tx: Transaction, department: str, digest: bytes, case_id: int, at: datetime, since: datetime
) -> int:
    """Writes down that a case was refused with these words; returns how many other cases were since a moment."""
    found: int = tx.value(
        "SELECT count(*) FROM reason_given WHERE department = ? AND digest = ? AND case_id <> ? AND at >= ?",
        (department, digest, case_id, stamp(since)),
    )
    tx.execute(
        "INSERT INTO reason_given VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
        (department, digest, case_id, stamp(at)),
    )
    return found


def forget_reasons(tx: Transaction, case_id: int) -> None:
    """Takes out the words a case was refused with, and their fingerprints, from which short ones can be guessed.

    What waits to be judged is still judged: it keeps how long the reason was, which rules ask.
    """
    tx.execute("DELETE FROM reason_given WHERE case_id = ?", (case_id,))
    words = "replace(json_extract(happened, '$.facts.reason'), ' ', '')"
    tx.execute(
        f"UPDATE unjudged SET happened = json_set(happened, '$.facts.reason', "  # noqa: S608
        f"replace(hex(zeroblob(length({words}))), '00', '〇')) WHERE json_extract(happened, '$.subject.kind') = 'case' "
        "AND json_extract(happened, '$.subject.id') = ?",
        (case_id,),
    )


def put_off(tx: Transaction, rule: str, fact: str, happened: str, why: str, until: datetime) -> None:
    """Keeps what could not be judged, to be tried again."""
    tx.execute(
        "INSERT INTO unjudged (rule, fact, happened, why, next_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (rule, fact) DO UPDATE SET why = excluded.why, next_at = excluded.next_at, "
        "attempts = attempts + 1",
        (rule, fact, happened, why[:500], stamp(until)),
    )


def waiting(reads: Reads, now: datetime, most: int) -> tuple[Unjudged, ...]:
    """What is to be tried again by now."""
    rows = reads.rows("SELECT * FROM unjudged WHERE next_at <= ? ORDER BY id LIMIT ?", (stamp(now), most))
    return tuple(
        Unjudged(
            row["id"], row["rule"], row["fact"], row["happened"], row["why"], moment(row["next_at"]), row["attempts"]
        )
        for row in rows
    )  # fmt: skip


def judged(tx: Transaction, unjudged_id: int) -> None:
    """It has been judged after all."""
    tx.execute("DELETE FROM unjudged WHERE id = ?", (unjudged_id,))


def newest_case(reads: Reads) -> int:
    """The highest row number of a case; 0 without any."""
    found: int = reads.value("SELECT coalesce(max(id), 0) FROM cases")
    return found


def closed_since(reads: Reads, since: datetime, now: datetime, after: int) -> tuple[int, ...]:
    """Cases closed in a period, and those that came in later than a row number already closed."""
    rows = reads.rows(
        "SELECT id FROM cases WHERE closed_at > ? AND closed_at <= ? "
        "UNION SELECT id FROM cases WHERE id > ? AND closed_at IS NOT NULL ORDER BY id",
        (stamp(since), stamp(now), after),
    )
    return tuple(row["id"] for row in rows)


def departments_with_clocks(reads: Reads) -> tuple[str, ...]:
    """The departments for which a limit runs, drill left out."""
    rows = reads.rows(
        "SELECT DISTINCT department FROM clock WHERE stopped IS NULL AND drill = 0 ORDER BY department"
    )
    return tuple(row["department"] for row in rows)
