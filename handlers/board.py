"""The supervisor's board: what needs a person now, today, every department's lights, the way down, the live stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from handlers.casework.looking import note_list
from handlers.context import Hall, hall_of
from handlers.guard import may, route
from handlers.session import SignedIn, signed_in
from handlers.staff_frame import address, page_number, staff_page
from handlers.watching.board import Board, DepartmentLights, TrendDay
from handlers.watching.live import Blocks, Live, Scope
from presentation import charts
from presentation.charts import Chart, Series, Tone
from presentation.view import Crumb
from rules.errors import NotFound
from rules.permissions import Capability
from rules.quick_dataclass import dataclass

HERE = "/hall/board"
REFRESH_SECONDS = 60
PAGE_SIZE = 50
WATCH_DAYS = 30
# Widths of the bars are SVG units, so that no style attribute is needed.
BAR = 240
# The parts of the board that the stream replaces: element id and template.
BLOCKS = {
    "board-when": "staff/board/when.html",
    "board-urgent": "staff/board/urgent.html",
    "board-today": "staff/board/today.html",
    "board-departments": "staff/board/departments.html",
    "board-watched": "staff/board/watched.html",
    "board-newest": "staff/board/newest.html",
}
WATCH_LABELS = {
    "watch_refused": "不予受理、不予许可",
    "watch_returned": "退回",
    "watch_supplemented": "要求补正",
}
TONES: tuple[tuple[int, Tone], ...] = ((3, "red"), (2, "yellow"), (1, "warning"), (0, "normal"))
TREND_TONES: tuple[tuple[int, str, Tone], ...] = (
    (1, "warned", "warning"),
    (2, "yellow", "yellow"),
    (3, "red", "red"),
)
CRUMB = Crumb("监察看板", HERE)


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of a bar: where it begins, how long it is, its light."""

    x: float
    width: float
    light: int


@dataclass(frozen=True, slots=True)
class DepartmentBar:
    """A department with its bar; all bars of the page are drawn to one scale."""

    row: DepartmentLights
    bars: tuple[Bar, ...]


def board(request: Request) -> Response:
    """The board of the departments in scope, narrowed to one if asked."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    now = hall.now()
    wanted = request.query_params.get("department", "")
    everything = hall.watching.scope(person.person_id, now)
    scope = hall.watching.scope(person.person_id, now, wanted)
    still = request.query_params.get("still") == "1"
    names = hall.edition.units
    return staff_page(
        request,
        "staff/board.html",
        "监察看板",
        current=HERE,
        crumbs=(Crumb("监察看板"),),
        # With scripts the stream keeps the page up to date; without, the browser loads it anew.
        head="" if still else f'<noscript><meta http-equiv="refresh" content="{REFRESH_SECONDS}"></noscript>',
        wanted=wanted,
        still=still,
        still_url=address(HERE, department=wanted, still="" if still else "1"),
        stream_url="" if still else address(f"{HERE}/stream", department=wanted),
        refresh_seconds=REFRESH_SECONDS,
        departments_in_scope=[(each, names.label(each)) for each in everything],
        blocks=BLOCKS,
        trend=trend_charts(hall, hall.watching.trend(scope, now)),
        **shown(hall, hall.watching.board(scope, now)),
    )


def shown(hall: Hall, found: Board) -> dict[str, Any]:
    """What the parts of the board read; nothing in it depends on who looks, only on the scope."""
    busy = [each for each in found.departments if each.open or each.filed_today or each.closed_today]
    return {
        "board": found,
        "titles": {
            "pending": "等您确认的牌",
            "red": f"{hall.lights[3][2]}，还没有办结",
            "yellow": f"{hall.lights[2][2]}，还没有办结",
        },
        "only": found.departments[0].department if len(found.departments) == 1 else "",
        "multiples": _bars(busy),
        "quiet": [each for each in found.departments if each not in busy],
        "watch_labels": WATCH_LABELS,
        "bar_width": BAR,
    }


def blocks(hall: Hall, scope: Scope) -> Blocks:
    """The board's parts as the stream sends them."""
    values = shown(hall, hall.watching.board(scope, hall.now()))
    return {name: hall.part(template, **values) for name, template in BLOCKS.items()}


def trend_charts(hall: Hall, days: Sequence[TrendDay]) -> tuple[Chart, Chart]:
    """Thirty days: what came and went, and the cards."""
    names = [f"{each.day.month}/{each.day.day}" for each in days]
    lights = hall.lights
    flow = charts.lines(
        "board-flow", "近三十天收件和办结", names,
        [Series("收件", tuple(e.filed for e in days)), Series("办结", tuple(e.closed for e in days))],
        unit="件", head="日期",
    )  # fmt: skip
    cards = charts.stacked(
        "board-cards", "近三十天发牌", names,
        [
            Series(lights[n][2], tuple(getattr(e, field) for e in days), tone)
            for n, field, tone in TREND_TONES
            if n in lights.used
        ],
        unit="张", head="日期", across=False,
    )  # fmt: skip
    return flow, cards


async def stream(request: Request) -> Response:
    """Server-sent events: the board's changed parts, for as long as the page is open and its reader signed in."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    wanted = request.query_params.get("department", "")
    scope = await run_in_threadpool(hall.watching.scope, person.person_id, hall.now(), wanted)

    live = live_of(hall)

    def allowed() -> bool:
        # Read only: an open board must not keep an idle session alive.
        again = signed_in(request, touch=False)
        return again is not None and bool(again.roles & hall.edition.permissions.roles(Capability.BOARD_SEE))

    async def events() -> AsyncIterator[bytes]:
        async for message in live.watch(scope, allowed):
            yield message

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


def department(request: Request) -> Response:
    """A department's items with open cases, by light."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    code = request.path_params["department"]
    now = hall.now()
    scope = hall.watching.scope(person.person_id, now, code)
    name = hall.edition.units.name(code)
    found = hall.watching.board(scope, now)
    items = hall.watching.items(code)
    most = max((sum(each.by_light) for each in items), default=0) or 1
    chart = charts.stacked(
        "department-items", "在办件按事项", [each.name for each in items[:20]],
        [
            Series(hall.lights[n][2], tuple(each.by_light[n] for each in items[:20]), tone)
            for n, tone in TONES
            if n in hall.lights.used
        ],
        unit="件", head="事项", across=True,
        hrefs=[address(f"{HERE}/{code}/{each.code}") for each in items[:20]],
    )  # fmt: skip
    return staff_page(
        request,
        "staff/board_department.html",
        f"{name}：监察",
        current=HERE,
        crumbs=(CRUMB, Crumb(name)),
        name=name,
        code=code,
        items=[(each, _stretches(tuple(reversed(each.by_light)), most)) for each in items],
        chart=chart,
        trend=trend_charts(hall, hall.watching.trend(scope, now)),
        **shown(hall, found),
    )


def item(request: Request) -> Response:
    """An item's open cases, the most urgent first, narrowed to one light if asked."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    code, item_code = request.path_params["department"], request.path_params["item"]
    now = hall.now()
    hall.watching.scope(person.person_id, now, code)
    text = request.query_params.get("light", "")
    if text not in ("", "0", "1", "2", "3"):
        raise NotFound("没有这种灯。")
    light = int(text) if text else None
    page = page_number(request)
    found = hall.watching.item_cases(code, item_code, light, now, page, PAGE_SIZE)
    note_list(hall.database, person.person_id, person.assignments, "case", "list", len(found.rows), now)
    here = f"{HERE}/{code}/{item_code}"
    name = hall.edition.units.name(code)
    return staff_page(
        request,
        "staff/board_item.html",
        f"{found.name}：监察",
        current=HERE,
        crumbs=(CRUMB, Crumb(name, f"{HERE}/{code}"), Crumb(found.name)),
        found=found,
        department_name=name,
        light=light,
        here=here,
        tabs=[
            (here, "全部"),
            *((f"{here}?light={n}", " ".join(hall.lights[n][1:3])) for n in hall.lights.used),
        ],
        pages_url=f"{address(here, light=text)}{'&' if text else '?'}page={{page}}",
    )


def watch(request: Request) -> Response:
    """Priority watch: refused, returned and supplemented cases of the last thirty days."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    now = hall.now()
    wanted = request.query_params.get("department", "")
    kind = request.query_params.get("kind", "")
    if kind not in ("", *WATCH_LABELS):
        raise NotFound("没有这一类重点关注。")
    everything = hall.watching.scope(person.person_id, now)
    scope = hall.watching.scope(person.person_id, now, wanted)
    found = hall.watching.watch_list(scope, kind, now - timedelta(days=WATCH_DAYS), now)
    names = hall.edition.units
    return staff_page(
        request,
        "staff/board_watch.html",
        "重点关注",
        current=HERE,
        crumbs=(CRUMB, Crumb("重点关注")),
        found=found,
        labels=WATCH_LABELS,
        kind=kind,
        wanted=wanted,
        days=WATCH_DAYS,
        departments=[(each, names.label(each)) for each in everything],
    )


def live_of(hall: Hall) -> Live:
    """The process's one live board, made when the first is opened."""
    if hall.live is None:
        hall.live = Live(hall.watching.log_head, partial(blocks, hall))
    return hall.live


def _bars(rows: Sequence[DepartmentLights]) -> list[DepartmentBar]:
    """The departments with the most urgent first; bars share one scale, so lengths can be compared."""
    most = max((each.open for each in rows), default=0) or 1
    ordered = sorted(rows, key=lambda each: (-each.red, -each.yellow, -each.warned, -each.open))
    return [
        DepartmentBar(each, _stretches((each.red, each.yellow, each.warned, each.normal), most))
        for each in ordered
    ]


def _stretches(counts: Sequence[int], most: int) -> tuple[Bar, ...]:
    """Counts of red, yellow, warned and normal as stretches of one bar."""
    found, x = [], 0.0
    for light, count in zip((3, 2, 1, 0), counts, strict=True):
        if count:
            width = BAR * count / most
            found.append(Bar(round(x, 1), round(max(width - 1, 1), 1), light))
            x += width
    return tuple(found)


_READERS = may(Capability.BOARD_SEE)

routes = [
    route(HERE, board, guard=_READERS, name="board"),
    route(f"{HERE}/stream", stream, guard=_READERS, name="board_stream"),
    route(f"{HERE}/watch", watch, guard=_READERS, name="board_watch"),
    route(f"{HERE}/{{department}}", department, guard=_READERS, name="board_department"),
    route(f"{HERE}/{{department}}/{{item}}", item, guard=_READERS, name="board_item"),
]
