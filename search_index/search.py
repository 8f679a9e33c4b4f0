"""Asking the index: one query in, one page of ranked hits with facets out; and names for type-ahead."""

from __future__ import annotations

import os
import threading
from bisect import bisect_left
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from search_index.codes import code_key, looks_like_code
from search_index.facets import count_facets, passes
from search_index.highlight import highlight
from search_index.lasting import lasting
from search_index.manifest import MANIFEST
from search_index.questions import strip_question
from search_index.ranking import score
from search_index.records import Expansion, FacetFilter, Hit, IndexMissing, Results, Suggestion
from search_index.remembered import Asked, Remembered
from search_index.snapshot import Snapshot
from search_index.spelling import Speller
from search_index.synonyms import SynonymTable
from search_index.text import clip_query, fold, is_word_char, squeeze
from search_index.tuning import Tuning, read_tuning

MAX_LIMIT = 100
# So many answers are remembered, some kilobytes each.
REMEMBERED = 500
# Below this the best hit is doubtful, and a better spelling is looked for.
DOUBTFUL = 0.6
BETTER_BY = 0.1
# Below this even the best hit is only remotely like the query.
WEAK = 0.25
_PINYIN_PUNCTUATION = str.maketrans("", "", " '’-")


class _Found(NamedTuple):
    """Why a document is here: the text that found it, the place of the name, the phrase it stands for."""

    score: float
    text: str = ""
    name: int = -1
    via: str | None = None
    how: str = ""


class _State:
    """A snapshot with what is derived from it."""

    def __init__(self, index_dir: Path, tuning: Tuning, remembered: int) -> None:
        self.stamp = _stamp(index_dir)
        self.remembered = Remembered(remembered)
        self.snapshot = Snapshot(index_dir, tuning.ranking)
        self.synonyms = SynonymTable(self.snapshot.synonyms, tuning.fillers)

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Everyday phrases, the short ones first."""
        return tuple(sorted(self.synonyms.phrases(), key=lambda phrase: (len(phrase), phrase)))

    @cached_property
    def speller(self) -> Speller:
        with lasting():
            return Speller(self.snapshot, self.synonyms.phrases())


class SearchIndex:
    """Ranked search over the folder. Follows builds and updates by itself; safe to share between threads.

    `remembered`: so many of its latest answers are given again without searching, until the index changes.
    """

    def __init__(
        self, index_dir: Path, tuning: Tuning | None = None, *, remembered: int = REMEMBERED
    ) -> None:
        self._dir = index_dir
        self._tuning = tuning or read_tuning()
        self._remembered = remembered
        self._loading = threading.Lock()
        self._state = self._load()

    def __enter__(self) -> SearchIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files; no search after this."""
        self._state.snapshot.close()

    def __len__(self) -> int:
        return len(self._current().snapshot.entries)

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        facets: FacetFilter | None = None,
        page: int = 1,
        spelling: bool = True,
    ) -> Results:
        """Hits for what a person typed, best first. Never raises for a query; nothing found is an empty page.

        `limit` is held between 1 and 100, `page` counts from 1. A hit is a document within reach of the
        best one's score (ranking.yml, match_share); facet counts and `total` are over these. `spelling`
        off saves the look for a better spelling.
        """
        state = self._current()
        limit, page = max(1, min(limit, MAX_LIMIT)), max(1, page)
        typed = clip_query(query)
        if not any(map(is_word_char, typed)):
            return Results(page=page, limit=limit)
        asked = Asked(typed, limit, facets or FacetFilter(), page, spelling)
        answer = state.remembered.of(asked)
        if answer is None:
            answer = self._answer(state, asked)
            state.remembered.keep(asked, answer)
        return answer

    def _answer(self, state: _State, asked: Asked) -> Results:
        query, limit, wanted, page, spelling = asked
        found, expanded = self._find(state, query)
        entries = state.snapshot.entries
        documents = [entries[number].document for number in found]
        kept = list(found)
        if wanted != FacetFilter():
            kept = [number for number in kept if passes(entries[number].document, wanted)]
        kept.sort(
            key=lambda number: (
                -found[number].score,
                -entries[number].document.depth,
                entries[number].code_key,
            )
        )
        shown = kept[(page - 1) * limit : page * limit]
        return Results(
            hits=tuple(self._hit(state, number, found[number]) for number in shown),
            total=len(kept),
            facets=count_facets(documents, wanted),
            suggestion=self._better_spelling(state, query, found) if spelling else None,
            expanded=expanded,
            weak=max((one.score for one in found.values()), default=0.0) < WEAK,
            page=page,
            limit=limit,
        )

    def suggest(self, prefix: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Names for what is typed so far: title, plain names, everyday phrases, pinyin, initials, code."""
        state = self._current()
        typed = squeeze(clip_query(prefix))
        if not typed or limit < 1:
            return ()
        ranked: list[tuple[float, int, int]] = []
        snapshot = state.snapshot
        for number, at, worth in snapshot.written_names.find(typed):
            ranked.append((worth + 1.0, number, at))
        if typed.isascii() and typed.isalpha():
            ranked += [(worth, number, at) for number, at, worth in snapshot.spelled_names.find(typed)]
        if looks_like_code(prefix):
            ranked += [(2.0, number, 0) for number in self._codes(state, code_key(prefix))]
        ranked.sort(key=lambda row: (-row[0], row[2] > 0, snapshot.entries[row[1]].code_key))
        chosen: dict[int, Suggestion] = {}
        for _, number, at in ranked:
            if len(chosen) >= limit:
                break
            if number not in chosen:
                chosen[number] = self._suggestion(state, number, snapshot.entries[number].name_as_written(at))
        if len(chosen) < limit:
            self._suggest_phrases(state, typed, limit, chosen)
        return tuple(chosen.values())

    def _suggest_phrases(self, state: _State, typed: str, limit: int, chosen: dict[int, Suggestion]) -> None:
        for phrase in state.phrases:
            if len(chosen) >= limit:
                return
            if phrase.startswith(typed):
                hits = self.search(phrase, limit=1).hits
                number = self._number(state, hits[0].code) if hits else None
                if number is not None and number not in chosen:
                    chosen[number] = self._suggestion(state, number, phrase)

    def _suggestion(self, state: _State, number: int, text: str) -> Suggestion:
        document = state.snapshot.entries[number].document
        return Suggestion(text, document.code, document.title, document.department_name)

    def _number(self, state: _State, code: str) -> int | None:
        return next(iter(self._codes(state, code_key(code))), None)

    def _codes(self, state: _State, key: str) -> list[int]:
        """Documents whose code begins with `key`, the exact one first."""
        table = state.snapshot.by_code_key
        at = bisect_left(table, (key, -1))
        numbers: list[int] = []
        while at < len(table) and table[at][0].startswith(key):
            numbers.append(table[at][1])
            at += 1
        return numbers

    def _find(self, state: _State, asked: str) -> tuple[dict[int, _Found], tuple[Expansion, ...]]:
        found: dict[int, _Found] = {}
        if looks_like_code(asked):
            self._find_code(state, asked, found)
            if found:
                return found, ()
        expanded = self._find_text(state, asked, found)
        letters = fold(asked).translate(_PINYIN_PUNCTUATION)
        if len(letters) > 1 and letters.isascii() and letters.isalpha():
            for number, at, worth in state.snapshot.spelled_names.find(letters):
                name = state.snapshot.entries[number].name_as_written(at)
                _keep_better(found, number, _Found(worth, text=name, how=f"拼音：{name}"))
        ranking = self._tuning.ranking
        best = max((one.score for one in found.values()), default=0.0)
        reach = max(ranking.match_floor, ranking.match_share * best)
        return {number: one for number, one in found.items() if one.score >= reach}, expanded

    def _find_code(self, state: _State, asked: str, found: dict[int, _Found]) -> None:
        key = code_key(asked)
        for number in self._codes(state, key):
            share = len(key) / len(state.snapshot.entries[number].code_key)
            exact = share == 1.0
            found[number] = _Found(
                1.0 if exact else 0.5 + 0.4 * share, how="事项编码" if exact else "事项编码开头"
            )

    def _find_text(self, state: _State, asked: str, found: dict[int, _Found]) -> tuple[Expansion, ...]:
        ranking = self._tuning.ranking
        core = strip_question(asked, self._tuning.questions)
        readings, expanded = state.synonyms.readings(core, first=ranking.synonym, step=ranking.synonym_step)
        for reading in readings:
            for number, scored in score(state.snapshot, reading.text, ranking).items():
                value = scored.score * reading.weight
                if number not in found or value > found[number].score:
                    found[number] = _Found(value, reading.text, scored.name, reading.via)
        # A name typed exactly as it is written is meant exactly, whatever synonyms say about its parts.
        for name in {squeeze(asked), squeeze(core)}:
            for number, at in state.snapshot.exact_names.get(name, ()):
                _keep_better(found, number, _Found(0.99 if at else 1.0, text=core, name=at))
        return expanded

    def _better_spelling(self, state: _State, asked: str, found: Mapping[int, _Found]) -> str | None:
        best = max((one.score for one in found.values()), default=0.0)
        if best >= DOUBTFUL:
            return None
        core = strip_question(asked, self._tuning.questions)
        corrected = state.speller.correct(core)
        if corrected is None:
            return None
        better, _ = self._find(state, corrected)
        reached = max((one.score for one in better.values()), default=0.0)
        return corrected if reached >= best + BETTER_BY else None

    def _hit(self, state: _State, number: int, found: _Found) -> Hit:
        document = state.snapshot.entries[number].document
        return Hit(
            code=document.code,
            title=document.title,
            department=document.department,
            department_name=document.department_name,
            score=round(found.score, 4),
            highlight=highlight(document.title, found.text),
            why=found.how or _why(state, number, found),
        )

    def _load(self) -> _State:
        with lasting():
            return _State(self._dir, self._tuning, self._remembered)

    def _current(self) -> _State:
        state = self._state
        if _stamp(self._dir) == state.stamp:
            return state
        with self._loading:
            if _stamp(self._dir) != self._state.stamp:
                try:
                    self._state = self._load()
                except IndexMissing:
                    # The folder is being replaced or was removed: what is in memory still answers.
                    return self._state
            return self._state


def open_index(index_dir: Path, tuning: Tuning | None = None, *, remembered: int = REMEMBERED) -> SearchIndex:
    """Raises IndexMissing when the folder holds no index of this version."""
    return SearchIndex(index_dir, tuning, remembered=remembered)


def _stamp(index_dir: Path) -> tuple[int, int, int]:
    try:
        status = os.stat(index_dir / MANIFEST)
    except OSError:
        return (0, 0, 0)
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def _why(state: _State, number: int, found: _Found) -> str:
    if found.name > 0:
        where = f"日常用语：{state.snapshot.entries[number].name_as_written(found.name)}"
    else:
        where = "名称" if found.name == 0 else "办事内容"
    return f"“{found.via}”对应{where}" if found.via else where


def _keep_better(found: dict[int, _Found], number: int, other: _Found) -> None:
    if number not in found or other.score > found[number].score:
        found[number] = other
