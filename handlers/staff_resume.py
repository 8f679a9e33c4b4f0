"""A session that ended while something was being written: the text comes back after signing in again."""

from __future__ import annotations

import re

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from handlers.bodies import MEGABYTE, TEXT_BYTES, form_of
from handlers.context import hall_of
from handlers.problems import on_hall_error, wants_json
from handlers.staff_frame import DELIVERIES, DESK, MESSAGES, NO_INDEX, SCORES, SIGN_IN, STATISTICS, local_path
from presentation.view import Crumb
from rules.errors import HallError
from rules.quick_dataclass import dataclass

PREFIX = "kept."
ADDRESS = "kept_at"
_AREAS = ("/hall/staff/", "/hall/board", "/hall/cards", "/hall/orders", "/hall/appeals", SCORES, STATISTICS)
# Where staff begin a walk-in's application, on a page of the public: one click, of which nothing is kept.
_AT_WINDOW = re.compile(r"/hall/apply/[^/]+/window")
# A page of such an application: what is put back is saved there and shown. Never the page that files it.
_SECTION = re.compile(r"/hall/apply/[^/]+/[^/]+/(?!(?:check|saved)$)[^/]+")
_SECTIONS_OWN = frozenset({"do", "resume", "add_row", "remove_row", "without_script"})
# Forms that hold secrets, or nothing but a click: nothing of them is kept, for all that comes back is put back.
# With the page to open instead.
_NOTHING_KEPT = {
    "/hall/staff/account": "/hall/staff/account",
    "/hall/staff/second-factor": DESK,
    "/hall/staff/new-password": DESK,
    "/hall/staff/enrolment": DESK,
    "/hall/staff/sign-out": DESK,
    SIGN_IN: DESK,
    MESSAGES: MESSAGES,
    DELIVERIES: DELIVERIES,
    f"{STATISTICS}/saved/": STATISTICS,
}
# What belongs to the ended session or the one click, or must not be written back into a page.
_LEFT_OUT = frozenset(
    {
        "csrf",
        "form_end",
        "key",
        "seen",
        "again",
        "current",
        "digits",
        "send",
        "save",
        "remove_file",
        "restore",
    }
)
_MOST_TEXT = 20_000
# The end of an address that is posted to and has no page of its own: what stands before it has.
_STEP = re.compile(
    r"(?:/(?:moves|materials|fees)/[^/]+|/accountability(?:/[^/]+/withdraw)?"
    r"|/(?:told-outside|charges|certificate|decide|revoke|reply|refile)|(?<!/hall/staff)/chase"
    r"|(?<=/scores)/compute|/(?:propose|publish)|(?<=/entries)/[^/]+/withdraw|(?<=/quarterly)/text"
    r"|(?<=/statistics)/saved)$"
)


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
        if _AT_WINDOW.fullmatch(self.address):
            return self.address.removesuffix("/window")
        instead = (page for path, page in _NOTHING_KEPT.items() if self.address.startswith(path))
        return next(instead, _STEP.sub("", self.address))


async def on_signed_out(request: Request, error: Exception) -> Response:
    """Someone must sign in. A form that arrived too late is not thrown away: it goes along to the sign-in page.

    Of a form that holds a secret nothing is read.
    """
    path = request.url.path
    area = path.startswith(_AREAS) or _AT_WINDOW.fullmatch(path)
    form_sent = request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    )
    if request.method != "POST" or not area or not form_sent or wants_json(request):
        return await on_hall_error(request, error)
    return await asked_again(request)


async def asked_again(request: Request) -> Response:
    """The page to sign in on, with the form that arrived too late."""
    hall = hall_of(request)
    kept = Kept(request.url.path, ())
    if _keeps(kept.address):
        try:
            async with form_of(request, _most_bytes(request)) as form:
                kept = _kept(kept.address, form)
        except HallError as fault:
            return await on_hall_error(request, fault)
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


def _keeps(address: str) -> bool:
    if _SECTION.fullmatch(address):
        return True
    return address.startswith(_AREAS) and not address.startswith(tuple(_NOTHING_KEPT))


def _most_bytes(request: Request) -> int:
    """Files cannot be kept, but the text beside them is: with files as much may come as their own page takes."""
    files = request.headers.get("content-type", "").startswith("multipart/form-data")
    return TEXT_BYTES + hall_of(request).county.settings.upload_total_megabytes * MEGABYTE * files


def _kept(address: str, form: FormData) -> Kept:
    values: list[tuple[str, str]] = []
    room = _MOST_TEXT
    for name, value in form.multi_items():
        if not isinstance(value, str) or _left_out(address, name) or len(name) >= 100 or len(value) > room:
            continue
        values.append((name, value))
        room -= len(value)
    return Kept(address, tuple(values))


def _left_out(address: str, name: str) -> bool:
    if _SECTION.fullmatch(address) and name in _SECTIONS_OWN:
        return True
    return name in _LEFT_OUT or name.startswith("password")


def kept_in(form: FormData) -> Kept | None:
    """What a sign-in form carries along."""
    given = form.get(ADDRESS)
    if not isinstance(given, str) or local_path(given) != given or given == DESK:
        return None
    if not _keeps(given):
        return None
    values = tuple(
        (name.removeprefix(PREFIX), value)
        for name, value in form.multi_items()
        if name.startswith(PREFIX)
        and isinstance(value, str)
        and not _left_out(given, name.removeprefix(PREFIX))
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
