"""Issues supervision cards: when a clock reaches a level, and for facts that rules about events caught; once each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast

from handlers.casework.clocks import as_rules, counted_from, level_at, next_moment
from handlers.casework.ground import Ground
from handlers.casework.rules_in_force import since_when
from handlers.casework.subjects import Subject, turns
from handlers.store import cards, clocks, counts, events, outbox
from handlers.store.records import Card, Clock, Json, PauseRow
from handlers.store.writer import Transaction
from handlers.supervising.carding import orders_for_cards
from presentation.dates import date_cn
from rules.access import Role
from rules.cards import LEVEL_NAMES, CardObject, CardRule, Facts, judge, message
from rules.levels import RED
from rules.pause import Unit
from rules.quick_dataclass import dataclass
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


@dataclass(frozen=True, slots=True)
class Earning:
    """A clock that may have reached a level, what it is about, and its ledger of pauses."""

    clock: Clock
    subject: Subject
    pauses: tuple[PauseRow, ...] = ()


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card to be kept and what its messages need besides. `values` fill the rule's message, `person` handles it."""

    rule: CardRule | TriggerRule
    card: Card
    subject: Subject
    values: Mapping[str, str]
    person: str | None
    role: str = Role.SYSTEM
    standing_unit: str = ""


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
    return catch_up_all(tx, ground, (Earning(clock, subject, pauses),), at, now)


def catch_up_all(
    tx: Transaction, ground: Ground, earning: Iterable[Earning], at: datetime, now: datetime
) -> Raised:
    """The same for several clocks."""
    reasons = _Reasons(tx, ground)
    earned: list[NewCard] = []
    for each in earning:
        clock = each.clock
        level, since = level_at(clock, at)
        reached = max(level, clock.level)
        rule = ground.card_rules.get(clock.object) if level > clock.level else None
        floor = None if rule is None else reasons.in_force(rule)
        if since is not None and floor is not None:
            since = max(since, floor)
        then = next_moment(clock, reached)
        if not clocks.raise_level(tx, clock, reached, since if level > clock.level else None, then):
            continue
        if rule is not None:
            earned += _earned(ground, rule, reasons, each, level, at, now)
    return put_all(tx, ground, earned)


def _earned(
    ground: Ground,
    rule: CardRule,
    reasons: _Reasons,
    earning: Earning,
    level: int,
    at: datetime,
    now: datetime,
) -> Iterator[NewCard]:
    """A card for each level a clock has begun and not reached before."""
    clock = earning.clock
    begins = {1: clock.warn_at, 2: clock.yellow_at, 3: clock.red_at}
    for each in range(clock.level + 1, level + 1):
        begun = begins[each]
        if begun is None or begun > at:
            continue
        floor = reasons.in_force(rule)
        # A rule changed since cannot have been broken before it was in force.
        from_when = begun if floor is None else max(begun, floor)
        why = reasons.why(rule, earning, begun)
        card = _card(ground, rule, clock, earning.subject, each, from_when, now, why)
        yield NewCard(rule, card, earning.subject, _values(ground, clock, now), clock.person)


class _Reasons:
    """Why rules give cards and since when they are in force; what clocks of one day and limit share is found once."""

    def __init__(self, tx: Transaction, ground: Ground) -> None:
        self._tx, self._ground = tx, ground
        self._in_force: dict[str, datetime | None] = {}
        self._why: dict[tuple[str, str, Facts], str] = {}

    def in_force(self, rule: CardRule) -> datetime | None:
        """When the rule was last changed, if it was."""
        if rule.id not in self._in_force:
            self._in_force[rule.id] = since_when(self._tx, rule.id)
        return self._in_force[rule.id]

    def why(self, rule: CardRule, earning: Earning, begun: datetime) -> str:
        """The reason for the level that began then."""
        clock, calendar = earning.clock, self._ground.calendar
        facts = Facts(
            object=cast(CardObject, clock.object),
            start=counted_from(clock),
            limit=clock.limit_days,
            now=begun,
            statutory=clock.statutory_days,
            precision="second" if clock.precision == "second" else "day",
            pauses=as_rules(calendar, clock, earning.pauses),
            extra_days=clock.extension_days,
        )
        key = (rule.id, clock.limit_unit, facts)
        if key not in self._why:
            in_unit = replace(rule, unit=cast(Unit, clock.limit_unit))
            self._why[key] = judge(in_unit, facts, calendar).why
        return self._why[key]


def _card(
    ground: Ground,
    rule: CardRule,
    clock: Clock,
    subject: Subject,
    level: int,
    since: datetime,
    now: datetime,
    why: str,
) -> Card:
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
        why=why,
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
    return put_all(tx, ground, (NewCard(rule, card, subject, values, person, role, standing_unit),))


def put_all(tx: Transaction, ground: Ground, new: Iterable[NewCard]) -> Raised:
    """The same for several. The cards of one matter come one after the other: the next may join the order of the last.

    Written table by table and not card by card: SQLite is several times faster at many rows of one table in a row.
    """
    raised = Raised()
    for turn in turns(new, lambda each: (each.card.subject, each.card.subject_id)):
        kept: list[NewCard] = []
        for each in turn:
            card_id = cards.insert(tx, each.card)
            if card_id is not None:
                kept.append(replace(each, card=replace(each.card, id=card_id)))
        for each in kept:
            _log(tx, each.card, each.role, each.standing_unit or each.card.unit)
        outbox.add(tx, [message for each in kept for message in _messages(ground, each)])
        issued = [each.card for each in kept if each.card.state == "issued"]
        count(tx, issued, 1)
        orders_for_cards(tx, ground, issued)
        raised += Raised(len(issued), len(kept) - len(issued))
    return raised


def _messages(ground: Ground, new: NewCard) -> list[outbox.NewMessage]:
    """One message a recipient, whoever of its roles is to be told; the way down to the person first."""
    rule, card, body = new.rule, new.card, _words(ground, new)
    roles: dict[tuple[str, str], list[str]] = {}
    for whom in rule.tell.get(card.level, ("handler",)):
        kind, recipient = _recipient(ground, whom, card, new.person)
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


def _words(ground: Ground, new: NewCard) -> str:
    """The rule's own message, or a plain sentence where it has none for this level."""
    rule, card, subject = new.rule, new.card, new.subject
    level = rule.level_names.get(card.level, LEVEL_NAMES[card.level])
    about = {
        "item": subject.title,
        "case_number": subject.number,
        "unit": ground.unit_name(card.unit),
        "step": subject.step_name,
        "level": level,
        "since": date_cn(card.since, False),
        "why": card.why,
        **new.values,
    }
    return message(rule, card.level, about) or f"{subject.title}（{subject.number}）{level}：{card.why}"


def level_word(ground: Ground, card: Card) -> str:
    """What the county's rule set calls the card: 黄牌, or 黄灯."""
    rule = next((each for each in ground.card_rules.values()), None)
    return (rule.level_names if rule else LEVEL_NAMES).get(card.level, LEVEL_NAMES[card.level])


def count(tx: Transaction, issued: Iterable[Card], by: int) -> None:
    """Cards by the day they took effect and by level; drill left out."""
    found = Counter(
        (local_date(each.issued), each.department, each.level) for each in issued if not each.drill
    )
    for (day, department, level), many in found.items():
        counts.add(tx, day, department, (f"card_{level}",), by * many)


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
