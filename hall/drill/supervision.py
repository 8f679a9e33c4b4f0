"""Topic two, supervision: an overdue case gets its card, a consultation is chased and answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.artifact import ItemSummary
from catalog.codes import Codes
from catalog.county import County
from hall.drill.client import Hall, Json, expect
from hall.drill.filing import file_case
from hall.drill.record import Failed, Record

TOPIC = "电子监察"
SUPERVISOR = "county-supervisor"
RED = 3


@dataclass
class Supervision:
    """Plays the topic; `now` is the drill's own clock and only says how far back the overdue case lies."""

    hall: Hall
    record: Record
    county: County
    codes: Codes
    now: datetime

    def play(self, summary: ItemSummary) -> None:
        """Both parts; one that fails does not keep the other from being tried."""
        for part in (self._overdue_case, self._consultation):
            try:
                part(summary)
            except Failed:
                continue

    def _overdue_case(self, summary: ItemSummary) -> None:
        subject = "超期办件"
        clerk = f"{summary.department}-window"
        before = self._board()
        with self.record.step(TOPIC, subject, "收件") as told:
            received = self.now - timedelta(days=200)
            item = self.hall.item(summary.code).item
            case = file_case(
                self.hall, item, self.county, self.codes, clerk, channel="window", unit=item.department,
                received_at=received,
            )  # fmt: skip
            self.record.subjects[subject] = f"{subject}：{item.name}（{case.number}）"
            told.append(f"{case.number}，收件时间 {received:%Y-%m-%d}")
        with self.record.step(TOPIC, subject, "巡查：视为受理、发牌") as told:
            for _ in range(2):  # the acceptance by law starts the clocks that the next pass looks at
                self.hall.call("POST", "/sweep", login=SUPERVISOR)
            view = self.hall.call("GET", f"/desk/cases/{case.number}", login=f"{item.department}-coordinator")
            expect(view["case"]["deemed"], "五个工作日没有告知补正，却没有视为受理")
            cards = [
                card
                for card in view["cards"]
                if card["level"] == RED and card["state"] in ("issued", "pending")
            ]
            expect(bool(cards), f"超期办件没有红牌，只有 {[card['level'] for card in view['cards']]}")
            expect(all(card["rule"] and card["why"] for card in cards), "红牌没有写明规则和理由")
            told.append(f"红牌 {len(cards)} 张，规则 {cards[0]['rule']}：{cards[0]['why']}")
        with self.record.step(TOPIC, subject, "再次巡查不重复发牌") as told:
            self.hall.call("POST", "/sweep", login=SUPERVISOR)
            again = self.hall.call(
                "GET", f"/desk/cases/{case.number}", login=f"{item.department}-coordinator"
            )
            expect(len(again["cards"]) == len(view["cards"]), "再巡查一次，牌多了")
            told.append(f"仍是 {len(again['cards'])} 张")
        with self.record.step(TOPIC, subject, "责任人收到消息") as told:
            found = self.hall.call("GET", "/messages", login=f"{item.department}-coordinator")["messages"]
            mine = [message for message in found if message["subject_number"] == case.number]
            expect(bool(mine), "综合管理员没有收到催办消息")
            told.append(mine[0]["body"])
        with self.record.step(TOPIC, subject, "监察台看得到、统计里没有") as told:
            after = self._board()
            numbers = {card["card"]["subject_number"] for card in after["cards"]}
            expect(case.number in numbers, "监察台上没有这张牌")
            changed = [name for name in ("open", "red", "filed_today") if after[name] != before[name]]
            expect(not changed, f"演练件进了统计：{'、'.join(changed)}")
            told.append("有牌，各项数字没有变")

    def _consultation(self, summary: ItemSummary) -> None:
        subject = "咨询"
        clerk, coordinator = f"{summary.department}-window", f"{summary.department}-coordinator"
        with self.record.step(TOPIC, subject, "提问") as told:
            body = {
                "kind": "consultation", "department": summary.department, "title": "办理要多久（演练）",
                "content": "请问办理这个事项要多少天？", "name": "张示例", "phone": "0000-5550999",
                "item": summary.code, "drill": True,
            }  # fmt: skip
            letter = self.hall.call("POST", "/letters", login=clerk, body=body)
            number, code = letter["number"], letter["query_code"]
            self.record.subjects[subject] = f"{subject}（{number}）"
            told.append(f"{number}，{letter['due'][:10]} 前答复")
        with self.record.step(TOPIC, subject, "催办") as told:
            self.hall.call("POST", f"/letters/{number}/chase", code=code)
            expect(self._letter(number, code)["chases"] == 1, "催办没有记下")
            told.append("已催办一次")
        with self.record.step(TOPIC, subject, "答复") as told:
            text = f"{summary.name}承诺{summary.promised}内办结。（演练）"
            moves = f"/desk/letters/{number}/moves"
            self.hall.call("POST", f"{moves}/submit", login=coordinator, body={"text": text})
            self.hall.call("POST", f"{moves}/answer", login=f"{summary.department}-decider", body={})
            view = self._letter(number, code)
            expect(view["answer"] == text and view["state"] == "answered", "提问人看不到答复")
            told.append(text)
        with self.record.step(TOPIC, subject, "认可答复") as told:
            self.hall.call("POST", f"/letters/{number}/settle", code=code, body={})
            expect(self._letter(number, code)["settled"] is True, "认可没有记下")
            told.append("已认可")
        with self.record.step(TOPIC, subject, "评价答复") as told:
            self.hall.call("POST", f"/letters/{number}/rating", code=code, body={"score": 1, "words": "演练"})
            expect(self._letter(number, code)["score"] == 1, "评价没有记下")
            told.append("非常满意")

    def _letter(self, number: str, code: str) -> Json:
        return self.hall.call("GET", f"/letters/{number}", code=code)

    def _board(self) -> Json:
        return self.hall.call("GET", "/board", login=SUPERVISOR)
