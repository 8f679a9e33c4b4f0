"""The one table of letters: which move is legal when and for whom, what it needs, and what it does to the clock."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.access import ROLE_LABELS, Role
from rules.case_terms import Need
from rules.errors import Forbidden, IllegalMove, Invalid
from rules.letter_terms import (
    FINDINGS,
    IN_HAND,
    KIND_LABELS,
    OPEN,
    REPLIED,
    STATE_LABELS,
    LetterFacts,
    LetterMove,
    LetterState,
    Row,
    Writer,
)

_S = LetterState
_FRONT = frozenset({Role.COORDINATOR})
_LEADING = frozenset({Role.COORDINATOR, Role.DECIDER})
_WORKING = frozenset({Role.WINDOW_CLERK, Role.COORDINATOR, Role.REVIEWER, Role.DECIDER})
_DECIDING = frozenset({Role.DECIDER})
_WATCHING = frozenset({Role.DEPARTMENT_SUPERVISOR, Role.COUNTY_SUPERVISOR})
_COUNTY = frozenset({Role.COUNTY_SUPERVISOR})
_SYSTEM = frozenset({Role.SYSTEM})
_REASON = Need("reason", "理由")
_TEXT = Need("text", "答复内容")
_UNIT = Need("unit", "转给哪个部门或单位")
_FOUND = (Need("finding", "认定", "choice"), _TEXT, Need("outcome", "处理结果（不公开）", required=False))
LONGEST = 5000
SHORTEST_ANSWER = 5

_ROWS = (
    Row(LetterMove.ASSIGN, "分办", frozenset({_S.RECEIVED}), _S.ASSIGNED, _FRONT, "已交{unit}办理",
        needs=(_UNIT, Need("reason", "说明", required=False)), intake=True, conduct=False,
        explanation="系统按内容给出建议和理由，由您决定"),
    Row(LetterMove.HAND, "交给承办人", IN_HAND, None, _LEADING, "",
        needs=(Need("unit", "科室或窗口", required=False), Need("person", "承办人", required=False)), conduct=False,
        explanation="只在本部门内，来信人看到的仍是部门"),
    Row(LetterMove.TRANSFER, "转其他部门", IN_HAND, _S.ASSIGNED, _LEADING, "转{unit}办理：{reason}",
        needs=(_UNIT, _REASON), conduct=False, explanation="期限不重新计算；转的次数有限，每次都有记录"),
    Row(LetterMove.RETURN, "退回政务中心重新分办", IN_HAND, _S.RECEIVED, _LEADING, "退回政务服务中心重新确定办理部门：{reason}",
        needs=(_REASON,), conduct=False, explanation="期限不重新计算；中心再次指定后不能再退"),
    Row(LetterMove.DRAFT, "保存答复草稿", IN_HAND, _S.ANSWERING, _WORKING, "", needs=(_TEXT,), conduct=False),
    Row(LetterMove.SUBMIT, "提交审核", IN_HAND, _S.IN_REVIEW, _WORKING, "", needs=(_TEXT,), conduct=False,
        explanation="由另一个人审核后才发出"),
    Row(LetterMove.SEND_BACK, "退回修改", frozenset({_S.IN_REVIEW}), _S.ANSWERING, _DECIDING, "", needs=(_REASON,),
        conduct=False, explanation="写明要改什么，拟稿人会看到"),
    Row(LetterMove.ANSWER, "审核通过，发出答复", frozenset({_S.IN_REVIEW}), _S.ANSWERED, _DECIDING, "已答复",
        clock="stop", conduct=False, explanation="不能审核自己拟的答复；发出后不能改"),
    Row(LetterMove.REDIRECT, "不属于本县职责，告知去处", IN_HAND | {_S.RECEIVED}, _S.ANSWERED, _LEADING,
        "已告知您应向哪里反映", needs=(Need("text", "应向哪里反映、依据和时限"),), clock="stop", conduct=False,
        explanation="信访事项告知信访部门，诉讼、仲裁事项告知受理机关。来信人可以不认可"),
    Row(LetterMove.EXTEND, "延长答复期限", OPEN, None, _LEADING, "答复期限延长{days}个工作日：{reason}",
        needs=(_REASON,), clock="extend", explanation="只能一次，理由告诉来信人"),
    Row(LetterMove.RECLASSIFY, "更改类别", OPEN, None, _LEADING | _COUNTY, "类别改为“{kind}”：{reason}",
        needs=(Need("kind", "改成", "choice"), _REASON), conduct=False,
        explanation="告诉来信人；他不同意就恢复原来的类别，不能再改"),
    Row(LetterMove.OBJECT, "不同意更改类别", OPEN | {_S.ANSWERED}, None, Writer, "您不同意更改类别，已恢复为“{kind}”",
        conduct=False),
    Row(LetterMove.ESCALATE, "转县监察员（工作作风）", OPEN, _S.ASSIGNED, _LEADING | _COUNTY,
        "反映的是工作作风，已转县监察员直接办理，期限从次日重新计算", needs=(_REASON,), conduct=False,
        explanation="转出后只有县监察员能看到，本部门和政务服务中心都不再看得到；期限从转出的次日重新计算，此前超过的仍算本部门的"),
    Row(LetterMove.RELEASE, "不属于工作作风，转普通来信办理", IN_HAND, _S.RECEIVED, _COUNTY,
        "经核实不属于工作作风问题，转为普通来信，由{unit}办理：{reason}",
        needs=(_REASON, Need("unit", "交给哪个部门或单位", required=False)), conduct=True,
        explanation="转出后承办单位看得到来信全文；期限从转出的次日重新计算，理由告诉来信人"),
    Row(LetterMove.PROPOSE, "提出认定意见", IN_HAND, _S.IN_REVIEW, _COUNTY, "", needs=_FOUND, conduct=True,
        explanation="由另一位县监察员审核后才发出"),
    Row(LetterMove.ENDORSE, "审核通过，发出认定和答复", frozenset({_S.IN_REVIEW}), _S.ANSWERED, _COUNTY, "已调查并答复",
        clock="stop", conduct=True, explanation="不能审核自己的认定意见；发出后不能改"),
    Row(LetterMove.OVERRULE, "退回重新认定", frozenset({_S.IN_REVIEW}), _S.ANSWERING, _COUNTY, "", needs=(_REASON,),
        conduct=True, explanation="写明要查清什么；提出意见的人也可以自己收回"),
    Row(LetterMove.FINDING, "认定并答复", IN_HAND, _S.ANSWERED, _COUNTY, "已调查并答复", needs=_FOUND, clock="stop",
        conduct=True, explanation="没有另一位县监察员可以审核，由您一人认定，记录里写明"),
    Row(LetterMove.CHASE, "催办", OPEN, None, Writer, "您催办了一次"),
    Row(LetterMove.SUPERVISE, "督促", OPEN, None, _WATCHING, "监察人员已督促办理单位", needs=(_REASON,), conduct=False,
        explanation="督促的话会发给办理单位"),
    Row(LetterMove.SETTLE, "认可，问题解决了", frozenset({_S.ANSWERED}), _S.SETTLED, Writer, "您认可这个答复"),
    Row(LetterMove.DISPUTE, "不认可，请重新办理", frozenset({_S.ANSWERED}), _S.REOPENED, Writer,
        "您不认可这个答复，已重新办理：{reason}", needs=(_REASON,), clock="start",
        explanation="重新办理，期限重新计算，并计入对办理单位的考核"),
    Row(LetterMove.RATE, "评价", REPLIED, None, Writer, "您评价了答复", needs=(Need("score", "满意程度", "choice"),)),
    Row(LetterMove.WITHDRAW, "撤回", OPEN, _S.WITHDRAWN, Writer, "您撤回了来信",
        needs=(Need("reason", "原因", required=False),), clock="stop"),
    Row(LetterMove.CLOSE, "期满办结", frozenset({_S.ANSWERED}), _S.CLOSED, _SYSTEM,
        "到期没有收到您的意见，按未表态办结"),
    Row(LetterMove.PUBLISH, "公开来信和答复", REPLIED, None, _DECIDING, "", conduct=False,
        explanation="来信人同意过才能公开；公开前核对遮盖"),
    Row(LetterMove.UNPUBLISH, "撤下公开", REPLIED, None, _DECIDING | _COUNTY, "", needs=(_REASON,), conduct=False),
)  # fmt: skip

LETTER_MOVES: Mapping[LetterMove, Row] = MappingProxyType({row.name: row for row in _ROWS})


def check(
    state: LetterState, name: LetterMove, role: Role, facts: LetterFacts, *, intake: bool = False
) -> Row:
    """The row, if `role` may make the move now.

    `intake`: the role is held at the desk that assigns. Raises IllegalMove when the table has no such move for
    this letter now, Forbidden when it is legal but not for this role.
    """
    row = LETTER_MOVES.get(name)
    if row is None:
        raise IllegalMove("没有这种操作。")
    why = obstacle(state, row, facts)
    if why:
        raise IllegalMove(f"不能“{row.label}”：{why}")
    if role not in row.roles:
        raise Forbidden(f"“{row.label}”应由{_names(row)}进行，{ROLE_LABELS[role]}不能操作。")
    if row.intake and not intake:
        raise Forbidden(f"“{row.label}”由政务服务中心的综合管理员进行。")
    return row


def moves_for(state: LetterState, role: Role, facts: LetterFacts, *, intake: bool = False) -> tuple[Row, ...]:
    """All rows `role` may make now, in the table's order."""
    return tuple(
        row
        for row in LETTER_MOVES.values()
        if role in row.roles and (intake or not row.intake) and not obstacle(state, row, facts)
    )


def obstacle(state: LetterState, row: Row, facts: LetterFacts) -> str:
    """Why the move is not legal now, whoever asks; empty when it is."""
    if state not in row.from_states:
        return f"来信现在是“{STATE_LABELS[state]}”"
    if row.conduct is not None and row.conduct != facts.conduct:
        return "工作作风投诉由县监察员直接办理" if facts.conduct else "只用于工作作风投诉"
    limits = facts.limits
    reasons = {
        LetterMove.TRANSFER: (
            facts.transfers >= limits.transfers,
            f"已经转办过{facts.transfers}次，请退回政务服务中心重新分办",
        ),
        LetterMove.RETURN: (facts.returns >= limits.returns, "政务服务中心已经重新指定，不能再退回"),
        LetterMove.EXTEND: _extension_obstacle(facts),
        LetterMove.RECLASSIFY: (facts.reclassified, "类别已经改过一次，来信人没有义务一再确认"),
        LetterMove.OBJECT: (not facts.reclassified or facts.objected, "类别没有被更改，或者已经恢复"),
        LetterMove.DISPUTE: (
            facts.disputes >= limits.disputes or facts.confirm_over,
            "表态的期限已过" if facts.confirm_over else f"已经重新办理过{facts.disputes}次，请向监督部门或信访部门反映",
        ),
        LetterMove.SETTLE: (facts.confirm_over, "表态的期限已过"),
        LetterMove.RATE: (facts.rated, "已经评价过了"),
        LetterMove.CLOSE: (not facts.confirm_over, "来信人表态的期限还没有过"),
        LetterMove.PROPOSE: (not facts.second, "没有另一位县监察员可以审核，请直接“认定并答复”"),
        LetterMove.FINDING: (facts.second, "有另一位县监察员，请先“提出认定意见”，由他审核后发出"),
        LetterMove.PUBLISH: (
            not facts.agreed_to_publish or facts.published,
            "已经公开" if facts.published else "来信人没有同意公开",
        ),
        LetterMove.UNPUBLISH: (not facts.published, "没有公开"),
    }  # fmt: skip
    blocked, reason = reasons.get(row.name, (False, ""))
    return reason if blocked else ""


def _extension_obstacle(facts: LetterFacts) -> tuple[bool, str]:
    """Once, of a kind that has an extension, and in time: a late answer is not made punctual afterwards."""
    if not facts.limits.of(facts.kind).extension:
        return True, "这类来信不能延长"
    if facts.extended:
        return True, "答复期限只能延长一次"
    return facts.extension_late, "答复期限已经过了，须在期限届满前延长。请尽快答复，本件按逾期统计"


def check_needs(row: Row, given: Mapping[str, str]) -> None:
    """Raises Invalid with one message by field when what the move asks for is missing or too long."""
    wrong: dict[str, str] = {}
    for need in row.needs:
        text = given.get(need.name, "").strip()
        if not text and need.required:
            wrong[need.name] = f"请填写{need.label}"
        elif len(text) > LONGEST:
            wrong[need.name] = f"{need.label}最多写 {LONGEST} 个字，现在是 {len(text)} 个字"
        elif need.name == "text" and len(text) < SHORTEST_ANSWER and row.name is not LetterMove.DRAFT:
            wrong[need.name] = f"{need.label}至少写 {SHORTEST_ANSWER} 个字"
        elif text and not _among(need.name, text):
            wrong[need.name] = f"请选择{need.label}"
    if wrong:
        raise Invalid(f"“{row.label}”还缺必要的内容", wrong)


def _among(name: str, text: str) -> bool:
    choices = {"finding": FINDINGS.keys(), "kind": KIND_LABELS.keys(), "score": frozenset("12345")}
    return name not in choices or text in choices[name]


def _names(row: Row) -> str:
    if row.roles == Writer:
        return "来信人本人"
    return "、".join(ROLE_LABELS[role] for role in Role if role in row.roles)
