"""Fires the rules about events: what an event shows becomes cards and entries of the watch list, in its transaction.

For every room: after appending an event, call `fire(tx, ground, Happened(...))` with what the event shows
(`rules.triggers.TriggerFacts`). Which rules look, at which level, whether a person confirms first and who is told
is rule data. A fact gives one card a rule, however often it is fired. A rule that raises is put off and reported;
the event itself and the other rules go on.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from handlers.casework.cards import Raised, put
from handlers.casework.ground import Ground
from handlers.casework.subjects import Subject
from handlers.store import cards, findings, outbox
from handlers.store.records import Card, Watched
from handlers.store.writer import Transaction
from rules.errors import HallError
from rules.quick_dataclass import dataclass
from rules.triggers import TRIGGERS, Caught, TriggerFacts, TriggerRule, judge_event

log = logging.getLogger("hall.triggers")

PUT_OFF_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Happened:
    """Something the rules about events are asked about.

    `fact` names it for good (`event:345`, `case:12:closed`): the same fact never gives a rule's card twice.
    `person` is whose doing it was, where one is known; told as the handler. `object` replaces the trigger's own
    (a complaint about conduct is `conduct`).
    """

    facts: TriggerFacts
    subject: Subject
    department: str
    unit: str
    at: datetime
    fact: str
    drill: bool = False
    person: str | None = None
    object: str = ""


_HAPPENED: TypeAdapter[Happened] = TypeAdapter(Happened)


def fire(tx: Transaction, ground: Ground, happened: Happened) -> Raised:
    """Asks every rule about this kind of event; returns what was issued, left pending and put on the watch list."""
    raised = Raised()
    for rule in ground.triggers:
        if happened.facts.event in TRIGGERS[rule.trigger].events:
            raised += _asked(tx, ground, rule, happened)
    return raised


def retry(tx: Transaction, ground: Ground, waiting: findings.Unjudged, now: datetime) -> Raised:
    """Tries again what a rule could not judge. Raises what the rule raises."""
    happened = _HAPPENED.validate_json(waiting.happened)
    rule = next((each for each in ground.triggers if each.id == waiting.rule), None)
    raised = Raised() if rule is None else _judged(tx, ground, rule, replace(happened, at=now))
    findings.judged(tx, waiting.id)
    return raised


def put_off_again(tx: Transaction, waiting: findings.Unjudged, why: str, now: datetime) -> None:
    """Still cannot be judged."""
    findings.put_off(tx, waiting.rule, waiting.fact, waiting.happened, why, now + PUT_OFF_FOR)


def explained(error: Exception) -> str:
    """What went wrong, in the error's own words."""
    return error.detail if isinstance(error, HallError) else f"{type(error).__name__}: {error}"


def _asked(tx: Transaction, ground: Ground, rule: TriggerRule, happened: Happened) -> Raised:
    try:
        with tx.part():
            return _judged(tx, ground, rule, happened)
    except Exception as error:
        why = explained(error)
        log.error("rule %s could not judge %s: %s", rule.id, happened.subject.number, why, exc_info=error)
        text = _HAPPENED.dump_json(happened).decode()
        findings.put_off(tx, rule.id, happened.fact, text, why, happened.at + PUT_OFF_FOR)
        body = f"规则“{rule.title}”对{happened.subject.number}没有算成，一小时后再试：{why}"
        outbox.add(
            tx,
            [
                outbox.NewMessage(
                    happened.at, "rule.failed", "unit", ground.units.top or "county", happened.subject.kind,
                    happened.subject.id, happened.subject.number, body, happened.drill,
                    fact=f"unjudged:{rule.id}:{happened.fact}",
                )
            ],
        )  # fmt: skip
        return Raised()


def _judged(tx: Transaction, ground: Ground, rule: TriggerRule, happened: Happened) -> Raised:
    caught = judge_event(rule, happened.facts)
    if caught is None:
        return Raised()
    if caught.level == 0:
        return _watch(tx, ground, caught, happened)
    return put(tx, ground, rule, _card(ground, caught, happened), happened.subject, {}, happened.person)


def _watch(tx: Transaction, ground: Ground, caught: Caught, happened: Happened) -> Raised:
    subject = happened.subject
    seen = Watched(
        id=0,
        trigger=caught.rule.trigger,
        fact=happened.fact,
        rule=caught.rule.id,
        rules=ground.rules_version,
        subject=subject.kind,
        subject_id=subject.id,
        subject_number=subject.number,
        department=happened.department,
        unit=happened.unit,
        at=happened.at,
        why=caught.why,
        drill=happened.drill,
    )
    return Raised(watched=int(cards.watch(tx, seen) is not None))


def _card(ground: Ground, caught: Caught, happened: Happened) -> Card:
    subject, rule = happened.subject, caught.rule
    return Card(
        id=0,
        clock_id=None,
        subject=subject.kind,
        subject_id=subject.id,
        subject_number=subject.number,
        department=happened.department,
        unit=happened.unit,
        object=happened.object or rule.object,
        trigger=rule.trigger,
        fact=happened.fact,
        level=caught.level,
        rule=rule.id,
        rules=ground.rules_version,
        since=happened.at,
        raised=happened.at,
        issued=happened.at,
        state="issued" if rule.mode == "automatic" else "pending",
        why=caught.why,
        drill=happened.drill,
    )
