"""The desk: lists of cases by what is to be done, messages, and where a walk-in's application is begun."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from catalog.artifact import ItemSummary
from handlers.apply import window_units
from handlers.casework.authority import SEES_CASES, departments_in_scope
from handlers.casework.views import DeskPage
from handlers.context import Hall, hall_of
from handlers.guard import may, route
from handlers.session import SignedIn
from handlers.staff_frame import DESK, address, page_number, staff_page
from handlers.store.records import CHANNEL_LABELS
from presentation.view import Choice, Crumb
from rules.case_terms import ENDED, STATE_LABELS, State
from rules.permissions import Capability
from rules.quick_dataclass import dataclass

# What each list says when it holds nothing: what would be here, and how it gets here.
TABS: tuple[tuple[str, str, str, str], ...] = (
    ("to_do", "待办", "现在没有等您办的件", "轮到您的岗位办理的件会出现在这里，最急的排在最前面。"),
    ("due_soon", "即将到期", "没有快到期的件", "两个工作日内到期的待办件会出现在这里。"),
    ("overdue", "已超期", "没有超期的件", "过了期限还没有办结的件会出现在这里。"),
    ("done", "经办过", "您还没有经办过的件", "您处理过、已经转给别人或办结的件会出现在这里。"),
    ("all", "全部", "您的管辖范围里还没有件", "群众网上申请或窗口收件后，会出现在这里。"),
)
PAGE_SIZE = 20
_FOUND_ITEMS = 30


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to, as the address says it."""

    tab: str
    search: str
    department: str
    state: str

    def url(self, **changes: object) -> str:
        """The desk's address with these filters."""
        values: dict[str, object] = {
            "tab": self.tab, "q": self.search, "department": self.department, "state": self.state,
        }  # fmt: skip
        return address(DESK, **(values | changes))


@dataclass(frozen=True, slots=True)
class WindowItem:
    """An item that this person may take in, and whether the hall holds a form for it."""

    item: ItemSummary
    has_form: bool


def desk(request: Request) -> Response:
    """One list of the desk."""
    hall, person = hall_of(request), _person(request)
    filters = _filters(request)
    found = hall.casework.desk(
        person.person_id,
        now=hall.now(),
        tab=filters.tab,
        search=filters.search,
        department=filters.department or None,
        state=filters.state or None,
        page=page_number(request),
        size=PAGE_SIZE,
    )
    entry = next(each for each in TABS if each[0] == filters.tab)
    return staff_page(
        request,
        "staff/desk.html",
        f"{entry[1]} - 工作台",
        current=DESK,
        found=found,
        filters=filters,
        tabs=_tabs(filters, found),
        current_tab=filters.url(),
        departments=_departments(hall, person),
        states=[Choice(each.value, STATE_LABELS[each]) for each in State if each is not State.DRAFT],
        channels=CHANNEL_LABELS,
        ended=ENDED,
        empty_title=entry[2],
        empty_text=entry[3],
        narrowed=bool(filters.search or filters.department or filters.state),
        pages_url=filters.url(page="{page}").replace("%7Bpage%7D", "{page}"),
    )


def window(request: Request) -> Response:
    """Finds the item of a walk-in's errand; the application is then taken down on the citizen's own form."""
    hall, person = hall_of(request), _person(request)
    words = request.query_params.get("q", "").strip()[:100]
    return staff_page(
        request,
        "staff/window.html",
        "窗口收件",
        current="/hall/staff/window",
        crumbs=(Crumb("窗口收件"),),
        words=words,
        found=_window_items(hall, person, words),
    )


def _window_items(hall: Hall, person: SignedIn, words: str) -> list[WindowItem]:
    """Items whose name, plain names, code or pinyin hold every word; without words, the popular ones."""
    wanted = [each.lower() for each in words.split()]
    found: list[WindowItem] = []
    for item in hall.edition.catalog.items:
        text = " ".join((item.name, *item.plain_names, item.code, item.pinyin, item.department_name)).lower()
        fits = all(each in text for each in wanted) if wanted else item.popular
        if fits and item.status == "in_force":
            record = hall.edition.item(item.code)
            if window_units(hall, record, person):
                found.append(WindowItem(item, record.item.form is not None))
        if len(found) >= _FOUND_ITEMS:
            break
    return found


def _filters(request: Request) -> Filters:
    asked = request.query_params
    tab, state = asked.get("tab", "to_do"), asked.get("state", "")
    return Filters(
        tab=tab if tab in {each[0] for each in TABS} else "to_do",
        search=asked.get("q", "").strip()[:100],
        department=asked.get("department", "")[:60],
        state=state if state in {each.value for each in State} else "",
    )


def _tabs(filters: Filters, found: DeskPage) -> list[tuple[str, str, int]]:
    return [(filters.url(tab=tab), label, found.tab_counts.get(tab, 0)) for tab, label, _, _ in TABS]


def _departments(hall: Hall, person: SignedIn) -> list[Choice]:
    """The departments a person's cases may belong to: those in scope, or all at a window that takes for all."""
    ground = hall.site_data.ground()
    within = departments_in_scope(person.assignments, ground, SEES_CASES, hall.now().date())
    codes = within if len(within) > 1 else tuple(ground.departments) if not within else ()
    return [
        Choice(
            code, known.short_name if (known := ground.departments.get(code)) else ground.units.label(code)
        )
        for code in codes
    ]


def _person(request: Request) -> SignedIn:
    person: SignedIn = request.state.person
    return person


routes = [
    route(DESK, desk, guard=may(Capability.CASES_SEE), name="desk"),
    route("/hall/staff/window", window, guard=may(Capability.CASES_INTAKE), name="staff_window"),
]
