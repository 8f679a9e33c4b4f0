"""The published scores as files: which editions there are, whether they are whole, read when a page needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from catalog.problems import Problem
from catalog.scoring import scheme_of
from catalog.scoring_published import EditionList, EditionListed, RankingFile, read_ranking
from rules.errors import HallError, Invalid
from rules.score_ledger import LedgerLine, digest, lines_numbered
from rules.score_periods import Period
from rules.score_scheme import Scheme

FOLDER = "scores"
HOME = "/supervision/scores/"
ENDINGS = ("json", "csv", "ledger.jsonl", "scheme.yml")
MOST_LINES = 50


@dataclass(frozen=True)
class Published:
    """One published edition with its files; the ranking is read when a page needs it."""

    listed: EditionListed
    folder: Path
    newest: bool

    def file(self, ending: str) -> Path:
        """One of its files."""
        return self.folder / f"{self.listed.edition}.{ending}"

    @property
    def address(self) -> str:
        """Its page; the newest edition has the period's own address."""
        base = f"{HOME}{self.listed.period}/"
        return base if self.newest else f"{base}{self.listed.edition}/"

    @property
    def data(self) -> str:
        """Where its files lie on the portal, without their endings."""
        return f"/data/scores/{self.listed.period}/{self.listed.edition}"

    @property
    def period(self) -> Period:
        return Period.parse(self.listed.period)

    @cached_property
    def ranking(self) -> RankingFile:
        return read_ranking(self.file("json").read_bytes())

    @cached_property
    def scheme(self) -> Scheme:
        return scheme_of(self.file("scheme.yml").read_bytes())

    @cached_property
    def lines(self) -> Mapping[int, LedgerLine]:
        """The lines of the ledger that took points from somebody."""
        measures = [
            one
            for each in self.ranking.departments
            for one in (
                *(measure for head in each.heads.values() for measure in head.measures.values()),
                *each.adjustments.values(),
            )
        ]
        wanted = frozenset(number for each in measures for number in each.lines[:MOST_LINES])
        return {line.n: line for line in lines_numbered(self.file("ledger.jsonl").read_bytes(), wanted)}


def read_scores(folder: Path, problems: list[Problem]) -> tuple[Published, ...]:
    """Every published edition whose files are whole; one that is not what its list says is left out and told."""
    place = folder / FOLDER / "index.json"
    if not place.is_file():
        return ()
    try:
        found = EditionList.model_validate_json(place.read_bytes()).editions
    except (ValueError, OSError):
        problems.append(
            Problem(
                "published/scores/index.json", 0, "", "读不懂，不显示绩效评分；请运行 hall publish", "warning"
            )
        )
        return ()
    shown: list[Published] = []
    seen: set[str] = set()
    for each in found:
        edition = Published(each, folder / FOLDER / each.period, each.period not in seen)
        fault = _fault(edition)
        if fault:
            path = f"published/scores/{each.period}/{each.edition}.json"
            problems.append(Problem(path, 0, "", fault, "warning"))
            continue
        seen.add(each.period)
        shown.append(edition)
    return tuple(shown)


def _fault(edition: Published) -> str:
    try:
        Period.parse(edition.listed.period)
    except Invalid:
        return "考评期写错了，不显示"
    if not all(edition.file(ending).is_file() for ending in ENDINGS):
        return "这一版缺少文件，不显示；请运行 hall publish"
    if digest(edition.file("json").read_bytes()) != edition.listed.ranking:
        return "排名文件和目录里的校验值对不上，被改动过，不显示"
    if digest(edition.file("ledger.jsonl").read_bytes()) != edition.listed.ledger:
        return "账本和目录里的校验值对不上，被改动过，不显示"
    try:
        if (
            edition.scheme.version != edition.listed.scheme
            or edition.ranking.ledger.sha256 != edition.listed.ledger
        ):
            return "排名、账本和评分办法不是同一版，不显示"
        heads = {each.id for each in edition.ranking.heads}
        if any(heads - set(each.heads) for each in edition.ranking.departments):
            return "排名里有的部门缺分项，不显示"
    except HallError as error:
        return f"{error.detail}，不显示"
    except (ValueError, KeyError, TypeError, OSError):
        return "读不懂，不显示；请运行 hall publish"
    return ""
