"""What hangs on a case: review steps, materials received, fees, the certificate, the rating."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from handlers.store.moments import Reads, moment, moment_or_none, stamp, stamp_or_none
from handlers.store.records import Certificate, FeeDue, MaterialReceived, Rating, Step
from handlers.store.writer import Transaction
from rules.access import Role
from rules.errors import Conflict


def insert_steps(tx: Transaction, case_id: int, steps: Sequence[Step]) -> None:
    """The review steps as the item had them when the case was filed."""
    tx.later(
        "INSERT INTO step (case_id, position, code, name, role, unit, limit_days, state) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *[
            (case_id, each.position, each.code, each.name, each.role, each.unit, each.limit_days, each.state)
            for each in steps
        ],
    )


def steps(reads: Reads, case_id: int) -> tuple[Step, ...]:
    """The steps in order."""
    rows = reads.rows("SELECT * FROM step WHERE case_id = ? ORDER BY position", (case_id,))
    return tuple(_step(row) for row in rows)


def begin_step(tx: Transaction, case_id: int, position: int, at: datetime) -> None:
    """The step is in hand; begun again after a return it loses its end, its opinion stays in the events."""
    tx.execute(
        "UPDATE step SET state = 'running', started = ?, ended = NULL, person = NULL, opinion = NULL, "
        "conclusion = NULL WHERE case_id = ? AND position = ?",
        (stamp(at), case_id, position),
    )


def end_step(
    tx: Transaction,
    case_id: int,
    position: int,
    at: datetime,
    person: str,
    opinion: str,
    state: str = "done",
    conclusion: str | None = None,
) -> None:
    """The step is done (or `waiting` again, when sent back); `conclusion` is a code of `review-conclusion`."""
    tx.execute(
        "UPDATE step SET state = ?, ended = ?, person = ?, opinion = ?, conclusion = ? "
        "WHERE case_id = ? AND position = ?",
        (state, stamp(at), person, opinion, conclusion, case_id, position),
    )


def insert_materials(tx: Transaction, case_id: int, materials: Sequence[MaterialReceived]) -> None:
    """What the item asks for and what came with the application."""
    tx.later(
        "INSERT INTO material (case_id, position, code, name, required, exempt, originals, copies, electronic, "
        "reused, how, received, verdict, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *[
            (
                case_id, each.position, each.code, each.name, int(each.required), int(each.exempt),
                each.originals, each.copies, each.electronic, int(each.reused), each.how,
                stamp_or_none(each.received), each.verdict, each.note,
            )
            for each in materials
        ],
    )  # fmt: skip


def materials(reads: Reads, case_id: int) -> tuple[MaterialReceived, ...]:
    """All materials in the item's order."""
    rows = reads.rows("SELECT * FROM material WHERE case_id = ? ORDER BY position", (case_id,))
    return tuple(_material(row) for row in rows)


def missing(reads: Reads, case_id: int) -> tuple[str, ...]:
    """The names of the materials that were found missing, in the item's order."""
    rows = reads.rows(
        "SELECT name FROM material WHERE case_id = ? AND verdict = 'missing' ORDER BY position", (case_id,)
    )
    return tuple(row[0] for row in rows)


def change_material(tx: Transaction, case_id: int, material: MaterialReceived) -> None:
    """What came, written over what was there."""
    tx.execute(
        "UPDATE material SET originals = ?, copies = ?, electronic = ?, reused = ?, how = ?, received = ?, "
        "verdict = ?, note = ? WHERE case_id = ? AND position = ?",
        (
            material.originals, material.copies, material.electronic, int(material.reused), material.how,
            stamp_or_none(material.received), material.verdict, material.note, case_id, material.position,
        ),
    )  # fmt: skip


def insert_fees(tx: Transaction, case_id: int, fees: Sequence[FeeDue]) -> None:
    """The item's fees as they were at filing."""
    tx.later(
        "INSERT INTO fee (case_id, position, name, standard, basis, cents, waived) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *[
            (case_id, each.position, each.name, each.standard, each.basis, each.cents, each.waived)
            for each in fees
        ],
    )


def fees(reads: Reads, case_id: int) -> tuple[FeeDue, ...]:
    """All fees in order."""
    rows = reads.rows("SELECT * FROM fee WHERE case_id = ? ORDER BY position", (case_id,))
    return tuple(
        FeeDue(
            position=row["position"],
            name=row["name"],
            standard=row["standard"],
            basis=row["basis"],
            cents=row["cents"],
            paid_at=moment_or_none(row["paid_at"]),
            waived=row["waived"],
            charged=row["charged"],
        )
        for row in rows
    )


def settle_fee(
    tx: Transaction, case_id: int, position: int, at: datetime, waived: str, charged: int | None = None
) -> bool:
    """Marks a fee paid (with the cents charged, where told), or waived with the reason; False when none is open."""
    cursor = tx.execute(
        "UPDATE fee SET paid_at = ?, waived = ?, charged = ? WHERE case_id = ? AND position = ? "
        "AND paid_at IS NULL AND waived = ''",
        (None if waived else stamp(at), waived, None if waived else charged, case_id, position),
    )
    return cursor.rowcount == 1


def insert_charge(tx: Transaction, case_id: int, name: str, charged: int, at: datetime) -> None:
    """Money taken for something the guide does not name."""
    tx.execute(
        "INSERT INTO fee (case_id, position, name, standard, basis, charged, paid_at) VALUES "
        "(?, (SELECT coalesce(max(position), -1) + 1 FROM fee WHERE case_id = ?), ?, '', '', ?, ?)",
        (case_id, case_id, name, charged, stamp(at)),
    )


def insert_certificate(tx: Transaction, case_id: int, certificate: Certificate) -> None:
    """The certificate a granted case leads to, not issued yet."""
    tx.execute(
        "INSERT INTO certificate (case_id, name, kind, certificate_type, validity, issuer, decided) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            case_id, certificate.name, certificate.kind, certificate.certificate_type, certificate.validity,
            certificate.issuer, stamp(certificate.decided),
        ),
    )  # fmt: skip


def issue_certificate(tx: Transaction, case_id: int, number: str, at: datetime) -> None:
    """Gives the certificate its number. Raises Conflict when it has one or the number is taken."""
    try:
        cursor = tx.execute(
            "UPDATE certificate SET number = ?, issued = ? WHERE case_id = ? AND issued IS NULL",
            (number, stamp(at), case_id),
        )
    except sqlite3.IntegrityError as error:
        raise Conflict(f"证照编号“{number}”已经用过，请核对。") from error
    if cursor.rowcount != 1:
        raise Conflict("这个办件没有待出的证照，或者已经出证。")


def certificate(reads: Reads, case_id: int) -> Certificate | None:
    """The certificate of a case, if its result is one."""
    row = reads.row("SELECT * FROM certificate WHERE case_id = ?", (case_id,))
    if row is None:
        return None
    return Certificate(
        number=row["number"],
        name=row["name"],
        kind=row["kind"],
        certificate_type=row["certificate_type"],
        validity=row["validity"],
        issuer=row["issuer"],
        decided=moment(row["decided"]),
        issued=moment_or_none(row["issued"]),
        revoked=moment_or_none(row["revoked"]),
    )


def insert_rating(tx: Transaction, case_id: int, rating: Rating) -> None:
    """The one rating of a case. Raises Conflict for a second."""
    try:
        tx.execute(
            "INSERT INTO rating (case_id, score, words, channel, at) VALUES (?, ?, ?, ?, ?)",
            (case_id, rating.score, rating.words, rating.channel, stamp(rating.at)),
        )
    except sqlite3.IntegrityError as error:
        raise Conflict("这个办件已经评价过了，每个办件只能评价一次。") from error


def rating(reads: Reads, case_id: int) -> Rating | None:
    """The rating, if there is one."""
    row = reads.row("SELECT * FROM rating WHERE case_id = ?", (case_id,))
    return None if row is None else Rating(row["score"], row["words"], row["channel"], moment(row["at"]))


def erase_words(tx: Transaction, case_id: int, instead: str) -> None:
    """Takes out what people wrote about a case: opinions, notes, the reason of a waiver, the words of the rating.

    `instead` stands where a page or a count asks whether there was something.
    """
    for sql in (
        "UPDATE step SET opinion = ? WHERE case_id = ? AND opinion <> ''",
        "UPDATE fee SET waived = ? WHERE case_id = ? AND waived <> ''",
    ):
        tx.execute(sql, (instead, case_id))
    tx.execute("UPDATE material SET note = '' WHERE case_id = ? AND note <> ''", (case_id,))
    tx.execute("UPDATE rating SET words = '' WHERE case_id = ? AND words <> ''", (case_id,))


def _step(row: sqlite3.Row) -> Step:
    return Step(
        position=row["position"],
        code=row["code"],
        name=row["name"],
        role=Role(row["role"]),
        unit=row["unit"],
        limit_days=row["limit_days"],
        state=row["state"],
        started=moment_or_none(row["started"]),
        ended=moment_or_none(row["ended"]),
        person=row["person"],
        opinion=row["opinion"],
        conclusion=row["conclusion"],
    )


def _material(row: sqlite3.Row) -> MaterialReceived:
    return MaterialReceived(
        position=row["position"],
        code=row["code"],
        name=row["name"],
        required=bool(row["required"]),
        exempt=bool(row["exempt"]),
        originals=row["originals"],
        copies=row["copies"],
        electronic=row["electronic"],
        reused=bool(row["reused"]),
        how=row["how"],
        received=moment_or_none(row["received"]),
        verdict=row["verdict"],
        note=row["note"],
    )
