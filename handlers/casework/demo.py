"""Plants demo accounts and demo cases in every state and light, for `hall serve --demo`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from catalog.schema import Item
from handlers.casework import demo_findings, demo_people
from handlers.casework.demo_cases import Stage, Story, law_of, login_word, promised_days
from handlers.casework.demo_desk import plan_full_desk
from handlers.casework.demo_past import plan_last_month
from handlers.casework.ground import Ground
from handlers.casework.service import Casework
from handlers.correspondence import demo as demo_letters
from handlers.delivering import demo as delivering_demo
from handlers.following_up import demo as demo_followups
from handlers.statistics import demo as statistics_demo
from handlers.store import settings
from handlers.supervising import demo as demo_orders
from rules.errors import Conflict
from rules.quick_dataclass import dataclass
from rules.time import local


@dataclass(frozen=True, slots=True)
class Planted:
    """What was planted. `already`: the database had its demo before."""

    accounts: tuple[str, ...]
    cases: int
    letters: int
    already: bool

    def lines(self) -> tuple[str, ...]:
        """What to print."""
        told = f"演示数据：办件 {self.cases} 件，来信 {self.letters} 封。"
        return (*self.accounts, told)


def plant(casework: Casework, now: datetime, more: Sequence[Callable[[Stage], None]] = ()) -> Planted:
    """Accounts and cases in an empty database; a database that has its demo already stays as it is.

    `more` puts what other rooms show on the same stage, so that all of it happens in the order of time.

    Raises Conflict for a database in real use: demo data never mix with real cases.
    """
    database, ground, now = casework.database, casework.ground(), local(now)
    planted = settings.get(database, "demo")
    if planted is None and any(settings.sizes(database)):
        raise Conflict("这个数据库已有真实的账号或办件，没有放进演示数据。请另用一个数据库（--db）。")
    people = demo_people.add_accounts(database, ground, now)
    if planted is None:
        stage = Stage(casework, people, now)
        _plan(stage, _items(ground))
        for each in more:
            each(stage)
        demo_orders.plan(stage)
        demo_followups.plan(stage)
        stage.play()
        delivering_demo.plant(database, ground, people, now)
        statistics_demo.plant(database, people, now)
        database.write(lambda tx: settings.put(tx, "demo", now.isoformat()))
    cases, letters, _ = settings.sizes(database)
    return Planted(demo_people.lines(ground), cases, letters, planted is not None)


def _items(ground: Ground) -> tuple[Item, ...]:
    found = (ground.guides.current(code) for code in ground.guides.item_codes())
    return tuple(
        guide.item
        for guide in found
        if guide is not None and guide.item.status == "in_force" and guide.item.steps
    )


def _plan(stage: Stage, items: Sequence[Item]) -> None:
    """One story per state and light; each takes the next item that suits it, so that departments differ."""
    committed = [
        each
        for each in items
        if not each.immediate
        and each.promised
        and each.promised.unit == "workday"
        and each.promised.days >= 3
    ]
    online = [each for each in committed if each.accepts_online]
    long = [each for each in online or committed if each.promised and each.promised.days >= 5]
    on_the_spot = [each for each in items if each.immediate]
    pool = online or committed
    if pool:
        _plan_open(stage, pool, long or pool)
        _plan_ended(stage, pool)
        _plan_walk_in(stage, pool)
        plan_full_desk(stage, online)
    for at, item in enumerate(on_the_spot[:6]):
        story = Story(stage, item, 300 + at).file(at % 3).accept(at % 3).grant(at % 3)
        if at % 2 == 0:
            score, words = (5, "叫错了号，等了一上午") if at == 4 else (1, "立等可取")
            story.deliver(at % 3).rate(at % 3, score, words)
    plan_last_month(stage, on_the_spot)
    demo_letters.plan(stage)
    demo_findings.plan(stage, online or committed)


def _pick(items: Sequence[Item], at: int) -> Item:
    # A stride that shares no factor with small list lengths spreads over departments, which lie together.
    return items[(at * 7) % len(items)]


def _plan_open(stage: Stage, pool: Sequence[Item], long: Sequence[Item]) -> None:
    Story(stage, _pick(pool, 0), 100).file(0)
    Story(stage, _pick(pool, 1), 101).file(1)
    Story(stage, _pick(pool, 2), 102).file(4)  # pre-review is late: warned
    Story(stage, _pick(pool, 3), 103).file(1).staff("window", "pre_review", 0, opinion="材料齐全")
    item = _pick([each for each in pool if each.materials] or pool, 4)
    missing = tuple(item.material_id(at) for at in range(min(2, len(item.materials))))
    asked = "所附材料不清晰，请重新提交；并请补充说明经营场所。"
    Story(stage, item, 104).file(4).staff("window", "supplement_notice", 2, missing, reason=asked, days="15")
    Story(stage, _pick(pool, 5), 105).file(6).staff(
        "coordinator", "supplement_notice", 4, reason=asked
    ).applicant("supplement", 1)
    Story(stage, _pick(pool, 6), 106).file(2).accept(1)
    Story(stage, _pick(long, 7), 107).file(3).accept(2).review(1)
    for at in (8, 9):  # due within two days: warned
        item = _pick(long, at)
        Story(stage, item, 100 + at).file(promised_days(item)).accept(promised_days(item) - 1)
    item = _pick(long, 10)  # past the promise: yellow
    Story(stage, item, 110).file(promised_days(item) + 3).accept(promised_days(item) + 2).review(2)
    item = _pick(long, 11)  # past the law's limit, or three days past a promise without one: red
    days = max(promised_days(item) + 5, (item.statutory.days if item.statutory else 0) + 2)
    Story(stage, item, 111).file(days + 1).accept(days)
    item = _pick(long, 12)
    Story(stage, item, 112).file(4).accept(3).staff(
        login_word(item.steps[0].role), "start_special", 1,
        kind="2", days="15", reason="需要组织专家评审", basis="《行政许可法》第四十五条",
    )  # fmt: skip
    item = _pick(long, 13)
    Story(stage, item, 113).file(8).accept(7).staff(
        login_word(item.steps[0].role), "start_special", 6,
        kind="2", days="5", reason="需要现场检验", basis="《行政许可法》第四十五条",
    ).staff(login_word(item.steps[0].role), "end_special", 2, opinion="检验合格").review(1)  # fmt: skip
    item = _pick(long, 14)
    Story(stage, item, 114).file(5).accept(4).review(3).staff(
        "decider", "extend", 1, days="5", reason="情况复杂，需要进一步核实"
    )
    Story(stage, _pick(long, 15), 115).file(7)  # nobody said anything for five days: deemed accepted
    item = _pick(pool, 16)
    Story(stage, item, 116).file(4).accept(3).review(2).grant(1)
    item = _pick(pool, 17)
    Story(stage, item, 117).file(4).accept(3).review(2).staff(
        "decider", "deny", 1, reason="经营场所不符合规定的条件", basis=law_of(item)
    )
    item = _pick([each for each in pool if len(each.steps) > 1] or pool, 18)
    if len(item.steps) > 1:
        story = Story(stage, item, 118).file(4).accept(3)
        story.staff(login_word(item.steps[0].role), "complete_step", 2, opinion="同意")
        word = "decider" if item.steps[1].role == "decider" else "reviewer"
        story.staff(word, "send_back", 1, reason="请补充现场核查记录")


def _plan_ended(stage: Stage, pool: Sequence[Item]) -> None:
    words = ("很方便", "窗口态度好", "一次就办成了", "还可以", "等得久了一点")
    for at in range(14):
        item = _pick(pool, 20 + at)
        begun = 3 + at % 12
        story = Story(stage, item, 120 + at).file(begun + 2).accept(begun + 1).review(begun).grant(begun - 1)
        story.deliver(begun - 2)
        if at % 3:
            said = "等得久了一点" if at == 11 else words[at % len(words)]
            story.rate(max(begun - 3, 0), 1 + (at % 4 == 0) + (at == 11) * 3, said)
    item = _pick(pool, 40)
    Story(stage, item, 140).file(5).staff(
        "window",
        "refuse",
        4,
        reason="申请事项不属于本机关职权范围，请向所在地机关申请",
        basis="《行政许可法》第三十二条第一款第二项",
    )
    Story(stage, _pick(pool, 41), 141).file(6).accept(5).applicant("withdraw", 3, reason="暂不办理")
    Story(stage, _pick(pool, 42), 142).file(6).staff(
        "coordinator", "void", 5, reason="与同日另一申请重复", basis="本县办件管理规定（虚构）"
    )
    item = _pick(pool, 43)
    Story(stage, item, 143).file(9).accept(8).review(6).staff(
        "decider", "deny", 5, reason="不符合规定的人员条件", basis=law_of(item)
    ).deliver(3).rate(2, 4, "希望说得更清楚")


def _plan_walk_in(stage: Stage, pool: Sequence[Item]) -> None:
    """Cases taken in at the centre and in a town."""
    ground = stage.casework.ground()
    places = [
        (each.id, "town" if each.kind == "town" else "window")
        for each in ground.units.of_kind("centre", "town")
    ]
    for at, (unit, channel) in enumerate(places[:3]):
        fitting = [each for each in pool if not each.accepting_units or unit in each.accepting_units]
        if fitting:
            Story(stage, _pick(fitting, 50 + at), 150 + at, channel=channel, unit=unit).file(2 + at).accept(
                1 + at
            )
