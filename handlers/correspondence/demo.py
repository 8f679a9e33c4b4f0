"""Demo letters: one in every state, fictional, told as moves on working days before today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from handlers.casework.demo_cases import Action, Stage
from handlers.casework.requests import ByStaff
from handlers.correspondence.requests import LetterData, LetterFiled, LetterRequest
from handlers.correspondence.service import Correspondence
from rules.letter_terms import CONDUCT, LetterMove

_PHONE = "0000-5551999"


class _Tale:
    """One letter's life: each call plans a move some working days before today."""

    def __init__(
        self, stage: Stage, room: Correspondence, department: str, days_ago: int, request: LetterRequest
    ) -> None:
        self.stage, self.room, self.department, self.minutes = stage, room, department, 0
        self.filed: LetterFiled | None = None

        def ask(moment: datetime) -> None:
            self.filed = room.ask(request, key=f"demo-letter-{request.title}", now=moment)

        stage.plan(stage.moment(days_ago, 3), ask)

    def writer(self, move: LetterMove, days_ago: int, **values: str) -> _Tale:
        """The writer's move."""

        def action(moment: datetime) -> None:
            assert self.filed is not None
            self.room.by_writer(
                self.filed.number, self.filed.query_code, move, LetterData(values), now=moment
            )

        return self._plan(days_ago, action)

    def staff(
        self, login: str, move: LetterMove, days_ago: int, *, publish: bool = False, **values: str
    ) -> _Tale:
        """A move by a member of staff; a login without a department is one of the letter's department."""
        known = login if login in self.stage.people else f"{self.department}-{login}"

        def action(moment: datetime) -> None:
            assert self.filed is not None
            data = LetterData(values, publish=publish)
            self.room.by_staff(self.filed.number, ByStaff(self.stage.people[known]), move, data, now=moment)

        return self._plan(days_ago, action)

    def answered(self, days_ago: int, text: str, *, publish: bool = True) -> _Tale:
        """Drafted by the coordinator, reviewed by the decider."""
        self.staff("coordinator", LetterMove.SUBMIT, days_ago, text=text)
        return self.staff("decider", LetterMove.ANSWER, days_ago, publish=publish)

    def _plan(self, days_ago: int, action: Action) -> _Tale:
        self.minutes += 35
        self.stage.plan(self.stage.moment(days_ago, 3 + self.minutes), action)
        return self


_Of = Callable[[str, int], str]


class _Make(Protocol):
    """Begins a tale: department, working days ago, kind, title, text."""

    def __call__(
        self, department: str, days: int, kind: str, title: str, content: str, *, name: str = ..., public: bool = ...,
        topic: str = ..., about: str = ..., known: bool = ...,
    ) -> _Tale: ...  # fmt: skip


def plan(stage: Stage) -> None:
    """Plans the letters of a demo county, whatever departments it has."""
    room = Correspondence(stage.casework.database, stage.casework.ground)
    here = [each for each in stage.casework.ground().departments if f"{each}-coordinator" in stage.people]
    if not here:
        return

    def of(name: str, at: int) -> str:
        return name if name in here else here[(at * 5) % len(here)]

    def tale(
        department: str, days: int, kind: str, title: str, content: str, *, name: str = "张示例", public: bool = True,
        topic: str = "", about: str = "", known: bool = True,
    ) -> _Tale:  # fmt: skip
        request = LetterRequest(
            kind, department if known else "", title, content, name, _PHONE if name else "", public=public,
            topic=topic, about=about,
        )  # fmt: skip
        return _Tale(stage, room, department, days, request)

    _open(tale, of)
    stage.plan(stage.moment(0, 1), lambda moment: _close(room, moment))
    _answered(tale, of)
    if "county-supervisor" in stage.people:
        _conduct(tale, of)


def _close(room: Correspondence, moment: datetime) -> None:
    """Who said nothing in time."""
    room.close_unstated(moment)


def _open(tale: _Make, of: _Of) -> None:
    """Letters that wait for something."""
    market, social, police = of("market", 0), of("human-resources", 1), of("police", 2)
    housing, health = of("housing", 3), of("health", 4)
    tale(
        market,
        1,
        "consultation",
        "夜市摆摊卖小吃要办什么证",
        "暑假想在夜市摆摊卖凉皮，需要办食品经营许可还是登记？",
        known=False,
    )
    tale(
        social,
        1,
        "consultation",
        "办理需要本人到场吗",
        "请问可以委托家里人代办吗，需要带什么？",
        public=False,
    )
    late = tale(police, 8, "complaint", "电话一直打不通", "连续三天上班时间打咨询电话都没有人接。", name="")
    late.writer(LetterMove.CHASE, 3)
    soon = tale(housing, 4, "complaint", "窗口中午没有人", "公告写着中午不休息，去了却要等到下午。")
    soon.writer(LetterMove.CHASE, 1)
    drafted = tale(market, 3, "suggestion", "希望网上能看到排队人数", "去大厅之前想先看看要等多久。")
    drafted.staff("coordinator", LetterMove.HAND, 2)
    drafted.staff(
        "reviewer", LetterMove.DRAFT, 1, text="感谢您的建议，我们正在了解取号系统能否公布排队人数。"
    )
    review = tale(health, 3, "consultation", "托育机构备案要多少平方米", "在小区里开托育点，面积有没有要求？")
    review.staff(
        "coordinator",
        LetterMove.SUBMIT,
        1,
        text="托育机构备案的场地要求见办事指南“申请条件”一栏，室外活动场地可以就近利用。",
    )
    moved = tale(
        social, 4, "complaint", "工地晚上十二点还在施工", "家门口的工地连着一个星期半夜施工，睡不着。"
    )
    if housing != social:
        moved.staff("coordinator", LetterMove.TRANSFER, 3, unit=housing, reason="施工管理属住建部门职责")
    longer = tale(
        market, 5, "complaint", "超市称重不准", "在菜市场旁边的超市买菜，回家一称少了二两。", name="李样本"
    )
    longer.staff("coordinator", LetterMove.EXTEND, 2, reason="需要对计量器具送检")


def _answered(tale: _Make, of: _Of) -> None:
    """Letters with an answer, in every way it may end."""
    market, social, police = of("market", 0), of("human-resources", 1), of("police", 2)
    done = tale(
        police,
        12,
        "consultation",
        "身份证到期怎么换",
        "身份证下个月到期，人在外地，可以网上换领吗？我叫张示例，电话0000-5551999。",
    )
    done.answered(10, "可以。到居住地任一派出所户籍窗口办理，带上旧证，到期前三十日内都可以申请。")
    done.writer(LetterMove.SETTLE, 9).writer(LetterMove.RATE, 9, score="1", words="说得很清楚")
    waiting = tale(
        market,
        5,
        "consultation",
        "开小餐馆先办执照还是先办许可",
        "想租个门面开小餐馆，不知道先办哪一个。",
        name="王演示",
    )
    waiting.answered(3, "先办营业执照，再凭执照申请食品经营许可；两件事可以在市场准入窗口一次提交。")
    silent = tale(social, 20, "consultation", "灵活就业怎么缴养老保险", "没有单位，自己怎么缴？每年缴多少？")
    silent.answered(17, "灵活就业人员可以在社会保障窗口或者网上参保，缴费基数在公布的上下限之间自己选。")
    again = tale(
        market, 9, "complaint", "预付卡退不了钱", "健身房关门了，预付卡里还有钱没有退。", name="赵试用"
    )
    again.answered(6, "已联系经营者，请您直接与其协商。", publish=False)
    again.writer(LetterMove.DISPUTE, 5, reason="经营者电话已经停机，没有人可以协商")
    petition = tale(
        social, 6, "complaint", "八十年代的征地补偿", "村里八十年代的征地补偿一直没有说法。", public=False
    )
    petition.staff(
        "decider",
        LetterMove.REDIRECT,
        4,
        text="您反映的是历史遗留的征地补偿，属于信访事项，请向县信访部门提出，他们会在15日内告知是否受理。",
    )
    other = tale(social, 4, "complaint", "失业金什么时候到账", "申请了两个月还没有到账，到底什么时候发？")
    other.staff("coordinator", LetterMove.RECLASSIFY, 3, kind="consultation", reason="来信询问的是发放时间")
    other.writer(LetterMove.OBJECT, 2)
    taken = tale(police, 6, "report_error", "办事指南的电话少一位", "户籍窗口的电话少了一位数。", name="")
    taken.writer(LetterMove.WITHDRAW, 5, reason="看到已经改好了")
    praise = tale(
        market, 7, "praise", "窗口帮我把材料理好了", "第一次办执照，窗口的同志一项一项帮我理好，谢谢。"
    )
    praise.answered(6, "谢谢您的肯定，已转告窗口人员。")


def _conduct(tale: _Make, of: _Of) -> None:
    """Complaints about conduct, for the county supervisor alone."""
    market, police = of("market", 0), of("police", 2)
    tale(
        market,
        2,
        "complaint",
        "窗口人员一边玩手机一边办事",
        "上午在窗口，工作人员一直看手机，问了三遍才抬头。",
        topic=CONDUCT,
        name="",
    )
    found = tale(
        police,
        9,
        "complaint",
        "办事时被大声训斥",
        "材料带错了一样，被当着很多人的面训斥。",
        topic=CONDUCT,
        about="某工作人员",
    )
    words = "经调看监控和询问，工作人员确有语气生硬的情况，已当面批评并要求改正。谢谢您的监督。"
    second = "county-supervisor-2" in found.stage.people
    found.staff(
        "county-supervisor", LetterMove.PROPOSE if second else LetterMove.FINDING, 6, finding="partly", text=words,
        outcome="约谈，责令检查",
    )  # fmt: skip
    if second:
        found.staff("county-supervisor-2", LetterMove.ENDORSE, 5)
    mistaken = tale(
        market,
        4,
        "complaint",
        "材料交了三次还说不对",
        "每次都说缺别的，到底要交什么？",
        topic=CONDUCT,
        name="李样本",
    )
    mistaken.staff(
        "county-supervisor",
        LetterMove.RELEASE,
        2,
        unit=market,
        reason="反映的是一次性告知不到位，由承办部门答复",
    )
    passed = tale(police, 3, "complaint", "排队时被插队的熟人先办", "工作人员让熟人先办，还让我们别多嘴。")
    passed.staff("coordinator", LetterMove.ESCALATE, 1, reason="反映的是工作人员办事不公、态度不好")
