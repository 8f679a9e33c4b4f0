"""The one table of the follow-up of a bad rating (差评回访): from, to, who may, needs, clocks, and what must not be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from rules.access import ROLE_LABELS, Role
from rules.clock import ClockKind
from rules.errors import Forbidden, IllegalMove, Invalid
from rules.quick_dataclass import dataclass
from rules.time import parse_stamp

BAD = frozenset({4, 5})
"""Codes of GB/T 39046 A.8 that are followed up: 不满意, 非常不满意."""
LONGEST_WORDS = 2000
BETWEEN_ATTEMPTS = timedelta(hours=1)
"""Calls in one go are one attempt."""


class FollowState(StrEnum):
    """Where a follow-up stands; overdue is what its clocks say. `dropped`: the case's personal data were erased."""

    OPEN = "open"
    FIXING = "fixing"
    DISPUTED = "disputed"
    FIXED = "fixed"
    CLOSED = "closed"
    DROPPED = "dropped"


FOLLOW_LABELS: Mapping[FollowState, str] = MappingProxyType(
    {
        FollowState.OPEN: "待联系",
        FollowState.FIXING: "整改中",
        FollowState.DISPUTED: "待复核",
        FollowState.FIXED: "待回访",
        FollowState.CLOSED: "已回访",
        FollowState.DROPPED: "个人信息已删除，不再回访",
    }
)
FOLLOW_ENDED = frozenset({FollowState.CLOSED, FollowState.DROPPED})
FOLLOW_OPEN = frozenset(FollowState) - FOLLOW_ENDED


def follow_label(state: FollowState, accepted: str) -> str:
    """Where a follow-up stands in words; who could not be reached was not revisited."""
    return "回访联系不上，已结束" if accepted == UNREACHED else FOLLOW_LABELS[state]


class FollowMove(StrEnum):
    """The moves, by the names handlers and events use."""

    CONTACT = "contact"
    ATTEMPT = "attempt"
    EXTEND = "extend"
    FIX = "fix"
    DISPUTE = "dispute"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    REVISIT = "revisit"


WAYS: Mapping[str, str] = MappingProxyType(
    {"phone": "电话", "window": "当面", "visit": "上门", "message": "短信、微信", "letter": "书信、邮件"}
)
FINDINGS: Mapping[str, str] = MappingProxyType({"unfounded": "评价与事实不符", "unrelated": "与本次服务无关"})
ACCEPTED: Mapping[str, str] = MappingProxyType(
    {"yes": "认可", "no": "不认可", "unreached": "多次联系，联系不上"}
)
UNREACHED = "unreached"
CHOICES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"way": WAYS, "finding": FINDINGS, "accepted": ACCEPTED}
)


@dataclass(frozen=True, slots=True)
class FollowNeed:
    """A field a move asks for: `text`; `way`, `finding`, `accepted` out of CHOICES; `when` a moment that has been."""

    name: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class FollowRow:
    """One row. `to_state` None: it stays. `judges`: not by who wrote what is judged. `told`: the applicant reads
    its words."""

    move: FollowMove
    label: str
    from_states: frozenset[FollowState]
    to_state: FollowState | None
    said: str
    needs: tuple[FollowNeed, ...]
    stops: frozenset[ClockKind] = frozenset()
    judges: bool = False
    told: bool = False
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class FollowFacts:
    """What the guards must know besides the state.

    `worked`: who asks has worked on the case; `own_claim`: who asks raised the objection that is to be judged.
    `attempts` made in vain of `enough` where it stands now, to contact or to revisit; `tried` when, all of them.
    `fixed`: when correction or review ended. `extendable`: the county has a longer limit; `fix_over`: its day has
    passed.
    """

    worked: bool = False
    own_claim: bool = False
    attempts: int = 0
    enough: int = 3
    tried: tuple[datetime, ...] = ()
    fixed: datetime | None = None
    extendable: bool = True
    extended: bool = False
    fix_over: bool = False


# Any of them may record, for the department's own people may all have worked on the case; the guards say who not.
RECORDING = frozenset({Role.COORDINATOR, Role.DECIDER, Role.DEPARTMENT_SUPERVISOR, Role.COUNTY_SUPERVISOR})
_CONTACT, _FIX = frozenset({ClockKind.RATING_CONTACT}), frozenset({ClockKind.RATING_FIX})
_WHEN = FollowNeed("when", "什么时候联系的")
_WAY = FollowNeed("way", "怎么联系的")
_READ_BY_THEM = "这段话评价人在进度页上看得到"

_ROWS = (
    FollowRow(
        FollowMove.CONTACT, "登记已联系", frozenset({FollowState.OPEN}), FollowState.FIXING, "联系了评价人",
        needs=(_WHEN, _WAY, FollowNeed("text", "问到什么", "评价人说的情况、要求；核对下来是不是这样")),
        stops=_CONTACT, explanation="联系得及不及时，按登记的时间算",
    ),
    FollowRow(
        FollowMove.ATTEMPT, "登记联系不上", frozenset({FollowState.OPEN, FollowState.FIXED}), None,
        "联系评价人，没有联系上",
        needs=(_WHEN, _WAY, FollowNeed("text", "经过", "例如：响铃无人接听，已发短信")),
        explanation="每两次至少隔一小时",
    ),
    FollowRow(
        FollowMove.EXTEND, "延长整改期限", frozenset({FollowState.FIXING}), None, "延长了整改期限",
        needs=(FollowNeed("text", "理由", _READ_BY_THEM),), told=True,
        explanation="情况复杂、短时间改不好的。只能一次，要在期限届满以前",
    ),
    FollowRow(
        FollowMove.FIX, "登记整改结果", frozenset({FollowState.FIXING}), FollowState.FIXED, "整改完成",
        needs=(FollowNeed("text", "改了什么", f"{_READ_BY_THEM}，请写具体，不写别人的姓名"),), stops=_FIX, told=True,
        explanation="登记以后回访评价人",
    ),
    FollowRow(
        FollowMove.DISPUTE, "评价不实或与本次服务无关", frozenset({FollowState.FIXING}), FollowState.DISPUTED,
        "认为评价不实或与本次服务无关",
        needs=(FollowNeed("finding", "认为"), FollowNeed("text", "理由和证据")), stops=_FIX,
        explanation="要由监察员或者本部门另一个人复核；评价本身不改、不删",
    ),
    FollowRow(
        FollowMove.CONFIRM, "复核属实", frozenset({FollowState.DISPUTED}), FollowState.FIXED,
        "复核认为评价不实或与本次服务无关",
        needs=(FollowNeed("text", "复核的理由", _READ_BY_THEM),), judges=True, told=True,
        explanation="不能复核自己提出的。之后仍要回访，向评价人说明",
    ),
    FollowRow(
        FollowMove.REFUSE, "复核不属实，继续整改", frozenset({FollowState.DISPUTED}), FollowState.FIXING,
        "复核认为要整改", needs=(FollowNeed("text", "复核的理由"),), judges=True,
        explanation="不能复核自己提出的。整改期限接着算，剩几天还是几天，最少一个工作日",
    ),
    FollowRow(
        FollowMove.REVISIT, "登记回访", frozenset({FollowState.FIXED}), FollowState.CLOSED, "回访了评价人",
        needs=(
            FollowNeed("when", "什么时候回访的"), FollowNeed("way", "怎么回访的"), FollowNeed("accepted", "评价人认不认可"),
            FollowNeed("text", "评价人怎么说", "联系不上的，写明联系过几次"),
        ),
        explanation="登记以后这件差评就办完了；不认可的会告诉监察员。联系不上的，先逐次登记“联系不上”，次数够了才能这样结束",
    ),
)  # fmt: skip

FOLLOW_MOVES: Mapping[FollowMove, FollowRow] = MappingProxyType({row.move: row for row in _ROWS})


def check_follow(state: FollowState, move: FollowMove, role: Role, facts: FollowFacts) -> FollowRow:
    """The row, if `role` may make this move now.

    Raises IllegalMove when it is not possible now whoever asks, Forbidden when it is not for this person: who has
    worked on a case takes no part in what follows its bad rating, and nobody judges their own objection.
    """
    row = FOLLOW_MOVES[move]
    obstacle = _obstacle(state, row, facts)
    if obstacle:
        raise IllegalMove(f"不能“{row.label}”：{obstacle}")
    if role not in RECORDING:
        raise Forbidden(f"“{row.label}”应由{_names(RECORDING)}进行，{ROLE_LABELS[role]}不能操作。")
    if facts.worked:
        raise Forbidden("您经办过这个办件，差评的联系、整改、回访由没有经办过的人或者监察员登记。")
    if row.judges and facts.own_claim:
        raise Forbidden("这个意见是您提出的，请本部门另一个人或者监察员复核。")
    return row


def follow_moves_for(state: FollowState, role: Role, facts: FollowFacts) -> tuple[FollowRow, ...]:
    """All moves `role` may make now, in the table's order."""
    found = []
    for move in FOLLOW_MOVES:
        try:
            found.append(check_follow(state, move, role, facts))
        except (IllegalMove, Forbidden):
            continue
    return tuple(found)


def checked_follow(
    row: FollowRow, given: Mapping[str, str], facts: FollowFacts, rated: datetime, now: datetime
) -> dict[str, str]:
    """The values of a move without blanks around. Raises Invalid with one message by field."""
    values = {need.name: given.get(need.name, "").strip() for need in row.needs}
    wrong: dict[str, str] = {}
    for need in row.needs:
        text = values[need.name]
        if not text:
            wrong[need.name] = f"请填写{need.label}"
        elif need.name == "when":
            wrong[need.name] = _moment_fault(row, text, facts, rated, now)
        elif need.name in CHOICES:
            wrong[need.name] = _choice_fault(need, text, facts)
        elif len(text) > LONGEST_WORDS:
            wrong[need.name] = f"最多写 {LONGEST_WORDS} 个字，现在是 {len(text)} 个字"
    found = {name: words for name, words in wrong.items() if words}
    if found:
        raise Invalid(f"还不能“{row.label}”", found)
    return values


def moment_given(values: Mapping[str, str]) -> datetime | None:
    """The moment among checked values, if the move asks for one."""
    return parse_stamp(values["when"]) if "when" in values else None


def _choice_fault(need: FollowNeed, text: str, facts: FollowFacts) -> str:
    if text not in CHOICES[need.name]:
        return f"请选择{need.label}"
    if need.name == "accepted" and text == UNREACHED and facts.attempts < facts.enough:
        return f"先登记{facts.enough}次“联系不上”，回访的已登记{facts.attempts}次"
    return ""


def _moment_fault(row: FollowRow, text: str, facts: FollowFacts, rated: datetime, now: datetime) -> str:
    try:
        when = parse_stamp(text)
    except Invalid:
        return "请写日期和时间"
    # A form knows minutes only.
    if when < rated.replace(second=0, microsecond=0):
        return "不能早于作出评价的时间"
    if facts.fixed is not None and when < facts.fixed.replace(second=0, microsecond=0):
        return "不能早于整改完成、复核完成的时间"
    if when > now:
        return "不能是以后的时间"
    if row.move is FollowMove.ATTEMPT and any(abs(when - each) < BETWEEN_ATTEMPTS for each in facts.tried):
        return "离登记过的另一次不到一小时，请换个时间再联系"
    return ""


def _obstacle(state: FollowState, row: FollowRow, facts: FollowFacts) -> str:
    if state not in row.from_states:
        return f"这件差评现在是“{FOLLOW_LABELS[state]}”"
    if row.move is not FollowMove.EXTEND:
        return ""
    if not facts.extendable:
        return "县里没有规定更长的整改期限"
    if facts.extended:
        return "整改期限已经延长过一次"
    # As of cases and letters: what is late is not made punctual afterwards.
    return "整改期限已经过了，须在期限届满前延长。请尽快整改，本件按逾期统计" if facts.fix_over else ""


def _names(roles: Iterable[Role]) -> str:
    chosen = set(roles)
    return "、".join(ROLE_LABELS[role] for role in Role if role in chosen)
