"""The pages behind the doors 我要查, 我要问, 我要评 and 我要督: what one can do there, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from rules.quick_dataclass import dataclass
from site_builder.outputs import Output
from site_builder.portal import Portal


@dataclass(frozen=True, slots=True)
class Card:
    """One thing to do behind a door."""

    title: str
    text: str
    links: tuple[tuple[str, str], ...]


def outputs(portal: Portal) -> Iterator[Output]:
    """`/query/`, `/consult/`, `/rate/`, `/supervision/`."""
    for address, section, title, lead, cards in _doors(portal):
        yield portal.page(
            address,
            "door.html",
            title,
            (repr(cards), lead),
            description=lead,
            section=section,
            crumbs=((title, ""),),
            values={"title": title, "lead": lead, "cards": cards},
        )


Door = tuple[str, str, str, str, tuple[Card, ...]]


def _doors(portal: Portal) -> Iterator[Door]:
    yield _look()
    yield _ask(portal)
    yield _rate(portal)
    yield _watch(portal)


def _look() -> Door:
    return (
        "/query/",
        "look",
        "我要查",
        "不用登录。凭编号和查询码查自己的事，公开的信息随便看。",
        (
            Card(
                "查办件进度",
                "办到哪一步、在谁手里、最晚哪天办完、为什么是这一天。",
                (("查进度", "/hall/track"),),
            ),
            Card("接着填没写完的申请", "保存时给过您一个续办码。", (("接着填", "/hall/drafts"),)),
            Card("看写信的回复", "写完信时页面上给过您编号和查询码。", (("看回复", "/hall/letters/track"),)),
            Card(
                "查政府信息",
                "按目录看主动公开的信息；事项的每一次修改也都公开。",
                (("信息公开目录", "/disclosure/"), ("事项更新记录", "/changes/"), ("开放数据", "/data/")),
            ),
            Card(
                "查哪天上班",
                "法定节假日和调休，期限就是按它算的。",
                (("工作日历", "/supervision/calendar/"),),
            ),
        ),
    )


def _ask(portal: Portal) -> Door:
    county, settings = portal.county, portal.county.settings
    return (
        "/consult/",
        "ask",
        "我要问",
        f"问题会转给负责的部门，{settings.letter_days} 个工作日内答复。",
        (
            Card(
                "在网上问",
                "写清楚想问什么就行，也可以指定问哪个部门。",
                (("写信问", "/hall/letters/new"), ("看回复", "/hall/letters/track")),
            ),
            Card(
                "打电话问",
                f"{county.hotline or '请看各部门的电话'}（上班时间）。急事打电话最快。"
                if county.hotline
                else "各部门的电话在部门页上。",
                (("各部门电话", "/departments/"), ("服务中心和乡镇窗口", "/about/centre/")),
            ),
            Card(
                "看看别人问过什么",
                "写信的人同意公开的问题和答复。",
                (("公开的来信和答复", "/letters/"), ("看帮助", "/help/")),
            ),
        ),
    )


def _rate(portal: Portal) -> Door:
    settings = portal.county.settings
    return (
        "/rate/",
        "rate",
        "我要评",
        "办完一件事，请您评一评。一件事评一次，五个等级，差评会有人联系您。",
        (
            Card(
                "给办完的事打分",
                "办结以后，凭办件编号和查询码评价；进度页上也可以评。",
                (("去评价", "/hall/rate"),),
            ),
            Card("网页有错，告诉我们", "哪一页、哪句话不对，写一句就行。", (("网站纠错", "/hall/feedback"),)),
            Card(
                "评价是怎么处理的",
                f"不满意的，{settings.rating_contact_days} 个工作日内联系您，{settings.rating_fix_days} 个工作日内整改"
                f"{'（复杂的可以延长一次）' if settings.rating_fix_longest > settings.rating_fix_days else ''}，改完回访您。",
                (("评价说明", "/help/rating/"),),
            ),
        ),
    )


def _watch(portal: Portal) -> Door:
    county, phone = portal.county, portal.county.supervision_phone
    return (
        "/supervision/",
        "watch",
        "我要督",
        f"办得慢、乱收费、态度差，告诉{county.supervisor_name}。每件事的时限都有人、有规则盯着。",
        (
            Card(
                "投诉",
                "说明是哪件事、哪个窗口、什么时候。您的名字只有处理的人看得到。"
                + (f"也可以打 {phone}。" if phone else ""),
                (
                    ("写投诉", "/hall/letters/new?kind=complaint"),
                    ("看处理结果", "/hall/letters/track"),
                    ("投诉怎么处理", "/help/complaints/"),
                ),
            ),
            Card(
                "绩效评分",
                "各部门办得怎么样，按公开的办法打分；账本能下载，谁都能重算一遍。",
                (("看排名", "/supervision/scores/"), ("分数怎么算", "/help/scores/")),
            ),
            Card(
                "办件数字",
                "每个月收了多少、办了多少、按不按时、要等多久。",
                (("看数字", "/supervision/figures/"), ("数字怎么看", "/help/figures/")),
            ),
            Card(
                "监察规则",
                "快到期、超期时亮什么颜色，规则公开，还带着算例。",
                (("看规则", "/supervision/rules/"), ("颜色和牌是什么意思", "/help/lights/")),
            ),
            Card(
                "办件怎么走",
                "一件事从收到到送达，每一步谁能做什么、要给您什么文书。",
                (("办件状态图", "/supervision/states/"),),
            ),
            Card(
                "期限怎么算",
                "从哪天起算、哪些天不算、什么时候会停。",
                (("工作日历", "/supervision/calendar/"), ("期限怎么算", "/help/deadlines/")),
            ),
            Card(
                "办理日志公开",
                "每天公布签了名的校验值，谁也改不了；自己的申请自己就能核对。",
                (("看日志、学核验", "/log/"), ("谁能看什么", "/supervision/levels/")),
            ),
        ),
    )
