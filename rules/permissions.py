"""Levels (分级授权、分层监察): which role may do what, how far it reaches, and what no county may grant.

What is granted is data (`permissions.yml`); the bounds are here, because they are separations of duty and not a
county's to lift: who issues cards does not decide the appeal, who runs the machines sees no case, a complaint
about conduct reaches the supervisor only, who looks at cases does not keep the record of looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from rules.access import ROLE_LABELS, STAFF_ROLES, Role
from rules.quick_dataclass import dataclass


class Reach(StrEnum):
    """How far a grant reaches from the unit of the assignment."""

    COUNTY = "county"
    DEPARTMENT = "department"
    TOWN = "town"
    UNIT = "unit"
    CASES = "cases"


REACH_LABELS: Mapping[Reach, str] = MappingProxyType(
    {
        Reach.COUNTY: "全县",
        Reach.DEPARTMENT: "本部门",
        Reach.TOWN: "本乡镇窗口和村受理的",
        Reach.UNIT: "本单位受理或办理的",
        Reach.CASES: "本部门或自己环节的",
    }
)


class Capability(StrEnum):
    """What can be granted."""

    CASES_SEE = "cases.see"
    CASES_INTAKE = "cases.intake"
    CASES_WORK = "cases.work"
    CASES_RECORD = "cases.record"
    CERTIFICATES_ISSUE = "certificates.issue"
    LETTERS_SEE = "letters.see"
    LETTERS_CONDUCT = "letters.conduct"
    BOARD_SEE = "board.see"
    CARDS_SEE = "cards.see"
    CARDS_DECIDE = "cards.decide"
    ORDERS_SEE = "orders.see"
    ORDERS_ISSUE = "orders.issue"
    ORDERS_ANSWER = "orders.answer"
    APPEALS_DECIDE = "appeals.decide"
    STATISTICS_SEE = "statistics.see"
    REPORTS_WRITE = "reports.write"
    SCORES_SEE = "scores.see"
    SCORES_DEPARTMENT = "scores.department"
    SCORES_PERSONS = "scores.persons"
    SCORES_ENTER = "scores.enter"
    SCORES_PUBLISH = "scores.publish"
    DELIVERIES_SEE = "deliveries.see"
    ACCESS_LOG_SEE = "access_log.see"
    DATA_ERASE = "data.erase"
    SWEEP_RUN = "sweep.run"


CAPABILITY_LABELS: Mapping[Capability, str] = MappingProxyType(
    {
        Capability.CASES_SEE: "查看办件，含它的期限、监察牌和文书",
        Capability.CASES_INTAKE: "窗口收件，登记材料和收费",
        Capability.CASES_WORK: "办理：预审、受理、审查、决定、送达",
        Capability.CASES_RECORD: "补录系统外的补正告知和收费",
        Capability.CERTIFICATES_ISSUE: "出证",
        Capability.LETTERS_SEE: "查看咨询和投诉",
        Capability.LETTERS_CONDUCT: "处理工作作风投诉",
        Capability.BOARD_SEE: "监察看板",
        Capability.CARDS_SEE: "查看监察牌",
        Capability.CARDS_DECIDE: "确认和撤销监察牌",
        Capability.ORDERS_SEE: "查看督办、差评整改和申诉",
        Capability.ORDERS_ISSUE: "督办、催办",
        Capability.ORDERS_ANSWER: "代表部门说明、整改、回访差评、申诉",
        Capability.APPEALS_DECIDE: "决定申诉，责任追究",
        Capability.STATISTICS_SEE: "统计分析",
        Capability.REPORTS_WRITE: "季度报告",
        Capability.SCORES_SEE: "绩效评分，含自己的那一部分",
        Capability.SCORES_DEPARTMENT: "本部门得分的明细",
        Capability.SCORES_PERSONS: "本部门人员的得分（看了有记录）",
        Capability.SCORES_ENTER: "登记评分事实",
        Capability.SCORES_PUBLISH: "计算、提出和公布评分",
        Capability.DELIVERIES_SEE: "消息的发送情况，不含内容",
        Capability.ACCESS_LOG_SEE: "查看记录（谁看过什么）",
        Capability.DATA_ERASE: "按规定删除个人信息",
        Capability.SWEEP_RUN: "立即巡查一次",
    }
)

_WORKERS = frozenset({Role.WINDOW_CLERK, Role.COORDINATOR, Role.REVIEWER, Role.DECIDER})
_COUNTY, _DEPARTMENT, _TOWN = Role.COUNTY_SUPERVISOR, Role.DEPARTMENT_SUPERVISOR, Role.TOWN_SUPERVISOR
_SEERS = _WORKERS | {_COUNTY, _DEPARTMENT, _TOWN}
_ANSWERERS = frozenset({Role.COORDINATOR, Role.DECIDER})

# Who may hold a capability at most; a county grants it to these or to fewer.
MOST: Mapping[Capability, frozenset[Role]] = MappingProxyType(
    {
        Capability.CASES_SEE: _SEERS,
        Capability.CASES_INTAKE: frozenset({Role.WINDOW_CLERK, Role.COORDINATOR}),
        Capability.CASES_WORK: _WORKERS,
        Capability.CASES_RECORD: frozenset({Role.WINDOW_CLERK, Role.COORDINATOR, _COUNTY, _DEPARTMENT}),
        Capability.CERTIFICATES_ISSUE: _WORKERS,
        Capability.LETTERS_SEE: _SEERS,
        Capability.LETTERS_CONDUCT: frozenset({_COUNTY}),
        Capability.BOARD_SEE: frozenset({_COUNTY, _DEPARTMENT, *_ANSWERERS}),
        Capability.CARDS_SEE: frozenset({_COUNTY, _DEPARTMENT, _TOWN, *_ANSWERERS}),
        Capability.CARDS_DECIDE: frozenset({_COUNTY, _DEPARTMENT}),
        Capability.ORDERS_SEE: frozenset({_COUNTY, _DEPARTMENT, *_ANSWERERS}),
        Capability.ORDERS_ISSUE: frozenset({_COUNTY, _DEPARTMENT}),
        Capability.ORDERS_ANSWER: frozenset({_DEPARTMENT, *_ANSWERERS}),
        Capability.APPEALS_DECIDE: frozenset({_COUNTY}),
        Capability.STATISTICS_SEE: frozenset({_COUNTY, _DEPARTMENT, *_ANSWERERS}),
        Capability.REPORTS_WRITE: frozenset({_COUNTY}),
        Capability.SCORES_SEE: _WORKERS | {_COUNTY, _DEPARTMENT, Role.PUBLISHER},
        Capability.SCORES_DEPARTMENT: frozenset({_COUNTY, _DEPARTMENT, Role.PUBLISHER, *_ANSWERERS}),
        Capability.SCORES_PERSONS: frozenset({_COUNTY, _DEPARTMENT}),
        Capability.SCORES_ENTER: frozenset({_COUNTY}),
        Capability.SCORES_PUBLISH: frozenset({_COUNTY, Role.PUBLISHER}),
        Capability.DELIVERIES_SEE: frozenset({Role.ADMINISTRATOR}),
        Capability.ACCESS_LOG_SEE: frozenset({Role.ADMINISTRATOR}),
        Capability.DATA_ERASE: frozenset({Role.ADMINISTRATOR}),
        Capability.SWEEP_RUN: frozenset({Role.ADMINISTRATOR, _COUNTY}),
    }
)

REACHES: Mapping[Role, frozenset[Reach]] = MappingProxyType(
    {
        Role.WINDOW_CLERK: frozenset({Reach.UNIT}),
        Role.COORDINATOR: frozenset({Reach.UNIT}),
        Role.REVIEWER: frozenset({Reach.CASES}),
        Role.DECIDER: frozenset({Reach.CASES}),
        Role.DEPARTMENT_SUPERVISOR: frozenset({Reach.DEPARTMENT}),
        Role.TOWN_SUPERVISOR: frozenset({Reach.TOWN}),
        Role.COUNTY_SUPERVISOR: frozenset({Reach.COUNTY}),
        Role.PUBLISHER: frozenset({Reach.COUNTY}),
        Role.ADMINISTRATOR: frozenset({Reach.COUNTY}),
    }
)


@dataclass(frozen=True, slots=True)
class Permissions:
    """What is granted: by capability the roles with their reach."""

    grants: Mapping[Capability, Mapping[Role, Reach]]

    def roles(self, capability: Capability) -> frozenset[Role]:
        """The roles that hold a capability."""
        return frozenset(self.grants.get(capability, {}))

    def reach(self, capability: Capability, role: Role) -> Reach | None:
        """How far a role reaches with a capability; None when it does not hold it."""
        return self.grants.get(capability, {}).get(role)


def faults(permissions: Permissions) -> Iterator[tuple[str, str]]:
    """What no county may grant: (capability, Chinese words); nothing when all is within bounds."""
    for capability in Capability:
        granted = permissions.grants.get(capability, {})
        label = CAPABILITY_LABELS[capability]
        if not granted:
            yield capability, f"“{label}”没有给任何岗位，这件事就没有人能做"
        for role, reach in granted.items():
            if role not in STAFF_ROLES:
                yield capability, f"“{label}”不能给{ROLE_LABELS[role]}"
            elif role not in MOST[capability]:
                yield capability, f"“{label}”不能给{ROLE_LABELS[role]}：职责必须分开"
            elif reach not in REACHES[role]:
                allowed = "、".join(sorted(REACHES[role]))
                yield capability, f"{ROLE_LABELS[role]}的范围不能是 {reach}，只能是 {allowed}"
    needed = {
        Capability.CARDS_DECIDE,
        Capability.ORDERS_ISSUE,
        Capability.APPEALS_DECIDE,
        Capability.CASES_SEE,
    }
    for capability in sorted(needed):
        if _COUNTY not in permissions.grants.get(capability, {}):
            yield capability, f"“{CAPABILITY_LABELS[capability]}”必须给县监察员：没有他，监察就不完整"
