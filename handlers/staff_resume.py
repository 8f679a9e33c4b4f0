"""A session that ended while something was being written: the text comes back after signing in again."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from handlers.bodies import form_of
from handlers.context import hall_of
from handlers.problems import on_hall_error, wants_json
from handlers.staff_frame import DESK, NO_INDEX, local_path
from presentation.view import Crumb
from rules.errors import HallError
from rules.quick_dataclass import dataclass

PREFIX = "kept."
ADDRESS = "kept_at"
_AREAS = ("/hall/staff/", "/hall/board", "/hall/cards", "/hall/orders", "/hall/appeals")
# What belongs to the ended session or the one click, or must not be written back into a page.
_LEFT_OUT = frozenset({"csrf", "form_end", "key", "seen", "password", "again", "current", "digits"})
_MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Kept:
    """What was being sent, and where to: (field name, text) as posted; files cannot be kept."""

    address: str
    values: tuple[tuple[str, str], ...]

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """What a person wrote, to be shown."""
        return tuple((name, text) for name, text in self.values if text.strip())

    @property
    def page(self) -> str:
        """The page on which it was written."""
        for ending in (
            "/moves/",
            "/materials/",
            "/fees/",
            "/told-outside",
            "/charges",
            "/certificate",
            "/answer",
            "/extend",
            "/decide",
            "/revoke",
            "/reply",
            "/chase",
            "/accountability",
            "/refile",
        ):
            head, found, _ = self.address.partition(ending)
            if found:
                return head
        return self.address


async def on_signed_out(request: Request, error: Exception) -> Response:
    """Someone must sign in. A form that arrived too late is not thrown away: it goes along to the sign-in page."""
    area = request.url.path.startswith(_AREAS)
    form_sent = request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    )
    if request.method != "POST" or not area or not form_sent or wants_json(request):
        return await on_hall_error(request, error)
    try:
        async with form_of(request) as form:
            kept = _kept(request.url.path, form)
    except HallError as fault:
        return await on_hall_error(request, fault)
    hall = hall_of(request)
    return hall.page(
        request,
        "staff/sign_in.html",
        "登录已过期",
        status=401,
        head=NO_INDEX,
        breadcrumbs=(Crumb("工作人员登录"),),
        target=kept.page,
        asked=True,
        kept=kept if kept.texts else None,
        login="",
        fault="登录已过期，这一步没有执行。请重新登录。",
        note="",
        idle_minutes=hall.county.settings.session_idle_minutes,
        longest_hours=12,
    )


def _kept(address: str, form: FormData) -> Kept:
    values: list[tuple[str, str]] = []
    room = _MOST_TEXT
    for name, value in form.multi_items():
        if isinstance(value, str) and name not in _LEFT_OUT and len(name) < 100 and len(value) <= room:
            values.append((name, value))
            room -= len(value)
    return Kept(address, tuple(values))


def kept_in(form: FormData) -> Kept | None:
    """What a sign-in form carries along."""
    given = form.get(ADDRESS)
    if not isinstance(given, str) or local_path(given) != given or given == DESK:
        return None
    if not given.startswith(_AREAS):
        return None
    values = tuple(
        (name.removeprefix(PREFIX), value)
        for name, value in form.multi_items()
        if name.startswith(PREFIX) and isinstance(value, str)
    )
    return Kept(given, values) if values else None


def resumed(request: Request, kept: Kept, csrf: str) -> Response:
    """Signed in again: what was written, to be put back into its page. Nothing is carried out by itself."""
    return hall_of(request).page(
        request,
        "staff/resumed.html",
        "您写的内容还在",
        head=NO_INDEX,
        breadcrumbs=(Crumb("工作台", DESK), Crumb("您写的内容还在")),
        kept=kept,
        csrf=csrf,
    )
