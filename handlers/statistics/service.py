"""The one door to statistics for pages, commands and tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from catalog.codes import Codes
from catalog.statistics import Definitions
from handlers.casework.authority import active_person
from handlers.casework.ground import Ground
from handlers.casework.looking import note_list
from handlers.statistics import facts, publishing, quarterly
from handlers.statistics.asking import Asked, asked_of, check
from handlers.statistics.behind import CasesBehind, cases_behind
from handlers.statistics.grouping import Groupings
from handlers.statistics.measuring import Measuring
from handlers.statistics.quarterly import Quarterly
from handlers.statistics.scope import COUNTY, Reach, reach_of
from handlers.statistics.tables import Table
from handlers.store import case_facts, reports
from handlers.store.database import Database
from handlers.store.people_records import Person
from handlers.store.reports import QuarterlyText, SavedReport
from rules.errors import Forbidden, Invalid, NotFound
from rules.permissions import Capability
from rules.time import local, local_date

# A page takes in this many new events before it answers; the sweep takes in all.
AT_A_LOOK = 6_000
MOST_REPORTS = 50
LONGEST_NAME = 40


class Statistics:
    """Figures over one database; `ground` and `definitions` are asked anew each time."""

    def __init__(
        self,
        database: Database,
        ground: Callable[[], Ground],
        codes: Codes,
        definitions: Callable[[], Definitions],
    ) -> None:
        self.database, self.ground, self.codes, self.definitions = database, ground, codes, definitions

    def refresh(self) -> None:
        """Takes every new event in."""
        facts.refresh(self.database, self.ground())

    def asked(self, given: Mapping[str, str]) -> Asked:
        """What an address asks for. Raises Invalid, saying what would be possible."""
        return asked_of(given, self.definitions())

    def reach(self, person: str, now: datetime) -> Reach:
        """Whose figures a person sees. Raises Forbidden."""
        return reach_of(active_person(self.database, person), self.ground(), local(now))

    def table(self, asked: Asked, person: str, now: datetime) -> Table:
        """A table within the person's reach. Raises Forbidden, Invalid."""
        return self._table(asked, self.reach(person, now), local(now))

    def county_table(self, asked: Asked, now: datetime) -> Table:
        """A table of the whole county, for what is published."""
        return self._table(asked, COUNTY, local(now))

    def cases_behind(
        self, asked: Asked, measure: str, person: str, now: datetime, page: int = 1
    ) -> CasesBehind:
        """The cases behind a figure, within the person's reach."""
        check(replace(asked, measures=(measure,)), self.definitions())
        facts.refresh(self.database, self.ground(), most=AT_A_LOOK)
        reach = self.reach(person, now)
        found = cases_behind(self._measuring(reach), asked, measure, local(now), page)
        account = active_person(self.database, person)
        note_list(
            self.database, person, account.assignments, "case", "statistics", len(found.cases), local(now)
        )
        return found

    def groupings(self) -> Groupings:
        """The names of groups, for filters."""
        return Groupings(self.ground(), self.codes, case_facts.known_items(self.database))

    def publish(self, folder: Path, now: datetime) -> bool:
        """Writes the county's monthly figures up to yesterday into `published/`, once a day; whether it did."""
        return publishing.publish(self, folder, now)

    # Saved reports

    def saved(self, person: str, now: datetime) -> tuple[SavedReport, ...]:
        """A person's own reports and those shared in their units."""
        account = active_person(self.database, person)
        return reports.saved_for(self.database, person, _units(account, now))

    def save(self, person: str, name: str, asked: Asked, now: datetime, *, share: bool) -> int:
        """Keeps a question under a name; shared, everyone with a post in the same unit sees it. Raises Invalid."""
        clean = " ".join(name.split())
        if not 1 <= len(clean) <= LONGEST_NAME:
            raise Invalid("请给报表起个名字", {"name": f"名字要有，最多{LONGEST_NAME}个字"})
        check(asked, self.definitions())
        account = active_person(self.database, person)
        units = _units(account, now)
        if share and not units:
            raise Forbidden("您今天没有岗位，不能共享报表。")
        own = {each.name for each in reports.saved_for(self.database, person, ()) if each.person == person}
        if clean not in own and len(own) >= MOST_REPORTS:
            raise Invalid(f"每人最多保存{MOST_REPORTS}张报表，请先删掉不用的。")
        unit = units[0] if share else ""
        return self.database.write(
            lambda tx: reports.save(tx, person, unit, clean, asked.parameters(), local(now))
        )

    def forget(self, person: str, report_id: int) -> None:
        """Removes a person's own report. Raises NotFound."""
        if not self.database.write(lambda tx: reports.remove(tx, report_id, person)):
            raise NotFound("没有这张报表，或者它是别人保存的。")

    # Quarterly report

    def quarterly(self, period: str, now: datetime) -> Quarterly:
        """The quarterly report of the county as its data stand. Raises Invalid."""
        facts.refresh(self.database, self.ground(), most=AT_A_LOOK)
        return quarterly.made(self._measuring(COUNTY), self.database, self.ground(), period, local(now))

    def write_quarterly(self, person: str, text: QuarterlyText, now: datetime) -> None:
        """Saves number, addressee, preface and conclusions; who may write reports. Raises Conflict."""
        account = active_person(self.database, person)
        today = local_date(now)
        writers = self.ground().permissions.roles(Capability.REPORTS_WRITE)
        if not any(each.role in writers and each.holds_on(today) for each in account.assignments):
            raise Forbidden("您的岗位没有撰写季度通报的权限。")
        quarterly.check_text(text)
        self.database.write(lambda tx: reports.save_quarterly(tx, text, person, local(now)))

    def _table(self, asked: Asked, reach: Reach, now: datetime) -> Table:
        check(asked, self.definitions())
        complete = facts.refresh(self.database, self.ground(), most=AT_A_LOOK)
        return replace(self._measuring(reach).table(asked, now), complete=complete)

    def _measuring(self, reach: Reach) -> Measuring:
        return Measuring(self.database, self.ground(), self.definitions(), self.groupings(), reach)


def _units(account: Person, now: datetime) -> tuple[str, ...]:
    day = local_date(now)
    return tuple(dict.fromkeys(each.unit for each in account.assignments if each.holds_on(day)))
