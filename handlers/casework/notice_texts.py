"""What the numbered documents say: one list of labelled paragraphs per kind, from the case as it then stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.casework.ground import Ground
from handlers.store import notices
from handlers.store.records import (
    CHANNEL_LABELS,
    DELIVERY_LABELS,
    Case,
    Certificate,
    Clock,
    MaterialReceived,
    Notice,
    NoticeLine,
    Party,
)
from handlers.store.writer import Transaction
from presentation.dates import date_cn, datetime_cn, duration
from rules.case_terms import NOTICES, NoticeKind
from rules.clock import ClockKind
from rules.hearing import moment_told
from rules.time import local_date

APPEAL = "如不服本决定，可以自收到本决定之日起六十日内依法申请行政复议，或者自收到本决定之日起六个月内依法向人民法院提起行政诉讼。"

OUTSIDE = "本件在系统外收件、作出决定，录入时没有另外的受理时间，各项时限自收到申请材料之日起计算。"
ENTERED = "（在系统外收件，告知是否受理的期限自收件之日起计算）"
DECIDED = "（在系统外收件、作出决定，决定从录入之日起补录）"


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """Everything a document may draw on. `values` are what the move was given."""

    case: Case
    applicant: Party | None
    materials: Sequence[MaterialReceived]
    clocks: Sequence[Clock]
    values: Mapping[str, str]
    now: datetime
    supplement_due: datetime | None = None
    certificate: Certificate | None = None

    def clock(self, kind: ClockKind) -> Clock | None:
        """The newest clock of a kind."""
        return next((each for each in reversed(self.clocks) if each.kind is kind), None)


Lines = tuple[tuple[str, str], ...]


def issue(
    tx: Transaction,
    ground: Ground,
    kind: NoticeKind,
    facts: NoticeFacts,
    event_seq: int,
    words: tuple[NoticeLine, ...] | None = None,
) -> Notice:
    """Composes, numbers and keeps a document; the number is taken inside the transaction.

    `words`: what it says besides naming the case, where that has been composed already (`body`).
    """
    case = facts.case
    department = ground.departments.get(case.department)
    number = notices.next_number(
        tx,
        ground.county.document_word,
        department.number_word if department is not None else "",
        kind,
        local_date(facts.now).year,
        case.drill,
    )
    notice = Notice(
        id=tx.next_id("notice"),
        number=number,
        kind=kind,
        subject="case",
        subject_id=case.id,
        unit=case.department,
        issued=facts.now,
        title=NOTICES[kind].title + ("（演练）" if case.drill else ""),
        addressee=facts.applicant.name if facts.applicant else "（已删除）",
        lines=(*_head(case), *(body(ground, kind, facts) if words is None else words)),
        issuer=ground.unit_name(case.department),
        basis=NOTICES[kind].basis,
        case_number=case.number,
    )
    notices.insert(tx, notice, event_seq)
    return notice


def _head(case: Case) -> tuple[NoticeLine, ...]:
    return (NoticeLine("申请事项", case.item_name), NoticeLine("办件编号", case.number))


def body(ground: Ground, kind: NoticeKind, facts: NoticeFacts) -> tuple[NoticeLine, ...]:
    """The labelled paragraphs after those that name the case."""
    lines = (*_PARTS[kind](ground, facts), *_contacts(ground, facts.case))
    return tuple(NoticeLine(label, text) for label, text in lines if text)


def _receipt(ground: Ground, facts: NoticeFacts) -> Lines:
    case = facts.case
    received = [
        f"{at}. {each.name}({_how(each)})"
        for at, each in enumerate((m for m in facts.materials if m.received is not None or m.exempt), 1)
    ]
    clock = facts.clock(ClockKind.SUPPLEMENT_NOTICE)
    entered = DECIDED if clock is not None and clock.started > case.submitted_at else ENTERED
    return (
        ("收件时间", datetime_cn(case.submitted_at)),
        ("录入时间", datetime_cn(facts.now) + entered if case.submitted_at < facts.now else ""),
        ("收件方式", CHANNEL_LABELS.get(case.channel, case.channel)),
        ("收件单位", ground.unit_name(case.accepting_unit)),
        ("收到的材料", "\n".join(received) or "申请表"),
        (
            "接下来",
            (
                f"我们将在{date_cn(clock.due) if clock else '五个工作日内'}前告知是否受理；材料不齐的，一次性告知需要补正的全部内容。"
                "逾期不告知的，自收到申请材料之日起即为受理。"
            ),
        ),
        ("查询", f"凭办件编号和查询码可在{ground.county.hall_name}查询进度，不需要账号。请妥善保管查询码。"),
    )


def _acceptance(ground: Ground, facts: NoticeFacts) -> Lines:
    case, promise, statute = facts.case, facts.clock(ClockKind.PROMISE), facts.clock(ClockKind.STATUTE)
    deemed = (
        "五个工作日内未告知补正，依照《行政许可法》第三十二条，自收到申请材料之日起视为受理。"
        if case.deemed
        else OUTSIDE
        if case.accepted_at is not None and case.accepted_at < facts.now
        else ""
    )
    due = (
        ""
        if promise is None
        else f"{duration(promise.limit_days, promise.limit_unit)}，{_due(promise)}前办结"
    )
    law = "" if statute is None else f"{duration(statute.limit_days, statute.limit_unit)}，{_due(statute)}前"
    return (
        ("受理日期", date_cn(case.accepted_at)),
        ("说明", deemed),
        ("承诺办结时限", due),
        ("法定办结时限", law),
        ("时限依据", case.limit_basis),
    )


def _refusal(ground: Ground, facts: NoticeFacts) -> Lines:
    return (
        ("决定", "经审查，决定不予受理。"),
        ("理由", facts.values.get("reason", "")),
        ("依据", facts.values.get("basis", "")),
        ("权利告知", APPEAL),
    )


def _supplement(ground: Ground, facts: NoticeFacts) -> Lines:
    missing = [each.name for each in facts.materials if each.verdict == "missing"]
    return (
        ("需要补正的全部内容", facts.values.get("reason", "")),
        ("需要补正的材料", "\n".join(f"{at}. {name}" for at, name in enumerate(missing, 1))),
        ("补正期限", f"请在{date_cn(facts.supplement_due)}前一次补齐" if facts.supplement_due else ""),
        ("怎样补正", "在网上凭办件编号和查询码提交，或者到收件窗口提交。补正后本机关不会再次要求补正。"),
        ("收到补正材料后", "自收到全部补正材料之日起重新计算是否受理的期限。"),
    )


def _special(ground: Ground, facts: NoticeFacts) -> Lines:
    clock = facts.clock(ClockKind.SPECIAL_PROCEDURE)
    promise = facts.clock(ClockKind.PROMISE)
    return (
        ("原因", facts.values.get("reason", "")),
        ("依据", facts.values.get("basis", "")),
        (
            "所需时间",
            f"{facts.values.get('days', '')}个工作日，{_due(clock)}前结束" if clock else "",
        ),
        ("对办理时限的影响", "上述时间不计算在办理期限内；超过上述时间的，期限自动恢复计算。"),
        ("调整后的办结日期", _due(promise) if promise else ""),
    )


def _extension(ground: Ground, facts: NoticeFacts) -> Lines:
    promise = facts.clock(ClockKind.PROMISE)
    length, reason = _length(facts.values.get("days", ""), facts.case), facts.values.get("reason", "")
    statute = _statute_alone(facts.clocks)
    if promise is not None and statute is not None:
        return (
            ("延长", f"经本机关负责人批准，法定办结时限延长{length}"),
            ("理由", reason),
            ("延长后的法定办结日期", _due(statute)),
            ("承诺办结时限", f"已于{_due(promise)}届满，不因本次延期改变"),
        )
    return (
        ("延长", f"经本机关负责人批准，延长{length}"),
        ("理由", reason),
        ("延长后的办结日期", _due(promise) if promise else ""),
    )


def extended_words(days: str, case: Case, clocks: Sequence[Clock]) -> str:
    """How long an extension is, and of what where the promise had passed before."""
    length, statute = _length(days, case), _statute_alone(clocks)
    return length if statute is None else f"法定办结时限{length}，至{_due(statute)}，承诺办结时限不变"


def _length(days: str, case: Case) -> str:
    return duration(int(days), case.promised_unit) if days.isascii() and days.isdigit() else ""


def _statute_alone(clocks: Sequence[Clock]) -> Clock | None:
    """The law's limit, where it alone was extended because the promise had passed already."""
    running = {each.kind: each for each in clocks if each.stopped is None}
    statute, promise = running.get(ClockKind.STATUTE), running.get(ClockKind.PROMISE)
    if statute is None or promise is None or promise.extension_days or not statute.extension_days:
        return None
    return statute


def _hearing_right(ground: Ground, facts: NoticeFacts) -> Lines:
    clock = facts.clock(ClockKind.HEARING_REQUEST)
    return (
        ("拟作出的决定和理由", facts.values.get("reason", "")),
        ("依据", facts.values.get("basis", "")),
        ("您的权利", "您有要求听证的权利。要求听证的，不承担组织听证的费用。"),
        ("什么时候提出", f"收到本告知书之日起五个工作日内，即{_due(clock)}前" if clock else ""),
        ("怎样提出", "在网上凭办件编号和查询码提出，或者到收件窗口提出。逾期不提出的，视为放弃。"),
    )


def time_words(text: str) -> str:
    """The moment of a hearing, with the day of the week."""
    return datetime_cn(moment_told(text), weekday=True) if text else ""


def _hearing(ground: Ground, facts: NoticeFacts) -> Lines:
    return (
        ("听证时间", time_words(facts.values.get("time", ""))),
        ("听证地点", facts.values.get("place", "")),
        ("听证主持人", facts.values.get("host", "")),
        ("您可以", "认为主持人与本事项有直接利害关系的，可以申请回避；可以提出证据，进行申辩和质证。"),
    )


def _grant(ground: Ground, facts: NoticeFacts) -> Lines:
    certificate = facts.certificate
    return (
        ("决定", "经审查，申请符合法定条件、标准，决定准予。"),
        ("审批意见", facts.values.get("opinion", "")),
        ("决定日期", date_cn(facts.now)),
        (
            "办理结果",
            "" if certificate is None else f"{certificate.name}({certificate.validity or '按法律规定'})",
        ),
        ("领取方式", DELIVERY_LABELS.get(facts.case.delivery, facts.case.delivery)),
        ("送达期限", f"{_due(clock)}前" if (clock := facts.clock(ClockKind.DELIVERY)) else ""),
    )


def _denial(ground: Ground, facts: NoticeFacts) -> Lines:
    return (
        ("决定", "经审查，决定不予许可。"),
        ("理由", facts.values.get("reason", "")),
        ("依据", facts.values.get("basis", "")),
        ("决定日期", date_cn(facts.now)),
        ("权利告知", APPEAL),
    )


def _delivery(ground: Ground, facts: NoticeFacts) -> Lines:
    certificate = facts.certificate
    number = certificate.number if certificate is not None and certificate.number else ""
    return (
        (
            "送达的文书",
            facts.case.item_name + ("准予决定书" if facts.case.outcome == "granted" else "不予决定书"),
        ),
        ("证照编号", number),
        ("送达方式", facts.values.get("method", "")),
        ("签收人", facts.values.get("recipient", "") or (facts.applicant.name if facts.applicant else "")),
        ("送达时间", datetime_cn(facts.now)),
    )


def _contacts(ground: Ground, case: Case) -> Lines:
    department = ground.departments.get(case.department)
    phone = department.phone if department is not None else None
    watch = (
        department.supervision_phone if department is not None else None
    ) or ground.county.supervision_phone
    return (("咨询电话", phone or ""), ("监督电话", watch or ""))


def _due(clock: Clock) -> str:
    return date_cn(clock.due) + ("（暂定）" if clock.provisional else "")


def _how(material: MaterialReceived) -> str:
    parts = []
    if material.originals:
        parts.append(f"原件{material.originals}份")
    if material.copies:
        parts.append(f"复印件{material.copies}份")
    if material.electronic:
        parts.append(f"电子文件{material.electronic}个")
    if material.reused or (material.exempt and not parts):
        parts.append("免提交，共享核验")
    return "、".join(parts) or "已收"


_PARTS: Mapping[NoticeKind, Callable[[Ground, NoticeFacts], Lines]] = {
    NoticeKind.RECEIPT: _receipt,
    NoticeKind.ACCEPTANCE: _acceptance,
    NoticeKind.REFUSAL: _refusal,
    NoticeKind.SUPPLEMENT: _supplement,
    NoticeKind.SPECIAL_PROCEDURE: _special,
    NoticeKind.EXTENSION: _extension,
    NoticeKind.HEARING_RIGHT: _hearing_right,
    NoticeKind.HEARING: _hearing,
    NoticeKind.GRANT: _grant,
    NoticeKind.DENIAL: _denial,
    NoticeKind.DELIVERY: _delivery,
}
