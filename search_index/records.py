"""What crosses the border of this room: documents in, hits and facets out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class IndexMissing(Exception):
    """There is no readable index in the folder; the message says what to do about it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"没有可用的检索索引：{folder}。请先运行 hall build。")
        self.folder = folder


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that can be found. `depth` is 0 (none) to 3; `version_hash` names the text indexed.

    `labels` are (facet, value, what a person reads) for facet values that are codes.
    """

    code: str
    title: str
    plain_names: tuple[str, ...] = ()
    department: str = ""
    department_name: str = ""
    themes: tuple[str, ...] = ()
    applicants: tuple[str, ...] = ()
    type: str = ""
    depth: int = 0
    body: str = ""
    keywords: tuple[str, ...] = ()
    labels: tuple[tuple[str, str, str], ...] = ()
    version_hash: str = ""


@dataclass(frozen=True, slots=True)
class Synonym:
    """People say one of `phrases`; the official words are `terms`, the most likely first."""

    phrases: tuple[str, ...]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FacetFilter:
    """Values wanted per facet; within one facet any value will do, between facets all must hold."""

    department: tuple[str, ...] = ()
    theme: tuple[str, ...] = ()
    applicant: tuple[str, ...] = ()
    depth: tuple[int, ...] = ()
    type: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many hits carry `value`; `label` is what a person reads."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts per facet over the hits that satisfy the filters of the other facets."""

    department: tuple[FacetCount, ...] = ()
    theme: tuple[FacetCount, ...] = ()
    applicant: tuple[FacetCount, ...] = ()
    depth: tuple[FacetCount, ...] = ()
    type: tuple[FacetCount, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. `highlight` is HTML (escaped title with <mark>), `why` says in Chinese why it is here."""

    code: str
    title: str
    department: str
    department_name: str
    score: float
    highlight: str
    why: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """A synonym that was used: `phrase` was found in the query and `terms` were searched beside it."""

    phrase: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """One page of ranked hits; `total` counts all pages, `suggestion` is a better spelling or None.

    `weak` says that even the best hit is only remotely like the query (or that there is none): the page should
    say so, and the query is worth recording for new synonyms.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    facets: Facets = field(default_factory=Facets)
    suggestion: str | None = None
    expanded: tuple[Expansion, ...] = ()
    weak: bool = True
    page: int = 1
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line of type-ahead: `text` is the name that matched, `title` the item it belongs to."""

    text: str
    code: str
    title: str
    department_name: str
