"""A supervisor's word on a card: a pending one confirmed or dropped, an issued one revoked; never deleted."""

from __future__ import annotations

from datetime import datetime

from handlers.casework.authority import SUPERVISORS, active_person, held
from handlers.casework.cards import count, level_word
from handlers.casework.ground import Ground
from handlers.store import cards, events, outbox
from handlers.store.database import Database
from handlers.store.records import Card
from handlers.store.writer import Transaction
from rules.access import Assignment, in_scope
from rules.errors import Forbidden, IllegalMove, Invalid, NotFound
from rules.time import local_date

# What a card becomes, the event that says so, and the word people read.
_DONE = {"issued": ("confirm", "确认"), "dismissed": ("dismiss", "否决"), "revoked": ("revoke", "撤销")}


def decide(
    database: Database,
    ground: Ground,
    card_id: int,
    person: str,
    now: datetime,
    *,
    confirm: bool,
    reason: str,
) -> Card:
    """Confirms a pending card (issued) or drops it (dismissed, with the reason)."""
    return _change(
        database, ground, card_id, person, now, "issued" if confirm else "dismissed", "pending", reason
    )


def revoke(database: Database, ground: Ground, card_id: int, person: str, reason: str, now: datetime) -> Card:
    """Revokes an issued card; it stays visible as revoked and is counted apart."""
    return _change(database, ground, card_id, person, now, "revoked", "issued", reason)


def _change(
    database: Database,
    ground: Ground,
    card_id: int,
    person: str,
    now: datetime,
    state: str,
    expected: str,
    reason: str,
) -> Card:
    words = reason.strip()
    if state != "issued" and not words:
        word = _DONE[state][1]
        raise Invalid(f"{word}须写明理由", {"reason": f"{word}须写明理由"})

    def job(tx: Transaction) -> Card:
        card = cards.by_id(tx, card_id)
        account = active_person(tx, person)
        tree = ground.units.tree
        standing = None
        if card is not None:
            own = held(account, local_date(now), SUPERVISORS)
            standing = next((each for each in own if in_scope(each.unit, tree, card.department)), None)
        if card is None:
            raise NotFound("没有这张牌。")
        if standing is None:
            raise Forbidden("只有管辖这个部门的监察员可以处理。")
        if card.state != expected:
            raise IllegalMove("这张牌已经处理过。" if card.state != "pending" else "这张牌还没有确认。")
        cards.decide(tx, card, state, account.id, now, words)
        _log(tx, card, state, account.id, standing, words, now)
        if state == "issued":
            count(tx, card, now, 1)
        elif card.state == "issued":
            count(tx, card, card.issued, -1)
        body = f"{card.subject_number}的{level_word(ground, card)}已{_DONE[state][1]}{'' if state == 'issued' else '：' + words}"
        message = outbox.NewMessage(
            now,
            "card.decided",
            "unit",
            card.unit,
            card.subject,
            card.subject_id,
            card.subject_number,
            body,
            card.drill,
        )
        outbox.add(tx, [message])
        found = cards.by_id(tx, card_id)
        assert found is not None
        return found

    return database.write(job)


def _log(
    tx: Transaction, card: Card, state: str, person: str, standing: Assignment, words: str, now: datetime
) -> None:
    events.append(
        tx,
        events.NewEvent(
            at=now,
            kind=f"card.{_DONE[state][0]}",
            subject=card.subject,
            subject_id=card.subject_id,
            subject_number=card.subject_number,
            actor=person,
            role=standing.role,
            unit=standing.unit,
            from_state=card.state,
            to_state=state,
            drill=card.drill,
            payload={"card": card.id, "level": card.level, "reason": words, "words": ""},
        ),
    )
