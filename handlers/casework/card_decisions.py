"""A supervisor's word on a card: a pending one confirmed or dropped, an issued one revoked; never deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.casework.authority import Standing, active_person, held
from handlers.casework.cards import count, count_revoked, level_word
from handlers.casework.ground import Ground
from handlers.casework.hand_findings import refuse_own_doing
from handlers.casework.subjects import Subject
from handlers.store import appeals, cards, events, outbox
from handlers.store.appeals import Appeal
from handlers.store.database import Database
from handlers.store.moments import Reads
from handlers.store.records import Card
from handlers.store.writer import Transaction
from handlers.supervising.carding import cancel_for_card, orders_for_cards
from rules.access import in_scope
from rules.appeal_table import APPEAL_ENDED
from rules.errors import Forbidden, IllegalMove, Invalid, NotFound
from rules.permissions import Capability
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
            own = held(account, local_date(now), ground.permissions.roles(Capability.CARDS_DECIDE))
            standing = next((each for each in own if in_scope(each.unit, tree, card.department)), None)
        if card is None:
            raise NotFound("没有这张牌。")
        if standing is None:
            raise Forbidden("只有管辖这个部门的监察员可以处理。")
        refuse_own_doing(tx, Subject(card.subject, card.subject_id, card.subject_number, "", ""), account.id)
        if card.state != expected:
            raise IllegalMove("这张牌已经处理过。" if card.state != "pending" else "这张牌还没有确认。")
        appeal = open_appeal(tx, card)
        if appeal is not None:
            # Decided there or nowhere: an appeal against a card that is gone could only end in a false upholding.
            raise IllegalMove(f"这张牌正在申诉（{appeal.number}），请在申诉里决定。")
        return _apply(tx, ground, card, state, Standing(account.id, standing.role, standing.unit), words, now)

    return database.write(job)


def open_appeal(reads: Reads, card: Card) -> Appeal | None:
    """The appeal against a card while it is not decided."""
    appeal = appeals.of_card(reads, card.id)
    return None if appeal is None or appeal.state in APPEAL_ENDED else appeal


def revoke_on_appeal(
    tx: Transaction, ground: Ground, card: Card, standing: Standing, words: str, now: datetime
) -> Card:
    """Revokes an issued card by the decision on its appeal, in that transaction. Raises IllegalMove.

    Earlier versions let a card be revoked while its appeal was open: then what the decision says is done already.
    """
    if card.state == "revoked":
        return card
    if card.state != "issued":
        raise IllegalMove("这张牌已经处理过。")
    return _apply(tx, ground, card, "revoked", standing, words, now)


def _apply(
    tx: Transaction, ground: Ground, card: Card, state: str, standing: Standing, words: str, now: datetime
) -> Card:
    """Row, event, counts, message; the order a card brings comes with it and goes with it."""
    cards.decide(tx, card, state, standing.actor, now, words)
    _log(tx, card, state, standing, words, now)
    if state == "issued":
        count(tx, [replace(card, issued=now)], 1)
    elif card.state == "issued":
        count(tx, [card], -1)
        count_revoked(tx, card, now)
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
    found = cards.by_id(tx, card.id)
    assert found is not None
    if state == "issued":
        orders_for_cards(tx, ground, [found])
    elif state == "revoked":
        cancel_for_card(tx, card, standing.actor, standing.role, standing.unit, words, now)
    return found


def _log(tx: Transaction, card: Card, state: str, standing: Standing, words: str, now: datetime) -> None:
    events.append(
        tx,
        events.NewEvent(
            at=now,
            kind=f"card.{_DONE[state][0]}",
            subject=card.subject,
            subject_id=card.subject_id,
            subject_number=card.subject_number,
            actor=standing.actor,
            role=standing.role,
            unit=standing.unit,
            from_state=card.state,
            to_state=state,
            drill=card.drill,
            payload={"card": card.id, "level": card.level, "reason": words, "words": ""},
        ),
    )
