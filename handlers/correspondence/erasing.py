"""Takes personal data out of a letter by law: words, writer, files and payloads go; state, times and the chain stay."""

from __future__ import annotations

from datetime import datetime

from handlers.casework.authority import active_person, held
from handlers.casework.ground import Ground
from handlers.store import events, letters, outbox
from handlers.store.database import Database
from handlers.store.order_erasure import forget_title
from handlers.store.records import Json
from handlers.store.writer import Transaction
from rules.access import Role
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.letter_terms import CONDUCT, OPEN
from rules.permissions import Capability
from rules.time import local_date

LONGEST_REASON = 500


def erase(database: Database, ground: Ground, number: str, person: str, reason: str, now: datetime) -> None:
    """Erases a letter whose matter is over, by who holds `data.erase`, with the reason written down.

    Raises Invalid, Forbidden, NotFound, IllegalMove while an answer is owed, Conflict the second time.
    """
    words = reason.strip()
    if not 1 <= len(words) <= LONGEST_REASON:
        raise Invalid(
            "请写明删除的理由和依据", {"reason": f"请写明删除的理由和依据（最多 {LONGEST_REASON} 个字）"}
        )

    def job(tx: Transaction) -> None:
        account = active_person(tx, person)
        own = held(account, local_date(now), ground.permissions.roles(Capability.DATA_ERASE))
        if not own:
            raise Forbidden("您的岗位不能按规定删除个人信息。")
        letter = letters.by_number(tx, number.strip().upper())
        if letter is None:
            raise NotFound("没有这封来信。")
        if letter.state in OPEN:
            raise IllegalMove("来信还没有答复，不能删除其中的个人信息。")
        if letter.content is None:
            raise Conflict("这封来信的个人信息已经删除。")
        erased = events.erase_payloads(tx, "letter", letter.id, now)
        forget_title(tx, "letter", letter.id, letter.title, letter.number, now)
        letters.erase(tx, letter)
        outbox.erase_bodies(tx, "letter", letter.id)
        role: Role = own[0].role
        # What the public log shows of a complaint about conduct must not tell whose department it was about.
        home = ground.units.top or "county" if letter.topic == CONDUCT else own[0].unit
        payload: dict[str, Json] = {
            "erased": list(erased), "reason": words, "words": "个人信息已按规定删除", "note": words,
        }  # fmt: skip
        events.append(
            tx,
            events.NewEvent(
                at=now,
                kind="erase",
                subject="letter",
                subject_id=letter.id,
                subject_number=letter.number,
                actor=account.id,
                role=role,
                unit=home,
                from_state=letter.state,
                to_state=letter.state,
                drill=letter.drill,
                payload=payload,
            ),
        )

    database.write(job)
