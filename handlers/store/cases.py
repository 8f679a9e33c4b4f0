"""The case table and its payload: numbers, inserting, finding, and the conditional update every move makes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from datetime import date, datetime

from stdnum.iso7064 import mod_11_10

from handlers.store.moments import Reads, by_name, json_text, moment, moment_or_none, stamp, stamp_or_none
from handlers.store.records import Case, CasePayload, Json, Party
from handlers.store.writer import Transaction
from rules.case_terms import State
from rules.errors import Conflict

_COLUMNS = (
    "id, number, query_hash, item_code, item_name, item_version, item_type, case_kind, department, accepting_unit, "
    "holder_unit, holder_role, state, step, channel, applicant_kind, applicant_masked, account, has_agent, "
    "source_system, source_id, parent, project_code, drill, promised_days, promised_unit, statutory_days, "
    "statutory_unit, limit_basis, delivery, due, due_provisional, received_at, submitted_at, changed_at"
)
_INSERT = f"INSERT INTO cases ({_COLUMNS}) VALUES ({', '.join('?' * len(_COLUMNS.split(',')))})"  # noqa: S608
_CHANGEABLE = frozenset(
    {
        "state", "step", "holder_unit", "holder_role", "outcome", "received_at", "accepted_at", "decided_at",
        "closed_at", "delivered_at", "supplements", "extensions", "deemed", "rating", "level", "due",
        "due_provisional", "supplement_due",
    }
)  # fmt: skip


def next_number(tx: Transaction, prefix: str, day: date) -> str:
    """A new case number: prefix, day, six digits, check digit (ISO 7064 MOD 11,10 over all digits).

    Counted inside the transaction, so it is unique across processes; six digits grow when a day needs more.
    """
    serial = tx.serial(f"case/{prefix}/{day.isoformat()}")
    digits = f"{day:%Y%m%d}{serial:06d}"
    return f"{prefix}{digits}{mod_11_10.calc_check_digit(digits)}"


def is_number(text: str) -> bool:
    """Whether a text can be a case number at all: a typing error is told before anything is looked up."""
    digits = text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return 2 <= len(text) - len(digits) <= 6 and len(digits) >= 15 and mod_11_10.is_valid(digits)


def insert(tx: Transaction, case: Case, query_hash: bytes) -> int:
    """A new case; its id is given, or 0 and found here."""
    case_id = case.id or tx.next_id("cases")
    tx.later(
        _INSERT,
        (
            case_id, case.number, query_hash, case.item_code, case.item_name, case.item_version, case.item_type,
            case.case_kind, case.department, case.accepting_unit, case.holder_unit, case.holder_role,
            case.state, case.step, case.channel, case.applicant_kind, case.applicant_masked, case.account,
            int(case.has_agent), case.source_system, case.source_id, case.parent, case.project_code,
            int(case.drill), case.promised_days, case.promised_unit, case.statutory_days, case.statutory_unit,
            case.limit_basis, case.delivery, stamp_or_none(case.due), int(case.due_provisional),
            stamp(case.received_at), stamp(case.submitted_at), stamp(case.changed_at),
        ),
    )  # fmt: skip
    return case_id


def change(tx: Transaction, case: Case, at: datetime, **columns: object) -> None:
    """Updates a case that still is as it was read. Raises Conflict when someone was faster."""
    unknown = columns.keys() - _CHANGEABLE
    assert not unknown, unknown
    values = [stamp(each) if isinstance(each, datetime) else each for each in columns.values()]
    cursor = tx.execute(
        f"UPDATE cases SET {', '.join(f'{name} = ?' for name in columns)}, version = version + 1, "  # noqa: S608
        "changed_at = ? WHERE id = ? AND state = ? AND version = ?",
        (*values, stamp(at), case.id, case.state, case.version),
    )
    if cursor.rowcount != 1:
        raise Conflict("这个办件刚刚被别人处理过。请刷新页面，看清现在的状态再操作。")


def show(tx: Transaction, case_id: int, level: int, due: datetime | None, provisional: bool) -> None:
    """What lists show of a case's clocks; not a change of the case itself, so its version stays."""
    tx.execute(
        "UPDATE cases SET level = ?, due = ?, due_provisional = ? WHERE id = ?",
        (level, stamp_or_none(due), int(provisional), case_id),
    )


def by_number(reads: Reads, number: str) -> Case | None:
    """The case with this number."""
    row = reads.row("SELECT * FROM cases WHERE number = ?", (number,))
    return None if row is None else case_of(row)


def proved(reads: Reads, number: str, matches: Callable[[bytes, str], bool]) -> Case | None:
    """The case with this number, when what is kept of its query code matches (given the hash and the number).

    The same statement and one match whether or not there is such a case, so that both refusals are the same work.
    """
    row = reads.row("SELECT * FROM cases WHERE number = ?", (number,))
    right = matches(b"", "") if row is None else matches(row["query_hash"] or b"", row["number"])
    return case_of(row) if right and row is not None else None


def by_id(reads: Reads, case_id: int) -> Case | None:
    """The case with this row id."""
    row = reads.row("SELECT * FROM cases WHERE id = ?", (case_id,))
    return None if row is None else case_of(row)


def from_source(reads: Reads, system: str, source_id: str) -> bool:
    """Whether a case of another system has been taken in already."""
    found = reads.value("SELECT 1 FROM cases WHERE source_system = ? AND source_id = ?", (system, source_id))
    return found is not None


def case_of(row: sqlite3.Row) -> Case:
    """A row of `cases` as a record."""
    of = by_name(row)
    return Case(
        id=of["id"],
        number=of["number"],
        item_code=of["item_code"],
        item_name=of["item_name"],
        item_version=of["item_version"],
        item_type=of["item_type"],
        case_kind=of["case_kind"],
        department=of["department"],
        accepting_unit=of["accepting_unit"],
        holder_unit=of["holder_unit"],
        holder_role=of["holder_role"],
        state=State(of["state"]),
        step=of["step"],
        channel=of["channel"],
        applicant_kind=of["applicant_kind"],
        applicant_masked=of["applicant_masked"],
        account=of["account"],
        has_agent=bool(of["has_agent"]),
        source_system=of["source_system"],
        source_id=of["source_id"],
        parent=of["parent"],
        project_code=of["project_code"],
        drill=bool(of["drill"]),
        promised_days=of["promised_days"],
        promised_unit=of["promised_unit"],
        statutory_days=of["statutory_days"],
        statutory_unit=of["statutory_unit"],
        limit_basis=of["limit_basis"],
        delivery=of["delivery"],
        outcome=of["outcome"],
        received_at=moment(of["received_at"]),
        submitted_at=moment(of["submitted_at"]),
        accepted_at=moment_or_none(of["accepted_at"]),
        decided_at=moment_or_none(of["decided_at"]),
        closed_at=moment_or_none(of["closed_at"]),
        delivered_at=moment_or_none(of["delivered_at"]),
        supplements=of["supplements"],
        extensions=of["extensions"],
        deemed=bool(of["deemed"]),
        rating=of["rating"],
        level=of["level"],
        due=moment_or_none(of["due"]),
        due_provisional=bool(of["due_provisional"]),
        supplement_due=moment_or_none(of["supplement_due"]),
        version=of["version"],
        changed_at=moment(of["changed_at"]),
    )


def insert_payload(tx: Transaction, case_id: int, payload: CasePayload) -> None:
    """The personal part, in a table of its own so that it can be erased."""
    tx.later(
        "INSERT INTO case_payload (case_id, applicant_name, applicant, agent, answers, delivery_address) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            case_id,
            payload.applicant.name if payload.applicant else "",
            _party_text(payload.applicant),
            _party_text(payload.agent),
            json_text(payload.answers),
            payload.delivery_address,
        ),
    )


def change_answers(tx: Transaction, case_id: int, answers: Mapping[str, Json]) -> None:
    """Corrected answers of a supplement."""
    tx.execute(
        "UPDATE case_payload SET answers = ? WHERE case_id = ? AND erased_at IS NULL",
        (json_text(answers), case_id),
    )


def payload(reads: Reads, case_id: int) -> CasePayload:
    """The personal part; empty when erased."""
    row = reads.row("SELECT * FROM case_payload WHERE case_id = ?", (case_id,))
    if row is None:
        return CasePayload(None, None, {}, "", None)
    return CasePayload(
        applicant=_party(row["applicant"]),
        agent=_party(row["agent"]),
        answers=json.loads(row["answers"]) if row["answers"] else {},
        delivery_address=row["delivery_address"],
        erased_at=moment_or_none(row["erased_at"]),
    )


def erase_payload(tx: Transaction, case_id: int, at: datetime) -> None:
    """Takes the personal part out; what remains is number, item, states and times."""
    tx.execute(
        "UPDATE case_payload SET applicant_name = '', applicant = NULL, agent = NULL, answers = NULL, "
        "delivery_address = '', erased_at = ? WHERE case_id = ?",
        (stamp(at), case_id),
    )
    tx.execute("UPDATE cases SET applicant_masked = '（已删除）', account = NULL WHERE id = ?", (case_id,))


def _party_text(party: Party | None) -> str | None:
    return None if party is None else json_text({name: getattr(party, name) for name in Party.__slots__})


def _party(text: str | None) -> Party | None:
    return None if text is None else Party(**json.loads(text))
