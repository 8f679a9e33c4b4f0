"""What a build works with: everything that was read, the shell, and the templates, made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment

from catalog.codes import Codes
from catalog.county import County, Department
from catalog.elements import Elements
from catalog.published_statistics import PublishedStatistics
from catalog.reader import Reading
from catalog.root import Root
from presentation.body_templates import templates
from presentation.page import Shell
from presentation.view import Lights
from rules.calendar import WorkCalendar
from rules.rule_set import RuleSet
from site_builder.change_log import ChangeLog
from site_builder.disclosure import DisclosureTree
from site_builder.letters import PublicLetter
from site_builder.news import News
from site_builder.outputs import Output, fingerprint, page_file
from site_builder.published import Figures
from site_builder.score_files import Published
from site_builder.summaries import HIDDEN, Shown

HERE = Path(__file__).parent


@dataclass
class Portal:
    """One build. `stamp` covers the program, templates, shell, county, codes and departments."""

    root: Root
    reading: Reading
    codes: Codes
    calendar: WorkCalendar
    rules: RuleSet
    elements: Elements
    shell: Shell
    stamp: str
    items: tuple[Shown, ...]
    news: News
    disclosure: DisclosureTree
    changes: ChangeLog
    figures: Figures | None
    letters: tuple[PublicLetter, ...] = ()
    program: str = ""
    scores: tuple[Published, ...] = ()
    statistics: PublishedStatistics | None = None
    unit_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def county(self) -> County:
        return self.reading.county

    @property
    def departments(self) -> Mapping[str, Department]:
        return self.reading.departments

    @cached_property
    def visible(self) -> tuple[Shown, ...]:
        """The items that have a page, in pinyin order."""
        shown = [each.summary for each in self.items]
        placed = sorted(
            (summary.pinyin, summary.name, summary.code, place)
            for place, summary in enumerate(shown)
            if summary.status not in HIDDEN
        )
        return tuple(self.items[place] for *_, place in placed)

    @cached_property
    def by_code(self) -> Mapping[str, Shown]:
        return {each.summary.code: each for each in self.visible}

    @cached_property
    def environment(self) -> Environment:
        made = templates(HERE / "templates", self.codes, Lights(self.rules.levels))
        # A build is over before anybody could change a template under it.
        made.auto_reload = False
        made.globals.update(county=self.county, codes=self.codes, portal=self)
        return made

    def body(self, template: str, **values: Any) -> str:
        """The body of a page from one of our templates."""
        return self.environment.get_template(template).render(**values)

    def page(
        self,
        address: str,
        template: str,
        title: str,
        key: Sequence[object],
        *,
        description: str = "",
        section: str = "",
        crumbs: Sequence[tuple[str, str]] = (),
        head: str = "",
        wide: bool = False,
        values: Mapping[str, Any] | Callable[[], Mapping[str, Any]] = MappingProxyType({}),
    ) -> Output:
        """A page from a template; `key` names what it depends on besides the stamp.

        `values` may be a function, called only when the page is made.
        """

        def make() -> str:
            body = self.body(template, **(values() if callable(values) else values))
            return self.shell.render(
                title,
                body,
                description=description,
                section=section,
                breadcrumbs=crumbs,
                head=head,
                wide=wide,
            )

        return Output(page_file(address), fingerprint(self.stamp, template, title, description, *key), make)
