"""What every staff page shares: the navigation its reader may use, breadcrumbs, addresses with filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from handlers.casework.authority import departments_in_scope
from handlers.context import Hall, hall_of
from handlers.session import SignedIn
from presentation.view import Crumb
from rules.access import ROLE_LABELS
from rules.permissions import Capability
from rules.quick_dataclass import dataclass

DESK = "/hall/staff/"
SCORES = "/hall/scores"
BOARD, CARDS, ORDERS = "/hall/board", "/hall/cards", "/hall/orders"
RATINGS = "/hall/staff/ratings"
MESSAGES, DELIVERIES = "/hall/staff/messages", "/hall/staff/deliveries"
SIGN_IN = "/hall/staff/sign-in"
STATISTICS = "/hall/statistics"
ACCESS_LOG = "/hall/access-log"
ERASE = "/hall/staff/erase"
NO_INDEX = '<meta name="robots" content="noindex">'


@dataclass(frozen=True, slots=True)
class NavLink:
    """One entry of the staff navigation."""

    href: str
    label: str
    here: bool
    count: int = 0
    """What waits behind it: unread messages."""


_LINKS: tuple[tuple[str, str, Capability | None], ...] = (
    (DESK, "办件", Capability.CASES_SEE),
    ("/hall/staff/window", "窗口收件", Capability.CASES_INTAKE),
    ("/hall/staff/letters", "来信", Capability.LETTERS_SEE),
    ("/hall/staff/conduct", "工作作风投诉", Capability.LETTERS_CONDUCT),
    (RATINGS, "差评整改", Capability.ORDERS_SEE),
    (BOARD, "监察看板", Capability.BOARD_SEE),
    (CARDS, "监察牌", Capability.CARDS_SEE),
    (ORDERS, "督办与申诉", Capability.ORDERS_SEE),
    (STATISTICS, "统计分析", Capability.STATISTICS_SEE),
    (SCORES, "绩效评分", Capability.SCORES_SEE),
    (MESSAGES, "消息", None),
    (DELIVERIES, "发送情况", Capability.DELIVERIES_SEE),
    (ACCESS_LOG, "查看记录", Capability.ACCESS_LOG_SEE),
    (ERASE, "删除个人信息", Capability.DATA_ERASE),
    ("/hall/staff/account", "我的账号", None),
)


def navigation(hall: Hall, person: SignedIn, current: str) -> tuple[NavLink, ...]:
    """The links that this person's roles open; `current` is the address of the page's own entry."""
    permissions = hall.edition.permissions
    # Who answers for a department, or supervises one: cards, orders, appeals.
    readers = permissions.roles(Capability.ORDERS_SEE)
    supervises = departments_in_scope(person.assignments, hall.site_data.ground(), readers, hall.now().date())
    unread = hall.delivery.unread(person.person_id, person.assignments)
    return tuple(
        NavLink(href, label, href == current, unread if href == MESSAGES else 0)
        for href, label, capability in _LINKS
        if capability is None
        or (
            permissions.roles(capability) & person.roles
            and (href not in (BOARD, ORDERS, RATINGS) or supervises)
        )
    )


def posts(hall: Hall, person: SignedIn) -> tuple[str, ...]:
    """The posts held today in words, each once: role and unit."""
    ground, today = hall.site_data.ground(), hall.now().date()
    held = [each for each in person.assignments if each.holds_on(today)]
    return tuple(dict.fromkeys(f"{ROLE_LABELS[each.role]} · {ground.unit_name(each.unit)}" for each in held))


def staff_page(
    request: Request,
    template: str,
    title: str,
    *,
    current: str,
    crumbs: tuple[Crumb, ...] = (),
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    head: str = "",
    **values: Any,
) -> Response:
    """A page inside the desk's frame, for the person signed in."""
    hall = hall_of(request)
    person: SignedIn = request.state.person
    return hall.page(
        request,
        template,
        title,
        status=status,
        headers=headers,
        wide=True,
        head=NO_INDEX + head,
        breadcrumbs=(Crumb("工作台", DESK if crumbs else ""), *crumbs),
        navigation=navigation(hall, person, current),
        posts=posts(hall, person),
        **values,
    )


def address(path: str, **filters: object) -> str:
    """A path with its filters; empty ones are left out."""
    given = {name: str(value) for name, value in filters.items() if value not in ("", None)}
    return f"{path}?{urlencode(given)}" if given else path


def local_path(text: str) -> str:
    """A path of this hall to go on to, or the desk: never another host, never an address a browser rereads."""
    clean = text.strip()
    try:
        parts = urlsplit(clean.replace("\\", "/"))
    except ValueError:  # half of an IPv6 address, a sign that becomes a slash
        return DESK
    odd = any(ord(char) < 33 or char == "\\" for char in clean)
    if odd or parts.scheme or parts.netloc or not clean.startswith("/") or clean.startswith("//"):
        return DESK
    return DESK if clean.startswith(SIGN_IN) else clean


def page_number(request: Request) -> int:
    """The page asked for, from 1; nonsense is the first."""
    text = request.query_params.get("page", "1")
    return max(int(text), 1) if text.isascii() and text.isdigit() and len(text) < 8 else 1
