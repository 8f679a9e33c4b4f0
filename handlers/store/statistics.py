"""What statistics count: every base with its table and its day, read from the roll-ups or grouped over the facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta

from handlers.store.cases import case_of
from handlers.store.database import marks
from handlers.store.moments import Reads, moment, stamp
from handlers.store.records import Case
from rules.quick_dataclass import dataclass
from rules.time import day_end, day_start

_CASE_GROUPS = {"unit": "f.unit", "channel": "f.channel", "outcome": "f.outcome", "item": "f.item"}

# Each answer in its own month, late by the day it was owed on: a letter's row tells of the last one only, and that
# any of them was late. The answers of a disputed letter are the clocks they stopped: the one of the answer it has,
# and those after which the dispute began a new one.
_ANSWERS = """(
  SELECT l.department, l.drill, l.topic, l.answered AS at, l.late FROM letter l
    WHERE l.disputes = 0 AND l.answered IS NOT NULL
  UNION ALL
  SELECT k.department, l.drill, l.topic, k.stopped, k.stopped > k.due
    FROM letter l CROSS JOIN clock k ON k.subject = 'letter' AND k.subject_id = l.id
    WHERE l.disputes > 0 AND k.object <> '' AND k.stopped IS NOT NULL AND (k.stopped = l.answered OR EXISTS (
      SELECT 1 FROM event e CROSS JOIN clock n WHERE e.subject = 'letter' AND e.subject_id = l.id
        AND e.kind = 'letter.dispute' AND e.at = n.started AND n.id = (
          SELECT min(id) FROM clock WHERE subject = 'letter' AND subject_id = l.id AND id > k.id)))
) w"""


@dataclass(frozen=True, slots=True)
class Source:
    """A table with the columns cases are grouped by. `case`: the case's id, where rows are about cases."""

    tables: str
    department: str
    groups: Mapping[str, str] = field(default_factory=dict)
    where: str = "1"
    case: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """Something counted. `day` is its column: a number like 20261122, or a stamp where `stamped`.

    `value`: what is told apart within it (working days, a score, cents); 0 where it is only counted.
    """

    source: str
    day: str
    where: str = "1"
    value: str = "0"
    stamped: bool = False
    rolled: bool = False


SOURCES: Mapping[str, Source] = {
    "fact": Source("case_fact f", "f.department", _CASE_GROUPS, case="f.case_id"),
    "happening": Source(
        "case_happening h CROSS JOIN case_fact f ON f.case_id = h.case_id", "f.department", _CASE_GROUPS, case="f.case_id"
    ),
    "card": Source(
        "card c LEFT JOIN case_fact f ON c.subject = 'case' AND f.case_id = c.subject_id",
        "c.department", _CASE_GROUPS, "c.drill = 0", "CASE WHEN c.subject = 'case' THEN c.subject_id END",
    ),
    "order": Source(
        "supervision_order o LEFT JOIN case_fact f ON o.subject = 'case' AND f.case_id = o.subject_id",
        "o.department", _CASE_GROUPS, "o.drill = 0", "CASE WHEN o.subject = 'case' THEN o.subject_id END",
    ),
    "explanation": Source(
        "order_reply r JOIN supervision_order o ON o.id = r.order_id "
        "LEFT JOIN case_fact f ON o.subject = 'case' AND f.case_id = o.subject_id",
        "o.department", _CASE_GROUPS, "o.drill = 0 AND r.kind = 'explain'",
        "CASE WHEN o.subject = 'case' THEN o.subject_id END",
    ),
    "answer": Source(_ANSWERS, "w.department", {}, "w.drill = 0 AND w.topic <> 'conduct'"),
    "appeal": Source("appeal a", "a.department", {}, "a.drill = 0"),
    "letter": Source("letter l", "l.department", {}, "l.drill = 0 AND l.topic <> 'conduct'"),
    "followup": Source(
        "rating_followup u LEFT JOIN case_fact f ON f.case_id = u.case_id", "u.department", _CASE_GROUPS, "u.drill = 0",
        "u.case_id",
    ),
    "fee": Source("fee e JOIN case_fact f ON f.case_id = e.case_id", "f.department", _CASE_GROUPS, case="f.case_id"),
}  # fmt: skip


def _fact(day: str, where: str = "1", value: str = "0", rolled: bool = True) -> Base:
    return Base("fact", f"f.{day}", where, value, rolled=rolled)


def _stamped(source: str, day: str, where: str = "1", value: str = "0") -> Base:
    return Base(source, day, where, value, stamped=True)


BASES: Mapping[str, Base] = {
    "filed": _fact("filed"),
    "filed_online": _fact("filed", "f.online = 1"),
    "accepted": _fact("accepted"),
    "closed": _fact("closed"),
    **{each: _fact("closed", f"f.outcome = '{each}'") for each in ("granted", "denied", "refused", "withdrawn", "voided")},
    "decided": _fact("closed", "f.on_time IS NOT NULL"),
    "on_time": _fact("closed", "f.on_time = 1"),
    "late": _fact("closed", "f.on_time = 0"),
    "early": _fact("closed", "f.early = 1"),
    "closed_online": _fact("closed", "f.on_time IS NOT NULL AND f.online = 1"),
    "agency_days": _fact("closed", "f.agency_days IS NOT NULL", "f.agency_days"),
    "total_days": _fact("closed", "f.total_days IS NOT NULL", "f.total_days"),
    "lived_days": _fact("closed", "f.lived_days IS NOT NULL", "f.lived_days"),
    # Hours differ from case to case, so that a roll-up of them would be as long as the facts.
    "agency_hours": _fact("closed", "f.agency_hours IS NOT NULL", "f.agency_hours", rolled=False),
    "total_hours": _fact("closed", "f.total_hours IS NOT NULL", "f.total_hours", rolled=False),
    "paused_days": _fact("closed", "1", "f.paused_days"),
    "visits": _fact("closed", "f.visits IS NOT NULL", "f.visits"),
    "rating": _fact("rated", "f.rating IS NOT NULL", "f.rating"),
    "supplement_notices": Base("happening", "h.day", "h.kind IN ('supplement_notice', 'supplement_recorded')", rolled=True),
    "specials": Base("happening", "h.day", "h.kind = 'start_special'", rolled=True),
    "extensions": Base("happening", "h.day", "h.kind = 'extend'", rolled=True),
    "sent_back": Base("happening", "h.day", "h.kind = 'send_back'", rolled=True),
    "cards": _stamped("card", "c.issued", "c.state = 'issued'", "c.level"),
    "cards_revoked": _stamped("card", "c.issued", "c.state = 'revoked'", "c.level"),
    "orders": _stamped("order", "o.issued", "o.state <> 'cancelled'"),
    "explanations": _stamped("explanation", "r.at"),
    "explanations_late": _stamped("explanation", "r.at", "r.late = 1"),
    "appeals": _stamped("appeal", "a.filed"),
    "appeals_decided": _stamped("appeal", "a.decided_at", "a.state IN ('revoked', 'returned', 'upheld')"),
    "appeals_revoked": _stamped("appeal", "a.decided_at", "a.state = 'revoked'"),
    "appeals_upheld": _stamped("appeal", "a.decided_at", "a.state = 'upheld'"),
    "appeals_returned": _stamped("appeal", "a.decided_at", "a.state = 'returned'"),
    "consultations": _stamped("letter", "l.received", "l.kind = 'consultation'"),
    "complaints": _stamped("letter", "l.received", "l.kind = 'complaint'"),
    "letters": _stamped("letter", "l.received"),
    "letters_answered": _stamped("answer", "w.at"),
    "letters_late": _stamped("answer", "w.at", "w.late = 1"),
    "letters_disputed": _stamped("letter", "l.answered", "l.disputes > 0"),
    "letters_settled": _stamped("letter", "l.settled_at", "l.settled = 1"),
    "letters_stated": _stamped("letter", "l.settled_at", "l.settled IS NOT NULL"),
    # By the day of the rating; what is still within its days is neither in time nor late.
    "followups": _stamped("followup", "u.opened"),
    "followups_contacted": _stamped("followup", "u.opened", "u.contacted_at IS NOT NULL AND u.contact_late = 0"),
    "followups_contact_due": _stamped("followup", "u.opened", "(u.contacted_at IS NOT NULL OR u.contact_late = 1)"),
    "followups_fixed": _stamped("followup", "u.opened", "u.fixed_at IS NOT NULL AND u.fix_late = 0"),
    "followups_fix_due": _stamped("followup", "u.opened", "(u.fixed_at IS NOT NULL OR u.fix_late = 1)"),
    "followups_revisited": _stamped("followup", "u.opened", "u.accepted IN ('yes', 'no')"),
    "followups_accepted": _stamped("followup", "u.opened", "u.accepted = 'yes'"),
    "followups_answered": _stamped("followup", "u.opened", "u.accepted IN ('yes', 'no')"),
    "fees": _stamped("fee", "e.paid_at", "e.waived = '' AND e.cents IS NOT NULL", "e.cents"),
    "fees_waived": _stamped("fee", "e.paid_at", "e.waived <> ''"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What rows must meet. `departments` and `units` are the scope: one of them suffices; None is no bound."""

    departments: tuple[str, ...] | None = None
    units: tuple[str, ...] = ()
    department: str | None = None
    only_units: tuple[str, ...] | None = None
    channel: str | None = None
    outcome: str | None = None
    items: tuple[int, ...] | None = None

    @property
    def by_department_alone(self) -> bool:
        """Whether the roll-ups, which know departments only, can answer."""
        rest = (self.only_units, self.channel, self.outcome, self.items)
        return not self.units and all(each is None for each in rest)


@dataclass(frozen=True, slots=True)
class Counted:
    """So many rows of a base with these group keys (in the order asked for) and this value."""

    keys: tuple[str | int | None, ...]
    value: int
    count: int


def grouped(
    reads: Reads, base: Base, first: date, last: date, by: Sequence[str], wanted: Narrowed
) -> Iterator[Counted]:
    """Counts over the rows themselves; `by` are `department`, `day` or groups of the base's source."""
    source = SOURCES[base.source]
    columns = [_column(source, base, each) for each in by]
    where, values = _where(source, base, first, last, wanted)
    listed = "".join(f"{column}, " for column in columns)
    # By position: a value that is a constant would be read as one.
    places = ", ".join(str(place) for place in range(1, len(columns) + 2))
    for row in reads.rows(
        f"SELECT {listed}{base.value}, count(*) FROM {source.tables} WHERE {where} "  # noqa: S608
        f"GROUP BY {places}",
        values,
    ):
        found = tuple(row)
        yield Counted(found[:-2], found[-2], found[-1])


def rolled(
    reads: Reads, names: Sequence[str], first: date, last: date, by: str, wanted: Narrowed
) -> Iterator[tuple[str, Counted]]:
    """The same from the roll-ups for several bases at once; keys (the department, the period, or 0,).

    `by` is `department`, `period` (whole months as 202611 and the days around them as 20261122), `day` or empty.
    """
    departments = _departments(wanted)
    inside = "" if departments is None else f" AND department IN ({marks(departments)})"
    column = {"department": "department", "period": "period", "day": "period", "": "0"}[by]
    # One query a stretch: with an OR between them SQLite would leave the index.
    for low, high in _periods(first, last) if by != "day" else [(number(first), number(last))]:
        for row in reads.rows(
            f"SELECT measure, {column}, value, sum(count) FROM stat_roll "  # noqa: S608
            f"WHERE measure IN ({marks(names)}) AND period BETWEEN ? AND ?{inside} GROUP BY 1, 2, 3",
            (*names, low, high, *(departments or ())),
        ):
            yield row[0], Counted((row[1],), row[2], row[3])


def behind(
    reads: Reads, names: Sequence[str], values: Sequence[int] | None, first: date, last: date, wanted: Narrowed,
    days: Sequence[tuple[date, date]], most: int, page: int,
) -> tuple[tuple[Case, ...], int]:  # fmt: skip
    """The cases behind a number: a page of them and how many there are. Only for bases about cases.

    `days` narrows further to some stretches (the Mondays of a month); `values` to some values of the bases.
    """
    parts, given = list[str](), list[object]()
    for name in names:
        base, source = BASES[name], SOURCES[BASES[name].source]
        where, bound = _where(source, base, first, last, wanted)
        if values is not None:
            where += f" AND {base.value} IN ({marks(values)})"
            bound += values
        if days:
            stretches = []
            for low, high in days:
                condition, more = _between(base, low, high)
                stretches.append(condition)
                bound += more
            where += f" AND ({' OR '.join(stretches)})"
        parts.append(f"SELECT {source.case} FROM {source.tables} WHERE {where}")  # noqa: S608
        given += bound
    ids = " UNION ".join(parts)
    total: int = reads.value(f"SELECT count(*) FROM cases WHERE id IN ({ids})", given)  # noqa: S608
    rows = reads.rows(
        f"SELECT * FROM cases WHERE id IN ({ids}) ORDER BY coalesce(closed_at, submitted_at) DESC, id DESC "  # noqa: S608
        "LIMIT ? OFFSET ?",
        (*given, most, (page - 1) * most),
    )
    return tuple(case_of(row) for row in rows), total


@dataclass(frozen=True, slots=True)
class Overdue:
    """The cases past their promise that fell due first, each with that moment; `late` and `running` count them all."""

    cases: tuple[tuple[Case, datetime], ...]
    late: int
    running: int


def overdue(reads: Reads, first: date, last: date, now: datetime, most: int) -> Overdue:
    """Decided late in some days, and in review past their promise now; drill left out."""
    base = BASES["late"]
    where, values = _where(SOURCES[base.source], base, first, last, Narrowed())
    # The promise as the facts know it: of several clocks the newest.
    late = (
        "SELECT f.case_id AS id, (SELECT k.due FROM clock k WHERE k.subject = 'case' AND k.subject_id = f.case_id "  # noqa: S608
        f"AND k.kind = 'promise' ORDER BY k.id DESC LIMIT 1) AS promise_due FROM case_fact f WHERE {where}"
    )
    # With the plus only the index of running clocks serves: by subject it would read every clock there ever was.
    running = (
        "SELECT k.subject_id AS id, k.due AS promise_due FROM clock k JOIN cases r ON r.id = k.subject_id "
        "WHERE k.stopped IS NULL AND +k.subject = 'case' AND k.kind = 'promise' AND k.due < ? AND r.drill = 0"
    )
    rows = reads.rows(
        f"SELECT c.*, o.promise_due FROM ({late} UNION ALL {running}) o JOIN cases c ON c.id = o.id "  # noqa: S608
        "ORDER BY o.promise_due, c.id LIMIT ?",
        (*values, stamp(now), most),
    )
    return Overdue(
        tuple((case_of(row), moment(row["promise_due"])) for row in rows),
        reads.value(f"SELECT count(*) FROM ({late})", values),  # noqa: S608
        reads.value(f"SELECT count(*) FROM ({running})", (stamp(now),)),  # noqa: S608
    )


def number(day: date) -> int:
    """20261122."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(found: int) -> date:
    """The day of a number like 20261122."""
    return date(found // 10_000, found // 100 % 100, found % 100)


def _column(source: Source, base: Base, key: str) -> str:
    if key == "department":
        return source.department
    if key == "day":
        if not base.stamped:
            return base.day
        return f"CAST(replace(substr({base.day}, 1, 10), '-', '') AS INTEGER)"
    return source.groups[key]


def _between(base: Base, first: date, last: date) -> tuple[str, list[object]]:
    if base.stamped:
        return f"{base.day} BETWEEN ? AND ?", [stamp(day_start(first)), stamp(day_end(last))]
    return f"{base.day} BETWEEN ? AND ?", [number(first), number(last)]


def _where(source: Source, base: Base, first: date, last: date, wanted: Narrowed) -> tuple[str, list[object]]:
    between, values = _between(base, first, last)
    conditions = [between, source.where, base.where]
    if wanted.departments is not None:
        inside = f"{source.department} IN ({marks(wanted.departments)})"
        values += wanted.departments
        if wanted.units and "unit" in source.groups:
            inside = f"({inside} OR {source.groups['unit']} IN ({marks(wanted.units)}))"
            values += wanted.units
        conditions.append(inside)
    for column, value in (
        (source.department, wanted.department),
        (source.groups.get("channel"), wanted.channel),
        (source.groups.get("outcome"), wanted.outcome),
    ):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    for column, several in (
        (source.groups.get("unit"), wanted.only_units),
        (source.groups.get("item"), wanted.items),
    ):
        if several is not None:
            conditions.append(f"{column} IN ({marks(several)})")
            values += several
    return " AND ".join(conditions), values


def _departments(wanted: Narrowed) -> tuple[str, ...] | None:
    if wanted.department is None:
        return wanted.departments
    inside = wanted.departments is None or wanted.department in wanted.departments
    return (wanted.department,) if inside else ()


def _periods(first: date, last: date) -> list[tuple[int, int]]:
    """Ranges of whole months (as 202611) and of the days around them (as 20261122)."""
    begin = first if first.day == 1 else _next_month(first)
    end = (last + timedelta(days=1)).replace(day=1)
    if begin >= end:
        return [(number(first), number(last))]
    found = [(begin.year * 100 + begin.month, _month_before(end))]
    if first < begin:
        found.append((number(first), number(begin - timedelta(days=1))))
    if end <= last:
        found.append((number(end), number(last)))
    return found


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _month_before(day: date) -> int:
    before = day - timedelta(days=1)
    return before.year * 100 + before.month
