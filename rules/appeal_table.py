"""The one table of moves of an appeal (申诉) against a card or a score: from, to, who may, needs, wording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from rules.access import ROLE_LABELS, Role
from rules.errors import Forbidden, IllegalMove, Invalid
from rules.quick_dataclass import dataclass

LONGEST_TEXT = 5000
MOST_ROUNDS = 2


class AppealState(StrEnum):
    """Where an appeal stands. `draft` is being written and is never stored."""

    DRAFT = "draft"
    OPEN = "open"
    RETURNED = "returned"
    REVOKED = "revoked"
    UPHELD = "upheld"


APPEAL_LABELS: Mapping[AppealState, str] = MappingProxyType(
    {
        AppealState.DRAFT: "拟提出",
        AppealState.OPEN: "待决定",
        AppealState.RETURNED: "退回补充证据",
        AppealState.REVOKED: "申诉成立，已撤销",
        AppealState.UPHELD: "申诉不成立，维持",
    }
)
APPEAL_ENDED = frozenset({AppealState.REVOKED, AppealState.UPHELD})


class AppealMove(StrEnum):
    """The moves, by the names handlers and events use."""

    FILE = "file"
    REFILE = "refile"
    REVOKE = "revoke"
    RETURN = "return"
    UPHOLD = "uphold"


@dataclass(frozen=True, slots=True)
class AppealRow:
    """One row of the table. `files`: evidence may come with it. `days`: it sets a deadline."""

    move: AppealMove
    label: str
    from_states: frozenset[AppealState]
    to_state: AppealState
    roles: frozenset[Role]
    said: str
    ask: str
    files: bool = False
    days: bool = False
    explanation: str = ""

    @property
    def decides(self) -> bool:
        """Whether it is the supervisor's."""
        return self.roles == _DECIDING


@dataclass(frozen=True, slots=True)
class AppealFacts:
    """What the guards must know besides the state.

    `rounds`: how often it has been filed. `overdue`: the time to file (or to file again) has passed, `due_words`
    says how it was counted. `conflict`: why the person asking may not decide, in words; empty when they may.
    `obstacle`: why what is appealed against cannot be (already appealed, no card in force).
    """

    rounds: int = 0
    overdue: bool = False
    due_words: str = ""
    conflict: str = ""
    obstacle: str = ""


_FILING = frozenset({Role.COORDINATOR, Role.DECIDER, Role.DEPARTMENT_SUPERVISOR})
_DECIDING = frozenset({Role.COUNTY_SUPERVISOR})

_ROWS = (
    AppealRow(
        AppealMove.FILE,
        "提出申诉",
        frozenset({AppealState.DRAFT}),
        AppealState.OPEN,
        _FILING,
        "提出申诉",
        "申诉的事实和理由",
        files=True,
        explanation="一张牌只能申诉一次，写明理由并附证据；申诉期间督办不停",
    ),
    AppealRow(
        AppealMove.REFILE,
        "补充证据后再次提出",
        frozenset({AppealState.RETURNED}),
        AppealState.OPEN,
        _FILING,
        "补充证据，再次提出申诉",
        "补充的事实和理由",
        files=True,
        explanation="只能再提一次",
    ),
    AppealRow(
        AppealMove.REVOKE,
        "申诉成立，撤销",
        frozenset({AppealState.OPEN}),
        AppealState.REVOKED,
        _DECIDING,
        "申诉成立",
        "撤销的理由和依据",
        explanation="牌撤销后仍然看得到，单独计数；它的督办同时撤销",
    ),
    AppealRow(
        AppealMove.RETURN,
        "退回补充证据",
        frozenset({AppealState.OPEN}),
        AppealState.RETURNED,
        _DECIDING,
        "退回，要求补充证据",
        "要补充什么、为什么",
        days=True,
        explanation="部门在期限内可以再提一次",
    ),
    AppealRow(
        AppealMove.UPHOLD,
        "申诉不成立，维持",
        frozenset({AppealState.OPEN, AppealState.RETURNED}),
        AppealState.UPHELD,
        _DECIDING,
        "申诉不成立，维持原决定",
        "维持的理由和依据",
        explanation="退回后过了期限没有补充的，也由此办结",
    ),
)

APPEAL_MOVES: Mapping[AppealMove, AppealRow] = MappingProxyType({row.move: row for row in _ROWS})


def check_appeal(state: AppealState, move: AppealMove, role: Role, facts: AppealFacts) -> AppealRow:
    """The row, if `role` may make this move now.

    Raises IllegalMove when it is not legal for this appeal whoever asks, Forbidden when it is not for this role or
    this person.
    """
    row = APPEAL_MOVES[move]
    obstacle = _obstacle(state, row, facts)
    if obstacle:
        raise IllegalMove(f"不能“{row.label}”：{obstacle}")
    if role not in row.roles:
        raise Forbidden(f"“{row.label}”应由{_names(row.roles)}进行，{ROLE_LABELS[role]}不能操作。")
    if row.decides and facts.conflict:
        raise Forbidden(f"您要回避：{facts.conflict}。请另一位县监察员决定。")
    return row


def appeal_moves_for(state: AppealState, role: Role, facts: AppealFacts) -> tuple[AppealRow, ...]:
    """All moves `role` may make now, in the table's order."""
    found = []
    for move in APPEAL_MOVES:
        try:
            found.append(check_appeal(state, move, role, facts))
        except (IllegalMove, Forbidden):
            continue
    return tuple(found)


def checked_appeal(row: AppealRow, text: str, days: str) -> tuple[str, int]:
    """The words without blanks around, and the days it gives (0: none). Raises Invalid by field."""
    words, wrong, given = text.strip(), {}, 0
    if not words:
        wrong["text"] = f"请写明{row.ask}"
    elif len(words) > LONGEST_TEXT:
        wrong["text"] = f"最多写 {LONGEST_TEXT} 个字，现在是 {len(words)} 个字"
    if row.days:
        number = days.strip()
        if number.isascii() and number.isdigit() and len(number) < 4 and 1 <= int(number) <= 30:
            given = int(number)
        else:
            wrong["days"] = "应为 1 到 30 个工作日"
    if wrong:
        raise Invalid(f"还不能“{row.label}”", wrong)
    return words, given


def _obstacle(state: AppealState, row: AppealRow, facts: AppealFacts) -> str:
    if state not in row.from_states:
        return f"申诉现在是“{APPEAL_LABELS[state]}”"
    if row.move is AppealMove.FILE and facts.obstacle:
        return facts.obstacle
    if row.move in (AppealMove.FILE, AppealMove.REFILE) and facts.overdue:
        return f"已经过了期限（{facts.due_words}）"
    if row.move in (AppealMove.RETURN, AppealMove.REFILE) and facts.rounds >= MOST_ROUNDS:
        return "已经补充过一次，应当作出决定" if row.move is AppealMove.RETURN else "只能再提一次"
    if row.move is AppealMove.UPHOLD and state is AppealState.RETURNED and not facts.overdue:
        return "部门补充证据的期限还没有过"
    return ""


def _names(roles: Iterable[Role]) -> str:
    chosen = set(roles)
    return "、".join(ROLE_LABELS[role] for role in Role if role in chosen)
