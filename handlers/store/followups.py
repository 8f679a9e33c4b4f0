"""What follows bad ratings: rows, the steps recorded, conditional updates."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from handlers.store.database import marks
from handlers.store.moments import Reads, moment, moment_or_none, stamp, stamp_or_none
from handlers.store.writer import Transaction
from rules.access import Role
from rules.errors import Conflict
from rules.quick_dataclass import dataclass
from rules.rating_table import FollowState

_CHANGEABLE = frozenset(
    {
        "state", "contacted_at", "contact_late", "attempts", "fix_due", "fixed_at", "fix_late", "extended", "finding",
        "accepted", "closed_at",
    }
)  # fmt: skip
_WORKING = (Role.WINDOW_CLERK, Role.COORDINATOR, Role.REVIEWER, Role.DECIDER)
_RECORDED = ("supplement_recorded", "fee")
"""What supervisors too write into a case."""
_JOINED = (
    "SELECT u.*, c.number, c.item_name, c.rating, CASE WHEN u.state IN ('disputed', 'fixed') THEN "
    "(SELECT max(s.at) FROM rating_step s WHERE s.case_id = u.case_id AND s.move IN ('dispute', 'fix', 'confirm')) "
    "END AS waits_since FROM rating_followup u JOIN cases c ON c.id = u.case_id"
)


@dataclass(frozen=True, slots=True)
class Followup:
    """The follow-up of one case's bad rating; `number`, `item_name` and `score` are the case's.

    `contacted_at`: reached, or tried often enough. `finding`: an objection (a code of FINDINGS), confirmed once the
    state is past `disputed`. `accepted`: a code of ACCEPTED. `waits_since`: since when review or revisit, which have
    no day of their own, are waited for. `version` grows with every change.
    """

    case_id: int
    number: str
    item_name: str
    score: int
    department: str
    supervisor_unit: str
    opened: datetime
    state: FollowState
    contact_due: datetime
    contacted_at: datetime | None
    contact_late: bool
    attempts: int
    fix_due: datetime
    fixed_at: datetime | None
    fix_late: bool
    extended: bool
    finding: str
    accepted: str
    closed_at: datetime | None
    version: int
    drill: bool
    waits_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class FollowStep:
    """One step as it was recorded: `done_at` when it happened by what the recorder says, `way` a code of WAYS,
    `choice` a code of FINDINGS or ACCEPTED."""

    id: int
    case_id: int
    move: str
    at: datetime
    person: str
    done_at: datetime | None
    way: str
    choice: str
    text: str


def insert(tx: Transaction, followup: Followup) -> None:
    """A new follow-up; number, name and score are read from its case."""
    tx.execute(
        "INSERT INTO rating_followup (case_id, department, supervisor_unit, opened, state, contact_due, fix_due, drill) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            followup.case_id, followup.department, followup.supervisor_unit, stamp(followup.opened), followup.state,
            stamp(followup.contact_due), stamp(followup.fix_due), int(followup.drill),
        ),
    )  # fmt: skip


def change(tx: Transaction, followup: Followup, **columns: object) -> None:
    """Updates a follow-up that still is as it was read. Raises Conflict when someone was faster."""
    unknown = columns.keys() - _CHANGEABLE
    assert not unknown, unknown
    values = [stamp(each) if isinstance(each, datetime) else each for each in columns.values()]
    cursor = tx.execute(
        f"UPDATE rating_followup SET {''.join(f'{name} = ?, ' for name in columns)}version = version + 1 "  # noqa: S608
        "WHERE case_id = ? AND version = ?",
        (*values, followup.case_id, followup.version),
    )
    if cursor.rowcount != 1:
        raise Conflict("这件差评刚刚被别人处理过。请刷新页面再操作。")


def show(tx: Transaction, case_id: int, *, contact_due: datetime | None, fix_due: datetime | None) -> None:
    """What lists show of a follow-up's clocks; the other day stays as it was."""
    tx.execute(
        "UPDATE rating_followup SET contact_due = coalesce(?, contact_due), fix_due = coalesce(?, fix_due) "
        "WHERE case_id = ?",
        (stamp_or_none(contact_due), stamp_or_none(fix_due), case_id),
    )


def flag_late(tx: Transaction, case_id: int, *, fix: bool) -> None:
    """Marks a follow-up as late in one of its two days; one that is marked stays as it is."""
    if fix:
        sql = "UPDATE rating_followup SET fix_late = 1 WHERE case_id = ? AND fix_late = 0"
    else:
        sql = "UPDATE rating_followup SET contact_late = 1 WHERE case_id = ? AND contact_late = 0"
    tx.execute(sql, (case_id,))


def of_case(reads: Reads, case_id: int) -> Followup | None:
    """The follow-up of a case's rating, if there is one."""
    row = reads.row(f"{_JOINED} WHERE u.case_id = ?", (case_id,))
    return None if row is None else _followup(row)


def by_number(reads: Reads, number: str) -> Followup | None:
    """The same by the case's number."""
    row = reads.row(f"{_JOINED} WHERE c.number = ?", (number,))
    return None if row is None else _followup(row)


def listed(
    reads: Reads,
    departments: Sequence[str],
    states: Sequence[FollowState],
    page: int,
    size: int,
    *,
    late_at: datetime | None = None,
) -> tuple[tuple[Followup, ...], int]:
    """A page of follow-ups of some departments in some states; and how many. What has a day is first, by its day;
    then what waits for review or revisit, by how long; then what has ended, the last first.

    `late_at`: only those that have missed a day by then, whether or not a sweep has said so yet.
    """
    where = f"u.department IN ({marks(departments)}) AND u.state IN ({marks(states)})"
    values: tuple[object, ...] = (*departments, *states)
    if late_at is not None:
        where += (
            " AND (u.contact_late = 1 OR u.fix_late = 1 OR (u.state = 'open' AND u.contact_due < ?) "
            "OR (u.state IN ('open', 'fixing') AND u.fix_due < ?))"
        )
        values = (*values, stamp(late_at), stamp(late_at))
    total: int = reads.value(f"SELECT count(*) FROM rating_followup u WHERE {where}", values)  # noqa: S608
    rows = reads.rows(
        f"{_JOINED} WHERE {where} ORDER BY u.closed_at IS NOT NULL, u.closed_at DESC, u.state IN ('disputed', 'fixed'), "
        "CASE u.state WHEN 'open' THEN u.contact_due WHEN 'fixing' THEN u.fix_due ELSE waits_since END, u.case_id "
        "LIMIT ? OFFSET ?",
        (*values, size, (page - 1) * size),
    )
    return tuple(_followup(row) for row in rows), total


def add_step(tx: Transaction, step: FollowStep) -> int:
    """What was recorded; `step.id` is ignored and returned anew."""
    cursor = tx.execute(
        "INSERT INTO rating_step (case_id, move, at, person, done_at, way, choice, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            step.case_id, step.move, stamp(step.at), step.person, stamp_or_none(step.done_at), step.way, step.choice,
            step.text,
        ),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def steps(reads: Reads, case_id: int) -> tuple[FollowStep, ...]:
    """What was recorded, oldest first."""
    rows = reads.rows("SELECT * FROM rating_step WHERE case_id = ? ORDER BY id", (case_id,))
    return tuple(
        FollowStep(
            id=row["id"], case_id=row["case_id"], move=row["move"], at=moment(row["at"]), person=row["person"],
            done_at=moment_or_none(row["done_at"]), way=row["way"], choice=row["choice"], text=row["text"],
        )
        for row in rows
    )  # fmt: skip


def worked_on(reads: Reads, case_id: int, person: str) -> bool:
    """Whether someone has worked on a case: at a window, on a step, deciding, or recording what happened elsewhere;
    those who only watched have not."""
    return (
        reads.value(
            "SELECT 1 FROM event WHERE subject = 'case' AND subject_id = ? AND actor = ? "  # noqa: S608
            f"AND (role IN ({marks(_WORKING)}) OR kind IN ({marks(_RECORDED)})) LIMIT 1",
            (case_id, person, *_WORKING, *_RECORDED),
        )
        is not None
    )


def erase_words(tx: Transaction, case_id: int) -> None:
    """Takes out what people wrote at each step; which steps there were, when and by whom, stays."""
    tx.execute("UPDATE rating_step SET text = '' WHERE case_id = ? AND text <> ''", (case_id,))


def _followup(row: sqlite3.Row) -> Followup:
    return Followup(
        case_id=row["case_id"],
        number=row["number"],
        item_name=row["item_name"],
        score=row["rating"] or 0,
        department=row["department"],
        supervisor_unit=row["supervisor_unit"],
        opened=moment(row["opened"]),
        state=FollowState(row["state"]),
        contact_due=moment(row["contact_due"]),
        contacted_at=moment_or_none(row["contacted_at"]),
        contact_late=bool(row["contact_late"]),
        attempts=row["attempts"],
        fix_due=moment(row["fix_due"]),
        fixed_at=moment_or_none(row["fixed_at"]),
        fix_late=bool(row["fix_late"]),
        extended=bool(row["extended"]),
        finding=row["finding"],
        accepted=row["accepted"],
        closed_at=moment_or_none(row["closed_at"]),
        version=row["version"],
        drill=bool(row["drill"]),
        waits_since=moment_or_none(row["waits_since"]),
    )
