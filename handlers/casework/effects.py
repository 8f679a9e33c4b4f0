"""What each move does beyond its row in the table: steps, clocks, pauses, materials, certificates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from handlers.casework.case_contents import way_received
from handlers.casework.clocks import PAUSED, Limit, decision_limits, intake_limits
from handlers.casework.outside import accepted_elsewhere
from handlers.casework.progress import Outcome, Progress
from handlers.store import attachments, case_parts, cases, clocks, events
from handlers.store.notices import next_serial
from handlers.store.records import Certificate, Json, PauseRow, Step
from handlers.store.writer import Transaction
from presentation.dates import date_cn
from rules.access import Role
from rules.case_terms import MoveName
from rules.chain import canonical
from rules.clock import DEFAULT_LIMITS, ClockKind
from rules.errors import Invalid, Unavailable
from rules.hearing import check_time, moment_told
from rules.time import day_end, local_date

_INTAKE = (ClockKind.PRE_ACCEPTANCE, ClockKind.SUPPLEMENT_NOTICE)
_DECISION = (ClockKind.PROMISE, ClockKind.STATUTE, ClockKind.STAGE)
_HEARING = (ClockKind.HEARING_REQUEST, ClockKind.HEARING)
_ALL = (*_INTAKE, *_DECISION, *_HEARING, ClockKind.SPECIAL_PROCEDURE)


def _pre_review(progress: Progress) -> Outcome:
    progress.stop((ClockKind.PRE_ACCEPTANCE,), "预审通过")
    return Outcome(measures=("pre_reviewed",))


def ask_to_supplement(progress: Progress, told: datetime) -> Outcome:
    """What follows from the one notice, given at `told`: the intake clocks stop then, the applicant has the case."""
    days = int(progress.values.get("days") or progress.ground.county.settings.supplement_days)
    until = day_end(progress.ground.calendar.add_working_days(local_date(told), days))
    progress.stop(_INTAKE, "一次性告知补正", at=told)
    return Outcome(
        columns={
            "supplements": progress.case.supplements + 1,
            "supplement_due": until,
            "holder_unit": "",
            "holder_role": Role.APPLICANT,
        },
        payload={"missing": list(progress.data.missing), "until": until.isoformat()},
        measures=("supplement_notices",),
    )


def _supplement_notice(progress: Progress) -> Outcome:
    case = progress.case
    outcome = ask_to_supplement(progress, progress.now)
    rows = case_parts.materials(progress.tx, case.id)
    unknown = set(progress.data.missing) - {each.code for each in rows}
    if unknown:
        raise Invalid("补正清单里有这个事项没有的材料", {"missing": "请从材料清单里选择"})
    for row in rows:
        if row.code in progress.data.missing:
            case_parts.change_material(progress.tx, case.id, replace(row, verdict="missing"))
    return outcome


def _supplement(progress: Progress) -> Outcome:
    case, tx, now = progress.case, progress.tx, progress.now
    hashes: dict[str, Json] = {}
    arrived: dict[str, int] = {}
    for field, ids in progress.data.attachments.items():
        hashes[field] = list(attachments.attach(tx, case.id, field, ids))
        arrived[field.removeprefix("material_")] = len(ids)
    if progress.data.answers is not None:
        try:
            canonical(dict(progress.data.answers))
        except TypeError as error:
            raise Invalid("填写的内容里有无法保存的数值，请检查金额和数字。") from error
        cases.change_answers(tx, case.id, progress.data.answers)
    for row in case_parts.materials(tx, case.id):
        added = arrived.get(row.code, 0)
        if added or row.verdict == "missing":
            electronic = row.electronic + added
            changed = replace(
                row,
                electronic=electronic,
                received=now if added else row.received,
                verdict="" if added else row.verdict,
                how=way_received(row.originals, row.copies, electronic, row.reused),
            )
            case_parts.change_material(tx, case.id, changed)
    days = None if progress.item is None else progress.item.pre_review_days
    limits = intake_limits(progress.ground, days, progress.facts.pre_review_needed)
    for kind, limit in limits.items():
        progress.start(kind, limit, unit=case.accepting_unit)
    return Outcome(
        columns={
            "received_at": now,
            "supplement_due": None,
            "holder_unit": case.accepting_unit,
            "holder_role": Role.WINDOW_CLERK,
        },
        payload={"files": hashes, "answers_changed": progress.data.answers is not None},
        measures=("supplemented",),
    )


def _accept(progress: Progress) -> Outcome:
    case, now = progress.case, progress.now
    progress.stop(_INTAKE, "受理")
    if progress.facts.notice_overdue:
        # Art. 32: it has been accepted since the receipt, whether or not a sweep has said so yet.
        return _begin_review(progress, case.received_at, deemed=True)
    start = case.received_at if accepted_elsewhere(progress.tx, case) else now
    return _begin_review(progress, start, deemed=False)


def _deem_accept(progress: Progress) -> Outcome:
    progress.stop(_INTAKE, "视为受理")
    # Art. 32: accepted from the day of receipt, so that every due day is counted from there.
    return _begin_review(progress, progress.case.received_at, deemed=True)


def _begin_review(progress: Progress, start: datetime, *, deemed: bool) -> Outcome:
    first = progress.steps[0]
    for kind, limit in decision_limits(progress.ground, progress.case, start).items():
        progress.start(kind, limit, at=start)
    _begin_step(progress, first, start)
    return Outcome(
        columns={
            "accepted_at": start,
            "deemed": int(deemed),
            "step": 0,
            "holder_unit": first.unit,
            "holder_role": first.role,
        },
        payload={"accepted_at": start.isoformat()},
        measures=("accepted", "deemed") if deemed else ("accepted",),
    )


def _begin_step(progress: Progress, step: Step, at: datetime) -> None:
    case_parts.begin_step(progress.tx, progress.case.id, step.position, at)
    if step.limit_days is not None:
        progress.start(ClockKind.STAGE, Limit(step.limit_days), at=at, step=step)


def _complete_step(progress: Progress) -> Outcome:
    current = _current(progress)
    following = progress.steps[current.position + 1]
    progress.stop((ClockKind.STAGE,), "环节完成")
    case_parts.end_step(
        progress.tx,
        progress.case.id,
        current.position,
        progress.now,
        progress.actor,
        progress.values.get("opinion", ""),
        conclusion=progress.values.get("conclusion"),
    )
    _begin_step(progress, following, progress.now)
    return Outcome(
        columns={"step": following.position, "holder_unit": following.unit, "holder_role": following.role},
        payload={"step": current.code, "next_step": following.code},
        measures=("steps_completed",),
    )


def _send_back(progress: Progress) -> Outcome:
    current = _current(progress)
    earlier = progress.steps[current.position - 1]
    progress.stop((ClockKind.STAGE,), "退回上一环节")
    case_parts.end_step(
        progress.tx,
        progress.case.id,
        current.position,
        progress.now,
        progress.actor,
        progress.values.get("reason", ""),
        state="waiting",
    )
    _begin_step(progress, earlier, progress.now)
    return Outcome(
        columns={"step": earlier.position, "holder_unit": earlier.unit, "holder_role": earlier.role},
        payload={"step": current.code, "next_step": earlier.code},
        measures=("sent_back",),
    )


def _start_special(progress: Progress) -> Outcome:
    case, days = progress.case, int(progress.values["days"])
    progress.earn(PAUSED)
    pause = PauseRow(
        id=0,
        subject="case",
        subject_id=case.id,
        department=case.department,
        kind=progress.values["kind"],
        reason=progress.values["reason"],
        basis=progress.values["basis"],
        started=progress.now,
        ended=None,
        notified_days=days,
        unit="workday",
        notice=None,
        result="",
    )
    pause_id = clocks.begin_pause(progress.tx, pause, case.drill)
    progress.change(PAUSED)
    step = _current(progress)
    progress.start(ClockKind.SPECIAL_PROCEDURE, Limit(days), step=step)
    return Outcome(payload={"step": step.code}, measures=("pauses",), pause_id=pause_id)


def _end_special(progress: Progress) -> Outcome:
    progress.stop((ClockKind.SPECIAL_PROCEDURE,), "特别程序结束")
    clocks.end_pauses(progress.tx, "case", progress.case.id, progress.now, progress.values.get("opinion", ""))
    progress.change(PAUSED)
    return Outcome(measures=("pauses_ended",))


def _extend(progress: Progress) -> Outcome:
    """Art. 42 lengthens a limit in what the limit is counted in: a promise in calendar days by calendar days."""
    progress.extend(int(progress.values["days"]))
    return Outcome(columns={"extensions": progress.case.extensions + 1}, measures=("extensions",))


def _tell_hearing(progress: Progress) -> Outcome:
    limit = Limit(DEFAULT_LIMITS[ClockKind.HEARING_REQUEST])
    progress.start(ClockKind.HEARING_REQUEST, limit, step=_current(progress))
    return Outcome(measures=("hearings_told",))


def _request_hearing(progress: Progress) -> Outcome:
    progress.stop((ClockKind.HEARING_REQUEST,), "申请人要求听证")
    progress.start(ClockKind.HEARING, Limit(DEFAULT_LIMITS[ClockKind.HEARING]), step=progress.current_step)
    return Outcome(measures=("hearings_asked",))


def _notify_hearing(progress: Progress) -> Outcome:
    """Art. 48: told seven days before; a later notice takes the place of an earlier one."""
    at = moment_told(progress.values["time"])
    check_time(progress.ground.calendar, at, progress.now)
    return Outcome(payload={"time": at.isoformat()})


def _hold_hearing(progress: Progress) -> Outcome:
    given_up = progress.values["result"] == "given-up"
    if not given_up:
        _check_told_day(progress)
    progress.stop(_HEARING, "申请人放弃听证" if given_up else "听证已举行")
    return Outcome(measures=() if given_up else ("hearings_held",))


def _check_told_day(progress: Progress) -> None:
    """A hearing is not held before the day that its parties were told, which would undo the seven days."""
    told = [
        each
        for each in events.of_subject(progress.tx, "case", progress.case.id)
        if each.kind == MoveName.NOTIFY_HEARING
    ]
    text = str((told[-1].payload or {}).get("time", "")) if told else ""
    try:
        day = local_date(moment_told(text))
    except Invalid:
        return  # never told here, or by a version that took any words
    if local_date(progress.now) < day:
        words = f"已通知听证在{date_cn(day)}举行，还没有到。要改期的，请重新通知。"
        raise Invalid(words, {"result": words})


def _grant(progress: Progress) -> Outcome:
    if progress.item is None:
        # Whether a certificate is owed stands in the item alone: going on would forget it, and its limit.
        raise Unavailable(
            f"网站里没有这个办件所用的事项“{progress.case.item_name}”，不知道准予后要不要发证，没有办理。"
            f"请信息科从备份放回 data/versions/{progress.case.item_version}.json，"
            "或者放回这个事项的文件，重新生成网站。"
        )
    outcome = _decide(progress, "granted", progress.values.get("opinion", ""))
    result = progress.item.result
    if result is not None and result.kind == "certificate":
        certificate = Certificate(
            number=None,
            name=result.name,
            kind=result.kind,
            certificate_type=result.certificate_type or "",
            validity=result.validity or "",
            issuer=progress.ground.unit_name(progress.case.department),
            decided=progress.now,
            issued=None,
            revoked=None,
        )
        case_parts.insert_certificate(progress.tx, progress.case.id, certificate)
        limit = Limit(DEFAULT_LIMITS[ClockKind.CERTIFICATE])
        progress.start(ClockKind.CERTIFICATE, limit)
    return outcome


def _deny(progress: Progress) -> Outcome:
    return _decide(progress, "denied", progress.values.get("reason", ""))


def _decide(progress: Progress, outcome: str, opinion: str) -> Outcome:
    case, now = progress.case, progress.now
    current = _current(progress)
    promise = next(iter(progress.running((ClockKind.PROMISE,))), None)
    in_time = promise is None or now <= promise.due
    case_parts.end_step(progress.tx, case.id, current.position, now, progress.actor, opinion)
    progress.stop((*_DECISION, *_HEARING), "已作出决定")
    progress.start(ClockKind.DELIVERY, Limit(DEFAULT_LIMITS[ClockKind.DELIVERY]), unit=case.accepting_unit)
    online = ("closed_online",) if case.channel in ("web", "phone") else ()
    return Outcome(
        columns={
            "outcome": outcome,
            "decided_at": now,
            "closed_at": now,
            "holder_unit": case.accepting_unit,
            "holder_role": Role.WINDOW_CLERK,
        },
        payload={"step": current.code, "in_time": in_time},
        measures=("closed", "decided", outcome, *(("on_time",) if in_time else ("late",)), *online),
    )


def _deliver(progress: Progress) -> Outcome:
    case, now = progress.case, progress.now
    progress.stop((ClockKind.DELIVERY, ClockKind.CERTIFICATE), "已送达")
    certificate = case_parts.certificate(progress.tx, case.id)
    payload: dict[str, Json] = {}
    if certificate is not None and certificate.issued is None:
        number = certificate_number(progress.tx, progress, now)
        case_parts.issue_certificate(progress.tx, case.id, number, now)
        payload["certificate"] = number
    columns = {"delivered_at": now, "holder_unit": "", "holder_role": ""}
    return Outcome(columns=columns, payload=payload, measures=("delivered",))


def certificate_number(tx: Transaction, progress: Progress, now: datetime) -> str:
    """The hall's own running number for a certificate, where the department gives none."""
    department = progress.ground.departments.get(progress.case.department)
    word = progress.ground.county.document_word + (department.number_word if department else "")
    word += "证练" if progress.case.drill else "证"
    serial = next_serial(tx, f"certificate/{word}/{now.year}")
    return f"{word}{now.year}{serial:06d}"


def _end(outcome: str) -> Callable[[Progress], Outcome]:
    def effect(progress: Progress) -> Outcome:
        progress.stop(_ALL, {"refused": "不予受理", "withdrawn": "申请人撤回", "voided": "作废"}[outcome])
        clocks.end_pauses(progress.tx, "case", progress.case.id, progress.now, "办件终止")
        return Outcome(
            columns={
                "outcome": outcome,
                "closed_at": progress.now,
                "supplement_due": None,
                "holder_unit": "",
                "holder_role": "",
            },
            measures=("closed", outcome),
        )

    return effect


def _current(progress: Progress) -> Step:
    step = progress.current_step
    assert step is not None, "the table allows step moves in review only"
    return step


EFFECTS: Mapping[MoveName, Callable[[Progress], Outcome]] = {
    MoveName.PRE_REVIEW: _pre_review,
    MoveName.SUPPLEMENT_NOTICE: _supplement_notice,
    MoveName.SUPPLEMENT: _supplement,
    MoveName.ACCEPT: _accept,
    MoveName.DEEM_ACCEPT: _deem_accept,
    MoveName.REFUSE: _end("refused"),
    MoveName.COMPLETE_STEP: _complete_step,
    MoveName.SEND_BACK: _send_back,
    MoveName.START_SPECIAL: _start_special,
    MoveName.END_SPECIAL: _end_special,
    MoveName.EXTEND: _extend,
    MoveName.TELL_HEARING: _tell_hearing,
    MoveName.REQUEST_HEARING: _request_hearing,
    MoveName.NOTIFY_HEARING: _notify_hearing,
    MoveName.HOLD_HEARING: _hold_hearing,
    MoveName.GRANT: _grant,
    MoveName.DENY: _deny,
    MoveName.DELIVER: _deliver,
    MoveName.WITHDRAW: _end("withdrawn"),
    MoveName.VOID: _end("voided"),
}
