"""The supervisor's board: first the few that need a person now, then the departments, then today's figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from handlers.casework.card_reading import CardPage, card_list
from handlers.casework.views import DepartmentLights
from handlers.context import hall_of
from handlers.guard import may, route
from handlers.session import SignedIn
from handlers.staff_frame import address, staff_page
from handlers.store.cards import CardFilter
from presentation.view import Crumb
from rules.permissions import Capability

HERE = "/hall/board"
REFRESH_SECONDS = 60
URGENT_SHOWN = 5
# Widths of the bars are SVG units, so that no style attribute is needed.
BAR = 240


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of a department's bar: where it begins, how long it is, its light."""

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
    found = hall.casework.board(person.person_id, now)
    rows = [each for each in found.departments if wanted in ("", each.department)]
    still = request.query_params.get("still") == "1"

    def urgent(wanted_cards: CardFilter) -> CardPage:
        return card_list(
            hall.database, hall.site_data.ground(), person.person_id, now,
            wanted=wanted_cards, department=wanted or None, size=URGENT_SHOWN,
        )  # fmt: skip

    return staff_page(
        request,
        "staff/board.html",
        "监察看板",
        current=HERE,
        crumbs=(Crumb("监察看板"),),
        headers=None if still else {"Refresh": str(REFRESH_SECONDS)},
        board=found,
        wanted=wanted,
        still=still,
        still_url=address(HERE, department=wanted, still="" if still else "1"),
        refresh_seconds=REFRESH_SECONDS,
        groups=(
            ("pending", "等您确认的牌", urgent(CardFilter(state="pending"))),
            (
                "red",
                f"{hall.lights[3][2]}，还没有办结",
                urgent(CardFilter(level=3, state="issued", running=True)),
            ),
            (
                "yellow",
                f"{hall.lights[2][2]}，还没有办结",
                urgent(CardFilter(level=2, state="issued", running=True)),
            ),
        ),
        multiples=_bars([each for each in rows if each.open or each.filed_today or each.closed_today]),
        quiet=[each for each in rows if not (each.open or each.filed_today or each.closed_today)],
        rows=rows,
        departments=[(each.department, each.name) for each in found.departments],
        bar_width=BAR,
    )


def _bars(rows: Sequence[DepartmentLights]) -> list[DepartmentBar]:
    """The departments with the most urgent first; bars share one scale, so lengths can be compared."""
    most = max((each.open for each in rows), default=0) or 1
    ordered = sorted(rows, key=lambda each: (-each.red, -each.yellow, -each.warned, -each.open))
    return [DepartmentBar(each, tuple(_stretches(each, most))) for each in ordered]


def _stretches(row: DepartmentLights, most: int) -> list[Bar]:
    found, x = [], 0.0
    for light, count in ((3, row.red), (2, row.yellow), (1, row.warned), (0, row.normal)):
        if count:
            width = BAR * count / most
            found.append(Bar(round(x, 1), round(max(width - 1, 1), 1), light))
            x += width
    return found


routes = [route(HERE, board, guard=may(Capability.BOARD_SEE), name="board")]
