"""The home page: one search box, five doors, life events, what people do most, news, the figures of the day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rules.quick_dataclass import dataclass
from site_builder.lists import Group
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal


@dataclass(frozen=True, slots=True)
class Door:
    """One of the five doors with the few things most people want behind it."""

    id: str
    name: str
    href: str
    links: tuple[tuple[str, str], ...]


DOORS = (
    Door(
        "do",
        "我要办",
        "/items/",
        (
            ("按部门", "/departments/"),
            ("按主题", "/themes/"),
            ("按拼音", "/alphabet/"),
            ("继续办理", "/hall/drafts"),
        ),
    ),
    Door(
        "look",
        "我要查",
        "/query/",
        (("查进度", "/hall/track"), ("信息公开", "/disclosure/"), ("事项更新", "/changes/")),
    ),
    Door(
        "ask",
        "我要问",
        "/consult/",
        (
            ("在网上问", "/hall/letters/new"),
            ("看回复", "/hall/letters/track"),
            ("公开的来信和答复", "/letters/"),
        ),
    ),
    Door("rate", "我要评", "/rate/", (("给办件打分", "/hall/rate"), ("网站纠错", "/hall/feedback"))),
    Door(
        "watch",
        "我要督",
        "/supervision/",
        (("投诉", "/hall/letters/new?kind=complaint"), ("监察规则", "/supervision/rules/")),
    ),
)
HINTS = ("开饭店", "生小孩上户口", "低保", "摆摊", "盖房子")


def outputs(portal: Portal, found: Mapping[str, Sequence[Group]]) -> Iterator[Output]:
    """`/`."""
    popular = [each for each in portal.visible if each.summary.popular][:10]
    if len(popular) < 6:
        rest = [each for each in portal.visible if not each.summary.popular and each.summary.accepts_online]
        popular += rest[: 8 - len(popular)]
    values = {
        "doors": DOORS,
        "hints": HINTS,
        "life": found["life"],
        "themes": [group for group in found["themes"] if group.note == "个人"][:12],
        "business": [group for group in found["themes"] if group.note == "企业"][:12],
        "departments": found["departments"],
        "popular": popular,
        "notices": portal.news.latest("notices", 5),
        "work": portal.news.latest("work", 4),
        "figures": portal.figures,
        "total": len(portal.visible),
        "online": sum(1 for each in portal.visible if each.summary.accepts_online),
        "changes": [change for change in portal.changes.changes if change.code in portal.by_code][:4],
    }
    key = fingerprint(
        *(each.key for each in popular),
        *(
            f"{g.address}{g.name}{len(g.items)}"
            for kind in ("life", "themes", "departments")
            for g in found[kind]
        ),
        *(article.key for article in (*portal.news.latest("notices", 5), *portal.news.latest("work", 4))),
        portal.figures.model_dump_json() if portal.figures else "",
        values["total"],
        values["online"],
        *(change.commit + change.code for change in portal.changes.changes[:4]),
    )
    yield portal.page(
        "/",
        "home.html",
        "",
        (key,),
        description=f"{portal.county.hall_name}：办事指南、网上申请、查进度、咨询投诉，一个网站办好",
        wide=True,
        values=values,
    )
