"""The open-data page, the sitemaps, robots.txt and the page for addresses that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote
from xml.sax.saxutils import escape

from site_builder.home import DOORS
from site_builder.lists import KINDS
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal

FILES = (
    ("目录：部门、单位、全部事项的摘要", "/data/catalog.json", "/data/catalog.schema.json"),
    ("工作日历", "/data/calendar.json", "/data/calendar.schema.json"),
    ("监察规则", "/data/supervision.json", "/data/supervision.schema.json"),
    ("谁能做什么", "/data/permissions.json", "/data/permissions.schema.json"),
    ("搜索提示", "/data/suggest.json", "/data/suggest.schema.json"),
    ("事项更新记录", "/data/changes.json", "/data/changes.schema.json"),
    ("本月收件、办结、按时率", "/data/figures.json", "/data/figures.schema.json"),
    ("每月办件数字", "/data/statistics.json", "/data/statistics.schema.json"),
    ("每月办件数字（表格 CSV）", "/data/statistics.csv", "/data/statistics.schema.json"),
)
FEEDS = (
    ("通知公告", "/news/notices.atom"),
    ("工作动态", "/news/work.atom"),
    ("事项更新", "/changes/feed.atom"),
)


def outputs(
    portal: Portal, version: str, pages: Sequence[str], editorial: Sequence[tuple[str, str]]
) -> Iterator[Output]:
    """`pages` are the addresses of all pages; `editorial` the (title, address) of the pages of content/."""
    base = portal.county.url.rstrip("/")
    yield _data_page(portal, version)
    sections = (
        ("五个入口", [(door.name, door.href) for door in DOORS]),
        ("找事项", [(name, f"/{kind}/") for kind, name in KINDS]),
        ("部门", [(each.name, f"/departments/{each.id}/") for each in portal.departments.values()]),
        ("公开", [(level.title, level.address) for level in portal.disclosure.top.all_levels()]),
        (
            "新闻",
            [
                ("通知公告", "/news/notices/"),
                ("工作动态", "/news/work/"),
                ("事项更新记录", "/changes/"),
                ("公开的来信和答复", "/letters/"),
                ("开放数据", "/data/"),
            ],
        ),
        (
            "监督",
            [
                ("绩效评分", "/supervision/scores/"),
                ("办件数字", "/supervision/figures/"),
                ("监察规则", "/supervision/rules/"),
                ("办件怎么走", "/supervision/states/"),
                ("工作日历", "/supervision/calendar/"),
                ("办理日志公开", "/log/"),
                ("谁能看什么", "/supervision/levels/"),
            ],
        ),
        ("帮助和说明", list(editorial)),
    )
    yield portal.page(
        "/sitemap/",
        "sitemap.html",
        "网站地图",
        (repr(sections),),
        crumbs=(("网站地图", ""),),
        values={"sections": sections},
    )
    listed = sorted(pages)
    yield Output("sitemap.xml", fingerprint(base, *listed), lambda: _sitemap(base, listed))
    robots = f"User-agent: *\nDisallow: /hall/\nDisallow: /api/\nSitemap: {base}/sitemap.xml\n"
    yield Output("robots.txt", fingerprint(robots), lambda: robots)
    lost = portal.page("/404/", "not_found.html", "没有这一页", ())
    yield Output("404.html", lost.key, lost.make)


def _data_page(portal: Portal, version: str) -> Output:
    return portal.page(
        "/data/",
        "open_data.html",
        "开放数据",
        (version, portal.figures is None, portal.statistics is None),
        section="look",
        crumbs=(("开放数据", ""),),
        values={
            "version": version,
            "files": [
                each
                for each in FILES
                if (portal.figures or each[1] != "/data/figures.json")
                and (portal.statistics or not each[1].startswith("/data/statistics."))
            ],
            "feeds": FEEDS,
        },
    )


def _sitemap(base: str, pages: Sequence[str]) -> str:
    lines = [f"<url><loc>{escape(base + quote(page, safe='/-_.~'))}</loc></url>" for page in pages]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        + "\n".join(lines)
        + "\n</urlset>\n"
    )
