"""What the system cannot see and a person brings: notices given on paper, and cards a supervisor issues by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import cast, get_args

from handlers.casework.authority import Standing, active_person, held, standings
from handlers.casework.cards import put
from handlers.casework.effects import ask_to_supplement
from handlers.casework.ground import Ground
from handlers.casework.moving import facts_of
from handlers.casework.progress import Outcome, Progress
from handlers.casework.requests import MoveData
from handlers.casework.subjects import Subject, subject_of
from handlers.casework.triggering import Happened, fire
from handlers.store import cards, case_parts, cases, clocks, counts, events, letters, outbox
from handlers.store.database import Database
from handlers.store.records import Card, Case, Json, Step
from handlers.store.writer import Transaction
from presentation.dates import date_cn
from rules.access import Role, in_scope
from rules.cards import OBJECT_LABELS, CardObject
from rules.case_table import MOVES
from rules.case_terms import ENDED, MoveName, State
from rules.clock import ClockKind
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.permissions import Capability
from rules.quick_dataclass import dataclass
from rules.time import local_date
from rules.triggers import TRIGGERS, TriggerFacts, TriggerRule

BY_HAND = "by_hand"
_BY_HAND_TITLE = "监察员依职权发牌"
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class HandCard:
    """A card a supervisor issues. `trigger` is one of `rules.triggers.TRIGGERS` that is not watch-only, or empty
    for anything else; `level` 1–3. `subject` is case, letter or department, `number` its number (the
    department's code for a department). `reason` and `evidence` are both needed.
    """

    level: int
    subject: str
    number: str
    reason: str
    evidence: str
    trigger: str = ""
    object: str = ""


@dataclass(frozen=True, slots=True)
class _About:
    """Whom the card is about."""

    subject: Subject
    department: str
    unit: str
    drill: bool
    object: CardObject


def hand_triggers(ground: Ground) -> tuple[tuple[str, str], ...]:
    """What a supervisor may name when issuing by hand: (trigger, label), the county's own titles first."""
    titles = {each.trigger: each.title for each in ground.triggers}
    return tuple(
        (trigger, titles.get(trigger, kind.label)) for trigger, kind in TRIGGERS.items() if not kind.watch
    )


def issue_by_hand(database: Database, ground: Ground, person: str, wanted: HandCard, now: datetime) -> Card:
    """Issues a card a supervisor has found reason for, at once and in that person's name.

    Raises Invalid with a message by field, NotFound, Forbidden out of scope or about one's own doing, Conflict
    for the very same card.
    """
    _check(ground, wanted)

    def job(tx: Transaction) -> Card:
        about = _about(tx, ground, wanted)
        standing = _supervisor(tx, ground, person, about.department, now)
        refuse_own_doing(tx, about.subject, standing.actor)
        rule = _rule(ground, wanted)
        card = _card(ground, rule, wanted, about, standing, now)
        raised = put(tx, ground, rule, card, about.subject, {}, None, standing.role, standing.unit)
        if not raised.issued:
            raise Conflict("这张牌已经发过了，没有再发。")
        found = cards.of_fact(tx, card.rule, card.level, card.fact)
        assert found is not None
        return found

    return database.write(job)


def refuse_own_doing(tx: Transaction, subject: Subject, person: str) -> None:
    """Raises Forbidden when a person has themselves worked on what a card is about: nobody judges their own doing."""
    for each in events.of_subject(tx, subject.kind, subject.id):
        own = each.actor == person and not each.kind.startswith(("card", "order", "appeal"))
        if own and each.role not in (Role.DEPARTMENT_SUPERVISOR, Role.COUNTY_SUPERVISOR):
            raise Forbidden("您办理过这件事，不能由您发牌、确认或者否决，请由别的监察员处理。")


def record_supplement(
    database: Database,
    ground: Ground,
    number: str,
    person: str,
    told: str,
    given_at: datetime,
    reason: str,
    now: datetime,
) -> int:
    """A supplement notice given outside the hall (on paper, by another system) is written down; it counts.

    The first one, given before its five days were over and recorded before the case is deemed accepted, asked for the
    supplement in time (art. 32): the case then waits for the applicant. Recorded later it only counts. A case entered
    when its five days were over already is not deemed accepted before the day of its entry ends.

    `reason`: how it was given and why not here. Returns how many supplement notices the case now has. Raises
    Invalid with a message by field, NotFound, Forbidden, IllegalMove.
    """
    words, outside = told.strip(), reason.strip()
    _check_told(words, given_at, outside, now)

    def job(tx: Transaction) -> int:
        case, steps, by = _recordable(tx, ground, number, person, given_at, now)
        asked = _asked_in_time(tx, ground, case, steps, by, given_at, now)
        payload: dict[str, Json] = {"told": words, "given_at": given_at.isoformat(), "reason": outside}
        sequence = _written_down(tx, case, by, given_at, payload, asked, now)
        if not case.drill:
            counts.add(tx, local_date(now), case.department, ("supplement_notices",))
        facts = TriggerFacts("supplement_recorded", supplement_notices=case.supplements)
        happened = Happened(
            facts, subject_of(case, steps), case.department, case.accepting_unit, now, f"event:{sequence}", case.drill
        )  # fmt: skip
        fire(tx, ground, happened)
        return case.supplements + 1

    return database.write(job)


def _recordable(
    tx: Transaction, ground: Ground, number: str, person: str, given_at: datetime, now: datetime
) -> tuple[Case, tuple[Step, ...], Standing]:
    """The case, its steps and in what capacity the person records. Raises what `record_supplement` raises."""
    case = cases.by_number(tx, number.strip().upper())
    if case is None:
        raise NotFound("没有这个办件。")
    steps = case_parts.steps(tx, case.id)
    recorders = ground.permissions.roles(Capability.CASES_RECORD)
    found = standings(active_person(tx, person), ground, case, steps, local_date(now), recorders)
    if not found:
        raise Forbidden("您的岗位不能对这个办件做这件事。")
    if case.state in ENDED:
        raise IllegalMove("办件已经结束。")
    if given_at < _began(tx, case):
        raise Invalid("告知的时间早于收件", {"given_at": "告知的时间早于收件"})
    return case, steps, found[0]


def _written_down(
    tx: Transaction,
    case: Case,
    by: Standing,
    given_at: datetime,
    payload: Mapping[str, Json],
    asked: tuple[Progress, Outcome] | None,
    now: datetime,
) -> int:
    """The event and the case after it; the applicant is told where the case now waits for them. Returns the sequence."""
    words, after = "补录一次补正告知", case.state
    columns: Mapping[str, object] = {"supplements": case.supplements + 1}
    more: Mapping[str, Json] = {}
    if asked is not None:
        words, after = f"材料需要补正，已在{date_cn(given_at)}告知，请一次补齐", State.SUPPLEMENTING
        columns, more = asked[1].columns, asked[1].payload
    appended = events.append(
        tx,
        events.NewEvent(
            at=now, kind="supplement_recorded", subject="case", subject_id=case.id, subject_number=case.number,
            actor=by.actor, role=by.role, unit=by.unit, from_state=case.state, to_state=after, drill=case.drill,
            payload={**more, **payload, "words": words},
        ),
    )  # fmt: skip
    cases.change(tx, case, now, state=after, **columns)
    if asked is not None:
        asked[0].show()
        _tell_applicant(tx, case, words, now)
    return appended.sequence


def _asked_in_time(
    tx: Transaction,
    ground: Ground,
    case: Case,
    steps: tuple[Step, ...],
    by: Standing,
    given_at: datetime,
    now: datetime,
) -> tuple[Progress, Outcome] | None:
    """What the first notice brings where it was given within its five days and nobody has gone on since."""
    running = clocks.of_subject(tx, "case", case.id)
    intake = next(
        (each for each in running if each.kind is ClockKind.SUPPLEMENT_NOTICE and each.stopped is None), None
    )
    if case.state not in MOVES[MoveName.SUPPLEMENT_NOTICE].from_states or case.supplements or intake is None:
        return None
    if given_at > intake.due:
        return None
    facts = facts_of(case, steps, intake.due, False, now, running)
    progress = Progress(
        tx, ground, None, case, steps, list(running), facts, {}, MoveData(), now, by.actor
    )  # fmt: skip
    return progress, ask_to_supplement(progress, given_at)


def _tell_applicant(tx: Transaction, case: Case, words: str, now: datetime) -> None:
    """Where and until when to supplement is told by the hall too, as after a notice of its own."""
    body = f"您的“{case.item_name}”（{case.number}）：{words}。"
    template = f"case.{MoveName.SUPPLEMENT_NOTICE}"
    outbox.add(
        tx,
        [outbox.NewMessage(now, template, "applicant", case.number, "case", case.id, case.number, body, case.drill)],
    )  # fmt: skip


def _check_told(words: str, given_at: datetime, outside: str, now: datetime) -> None:
    wrong: dict[str, str] = {}
    if not 2 <= len(words) <= _LONGEST:
        wrong["told"] = f"请写明告知的内容（{_LONGEST} 字以内）"
    if given_at > now:
        wrong["given_at"] = "告知的时间晚于现在"
    if not 2 <= len(outside) <= _LONGEST:
        wrong["reason"] = f"请写明怎么告知的、为什么没有在系统里告知（{_LONGEST} 字以内）"
    if wrong:
        raise Invalid("这次告知还不能补录", wrong)


def _began(tx: Transaction, case: Case) -> datetime:
    """When the application was handed in: here, or earlier where it was first received.

    Cases entered by earlier versions bear the moment of their entry; what the entry said is in its event.
    """
    filed = events.first_of(tx, "case", case.id, "file")
    text = (filed.payload or {}).get("received_outside") if filed is not None else None
    outside = datetime.fromisoformat(text) if isinstance(text, str) else case.submitted_at
    return min(outside, case.submitted_at)


def _check(ground: Ground, wanted: HandCard) -> None:
    wrong: dict[str, str] = {}
    for name, label, text in (("reason", "理由", wanted.reason), ("evidence", "证据", wanted.evidence)):
        if len(text.strip()) < 5:
            wrong[name] = f"请写明{label}"
        elif len(text) > _LONGEST:
            wrong[name] = f"最多 {_LONGEST} 字"
    known = set() if ground.rule_set is None else {each.level for each in ground.rule_set.levels}
    if wanted.level not in known - {0}:
        wrong["level"] = "请选择级别"
    if wanted.trigger and (wanted.trigger not in TRIGGERS or TRIGGERS[wanted.trigger].watch):
        wrong["trigger"] = "请选择事由"
    if wanted.subject not in ("case", "letter", "department"):
        wrong["subject"] = "请选择对象"
    if wanted.object and wanted.object not in OBJECT_LABELS:
        wrong["object"] = "没有这种监察对象"
    if wrong:
        raise Invalid("这张牌还不能发", wrong)


def _about(tx: Transaction, ground: Ground, wanted: HandCard) -> _About:
    number = wanted.number.strip()
    given = cast(CardObject, wanted.object) if wanted.object in get_args(CardObject) else None
    if wanted.subject == "case":
        case = cases.by_number(tx, number.upper())
        if case is None:
            raise NotFound(f"没有办件 {number}。")
        subject = subject_of(case, case_parts.steps(tx, case.id))
        unit = case.holder_unit or case.accepting_unit
        return _About(subject, case.department, unit, case.drill, given or "case")
    if wanted.subject == "letter":
        letter = letters.by_number(tx, number.upper())
        if letter is None:
            raise NotFound(f"没有来信 {number}。")
        about = Subject("letter", letter.id, letter.number, letter.title, letter.department)
        kind: CardObject = "consultation" if letter.kind == "consultation" else "complaint"
        return _About(about, letter.department, letter.department, letter.drill, given or kind)
    if number not in ground.departments:
        raise Invalid("没有这个部门", {"number": "没有这个部门"})
    about = Subject("department", 0, number, ground.unit_name(number), number)
    return _About(about, number, number, False, given or "case")


def _supervisor(tx: Transaction, ground: Ground, person: str, department: str, now: datetime) -> Standing:
    account = active_person(tx, person)
    for each in held(account, local_date(now), ground.permissions.roles(Capability.CARDS_DECIDE)):
        if in_scope(each.unit, ground.units.tree, department):
            return Standing(account.id, each.role, each.unit)
    raise Forbidden("只有管辖这个部门的监察员可以发牌。")


def _rule(ground: Ground, wanted: HandCard) -> TriggerRule:
    """The county's rule for the trigger with the level the supervisor chose; a plain one where it has none."""
    known = next((each for each in ground.triggers if each.trigger == wanted.trigger), None)
    level = wanted.level
    told: tuple[str, ...] = ("handler", "decider", "department_supervisor")
    names: Mapping[int, str] = {}
    if ground.rule_set is not None:
        names = {each.level: each.name for each in ground.rule_set.levels}
    if known is not None:
        told = known.tell.get(known.level, told)
        documents = {level: "supervision_order"} if known.documents else {}
        message = known.messages.get(known.level, "")
        return replace(
            known, level=level, tell={level: told}, documents=documents, messages={level: message},
            channels={level: known.channels.get(known.level, ("in_app",))},
        )  # fmt: skip
    trigger = wanted.trigger or "outside_system"
    return TriggerRule(
        id=BY_HAND, trigger=trigger, title=_BY_HAND_TITLE, level=level, tell={level: told},
        channels={level: ("in_app", "sms")}, level_names=names or {1: "预警", 2: "黄牌", 3: "红牌"},
    )  # fmt: skip


def _card(
    ground: Ground, rule: TriggerRule, wanted: HandCard, about: _About, by: Standing, now: datetime
) -> Card:
    reason = wanted.reason.strip()
    # The same words about the same thing are the same fact, however often the button is pressed.
    said = hashlib.sha256(f"{wanted.trigger}\x1f{reason}".encode()).hexdigest()[:16]
    subject = about.subject
    return Card(
        id=0,
        clock_id=None,
        subject=subject.kind,
        subject_id=subject.id,
        subject_number=subject.number,
        department=about.department,
        unit=about.unit,
        object=about.object,
        trigger=wanted.trigger,
        fact=f"hand:{subject.kind}:{subject.id or subject.number}:{said}",
        level=wanted.level,
        rule=rule.id,
        rules=ground.rules_version,
        since=now,
        raised=now,
        issued=now,
        state="issued",
        why=reason,
        drill=about.drill,
        evidence=wanted.evidence.strip(),
        by_hand=True,
        issued_by=by.actor,
    )
