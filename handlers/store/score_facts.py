"""The facts of a month that scores count, straight from the records by their indexes; drill left out everywhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime

from handlers.store.moments import Reads, stamp
from handlers.store.score_records import Fact
from rules.letter_terms import OPEN

# Every query takes :first and :after (stamps, the second not included), :as_of and :department ('' for all).
_CLOSED = """
SELECT c.closed_at AS at, c.department, c.number, c.item_code, c.outcome,
  (SELECT k.due FROM clock k WHERE k.subject = 'case' AND k.subject_id = c.id AND k.kind = 'promise'
    ORDER BY k.id DESC LIMIT 1) AS due,
  (SELECT s.person FROM step s WHERE s.case_id = c.id AND s.person IS NOT NULL
    ORDER BY s.position DESC LIMIT 1) AS person,
  EXISTS (SELECT 1 FROM card d WHERE d.subject = 'case' AND d.subject_id = c.id AND d.object = 'case'
    AND d.state = 'issued') AS carded
FROM cases c
WHERE c.closed_at >= :first AND c.closed_at < :after AND c.drill = 0
  AND (:department = '' OR c.department = :department)
ORDER BY c.closed_at, c.id
"""

_CARDS = """
SELECT d.issued AS at, d.department, d.subject, d.subject_number AS number, d.object, d."trigger" AS fired, d.level,
  d.state, d.fact, coalesce(c.item_code, l.item_code, '') AS item_code, k.person
FROM card d
  LEFT JOIN cases c ON d.subject = 'case' AND c.id = d.subject_id
  LEFT JOIN letter l ON d.subject = 'letter' AND l.id = d.subject_id
  LEFT JOIN clock k ON k.id = d.clock_id
WHERE d.issued >= :first AND d.issued < :after AND d.drill = 0 AND d.state IN ('issued', 'revoked')
  AND (:department = '' OR d.department = :department)
ORDER BY d.issued, d.id
"""

_RATINGS = """
SELECT r.at, c.department, c.number, c.item_code, r.score,
  (SELECT s.person FROM step s WHERE s.case_id = c.id AND s.person IS NOT NULL
    ORDER BY s.position DESC LIMIT 1) AS person
FROM rating r JOIN cases c ON c.id = r.case_id
WHERE r.at >= :first AND r.at < :after AND c.drill = 0 AND (:department = '' OR c.department = :department)
ORDER BY r.at, r.case_id
"""

_OWED = f"(l.answered IS NULL OR l.state IN ({', '.join(repr(each.value) for each in sorted(OPEN))}))"

# A letter belongs to the month its answer was due in, answered or not; conduct goes to the supervisor, not to the
# department, and is counted when it was confirmed. A disputed letter owes a new answer by a new day: its row tells
# of that one only, and an earlier answer that came late stays late by the clock it stopped. (That clock's day is
# before the letter's own, so the index of days due finds the letter: CROSS JOIN has SQLite begin there.)
_REPLIES = f"""
SELECT l.due AS at, l.id, l.department, l.number, coalesce(l.item_code, '') AS item_code,
  CASE WHEN {_OWED} THEN NULL ELSE l.answered_by END AS person,
  CASE WHEN {_OWED} OR l.answered > l.due OR l.late AND l.disputes = 0 THEN 'late' ELSE 'on_time' END AS result
FROM letter l
WHERE l.due >= :first AND l.due < :after AND l.drill = 0 AND l.topic <> 'conduct' AND l.state <> 'withdrawn'
  AND (NOT {_OWED} OR l.due < :as_of) AND (:department = '' OR l.department = :department)
UNION ALL
SELECT k.due, l.id, k.department, l.number, coalesce(l.item_code, ''), k.person, 'late'
FROM letter l
  CROSS JOIN clock k ON k.subject = 'letter' AND k.subject_id = l.id
  CROSS JOIN clock n ON n.id = (
    SELECT min(id) FROM clock WHERE subject = 'letter' AND subject_id = l.id AND id > k.id)
WHERE l.due >= :first AND l.disputes > 0 AND l.drill = 0 AND l.topic <> 'conduct'
  AND k.due >= :first AND k.due < :after AND k.stopped > k.due
  AND EXISTS (SELECT 1 FROM event e
    WHERE e.subject = 'letter' AND e.subject_id = l.id AND e.kind = 'letter.dispute' AND e.at = n.started)
  AND (:department = '' OR k.department = :department)
ORDER BY 1, 2
"""  # noqa: S608  (the states are the table's own)

_CONDUCT = """
SELECT l.answered AS at, l.department, l.number, coalesce(l.item_code, '') AS item_code
FROM letter l
WHERE l.topic = 'conduct' AND l.confirmed = 1 AND l.answered >= :first AND l.answered < :after AND l.drill = 0
  AND (:department = '' OR l.department = :department)
ORDER BY l.answered, l.id
"""

# An order belongs to the month its explanation was due in. Without a reply is also one whose explanations were all
# returned: the first of them leaves its moment on the order, and the sweep marks every order past its day as late,
# so that neither says that a reply came.
_ORDERS = """
SELECT o.id, o.explain_due AS at, o.department, o.number, coalesce(c.item_code, l.item_code, '') AS item_code,
  CASE WHEN o.silent THEN 'unanswered' WHEN o.late OR o.explained_at > o.explain_due THEN 'late'
    ELSE 'answered' END AS result
FROM (
  SELECT *, explained_at IS NULL OR (returns > 0 AND NOT EXISTS (
    SELECT 1 FROM order_reply r WHERE r.order_id = supervision_order.id AND r.kind = 'explain'
      AND r.verdict <> 'returned')) AS silent
  FROM supervision_order
) o
  LEFT JOIN cases c ON o.subject = 'case' AND c.id = o.subject_id
  LEFT JOIN letter l ON o.subject = 'letter' AND l.id = o.subject_id
WHERE o.explain_due >= :first AND o.explain_due < :after AND o.drill = 0 AND o.state <> 'cancelled'
  AND (NOT o.silent OR o.explain_due < :as_of)
  AND (:department = '' OR o.department = :department)
ORDER BY o.explain_due, o.id
"""

_ENTRIES = """
SELECT id, happened, department, person, head, kind, quantity, subject_number, withdrawn
FROM score_entry
WHERE period = :period AND (:department = '' OR department IN ('', :department))
ORDER BY happened, id
"""

_DECIDED = frozenset({"granted", "denied", "refused"})


def facts(
    reads: Reads, period: str, first: datetime, after: datetime, as_of: datetime, department: str = ""
) -> Iterator[Fact]:
    """Every fact of a month, kind by kind, each in the order of time; all departments, or one."""
    values: dict[str, object] = {
        "first": stamp(first), "after": stamp(after), "as_of": stamp(as_of), "department": department,
        "period": period,
    }  # fmt: skip
    for sql, made in _QUERIES:
        for row in reads.rows(sql, values):
            yield made(row)


def _closed(row: sqlite3.Row) -> Fact:
    at, due, outcome = row["at"], row["due"], row["outcome"]
    if outcome not in _DECIDED:
        result = "ended"
    elif due is None:
        # Refused before acceptance: no promise ran, what is late there has its own cards.
        result = "on_time"
    elif at > due:
        result = "late"
    else:
        result = "early" if at[:10] < due[:10] else "on_time"
    return Fact(
        "closed", at, row["department"], "case", row["number"], row["person"], row["item_code"], result,
        carded=bool(row["carded"]),
    )  # fmt: skip


def _card(row: sqlite3.Row) -> Fact:
    return Fact(
        "card", row["at"], row["department"], row["subject"], row["number"], row["person"], row["item_code"],
        object=row["object"], trigger=row["fired"], level=row["level"], matter=row["fact"],
        state="revoked" if row["state"] == "revoked" else "",
    )  # fmt: skip


def _rating(row: sqlite3.Row) -> Fact:
    return Fact(
        "rating", row["at"], row["department"], "case", row["number"], row["person"], row["item_code"],
        str(row["score"]),
    )  # fmt: skip


def _reply(row: sqlite3.Row) -> Fact:
    return Fact(
        "reply",
        row["at"],
        row["department"],
        "letter",
        row["number"],
        row["person"],
        row["item_code"],
        row["result"],
    )


def _conduct(row: sqlite3.Row) -> Fact:
    return Fact("conduct", row["at"], row["department"], "letter", row["number"], None, row["item_code"])


def _order(row: sqlite3.Row) -> Fact:
    return Fact(
        "order",
        row["at"],
        row["department"],
        "order",
        row["number"],
        None,
        row["item_code"],
        row["result"],
        row=row["id"],
    )


def _entry(row: sqlite3.Row) -> Fact:
    register = row["kind"] == "register"
    return Fact(
        "register" if register else "entry", row["happened"], row["department"], "entry", f"entry/{row['id']}",
        row["person"], result="" if register else row["kind"], head=row["head"], quantity=row["quantity"],
        state="withdrawn" if row["withdrawn"] else "",
    )  # fmt: skip


_QUERIES: tuple[tuple[str, Callable[[sqlite3.Row], Fact]], ...] = (
    (_CLOSED, _closed),
    (_CARDS, _card),
    (_RATINGS, _rating),
    (_REPLIES, _reply),
    (_CONDUCT, _conduct),
    (_ORDERS, _order),
    (_ENTRIES, _entry),
)
