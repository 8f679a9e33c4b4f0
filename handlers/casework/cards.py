"""Issues supervision cards: when a clock reaches a level, and for facts that rules about events caught; once each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from handlers.casework.clocks import as_rules, level_at, next_moment
from handlers.casework.ground import Ground
from handlers.casework.rules_in_force import since_when
from handlers.casework.subjects import Subject
from handlers.store import cards, clocks, counts, events, outbox
from handlers.store.records import Card, Clock, Json, PauseRow
from handlers.store.writer import Transaction
from handlers.supervising.carding import order_for_card
from presentation.dates import date_cn
from rules.access import Role
from rules.cards import LEVEL_NAMES, CardObject, CardRule, Facts, judge, message
from rules.levels import RED
from rules.pause import Unit
from rules.time import local_date
from rules.triggers import TriggerRule

# Who `handler` is where no person is named: everybody who works on cases in the unit.
_HANDLERS = (Role.WINDOW_CLERK, Role.COORDINATOR, Role.REVIEWER, Role.DECIDER)
_ROLES: Mapping[str, tuple[str, ...]] = {
    "handler": tuple(_HANDLERS),
    "coordinator": (Role.COORDINATOR,),
    "decider": (Role.DECIDER,),
    "department_supervisor": (Role.DEPARTMENT_SUPERVISOR,),
    "county_supervisor": (Role.COUNTY_SUPERVISOR,),
}


@dataclass(frozen=True, slots=True)
class Raised:
    """What one look at a clock or at an event brought; `watched`: entries of the watch list."""

    issued: int = 0
    pending: int = 0
    watched: int = 0

    def __add__(self, other: Raised) -> Raised:
        return Raised(self.issued + other.issued, self.pending + other.pending, self.watched + other.watched)


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
    rule = ground.card_rules.get(clock.object) if level > clock.level else None
    floor = None if rule is None else since_when(tx, rule.id)
    if since is not None and floor is not None:
        since = max(since, floor)
    moved = replace(clock, level=reached)
    if not clocks.raise_level(tx, clock, reached, since if level > clock.level else None, next_moment(moved)):
        return Raised()
    if rule is None:
        return Raised()
    raised = Raised()
    begins = {1: clock.warn_at, 2: clock.yellow_at, 3: clock.red_at}
    for each in range(clock.level + 1, level + 1):
        begun = begins[each]
        if begun is None or begun > at:
            continue
        # A rule changed since cannot have been broken before it was in force.
        from_when = begun if floor is None else max(begun, floor)
        card = _card(ground, rule, clock, subject, pauses, each, begun, from_when, now)
        raised += put(tx, ground, rule, card, subject, _values(ground, clock, now), clock.person)
    return raised


def _card(
    ground: Ground,
    rule: CardRule,
    clock: Clock,
    subject: Subject,
    pauses: tuple[PauseRow, ...],
    level: int,
    begun: datetime,
    since: datetime,
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
        since=since,
        raised=now,
        issued=now,
        state="issued" if rule.mode == "automatic" else "pending",
        why=judge(in_unit, facts, ground.calendar).why,
        drill=clock.drill,
    )


def put(
    tx: Transaction,
    ground: Ground,
    rule: CardRule | TriggerRule,
    card: Card,
    subject: Subject,
    values: Mapping[str, str],
    person: str | None,
    role: str = Role.SYSTEM,
    standing_unit: str = "",
) -> Raised:
    """Keeps a new card, logs, tells and counts it; nothing at all where the fact has its card already."""
    card_id = cards.insert(tx, card)
    if card_id is None:
        return Raised()
    card = replace(card, id=card_id)
    _log(tx, card, role, standing_unit or card.unit)
    body = _words(ground, rule, card, subject, values)
    outbox.add(tx, _messages(ground, rule, card, body, person))
    if card.state != "issued":
        return Raised(pending=1)
    count(tx, card, card.issued, 1)
    order_for_card(tx, ground, card, now=card.issued)
    return Raised(issued=1)


def _messages(
    ground: Ground, rule: CardRule | TriggerRule, card: Card, body: str, person: str | None
) -> list[outbox.NewMessage]:
    """One message a recipient, whoever of its roles is to be told; the way down to the person first."""
    roles: dict[tuple[str, str], list[str]] = {}
    for whom in rule.tell.get(card.level, ("handler",)):
        kind, recipient = _recipient(ground, whom, card, person)
        named = roles.setdefault((kind, recipient), [])
        named += [each for each in _ROLES.get(whom, ()) if kind == "unit" and each not in named]
    return [
        outbox.NewMessage(
            at=card.raised,
            template=f"card.{card.level}",
            recipient_kind=kind,
            recipient=recipient,
            subject=card.subject,
            subject_id=card.subject_id,
            subject_number=card.subject_number,
            body=body,
            drill=card.drill,
            channels=rule.channels.get(card.level, (outbox.IN_APP,)),
            fact=f"card:{card.id}",
            urgent=card.level >= RED and card.state == "issued",
            roles=tuple(named),
        )
        for (kind, recipient), named in roles.items()
    ]


def _log(tx: Transaction, card: Card, role: str, unit: str) -> None:
    payload: dict[str, Json] = {
        "card": card.id,
        "level": card.level,
        "rule": card.rule,
        "rules": card.rules,
        "trigger": card.trigger,
        "fact": card.fact,
        "since": card.since.isoformat(),
        "why": card.why,
        "words": "",
    }
    if card.by_hand:
        payload["evidence"] = card.evidence
    events.append(
        tx,
        events.NewEvent(
            at=card.raised,
            kind="card.by_hand" if card.by_hand else "card",
            subject=card.subject,
            subject_id=card.subject_id,
            subject_number=card.subject_number,
            actor=card.issued_by,
            role=role,
            unit=unit,
            from_state="",
            to_state=card.state,
            drill=card.drill,
            payload=payload,
        ),
    )


def _values(ground: Ground, clock: Clock, now: datetime) -> dict[str, str]:
    """What messages may say of a clock."""
    over = ground.calendar.working_days_between(local_date(clock.due), local_date(now))
    return {
        "limit": str(clock.limit_days + clock.extension_days),
        "due": date_cn(clock.due, False),
        "left": str(max(-over, 0)),
        "over": str(max(over, 0)),
    }


def _words(
    ground: Ground, rule: CardRule | TriggerRule, card: Card, subject: Subject, values: Mapping[str, str]
) -> str:
    """The rule's own message, or a plain sentence where it has none for this level."""
    level = rule.level_names.get(card.level, LEVEL_NAMES[card.level])
    about = {
        "item": subject.title,
        "case_number": subject.number,
        "unit": ground.unit_name(card.unit),
        "step": subject.step_name,
        "level": level,
        "since": date_cn(card.since, False),
        "why": card.why,
        **values,
    }
    return message(rule, card.level, about) or f"{subject.title}（{subject.number}）{level}：{card.why}"


def level_word(ground: Ground, card: Card) -> str:
    """What the county's rule set calls the card: 黄牌, or 黄灯."""
    rule = next((each for each in ground.card_rules.values()), None)
    return (rule.level_names if rule else LEVEL_NAMES).get(card.level, LEVEL_NAMES[card.level])


def count(tx: Transaction, card: Card, now: datetime, by: int) -> None:
    """Cards of the day by level; drill left out."""
    if not card.drill:
        counts.add(tx, local_date(now), card.department, (f"card_{card.level}",), by)


def count_revoked(tx: Transaction, card: Card, now: datetime) -> None:
    """Revocations of the day by level: they are counted apart, never taken from what was issued that day alone."""
    if not card.drill:
        counts.add(tx, local_date(now), card.department, (f"card_{card.level}_revoked",))


def _recipient(ground: Ground, whom: str, card: Card, person: str | None) -> tuple[str, str]:
    if whom == "handler":
        return ("person", person) if person else ("unit", card.unit)
    if whom == "applicant":
        return "applicant", card.subject_number
    if whom == "county_supervisor":
        return "unit", ground.units.top or "county"
    return "unit", card.department
