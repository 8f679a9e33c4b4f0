"""Demo orders in every state, appeals open, returned, upheld and granted, reminders, who was held to account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from handlers.casework.demo_cases import PDF, Stage
from handlers.store import attachments, cards
from handlers.store.appeals import Appeal
from handlers.store.cards import CardFilter
from handlers.store.orders import Order
from handlers.store.records import Card
from handlers.supervising import drafts
from handlers.supervising.requests import AccountabilityRequest, AgainstCard, OrderRequest
from handlers.supervising.service import Supervision
from rules.errors import HallError
from rules.time import local_date

COUNTY, SECOND = "county-supervisor", "county-supervisor-2"


@dataclass
class _Told:
    """One order by hand and what follows, planned as moves on working days before today."""

    stage: Stage
    supervision: Supervision
    department: str
    at: int
    made: list[Order] = field(default_factory=list)

    def issue(self, days_ago: int, text: str, demand: str = "") -> _Told:
        request = OrderRequest("department", department=self.department, text=text, demand=demand)

        def action(moment: datetime) -> None:
            self.made.append(
                self.supervision.issue_order(request, self._person(COUNTY), key=f"demo-{self.at}", now=moment)
            )

        return self._plan(days_ago, 0, action)

    def move(self, days_ago: int, move: str, who: str, text: str, days: str = "", file: str = "") -> _Told:
        def action(moment: datetime) -> None:
            person = self._person(who)
            if file:
                _upload(self.stage, drafts.order_topic(self.made[0].id), person, file, moment)
            self.supervision.move_order(
                self.made[0].id, move, {"text": text, "days": days}, person, now=moment
            )

        return self._plan(days_ago, 30 + 40 * len(move), action)

    def chase(self, days_ago: int, words: str) -> _Told:
        def action(moment: datetime) -> None:
            self.supervision.chase("order", str(self.made[0].id), words, self._person(COUNTY), now=moment)

        return self._plan(days_ago, 90, action)

    def account(self, days_ago: int, kind: str, person: str, outcome: str) -> _Told:
        def action(moment: datetime) -> None:
            entry = AccountabilityRequest(kind, outcome, local_date(moment), person)
            self.supervision.record_accountability(self.made[0].id, entry, self._person(COUNTY), now=moment)

        return self._plan(days_ago, 280, action)

    def _person(self, who: str) -> str:
        return self.stage.people[who if who in (COUNTY, SECOND) else f"{self.department}-{who}"]

    def _plan(self, days_ago: int, minutes: int, action: Callable[[datetime], None]) -> _Told:
        self.stage.plan(self.stage.moment(days_ago, 60 + minutes + self.at), action)
        return self


def plan(stage: Stage) -> None:
    """Plans orders and appeals for the departments that have demo people; nothing where there are none."""
    departments = [each for each in stage.casework.ground().departments if f"{each}-decider" in stage.people]
    if not departments or COUNTY not in stage.people:
        return
    supervision = Supervision(stage.casework.database, stage.casework.ground)
    _plan_orders(stage, supervision, departments)
    _plan_appeals(stage, supervision, departments)


def _plan_orders(stage: Stage, supervision: Supervision, departments: Sequence[str]) -> None:
    def told(at: int) -> _Told:
        return _Told(stage, supervision, departments[(at * 3) % len(departments)], at)

    late = "办事指南公示的咨询电话连续三个工作日无人接听，群众两次反映后仍未改正。"
    told(0).issue(8, late).chase(1, "已经逾期，请今天内提交说明。")
    told(1).issue(2, "窗口中午公示“不间断服务”，抽查时无人值守。", "落实午间值班，公示值班表")
    told(2).issue(4, "两件办件的补正告知没有一次写全，申请人往返三次。").move(
        1,
        "explain",
        "decider",
        "新到岗人员不熟悉材料清单。已逐项培训，并由审批负责人复核补正告知书。",
        file="培训签到表.pdf",
    )
    told(3).issue(5, "收费窗口没有公示最新收费标准。").move(
        3, "explain", "coordinator", "公示牌正在更换。"
    ).move(2, "return", COUNTY, "没有说明为什么没有及时更换，也没有说明期间怎么告知群众。", "3")
    told(4).issue(6, "办件系统里有四件办结时间早于补录时间，存在先办后录。").move(
        4, "explain", "decider", "系统升级当天改用纸质办理，次日补录。", file="升级通知.pdf"
    ).move(3, "accept", COUNTY, "情况属实。")
    told(5).issue(7, "两个环节连续超时，没有说明原因。").move(
        5, "explain", "coordinator", "现场核查人员不足。"
    ).move(2, "demand", COUNTY, "调整核查人员配置，超时环节每日通报。", "5")
    told(6).issue(8, "办事指南要求提供已取消的证明材料。").move(
        6, "explain", "decider", "指南更新时漏改。"
    ).move(5, "demand", COUNTY, "全面清理本部门办事指南，删除已取消的证明。", "4").move(
        1, "report", "coordinator", "已清理全部办事指南，删除三项证明，合并请求已公开。", file="清理清单.pdf"
    )
    told(7).issue(9, "一件咨询超期十二个工作日没有答复。").move(
        7, "explain", "decider", "来信分到科室后无人认领。"
    ).move(6, "demand", COUNTY, "明确来信承办人和替岗人。", "3").move(
        4, "report", "coordinator", "已明确承办人、替岗人，来信当日签收。"
    ).move(2, "close", COUNTY, "整改到位，予以办结。").account(
        2, "talk", "示例某", "对来信承办科室负责人谈话提醒，责令作出书面检查。"
    )
    told(8).issue(3, "门户显示事项暂停办理，窗口仍在收件。").move(
        2, "cancel", COUNTY, "核实为门户缓存未更新，当天已恢复，不属于部门责任。"
    )


def _plan_appeals(stage: Stage, supervision: Supervision, departments: Sequence[str]) -> None:
    filed: list[Appeal] = []
    stories = (
        ("系统升级当天停机六小时，期间不能操作，附停机公告。请求撤销。", "revoke", "停机公告属实，当天不应计入，申诉成立。", ""),
        ("申请人电话一直打不通，核查推迟。请求撤销。", "uphold", "联系不上申请人不属于法定中止事由，也没有出具告知书，维持。", ""),
        ("现场核查当天暴雨，道路中断。请求撤销。", "return", "请补充当天道路中断的证明。", "3"),
        ("申请人自行补交材料后应当重新计时。请求撤销。", "", "", ""),
    )  # fmt: skip

    def file_all(moment: datetime) -> None:
        found = _cards(stage, departments, moment)
        for text, *_ in stories:
            while found:
                card = found.pop(0)
                person = stage.people[f"{card.department}-decider"]
                try:
                    _upload(stage, drafts.card_topic(card.id), person, "证明材料.pdf", moment)
                    filed.append(supervision.file_appeal(AgainstCard(card.id), text, person, now=moment))
                except HallError:
                    continue
                break

    def decide_all(moment: datetime) -> None:
        for appeal, (_, move, reasons, days) in zip(filed, stories, strict=False):
            if move:
                supervision.decide_appeal(
                    appeal.id, move, reasons, stage.people[SECOND], now=moment, days=days
                )

    stage.plan(stage.moment(1, 300), file_all)
    stage.plan(stage.moment(0, 240), decide_all)


def _cards(stage: Stage, departments: Sequence[str], moment: datetime) -> list[Card]:
    """Issued yellow and red cards, one of a case each, those of different departments first."""
    found, _ = cards.listed(stage.casework.database, departments, CardFilter(state="issued"), 200)
    seen: set[tuple[str, int]] = set()
    chosen: list[Card] = []
    for card in found:
        if card.level >= 2 and card.subject == "case" and (card.subject, card.subject_id) not in seen:
            seen.add((card.subject, card.subject_id))
            chosen.append(card)
    first = {card.department: card for card in reversed(chosen)}
    return [*first.values(), *(each for each in chosen if each not in first.values())]


def _upload(stage: Stage, topic: str, person: str, name: str, moment: datetime) -> None:
    attachments.receive_bytes(
        stage.casework.database, (PDF,), name, attachments.Limits(("pdf",), 1_000_000), moment,
        field="files", received_by=person, owner=drafts.owner(topic, person),
    )  # fmt: skip
