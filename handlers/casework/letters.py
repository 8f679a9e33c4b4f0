"""Consultations and complaints: asked on the portal, chased, answered within their clock, rated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal

from handlers.casework import clocks as casework_clocks
from handlers.casework.authority import SUPERVISORS, WORKERS, active_person, departments_in_scope, held
from handlers.casework.cards import catch_up
from handlers.casework.clocks import Limit
from handlers.casework.ground import Ground
from handlers.casework.requests import LetterFiled, LetterRequest
from handlers.casework.subjects import Subject
from handlers.casework.views import LetterView, TimelineEntry
from handlers.store import cases, clocks, counts, events, idempotency, letters, outbox
from handlers.store.access_log import Look, add
from handlers.store.database import Database
from handlers.store.moments import Reads, moment
from handlers.store.people_records import LETTER_LABELS, LETTER_STATES, Letter, Writer
from handlers.store.records import Clock, Json
from handlers.store.vault import Vault, new_code, normal_code
from handlers.store.writer import Transaction
from presentation.masking import masked_name
from rules.access import Role, in_scope
from rules.clock import ClockKind
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.time import local_date

SCOPE = "ask"
# A chase a day is a reminder, more is noise.
MOST_CHASES = 5
_ANSWERERS = WORKERS
_READERS = WORKERS | SUPERVISORS
_UNKNOWN = "没有找到这封来信：编号或查询码不对。"


@dataclass(frozen=True, slots=True)
class _Author:
    actor: str
    role: str
    unit: str = ""


_WRITER = _Author("applicant", Role.APPLICANT)


class Asking:
    """The job behind `Casework.ask`."""

    def __init__(
        self, vault: Vault, ground: Ground, request: LetterRequest, key: str, now: datetime, drill: bool
    ) -> None:
        _check(ground, request)
        self.vault, self.ground, self.request = vault, ground, request
        self.key, self.now, self.drill = key, now, drill
        self.print = idempotency.fingerprint([asdict(request), drill])

    def __call__(self, tx: Transaction) -> LetterFiled:
        earlier = idempotency.earlier(tx, self.vault, SCOPE, self.key, self.print)
        if earlier is not None:
            return _filed(earlier, repeated=True)
        request, ground, now = self.request, self.ground, self.now
        number = letters.next_number(tx, ground.county.case_prefix, request.kind, local_date(now))
        code = new_code()
        case = cases.by_number(tx, request.case_number.strip().upper()) if request.case_number else None
        clock = casework_clocks.new(
            ground,
            ClockKind.LETTER,
            now,
            Limit(ground.county.settings.letter_days),
            subject="letter",
            subject_id=0,
            department=request.department,
            unit=request.department,
            drill=self.drill,
            object_=request.kind,
        )
        letter = self._letter(number, None if case is None else case.id, clock.due)
        letter_id = letters.insert(tx, letter, self.vault.digest("letter", number, code))
        clocks.insert(tx, replace(clock, subject_id=letter_id))
        letter = replace(letter, id=letter_id)
        label = LETTER_LABELS[request.kind]
        _happened(tx, letter, "ask", _WRITER, now, f"已收到您的{label}", "open", {"kind": request.kind})
        sealed = self.vault.seal(code, f"outbox/{number}")
        body = f"您的{label}“{letter.title}”已收到，编号{number}。"
        outbox.add(
            tx, [replace(_message(letter, "letter.asked", "applicant", number, body, now), sealed=sealed)]
        )
        _tell_unit(tx, letter, f"新{label}：{letter.title}（{number}），请按时答复。", now)
        _count(tx, letter, now, "letters")
        result: dict[str, Json] = {"number": number, "query_code": code, "due": clock.due.isoformat()}
        idempotency.keep(tx, self.vault, SCOPE, self.key, self.print, result, now)
        return _filed(result, repeated=False)

    def _letter(self, number: str, case_id: int | None, due: datetime) -> Letter:
        request = self.request
        return Letter(
            id=0,
            number=number,
            kind=request.kind,
            department=request.department,
            item_code=request.item_code,
            case_id=case_id,
            title=request.title.strip(),
            content=request.content.strip(),
            writer=Writer(request.name.strip(), request.phone.strip(), request.email.strip()),
            writer_masked=masked_name(request.name),
            state="open",
            public=request.public,
            drill=self.drill,
            received=self.now,
            chases=0,
            chased=None,
            answer=None,
            answered=None,
            answered_by=None,
            extension_days=0,
            score=None,
            rating_words="",
            due=due,
            level=0,
        )


def chase(database: Database, number: str, query_code: str, now: datetime) -> None:
    """The writer asks where the answer stays; at most once a day. Raises IllegalMove, TooMany-like Conflict."""

    def job(tx: Transaction) -> None:
        letter = prove_writer(tx, database.vault, number, query_code)
        _must_be_open(letter)
        if letter.chased is not None and local_date(letter.chased) == local_date(now):
            raise Conflict("今天已经催办过了，明天可以再催。")
        if letter.chases >= MOST_CHASES:
            raise Conflict("已经多次催办。您可以直接拨打监督电话。")
        letters.change(tx, letter, chases=letter.chases + 1, chased=now)
        _happened(tx, letter, "chase", _WRITER, now, "您催办了一次", "open", {"times": letter.chases + 1})
        _tell_unit(tx, letter, f"来信人催办：{letter.title}（{letter.number}），请尽快答复。", now)
        _count(tx, letter, now, "letters_chased")

    database.write(job)


def answer(
    database: Database,
    ground: Ground,
    number: str,
    person: str,
    text: str,
    now: datetime,
    public: bool | None,
) -> None:
    """The department answers, once; a writer who refused publication is never published."""
    words = text.strip()
    if not 5 <= len(words) <= 5000:
        raise Invalid("答复内容应为 5 到 5000 字", {"text": "答复内容应为 5 到 5000 字"})

    def job(tx: Transaction) -> None:
        letter, author = _for_staff(tx, ground, number, person, now, _ANSWERERS)
        _must_be_open(letter)
        _stop(tx, ground, letter, now)
        letters.change(
            tx,
            letter,
            state="answered",
            answer=words,
            answered=now,
            answered_by=author.actor,
            public=int(letter.public and public is not False),
        )
        late = now > letter.due
        _happened(tx, letter, "answer", author, now, "已答复", "answered", {"late": late, "answer": words})
        body = f"您的来信“{letter.title}”（{letter.number}）已有答复，请凭查询码查看并评价。"
        outbox.add(tx, [_message(letter, "letter.answered", "applicant", letter.number, body, now)])
        _count(tx, letter, now, "letters_answered", "letters_late" if late else "letters_on_time")

    database.write(job)


def extend(database: Database, ground: Ground, number: str, person: str, reason: str, now: datetime) -> None:
    """Lengthens the time for an answer once, by the county's setting, with the reason told."""
    words = reason.strip()
    if not words:
        raise Invalid("请写明延期理由", {"reason": "请写明延期理由"})
    days = ground.county.settings.letter_extension

    def job(tx: Transaction) -> None:
        letter, author = _for_staff(
            tx, ground, number, person, now, frozenset({Role.DECIDER, Role.COORDINATOR})
        )
        _must_be_open(letter)
        if letter.extension_days or not days:
            raise IllegalMove("答复期限只能延长一次。")
        clock = _clock(tx, letter)
        _earn(tx, ground, letter, clock, now)
        fresh = clocks.by_id(tx, clock.id) or clock
        timed = casework_clocks.timed(ground, replace(fresh, extension_days=days), ())
        clocks.set_times(tx, timed)
        letters.change(tx, letter, extension_days=days, due=timed.due)
        said = f"答复期限延长{days}个工作日：{words}"
        _happened(tx, letter, "extend", author, now, said, "open", {"days": days, "reason": words})
        body = f"您的来信“{letter.title}”（{letter.number}）{said}。"
        outbox.add(tx, [_message(letter, "letter.extended", "applicant", letter.number, body, now)])

    database.write(job)


def rate(database: Database, number: str, query_code: str, score: int, words: str, now: datetime) -> None:
    """The writer rates the answer once, 1 (非常满意) to 5."""
    if score not in range(1, 6):
        raise Invalid("请选择一个满意度等级", {"score": "请选择一个满意度等级"})

    def job(tx: Transaction) -> None:
        letter = prove_writer(tx, database.vault, number, query_code)
        if letter.state == "rated":
            raise Conflict("这封来信已经评价过了。")
        if letter.state != "answered":
            raise IllegalMove("答复之后才能评价。")
        letters.change(tx, letter, state="rated", score=score, rating_words=words.strip()[:500])
        _happened(tx, letter, "rate", _WRITER, now, "您评价了答复", "rated", {"score": score})
        _count(tx, letter, now, f"letters_rated_{score}")

    database.write(job)


def prove_writer(reads: Reads, vault: Vault, number: str, query_code: str) -> Letter:
    """The letter, when the code is its own. Raises NotFound alike for unknown numbers and wrong codes."""
    letter = letters.by_number(reads, number.strip().upper())
    stored = b"" if letter is None else letters.query_hash(reads, letter.id)
    right = vault.matches(stored, "letter", "" if letter is None else letter.number, normal_code(query_code))
    if letter is None or not right:
        raise NotFound(_UNKNOWN)
    return letter


def public_letter(
    database: Database, ground: Ground, number: str, query_code: str, now: datetime
) -> LetterView:
    """The letter for its writer."""
    letter = prove_writer(database, database.vault, number, query_code)
    return _view(database, ground, letter, now)


def answered_letters(database: Database, ground: Ground, most: int, now: datetime) -> tuple[LetterView, ...]:
    """Answered letters that may be published."""
    found = letters.answered_in_public(database, most)
    return tuple(_view(database, ground, each, now) for each in found)


def letters_desk(
    database: Database, ground: Ground, person: str, now: datetime, *, is_open: bool, page: int, size: int
) -> tuple[tuple[LetterView, ...], int]:
    """A page of the letters of a person's departments, and how many there are."""
    account = active_person(database, person)
    departments = departments_in_scope(account.assignments, ground, _READERS, local_date(now))
    found, total = letters.of_departments(database, departments, is_open, size, max(page, 1))
    return tuple(_view(database, ground, each, now) for each in found), total


def staff_letter(
    database: Database, ground: Ground, number: str, person: str, now: datetime, request: str
) -> tuple[LetterView, Letter]:
    """The letter for staff within scope, with its writer; the look is logged."""
    letter, author = _for_staff(database, ground, number, person, now, _READERS)
    look = Look(now, author.actor, author.role, "letter", letter.number, "letter", request)
    database.write(lambda tx: add(tx, look))
    return _view(database, ground, letter, now), letter


def _view(database: Database, ground: Ground, letter: Letter, now: datetime) -> LetterView:
    found = clocks.of_subject(database, "letter", letter.id)
    entries = [
        TimelineEntry(event.at, str(event.payload["words"]), ground.unit_name(event.unit), None, "")
        for event in events.of_subject(database, "letter", letter.id)
        if event.payload is not None and event.payload.get("words")
    ]
    return LetterView(
        letter=replace(letter, writer=None),
        kind_label=LETTER_LABELS[letter.kind],
        state_label=LETTER_STATES[letter.state],
        department_name=ground.unit_name(letter.department),
        due=casework_clocks.explain(ground, found[-1], (), now) if found else None,
        timeline=tuple(entries),
        may_chase=letter.state == "open"
        and letter.chases < MOST_CHASES
        and (letter.chased is None or local_date(letter.chased) != local_date(now)),
        may_rate=letter.state == "answered",
    )


def _for_staff(
    reads: Reads, ground: Ground, number: str, person: str, now: datetime, roles: frozenset[Role]
) -> tuple[Letter, _Author]:
    account = active_person(reads, person)
    letter = letters.by_number(reads, number.strip().upper())
    tree = ground.units.tree
    if letter is not None:
        for each in held(account, local_date(now), roles):
            if in_scope(each.unit, tree, letter.department):
                return letter, _Author(account.id, each.role, each.unit)
        if any(
            in_scope(each.unit, tree, letter.department) for each in held(account, local_date(now), _READERS)
        ):
            raise Forbidden("您的岗位可以查看这封来信，但不能答复。")
    raise NotFound("没有找到这封来信，或者它不在您的管辖范围内。")


def _clock(reads: Reads, letter: Letter) -> Clock:
    return clocks.of_subject(reads, "letter", letter.id)[-1]


def _earn(tx: Transaction, ground: Ground, letter: Letter, clock: Clock, now: datetime) -> None:
    subject = Subject("letter", letter.id, letter.number, letter.title, letter.department)
    catch_up(tx, ground, clock, subject, (), now, now)


def _stop(tx: Transaction, ground: Ground, letter: Letter, now: datetime) -> None:
    clock = _clock(tx, letter)
    _earn(tx, ground, letter, clock, now)
    clocks.stop(tx, clock.id, now, "已答复")


def _must_be_open(letter: Letter) -> None:
    if letter.state != "open":
        raise IllegalMove("这封来信已经答复。")


def _happened(
    tx: Transaction,
    letter: Letter,
    kind: Literal["ask", "chase", "answer", "extend", "rate"],
    author: _Author,
    now: datetime,
    words: str,
    to_state: str,
    payload: Mapping[str, Json],
) -> None:
    events.append(
        tx,
        events.NewEvent(
            at=now,
            kind=f"letter.{kind}",
            subject="letter",
            subject_id=letter.id,
            subject_number=letter.number,
            actor=author.actor,
            role=author.role,
            unit=author.unit or letter.department,
            from_state="" if kind == "ask" else letter.state,
            to_state=to_state,
            drill=letter.drill,
            payload={**payload, "words": words},
        ),
    )


def _message(
    letter: Letter, template: str, kind: str, recipient: str, body: str, now: datetime
) -> outbox.NewMessage:
    return outbox.NewMessage(
        now, template, kind, recipient, "letter", letter.id, letter.number, body, letter.drill
    )


def _tell_unit(tx: Transaction, letter: Letter, body: str, now: datetime) -> None:
    outbox.add(tx, [_message(letter, "letter.unit", "unit", letter.department, body, now)])


def _count(tx: Transaction, letter: Letter, now: datetime, *measures: str) -> None:
    if not letter.drill:
        counts.add(tx, local_date(now), letter.department, measures)


def _check(ground: Ground, request: LetterRequest) -> None:
    wrong: dict[str, str] = {}
    if request.kind not in LETTER_LABELS:
        wrong["kind"] = "请选择咨询或投诉"
    if request.department not in ground.departments:
        wrong["department"] = "请选择要写给哪个部门"
    if not 2 <= len(request.title.strip()) <= 100:
        wrong["title"] = "标题应为 2 到 100 字"
    if not 5 <= len(request.content.strip()) <= 3000:
        wrong["content"] = "内容应为 5 到 3000 字"
    if not 1 <= len(request.name.strip()) <= 60:
        wrong["name"] = "请填写您的姓名"
    if wrong:
        raise Invalid("来信还不能提交", wrong)


def _filed(result: Mapping[str, Json], *, repeated: bool) -> LetterFiled:
    due = moment(str(result["due"]))
    return LetterFiled(str(result["number"]), str(result["query_code"]), due, repeated)
