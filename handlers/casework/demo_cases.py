"""Demo cases: one scenario for every state and light, told as moves on working days before today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import cast

from stdnum.cn import ric

from catalog.sample_answers import Answer, sample_own_answers
from catalog.schema import Item
from handlers.casework.requests import (
    Application,
    ByApplicant,
    ByStaff,
    Filed,
    MaterialGiven,
    MoveData,
)
from handlers.casework.service import Casework
from handlers.store import attachments
from handlers.store.records import Json, Party
from rules.rating_table import BAD
from rules.time import SHANGHAI

_NAMES = ("张示例", "李样本", "王演示", "赵试用", "钱虚构", "孙范本", "周举例", "吴练习", "郑模拟", "冯假设")
# The smallest file every reader opens as one empty page.
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\n"
    b"startxref\n164\n%%EOF\n"
)

Action = Callable[[datetime], None]


@dataclass
class Stage:
    """Where scenarios put their actions: played later in the order of time, so that the log reads like a log."""

    casework: Casework
    people: Mapping[str, str]
    now: datetime
    actions: list[tuple[datetime, int, Action]] = field(default_factory=list)
    numbers: dict[str, list[str]] = field(default_factory=dict)
    # Stories with a bad rating and how many working days ago: what follows is planned when all are told.
    rated_badly: list[tuple[Story, int]] = field(default_factory=list)

    def moment(self, days_ago: int, minutes: int = 0) -> datetime:
        """So many elapsed working days before today, in office hours (today: a little while ago)."""
        calendar, today = self.casework.ground().calendar, self.now.date()
        # Counted from a day off, the last working day is already behind: it is no elapsed day yet.
        back = days_ago + 1 if days_ago and not calendar.is_working(today) else days_ago
        day = calendar.add_working_days(today, -back)
        wanted = datetime.combine(day, time(9, 5), SHANGHAI) + timedelta(minutes=minutes)
        return min(wanted, self.now - timedelta(minutes=max(1, 30 - minutes // 10)))

    def plan(self, moment: datetime, action: Action) -> None:
        """Adds an action."""
        self.actions.append((moment, len(self.actions), action))

    def play(self) -> None:
        """Plays everything in order, with the sweep of each day between."""
        swept: date | None = None
        for moment, _, action in sorted(self.actions, key=lambda each: each[:2]):
            if moment.date() != swept:
                self.casework.sweep(moment)
                swept = moment.date()
            action(moment)
        self.casework.sweep(self.now)


class Story:
    """One case's life: each call plans a move on a working day before today."""

    def __init__(
        self,
        stage: Stage,
        item: Item,
        at: int,
        *,
        channel: str = "web",
        unit: str | None = None,
        listed: bool = True,
    ) -> None:
        """`listed`: whether later scenes may pick the case by its department."""
        self.stage, self.item, self.at, self.channel, self.unit = stage, item, at, channel, unit
        self.listed = listed
        self.filed: Filed | None = None
        self.minutes = 0

    def file(self, days_ago: int) -> Story:
        """The filing, online or at a window."""
        at_window = self.channel in ("window", "town")

        def action(moment: datetime) -> None:
            by = None
            if at_window:
                login = f"{self.unit}-window"
                by = ByStaff(self.stage.people[login])
            self.filed = self.stage.casework.file_case(
                self._application(moment), key=f"demo-{self.at}", channel=self.channel, now=moment, by=by
            )
            if self.listed:
                self.stage.numbers.setdefault(self.item.department, []).append(self.filed.number)

        return self._plan(days_ago, action)

    def staff(
        self, word: str, move: str, days_ago: int, missing: tuple[str, ...] = (), **values: str
    ) -> Story:
        """A move by the department's clerk, coordinator, reviewer or decider."""
        login = f"{self.item.department}-{word}"

        def action(moment: datetime) -> None:
            assert self.filed is not None
            self.stage.casework.move(
                self.filed.number, move, ByStaff(self.stage.people[login]), MoveData(values, missing),
                key=f"demo-{self.at}-{move}-{moment:%m%d%H%M}", now=moment,
            )  # fmt: skip

        return self._plan(days_ago, action)

    def applicant(self, move: str, days_ago: int, **values: str) -> Story:
        """A move by the applicant."""

        def action(moment: datetime) -> None:
            assert self.filed is not None
            self.stage.casework.move(
                self.filed.number, move, ByApplicant(self.filed.query_code), MoveData(values),
                key=f"demo-{self.at}-{move}", now=moment,
            )  # fmt: skip

        return self._plan(days_ago, action)

    def accept(self, days_ago: int) -> Story:
        """Pre-review where it is needed, then acceptance."""
        if self.channel == "web" and not self.item.immediate:
            self.staff("window", "pre_review", days_ago, opinion="材料齐全，符合形式要求")
        return self.staff("window", "accept", days_ago)

    def review(self, days_ago: int) -> Story:
        """All steps before the deciding one."""
        for step in self.item.steps[:-1]:
            self.staff(login_word(step.role), "complete_step", days_ago, opinion=f"{step.name}通过，符合条件")
        return self

    def grant(self, days_ago: int) -> Story:
        """The decision to grant."""
        return self.staff("decider", "grant", days_ago, opinion="符合法定条件，同意")

    def deliver(self, days_ago: int) -> Story:
        """The result handed out."""
        return self.staff("window", "deliver", days_ago, method="窗口领取")

    def rate(self, days_ago: int, score: int, words: str) -> Story:
        """The applicant's rating."""

        def action(moment: datetime) -> None:
            assert self.filed is not None
            self.stage.casework.rate(self.filed.number, self.filed.query_code, score, words, now=moment)

        if score in BAD:
            self.stage.rated_badly.append((self, days_ago))
        return self._plan(days_ago, action)

    def _plan(self, days_ago: int, action: Action) -> Story:
        self.minutes += 7
        self.stage.plan(self.stage.moment(days_ago, self.minutes + self.at % 60), action)
        return self

    def _application(self, moment: datetime) -> Application:
        item, given, files = self.item, [], {}
        for index, material in enumerate(item.materials):
            code = item.material_id(index)
            if material.exempt:
                given.append(MaterialGiven(code, reused=True))
            elif self.channel in ("window", "town"):
                given.append(MaterialGiven(code, material.originals or 1, material.copies))
            elif index == 0:
                taken = attachments.receive_bytes(
                    self.stage.casework.database, (PDF,), f"{material.name[:20]}.pdf",
                    attachments.Limits(("pdf",), 1_000_000), moment, field=f"material_{code}",
                )  # fmt: skip
                files[f"material_{code}"] = (taken.id,)
        return Application(
            item_code=item.code,
            applicant=party(item, self.at),
            answers=_as_json(sample_own_answers(item, self.stage.casework.ground().county.name)),
            attachments=files,
            materials=tuple(given),
            delivery=(item.result.delivery[0] if item.result and item.result.delivery else "window"),
            accepting_unit=self.unit if self.channel in ("window", "town") else None,
        )


def party(item: Item, at: int) -> Party:
    """A fictional applicant: a division that does not exist, numbers nobody has."""
    name = _NAMES[at % len(_NAMES)]
    phone = f"0000-5551{at % 1000:03d}"
    if item.applicants and "1" not in item.applicants:
        return Party(
            kind=item.applicants[0],
            name=f"青禾县{name[1:]}第{at}商贸有限公司",
            phone=phone,
            representative=name,
        )
    birth = f"99012119{60 + at % 40}0{1 + at % 9}1{at % 10}"
    number = f"{birth}{at % 1000:03d}"
    return Party(
        kind="1", name=name, id_type="111", id_number=number + ric.calc_check_digit(number), phone=phone,
        email=f"applicant{at}@qinghe.example", address="青禾县城关镇示例路1号（虚构地址）",
    )  # fmt: skip


def _as_json(answers: Mapping[str, Answer]) -> dict[str, Json]:
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in answers.items()}
    return cast("dict[str, Json]", listed)


def login_word(role: str) -> str:
    """The part of a demo login that stands for a step's role."""
    return {"window_clerk": "window", "coordinator": "coordinator", "reviewer": "reviewer"}.get(
        role, "decider"
    )


def promised_days(item: Item) -> int:
    """The promise in the item's own unit; five where none is written."""
    return item.promised.days if item.promised else 5


def law_of(item: Item) -> str:
    """The item's first legal basis, as a decision names it."""
    basis = next(iter(item.legal_basis), None)
    return "《行政许可法》第三十八条第二款" if basis is None else f"《{basis.law}》{basis.article or ''}"
