"""Topic one, online handling: five cases in each of five departments, through all stages to pick-up and rating."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from catalog.artifact import Catalog, ItemSummary
from catalog.codes import Codes
from catalog.county import County
from catalog.schema import Item
from hall.drill.client import Hall, Json, expect
from hall.drill.filing import Filed, file_case
from hall.drill.record import Failed, Record

TOPIC = "网上办理"
DEPARTMENTS = 5
# What each of a department's five cases goes through besides the straight way.
PATHS = ("网上直办", "一次补正", "特别程序", "延期", "窗口代收")
WORDS = {"window_clerk": "window", "coordinator": "coordinator", "reviewer": "reviewer", "decider": "decider"}
NOTICE_OF = {"accept": "acceptance", "supplement_notice": "supplement", "start_special": "special_procedure",
             "extend": "extension", "grant": "grant", "deliver": "delivery"}  # fmt: skip


def suitable(catalog: Catalog) -> list[ItemSummary]:
    """One item in each of five departments: filed online, decided within a limit; permits first."""
    wanted = sorted(
        (each for each in catalog.items if each.accepts_online and not each.immediate and each.promised),
        key=lambda each: (each.type != "01", each.department, each.code),
    )
    chosen: dict[str, ItemSummary] = {}
    for each in wanted:
        chosen.setdefault(each.department, each)
    if len(chosen) < DEPARTMENTS:
        raise Failed(f"能网上申请的承诺件只分布在 {len(chosen)} 个部门，演练要 {DEPARTMENTS} 个。")
    return list(chosen.values())[:DEPARTMENTS]


@dataclass
class Handling:
    """Plays the topic; every step of every case is written into the record."""

    hall: Hall
    record: Record
    county: County
    codes: Codes

    def play(self, items: Sequence[ItemSummary]) -> None:
        """All cases; one that fails does not keep the next from being tried."""
        for summary in items:
            for path in PATHS:
                try:
                    self._case(summary, path)
                except Failed:
                    continue

    def _case(self, summary: ItemSummary, path: str) -> None:
        subject = f"{summary.department_name}·{path}"
        item = self.hall.item(summary.code).item
        case = self._file(subject, item, path)
        self.record.subjects[subject] = f"{subject}：{item.name}（{case.number}）"
        play = CasePlay(self, subject, item, case)
        play.take_in(path)
        play.review(path)
        play.finish()

    def _file(self, subject: str, item: Item, path: str) -> Filed:
        with self.record.step(TOPIC, subject, "申请") as told:
            login, key = f"{item.department}-window", uuid4().hex
            at_window = path == "窗口代收"
            channel, unit = ("window", item.department) if at_window else ("web", None)
            case = file_case(
                self.hall, item, self.county, self.codes, login, channel=channel, unit=unit, key=key
            )
            again = file_case(
                self.hall, item, self.county, self.codes, login, channel=channel, unit=unit, key=key
            )
            expect(
                again.number == case.number,
                f"同一次提交发了两遍，得到两个编号：{case.number}、{again.number}",
            )
            told.append(f"办件编号 {case.number}，重复提交没有多出一件")
        return case


@dataclass
class CasePlay:
    """One case, moved on by the person whose turn it is."""

    topic: Handling
    subject: str
    item: Item
    case: Filed

    def take_in(self, path: str) -> None:
        """Pre-review, the one supplement notice, acceptance."""
        if path == "一次补正":
            self.move(
                "window",
                "supplement_notice",
                "supplementing",
                reason="请补充清晰的材料扫描件（演练）",
                days="10",
            )
            self.refused("window", "accept", "补正期间不能受理")
            self._supplement()
        view = self._staff("window")
        if any(move["name"] == "pre_review" for move in view["case"]["moves"]):
            self.move("window", "pre_review", "pre_reviewed", opinion="材料齐全（演练）")
        self.refused("reviewer", "accept", "审查人员不能受理")
        self.move("window", "accept", "in_review")
        self._explained()

    def review(self, path: str) -> None:
        """All steps up to the decision, with special procedure or extension on the way."""
        if path == "特别程序":
            word = self._word_of_step(0)
            self.move(word, "start_special", "special_procedure", kind="2", days="5", reason="组织专家评审（演练）",
                      basis="《行政许可法》第四十五条")  # fmt: skip
            self.move(word, "end_special", "in_review", opinion="评审通过（演练）")
        if path == "延期":
            self.move("decider", "extend", "in_review", days="3", reason="情况复杂，需要核实（演练）")
            self.refused("decider", "extend", "不能第二次延期", days="3", reason="再延（演练）")
        for position in range(len(self.item.steps) - 1):
            self.move(
                self._word_of_step(position), "complete_step", "in_review", opinion="符合条件，同意（演练）"
            )
        self.move("decider", "grant", "granted", opinion="准予（演练）")

    def finish(self) -> None:
        """Certificate where there is one, fees, pick-up, rating."""
        with self.topic.record.step(TOPIC, self.subject, "缴费和制证") as told:
            view = self._own()
            for fee in view["fees"]:
                path = f"/desk/cases/{self.case.number}/fees"
                self.topic.hall.call(
                    "POST", path, login=self._login("window"), body={"position": fee["position"]}
                )
                told.append(f"已缴 {fee['name']}")
            if view["certificate"] is not None and view["certificate"]["issued"] is None:
                path = f"/desk/cases/{self.case.number}/certificate"
                made = self.topic.hall.call("POST", path, login=self._login("coordinator"), body={})
                told.append(f"证照编号 {made['number']}")
        self.move("window", "deliver", "delivered", method="窗口领取", recipient="张示例")
        with self.topic.record.step(TOPIC, self.subject, "评价") as told:
            path = f"/cases/{self.case.number}/rating"
            self.topic.hall.call("POST", path, code=self.case.code, body={"score": 1, "words": "演练"})
            self.topic.hall.call(
                "POST", path, code=self.case.code, body={"score": 5, "words": "再评"}, expect=(409,)
            )
            view = self._own()
            expect(view["rating"] is not None and view["rating"]["score"] == 1, "评价没有记下")
            expect(view["drill"] is True, "办件没有演练标记")
            told.append("非常满意；第二次评价被拒绝")

    def move(self, word: str, name: str, state: str, **values: str) -> None:
        """One move by the person in charge; state, notice and public time line are looked at afterwards."""
        labels = {each["name"]: each["label"] for each in self._staff(word)["case"]["moves"]}
        with self.topic.record.step(TOPIC, self.subject, labels.get(name, name)) as told:
            expect(
                name in labels, f"{self._login(word)} 的页面上没有“{name}”这一步，只有 {'、'.join(labels)}"
            )
            seen = self._staff(word)["case"]["version"]
            body: Json = {"move": name, "values": values, "seen": seen}
            if name == "supplement_notice" and self.item.materials:
                body["missing"] = [self.item.material_id(0)]
            path = f"/desk/cases/{self.case.number}/moves"
            moved = self.topic.hall.call("POST", path, login=self._login(word), body=body)
            expect(moved["state"] == state, f"应到 {state}，却在 {moved['state']}")
            view = self._own()
            expect(view["state"] == state, f"申请人看到的是 {view['state_label']}")
            told.append(f"{self._login(word)}：{view['state_label']}")
            if name in NOTICE_OF:
                told.append(self._notice(moved, NOTICE_OF[name]))

    def refused(self, word: str, name: str, why: str, **values: str) -> None:
        """An illegal move is refused with 403 or 409 and changes nothing."""
        with self.topic.record.step(TOPIC, self.subject, f"越权或越序：{why}") as told:
            before = self._own()
            path = f"/desk/cases/{self.case.number}/moves"
            body: Json = {"move": name, "values": values}
            self.topic.hall.call("POST", path, login=self._login(word), body=body, expect=(403, 409))
            expect(self._own()["version"] == before["version"], "被拒绝的操作改变了办件")
            told.append("已拒绝，办件没有变化")

    def _supplement(self) -> None:
        with self.topic.record.step(TOPIC, self.subject, "提交补正材料") as told:
            view = self._own()
            expect(bool(view["missing"] or view["next_words"]), "申请人看不到要补什么")
            upload = f"material_{self.item.material_id(0)}"
            answers = {} if self.item.form is None else _one_answer(self.topic, self.item)
            path = f"/cases/{self.case.number}/supplement"
            moved = self.topic.hall.call("POST", path, code=self.case.code, body={"answers": answers})
            expect(moved["state"] == "received", f"补正后应回到待预审，却是 {moved['state']}")
            told.append(f"已补正（{upload}）")

    def _explained(self) -> None:
        with self.topic.record.step(TOPIC, self.subject, "期限说明") as told:
            due = self._own()["due"]
            expect(due is not None, "受理后没有办结期限")
            counted = sum(day["counted"] for day in due["trace"])
            expect(counted == due["limit"] + due["extension"] or due["unit"] == "day", "逐日说明和期限对不上")
            told.append(f"{due['due']}，{counted} 天逐日说明{'，暂定' if due['provisional'] else ''}")

    def _notice(self, moved: Json, kind: str) -> str:
        expect(moved["notice_number"] is not None, "没有出文书")
        path = f"/cases/{self.case.number}/notices/{moved['notice_id']}"
        notice = self.topic.hall.call("GET", path, code=self.case.code)
        expect(notice["kind"] == kind, f"文书应是 {kind}，却是 {notice['kind']}")
        return f"{notice['title']} {notice['number']}"

    def _word_of_step(self, position: int) -> str:
        return WORDS[self.item.steps[position].role]

    def _login(self, word: str) -> str:
        return f"{self.item.department}-{word}"

    def _staff(self, word: str) -> Json:
        return self.topic.hall.call("GET", f"/desk/cases/{self.case.number}", login=self._login(word))

    def _own(self) -> Json:
        return self.topic.hall.call("GET", f"/cases/{self.case.number}", code=self.case.code)


def _one_answer(topic: Handling, item: Item) -> Json:
    """One corrected answer: the item's first own text question, as its sample has it."""
    from hall.drill.filing import application

    answers, _ = application(item, topic.county, topic.codes)
    own = [each.id for section in item.form.sections for each in section.fields] if item.form else []
    first = next((name for name in own if isinstance(answers.get(name), str)), None)
    return {} if first is None else {first: answers[first]}
