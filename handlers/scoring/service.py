"""The one door to scores for pages, commands and tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from catalog.elements import load_elements
from catalog.root import Root
from catalog.scoring import load_scheme, scheme_of, scoring_folders
from catalog.scoring_published import RankingFile
from handlers.casework.ground import Ground
from handlers.scoring import editions, entering, files, persons, reading
from handlers.scoring.editions import Basis, Computed
from handlers.scoring.persons import PersonsView
from handlers.scoring.reading import Reach
from handlers.scoring.requests import NewEntry
from handlers.scoring.views import DepartmentView, EditionView, EntryView, OpenedHead
from handlers.store import scores
from handlers.store.database import Database
from handlers.store.score_records import Edition, ScoreEntry
from rules.errors import NotFound
from rules.score import Score
from rules.score_periods import Period
from rules.score_scheme import Scheme
from rules.time import local


class Scores:
    """Every operation on scores over one database. `now` is any moment; periods are texts like `2026-11`."""

    def __init__(self, database: Database, ground: Callable[[], Ground], root: Root) -> None:
        self.database, self.ground, self.root = database, ground, root
        self._scheme: tuple[object, tuple[Scheme, bytes]] | None = None

    @property
    def scheme(self) -> Scheme:
        """The scheme the county has chosen. Raises Invalid with its file's faults, NotFound."""
        return self._loaded()[0]

    def compute(self, period: str, now: datetime, department: str = "") -> Computed:
        """A period's ledger and ranking from the records as they stand; nothing is kept."""
        return editions.compute(
            self.database, self.basis(), Period.parse(period), local(now), department=department
        )

    def draft(self, period: str, person: str, *, now: datetime, note: str = "") -> Edition:
        """Computes a period's next edition, or its draft or proposal anew."""
        return editions.draft(self.database, self.basis(), Period.parse(period), person, local(now), note)

    def propose(self, edition_id: int, person: str, *, now: datetime) -> Edition:
        """Shows a draft to the departments, who may appeal until the day that is told."""
        return editions.propose(self.database, self.basis(), edition_id, person, local(now))

    def publish(self, edition_id: int, person: str, *, now: datetime) -> Edition:
        """Publishes a proposal, by another person than who proposed it, and writes its files."""
        done = editions.publish(self.database, self.ground(), edition_id, person, local(now))
        self.publish_files(self.root.published)
        return done

    def publish_files(self, folder: Path) -> int:
        """Brings published/scores up to date; a folder that is not this database's own is left alone."""
        # Editions of a hall tried out elsewhere are not this county's.
        if folder.resolve().parent not in self.database.path.parents:
            return 0
        return files.publish_files(self.database, folder)

    def enter(self, asked: NewEntry, person: str, *, now: datetime) -> ScoreEntry:
        """The county supervisor enters a fact with its basis."""
        return entering.enter(self.database, self.ground(), self.scheme, asked, person, local(now))

    def withdraw(self, entry_id: int, reason: str, person: str, *, now: datetime) -> ScoreEntry:
        """Takes an entry back with the reason."""
        return entering.withdraw(self.database, self.ground(), entry_id, reason, person, local(now))

    def reach(self, person: str, now: datetime) -> Reach:
        """What a person's posts open. Raises Forbidden for none."""
        return reading.reach(self.database, self.ground(), person, local(now))

    def editions(self, period: str = "") -> tuple[Edition, ...]:
        """All editions, newest period first; pages show each reader what is theirs."""
        return scores.editions(self.database, (period,) if period else ())

    def ranking(self, edition: Edition) -> RankingFile:
        """An edition's ranking."""
        return editions.published_file(self.database, edition)

    def published(self, period: str, number: int | None = None) -> Edition:
        """A published edition, the newest unless one is asked for. Raises NotFound, Invalid."""
        wanted = Period.parse(period).text
        for each in scores.editions(self.database, (wanted,)):
            if each.state == "published" and number in (None, each.edition):
                return each
        raise NotFound("这一期（这一版）的绩效评分还没有公布。")

    def text(self, name: str) -> bytes:
        """A ledger, ranking or scheme by its SHA-256."""
        return scores.text(self.database, name)

    def csv(self, edition: Edition) -> bytes:
        """An edition's ranking as CSV."""
        return editions.csv_of(self.database, edition)

    def scheme_of(self, edition: Edition) -> Scheme:
        """The scheme an edition was computed by."""
        return scheme_of(scores.text(self.database, edition.scheme_hash))

    def department_view(
        self,
        period: str,
        department: str,
        person: str,
        levels: Mapping[int, str],
        *,
        now: datetime,
        number: int | None = None,
    ) -> DepartmentView:
        """A department's score, opened, for staff within scope."""
        return reading.department_view(
            self.database, self.basis(), Period.parse(period), department, person, local(now), levels, number
        )

    def own_view(
        self, period: str, person: str, levels: Mapping[int, str], *, now: datetime
    ) -> tuple[Scheme, Score, tuple[OpenedHead, ...]]:
        """A clerk's own part in a month."""
        return reading.own_view(self.database, self.basis(), Period.parse(period), person, local(now), levels)

    def sees_persons(self, department: str, person: str, *, now: datetime) -> bool:
        """Whether someone supervises the persons of a department."""
        return persons.sees_persons(self.database, self.ground(), department, person, local(now))

    def persons_view(
        self, period: str, department: str, person: str, request: str = "", *, now: datetime
    ) -> PersonsView:
        """The persons of a department in a month, by name, for their supervisor; the look is logged."""
        return persons.persons_view(
            self.database, self.basis(), Period.parse(period), department, person, local(now), request
        )

    def edition_view(self, edition_id: int, person: str, *, now: datetime) -> EditionView:
        """An edition for who proposes and publishes."""
        return reading.edition_view(self.database, self.ground(), edition_id, person, local(now))

    def entries(self, period: str, person: str, *, now: datetime) -> tuple[EntryView, ...]:
        """The entries of a month, for who enters them."""
        return reading.entry_views(
            self.database, self.ground(), self.scheme, Period.parse(period), person, local(now)
        )

    def basis(self) -> Basis:
        """What a computation stands on besides the records."""
        scheme, text = self._loaded()
        return Basis(self.ground(), load_elements(self.root), scheme, text)

    def _loaded(self) -> tuple[Scheme, bytes]:
        """Read again only when a file has changed."""
        name = self.ground().county.settings.scoring
        folders = scoring_folders(self.root)
        stats = [path.stat() for folder in folders if (path := folder / f"{name}.yml").is_file()]
        stamp = (name, tuple((each.st_mtime_ns, each.st_size) for each in stats))
        if self._scheme is None or self._scheme[0] != stamp:
            self._scheme = (stamp, load_scheme(folders, name))
        return self._scheme[1]
