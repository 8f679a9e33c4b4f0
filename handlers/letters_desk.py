"""The letters desk: what the public wrote, in tabs by what it waits for; the county supervisor's own list of conduct."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from handlers.casework.authority import departments_in_scope
from handlers.context import hall_of
from handlers.correspondence.reach import READERS
from handlers.guard import may, route
from handlers.session import SignedIn
from handlers.staff_frame import address, page_number, staff_page
from presentation.view import Crumb
from rules.permissions import Capability

HERE, CONDUCT = "/hall/staff/letters", "/hall/staff/conduct"
LABELS = {
    "to_assign": "待分办",
    "to_answer": "待办理",
    "to_review": "待审核",
    "disputed": "不认可",
    "overdue": "超期",
    "done": "已答复",
    "all": "全部",
}
PAGE_SIZE = 20


def letters(request: Request) -> Response:
    """A list of letters; without a tab, the one where something waits for this reader."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    intake = hall.correspondence.is_intake(person.person_id, hall.now())
    asked = request.query_params.get("tab", "")
    tab = asked if asked in LABELS else "to_assign" if intake else "to_answer"
    search = request.query_params.get("q", "").strip()[:100]
    found = hall.correspondence.desk(
        person.person_id, now=hall.now(), tab=tab, search=search, page=page_number(request), size=PAGE_SIZE
    )
    shown = [each for each in LABELS if each != "to_assign" or intake or found.tab_counts[each]]
    return staff_page(
        request,
        "staff/letters.html",
        f"来信 - {LABELS[tab]}",
        current=HERE,
        crumbs=(Crumb("来信"),),
        letters=found.rows,
        total=found.total,
        tab=tab,
        tabs=[(address(HERE, tab=each), LABELS[each], found.tab_counts[each]) for each in shown],
        current_tab=address(HERE, tab=tab),
        page=found.page,
        pages=found.pages,
        pages_url=address(HERE, tab=tab, q=search) + "&page={page}",
        search=search,
        in_scope=intake
        or bool(departments_in_scope(person.assignments, hall.site_data.ground(), READERS, hall.now().date()))
        or found.tab_counts["all"] > 0,
    )


def conduct(request: Request) -> Response:
    """Complaints about how someone behaved: for the county supervisor alone."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    found = hall.correspondence.conduct(person.person_id, hall.now())
    return staff_page(
        request,
        "staff/letters_conduct.html",
        "工作作风投诉",
        current=CONDUCT,
        crumbs=(Crumb("工作作风投诉"),),
        letters=found,
        open=sum(each.is_open for each in found),
        confirmed=sum(each.letter.confirmed is True for each in found),
    )


routes = [
    route(HERE, letters, guard=may(Capability.LETTERS_SEE), name="staff_letters"),
    route(CONDUCT, conduct, guard=may(Capability.LETTERS_CONDUCT), name="staff_conduct"),
]
