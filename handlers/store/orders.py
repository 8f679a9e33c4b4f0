"""Supervision orders, what departments replied, and who was held to account: rows and conditional updates."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from handlers.store.database import marks
from handlers.store.moments import Reads, json_text, moment, moment_or_none, stamp, stamp_or_none
from handlers.store.notices import next_serial
from handlers.store.writer import Transaction
from rules.errors import Conflict
from rules.order_table import ORDER_OPEN, OrderState
from rules.quick_dataclass import dataclass

_CHANGEABLE = frozenset(
    {
        "state", "explain_due", "correct_due", "explained_at", "late", "correction_late", "returns", "closed_at",
        "closing", "demand",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrderPaper:
    """What the document said when it was issued: never rendered again from newer data."""

    issuer: str
    addressee: str
    basis: str
    paragraphs: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    demands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A supervision order (督办通知书).

    `subject` is case, letter or department (then `subject_id` is 0 and the number the department's code);
    `unit` who has to answer, `issuer_unit` in whose name it was issued, `issued_by` a person or `system`.
    `late`: an explanation was or is past its day. `version` grows with every change.
    """

    id: int
    number: str
    card_id: int | None
    subject: str
    subject_id: int
    subject_number: str
    department: str
    unit: str
    issuer_unit: str
    text: str
    demand: str
    paper: OrderPaper
    issued: datetime
    issued_by: str
    explain_due: datetime
    correct_due: datetime | None
    state: OrderState
    explained_at: datetime | None
    late: bool
    correction_late: bool
    returns: int
    chases: int
    level: int
    closed_at: datetime | None
    closing: str
    version: int
    drill: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What a department answered. `kind` explain or report; `verdict` accepted, returned, demanded or empty."""

    id: int
    order_id: int
    kind: str
    text: str
    at: datetime
    person: str
    late: bool
    verdict: str
    verdict_words: str


@dataclass(frozen=True, slots=True)
class Accountability:
    """Who was held to account (责任追究). `person` is a name, None where a unit was; shown masked."""

    id: int
    order_id: int
    department: str
    unit: str
    person: str | None
    kind: str
    outcome: str
    decided: date
    entered: datetime
    entered_by: str
    withdrawn: datetime | None
    withdrawn_by: str | None
    withdrawal: str
    drill: bool


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a list of orders is narrowed to."""

    states: frozenset[OrderState] = ORDER_OPEN
    oldest_first: bool = False


def next_number(tx: Transaction, document_word: str, number_word: str, year: int, drill: bool) -> str:
    """The next number of an issuing unit's series; a refused job takes its number back with its savepoint."""
    word = f"{document_word}{number_word}督{'练' if drill else ''}字"
    return f"{word}〔{year}〕第{next_serial(tx, f'notice/{word}/{year}')}号"


def insert(tx: Transaction, order: Order) -> int:
    """A new order; `order.id` is ignored and returned anew."""
    cursor = tx.execute(
        "INSERT INTO supervision_order (number, card_id, subject, subject_id, subject_number, department, unit, "
        "issuer_unit, text, demand, document, issued, issued_by, explain_due, state, drill) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            order.number, order.card_id, order.subject, order.subject_id, order.subject_number, order.department,
            order.unit, order.issuer_unit, order.text, order.demand, _paper_text(order.paper),
            stamp(order.issued), order.issued_by, stamp(order.explain_due), order.state, int(order.drill),
        ),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def change(tx: Transaction, order: Order, **columns: object) -> None:
    """Updates an order that still is as it was read. Raises Conflict when someone was faster."""
    unknown = columns.keys() - _CHANGEABLE
    assert not unknown, unknown
    values = [stamp(each) if isinstance(each, datetime) else each for each in columns.values()]
    cursor = tx.execute(
        f"UPDATE supervision_order SET {', '.join(f'{name} = ?' for name in columns)}, version = version + 1 "  # noqa: S608
        "WHERE id = ? AND version = ?",
        (*values, order.id, order.version),
    )
    if cursor.rowcount != 1:
        raise Conflict("这份督办刚刚被别人处理过。请刷新页面再操作。")


def show(
    tx: Transaction, order_id: int, level: int, explain_due: datetime | None, correct_due: datetime | None
) -> None:
    """What lists show of an order's clocks; a clock that does not run leaves its day as it was."""
    tx.execute(
        "UPDATE supervision_order SET level = ?, explain_due = coalesce(?, explain_due), "
        "correct_due = coalesce(?, correct_due) WHERE id = ?",
        (level, stamp_or_none(explain_due), stamp_or_none(correct_due), order_id),
    )


def flag_late(tx: Transaction, order_id: int, *, correction: bool) -> None:
    """Marks an order as late; one that is marked stays as it is."""
    if correction:
        sql = "UPDATE supervision_order SET correction_late = 1 WHERE id = ? AND correction_late = 0"
    else:
        sql = "UPDATE supervision_order SET late = 1 WHERE id = ? AND late = 0"
    tx.execute(sql, (order_id,))


def count_chase(tx: Transaction, order_id: int) -> None:
    """One more reminder."""
    tx.execute("UPDATE supervision_order SET chases = chases + 1 WHERE id = ?", (order_id,))


def by_id(reads: Reads, order_id: int) -> Order | None:
    """One order."""
    row = reads.row("SELECT * FROM supervision_order WHERE id = ?", (order_id,))
    return None if row is None else _order(row)


def by_number(reads: Reads, number: str) -> Order | None:
    """The order with this number."""
    row = reads.row("SELECT * FROM supervision_order WHERE number = ?", (number,))
    return None if row is None else _order(row)


def of_card(reads: Reads, card_id: int) -> Order | None:
    """The order a card brought or joined, also after the card was taken off it."""
    row = reads.row(
        "SELECT * FROM supervision_order WHERE id = "
        "(SELECT order_id FROM supervision_order_card WHERE card_id = ?)",
        (card_id,),
    )
    return None if row is None else _order(row)


def to_join(reads: Reads, subject: str, ids: Sequence[int]) -> dict[tuple[int, str, str, bool], Order]:
    """The orders about some cases or letters that are not explained yet: another card joins them.

    By the subject's id, department, issuing unit and drill; the newest where there are several.
    """
    rows = reads.rows(
        f"SELECT * FROM supervision_order WHERE subject = ? AND subject_id IN ({marks(ids)}) "  # noqa: S608
        "AND state = 'issued' AND explained_at IS NULL ORDER BY id",
        (subject, *ids),
    )
    found = (_order(row) for row in rows)
    return {(each.subject_id, each.department, each.issuer_unit, each.drill): each for each in found}


def of_reply(reads: Reads, reply_id: int) -> Order | None:
    """The order a reply answers."""
    row = reads.row(
        "SELECT * FROM supervision_order WHERE id = (SELECT order_id FROM order_reply WHERE id = ?)",
        (reply_id,),
    )
    return None if row is None else _order(row)


def of_subject(reads: Reads, subject: str, subject_id: int) -> tuple[Order, ...]:
    """All orders about a case or letter, oldest first."""
    rows = reads.rows(
        "SELECT * FROM supervision_order WHERE subject = ? AND subject_id = ? ORDER BY id",
        (subject, subject_id),
    )
    return tuple(_order(row) for row in rows)


def listed(
    reads: Reads, departments: Sequence[str], wanted: OrderFilter, most: int, page: int = 1
) -> tuple[tuple[Order, ...], int]:
    """A page of the orders to some departments in some states; and how many there are."""
    states = sorted(wanted.states)
    where = f"department IN ({marks(departments)}) AND state IN ({marks(states)})"
    values: list[object] = [*departments, *states]
    total: int = reads.value(f"SELECT count(*) FROM supervision_order WHERE {where}", values)  # noqa: S608
    order = "coalesce(correct_due, explain_due), id" if wanted.oldest_first else "issued DESC, id DESC"
    rows = reads.rows(
        f"SELECT * FROM supervision_order WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608
        (*values, most, (page - 1) * most),
    )
    return tuple(_order(row) for row in rows), total


def add_reply(tx: Transaction, reply: Reply) -> int:
    """What a department answered; `reply.id` is ignored and returned anew."""
    cursor = tx.execute(
        "INSERT INTO order_reply (order_id, kind, text, at, person, late) VALUES (?, ?, ?, ?, ?, ?)",
        (reply.order_id, reply.kind, reply.text, stamp(reply.at), reply.person, int(reply.late)),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def judge_reply(tx: Transaction, reply_id: int, verdict: str, words: str) -> None:
    """The supervisor's word on a reply."""
    tx.execute(
        "UPDATE order_reply SET verdict = ?, verdict_words = ? WHERE id = ?", (verdict, words, reply_id)
    )


def replies(reads: Reads, order_id: int) -> tuple[Reply, ...]:
    """What was answered, oldest first."""
    rows = reads.rows("SELECT * FROM order_reply WHERE order_id = ? ORDER BY id", (order_id,))
    return tuple(
        Reply(
            id=row["id"], order_id=row["order_id"], kind=row["kind"], text=row["text"], at=moment(row["at"]),
            person=row["person"], late=bool(row["late"]), verdict=row["verdict"], verdict_words=row["verdict_words"],
        )
        for row in rows
    )  # fmt: skip


def add_accountability(tx: Transaction, entry: Accountability) -> int:
    """Who was held to account; `entry.id` is ignored and returned anew."""
    cursor = tx.execute(
        "INSERT INTO accountability (order_id, department, unit, person, kind, outcome, decided, entered, entered_by, "
        "drill) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.order_id, entry.department, entry.unit, entry.person, entry.kind, entry.outcome,
            entry.decided.isoformat(), stamp(entry.entered), entry.entered_by, int(entry.drill),
        ),
    )  # fmt: skip
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def withdraw_accountability(tx: Transaction, entry_id: int, person: str, at: datetime, reason: str) -> bool:
    """Takes a wrong entry back; it stays readable as withdrawn. False when it was withdrawn before."""
    return (
        tx.execute(
            "UPDATE accountability SET withdrawn = ?, withdrawn_by = ?, withdrawal = ? WHERE id = ? AND withdrawn IS NULL",
            (stamp(at), person, reason, entry_id),
        ).rowcount
        == 1
    )


def accountability(reads: Reads, order_id: int) -> tuple[Accountability, ...]:
    """The entries of an order, oldest first."""
    rows = reads.rows("SELECT * FROM accountability WHERE order_id = ? ORDER BY id", (order_id,))
    return tuple(_accountability(row) for row in rows)


def accountability_by_id(reads: Reads, entry_id: int) -> Accountability | None:
    """One entry."""
    row = reads.row("SELECT * FROM accountability WHERE id = ?", (entry_id,))
    return None if row is None else _accountability(row)


def _accountability(row: sqlite3.Row) -> Accountability:
    return Accountability(
        id=row["id"],
        order_id=row["order_id"],
        department=row["department"],
        unit=row["unit"],
        person=row["person"],
        kind=row["kind"],
        outcome=row["outcome"],
        decided=date.fromisoformat(row["decided"]),
        entered=moment(row["entered"]),
        entered_by=row["entered_by"],
        withdrawn=moment_or_none(row["withdrawn"]),
        withdrawn_by=row["withdrawn_by"],
        withdrawal=row["withdrawal"],
        drill=bool(row["drill"]),
    )


def _paper_text(paper: OrderPaper) -> str:
    return json_text(
        {
            "issuer": paper.issuer,
            "addressee": paper.addressee,
            "basis": paper.basis,
            "paragraphs": list(paper.paragraphs),
            "rows": [list(each) for each in paper.rows],
            "demands": list(paper.demands),
        }
    )


def _paper(text: str) -> OrderPaper:
    given: Mapping[str, Any] = json.loads(text)
    return OrderPaper(
        issuer=str(given.get("issuer", "")),
        addressee=str(given.get("addressee", "")),
        basis=str(given.get("basis", "")),
        paragraphs=tuple(given.get("paragraphs", ())),
        rows=tuple((str(label), str(words)) for label, words in given.get("rows", ())),
        demands=tuple(given.get("demands", ())),
    )


def _order(row: sqlite3.Row) -> Order:
    return Order(
        id=row["id"],
        number=row["number"],
        card_id=row["card_id"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        subject_number=row["subject_number"],
        department=row["department"],
        unit=row["unit"],
        issuer_unit=row["issuer_unit"],
        text=row["text"],
        demand=row["demand"],
        paper=_paper(row["document"]),
        issued=moment(row["issued"]),
        issued_by=row["issued_by"],
        explain_due=moment(row["explain_due"]),
        correct_due=moment_or_none(row["correct_due"]),
        state=OrderState(row["state"]),
        explained_at=moment_or_none(row["explained_at"]),
        late=bool(row["late"]),
        correction_late=bool(row["correction_late"]),
        returns=row["returns"],
        chases=row["chases"],
        level=row["level"],
        closed_at=moment_or_none(row["closed_at"]),
        closing=row["closing"],
        version=row["version"],
        drill=bool(row["drill"]),
    )
