"""The published scores as pages: each period's ranking, every department's heads, the files to check them with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from catalog.scoring_published import DepartmentScore, MeasureScore, RankingFile
from presentation.score_bars import Stretch, stretches, trimmed
from presentation.score_words import too_few_ratings, words
from rules.quick_dataclass import dataclass
from rules.score_ledger import LedgerLine
from rules.score_scheme import Head, Measure
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal
from site_builder.score_files import ENDINGS, FOLDER, HOME, MOST_LINES, Published

_CRUMBS = (("我要督", "/supervision/"), ("绩效评分", HOME))


@dataclass(frozen=True, slots=True)
class ShownMeasure:
    """A measure of a department with the ledger lines behind it."""

    measure: Measure
    found: MeasureScore
    lines: tuple[tuple[LedgerLine, str], ...]
    more: int


@dataclass(frozen=True, slots=True)
class ShownHead:
    """A head of a department. `unshown`: why no figure of it is shown."""

    name: str
    explanation: str
    points: str | None
    base: str
    measures: tuple[ShownMeasure, ...]
    unshown: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """What the pages call things by that a ledger has only codes for."""

    items: Mapping[str, str]
    levels: dict[int, str]
    _of_department: Mapping[str, str]

    @classmethod
    def of(cls, portal: Portal) -> Names:
        departments: dict[str, list[str]] = {}
        for code, shown in portal.by_code.items():
            departments.setdefault(shown.department.id, []).append(f"{code} {shown.summary.name}")
        return cls(
            {code: shown.summary.name for code, shown in portal.by_code.items()},
            {each.level: each.name for each in portal.rules.levels},
            {name: fingerprint(*sorted(items)) for name, items in departments.items()},
        )

    def key(self, department: str, codes: Iterable[str]) -> str:
        """Changes with any name that a page of the department may show: those of its items and of `codes`."""
        named = (f"{code} {self.items.get(code)}" for code in codes)
        return fingerprint(repr(self.levels), self._of_department.get(department, ""), *named)


def outputs(portal: Portal, editions: Sequence[Published]) -> Iterator[Output]:
    """`/supervision/scores/`, a page for every edition, one for every department in it, and the files themselves."""
    newest = [each for each in editions if each.newest]
    yield portal.page(
        HOME,
        "scores.html",
        "绩效评分",
        tuple(f"{each.listed.ranking}{each.listed.note}" for each in editions),
        section="watch",
        crumbs=(_CRUMBS[0], ("绩效评分", "")),
        description="各部门的绩效评分：排名、每一分怎么来的、账本下载。",
        values=lambda: {
            "editions": editions,
            "newest": newest,
            "latest": next((_ranking_values(each) for each in newest if each.period.span == "month"), None),
        },
    )
    names = Names.of(portal) if editions else Names({}, {}, {})
    for edition in editions:
        others = [each for each in editions if each.listed.period == edition.listed.period]
        yield from _edition(portal, edition, others, names)
    if editions:
        index = portal.root.published / FOLDER / "index.json"
        yield _file("data/scores/index.json", index)


def _edition(
    portal: Portal, edition: Published, others: Sequence[Published], names: Names
) -> Iterator[Output]:
    listed = edition.listed
    key = (listed.ranking, listed.note, *(each.listed.ranking for each in others))
    yield portal.page(
        edition.address,
        "score_period.html",
        f"{listed.label}绩效评分",
        key,
        section="watch",
        crumbs=(*_CRUMBS, (listed.label, "")),
        values=lambda: {**_ranking_values(edition), "others": others},
    )
    for place in edition.ranking.departments:
        codes = [each.code for each in edition.ranking.items if each.department == place.id]
        yield portal.page(
            f"{edition.address}{place.id}/",
            "score_department.html",
            f"{place.name}{listed.label}绩效评分",
            (*key, names.key(place.id, codes)),
            section="watch",
            crumbs=(*_CRUMBS, (listed.label, edition.address), (place.name, "")),
            values=lambda place=place: _department_values(names, edition, place),  # type: ignore[misc]
        )
    for ending in ENDINGS:
        yield _file(f"{edition.data.removeprefix('/')}.{ending}", edition.file(ending))


def _file(path: str, place: Path) -> Output:
    return Output(path, fingerprint(place.read_bytes()), place.read_bytes)


def _ranking_values(edition: Published) -> dict[str, object]:
    ranking = edition.ranking
    return {
        "edition": edition,
        "listed": edition.listed,
        "ranking": ranking,
        "scheme": edition.scheme,
        "ranked": [each for each in ranking.departments if each.rank is not None],
        "unranked": [each for each in ranking.departments if each.rank is None],
        "bars": {each.id: _bars(ranking, each) for each in ranking.departments},
        "trimmed": trimmed,
    }


def _department_values(names: Names, edition: Published, place: DepartmentScore) -> dict[str, object]:
    scheme = edition.scheme
    heads = tuple(
        ShownHead(
            head.name,
            head.explanation,
            place.heads[head.id].points if head.id in place.heads else None,
            trimmed(f"{head.base:.2f}"),
            tuple(
                _measure(edition, names.levels, measure, place.heads[head.id].measures[measure.id])
                for measure in head.measures
                if head.id in place.heads and measure.id in place.heads[head.id].measures
            ),
            unshown=_unshown(head, place),
        )
        for head in scheme.heads
    )
    adjustments = tuple(
        _measure(edition, names.levels, measure, place.adjustments[measure.id])
        for measure in scheme.adjustments
        if measure.id in place.adjustments
    )
    return {
        "edition": edition,
        "listed": edition.listed,
        "ranking": edition.ranking,
        "scheme": scheme,
        "place": place,
        "heads": heads,
        "adjustments": adjustments,
        "bars": _bars(edition.ranking, place),
        "trimmed": trimmed,
        "names": names.items,
        "items": [
            (names.items.get(each.code, each.code), each)
            for each in edition.ranking.items
            if each.department == place.id
        ],
    }


def _unshown(head: Head, place: DepartmentScore) -> str:
    found = place.heads.get(head.id)
    if found is None:
        return ""
    measured = [(each, found.measures[each.id]) for each in head.measures if each.id in found.measures]
    return too_few_ratings(
        found.points, [(each, made.count if made.of is None else made.of) for each, made in measured]
    )


def _measure(
    edition: Published, levels: dict[int, str], measure: Measure, found: MeasureScore
) -> ShownMeasure:
    numbers = found.lines[:MOST_LINES]
    lines = tuple(
        (edition.lines[number], words(edition.lines[number], levels))
        for number in numbers
        if number in edition.lines
    )
    return ShownMeasure(measure, found, lines, len(found.lines) - len(lines))


def _bars(ranking: RankingFile, place: DepartmentScore) -> tuple[Stretch, ...]:
    return stretches(
        (each.name, place.heads[each.id].points if each.id in place.heads else None, each.base)
        for each in ranking.heads
    )
