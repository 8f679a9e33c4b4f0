"""Makes one move: the table is asked, the event appended, the case changed, clocks set, notices queued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from catalog.schema import Item
from handlers.casework.authority import UNKNOWN_CASE, Standing, capacities, may_make
from handlers.casework.clocks import EXTENDED
from handlers.casework.effects import EFFECTS
from handlers.casework.ground import Ground
from handlers.casework.move_facts import Made, after_move, attempt_at_supplement
from handlers.casework.notice_texts import NoticeFacts, extended_words, issue, time_words
from handlers.casework.progress import Progress
from handlers.casework.requests import Actor, BySystem, Moved, MoveData
from handlers.store import attachments, case_parts, cases, clocks, counts, events, idempotency, outbox
from handlers.store.database import Database
from handlers.store.records import Case, Clock, Json, Notice, Step
from handlers.store.vault import Vault
from handlers.store.writer import Transaction
from rules import case as case_rules
from rules.access import Role
from rules.case_terms import ENDED, STATE_LABELS, CaseFacts, Hearing, Move, MoveName, State
from rules.clock import ClockKind
from rules.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from rules.time import local_date

REMOTE = frozenset({"web", "phone", "kiosk", "system"})
_LONGEST_TEXT = 2000


def facts_of(
    case: Case,
    steps: tuple[Step, ...],
    notice_due: datetime | None,
    joint: bool,
    now: datetime,
    running: Iterable[Clock] = (),
) -> CaseFacts:
    """What the table's guards must know of a case. `notice_due`: when the five days end, None once stopped;
    `running`: its clocks, stopped ones too (where a hearing stands and whether it is late follow from them).
    """
    known = tuple(running)
    hearing, window = _hearing(known, now)
    current = steps[case.step] if 0 <= case.step < len(steps) else None
    return CaseFacts(
        supplement_spent=case.supplements > 0,
        extended=case.extensions > 0,
        extension_late=_extension_late(known, now),
        step_index=max(case.step, 0),
        step_count=max(len(steps), 1),
        step_role=None if current is None else current.role,
        pre_review_needed=case.channel in REMOTE and case.case_kind != "1",
        notice_overdue=notice_due is not None and now > notice_due,
        joint=joint or case.parent is not None,
        deemed=case.deemed,
        hearing=hearing,
        hearing_window_open=window,
    )


def _extension_late(running: Sequence[Clock], now: datetime) -> bool:
    """Art. 42 extends the law's limit while it runs, also when the shorter promise has passed already."""
    open_ = {each.kind: each for each in running if each.kind in EXTENDED and each.stopped is None}
    limit = open_.get(ClockKind.STATUTE) or open_.get(ClockKind.PROMISE)
    return limit is not None and now > limit.due


def _hearing(running: Sequence[Clock], now: datetime) -> tuple[Hearing, bool]:
    asked = next((each for each in running if each.kind is ClockKind.HEARING), None)
    if asked is not None:
        return ("asked" if asked.stopped is None else "held"), False
    told = next((each for each in running if each.kind is ClockKind.HEARING_REQUEST), None)
    if told is None:
        return "", False
    return "told", told.stopped is None and now <= told.due


class Moving:
    """The job behind `Casework.move`."""

    def __init__(
        self,
        vault: Vault,
        ground: Ground,
        number: str,
        name: MoveName,
        by: Actor,
        data: MoveData,
        *,
        key: str | None,
        now: datetime,
    ) -> None:
        self.vault, self.ground, self.number, self.name = vault, ground, number.strip().upper(), name
        self.by, self.data, self.key, self.now = by, data, key, now
        self.values = {name: text.strip() for name, text in data.values.items() if text.strip()}
        self.scope = f"move/{self.number}"
        self.attempt: Standing | None = None
        said = {each: value for each, value in asdict(data).items() if each != "attachments"}
        self.print = idempotency.fingerprint([name, type(by).__name__, asdict(by), said])
        too_long = {
            name: f"最多 {_LONGEST_TEXT} 字"
            for name, text in self.values.items()
            if len(text) > _LONGEST_TEXT
        }
        if too_long:
            raise Invalid("填写的内容太长", too_long)

    def __call__(self, tx: Transaction) -> Moved:
        case = cases.by_number(tx, self.number)
        if case is None:
            raise NotFound(UNKNOWN_CASE)
        steps = case_parts.steps(tx, case.id)
        # Who asks is checked even for a repeated key: the answer is for those who may have it.
        found = capacities(tx, self.vault, self.ground, case, steps, self.by, self.now)
        print_ = attachments.fingerprint(tx, self.print, self.data.attachments)
        if self.key is not None:
            earlier = idempotency.earlier(tx, self.vault, self.scope, self.key, print_)
            if earlier is not None:
                return _moved(earlier, repeated=True)
        if self.data.seen is not None and self.data.seen != case.version:
            raise Conflict("这个办件刚刚被别人处理过。请刷新页面，看清现在的状态再操作。")
        item = self.ground.pinned(case.item_code, case.item_version)
        progress = self._progress(tx, case, steps, item)
        move, standing = self._allowed(progress, found)
        case_rules.check_needs(move, self.values, progress.facts)
        result = self._make(tx, move, standing, progress)
        if self.key is not None:
            kept = {name: value for name, value in asdict(result).items() if name != "repeated"}
            idempotency.keep(tx, self.vault, self.scope, self.key, print_, kept, self.now)
        return result

    def _progress(self, tx: Transaction, case: Case, steps: tuple[Step, ...], item: Item | None) -> Progress:
        running = clocks.of_subject(tx, "case", case.id)
        intake = next(
            (c for c in running if c.kind is ClockKind.SUPPLEMENT_NOTICE and c.stopped is None), None
        )
        joint = bool(item and item.joint_departments)
        facts = facts_of(case, steps, None if intake is None else intake.due, joint, self.now, running)
        return Progress(
            tx=tx,
            ground=self.ground,
            item=item,
            case=case,
            steps=steps,
            clocks=list(running),
            facts=facts,
            values=self.values,
            data=self.data,
            now=self.now,
        )

    def _allowed(self, progress: Progress, found: tuple[Standing, ...]) -> tuple[Move, Standing]:
        """The move and the capacity it is made in; the refusal of the best capacity when none may."""
        refusal: IllegalMove | Forbidden | None = None
        state, facts = progress.case.state, progress.facts
        for standing in found:
            try:
                move = case_rules.check(state, self.name, standing.role, facts)
            except IllegalMove as error:
                refusal = error
                self._note_attempt(progress, standing)
                continue
            except Forbidden as error:
                refusal = refusal or error
                continue
            if may_make(move, standing, self.ground, facts, progress.steps):
                return move, standing
            refusal = refusal or Forbidden("这一环节由别的单位办理，不在您的岗位范围内。")
        assert refusal is not None
        raise refusal

    def _note_attempt(self, progress: Progress, standing: Standing) -> None:
        """A second supplement notice is refused by the table; that someone wanted one is kept all the same."""
        front = standing.role in case_rules.MOVES[MoveName.SUPPLEMENT_NOTICE].roles
        before = progress.case.state in case_rules.MOVES[MoveName.SUPPLEMENT_NOTICE].from_states
        if self.name is MoveName.SUPPLEMENT_NOTICE and progress.facts.supplement_spent and front and before:
            self.attempt = self.attempt or standing

    def record_attempt(self, tx: Transaction) -> None:
        """The job after a refusal, where there was an attempt to keep."""
        case = cases.by_number(tx, self.number)
        if case is not None and self.attempt is not None:
            by = self.attempt
            attempt_at_supplement(tx, self.ground, case, by.actor, by.role, by.unit, self.now)

    def _make(self, tx: Transaction, move: Move, standing: Standing, progress: Progress) -> Moved:
        before = progress.case
        progress.actor = standing.actor
        outcome = EFFECTS[move.name](progress)
        after_state = move.after(State(before.state))
        unit = standing.unit or before.holder_unit or before.department
        words = self._words(move, progress)
        payload: dict[str, Json] = {**self.values, **outcome.payload, "words": words}
        appended = events.append(
            tx,
            events.NewEvent(
                at=self.now,
                kind=move.name,
                subject="case",
                subject_id=before.id,
                subject_number=before.number,
                actor=standing.actor,
                role=standing.role,
                unit=unit,
                from_state=before.state,
                to_state=after_state,
                drill=before.drill,
                payload=payload,
            ),
        )
        cases.change(tx, before, self.now, state=after_state, **outcome.columns)
        changed = cases.by_id(tx, before.id)
        assert changed is not None
        progress.case = changed
        progress.show()
        notice = self._issue(tx, move, progress, outcome.pause_id, appended.sequence)
        made = Made(
            move.name, before, changed, progress.steps, progress.clocks, progress.pauses(), self.values,
            standing.actor, appended.sequence, self.now,
        )  # fmt: skip
        after_move(tx, self.vault, self.ground, made)
        self._tell(tx, changed, words)
        if outcome.measures and not changed.drill:
            counts.add(tx, local_date(self.now), changed.department, outcome.measures)
        return Moved(
            number=changed.number,
            move=move.name,
            state=changed.state,
            event_sequence=appended.sequence,
            notice_id=None if notice is None else notice.id,
            notice_number=None if notice is None else notice.number,
        )

    def _issue(
        self, tx: Transaction, move: Move, progress: Progress, pause_id: int | None, sequence: int
    ) -> Notice | None:
        """The numbered document of a move that brings one; a pause names the one that told of it."""
        if move.notice is None:
            return None
        case = progress.case
        facts = NoticeFacts(
            case=case,
            applicant=cases.payload(tx, case.id).applicant,
            materials=case_parts.materials(tx, case.id),
            clocks=progress.clocks,
            values=self.values,
            now=self.now,
            supplement_due=case.supplement_due,
            certificate=case_parts.certificate(tx, case.id),
        )
        notice = issue(tx, self.ground, move.notice, facts, sequence)
        if pause_id is not None:
            clocks.name_notice(tx, pause_id, notice.number)
        return notice

    def _words(self, move: Move, progress: Progress) -> str:
        """What the tracking page will say of this."""
        step = progress.current_step
        values = {
            "unit": self.ground.unit_name(progress.case.department),
            "days": self.values.get("days", ""),
            "extension": extended_words(self.values.get("days", ""), progress.case, progress.clocks),
            "reason": self.values.get("reason", ""),
            "step": "" if step is None else step.name,
            "time": time_words(self.values.get("time", "")),
            "place": self.values.get("place", ""),
        }
        return move.public.format_map(values)

    def _tell(self, tx: Transaction, case: Case, words: str) -> None:
        def message(kind: str, to: str, body: str) -> outbox.NewMessage:
            template = f"case.{self.name}"
            return outbox.NewMessage(
                self.now, template, kind, to, "case", case.id, case.number, body, case.drill
            )

        messages = [message("applicant", case.number, f"您的“{case.item_name}”（{case.number}）：{words}。")]
        if case.state not in ENDED and case.holder_role != Role.APPLICANT:
            label = STATE_LABELS[case.state]
            body = f"{case.item_name}（{case.number}）转到您单位：{label}。"
            messages.append(message("unit", case.holder_unit, body))
        outbox.add(tx, messages)


def make(database: Database, moving: Moving) -> Moved:
    """Makes a move; a refusal leaves nothing behind but the attempt at a second supplement notice."""
    try:
        return database.write(moving)
    except IllegalMove:
        if moving.attempt is not None:
            database.write(moving.record_attempt)
        raise


async def make_async(database: Database, moving: Moving) -> Moved:
    """`make` for event loops."""
    try:
        return await database.write_async(moving)
    except IllegalMove:
        if moving.attempt is not None:
            await database.write_async(moving.record_attempt)
        raise


def system_move(vault: Vault, ground: Ground, number: str, name: MoveName, now: datetime, why: str) -> Moving:
    """A move the hall makes by itself."""
    return Moving(vault, ground, number, name, BySystem(why), MoveData(), key=None, now=now)


def _moved(result: Mapping[str, Json], *, repeated: bool) -> Moved:
    notice = result["notice_id"]
    return Moved(
        number=str(result["number"]),
        move=MoveName(str(result["move"])),
        state=State(str(result["state"])),
        event_sequence=int(str(result["event_sequence"])),
        notice_id=None if notice is None else int(str(notice)),
        notice_number=None if result["notice_number"] is None else str(result["notice_number"]),
        repeated=repeated,
    )
