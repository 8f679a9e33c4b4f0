"""The case table in use: may this role make this move now, which may it make, and the diagram of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rules.access import ROLE_LABELS, Role
from rules.case_table import MOVES
from rules.case_terms import (
    DECIDED,
    ENDED,
    NOTICES,
    OPEN,
    STATE_LABELS,
    CaseFacts,
    Move,
    MoveName,
    Need,
    Notice,
    NoticeKind,
    State,
)
from rules.errors import Forbidden, IllegalMove, Invalid
from rules.hearing import moment_told
from rules.quick_dataclass import dataclass

__all__ = [
    "DECIDED",
    "ENDED",
    "MOVES",
    "NOTICES",
    "OPEN",
    "STATE_LABELS",
    "CaseFacts",
    "Diagram",
    "Edge",
    "Move",
    "MoveName",
    "Need",
    "Node",
    "Notice",
    "NoticeKind",
    "State",
    "check",
    "check_needs",
    "diagram",
    "longest_extension",
    "moves_for",
    "next_step",
]


def check(state: State, name: MoveName, role: Role, facts: CaseFacts) -> Move:
    """The move, if `role` may make it now.

    Raises IllegalMove when the table has no such move from this state for this case, Forbidden when it is
    legal there but not for this role.
    """
    move = MOVES[name]
    obstacle = _obstacle(state, move, facts)
    if obstacle:
        raise IllegalMove(f"不能“{move.label}”：{obstacle}")
    if role not in _allowed(move, facts):
        raise Forbidden(f"“{move.label}”应由{_names(_allowed(move, facts))}进行，{ROLE_LABELS[role]}不能操作")
    return move


def moves_for(state: State, role: Role, facts: CaseFacts) -> tuple[Move, ...]:
    """All moves `role` may make now, in the table's order."""
    return tuple(
        move for move in MOVES.values() if role in _allowed(move, facts) and not _obstacle(state, move, facts)
    )


def next_step(move: Move, facts: CaseFacts) -> int:
    """The index of the review step after the move."""
    if move.name is MoveName.COMPLETE_STEP:
        return facts.step_index + 1
    if move.name is MoveName.SEND_BACK:
        return facts.step_index - 1
    if move.name in (MoveName.ACCEPT, MoveName.DEEM_ACCEPT):
        return 0
    return facts.step_index


def longest_extension(facts: CaseFacts) -> int:
    """Days an extension may add, in the unit of the promise: 10, or 15 where handled jointly (art. 42)."""
    return 15 if facts.joint else 10


def check_needs(move: Move, given: Mapping[str, str], facts: CaseFacts) -> None:
    """Raises Invalid with one message by field when what the move asks for is missing or out of bounds."""
    wrong: dict[str, str] = {}
    for need in move.needs:
        text = given.get(need.name, "").strip()
        most = min(need.most, longest_extension(facts)) if move.name is MoveName.EXTEND else need.most
        if not text:
            if need.required:
                wrong[need.name] = f"请填写{need.label}"
        elif need.kind == "days" and not (
            text.isascii() and text.isdigit() and need.least <= int(text) <= most
        ):
            wrong[need.name] = f"{need.label}请填 {need.least} 到 {most} 之间的整数"
        elif need.kind == "moment":
            try:
                moment_told(text)
            except Invalid:
                wrong[need.name] = f"{need.label}请写日期和几点，例如 2026-03-25 09:00"
    if wrong:
        raise Invalid(f"“{move.label}”还缺必要的内容", wrong)


@dataclass(frozen=True, slots=True)
class Node:
    """A state in the published diagram."""

    state: State
    label: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A move in the published diagram: from, to, its name, who makes it, and the notice it issues."""

    source: State
    target: State
    move: MoveName
    label: str
    actors: str
    notice: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """The state diagram as data, drawn by the site."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def diagram() -> Diagram:
    """The whole table as nodes and edges, in a stable order."""
    nodes = tuple(Node(state, STATE_LABELS[state], state in ENDED) for state in State)
    edges = tuple(
        Edge(
            source,
            move.after(source),
            move.name,
            move.label,
            _names(move.roles),
            "" if move.notice is None else NOTICES[move.notice].title,
        )
        for move in MOVES.values()
        for source in State
        if source in move.from_states
    )
    return Diagram(nodes, edges)


def _obstacle(state: State, move: Move, facts: CaseFacts) -> str:
    """Why the move is not legal now, whoever asks; empty when it is."""
    if state not in move.from_states:
        return f"办件现在是“{STATE_LABELS[state]}”"
    # Art. 32: after the five days it is accepted, whether or not a sweep has said so yet.
    deemed = (facts.notice_overdue, "五个工作日内没有告知，依法已经视为受理，请按受理办理")
    spent = (facts.supplement_spent, "补正只能一次告知，这一次已经用过")
    reasons = {
        MoveName.SUPPLEMENT_NOTICE: spent if facts.supplement_spent else deemed,
        MoveName.REFUSE: deemed,
        MoveName.EXTEND: _extension_obstacle(facts),
        MoveName.DEEM_ACCEPT: (not facts.notice_overdue, "告知补正的五个工作日还没有过"),
        MoveName.ACCEPT: (state is State.RECEIVED and facts.pre_review_needed, "网上申请要先预审"),
        **_hearing_obstacles(facts),
    }
    blocked, reason = reasons.get(move.name, (False, ""))
    if blocked:
        return reason
    if move.position == "last" and not facts.at_last_step:
        return "还有审查环节没有完成"
    if move.position == "before_last" and facts.at_last_step:
        return "已经是最后一个环节，请作出决定"
    if move.position == "after_first" and facts.step_index <= 0:
        return "已经是第一个环节"
    return ""


def _extension_obstacle(facts: CaseFacts) -> tuple[bool, str]:
    """Art. 42: once, and for what cannot be decided within the limit; a late case is not made punctual afterwards."""
    if facts.extended:
        return True, "已经延期过一次"
    return facts.extension_late, "办理期限已经过了，延期须在期限届满前批准。请尽快作出决定，本件按超期统计"


def _hearing_obstacles(facts: CaseFacts) -> dict[MoveName, tuple[bool, str]]:
    """Licensing Law art. 46 to 48: told once, asked for within five days, held before a denial."""
    stands = facts.hearing
    asked_late = stands == "told" and not facts.hearing_window_open
    not_asked = (stands != "asked", "申请人没有要求听证，或者听证已经结束")
    unheard = "申请人要求听证，听证还没有举行" if stands == "asked" else "告知听证权利后的五个工作日还没有过"
    return {
        MoveName.TELL_HEARING: (stands != "", "已经告知过听证权利"),
        MoveName.REQUEST_HEARING: (
            stands != "told" or asked_late,
            "提出听证申请的五个工作日已经过了" if asked_late else "还没有告知听证权利，或者已经要求过",
        ),
        MoveName.NOTIFY_HEARING: not_asked,
        MoveName.HOLD_HEARING: not_asked,
        MoveName.DENY: (stands == "asked" or facts.hearing_window_open, unheard),
    }


def _allowed(move: Move, facts: CaseFacts) -> frozenset[Role]:
    """The roles that may: those of the row, and where the step decides, only the step's role among them."""
    if move.by_step and facts.step_role is not None:
        return move.roles & {facts.step_role}
    return move.roles


def _names(roles: Iterable[Role]) -> str:
    chosen = set(roles)
    return "、".join(ROLE_LABELS[role] for role in Role if role in chosen) or "该环节的负责人"
