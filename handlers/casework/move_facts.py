"""What a move of a case shows to the rules about events, gathered in the move's own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from handlers.casework import clocks as casework_clocks
from handlers.casework.cards import Raised
from handlers.casework.clocks import Limit
from handlers.casework.ground import Ground
from handlers.casework.subjects import Subject, subject_of
from handlers.casework.triggering import Happened, fire
from handlers.store import events, findings, notices
from handlers.store.records import Case, Clock, PauseRow, Step
from handlers.store.vault import Vault
from handlers.store.writer import Transaction
from rules.case_terms import NOTICES, MoveName, NoticeKind, State
from rules.clock import ClockKind
from rules.quick_dataclass import dataclass
from rules.triggers import MET, Conclusion, EventKind, TriggerFacts

_REASONED: Mapping[MoveName, EventKind] = {
    MoveName.REFUSE: "refuse", MoveName.DENY: "deny", MoveName.VOID: "void",
}  # fmt: skip
_CLOSING = frozenset({MoveName.REFUSE, MoveName.GRANT, MoveName.DENY, MoveName.DELIVER})
_ENDS: Mapping[str, NoticeKind] = {
    "granted": NoticeKind.GRANT, "denied": NoticeKind.DENIAL, "refused": NoticeKind.REFUSAL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """A move that has been made: the case before and after, its steps as they were, what was written."""

    name: MoveName
    before: Case
    after: Case
    steps: Sequence[Step]
    clocks: Sequence[Clock]
    pauses: tuple[PauseRow, ...]
    values: Mapping[str, str]
    person: str
    event: int
    at: datetime

    @property
    def current(self) -> Step | None:
        """The step that was in hand."""
        at = self.before.step
        return self.steps[at] if 0 <= at < len(self.steps) else None


def after_move(tx: Transaction, vault: Vault, ground: Ground, made: Made) -> Raised:
    """Fires the rules about what a move shows."""
    raised = Raised()
    event = _REASONED.get(made.name)
    if event is not None:
        raised += _fire(tx, ground, made, _refusal(tx, vault, ground, made, event))
    elif made.name is MoveName.SUPPLEMENT_NOTICE:
        facts = TriggerFacts("supplement_notice", supplement_notices=made.before.supplements)
        raised += _fire(tx, ground, made, facts)
    elif made.name is MoveName.COMPLETE_STEP and made.before.step == 0:
        raised += _fire(tx, ground, made, _first_review(ground, made))
    if made.name in _CLOSING:
        required = required_notices(made.after, outside_notices(tx, made.after))
        there = {each.kind for each in notices.of_subject(tx, "case", made.after.id)}
        facts = TriggerFacts("closed", required=_titles(required), issued=_titles(there))
        raised += _fire(tx, ground, made, facts, fact=closed_fact(made.after))
    return raised


def attempt_at_supplement(
    tx: Transaction, ground: Ground, case: Case, person: str, role: str, unit: str, now: datetime
) -> Raised:
    """Someone wanted to give a second supplement notice and was refused: the attempt itself is an event."""
    if any(
        each.kind == "supplement_attempt" and each.actor == person and each.at.date() == now.date()
        for each in events.of_subject(tx, "case", case.id)
    ):
        return Raised()  # pressing the button again says nothing new
    events.append(
        tx,
        events.NewEvent(
            at=now,
            kind="supplement_attempt",
            subject="case",
            subject_id=case.id,
            subject_number=case.number,
            actor=person,
            role=role,
            unit=unit,
            from_state=case.state,
            to_state=case.state,
            drill=case.drill,
            payload={"notices": case.supplements, "words": ""},
        ),
    )
    facts = TriggerFacts("supplement_attempt", supplement_notices=case.supplements)
    return fire(
        tx,
        ground,
        Happened(
            facts, subject_of(case), case.department, unit or case.accepting_unit, now,
            f"case:{case.id}:supplement_attempt", case.drill, person,
        ),
    )  # fmt: skip


def hearing_over(tx: Transaction, ground: Ground, clock: Clock, subject: Subject, now: datetime) -> Raised:
    """Twenty working days after a hearing was asked for it has not been held."""
    used = casework_clocks.used(ground, clock, (), now)
    facts = TriggerFacts("hearing_over", used=used, limit=clock.limit_days)
    happened = Happened(
        facts, subject, clock.department, clock.unit, now, f"clock:{clock.id}", clock.drill, clock.person
    )
    return fire(tx, ground, happened)


def outside_notices(tx: Transaction, case: Case) -> int:
    """How many of a case's supplement notices were given outside the hall and only recorded here."""
    return events.count_of(tx, "case", case.id, "supplement_recorded") if case.supplements else 0


def required_notices(case: Case, outside: int) -> tuple[NoticeKind, ...]:
    """The numbered documents that a case in its state must have had, in the order of their making.

    `outside`: how many supplement notices were given on paper elsewhere; the hall has no document of those.
    """
    found = [NoticeKind.RECEIPT]
    if case.supplements > outside:
        found.append(NoticeKind.SUPPLEMENT)
    if case.accepted_at is not None:
        found.append(NoticeKind.ACCEPTANCE)
    if case.extensions:
        found.append(NoticeKind.EXTENSION)
    end = _ENDS.get(case.outcome)
    if end is not None:
        found.append(end)
    if case.state is State.DELIVERED:
        found.append(NoticeKind.DELIVERY)
    return tuple(found)


def closed_fact(case: Case) -> str:
    """What is found about a case's papers once it is closed is one fact for good."""
    return f"case:{case.id}:closed"


def _refusal(tx: Transaction, vault: Vault, ground: Ground, made: Made, event: EventKind) -> TriggerFacts:
    reason, basis = made.values.get("reason", ""), made.values.get("basis", "")
    same = 0
    rule = next((each for each in ground.triggers if each.trigger == "no_reasons"), None)
    said = "".join(reason.split())
    if rule is not None and said and not made.before.drill:
        # Only a keyed digest is kept: what was written may name people.
        digest = vault.digest("reason", event, said)
        since = made.at - timedelta(days=rule.number("same_words_days"))
        same = findings.same_reason(tx, made.before.department, digest, made.before.id, made.at, since)
    return TriggerFacts(event, conclusions=_conclusions(made), reason=reason, basis=basis, same_words=same)


def _conclusions(made: Made) -> tuple[Conclusion, ...]:
    """What the steps before the decision concluded; before acceptance, that the pre-review was passed."""
    if made.name is MoveName.DENY:
        return tuple(
            Conclusion(each.name, each.conclusion or "") for each in made.steps if each.position < made.before.step
        )  # fmt: skip
    if made.name is MoveName.REFUSE and made.before.state is State.PRE_REVIEWED:
        return (Conclusion("预审", MET),)
    return ()


def _first_review(ground: Ground, made: Made) -> TriggerFacts:
    step = made.current
    assert step is not None, "a step was completed"
    used = None
    if step.started is not None:
        clock = next(
            (
                each
                for each in reversed(made.clocks)
                if each.kind is ClockKind.STAGE and each.step == step.position
            ),
            None,
        )
        case = made.before
        counted = clock or casework_clocks.new(
            ground, ClockKind.STAGE, step.started, Limit(step.limit_days or 0), subject="case",
            subject_id=case.id, department=case.department, unit=step.unit, drill=case.drill,
        )  # fmt: skip
        used = casework_clocks.used(ground, counted, made.pauses, made.at)
    return TriggerFacts(
        "complete_step", step=step.name, step_index=step.position, used=used, limit=step.limit_days
    )


def _fire(tx: Transaction, ground: Ground, made: Made, facts: TriggerFacts, fact: str = "") -> Raised:
    step = made.current
    subject = subject_of(made.before, made.steps)
    unit = step.unit if step is not None else made.before.accepting_unit
    person = made.person if made.person.startswith("p-") else None
    return fire(
        tx,
        ground,
        Happened(
            facts, subject, made.before.department, unit, made.at, fact or f"event:{made.event}",
            made.before.drill, person,
        ),
    )  # fmt: skip


def _titles(kinds: Sequence[NoticeKind] | set[NoticeKind]) -> tuple[str, ...]:
    return tuple(NOTICES[each].title for each in NoticeKind if each in kinds)
