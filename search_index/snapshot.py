"""One state of the index held in memory: facts of every document, postings turned into arrays when asked."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log
from pathlib import Path
from typing import Any

from whoosh.reading import TermNotFound

from search_index.records import Document, Synonym
from search_index.storage import open_reader
from search_index.text import squeeze
from search_index.tuning import TEXT_FIELDS, Ranking

# About a megabyte of them.
MOST_ABSENT = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of a document for ranking and for showing it; the body stays on disk."""

    document: Document
    code_key: str
    lengths: Mapping[str, int]
    pinyin: tuple[tuple[int, str], ...]
    names: tuple[str, ...]
    # How many different characters each name has.
    distinct: tuple[int, ...]

    def name_as_written(self, at: int) -> str:
        return self.document.title if at == 0 else self.document.plain_names[at - 1]


@dataclass(frozen=True, slots=True)
class Impacts:
    """A term's documents and, beside each, how much of the term it holds (0 to below 1)."""

    documents: array[int]
    shares: array[float]
    rarity: float


class Snapshot:
    """Immutable to its users. Several threads may ask at once; only reading the disk is one at a time."""

    def __init__(self, index_dir: Path, ranking: Ranking) -> None:
        manifest, reader = open_reader(index_dir)
        self.generation = (manifest.name, manifest.generation)
        self.synonyms: tuple[Synonym, ...] = manifest.synonyms
        self._reader: Any = reader
        self._ranking = ranking
        self._reading = threading.Lock()
        self._impacts: dict[str, Impacts] = {}
        self.entries: dict[int, Entry] = {
            number: _to_entry(stored["code"], stored["facts"]) for number, stored in reader.iter_docs()
        }
        self.size = max(self.entries, default=-1) + 1
        self.later_stages = {
            number: stages
            for number, entry in self.entries.items()
            if (stages := tuple(stage for stage in ranking.later_stages if stage in entry.names[0]))
        }
        self.by_code_key = sorted((entry.code_key, number) for number, entry in self.entries.items())
        count = max(1, len(self.entries))
        self._average = {
            name: max(1.0, sum(entry.lengths[name] for entry in self.entries.values()) / count)
            for name in TEXT_FIELDS
        }
        # Shared by all terms no document has. Whoever searches can make up any number of these, so only so many are
        # kept: to look for one again takes as long as for one a document has.
        self._nowhere = self._weigh({})
        self._absent: set[str] = set()

    def close(self) -> None:
        with self._reading:
            self._reader.close()

    def impacts(self, term: str) -> Impacts:
        """BM25F: frequencies of all fields weighed, evened by length and summed before they saturate."""
        known = self._impacts.get(term)
        if known is None:
            if term in self._absent:
                return self._nowhere
            with self._reading:
                found = {name: list(self._postings(name, term)) for name in TEXT_FIELDS}
            if not any(found.values()):
                if len(self._absent) >= MOST_ABSENT:
                    self._absent.clear()
                self._absent.add(term)
                return self._nowhere
            known = self._impacts[term] = self._weigh(found)
        return known

    def knows(self, term: str) -> bool:
        """Whether any document carries the term in a name (title or plain names)."""
        with self._reading:
            return ("title", term) in self._reader or ("plain", term) in self._reader

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words of all names, for spelling."""
        with self._reading:
            return frozenset(raw.decode("utf-8") for raw in self._reader.lexicon("words"))

    @cached_property
    def exact_names(self) -> Mapping[str, tuple[tuple[int, int], ...]]:
        """Squeezed name → (document, place of the name) of all that bear it."""
        bearers: dict[str, list[tuple[int, int]]] = {}
        for number, entry in self.entries.items():
            for at, name in enumerate(entry.names):
                bearers.setdefault(name, []).append((number, at))
        return {name: tuple(places) for name, places in bearers.items()}

    @cached_property
    def spelled_names(self) -> SpelledNames:
        return SpelledNames(self.entries)

    @cached_property
    def written_names(self) -> WrittenNames:
        return WrittenNames(self.entries)

    def _postings(self, field: str, term: str) -> Iterator[tuple[int, float]]:
        try:
            matcher = self._reader.postings(field, term)
        except TermNotFound:
            return
        while matcher.is_active():
            yield matcher.id(), matcher.weight()
            matcher.next()

    def _weigh(self, found: Mapping[str, list[tuple[int, float]]]) -> Impacts:
        summed: dict[int, float] = {}
        for name, postings in found.items():
            weight, evening = self._ranking.fields[name], self._ranking.length[name]
            average = self._average[name]
            for number, frequency in postings:
                length = self.entries[number].lengths[name]
                held = weight * frequency / (1 - evening + evening * length / average)
                summed[number] = summed.get(number, 0.0) + held
        saturation = self._ranking.saturation
        count = len(summed)
        return Impacts(
            array("l", summed.keys()),
            array("d", (held / (saturation + held) for held in summed.values())),
            log(1 + (len(self.entries) - count + 0.5) / (count + 0.5)),
        )


class SpelledNames:
    """All names' pinyin and initials in two long strings, so that a scan is one `find` after another."""

    def __init__(self, entries: Mapping[int, Entry]) -> None:
        self._owners: list[tuple[int, int]] = []
        full: list[str] = []
        initials: list[str] = []
        for number, entry in entries.items():
            for at, reading in entry.pinyin:
                self._owners.append((number, at))
                full.append(reading)
                initials.append("".join(part[0] for part in reading.split()))
        self._full = _Scan(full, boundaries=True)
        self._initials = _Scan(initials, boundaries=False)

    def find(self, typed: str) -> Iterator[tuple[int, int, float]]:
        """(document, name, closeness 0–1) for letters typed as pinyin or initials, anywhere in a name."""
        for scan, worth in ((self._full, 1.0), (self._initials, 0.95)):
            for line, offset, share in scan.find(typed):
                number, at = self._owners[line]
                yield number, at, worth * (0.7 + 0.3 * share if offset == 0 else 0.5 + 0.3 * share)


class WrittenNames:
    """All names as they are written, scanned the same way."""

    def __init__(self, entries: Mapping[int, Entry]) -> None:
        self._owners = [(number, at) for number, entry in entries.items() for at in range(len(entry.names))]
        self._scan = _Scan([name for entry in entries.values() for name in entry.names], boundaries=False)

    def find(self, typed: str) -> Iterator[tuple[int, int, float]]:
        """(document, name, closeness 0–1) for names that contain what was typed, beginnings first."""
        for line, offset, share in self._scan.find(typed):
            number, at = self._owners[line]
            yield number, at, (0.7 if offset == 0 else 0.4) + 0.3 * share


class _Scan:
    """Lines in one long string; a hit is told as its line, its place in the line and its share of it."""

    def __init__(self, lines: list[str], *, boundaries: bool) -> None:
        self._boundaries = boundaries
        self._starts: list[int] = []
        self._syllable_starts: set[int] = set()
        pieces: list[str] = []
        position = 0
        for line in lines:
            self._starts.append(position)
            at = position
            for part in line.split():
                self._syllable_starts.add(at)
                at += len(part)
            joined = line.replace(" ", "")
            pieces.append(joined + "\n")
            position += len(joined) + 1
        self._text = "".join(pieces)

    def find(self, typed: str) -> Iterator[tuple[int, int, float]]:
        at = self._text.find(typed)
        while at != -1:
            if not self._boundaries or at in self._syllable_starts:
                line = bisect_right(self._starts, at) - 1
                end = self._text.index("\n", at)
                start = self._starts[line]
                yield line, at - start, len(typed) / (end - start)
            at = self._text.find(typed, at + 1)


def _to_entry(code: str, facts: Mapping[str, Any]) -> Entry:
    document = Document(
        code=code,
        title=facts["title"],
        plain_names=tuple(facts["plain_names"]),
        department=facts["department"],
        department_name=facts["department_name"],
        themes=tuple(facts["themes"]),
        applicants=tuple(facts["applicants"]),
        type=facts["type"],
        depth=facts["depth"],
        keywords=tuple(facts["keywords"]),
        labels=tuple(tuple(label) for label in facts["labels"]),
        version_hash=facts["version_hash"],
    )
    names = tuple(squeeze(name) for name in (document.title, *document.plain_names))
    distinct = tuple(len(set(name)) for name in names)
    return Entry(document, facts["code_key"], facts["lengths"], tuple(facts["pinyin"]), names, distinct)
