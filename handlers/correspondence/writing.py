"""Takes a letter in: checked, numbered, its clock started, given to a department or to the desk that assigns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from handlers.casework.ground import Ground
from handlers.correspondence import telling, timing
from handlers.correspondence.reach import (
    WRITER,
    colleagues,
    intake_department,
    intake_unit,
    person_digest,
)
from handlers.correspondence.requests import LetterFiled, LetterRequest
from handlers.store import attachments, cases, clocks, idempotency, letters, people
from handlers.store.moments import Reads, moment
from handlers.store.people_records import Letter, Person, Writer
from handlers.store.records import Json
from handlers.store.vault import Vault, new_code
from handlers.store.writer import Transaction
from presentation.masking import masked_name
from rules.errors import Invalid
from rules.letter_terms import CONDUCT, KIND_LABELS, LetterKind, LetterMove, LetterState
from rules.time import local_date

SCOPE = "ask"
ANONYMOUS = "匿名"
MOST_TITLE, MOST_CONTENT = 100, 3000


class Asking:
    """The job behind `Correspondence.ask`."""

    def __init__(
        self, vault: Vault, ground: Ground, request: LetterRequest, key: str, now: datetime, drill: bool
    ) -> None:
        check(ground, request)
        self.vault, self.ground, self.request = vault, ground, request
        self.key, self.now, self.drill = key, now, drill
        self.print = _print(request, drill)

    def __call__(self, tx: Transaction) -> LetterFiled:
        earlier = idempotency.earlier(tx, self.vault, SCOPE, self.key, self.print)
        if earlier is not None:
            return _filed(earlier, repeated=True)
        request, ground, now = self.request, self.ground, self.now
        conduct = request.topic == CONDUCT
        number = letters.next_number(tx, ground.county.case_prefix, request.kind, local_date(now), conduct)
        code = new_code()
        letter = self._letter(tx, number)
        clock = timing.begin(ground, letter, now)
        letter = replace(letter, due=clock.due)
        about, person = self._about(tx, number) if conduct else (None, None)
        digest = self.vault.digest("letter", number, code)
        letter = replace(letter, id=letters.insert(tx, letter, digest, about, person))
        clocks.insert(tx, replace(clock, subject_id=letter.id))
        files = attachments.hand_over(tx, request.files, f"letter/{letter.id}") if request.files else ()
        self._tell(tx, letter, code, files)
        result: dict[str, Json] = {"number": number, "query_code": code, "due": clock.due.isoformat()}
        idempotency.keep(tx, self.vault, SCOPE, self.key, self.print, result, now)
        return _filed(result, repeated=False)

    def _letter(self, tx: Transaction, number: str) -> Letter:
        request, ground = self.request, self.ground
        case = cases.by_number(tx, request.case_number.strip().upper()) if request.case_number else None
        conduct = request.topic == CONDUCT
        known = request.department if request.department in ground.departments else ""
        unit = known or intake_unit(ground)
        return Letter(
            id=0,
            number=number,
            kind=request.kind,
            own_kind=request.kind,
            topic=request.topic,
            department=known or intake_department(ground),
            assigned_unit=ground.units.top or "county" if conduct else unit,
            item_code=request.item_code,
            case_id=None if case is None else case.id,
            title=request.title.strip(),
            content=request.content.strip(),
            writer=Writer(request.name.strip(), request.phone.strip(), request.email.strip()),
            writer_masked=masked_name(request.name) or ANONYMOUS,
            state=LetterState.ASSIGNED if known or conduct else LetterState.RECEIVED,
            public=request.public and not conduct,
            drill=self.drill,
            received=self.now,
            due=self.now,
        )

    def _about(self, tx: Transaction, number: str) -> tuple[bytes | None, bytes | None]:
        """Who is complained about, sealed; and the mark by which that person is kept out of it."""
        named = self.request.about.strip()
        if not named:
            return None, None
        person = _member(tx, self.ground, self.request, self.now)
        words = {"name": person.name if person else named, "unit": self.request.department}
        sealed = self.vault.seal(json.dumps(words, ensure_ascii=False), f"letter-about/{number}")
        return sealed, None if person is None else person_digest(self.vault, person.id)

    def _tell(self, tx: Transaction, letter: Letter, code: str, files: tuple[str, ...]) -> None:
        vault, ground, now = self.vault, self.ground, self.now
        label = KIND_LABELS[letter.kind]
        payload: dict[str, Json] = {"kind": letter.kind, "words": f"已收到您的{label}", "files": list(files)}
        telling.log(tx, ground, letter, LetterMove.ASK, WRITER, now, letter.state, payload)
        sealed = vault.seal(code, f"outbox/{letter.number}")
        telling.tell_writer(tx, letter, "asked", "已收到。", now, sealed)
        if letter.state == LetterState.RECEIVED:
            telling.tell_intake(tx, ground, letter, f"新{label}待分办", now)
        else:
            telling.tell_desk(tx, vault, ground, letter, "unit", f"新{label}，请按时答复", now)
        telling.count(tx, ground, letter, now, "letters")


def asked_before(
    reads: Reads, vault: Vault, request: LetterRequest, key: str, drill: bool
) -> LetterFiled | None:
    """The receipt already given to this key. Raises Conflict when something else was sent with it."""
    earlier = idempotency.earlier(reads, vault, SCOPE, key, _print(request, drill))
    return None if earlier is None else _filed(earlier, repeated=True)


def _print(request: LetterRequest, drill: bool) -> str:
    return idempotency.fingerprint([asdict(request), drill])


def _member(tx: Transaction, ground: Ground, request: LetterRequest, now: datetime) -> Person | None:
    """The member of staff meant: chosen from the unit's list, or the only one there with the name that was typed."""
    named = request.about.strip()
    chosen = people.by_id(tx, named)
    if chosen is not None:
        return chosen
    near = colleagues(tx, ground, (request.department,), local_date(now)) if request.department else ()
    found = [each for each in near if each.name == named] or [
        each for each in people.everyone(tx) if each.name == named
    ]
    return found[0] if len(found) == 1 else None


def check(ground: Ground, request: LetterRequest) -> None:
    """Raises Invalid with every fault at its field."""
    wrong: dict[str, str] = {}
    if request.kind not in KIND_LABELS:
        wrong["kind"] = "请选择来信的类别"
    if request.department and request.department not in ground.departments:
        wrong["department"] = "请选择部门；不知道是哪个部门的，选“不知道，请帮我转”"
    if not 2 <= len(request.title.strip()) <= MOST_TITLE:
        wrong["title"] = f"标题应为 2 到 {MOST_TITLE} 字"
    if not 5 <= len(request.content.strip()) <= MOST_CONTENT:
        wrong["content"] = f"内容应为 5 到 {MOST_CONTENT} 字"
    if len(request.name.strip()) > 60:
        wrong["name"] = "称呼最多 60 个字"
    if request.topic not in ("", CONDUCT):
        wrong["topic"] = "没有这种主题"
    if request.topic == CONDUCT and request.kind != LetterKind.COMPLAINT:
        wrong["topic"] = "工作作风只能作为投诉提出"
    if len(request.about.strip()) > 60:
        wrong["about"] = "姓名最多 60 个字"
    if wrong:
        raise Invalid("来信还不能提交", wrong)


def _filed(result: Mapping[str, Json], *, repeated: bool) -> LetterFiled:
    due = moment(str(result["due"]))
    return LetterFiled(str(result["number"]), str(result["query_code"]), due, repeated)


__all__ = ["ANONYMOUS", "Asking", "check"]
