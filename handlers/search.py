"""The search page: hits with what one needs to choose, facets as links, and what to do when nothing is found."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import fields, replace
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from catalog.artifact import ItemSummary
from handlers.context import Hall, hall_of
from handlers.guard import public, route
from handlers.store import zero_hits
from presentation.view import Crumb
from rules.errors import HallError
from rules.quick_dataclass import dataclass
from search_index import FacetCount, FacetFilter, Hit, Results, scrub

log = logging.getLogger("hall.search")

PAGE = 10
MOST_PAGES = 100
LONGEST = 100
FACETS = {
    "department": "部门",
    "theme": "主题",
    "applicant": "服务对象",
    "depth": "网上办理",
    "type": "事项类型",
}
DEPTHS = {"0": "暂未上网", "1": "能查指南、下载表格", "2": "能网上受理", "3": "全程网上办"}


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A hit with what its line shows; `summary` None when the index is newer than the catalog."""

    hit: Hit
    title: Markup
    address: str
    summary: ItemSummary | None


@dataclass(frozen=True, slots=True)
class FacetLink:
    """One value of a facet: where it leads; `chosen` ones lead back out."""

    label: str
    count: int
    address: str
    chosen: bool


def search_items(hall: Hall, query: str, wanted: FacetFilter, page: int, limit: int = PAGE) -> Results:
    """The one search: `hall search`, this page and the API ask the same index in the same way.

    A query that finds nothing, or nothing that fits, is counted without whatever could name a person
    (`hall search --misses` lists them). Raises NoIndex.
    """
    results = hall.index.search(query, limit=limit, facets=wanted, page=page)
    if results.weak and page == 1 and wanted == FacetFilter():
        _remember_miss(hall, query)
    return results


def _remember_miss(hall: Hall, query: str) -> None:
    kept = scrub(query)
    if not kept:
        return
    try:
        day = hall.now().date()
        hall.database.write(lambda tx: zero_hits.record(tx, kept, day))
    except HallError as error:  # a full disk must not take the search down
        log.warning("a miss was not counted: %s", error.detail)


def show(request: Request) -> Response:
    """`/hall/search?q=…`, facets as repeated parameters, `page` from 1."""
    hall = hall_of(request)
    query = request.query_params.get("q", "").strip()[:LONGEST]
    wanted = filter_of(request)
    page = min(max(1, _whole(request.query_params.get("page", "1"))), MOST_PAGES)
    results = search_items(hall, query, wanted, page) if query else Results(limit=PAGE)
    pages = min(max(1, -(-results.total // PAGE)), MOST_PAGES)
    title = f"搜索“{query}”" if query else "搜索"
    return hall.page(
        request,
        "citizen/search.html",
        title,
        section="do",
        head='<meta name="robots" content="noindex">',
        breadcrumbs=(Crumb("我要办", "/items/"), Crumb("搜索")),
        query=query,
        results=results,
        found=[_found(hall, hit) for hit in results.hits],
        facets=list(_facets(query, wanted, results)),
        chosen=_chosen(wanted),
        clear=_address(query, FacetFilter()),
        page=page,
        pages=pages,
        page_url=_address(query, wanted, page="{page}"),
        suggestion_url=_address(results.suggestion, FacetFilter()) if results.suggestion else "",
        popular=[each for each in hall.edition.catalog.items if each.popular and each.status == "in_force"][
            :8
        ],
        hotline=hall.county.hotline or "",
    )


def filter_of(request: Request) -> FacetFilter:
    """The facets chosen in the address; values that cannot be are left out."""
    query = request.query_params

    def chosen(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each for each in query.getlist(name)[:20] if 0 < len(each) <= 60))

    depths = tuple(int(each) for each in chosen("depth") if each in DEPTHS)
    return FacetFilter(chosen("department"), chosen("theme"), chosen("applicant"), depths, chosen("type"))


def _found(hall: Hall, hit: Hit) -> FoundItem:
    summary = hall.edition.items.get(hit.code)
    address = f"/{summary.path.strip('/')}/" if summary else f"/items/{hit.code}/"
    # The index escapes the title and adds <mark> only.
    return FoundItem(hit, Markup(hit.highlight), address, summary)  # noqa: S704


def _facets(query: str, wanted: FacetFilter, results: Results) -> Iterator[tuple[str, list[FacetLink]]]:
    asked = {name: [str(each) for each in getattr(wanted, name)] for name in FACETS}
    for name, label in FACETS.items():
        chosen = asked[name]
        counts: tuple[FacetCount, ...] = getattr(results.facets, name)
        others = _address(query, replace(wanted, **{name: ()}))
        links = [
            FacetLink(
                DEPTHS.get(each.value, each.label) if name == "depth" else each.label,
                each.count,
                "&".join((others, *(urlencode({name: one}) for one in _toggled(chosen, each.value)))),
                each.value in chosen,
            )
            for each in counts
        ]
        if len(links) > 1 or any(each.chosen for each in links):
            yield label, links


def _chosen(wanted: FacetFilter) -> bool:
    return wanted != FacetFilter()


def _toggled(chosen: list[str], value: str) -> list[str]:
    return [each for each in chosen if each != value] if value in chosen else [*chosen, value]


def _address(query: str, wanted: FacetFilter, page: str = "") -> str:
    pairs = [("q", query)]
    pairs += [(each.name, str(value)) for each in fields(wanted) for value in getattr(wanted, each.name)]
    text = f"/hall/search?{urlencode(pairs)}"
    return f"{text}&page={page}" if page else text


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


routes = [route("/hall/search", show, guard=public("the catalog is public"), name="search")]
