"""One row of facts per case and the roll-ups over them, kept up with the event log; drill cases never enter."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime

from handlers.store.cases import case_of
from handlers.store.clocks import clock_of, pause_of
from handlers.store.database import marks
from handlers.store.moments import Reads, moment
from handlers.store.records import Case, Clock, PauseRow
from handlers.store.writer import Transaction
from rules.quick_dataclass import dataclass
from rules.time import local_date

Key = tuple[int, str, str, int]
"""Period (20261122 or 202611), measure, department, value: how often."""

# What is kept although it can happen more than once to a case; the rest is in the fact itself.
HAPPENINGS: Mapping[str, str] = {
    "supplement_notice": "supplement_notices",
    "supplement_recorded": "supplement_notices",
    "start_special": "specials",
    "extend": "extensions",
    "send_back": "sent_back",
}


@dataclass(frozen=True, slots=True)
class ItemFact:
    """An item version as cases are grouped by it. `themes` are theme codes as `p1 b3` (personal, business)."""

    version: str
    code: str
    name: str
    item_type: str
    depth: int | None
    visits: int | None
    themes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFact:
    """A case as statistics see it. Days are numbers like 20261122, times whole working days or hours.

    Agency time leaves pauses out and begins with acceptance; total time is as lived, from filing. Times, `on_time`
    and `early` are there for decided cases only. `provisional`: counted over a year whose calendar was not out.
    """

    case_id: int
    item: int
    department: str
    unit: str
    channel: str
    outcome: str
    online: int
    filed: int
    accepted: int | None = None
    closed: int | None = None
    rated: int | None = None
    rating: int | None = None
    on_time: int | None = None
    early: int | None = None
    agency_days: int | None = None
    total_days: int | None = None
    lived_days: int | None = None
    agency_hours: int | None = None
    total_hours: int | None = None
    paused_days: int = 0
    visits: int | None = None
    provisional: int = 0


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a case; `sequence` is its event."""

    sequence: int
    kind: str
    case_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Touched:
    """The next events' cases: which changed, what happened, and up to which event that is."""

    cases: tuple[int, ...]
    happened: tuple[Happening, ...]
    upto: int


COLUMNS = tuple(each.name for each in fields(CaseFact))
# Values counted one by one, on the day of which milestone.
_COUNTED: tuple[tuple[str, str], ...] = (
    ("agency_days", "closed"), ("total_days", "closed"), ("lived_days", "closed"), ("paused_days", "closed"),
    ("visits", "closed"), ("rating", "rated"),
)  # fmt: skip


def day_number(at: datetime) -> int:
    """20261122 of a moment, in Shanghai."""
    day = local_date(at)
    return day.year * 10_000 + day.month * 100 + day.day


def mark(reads: Reads, name: str) -> str:
    """How far something has been taken in; empty when never."""
    found: str | None = reads.value("SELECT value FROM stat_mark WHERE name = ?", (name,))
    return found or ""


def set_mark(tx: Transaction, name: str, value: str) -> None:
    """Notes how far."""
    tx.execute(
        "INSERT INTO stat_mark VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def drop_mark(tx: Transaction, name: str) -> None:
    """Forgets how far."""
    tx.execute("DELETE FROM stat_mark WHERE name = ?", (name,))


def counted_otherwise(reads: Reads) -> bool:
    """Whether an earlier version counted other kinds of happenings."""
    return mark(reads, "kinds") != " ".join(HAPPENINGS)


def forget_what_was_counted_otherwise(tx: Transaction) -> None:
    """Empties everything, once, to be made anew by the kinds of today."""
    if counted_otherwise(tx):
        forget_everything(tx)
        set_mark(tx, "kinds", " ".join(HAPPENINGS))


def newest_event(reads: Reads) -> int:
    """The last event there is."""
    found: int | None = reads.value("SELECT max(seq) FROM event")
    return found or 0


def touched(reads: Reads, after: int, most: int) -> Touched:
    """What the next `most` events after one touched; drill left out."""
    rows = reads.rows(
        "SELECT seq, at, kind, subject, subject_id, drill FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, most),
    )
    own = [row for row in rows if row["subject"] == "case" and not row["drill"]]
    return Touched(
        tuple(dict.fromkeys(row["subject_id"] for row in own)),
        tuple(
            Happening(row["seq"], row["kind"], row["subject_id"], moment(row["at"]))
            for row in own
            if row["kind"] in HAPPENINGS
        ),
        rows[-1]["seq"] if rows else after,
    )


def provisional_cases(reads: Reads, after: int, most: int) -> tuple[int, ...]:
    """Cases counted over a year whose calendar was not out then."""
    rows = reads.rows(
        "SELECT case_id FROM case_fact WHERE provisional = 1 AND case_id > ? ORDER BY case_id LIMIT ?",
        (after, most),
    )
    return tuple(row["case_id"] for row in rows)


def cases_with_ledgers(
    reads: Reads, ids: Sequence[int]
) -> Iterator[tuple[Case, tuple[PauseRow, ...], Clock | None, datetime | None]]:
    """Cases with their pauses, the clock of their promise, and when they were rated."""
    if not ids:
        return
    inside = marks(ids)
    pauses: dict[int, list[PauseRow]] = {}
    for row in reads.rows(
        f"SELECT * FROM pause WHERE subject = 'case' AND subject_id IN ({inside})",  # noqa: S608
        ids,
    ):
        pauses.setdefault(row["subject_id"], []).append(pause_of(row))
    promises: dict[int, Clock] = {}
    for row in reads.rows(
        f"SELECT * FROM clock WHERE subject = 'case' AND subject_id IN ({inside}) AND kind = 'promise'",  # noqa: S608
        ids,
    ):
        promises[row["subject_id"]] = clock_of(row)
    rated = {
        row["case_id"]: moment(row["at"])
        for row in reads.rows(f"SELECT case_id, at FROM rating WHERE case_id IN ({inside})", ids)  # noqa: S608
    }
    for row in reads.rows(f"SELECT * FROM cases WHERE id IN ({inside}) AND drill = 0", ids):  # noqa: S608
        case = case_of(row)
        yield case, tuple(pauses.get(case.id, ())), promises.get(case.id), rated.get(case.id)


def item_numbers(tx: Transaction, items: Iterable[ItemFact]) -> dict[str, int]:
    """The numbers of item versions; a new one gets its number here."""
    found = {}
    for each in items:
        tx.execute(
            "INSERT INTO stat_item (version, code, name, item_type, depth, visits, themes) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (version) DO UPDATE SET depth = coalesce(excluded.depth, depth), "
            "visits = coalesce(excluded.visits, visits), "
            "themes = CASE WHEN excluded.themes = '' THEN themes ELSE excluded.themes END",
            (
                each.version,
                each.code,
                each.name,
                each.item_type,
                each.depth,
                each.visits,
                " ".join(each.themes),
            ),
        )
        found[each.version] = tx.value("SELECT id FROM stat_item WHERE version = ?", (each.version,))
    return found


def known_items(reads: Reads) -> dict[int, ItemFact]:
    """All item versions that cases were filed for, by number."""
    return {
        row["id"]: ItemFact(
            row["version"], row["code"], row["name"], row["item_type"], row["depth"], row["visits"],
            tuple(row["themes"].split()),
        )
        for row in reads.rows("SELECT * FROM stat_item")
    }  # fmt: skip


def store(tx: Transaction, facts: Sequence[CaseFact], happened: Sequence[Happening]) -> None:
    """Puts facts in place of what was known of their cases, and moves the roll-ups by the difference."""
    changes: Counter[Key] = Counter()
    departments = {each.case_id: each.department for each in facts}
    ids = [each.case_id for each in facts]
    known: dict[int, CaseFact] = {}
    for row in tx.rows(f"SELECT * FROM case_fact WHERE case_id IN ({marks(ids)})", ids):  # noqa: S608
        known[row["case_id"]] = _fact(row)
    # Most events change nothing that is counted.
    changed = [each for each in facts if known.get(each.case_id) != each]
    for each in changed:
        before = known.get(each.case_id)
        if before is not None:
            changes.subtract(_counted(before))
        changes.update(_counted(each))
    tx.many(
        f"INSERT OR REPLACE INTO case_fact ({', '.join(COLUMNS)}) VALUES ({marks(COLUMNS)})",  # noqa: S608
        [tuple(getattr(each, name) for name in COLUMNS) for each in changed],
    )
    for happening in happened:
        if happening.case_id not in departments:
            continue
        day = day_number(happening.at)
        new = tx.execute(
            "INSERT INTO case_happening VALUES (?, ?, ?, ?) ON CONFLICT (seq) DO NOTHING",
            (happening.sequence, happening.kind, day, happening.case_id),
        ).rowcount
        for period in (day, day // 100):
            changes[(period, HAPPENINGS[happening.kind], departments[happening.case_id], 0)] += new
    _roll(tx, changes)


def _roll(tx: Transaction, changes: Mapping[Key, int]) -> None:
    moved = [(*key, by) for key, by in changes.items() if by]
    tx.many(
        "INSERT INTO stat_roll (period, measure, department, value, count) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (period, measure, department, value) DO UPDATE SET count = count + excluded.count",
        moved,
    )
    tx.many(
        "DELETE FROM stat_roll WHERE period = ? AND measure = ? AND department = ? AND value = ? AND count = 0",
        [each[:4] for each in moved if each[4] < 0],
    )


def _counted(fact: CaseFact) -> Iterator[Key]:
    """The roll-up lines that a case is part of, by day and by month."""

    def line(measure: str, day: int, value: int = 0) -> Iterator[Key]:
        yield day, measure, fact.department, value
        yield day // 100, measure, fact.department, value

    yield from line("filed", fact.filed)
    if fact.online:
        yield from line("filed_online", fact.filed)
    if fact.accepted is not None:
        yield from line("accepted", fact.accepted)
    if fact.closed is not None:
        yield from line("closed", fact.closed)
        yield from line(fact.outcome, fact.closed)
        if fact.on_time is not None:
            yield from line("decided", fact.closed)
            yield from line("on_time" if fact.on_time else "late", fact.closed)
            if fact.early:
                yield from line("early", fact.closed)
            if fact.online:
                yield from line("closed_online", fact.closed)
    for name, milestone in _COUNTED:
        value, day = getattr(fact, name), getattr(fact, milestone)
        if value is not None and day is not None:
            yield from line(name, day, value)


def forget_everything(tx: Transaction) -> None:
    """Empties facts and roll-ups, to be made anew."""
    for table in ("case_happening", "stat_roll", "case_fact", "stat_mark"):
        tx.execute(f"DELETE FROM {table}")  # noqa: S608


def _fact(row: sqlite3.Row) -> CaseFact:
    return CaseFact(**{name: row[name] for name in COLUMNS})


def seal_of(years: Mapping[int, object]) -> str:
    """Which years' calendars were out, as a mark."""
    return json.dumps(sorted(years))
