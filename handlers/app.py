"""The application: the jobs' routes, the static portal behind them, errors mapped in one place."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.context import Hall
from handlers.problems import on_crash, on_hall_error, on_http_error
from handlers.security import Security
from handlers.switchboard import Switchboard
from rules.errors import HallError, Unauthenticated, Unavailable

if TYPE_CHECKING:  # its library is loaded by those alone who want to be counted
    from handlers.metrics import Metrics

# A job that can be deployed alone (`hall serve --only apply,track`) and the modules that make it.
JOBS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "search": ("handlers.search",),
        "forms": ("handlers.forms",),
        "apply": ("handlers.apply", "handlers.drafts", "handlers.uploads", "handlers.receipt"),
        "track": (
            "handlers.track",
            "handlers.track_hearing",
            "handlers.receipt",
            "handlers.rate",
            "handlers.log_page",
        ),
        "letters": ("handlers.letters", "handlers.letters_public", "handlers.letters_own"),
        "feedback": ("handlers.feedback",),
        "staff": (
            "handlers.access_log_page",
            "handlers.staff_account",
            "handlers.staff_enrolment",
            "handlers.staff_security",
            "handlers.desk",
            "handlers.case_page",
            "handlers.case_moves",
            "handlers.case_records",
            "handlers.letters_desk",
            "handlers.letters_desk_letter",
            "handlers.ratings_page",
            "handlers.messages_page",
            "handlers.deliveries_page",
            "handlers.erase_page",
        ),
        "supervision": (
            "handlers.staff_account",
            "handlers.staff_enrolment",
            "handlers.board",
            "handlers.hand_card_page",
            "handlers.cards_page",
            "handlers.orders_page",
            "handlers.order_check_page",
            "handlers.accountability_page",
            "handlers.appeals_page",
            "handlers.chase_page",
            "handlers.statistics_page",
            "handlers.quarterly_page",
            "handlers.scores_page",
            "handlers.score_entries_page",
            "handlers.score_appeal_page",
        ),
        "api": ("handlers.api",),
    }
)
ALWAYS = ("handlers.health", "handlers.notices")


class Portal(StaticFiles):
    """The built site; a missing page is left to the error mapping, which offers a search."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            raise self._missing() if error.status_code == 404 else error from None
        if response.status_code == 404:
            raise self._missing()
        if path.startswith("assets/"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    async def check_config(self) -> None:
        """A folder that is missing is told to the visitor; it may be there at the next request."""

    def _missing(self) -> Exception:
        if Path(str(self.directory), "data", "catalog.json").is_file():
            return HTTPException(404)
        return Unavailable("网站还没有生成，或者正在重新生成。请过几分钟再来；急着办的，请打电话或到窗口。")


class Crashes:
    """ASGI middleware: what nobody foresaw becomes a page inside `Security`, so that it has its headers and number."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            answer = await on_crash(Request(scope, receive), error)
            await answer(scope, receive, send)


async def on_signed_out(request: Request, error: Exception) -> Response:
    """Kept apart with the page that carries a typed form over the signing in: only staff need it."""
    from handlers import staff_resume

    return await staff_resume.on_signed_out(request, error)


def routes(only: tuple[str, ...] = ()) -> list[BaseRoute]:
    """The routes of the chosen jobs (all when none is named). Raises KeyError for an unknown job."""
    chosen = only or tuple(JOBS)
    modules = dict.fromkeys([*(module for job in chosen for module in JOBS[job]), *ALWAYS])
    return [each for module in modules for each in importlib.import_module(module).routes]


def create_app(hall: Hall, only: tuple[str, ...] = (), metrics: Metrics | None = None) -> Starlette:
    """The hall as an ASGI application; with `metrics` it counts what it answers, and /metrics tells."""
    app = Starlette(
        routes=[
            *routes(only),
            Mount("/", Portal(directory=hall.site, html=True, check_dir=False), name="portal"),
        ],
        middleware=[
            Middleware(Security, answered=None if metrics is None else metrics.answered),
            Middleware(Crashes),
        ],
        exception_handlers={
            Unauthenticated: on_signed_out,
            HallError: on_hall_error,
            HTTPException: on_http_error,
        },
    )
    app.router = Switchboard(app.routes)
    app.state.hall = hall
    app.state.metrics = metrics
    return app
