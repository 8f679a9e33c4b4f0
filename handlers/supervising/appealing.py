"""Takes appeals in and decides them: in time, once, by someone who had no hand in what is appealed against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from handlers.casework.authority import Standing, active_person
from handlers.casework.card_decisions import revoke_on_appeal
from handlers.casework.cards import level_word
from handlers.casework.ground import Ground
from handlers.store import appeals, attachments, cards, chases, clocks, counts, events, outbox
from handlers.store.appeals import Appeal, Statement
from handlers.store.database import Database
from handlers.store.moments import Reads
from handlers.store.records import Card, Clock, Json
from handlers.store.writer import Transaction
from handlers.supervising import drafts
from handlers.supervising.deadlines import (
    ANSWERERS,
    CHANNELS,
    appeal_window,
    card_window,
    counted_words,
    new_clock,
    stop,
)
from handlers.supervising.requests import AgainstCard, AgainstScore, Target
from handlers.supervising.standing import NO_APPEAL, appeal_facts, capacities, may_appeal
from presentation.dates import date_cn
from rules.access import Role
from rules.appeal_table import (
    APPEAL_MOVES,
    AppealFacts,
    AppealMove,
    AppealRow,
    AppealState,
    check_appeal,
    checked_appeal,
)
from rules.clock import ClockKind
from rules.errors import Conflict, Forbidden, Invalid, NotFound
from rules.time import local_date

# What a decision does to something that is no card: `score` is added by the room of scores, at import.
Outcome = Callable[[Transaction, Ground, Appeal, datetime], None]
OUTCOMES: dict[str, Outcome] = {}
_APPEAL_CLOCK = frozenset({ClockKind.APPEAL})


def file_appeal(
    database: Database, ground: Ground, target: Target, text: str, person: str, now: datetime
) -> Appeal:
    """A department appeals, with the files of the person's draft; durable when it returns.

    Raises NotFound for a card out of reach, IllegalMove when it is too late (with the day and its count), was
    appealed before or is not in force, Forbidden, Invalid.
    """
    row = APPEAL_MOVES[AppealMove.FILE]
    words, _ = checked_appeal(row, text, "")

    def job(tx: Transaction) -> Appeal:
        blank, facts, topic = _wanted(tx, ground, target, now)
        standing = _capacity(tx, ground, blank.department, person, now, AppealState.DRAFT, row.move, facts)
        number = appeals.next_number(tx, ground.county.case_prefix, local_date(now).year, blank.drill)
        made = replace(blank, number=number, filed_by=standing.actor)
        clock = _decision_clock(ground, made, now)
        made = replace(made, due=clock.due)
        made = replace(made, id=appeals.insert(tx, made))
        clocks.insert(tx, replace(clock, subject_id=made.id))
        _say(tx, made, row.move, words, standing, now, topic)
        _happened(
            tx, made, row, standing, now, {"text": words, "card": made.card_id, "score": made.score_period}
        )
        body = f"{ground.unit_name(made.department)}对{made.about}提出申诉（{made.number}），请在{date_cn(made.due)}前决定。"
        _tell(tx, made, row, ground.units.top or "county", (Role.COUNTY_SUPERVISOR,), body, now)
        if not made.drill:
            counts.add(tx, local_date(now), made.department, ("appeals",))
        return made

    return database.write(job)


def refile(
    database: Database,
    ground: Ground,
    appeal_id: int,
    text: str,
    person: str,
    now: datetime,
    seen: int | None,
) -> Appeal:
    """A returned appeal comes back with more evidence, once, within its days."""
    row = APPEAL_MOVES[AppealMove.REFILE]

    def job(tx: Transaction) -> Appeal:
        appeal, standing = _allowed(tx, ground, appeal_id, row.move, person, now, seen)
        words, _ = checked_appeal(row, text, "")
        stop(tx, "appeal", appeal.id, _APPEAL_CLOCK, now, row.said)
        clock = _decision_clock(ground, appeal, now)
        clocks.insert(tx, clock)
        appeals.change(tx, appeal, state=row.to_state, rounds=appeal.rounds + 1, due=clock.due)
        topic = topic_of(appeal)
        _say(tx, appeal, row.move, words, standing, now, topic)
        _happened(tx, appeal, row, standing, now, {"text": words})
        body = f"{appeal.number}：{ground.unit_name(appeal.department)}补充了证据，请在{date_cn(clock.due)}前决定。"
        _tell(tx, appeal, row, ground.units.top or "county", (Role.COUNTY_SUPERVISOR,), body, now)
        return _again(tx, appeal)

    return database.write(job)


def decide(
    database: Database,
    ground: Ground,
    appeal_id: int,
    move: str,
    reasons: str,
    person: str,
    now: datetime,
    *,
    days: str = "",
    seen: int | None = None,
) -> Appeal:
    """The county's supervisor revokes, returns (with days) or upholds, with reasons.

    Raises Forbidden for who issued, confirmed or wrote the card, filed the appeal or works in the department.
    """
    try:
        row = APPEAL_MOVES[AppealMove(move)]
    except ValueError as error:
        raise NotFound("没有这种操作。请回到申诉页面重新选择。") from error
    if not row.decides:
        raise NotFound("没有这种操作。请回到申诉页面重新选择。")

    def job(tx: Transaction) -> Appeal:
        appeal, standing = _allowed(tx, ground, appeal_id, row.move, person, now, seen)
        words, given = checked_appeal(row, reasons, days)
        stop(tx, "appeal", appeal.id, _APPEAL_CLOCK, now, row.said)
        changes: dict[str, object] = {"state": row.to_state, "reasons": words}
        payload: dict[str, Json] = {"text": words}
        body = f"{appeal.number}：{row.said}。理由：{words}"
        if row.move is AppealMove.RETURN:
            clock = new_clock(
                ground, ClockKind.APPEAL, now, given, subject_id=appeal.id, department=appeal.department,
                unit=appeal.department, drill=appeal.drill, basis=f"{appeal.number}退回补充证据的时限",
            )  # fmt: skip
            clocks.insert(tx, clock)
            changes["due"] = clock.due
            payload |= {"days": given, "due": clock.due.isoformat()}
            body += f"。请在{date_cn(clock.due)}前补充，只能再提一次。"
        else:
            changes |= {"decided_by": standing.actor, "decided_at": now}
        appeals.change(tx, appeal, **changes)
        _say(tx, appeal, row.move, words, standing, now)
        _happened(tx, appeal, row, standing, now, payload)
        decided = _again(tx, appeal)
        _take_effect(tx, ground, decided, standing, words, now)
        appeals.show(tx, appeal.id, 0, decided.due)
        _tell(tx, decided, row, decided.department, ANSWERERS, body, now)
        if not decided.drill and row.move is not AppealMove.RETURN:
            counts.add(tx, local_date(now), decided.department, (f"appeals_{row.to_state}",))
        return decided

    return database.write(job)


def filing_facts(reads: Reads, ground: Ground, card: Card, now: datetime) -> AppealFacts:
    """Whether a card may be appealed against now, whoever asks."""
    window = card_window(ground, card)
    obstacle = ""
    if appeals.of_card(reads, card.id) is not None:
        obstacle = "这张牌已经申诉过，一张牌只能申诉一次"
    elif card.state != "issued":
        obstacle = {
            "pending": "这张牌还没有发出",
            "revoked": "这张牌已经撤销",
            "dismissed": "这张牌没有发出",
        }[card.state]
    elif card.level < 1:
        obstacle = "重点关注不是牌"
    overdue = now > window.due
    return AppealFacts(
        overdue=overdue, due_words=counted_words(ground, window) if overdue else "", obstacle=obstacle
    )


def topic_of(appeal: Appeal) -> str:
    """Where the draft of an appeal's next statement is kept."""
    if appeal.card_id is not None:
        return drafts.card_topic(appeal.card_id)
    return drafts.score_topic(appeal.department, appeal.score_period or "")


def _wanted(
    tx: Transaction, ground: Ground, target: Target, now: datetime
) -> tuple[Appeal, AppealFacts, str]:
    """The appeal as it would be, what stands against it, and where its draft is."""
    if isinstance(target, AgainstCard):
        card = cards.by_id(tx, target.card_id)
        if card is None:
            raise NotFound("没有这张牌，或者它不在您的管辖范围内。")
        about = f"{card.subject_number}的{level_word(ground, card)}（第{card.id}号牌）"
        blank = _blank(card.department, about, now, card.drill)
        made = replace(
            blank,
            card_id=card.id,
            subject=card.subject,
            subject_id=card.subject_id,
            subject_number=card.subject_number,
        )
        return made, filing_facts(tx, ground, card, now), drafts.card_topic(card.id)
    if target.department not in ground.departments:
        raise NotFound(NO_APPEAL)
    return _against_score(tx, ground, target, now)


def _against_score(
    tx: Transaction, ground: Ground, target: AgainstScore, now: datetime
) -> tuple[Appeal, AppealFacts, str]:
    if not target.period or not target.about:
        raise Invalid("申诉缺少考核期", {"period": "请写明考核期"})
    window = appeal_window(ground, target.department, target.told)
    overdue = now > window.due
    facts = AppealFacts(
        overdue=overdue,
        due_words=counted_words(ground, window) if overdue else "",
        obstacle="这一期得分已经申诉过" if appeals.of_score(tx, target.department, target.period) else "",
    )
    blank = _blank(target.department, target.about, now, False)
    made = replace(blank, score_period=target.period, avoid=target.avoid)
    return made, facts, drafts.score_topic(target.department, target.period)


def _allowed(
    tx: Transaction,
    ground: Ground,
    appeal_id: int,
    move: AppealMove,
    person: str,
    now: datetime,
    seen: int | None,
) -> tuple[Appeal, Standing]:
    appeal = appeals.by_id(tx, appeal_id)
    if appeal is None:
        raise NotFound(NO_APPEAL)
    facts = appeal_facts(tx, ground, appeal, active_person(tx, person), now)
    standing = _capacity(tx, ground, appeal.department, person, now, appeal.state, move, facts)
    if seen is not None and seen != appeal.version:
        raise Conflict("您打开页面以后，这件申诉有了变化，没有执行。请看清现在的状态再操作。")
    return appeal, standing


def _capacity(
    reads: Reads, ground: Ground, department: str, person: str, now: datetime, state: AppealState, move: AppealMove,
    facts: AppealFacts,
) -> Standing:  # fmt: skip
    found = capacities(reads, ground, person, department, now)
    if not found:
        raise NotFound("没有找到，或者它不在您的管辖范围内。")
    refused: Forbidden | None = None
    for standing in found:
        try:
            row = check_appeal(state, move, standing.role, facts)
            if not may_appeal(ground, row, standing.role):
                raise Forbidden("县里没有让您的岗位做这件事。")
        except Forbidden as error:
            # Why this very person must stand back says more than which role it is for.
            refused = error if refused is None or standing.role is Role.COUNTY_SUPERVISOR else refused
        else:
            return standing
    assert refused is not None
    raise refused


def _decision_clock(ground: Ground, appeal: Appeal, now: datetime) -> Clock:
    days = ground.county.settings.appeal_decision_days
    return new_clock(
        ground, ClockKind.APPEAL, now, days, subject_id=appeal.id, department=appeal.department,
        unit=ground.units.top or "county", drill=appeal.drill, basis=f"本县规定：{days}个工作日内对申诉作出决定",
    )  # fmt: skip


def _take_effect(
    tx: Transaction, ground: Ground, appeal: Appeal, standing: Standing, words: str, now: datetime
) -> None:
    if appeal.card_id is not None:
        if appeal.state is AppealState.REVOKED:
            card = cards.by_id(tx, appeal.card_id)
            assert card is not None
            revoke_on_appeal(tx, ground, card, standing, f"申诉成立（{appeal.number}）：{words}", now)
        return
    outcome = OUTCOMES.get("score")
    if outcome is not None and appeal.state in (AppealState.REVOKED, AppealState.UPHELD):
        outcome(tx, ground, appeal, now)


def _say(
    tx: Transaction,
    appeal: Appeal,
    move: AppealMove,
    words: str,
    standing: Standing,
    now: datetime,
    topic: str = "",
) -> None:
    said = appeals.add_statement(tx, Statement(0, appeal.id, move, words, now, standing.actor))
    if topic:
        attachments.hand_over(tx, drafts.owner(topic, standing.actor), f"statement/{said}")
        chases.drop_draft(tx, topic, standing.actor)


def _happened(
    tx: Transaction,
    appeal: Appeal,
    row: AppealRow,
    standing: Standing,
    now: datetime,
    payload: dict[str, Json],
) -> None:
    events.append(
        tx,
        events.NewEvent(
            at=now,
            kind=f"appeal.{row.move}",
            subject="appeal",
            subject_id=appeal.id,
            subject_number=appeal.number,
            actor=standing.actor,
            role=standing.role,
            unit=standing.unit,
            from_state="" if row.move is AppealMove.FILE else appeal.state,
            to_state=row.to_state,
            drill=appeal.drill,
            payload={**payload, "words": ""},
        ),
    )


def _tell(
    tx: Transaction,
    appeal: Appeal,
    row: AppealRow,
    unit: str,
    roles: tuple[Role, ...],
    body: str,
    now: datetime,
) -> None:
    told = outbox.NewMessage(
        now, f"appeal.{row.move}", "unit", unit, "appeal", appeal.id, appeal.number, body, appeal.drill,
        channels=CHANNELS, roles=tuple(each.value for each in roles),
    )  # fmt: skip
    outbox.add(tx, [told])


def _again(tx: Transaction, appeal: Appeal) -> Appeal:
    found = appeals.by_id(tx, appeal.id)
    assert found is not None
    return found


def _blank(department: str, about: str, now: datetime, drill: bool) -> Appeal:
    return Appeal(
        id=0, number="", card_id=None, score_period=None, department=department, subject="", subject_id=0,
        subject_number="", about=about, avoid=frozenset(), filed=now, filed_by="", state=AppealState.OPEN, rounds=1,
        due=now, level=0, decided_by=None, decided_at=None, reasons="", version=0, drill=drill,
    )  # fmt: skip


DECISIONS = MappingProxyType({move: row for move, row in APPEAL_MOVES.items() if row.decides})
