"""A case as its applicant and as staff see it: state, due day with its reasons, timeline, documents, next moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from handlers.casework import clocks as casework_clocks
from handlers.casework.authority import (
    SEES_CASES,
    Standing,
    active_person,
    may_make,
    prove_applicant,
    standings,
)
from handlers.casework.ground import Ground
from handlers.casework.moving import facts_of
from handlers.casework.outside import entered
from handlers.casework.views import (
    CaseView,
    DueView,
    MoveOption,
    NoticeSummary,
    ReceiptView,
    StaffCaseView,
    TimelineEntry,
)
from handlers.following_up.shown import shown as followup_shown
from handlers.following_up.standing import sees_words
from handlers.store import attachments, cards, case_parts, cases, clocks, events, notices, people
from handlers.store.access_log import Look, add
from handlers.store.database import Database
from handlers.store.events import Told
from handlers.store.notices import NoticeHead
from handlers.store.records import Case, Clock, Event, PauseRow, Step
from presentation.dates import date_cn
from rules import case as case_rules
from rules.access import Role
from rules.case_terms import ENDED, STATE_LABELS, CaseFacts, MoveName, NoticeKind, State
from rules.clock import ClockKind, agency_and_total_time
from rules.errors import Gone, NotFound
from rules.pause import Pause
from rules.rating_table import BAD
from rules.time import local_date

_SHOWN_FIRST = (ClockKind.PROMISE, ClockKind.STATUTE)


def public_view(database: Database, ground: Ground, number: str, query_code: str, now: datetime) -> CaseView:
    """The case for who has its query code. Raises NotFound alike for a wrong number and a wrong code."""
    with database.snapshot():
        case = prove_applicant(database, database.vault, number, query_code)
        return _view(database, ground, case, now)


def explained(database: Database, ground: Ground, number: str, now: datetime) -> tuple[DueView, ...]:
    """What runs for a case and why until when, for who runs the hall: days and articles, nothing personal.

    Raises NotFound for an unknown number.
    """
    with database.snapshot():
        case = cases.by_number(database, number.strip().upper())
        if case is None:
            raise NotFound(f"没有办件 {number}。")
        running = clocks.of_subject(database, "case", case.id)
        ledger = clocks.pauses(database, "case", case.id)
        outside = entered(events.told_of(database, "case", case.id), case)
        return _due_views(ground, running, ledger, now, outside)


def receipt(database: Database, ground: Ground, number: str, query_code: str, now: datetime) -> ReceiptView:
    """The receipt of the filing, for printing."""
    with database.snapshot():
        case = prove_applicant(database, database.vault, number, query_code)
        filed = events.first_of(database, "case", case.id, "file")
        found = notices.of_subject(database, "case", case.id)
        notice = next((each for each in found if each.kind is NoticeKind.RECEIPT), None)
        if filed is None or notice is None:
            raise NotFound("没有找到这个办件的收件凭证。")
        payload = cases.payload(database, case.id)
        if filed.salt is None or payload.applicant is None:
            raise Gone("这个办件的个人信息已按规定删除，收件凭证不再提供。")
        ledger = clocks.pauses(database, "case", case.id)
        shown = casework_clocks.primary(clocks.of_subject(database, "case", case.id))
        return ReceiptView(
            number=case.number,
            item_name=case.item_name,
            department_name=ground.unit_name(case.department),
            applicant=payload.applicant.name,
            submitted_at=case.submitted_at,
            notice=notice,
            materials=case_parts.materials(database, case.id),
            due=None
            if shown is None
            else casework_clocks.explain(ground, shown, ledger, now, entered((filed,), case)),
            event_sequence=filed.sequence,
            leaf=filed.hash,
            salt=filed.salt,
        )


def staff_view(
    database: Database, ground: Ground, number: str, person: str, now: datetime, request: str
) -> StaffCaseView:
    """The whole case for staff within scope; the look is logged before anything is shown."""
    case, found = staff_case(database, ground, number, person, now)
    look(database, found[0], case.number, "case", now, request)
    with database.snapshot():
        case = cases.by_id(database, case.id) or case
        steps = case_parts.steps(database, case.id)
        running = clocks.of_subject(database, "case", case.id)
        ledger = clocks.pauses(database, "case", case.id)
        past = events.of_subject(database, "case", case.id)
        facts = _facts(ground, case, steps, running, now)
        public = _view(database, ground, case, now)
        # Good ratings are everybody's who sees the case; of bad ones only who follows them up reads the words.
        hidden = case.rating in BAD and not sees_words(
            database, ground, case.id, case.department, person, now
        )
        return StaffCaseView(
            case=case,
            payload=cases.payload(database, case.id),
            public=_without_words(public) if hidden else public,
            steps=steps,
            materials=case_parts.materials(database, case.id),
            attachments=attachments.of_case(database, case.id),
            clocks=running,
            pauses=ledger,
            events=past,
            actor_names=_actor_names(database, past, steps),
            cards=cards.of_subject(database, "case", case.id),
            moves=staff_moves(ground, case, steps, facts, found),
            warnings=_warnings(ground, case, facts, running, ledger, past, now),
            rating_hidden=hidden,
        )


def _without_words(view: CaseView) -> CaseView:
    """The case without what was written about its rating."""
    rating, followup = view.rating, view.followup
    return replace(
        view,
        rating=None if rating is None else replace(rating, words=""),
        followup=None if followup is None else replace(followup, told=()),
    )


def staff_case(
    database: Database, ground: Ground, number: str, person: str, now: datetime
) -> tuple[Case, tuple[Standing, ...]]:
    """A case with the capacities in which a person may see it. Raises NotFound out of scope: not for them to know."""
    case = cases.by_number(database, number.strip().upper())
    if case is None:
        raise NotFound("没有找到这个办件，或者它不在您的管辖范围内。")
    steps = case_parts.steps(database, case.id)
    account = active_person(database, person)
    found = standings(account, ground, case, steps, local_date(now), SEES_CASES)
    if not found:
        raise NotFound("没有找到这个办件，或者它不在您的管辖范围内。")
    return case, found


def look(database: Database, standing: Standing, number: str, what: str, now: datetime, request: str) -> None:
    """Writes a look at personal data down."""
    entry = Look(now, standing.actor, standing.role, "case", number, what, request, standing.unit)
    database.write(lambda tx: add(tx, entry))


def staff_moves(
    ground: Ground, case: Case, steps: Sequence[Step], facts: CaseFacts, found: Sequence[Standing]
) -> tuple[MoveOption, ...]:
    """The moves a person may make now, each once, in the table's order."""
    options: dict[MoveName, MoveOption] = {}
    for standing in found:
        for move in case_rules.moves_for(case.state, standing.role, facts):
            if move.name not in options and may_make(move, standing, ground, facts, steps):
                longest = case_rules.longest_extension(facts) if move.name is MoveName.EXTEND else None
                options[move.name] = MoveOption(move, standing.role, standing.unit, longest)
    return tuple(options[name] for name in MoveName if name in options)


def _facts(
    ground: Ground, case: Case, steps: tuple[Step, ...], running: Sequence[Clock], now: datetime
) -> CaseFacts:
    item = ground.pinned(case.item_code, case.item_version)
    intake = next(
        (each for each in running if each.kind is ClockKind.SUPPLEMENT_NOTICE and each.stopped is None), None
    )
    joint = bool(item and item.joint_departments)
    return facts_of(case, steps, None if intake is None else intake.due, joint, now, running)


def _view(database: Database, ground: Ground, case: Case, now: datetime) -> CaseView:
    # Before acceptance no step is in hand, and without a supplement notice nothing was found missing.
    steps = case_parts.steps(database, case.id) if case.step >= 0 else ()
    running = clocks.of_subject(database, "case", case.id)
    pausable = any(each.kind in casework_clocks.PAUSED for each in running)
    ledger = clocks.pauses(database, "case", case.id) if pausable else ()
    missing = case_parts.missing(database, case.id) if case.supplements else ()
    past = events.told_of(database, "case", case.id)
    documents = notices.heads(database, "case", case.id)
    facts = _facts(ground, case, steps, running, now)
    due_views = _due_views(ground, running, ledger, now, entered(past, case))
    closed = case.closed_at or now
    moves = tuple(
        MoveOption(move, Role.APPLICANT, "")
        for move in case_rules.moves_for(case.state, Role.APPLICANT, facts)
        if move.name is not MoveName.FILE
    )
    may_rate = _may_rate(database, case)
    accepted = case.accepted_at
    return CaseView(
        number=case.number,
        item_code=case.item_code,
        item_name=case.item_name,
        item_version=case.item_version,
        department=case.department,
        department_name=ground.unit_name(case.department),
        state=case.state,
        state_label=STATE_LABELS[case.state],
        holder_name=_holder(ground, case),
        step_name=_step_name(case, steps),
        applicant_masked=case.applicant_masked,
        submitted_at=case.submitted_at,
        accepted_at=accepted,
        closed_at=case.closed_at,
        deemed=case.deemed,
        due=due_views[0] if due_views else None,
        clocks=due_views,
        light=casework_clocks.light(running, now),
        time=agency_and_total_time(
            case.submitted_at, accepted, closed, ground.calendar, _paused(ground, running, ledger)
        ),
        timeline=_timeline(ground, past, documents),
        notices=tuple(
            NoticeSummary(each.id, each.number, each.kind, each.title, each.issued) for each in documents
        ),
        missing=missing,
        supplement_due=case.supplement_due,
        next_words=_next_words(ground, case, missing, may_rate),
        moves=moves,
        may_rate=may_rate,
        rating=None if case.rating is None else case_parts.rating(database, case.id),
        certificate=None if case.decided_at is None else case_parts.certificate(database, case.id),
        fees=case_parts.fees(database, case.id),
        drill=case.drill,
        version=case.version,
        asked=_asked(case, past),
        followup=followup_shown(database, case.id, ground.unit_name(case.department), now)
        if case.rating in BAD
        else None,
    )


_NOT_RATED = frozenset({State.WITHDRAWN, State.VOIDED})


def _may_rate(database: Database, case: Case) -> bool:
    if case.closed_at is None or case.rating is not None or case.state in _NOT_RATED:
        return False
    return cases.payload(database, case.id).erased_at is None


def _due_views(
    ground: Ground,
    all_clocks: Sequence[Clock],
    ledger: Sequence[PauseRow],
    now: datetime,
    outside: datetime | None,
) -> tuple[DueView, ...]:
    """What runs, the list's own clock first; of what has stopped only promise and statute."""
    shown = casework_clocks.primary(all_clocks)
    wanted = [each for each in all_clocks if each.stopped is None or each.kind in _SHOWN_FIRST]
    wanted.sort(key=lambda each: (shown is None or each.id != shown.id, each.stopped is not None, each.id))
    return tuple(casework_clocks.explain(ground, each, ledger, now, outside) for each in wanted)


def _paused(ground: Ground, all_clocks: Sequence[Clock], ledger: Sequence[PauseRow]) -> tuple[Pause, ...]:
    promise = next((each for each in all_clocks if each.kind is ClockKind.PROMISE), None)
    return () if promise is None else casework_clocks.as_rules(ground.calendar, promise, ledger)


def _timeline(
    ground: Ground, past: Sequence[Told], documents: Sequence[NoticeHead]
) -> tuple[TimelineEntry, ...]:
    issued = {each.event: each for each in documents}
    entries = []
    for event in past:
        words = "（内容已删除）" if event.payload is None else str(event.payload.get("words") or "")
        if not words:
            continue  # supervision and internal looks are not the applicant's business
        notice = issued.get(event.sequence)
        notice_id, title = (None, "") if notice is None else (notice.id, notice.title)
        entries.append(TimelineEntry(event.at, words, ground.unit_name(event.unit), notice_id, title))
    return tuple(entries)


def _asked(case: Case, past: Sequence[Told]) -> str:
    """What the clerk wrote that is to be supplemented, while it is."""
    if case.state is not State.SUPPLEMENTING:
        return ""
    words = {MoveName.SUPPLEMENT_NOTICE.value: "reason", "supplement_recorded": "told"}
    asked = [
        str(event.payload.get(words[event.kind]) or "")
        for event in past
        if event.kind in words and event.payload
    ]
    return asked[-1] if asked else ""


def _holder(ground: Ground, case: Case) -> str:
    if case.holder_role == Role.APPLICANT:
        return "申请人"
    return ground.unit_name(case.holder_unit) if case.holder_unit else ""


def _step_name(case: Case, steps: Sequence[Step]) -> str:
    in_review = case.state in (State.IN_REVIEW, State.SPECIAL_PROCEDURE)
    return steps[case.step].name if in_review and 0 <= case.step < len(steps) else ""


def _next_words(ground: Ground, case: Case, lacking: Sequence[str], may_rate: bool) -> str:
    rate = "请为这次办事打个分。" if may_rate else ""
    delivery = {
        "window": f"请带身份证件到{ground.unit_name(case.accepting_unit)}领取。",
        "courier": "我们会按您填写的地址寄出，请留意电话。",
        "electronic": "可以在本页查看和下载。",
    }.get(case.delivery, "")
    missing = "、".join(lacking)
    words = {
        State.RECEIVED: "请等待审核，不需要做什么。材料不齐时我们会一次性告知。",
        State.PRE_REVIEWED: "预审已通过，请等待受理通知。",
        State.SUPPLEMENTING: f"请在{date_cn(case.supplement_due)}前一次补齐：{missing or '见补正告知书'}。",
        State.IN_REVIEW: "正在审查，不需要做什么。",
        State.SPECIAL_PROCEDURE: "正在进行特别程序，所需时间已书面告知，不计入办理时限。",
        State.GRANTED: f"已准予。{delivery}",
        State.DENIED: f"未准予，决定书写明了理由和救济途径。{delivery}",
        State.DELIVERED: "已办结并送达。",
        State.REFUSED: "未受理，决定书写明了理由。按要求准备好后可以重新申请。",
        State.WITHDRAWN: "您已撤回。以后可以重新申请。",
        State.VOIDED: "办件已作废，理由见办理过程。",
    }
    return words.get(case.state, "") + rate


def _actor_names(database: Database, past: Sequence[Event], steps: Sequence[Step]) -> dict[str, str]:
    ids = [each.actor for each in past] + [each.person for each in steps if each.person]
    fixed = {"applicant": "申请人", "agent": "代办人", "system": "系统"}
    return fixed | people.names(database, [each for each in ids if each not in fixed])


def _warnings(
    ground: Ground,
    case: Case,
    facts: CaseFacts,
    running: Sequence[Clock],
    ledger: Sequence[PauseRow],
    past: Sequence[Event],
    now: datetime,
) -> tuple[str, ...]:
    found = []
    if case.state in ENDED:
        return ()
    if facts.supplement_spent and case.state in (State.RECEIVED, State.PRE_REVIEWED):
        found.append("补正已经告知过一次，不能再要求补正。")
    if case.state is State.SUPPLEMENTING and case.supplement_due is not None and now > case.supplement_due:
        found.append("申请人逾期没有补正，可以依规定作废，须写明理由和依据。")
    if case.deemed:
        found.append("本件因逾期未告知补正视为受理，时限从收件之日起算。")
    here = entered(past, case)
    if here is not None:
        since = f"收件之日（{date_cn(case.submitted_at)}）"
        if case.accepted_at is not None and case.accepted_at >= here:
            since = f"受理之日（{date_cn(case.accepted_at)}）"
        found.append(f"本件在系统外收件，{date_cn(here)}才录入，时限从{since}起算。")
    for clock in running:
        if clock.stopped is not None:
            continue
        view = casework_clocks.explain(ground, clock, ledger, now)
        if view.light:
            days = (
                "今天到期"
                if view.left == 0
                else (f"还剩{view.left}日" if view.left > 0 else f"已超{-view.left}日")
            )
            found.append(f"{view.label}：{days}（{date_cn(view.due)}截止）。")
        if view.provisional and clock.kind is ClockKind.PROMISE:
            found.append("办结日期为暂定，放假安排公布后会重新计算。")
    open_pause = next((each for each in ledger if each.ended is None), None)
    if open_pause is not None and open_pause.notified_days is not None:
        end = ground.calendar.add_working_days(local_date(open_pause.started), open_pause.notified_days)
        if local_date(now) > end:
            found.append("特别程序已超过告知的时间，办理时限已经恢复计算。")
    return tuple(found)
