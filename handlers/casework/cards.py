"""Issues supervision cards when a clock reaches a level, once each; confirms and revokes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from handlers.casework.clocks import as_rules, level_at, next_moment
from handlers.casework.ground import Ground
from handlers.casework.subjects import Subject
from handlers.store import cards, clocks, counts, events, outbox
from handlers.store.records import Card, Clock, Json, PauseRow
from handlers.store.writer import Transaction
from presentation.dates import date_cn
from rules.cards import LEVEL_NAMES, CardObject, CardRule, Facts, judge, message
from rules.pause import Unit
from rules.time import local_date


@dataclass(frozen=True, slots=True)
class Raised:
    """What one look at a clock brought."""

    issued: int = 0
    pending: int = 0


def catch_up(
    tx: Transaction,
    ground: Ground,
    clock: Clock,
    subject: Subject,
    pauses: tuple[PauseRow, ...],
    at: datetime,
    now: datetime,
) -> Raised:
    """Issues the cards of every level begun by `at` that the clock has none of; `at` is now or its stop.

    Only from the state that was read: of two sweeps at once, one finds nothing left to do.
    """
    level, since = level_at(clock, at)
    reached = max(level, clock.level)
    moved = replace(clock, level=reached)
    if not clocks.raise_level(tx, clock, reached, since if level > clock.level else None, next_moment(moved)):
        return Raised()
    if level <= clock.level:
        return Raised()
    rule = ground.card_rules[clock.object]
    issued = pending = 0
    begins = {1: clock.warn_at, 2: clock.yellow_at, 3: clock.red_at}
    for each in range(clock.level + 1, level + 1):
        begun = begins[each]
        if begun is None or begun > at:
            continue
        card = _card(ground, rule, clock, subject, pauses, each, begun, now)
        if cards.insert(tx, card) is None:
            continue
        _tell(tx, ground, rule, card, subject, clock, now)
        issued, pending = issued + (card.state == "issued"), pending + (card.state == "pending")
    return Raised(issued, pending)


def _card(
    ground: Ground,
    rule: CardRule,
    clock: Clock,
    subject: Subject,
    pauses: tuple[PauseRow, ...],
    level: int,
    begun: datetime,
    now: datetime,
) -> Card:
    facts = Facts(
        object=cast(CardObject, clock.object),
        start=clock.started,
        limit=clock.limit_days,
        now=begun,
        statutory=clock.statutory_days,
        precision="second" if clock.precision == "second" else "day",
        pauses=as_rules(ground.calendar, clock, pauses),
        extra_days=clock.extension_days,
    )
    in_unit = replace(rule, unit=cast(Unit, clock.limit_unit))
    return Card(
        id=0,
        clock_id=clock.id,
        subject=subject.kind,
        subject_id=subject.id,
        subject_number=subject.number,
        department=clock.department,
        unit=clock.unit,
        object=clock.object,
        trigger="",
        fact=f"clock:{clock.id}",
        level=level,
        rule=rule.id,
        rules=ground.rules_version,
        since=begun,
        raised=now,
        issued=now,
        state="issued" if rule.mode == "automatic" else "pending",
        why=judge(in_unit, facts, ground.calendar).why,
        drill=clock.drill,
    )


def _tell(
    tx: Transaction,
    ground: Ground,
    rule: CardRule,
    card: Card,
    subject: Subject,
    clock: Clock,
    now: datetime,
) -> None:
    """Event, messages and count of a new card."""
    _log(tx, card, now)
    body = _words(ground, rule, card, subject, clock, now)
    whom = rule.tell.get(card.level, ("handler",))
    recipients = dict.fromkeys(_recipient(ground, each, card, clock) for each in whom)
    outbox.add(
        tx,
        [
            outbox.NewMessage(
                at=now,
                template=f"card.{card.level}",
                recipient_kind=kind,
                recipient=recipient,
                subject=card.subject,
                subject_id=card.subject_id,
                subject_number=card.subject_number,
                body=body,
                drill=card.drill,
            )
            for kind, recipient in recipients
        ],
    )
    if card.state == "issued":
        count(tx, card, now, 1)


def _log(tx: Transaction, card: Card, now: datetime) -> None:
    payload: dict[str, Json] = {
        "level": card.level,
        "rule": card.rule,
        "rules": card.rules,
        "since": card.since.isoformat(),
        "why": card.why,
        "words": "",
    }
    events.append(
        tx,
        events.NewEvent(
            at=now,
            kind="card",
            subject=card.subject,
            subject_id=card.subject_id,
            subject_number=card.subject_number,
            actor="system",
            role="system",
            unit=card.unit,
            from_state="",
            to_state=card.state,
            drill=card.drill,
            payload=payload,
        ),
    )


def _words(ground: Ground, rule: CardRule, card: Card, subject: Subject, clock: Clock, now: datetime) -> str:
    """The rule's own message, or a plain sentence where it has none for this level."""
    over = ground.calendar.working_days_between(local_date(clock.due), local_date(now))
    level = level_word(ground, card)
    body = message(
        rule,
        card.level,
        {
            "item": subject.title,
            "case_number": subject.number,
            "unit": ground.unit_name(card.unit),
            "step": subject.step_name,
            "limit": str(clock.limit_days + clock.extension_days),
            "due": date_cn(clock.due, False),
            "left": str(max(-over, 0)),
            "over": str(max(over, 0)),
            "level": level,
            "since": date_cn(card.since, False),
        },
    )
    return body or f"{subject.title}（{subject.number}）{level}：{card.why}"


def level_word(ground: Ground, card: Card) -> str:
    """What the county's rule set calls the card: 黄牌, or 黄灯."""
    rule = next((each for each in ground.card_rules.values() if each.id == card.rule), None)
    return (rule.level_names if rule else LEVEL_NAMES).get(card.level, LEVEL_NAMES[card.level])


def count(tx: Transaction, card: Card, now: datetime, by: int) -> None:
    """Cards of the day by level; drill left out."""
    if not card.drill:
        counts.add(tx, local_date(now), card.department, (f"card_{card.level}",), by)


def _recipient(ground: Ground, whom: str, card: Card, clock: Clock) -> tuple[str, str]:
    if whom == "handler":
        return ("person", clock.person) if clock.person else ("unit", card.unit)
    if whom == "county_supervisor":
        return "unit", ground.units.top or "county"
    return "unit", card.department
