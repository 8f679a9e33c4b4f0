"""Makes one move of a letter: the table asked, the row changed, clock, event, messages and counts with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from handlers.casework.ground import Ground
from handlers.correspondence import conduct, telling, timing
from handlers.correspondence.assigning import Place, place_of
from handlers.correspondence.publishing import masked
from handlers.correspondence.reach import (
    SYSTEM,
    WRITER,
    Author,
    another_supervisor,
    intake_department,
    intake_unit,
)
from handlers.correspondence.requests import LetterData, LetterMoved, Made, limits_of
from handlers.store import clocks, letters
from handlers.store.people_records import Letter
from handlers.store.records import Json
from handlers.store.vault import Vault
from handlers.store.writer import Transaction
from rules.errors import Conflict, Forbidden, HallError, Invalid
from rules.letter_table import LETTER_MOVES, check, check_needs
from rules.letter_terms import (
    CARD_OBJECTS,
    CONDUCT,
    KIND_LABELS,
    OPEN,
    LetterFacts,
    LetterMove,
    LetterState,
    Row,
)
from rules.time import local_date

MOST_WORDS_TO_MASK = 50


def facts_of(ground: Ground, letter: Letter, now: datetime, *, second: bool = False) -> LetterFacts:
    """What the table's guards ask about a letter."""
    return LetterFacts(
        kind=letter.kind,
        conduct=letter.topic == CONDUCT,
        transfers=letter.transfers,
        returns=letter.returns,
        disputes=letter.disputes,
        extended=letter.extension_days > 0,
        extension_late=now > letter.due,
        reclassified=letter.reclassified,
        objected=letter.objected,
        rated=letter.score is not None,
        agreed_to_publish=letter.public and not letter.drill,
        published=letter.published_at is not None,
        confirm_over=letter.confirm_by is not None and now > letter.confirm_by,
        second=second,
        limits=limits_of(ground.county),
    )


def choose(
    letter: Letter, name: LetterMove, able: tuple[Author, ...], facts: LetterFacts
) -> tuple[Row, Author]:
    """The row, and the first capacity in which it may be made. Raises IllegalMove or Forbidden of the last tried."""
    refused: HallError | None = None
    for author in able:
        try:
            return check(LetterState(letter.state), name, author.role, facts, intake=author.intake), author
        except Forbidden as error:
            refused = error
    raise refused or Forbidden("您的岗位不能进行这项操作。")


class Moving:
    """One move inside the writer's transaction."""

    def __init__(
        self, tx: Transaction, vault: Vault, ground: Ground, letter: Letter, data: LetterData, now: datetime
    ) -> None:
        self.tx, self.vault, self.ground = tx, vault, ground
        self.letter, self.data, self.now = letter, data, now
        self.author = SYSTEM

    def make(self, name: LetterMove, able: tuple[Author, ...]) -> LetterMoved:
        """Makes the move in the first capacity that may. Raises IllegalMove, Forbidden, Invalid, Conflict."""
        letter, data = self.letter, self.data
        day = local_date(self.now)
        second = another_supervisor(self.tx, self.vault, letter, {each.actor for each in able}, day)
        row, self.author = choose(letter, name, able, facts_of(self.ground, letter, self.now, second=second))
        if data.seen is not None and data.seen != letter.version:
            raise Conflict("您打开页面以后，这封来信有了变化。请看一下最新情况再操作。")
        check_needs(row, data.values)
        made = _MAKERS[name](self)
        state = row.to_state if row.to_state is not None else LetterState(letter.state)
        columns = dict(made.columns) | self._clock(row, made)
        state = LetterState(str(columns.pop("state", state)))
        letters.change(self.tx, letter, state=state, **columns)
        self._after(row, made, state)
        return LetterMoved(letter.number, name, state)

    def value(self, name: str) -> str:
        """A value as typed, blanks away."""
        return self.data.values.get(name, "").strip()

    def _clock(self, row: Row, made: Made) -> dict[str, object]:
        tx, ground, letter, now = self.tx, self.ground, self.letter, self.now
        if row.clock == "stop":
            timing.stop(tx, ground, letter, now, row.label)
        elif row.clock == "extend":
            return {"due": timing.lengthen(tx, ground, letter, made.days, now).due}
        elif row.clock == "start":
            fresh = timing.begin(ground, letter, now)
            clocks.insert(tx, fresh)
            # The new round may be lengthened again: it is a new answer.
            return {"due": fresh.due, "level": 0, "extension_days": 0}
        return {}

    def _after(self, row: Row, made: Made, state: LetterState) -> None:
        tx, ground, now, author = self.tx, self.ground, self.now, self.author
        words = row.public.format(unit=made.unit, reason=self.value("reason"), days=made.days, kind=made.kind)
        payload: dict[str, Json] = {"words": words, **made.payload}
        sequence = telling.log(tx, ground, self.letter, row.name, author, now, state, payload)
        after = letters.by_id(tx, self.letter.id)
        assert after is not None
        if row.name is LetterMove.DISPUTE and after.topic != CONDUCT:
            telling.fire_disputed(tx, ground, after, sequence, now)
        if author is not WRITER and words:
            tail = (
                f"到{after.confirm_by:%Y年%m月%d日}前请告诉我们是否认可"
                if state == LetterState.ANSWERED and after.confirm_by
                else ""
            )
            telling.tell_writer(
                tx, after, row.name, f"：{words}。" + (f"请凭查询码查看，{tail}。" if tail else ""), now
            )
        desk = telling.DESK_WORDS.get(row.name)
        if desk and after.state == LetterState.RECEIVED:
            telling.tell_intake(tx, ground, after, desk, now)
        elif desk:
            extra = f"（{self.value('reason')}）" if row.name is LetterMove.SUPERVISE else ""
            telling.tell_desk(tx, self.vault, ground, after, row.name, desk + extra, now)
        measures = telling.COUNTED.get(row.name, ())
        if row.name in (LetterMove.ANSWER, LetterMove.REDIRECT, LetterMove.FINDING, LetterMove.ENDORSE):
            late = now > self.letter.due
            measures = ("letters_answered", "letters_late" if late else "letters_on_time")
        elif row.name is LetterMove.RATE:
            measures = (f"letters_rated_{self.value('score')}",)
        telling.count(tx, ground, after, now, *measures)

    # --- what each move does ---

    def assign(self) -> Made:
        """The desk that assigns gives it to a department, or a unit or person of one."""
        place = place_of(self.tx, self.ground, self.value("unit"), "", self.now)
        return self._moved_to(place, suggested=self.value("suggested") == place.unit)

    def hand(self) -> Made:
        """Within the department that has it."""
        letter = self.letter
        unit = self.value("unit") or letter.assigned_unit
        place = place_of(self.tx, self.ground, unit, self.value("person"), self.now)
        if place.department != letter.department:
            raise Invalid(
                "只能交给本部门的科室、窗口和人员", {"unit": "请选择本部门的单位；要换部门请用“转其他部门”"}
            )
        made = self._moved_to(place)
        note = f"交给{self.ground.unit_name(place.unit)}{place.person_name}"
        return replace(made, payload={**made.payload, "note": note})

    def transfer(self) -> Made:
        """To another department; the clock goes on."""
        place = place_of(self.tx, self.ground, self.value("unit"), "", self.now)
        if place.department == self.letter.department and place.unit in (
            self.letter.assigned_unit,
            place.department,
        ):
            raise Invalid("请选择另一个部门", {"unit": "来信现在就在这个部门"})
        made = self._moved_to(place)
        return replace(made, columns={**made.columns, "transfers": self.letter.transfers + 1})

    def send_home(self) -> Made:
        """Back to the desk that assigns; the clock goes on."""
        place = Place(intake_department(self.ground), intake_unit(self.ground), None, "")
        made = self._moved_to(place)
        return replace(made, columns={**made.columns, "returns": self.letter.returns + 1})

    def _moved_to(self, place: Place, suggested: bool | None = None) -> Made:
        timing.move_over(
            self.tx, self.ground, self.letter, place.department, place.unit, place.person, self.now
        )
        columns = {
            "department": place.department,
            "assigned_unit": place.unit,
            "assigned_person": place.person,
        }
        name = self.ground.unit_name(place.unit)
        payload: dict[str, Json] = {"to": place.unit, "note": f"由{name}办理", "reason": self.value("reason")}
        if suggested is not None:
            payload["as_suggested"] = suggested
        return Made(columns, payload, unit=name)

    def draft(self) -> Made:
        """An answer being written."""
        columns = {"draft": self.value("text"), "drafted_by": self.author.actor}
        return Made(columns, {"note": "保存了答复草稿"})

    def submit(self) -> Made:
        """An answer for review."""
        columns = {"draft": self.value("text"), "drafted_by": self.author.actor, "review_words": ""}
        return Made(columns, {"note": "答复已提交审核", "draft": self.value("text")})

    def send_back(self) -> Made:
        """The reviewer's words go back with it."""
        return Made({"review_words": self.value("reason")}, {"note": f"审核退回：{self.value('reason')}"})

    def answer(self) -> Made:
        """The reviewed answer goes out, and to the public where writer and reviewer let it."""
        letter = self.letter
        if letter.drafted_by == self.author.actor:
            raise Forbidden("不能审核自己拟的答复，请由另一位负责人审核。")
        text = letter.draft or ""
        columns = self.answered(text, "answered") | {
            "answered_by": letter.drafted_by,
            "reviewed_by": self.author.actor,
        }
        publish = self.data.publish and letter.public and not letter.drill
        if publish:
            columns |= self._published(text)
        return Made(columns, {"answer": text, "public": publish, "note": "审核通过"})

    def redirect(self) -> Made:
        """Not this county's to answer: where to go instead, told in full."""
        text = self.value("text")
        return Made(self.answered(text, "redirected"), {"answer": text})

    def answered(self, text: str, outcome: str) -> dict[str, object]:
        """What an answer changes, whoever gives it."""
        return {
            "answer": text,
            "answered": self.now,
            "answered_by": self.author.actor,
            "outcome": outcome,
            "late": self.letter.late or self.now > self.letter.due,
            "confirm_by": timing.last_word(self.ground, self.now),
            "settled": None,
        }

    def _published(self, answer: str) -> dict[str, object]:
        if len(self.data.mask) > MOST_WORDS_TO_MASK:
            raise Invalid("要遮盖的词太多", {"mask": f"最多写 {MOST_WORDS_TO_MASK} 个词；太多的话请不要公开"})
        shown = masked(self.letter, answer, self.data.mask).letter
        return {"published_at": self.now, "published": shown}

    def publish(self) -> Made:
        """To the public, later than the answer."""
        return Made(self._published(self.letter.answer or ""), {"note": "来信和答复已公开"})

    def unpublish(self) -> Made:
        """Back from the public."""
        return Made({"published_at": None, "published": None}, {"note": f"撤下公开：{self.value('reason')}"})

    def extend(self) -> Made:
        """Once, by the county's days, the reason told."""
        days = limits_of(self.ground.county).of(self.letter.kind).extension
        return Made({"extension_days": days}, {"days": days, "reason": self.value("reason")}, days=days)

    def reclassify(self) -> Made:
        """Another kind, by an event with its reason, told to the writer."""
        kind = self.value("kind")
        if kind == self.letter.kind:
            raise Invalid("类别没有变", {"kind": f"现在就是“{KIND_LABELS[kind]}”"})
        clocks.judge_as(self.tx, timing.newest(self.tx, self.letter).id, CARD_OBJECTS[kind])
        payload: dict[str, Json] = {"from": self.letter.kind, "to": kind, "reason": self.value("reason")}
        return Made({"kind": kind, "reclassified": True}, payload, kind=KIND_LABELS[kind])

    def object(self) -> Made:
        """The writer does not agree: it is again what they called it."""
        own = self.letter.own_kind
        if self.letter.state in OPEN:
            clocks.judge_as(self.tx, timing.newest(self.tx, self.letter).id, CARD_OBJECTS[own])
        payload: dict[str, Json] = {"from": self.letter.kind, "to": own}
        return Made({"kind": own, "objected": True}, payload, kind=KIND_LABELS[own])

    def chase(self) -> Made:
        """A day is enough for a reminder, and there is an end to reminders."""
        letter = self.letter
        if letter.chased is not None and local_date(letter.chased) == local_date(self.now):
            raise Conflict("今天已经催办过了，明天可以再催。")
        if letter.chases >= limits_of(self.ground.county).chases:
            raise Conflict("已经多次催办。您可以直接拨打监督电话。")
        return Made({"chases": letter.chases + 1, "chased": self.now}, {"times": letter.chases + 1})

    def supervise(self) -> Made:
        """A supervisor's words to who has it."""
        return Made({}, {"note": f"督促：{self.value('reason')}"})

    def settle(self) -> Made:
        """The writer says so: nobody else can."""
        return Made({"settled": True, "settled_at": self.now}, {})

    def dispute(self) -> Made:
        """The writer says no: begun again, with a fresh clock, and counted."""
        columns = {
            "settled": False, "settled_at": self.now, "disputes": self.letter.disputes + 1, "confirm_by": None,
            "published_at": None, "published": None, "draft": None, "drafted_by": None,
        }  # fmt: skip
        return Made(columns, {"reason": self.value("reason"), "times": self.letter.disputes + 1})

    def rate(self) -> Made:
        """1 (非常满意) to 5, once."""
        score = int(self.value("score"))
        return Made({"score": score, "rating_words": self.value("words")[:500]}, {"score": score})

    def plain(self) -> Made:
        """Nothing but the state changes."""
        return Made({}, {"reason": self.value("reason")})


_MAKERS: Mapping[LetterMove, Callable[[Moving], Made]] = {
    LetterMove.ASSIGN: Moving.assign,
    LetterMove.HAND: Moving.hand,
    LetterMove.TRANSFER: Moving.transfer,
    LetterMove.RETURN: Moving.send_home,
    LetterMove.DRAFT: Moving.draft,
    LetterMove.SUBMIT: Moving.submit,
    LetterMove.SEND_BACK: Moving.send_back,
    LetterMove.ANSWER: Moving.answer,
    LetterMove.REDIRECT: Moving.redirect,
    LetterMove.EXTEND: Moving.extend,
    LetterMove.RECLASSIFY: Moving.reclassify,
    LetterMove.OBJECT: Moving.object,
    LetterMove.ESCALATE: conduct.escalate,
    LetterMove.RELEASE: conduct.release,
    LetterMove.PROPOSE: conduct.propose,
    LetterMove.ENDORSE: conduct.endorse,
    LetterMove.OVERRULE: conduct.overrule,
    LetterMove.FINDING: conduct.find,
    LetterMove.CHASE: Moving.chase,
    LetterMove.SUPERVISE: Moving.supervise,
    LetterMove.SETTLE: Moving.settle,
    LetterMove.DISPUTE: Moving.dispute,
    LetterMove.RATE: Moving.rate,
    LetterMove.WITHDRAW: Moving.plain,
    LetterMove.CLOSE: Moving.plain,
    LetterMove.PUBLISH: Moving.publish,
    LetterMove.UNPUBLISH: Moving.unpublish,
}
assert _MAKERS.keys() == LETTER_MOVES.keys(), "every move of the table is made here"
