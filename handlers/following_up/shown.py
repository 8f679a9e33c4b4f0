"""What the person who gave a bad rating is told of it, in plain words: who, until when, what came of it."""

from __future__ import annotations

from datetime import datetime

from handlers.store import clocks, followups
from handlers.store.followups import Followup
from handlers.store.moments import Reads
from presentation.dates import date_cn
from rules.clock import ClockKind
from rules.quick_dataclass import dataclass
from rules.rating_table import FINDINGS, FOLLOW_MOVES, UNREACHED, FollowMove, FollowState, follow_label


@dataclass(frozen=True, slots=True)
class Told:
    """What was written to be read by who rated: what it is, the words."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class FollowShown:
    """Where a bad rating stands. `words` one or two sentences; `until` the day that is waited for; `told` oldest first."""

    state: FollowState
    state_label: str
    words: str
    until: datetime | None
    told: tuple[Told, ...]


_TOLD_AS = {
    FollowMove.EXTEND: "延长期限的理由",
    FollowMove.FIX: "改了什么",
    FollowMove.CONFIRM: "复核的理由",
}


def shown(reads: Reads, case_id: int, department_name: str, now: datetime) -> FollowShown | None:
    """What follows the case's rating; None when nothing does."""
    found = followups.of_case(reads, case_id)
    if found is None:
        return None
    steps = followups.steps(reads, case_id)
    reached = any(each.move == FollowMove.CONTACT for each in steps)
    fixed = max(
        (each.id for each in steps if each.move in (FollowMove.FIX, FollowMove.CONFIRM)), default=None
    )
    again = sum(each.move == FollowMove.ATTEMPT for each in steps if fixed is not None and each.id > fixed)
    kind = {FollowState.OPEN: ClockKind.RATING_CONTACT, FollowState.FIXING: ClockKind.RATING_FIX}.get(
        found.state
    )
    running = [each for each in clocks.of_subject(reads, "rating", case_id) if each.stopped is None]
    tentative = "（暂定）" if any(each.kind is kind and each.provisional for each in running) else ""
    words, until = _words(found, reached, again, tentative, department_name, now)
    told = tuple(
        Told(_TOLD_AS[FollowMove(each.move)], each.text)
        for each in steps
        if FOLLOW_MOVES[FollowMove(each.move)].told and each.text
    )
    return FollowShown(found.state, follow_label(found.state, found.accepted), words, until, told)


def _late(reminded: bool) -> str:
    """That a day has passed; the reminder is told once the sweep has sent it."""
    return "，已经逾期，已提醒部门和监察人员" if reminded else "，已经逾期"


def _words(
    found: Followup, reached: bool, again: int, tentative: str, department: str, now: datetime
) -> tuple[str, datetime | None]:
    tried = f"已经联系过您{found.attempts}次，没有联系上。" if found.attempts else ""
    if found.state is FollowState.OPEN:
        due = date_cn(found.contact_due) + tentative
        if now > found.contact_due:
            late = _late(found.contact_late)
            return f"{department}应在{due}前联系您{late}。{tried}", found.contact_due
        return f"{department}会在{due}前联系您，了解情况。{tried}", found.contact_due
    spoken = "已联系您。" if reached else tried
    if found.state is FollowState.FIXING:
        longer = "（情况复杂，期限延长过一次）" if found.extended else ""
        late = _late(found.fix_late) if now > found.fix_due else ""
        return f"{spoken}正在整改，最迟{date_cn(found.fix_due)}{tentative}{longer}{late}。", found.fix_due
    if found.state is FollowState.DISPUTED:
        return f"{spoken}部门对这次评价有不同意见，正在由另一个人或者监察人员复核，结果会告诉您。", None
    if found.state is FollowState.FIXED:
        done = f"复核认为{FINDINGS[found.finding]}" if found.finding else "已经整改"
        missed = f"回访时联系过您{again}次，没有联系上。" if again else ""
        return f"{spoken}{done}，接下来会回访，问您认不认可。{missed}", None
    if found.state is FollowState.CLOSED and found.closed_at is not None:
        if found.accepted == UNREACHED:
            return "已多次联系您，没有联系上，到此结束。", None
        said = {"yes": "您认可", "no": "您不认可"}.get(found.accepted, "")
        return f"已在{date_cn(found.closed_at)}回访{'：' if said else ''}{said}。", None
    return "个人信息已按规定删除，不再回访。", None
