"""How a ledger line reads to a person: one sentence without names or numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from presentation.dates import date_cn
from rules.cards import OBJECT_LABELS
from rules.score_ledger import FEWEST_RATINGS, NOT_COUNTED, LedgerLine
from rules.score_scheme import Measure
from rules.time import parse_date

# Kind of entry -> what it is called. `register` says that a head's register has been checked for a month.
ENTRY_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "decision_overturned": "行政决定被撤销、变更或确认违法",
        "case_lost": "行政诉讼败诉",
        "discipline": "工作人员受处分",
        "data_error": "报送的数据有错",
        "disclosure_late": "依申请公开逾期答复",
        "other": "其他（只登记，不计分）",
        "register": "登记已核齐",
    }
)
RATINGS = ("非常满意", "满意", "基本满意", "不满意", "非常不满意")
TRIGGERS: Mapping[str, str] = MappingProxyType(
    {
        "refused_though_met": "符合条件而不予办理",
        "second_supplement": "两次以上要求补正",
        "no_reasons": "不说明理由",
        "hearing_not_held": "应当听证而不听证",
        "fee_over_standard": "超出标准收费",
        "outside_system": "在系统外办理",
        "late_first_review": "初审意见迟报",
        "missing_notice": "缺少编号文书",
        "disputed_closure": "办结后来信人不认可、重新办理",
    }
)
MARKS: Mapping[str, str] = MappingProxyType(
    {
        "incomplete": "缺要素",
        "review_overdue": "过了复核日期",
        "charges": "收费",
        "no_fee_basis": "没有写明收费依据",
    }
)
_RESULTS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("closed", "early"): "提前办结",
        ("closed", "on_time"): "按时办结",
        ("closed", "late"): "超过承诺时限办结",
        ("closed", "ended"): "撤回或作废",
        ("reply", "on_time"): "来信按时答复",
        ("reply", "late"): "来信逾期答复",
        ("order", "answered"): "督办通知书按时回复",
        ("order", "late"): "督办说明迟交",
        ("order", "unanswered"): "督办通知书没有回复",
    }
)


def words(line: LedgerLine, levels: Mapping[int, str]) -> str:
    """For example `黄牌，办件时限，2026年10月13日`; `levels` are the names of the lights."""
    parts = [_what(line, levels)]
    if line.day:
        parts.append(date_cn(parse_date(line.day), False))
    if line.quantity > 1:
        parts.append(f"{line.quantity} 件")
    if line.state:
        parts.append(f"{NOT_COUNTED.get(line.state, line.state)}，不计")
    return "，".join(parts)


def _what(line: LedgerLine, levels: Mapping[int, str]) -> str:
    if line.kind == "card":
        level = levels.get(line.level, "监察牌")
        return (
            f"{level}，{TRIGGERS.get(line.trigger, line.trigger) if line.trigger else _object(line.object)}"
        )
    if line.kind == "rating":
        number = int(line.result) if line.result.isdigit() else 0
        return f"评价：{RATINGS[number - 1]}" if 1 <= number <= len(RATINGS) else "评价"
    if line.kind == "item":
        return "、".join(MARKS[each] for each in line.marks if each in MARKS) or "事项"
    if line.kind == "conduct":
        return "查实的态度作风投诉"
    if line.kind in ("entry", "register"):
        return ENTRY_LABELS.get(line.result or "register", line.result)
    return _RESULTS.get((line.kind, line.result), line.kind)


def _object(name: str) -> str:
    labels: Mapping[str, str] = {str(key): value for key, value in OBJECT_LABELS.items()}
    return labels.get(name, name)


def too_few_ratings(points: str | None, measured: Iterable[tuple[Measure, int]]) -> str:
    """Why a head shows no figure that is made of ratings, given how many facts each measure looked at; else empty."""
    if points is not None or not any(each.facts.kind == "rating" and not number for each, number in measured):
        return ""
    return (
        f"没有评价，或者不到{FEWEST_RATINGS}个。不到{FEWEST_RATINGS}个的，有几个、是几级都不公布，也不计分，"
        "免得让人猜出是谁评的。"
    )
