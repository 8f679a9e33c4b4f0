"""The one clock: every limit that runs in the hall is computed here, from its events only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from rules.calendar import WorkCalendar
from rules.counting import Counting
from rules.deadline import TraceDay, explain
from rules.errors import Invalid
from rules.levels import Thresholds, level_times
from rules.pause import Pause, Precision, Unit
from rules.quick_dataclass import dataclass
from rules.time import local, local_date


class ClockKind(StrEnum):
    """What runs; many run at once for one case."""

    PRE_ACCEPTANCE = "pre_acceptance"
    SUPPLEMENT_NOTICE = "supplement_notice"
    PROMISE = "promise"
    STATUTE = "statute"
    STAGE = "stage"
    SPECIAL_PROCEDURE = "special_procedure"
    DELIVERY = "delivery"
    CERTIFICATE = "certificate"
    HEARING_REQUEST = "hearing_request"
    HEARING = "hearing"
    LETTER = "letter"
    ORDER = "order"
    EXPLANATION = "explanation"
    APPEAL = "appeal"
    RATING_CONTACT = "rating_contact"
    RATING_FIX = "rating_fix"


CLOCK_LABELS: Mapping[ClockKind, str] = MappingProxyType(
    {
        ClockKind.PRE_ACCEPTANCE: "网上预审",
        ClockKind.SUPPLEMENT_NOTICE: "补正告知",
        ClockKind.PROMISE: "承诺办结",
        ClockKind.STATUTE: "法定办结",
        ClockKind.STAGE: "环节",
        ClockKind.SPECIAL_PROCEDURE: "特别程序",
        ClockKind.DELIVERY: "送达",
        ClockKind.CERTIFICATE: "出证",
        ClockKind.HEARING_REQUEST: "听证申请",
        ClockKind.HEARING: "组织听证",
        ClockKind.LETTER: "来信答复",
        ClockKind.ORDER: "督办",
        ClockKind.EXPLANATION: "说明",
        ClockKind.APPEAL: "申诉",
        ClockKind.RATING_CONTACT: "联系差评评价人",
        ClockKind.RATING_FIX: "差评整改",
    }
)

# The article behind a limit, told with the due date where the item or rule names none of its own.
ARTICLES: Mapping[ClockKind, str] = MappingProxyType(
    {
        ClockKind.PRE_ACCEPTANCE: "本县网上预审时限规定",
        ClockKind.SUPPLEMENT_NOTICE: "《行政许可法》第三十二条：五日内一次告知，逾期不告知的即为受理",
        ClockKind.PROMISE: "部门承诺办结时限",
        ClockKind.STATUTE: "《行政许可法》第四十二条：自受理之日起二十日内作出决定",
        ClockKind.STAGE: "事项规定的环节时限",
        ClockKind.SPECIAL_PROCEDURE: "《行政许可法》第四十五条：所需时间不计算在期限内，并书面告知申请人",
        ClockKind.DELIVERY: "《行政许可法》第四十四条：自作出决定之日起十日内颁发、送达",
        ClockKind.CERTIFICATE: "本县办结后出证时限规定",
        ClockKind.HEARING_REQUEST: "《行政许可法》第四十七条：被告知听证权利之日起五日内提出听证申请",
        ClockKind.HEARING: "《行政许可法》第四十七条：提出听证申请的，行政机关应当在二十日内组织听证",
        ClockKind.LETTER: "本县咨询投诉答复时限规定",
        ClockKind.ORDER: "督办通知书载明的时限",
        ClockKind.EXPLANATION: "督办通知书载明的说明时限",
        ClockKind.APPEAL: "本县电子监察申诉时限规定",
        ClockKind.RATING_CONTACT: "本县差评联系时限规定",
        ClockKind.RATING_FIX: "本县差评整改时限规定",
    }
)

# Limits in working days where neither the item nor the county says otherwise.
DEFAULT_LIMITS: Mapping[ClockKind, int] = MappingProxyType(
    {
        ClockKind.PRE_ACCEPTANCE: 2,
        ClockKind.SUPPLEMENT_NOTICE: 5,
        ClockKind.STATUTE: 20,
        ClockKind.DELIVERY: 10,
        ClockKind.CERTIFICATE: 3,
        ClockKind.HEARING_REQUEST: 5,
        ClockKind.HEARING: 20,
        ClockKind.LETTER: 5,
        ClockKind.ORDER: 5,
        ClockKind.EXPLANATION: 3,
        ClockKind.APPEAL: 5,
        ClockKind.RATING_CONTACT: 1,
        ClockKind.RATING_FIX: 5,
    }
)


# A clock that lights nothing by itself.
NO_LEVELS = Thresholds()


@dataclass(frozen=True, slots=True)
class Extension:
    """Days added once to promise and statute alike, with the reasons told (Licensing Law art. 42)."""

    days: int
    reason: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """Everything a clock is computed from. Limits in days of `unit`; `start` is the event's moment."""

    kind: ClockKind
    start: datetime
    limit: int
    unit: Unit = "workday"
    precision: Precision = "day"
    statutory: int | None = None
    thresholds: Thresholds = NO_LEVELS
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    article: str = ""


@dataclass(frozen=True, slots=True)
class ClockTimes:
    """What a clock shows: its last day and moment, and the first moment of each level."""

    due: date
    due_at: datetime
    provisional: bool
    warn_at: datetime | None
    yellow_at: datetime | None
    red_at: datetime | None
    trace: tuple[TraceDay, ...]
    article: str


def compute(spec: ClockSpec, calendar: WorkCalendar) -> ClockTimes:
    """The times of a clock as its events stand now. Raises Invalid for a negative or absurd limit."""
    if spec.limit < 0 or (spec.statutory is not None and spec.statutory < 0):
        raise Invalid(f"{CLOCK_LABELS[spec.kind]}期限不能是负数")
    counting = Counting(calendar, spec.start, spec.unit, spec.precision, spec.pauses)
    added = sum(each.days for each in spec.extensions)
    limit = spec.limit + added
    statutory = None if spec.statutory is None else spec.statutory + added
    deadline = explain(counting, limit)
    levels = level_times(counting, spec.thresholds, limit, statutory)
    return ClockTimes(
        due=deadline.due,
        due_at=counting.due_at(limit),
        provisional=deadline.provisional,
        warn_at=levels.warn_at,
        yellow_at=levels.yellow_at,
        red_at=levels.red_at,
        trace=deadline.trace,
        article=spec.article or ARTICLES[spec.kind],
    )


@dataclass(frozen=True, slots=True)
class TimeTaken:
    """The two clocks that are shown: the agency's time (pauses left out) and the applicant's whole time.

    `agency_days` and `total_days` in days of the limit's unit, counted like the limit; `lived_days` in
    calendar days. Agency time runs from acceptance, the others from filing.
    """

    agency_days: int
    total_days: int
    lived_days: int
    agency_seconds: int
    total_seconds: int


def agency_and_total_time(
    filed: datetime,
    accepted: datetime | None,
    ended: datetime,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
    unit: Unit = "workday",
) -> TimeTaken:
    """How long a case took until `ended` (or has taken by then). Not accepted: no agency time yet."""
    total = Counting(calendar, filed, unit)
    lived = max((local_date(ended) - local_date(filed)).days, 0)
    if accepted is None:
        return TimeTaken(0, total.used_days(local_date(ended)), lived, 0, total.used_seconds(ended))
    agency = Counting(calendar, local(accepted), unit, "day", tuple(pauses))
    return TimeTaken(
        agency_days=agency.used_days(local_date(ended)),
        total_days=total.used_days(local_date(ended)),
        lived_days=lived,
        agency_seconds=agency.used_seconds(ended),
        total_seconds=total.used_seconds(ended),
    )
