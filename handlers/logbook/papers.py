"""What a citizen takes home: the receipt's part of the log, and the proof that it is in a published day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.casework.authority import prove_applicant
from handlers.logbook import files
from handlers.store import events
from rules.chain import SHA256
from rules.errors import Gone, NotFound

if TYPE_CHECKING:
    from handlers.logbook.service import Logbook, Proof
    from handlers.store.database import Database
    from handlers.store.records import Event

RECEIPT_FORMAT = "county-hall-receipt/1"
PROOF_FORMAT = "county-hall-proof/1"


def filing_of(database: Database, number: str, query_code: str) -> Event:
    """The event of a filing, for who has the case's query code. Raises NotFound, Gone once erased."""
    with database.snapshot():
        case = prove_applicant(database, database.vault, number, query_code)
        filed = events.first_of(database, "case", case.id, "file")
    if filed is None:
        raise NotFound("没有找到这个办件的收件记录。")
    return filed


def receipt_body(logbook: Logbook, filed: Event) -> dict[str, object]:
    """Everything needed to recompute the leaf: it is the holder's own, the public log has only the leaf.

    The newest signed day and the key in use are kept in it, so that neither can be replaced unnoticed.
    """
    if filed.payload is None or filed.salt is None:
        raise Gone("这个办件的个人信息已按规定删除，凭证数据不再提供。存在证明仍可下载。")
    newest, history = logbook.newest(), logbook.key_history()
    key = history[-1].statement if history else None
    return {
        "format": RECEIPT_FORMAT,
        "number": filed.subject_number,
        "filed_at": filed.at.isoformat(),
        "event_sequence": filed.sequence,
        "leaf": filed.hash,
        "salt": filed.salt,
        "hasher": SHA256.name,
        "event": {
            "previous": filed.previous,
            "metadata": events.metadata_of(filed),
            "commitment": filed.commitment,
            "payload": dict(filed.payload),
        },
        "key": None if key is None else {"id": key.id, "public": key.public},
        "checkpoint": None if newest is None else files.signed(newest),
    }


def proof_body(logbook: Logbook, proof: Proof) -> dict[str, object]:
    """The proof with the signed day and the history of keys: enough to check it without a network."""
    return {
        "format": PROOF_FORMAT,
        "sequence": proof.sequence,
        "leaf": proof.leaf,
        "proof": {
            "index": proof.inclusion.index,
            "size": proof.inclusion.size,
            "path": list(proof.inclusion.path),
        },
        "day": files.signed(proof.day),
        "keys": files.keys_body(logbook.key_history()),
    }
