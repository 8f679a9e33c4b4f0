"""What every handler works with: one `Hall` per process, found from the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from catalog.county import County
from catalog.root import Root
from catalog.virus_scan import load_virus_scan
from handlers.casework.service import Casework
from handlers.former_units import with_former
from handlers.limiter import Limiter
from handlers.made_once import made_once
from handlers.second_factor_rule import SecondFactorRule
from handlers.site_data import Edition, SiteData
from handlers.store.database import Database
from handlers.sweeps import Sweeps
from presentation.view import Crumb, Lights
from rules.calendar import WorkCalendar
from rules.time import SHANGHAI

if TYPE_CHECKING:  # each is loaded by the first who asks for it
    from jinja2 import Environment

    from handlers.correspondence.service import Correspondence
    from handlers.delivering.service import Delivering
    from handlers.following_up.service import FollowUps
    from handlers.logbook.service import Logbook
    from handlers.scoring.service import Scores
    from handlers.statistics.service import Statistics
    from handlers.supervising.service import Supervision
    from handlers.watching.live import Live
    from handlers.watching.service import Watching
    from search_index import SearchIndex

TEMPLATES = Path(__file__).parent / "templates"


def shanghai_now() -> datetime:
    """The moment, in the hall's time zone."""
    return datetime.now(SHANGHAI)


@dataclass
class Hall:
    """Root, portal, database and casework of one county; `now` may be set by tests."""

    root: Root
    site: Path
    database: Database
    now: Callable[[], datetime] = shanghai_now
    site_data: SiteData = field(init=False)
    casework: Casework = field(init=False)
    live: Live | None = field(default=None, init=False)
    second_factor: SecondFactorRule = field(init=False)
    limiter: Limiter = field(default_factory=Limiter, init=False)
    sweeps: Sweeps = field(default_factory=Sweeps, init=False)
    _lights: Lights = field(init=False)

    def __post_init__(self) -> None:
        self.site_data = SiteData(self.root, self.site, partial(with_former, self.database))
        wanted = load_virus_scan(self.root)
        if wanted is not None:
            from handlers.store.clamd import Clamd
            from handlers.store.scans import Scanner

            clamd = Clamd(wanted.address, wanted.timeout_seconds)
            self.database.scanner = Scanner(clamd, wanted.when_down == "accept")
        self.second_factor = SecondFactorRule(self.root)
        self.casework = Casework(self.database, self.site_data.ground)
        self._lights = Lights()

    @made_once
    def correspondence(self) -> Correspondence:
        from handlers.correspondence.service import Correspondence

        return Correspondence(self.database, self.site_data.ground)

    @made_once
    def supervision(self) -> Supervision:
        from handlers.supervising.service import Supervision

        return Supervision(self.database, self.site_data.ground)

    @made_once
    def followups(self) -> FollowUps:
        from handlers.following_up.service import FollowUps

        return FollowUps(self.database, self.site_data.ground)

    @made_once
    def delivery(self) -> Delivering:
        from handlers.delivering.service import Delivering

        return Delivering(self.database, self.site_data.ground, self.root, lambda: self.now())

    @made_once
    def scores(self) -> Scores:
        from handlers.scoring.service import Scores

        return Scores(self.database, self.site_data.ground, self.root)

    @made_once
    def watching(self) -> Watching:
        from handlers.watching.service import Watching

        return Watching(self.database, self.site_data.ground)

    @made_once
    def statistics(self) -> Statistics:
        from catalog.statistics import load_definitions
        from handlers.statistics.service import Statistics

        return Statistics(
            self.database, self.site_data.ground, self.site_data.codes, lambda: load_definitions(self.root)
        )

    @made_once
    def logbook(self) -> Logbook:
        from handlers.logbook.service import Logbook

        return Logbook(self.database, self.site_data.ground, self.root.published)

    @made_once
    def _templates(self) -> Environment:
        from presentation.body_templates import templates

        return templates(TEMPLATES, self.site_data.codes, self._lights)

    @property
    def edition(self) -> Edition:
        return self.site_data.edition()

    @property
    def county(self) -> County:
        return self.edition.catalog.county

    @property
    def calendar(self) -> WorkCalendar:
        return self.edition.calendar

    @property
    def index(self) -> SearchIndex:
        return self.site_data.index()

    @property
    def lights(self) -> Lights:
        """The supervision lights as the county's rule set names them."""
        self._lights.use(self.edition.rules.levels)
        return self._lights

    def fragment(self, template: str, request: Request, **values: Any) -> str:
        """A body rendered from handlers/templates; it knows request, county, codes, person, now and the lights."""
        self._lights.use(self.edition.rules.levels)
        return self._templates.get_template(template).render(
            request=request,
            county=self.county,
            codes=self.site_data.codes,
            person=getattr(request.state, "person", None),
            now=self.now(),
            **values,
        )

    def part(self, template: str, **values: Any) -> str:
        """A piece of a page that is the same for whoever reads it: it knows no request and no person."""
        self._lights.use(self.edition.rules.levels)
        return self._templates.get_template(template).render(
            county=self.county, codes=self.site_data.codes, now=self.now(), **values
        )

    def page(
        self,
        request: Request,
        template: str,
        title: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        section: str = "",
        breadcrumbs: tuple[Crumb, ...] = (),
        wide: bool = False,
        head: str = "",
        **values: Any,
    ) -> Response:
        """A whole page: the body of `template` inside the portal's shell."""
        body = self.fragment(template, request, **values)
        html = self.edition.shell.render(
            title, body, section=section, breadcrumbs=breadcrumbs, wide=wide, head=head
        )
        return HTMLResponse(html, status, dict(headers or {}))


def hall_of(request: Request) -> Hall:
    """The hall this request came to."""
    hall: Hall = request.app.state.hall
    return hall
