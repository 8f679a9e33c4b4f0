"""The one table of moves of a supervision order (督办通知书): from, to, who may, needs, clocks, wording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from rules.access import ROLE_LABELS, Role
from rules.clock import ClockKind
from rules.errors import Forbidden, IllegalMove, Invalid
from rules.quick_dataclass import dataclass

LONGEST_TEXT = 5000


class OrderState(StrEnum):
    """Where an order stands. `draft` is being written and is never stored; overdue is what its clock says."""

    DRAFT = "draft"
    ISSUED = "issued"
    EXPLAINED = "explained"
    ACCEPTED = "accepted"
    CORRECTING = "correcting"
    CORRECTED = "corrected"
    CLOSED = "closed"
    CANCELLED = "cancelled"


ORDER_LABELS: Mapping[OrderState, str] = MappingProxyType(
    {
        OrderState.DRAFT: "拟发",
        OrderState.ISSUED: "待说明",
        OrderState.EXPLAINED: "已说明，待认定",
        OrderState.ACCEPTED: "说明已认可",
        OrderState.CORRECTING: "整改中",
        OrderState.CORRECTED: "已报整改，待认定",
        OrderState.CLOSED: "已办结",
        OrderState.CANCELLED: "已撤销",
    }
)

ORDER_ENDED = frozenset({OrderState.CLOSED, OrderState.CANCELLED})
ORDER_OPEN = frozenset(OrderState) - ORDER_ENDED - {OrderState.DRAFT}
# Who has to do something next.
WAITS_FOR_DEPARTMENT = frozenset({OrderState.ISSUED, OrderState.CORRECTING})
WAITS_FOR_SUPERVISOR = frozenset({OrderState.EXPLAINED, OrderState.ACCEPTED, OrderState.CORRECTED})


class OrderMove(StrEnum):
    """The moves, by the names handlers and events use."""

    ISSUE = "issue"
    EXPLAIN = "explain"
    ACCEPT = "accept"
    RETURN = "return"
    DEMAND = "demand"
    REPORT = "report"
    CLOSE = "close"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class OrderNeed:
    """A field a move asks for: words, or working days between `least` and what the facts allow."""

    name: str
    label: str
    days: bool = False
    required: bool = True
    help: str = ""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One row of the table. `answers`: made by the department the order is for; else by its supervisor."""

    move: OrderMove
    label: str
    from_states: frozenset[OrderState]
    to_state: OrderState
    roles: frozenset[Role]
    said: str
    answers: bool = False
    needs: tuple[OrderNeed, ...] = ()
    files: bool = False
    starts: frozenset[ClockKind] = frozenset()
    stops: frozenset[ClockKind] = frozenset()
    notice: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the guards must know besides the state.

    `internal`: issued by the department's own supervisor, who then also decides on it; one from above is decided
    by the county's. `overdue`: the day for the explanation has passed. `own_words`: the person asking wrote the
    explanation or report that is to be judged. `explanation_days`: what the county gives at first; a return gives
    less.
    """

    internal: bool = False
    overdue: bool = False
    own_words: bool = False
    explanation_days: int = 5


_SUPERVISING = frozenset({Role.COUNTY_SUPERVISOR, Role.DEPARTMENT_SUPERVISOR})
_ANSWERING = frozenset({Role.COORDINATOR, Role.DECIDER, Role.DEPARTMENT_SUPERVISOR})
_EXPLANATION = frozenset({ClockKind.EXPLANATION})
_CORRECTION = frozenset({ClockKind.ORDER})
_REASON = OrderNeed("text", "理由")

_ROWS = (
    OrderRow(
        OrderMove.ISSUE,
        "发出督办通知书",
        frozenset({OrderState.DRAFT}),
        OrderState.ISSUED,
        _SUPERVISING | {Role.SYSTEM},
        "发出督办通知书",
        needs=(OrderNeed("text", "发现的问题"), OrderNeed("demand", "要求", required=False)),
        starts=_EXPLANATION,
        notice="督办通知书",
        explanation="编号、发文，责任部门要在期限内书面说明情况",
    ),
    OrderRow(
        OrderMove.EXPLAIN,
        "提交情况说明",
        frozenset({OrderState.ISSUED}),
        OrderState.EXPLAINED,
        _ANSWERING,
        "提交了情况说明",
        answers=True,
        needs=(OrderNeed("text", "情况说明", help="写明事实、原因、已经采取的措施，材料作为附件"),),
        files=True,
        stops=_EXPLANATION,
        explanation="提交后由监察机构认定，不能再改",
    ),
    OrderRow(
        OrderMove.ACCEPT,
        "认可说明",
        frozenset({OrderState.EXPLAINED}),
        OrderState.ACCEPTED,
        _SUPERVISING,
        "认可了情况说明",
        needs=(OrderNeed("text", "意见", required=False),),
        explanation="说明属实、理由成立；之后可以责令整改，也可以办结",
    ),
    OrderRow(
        OrderMove.RETURN,
        "退回说明",
        frozenset({OrderState.EXPLAINED}),
        OrderState.ISSUED,
        _SUPERVISING,
        "退回了情况说明，要求重写",
        needs=(
            OrderNeed("text", "退回理由", help="哪里没有说清，要补什么"),
            OrderNeed("days", "重新说明的期限（工作日）", days=True, help="比第一次短"),
        ),
        starts=_EXPLANATION,
        explanation="部门在新的、更短的期限内重新说明",
    ),
    OrderRow(
        OrderMove.DEMAND,
        "责令整改",
        frozenset({OrderState.ISSUED, OrderState.EXPLAINED, OrderState.ACCEPTED, OrderState.CORRECTED}),
        OrderState.CORRECTING,
        _SUPERVISING,
        "责令整改",
        needs=(
            OrderNeed("text", "整改要求", help="改什么、改到什么程度"),
            OrderNeed("days", "整改期限（工作日）", days=True),
        ),
        starts=_CORRECTION,
        stops=_EXPLANATION,
        explanation="部门在期限内整改并报告；逾期不说明的，可以直接责令整改",
    ),
    OrderRow(
        OrderMove.REPORT,
        "报告整改情况",
        frozenset({OrderState.CORRECTING}),
        OrderState.CORRECTED,
        _ANSWERING,
        "报告了整改情况",
        answers=True,
        needs=(OrderNeed("text", "整改情况", help="做了什么、结果怎样，证明材料作为附件"),),
        files=True,
        stops=_CORRECTION,
        explanation="提交后由监察机构认定",
    ),
    OrderRow(
        OrderMove.CLOSE,
        "办结督办",
        frozenset({OrderState.ACCEPTED, OrderState.CORRECTED}),
        OrderState.CLOSED,
        _SUPERVISING,
        "督办办结",
        needs=(OrderNeed("text", "办结意见"),),
        explanation="说明已认可、整改已到位；需要追究责任的，先登记责任追究",
    ),
    OrderRow(
        OrderMove.CANCEL,
        "撤销督办",
        frozenset(OrderState) - {OrderState.DRAFT, OrderState.CANCELLED},
        OrderState.CANCELLED,
        _SUPERVISING | {Role.SYSTEM},
        "撤销督办",
        needs=(_REASON,),
        stops=_EXPLANATION | _CORRECTION,
        explanation="不应当督办的，写明理由撤销；所依据的牌被撤销时自动撤销",
    ),
)

ORDER_MOVES: Mapping[OrderMove, OrderRow] = MappingProxyType({row.move: row for row in _ROWS})


def check_order(state: OrderState, move: OrderMove, role: Role, facts: OrderFacts) -> OrderRow:
    """The row, if `role` may make this move now.

    Raises IllegalMove when the table has no such move from this state, Forbidden when it is not this role's.
    """
    row = ORDER_MOVES[move]
    obstacle = _obstacle(state, row, role, facts)
    if obstacle:
        raise IllegalMove(f"不能“{row.label}”：{obstacle}")
    allowed = allowed_roles(row, facts)
    if role not in allowed:
        raise Forbidden(f"“{row.label}”应由{_names(allowed)}进行，{ROLE_LABELS[role]}不能操作。")
    if facts.own_words and not row.answers and row.move is not OrderMove.ISSUE and role is not Role.SYSTEM:
        raise Forbidden(f"说明是您自己写的，不能由您“{row.label}”，请另一位监察员处理。")
    return row


def order_moves_for(state: OrderState, role: Role, facts: OrderFacts) -> tuple[OrderRow, ...]:
    """All moves `role` may make now, in the table's order."""
    found = []
    for move in ORDER_MOVES:
        try:
            found.append(check_order(state, move, role, facts))
        except (IllegalMove, Forbidden):
            continue
    return tuple(found)


def allowed_roles(row: OrderRow, facts: OrderFacts) -> frozenset[Role]:
    """The roles of a row for this order: who issued it from above is judged by nobody below."""
    if row.move is OrderMove.ISSUE:
        return row.roles
    if row.answers:
        return row.roles - {Role.DEPARTMENT_SUPERVISOR} if facts.internal else row.roles
    return row.roles if facts.internal else row.roles - {Role.DEPARTMENT_SUPERVISOR}


def most_days(row: OrderRow, facts: OrderFacts) -> int:
    """The longest time a move may give: a return less than the first time, a correction up to 60 working days."""
    return max(facts.explanation_days - 1, 1) if row.move is OrderMove.RETURN else 60


def usual_days(row: OrderRow, facts: OrderFacts) -> int:
    """What stands in the form before anyone writes: half of the first time for a return, ten days for correction."""
    return (
        min(max(-(-facts.explanation_days // 2), 1), most_days(row, facts))
        if row.move is OrderMove.RETURN
        else 10
    )


def checked_values(row: OrderRow, given: Mapping[str, str], facts: OrderFacts) -> dict[str, str]:
    """The values of a move without blanks around. Raises Invalid with one message by field."""
    values: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for need in row.needs:
        text = given.get(need.name, "").strip()
        values[need.name] = text
        if need.required and not text:
            wrong[need.name] = f"请填写{need.label.partition('（')[0]}"
        elif len(text) > LONGEST_TEXT:
            wrong[need.name] = f"最多写 {LONGEST_TEXT} 个字，现在是 {len(text)} 个字"
        elif need.days and text:
            most = most_days(row, facts)
            if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= most):
                wrong[need.name] = f"应为 1 到 {most} 个工作日" if most > 1 else "只能是 1 个工作日"
    if wrong:
        raise Invalid(f"还不能“{row.label}”", wrong)
    return values


def _obstacle(state: OrderState, row: OrderRow, role: Role, facts: OrderFacts) -> str:
    if state not in row.from_states:
        return f"督办现在是“{ORDER_LABELS[state]}”"
    if row.move is OrderMove.DEMAND and state is OrderState.ISSUED and not facts.overdue:
        return "部门说明的期限还没有过"
    if row.move is OrderMove.CANCEL and state is OrderState.CLOSED and role is not Role.SYSTEM:
        return "督办已经办结"
    return ""


def _names(roles: Iterable[Role]) -> str:
    chosen = set(roles)
    return "、".join(ROLE_LABELS[role] for role in Role if role in chosen)
