"""What a change of a letter leaves behind: its event, the messages to writer and desk, the counts of the day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from handlers.casework.ground import Ground
from handlers.casework.subjects import Subject
from handlers.casework.triggering import Happened, fire
from handlers.correspondence.reach import Author, concerns, intake_unit, supervisors
from handlers.store import counts, events, outbox
from handlers.store.people_records import Letter
from handlers.store.records import Json
from handlers.store.vault import Vault
from handlers.store.writer import Transaction
from rules.letter_terms import CARD_OBJECTS, CONDUCT, LetterMove
from rules.time import local_date
from rules.triggers import TriggerFacts


def log(
    tx: Transaction,
    ground: Ground,
    letter: Letter,
    move: LetterMove,
    author: Author,
    now: datetime,
    to_state: str,
    payload: Mapping[str, Json],
) -> int:
    """Appends the event; `words` in the payload are for the writer, `note` for the desk. Returns its sequence."""
    # What the public log shows of a complaint about conduct must not tell whose department it is about.
    home = ground.units.top or "county" if letter.topic == CONDUCT else author.unit or letter.department
    return events.append(
        tx,
        events.NewEvent(
            at=now,
            kind=f"letter.{move}",
            subject="letter",
            subject_id=letter.id,
            subject_number=letter.number,
            actor=author.actor,
            role=author.role,
            unit=home,
            from_state="" if move is LetterMove.ASK else letter.state,
            to_state=to_state,
            drill=letter.drill,
            payload=payload,
        ),
    ).sequence


def tell_writer(
    tx: Transaction, letter: Letter, template: str, words: str, now: datetime, sealed: bytes | None = None
) -> None:
    """A message to the writer, found by the letter's number."""
    body = f"您的来信“{letter.title}”（{letter.number}）{words}"
    _add(tx, letter, f"letter.{template}", (("applicant", letter.number),), body, now, sealed)


def tell_desk(
    tx: Transaction, vault: Vault, ground: Ground, letter: Letter, template: str, words: str, now: datetime
) -> None:
    """A message to who has the letter: the person, else the unit; for conduct the county supervisors, one by one.

    A unit's messages are read by all who work in it, so a complaint about conduct goes to persons only, never to
    the one it is about, and says no more than that it is there.
    """
    if letter.topic == CONDUCT:
        whom = [
            ("person", each.id)
            for each in supervisors(tx, local_date(now))
            if not concerns(tx, vault, letter, each)
        ]
        _add(
            tx,
            letter,
            f"letter.{template}",
            whom,
            f"工作作风投诉 {letter.number}：{_conduct_words(words)}",
            now,
        )
        return
    recipient = (
        ("person", letter.assigned_person) if letter.assigned_person else ("unit", letter.assigned_unit)
    )
    body = f"{words}：{letter.title}（{letter.number}）"
    _add(tx, letter, f"letter.{template}", ((recipient[0], str(recipient[1])),), body, now)


def tell_intake(tx: Transaction, ground: Ground, letter: Letter, words: str, now: datetime) -> None:
    """A message to the desk that assigns."""
    body = f"{words}：{letter.title}（{letter.number}）"
    _add(tx, letter, "letter.intake", (("unit", intake_unit(ground)),), body, now)


def count(tx: Transaction, ground: Ground, letter: Letter, now: datetime, *measures: str) -> None:
    """Counts of the day. Drill counts nowhere; conduct under names of its own at the county, in no department."""
    if letter.drill:
        return
    home, names = letter.department, measures
    if letter.topic == CONDUCT:
        home = ground.units.top or "county"
        names = tuple(f"conduct_{each}" for each in measures)
    counts.add(tx, local_date(now), home, names)


def _conduct_words(words: str) -> str:
    return f"{words}，请在“工作作风投诉”里查看。"


def _add(
    tx: Transaction,
    letter: Letter,
    template: str,
    recipients: Iterable[tuple[str, str]],
    body: str,
    now: datetime,
    sealed: bytes | None = None,
) -> None:
    outbox.add(
        tx,
        [
            outbox.NewMessage(
                now, template, kind, to, "letter", letter.id, letter.number, body, letter.drill, sealed
            )
            for kind, to in recipients
            if to
        ],
    )


DESK_WORDS: Mapping[LetterMove, str] = {
    LetterMove.ASSIGN: "来信交您办理，请按时答复",
    LetterMove.HAND: "来信交您办理，请按时答复",
    LetterMove.TRANSFER: "来信转您办理，请按时答复",
    LetterMove.RETURN: "来信退回，请重新分办",
    LetterMove.SUBMIT: "答复待审核",
    LetterMove.SEND_BACK: "答复被退回修改",
    LetterMove.OBJECT: "来信人不同意更改类别，已恢复",
    LetterMove.ESCALATE: "新的工作作风投诉",
    LetterMove.RELEASE: "县监察员核实后转来的来信，请办理",
    LetterMove.PROPOSE: "有一份认定意见待审核",
    LetterMove.OVERRULE: "一份认定意见被退回",
    LetterMove.CHASE: "来信人催办，请尽快答复",
    LetterMove.SUPERVISE: "监察督促",
    LetterMove.DISPUTE: "来信人不认可答复，请重新办理",
    LetterMove.WITHDRAW: "来信人已撤回",
}
COUNTED: Mapping[LetterMove, tuple[str, ...]] = {
    LetterMove.CHASE: ("letters_chased",),
    LetterMove.TRANSFER: ("letters_transferred",),
    LetterMove.RETURN: ("letters_returned",),
    LetterMove.RECLASSIFY: ("letters_reclassified",),
    LetterMove.OBJECT: ("letters_objected",),
    LetterMove.RELEASE: ("letters",),
    LetterMove.SETTLE: ("letters_settled",),
    LetterMove.DISPUTE: ("letters_disputed",),
    LetterMove.CLOSE: ("letters_unstated",),
    LetterMove.WITHDRAW: ("letters_withdrawn",),
}


def fire_disputed(tx: Transaction, ground: Ground, letter: Letter, sequence: int, now: datetime) -> None:
    """A closure the writer disputed, and that was reopened, is a fact for the supervision rules."""
    subject = Subject("letter", letter.id, letter.number, letter.title, letter.assigned_unit)
    facts = TriggerFacts("dispute", disputes=letter.disputes)
    fire(
        tx,
        ground,
        Happened(
            facts, subject, letter.department, letter.assigned_unit, now, f"event:{sequence}", letter.drill,
            letter.assigned_person, object=CARD_OBJECTS[letter.kind],
        ),
    )  # fmt: skip
