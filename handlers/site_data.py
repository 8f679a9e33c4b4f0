"""The handlers' view of the built portal: site/data read once, and again when the build has replaced it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.artifact import Catalog, ItemRecord, ItemSummary, load_catalog, load_item, load_version
from catalog.calendars import CalendarData, calendar_from
from catalog.codes import Codes, load_codes
from catalog.county import County, Department
from catalog.permissions import load_permissions, packaged, permissions_from_json
from catalog.root import Root
from catalog.schema import Item
from catalog.supervision import RuleSet, ruleset_from_json
from catalog.units import OrgTree
from handlers.casework.ground import Ground, Guide
from presentation.page import Shell
from rules.calendar import WorkCalendar
from rules.errors import HallError, NotFound, Unavailable
from rules.permissions import Permissions

if TYPE_CHECKING:
    from search_index import SearchIndex

LOOK_EVERY_SECONDS = 1.0
log = logging.getLogger("hall.site")


@dataclass(frozen=True, eq=False)
class Edition:
    """One consistent build: everything here came from the same `catalog.json` version."""

    site: Path
    catalog: Catalog
    departments: Mapping[str, Department]
    units: OrgTree
    items: Mapping[str, ItemSummary]
    calendar: WorkCalendar
    rules: RuleSet
    shell: Shell
    permissions: Permissions = field(default_factory=packaged)
    # Its own, so that what it remembers goes with it when the next edition takes its place; it knows the edition's
    # parts and not the edition, which is let go at once then and not by the collector.
    _known: Callable[[str], ItemRecord] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known = lru_cache(maxsize=512)(partial(_read_item, self.site, self.items))
        object.__setattr__(self, "_known", known)

    def item(self, code: str) -> ItemRecord:
        """The item in force. Raises NotFound."""
        return self._known(code)


def _read_item(site: Path, items: Mapping[str, ItemSummary], code: str) -> ItemRecord:
    try:
        return load_item(site, code)
    except NotFound as error:
        if code not in items:
            raise
        # The catalog has it and its file is away: the site is gone or being replaced, not the item.
        raise Unavailable("网站数据正在更新，请过一会儿再试。") from error


@lru_cache(maxsize=512)
def _cached_version(site: Path, version: str) -> Item:
    # Named by the hash of its content, so that it never becomes another.
    return load_version(site, version).item


class SiteData:
    """Answers with the newest edition; looks at most once a second whether the build has written another."""

    def __init__(
        self, root: Root, site: Path, units: Callable[[OrgTree, County], OrgTree] = lambda tree, _: tree
    ) -> None:
        """`units` adds to the units of a build those that are in no file any more."""
        self.root = root
        self.site = site
        self._units = units
        self.codes: Codes = load_codes(root)
        self._lock = threading.Lock()
        self._edition: Edition | None = None
        self._index: tuple[str, SearchIndex] | None = None
        self._ground: tuple[Edition, Ground] | None = None
        self._stamp: tuple[int, int] = (0, 0)
        self._looked = 0.0
        self.fault = ""
        """Why the newest build cannot be read, while the last good one is in use; empty when all is well."""

    def edition(self) -> Edition:
        """The newest build that can be read. Raises Unavailable while there has been none."""
        moment = time.monotonic()
        if self._edition is not None and moment - self._looked < LOOK_EVERY_SECONDS:
            return self._edition
        with self._lock:
            self._looked = moment
            stamp = self._stamp_on_disk()
            if self._edition is not None and stamp == self._stamp:
                self.fault = ""
                return self._edition
            return self._renewed(stamp)

    def _renewed(self, stamp: tuple[int, int]) -> Edition:
        """A build that is missing or broken leaves the last good one in use and is looked at again."""
        try:
            self._edition = self._read()
        except (HallError, OSError, ValueError) as error:
            told = (
                error
                if isinstance(error, HallError)
                else Unavailable("门户数据读不出来，请重新运行 hall build")
            )
            if self._edition is None:
                raise told from error
            if self.fault != told.detail:
                log.error(
                    "the portal's data cannot be read, the last good edition stays: %s (%s)",
                    told.detail,
                    error,
                )
            self.fault = told.detail
            return self._edition
        self.fault = ""
        self._stamp = stamp
        return self._edition

    def index(self) -> SearchIndex:
        """The search index of the newest edition. Raises Unavailable while it is missing."""
        # Whoosh is loaded by the first search: most handlers never search.
        from search_index import IndexMissing, open_index

        version = self.edition().catalog.version
        if self._index is None or self._index[0] != version:
            try:
                self._index = (version, open_index(self.site / "data" / "index"))
            except IndexMissing as error:
                raise NoIndex from error
        return self._index[1]

    def current(self, code: str) -> Guide | None:
        """The item in force under a code (`casework.ground.Guides`)."""
        edition = self.edition()
        if code not in edition.items:
            return None
        record = edition.item(code)
        return Guide(record.item, record.version_hash)

    def version(self, version: str) -> Item | None:
        """An item by the hash of its version (`casework.ground.Guides`)."""
        try:
            return _cached_version(self.site, version)
        except HallError:
            return None

    def item_codes(self) -> tuple[str, ...]:
        """The codes of all items in force (`casework.ground.Guides`)."""
        return tuple(self.edition().items)

    def ground(self) -> Ground:
        """What casework stands on, from the newest edition."""
        edition = self.edition()
        if self._ground is None or self._ground[0] is not edition:
            self._ground = (edition, self._ground_of(edition))
        return self._ground[1]

    def _ground_of(self, edition: Edition) -> Ground:
        return Ground(
            county=edition.catalog.county,
            departments=edition.departments,
            units=edition.units,
            guides=self,
            calendar=edition.calendar,
            card_rules=edition.rules.by_object,
            rules_version=edition.rules.stamp,
            rule_set=edition.rules,
            permissions=edition.permissions,
        )

    def _stamp_on_disk(self) -> tuple[int, int]:
        try:
            stat = (self.site / "data" / "catalog.json").stat()
        except FileNotFoundError:
            return (0, 0)
        return (stat.st_mtime_ns, stat.st_size)

    def _read(self) -> Edition:
        catalog = load_catalog(self.site)
        data = self.site / "data"
        return Edition(
            site=self.site,
            catalog=catalog,
            departments={department.id: department for department in catalog.departments},
            units=self._units(OrgTree({unit.id: unit for unit in catalog.units}), catalog.county),
            items={item.code: item for item in catalog.items},
            calendar=calendar_from(CalendarData.model_validate_json((data / "calendar.json").read_bytes())),
            rules=ruleset_from_json((data / "supervision.json").read_bytes()),
            shell=Shell.load(data / "shell.html", catalog.county.hall_name),
            permissions=self._permissions(data),
        )

    def _permissions(self, data: Path) -> Permissions:
        """Those of the build, as everything else is; a build of before they came with it goes by the root's file."""
        try:
            text = (data / "permissions.json").read_bytes()
        except FileNotFoundError:
            return load_permissions(self.root)
        return permissions_from_json(text)


class NoIndex(HallError):
    """The portal was built without its search index."""

    status = 503
    slug = "no-index"
    title = "搜索暂时不可用"

    def __init__(self) -> None:
        super().__init__("搜索索引还没有生成。您可以按部门、主题或拼音查找；管理员请运行 hall build。")
