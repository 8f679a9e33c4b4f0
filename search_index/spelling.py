"""Did you mean: stretches of a query that no name has, replaced by words that sound or look the same."""

from __future__ import annotations

from collections.abc import Iterable

from search_index.pinyin import loose_key
from search_index.snapshot import Snapshot
from search_index.text import is_han, runs, squeeze

LONGEST_WINDOW = 8
# Longer queries are sentences: their unknown pairs are rarely slips, and every one would be looked up.
LONGEST_QUERY = 16
# Two characters that share one are too often simply another word.
SHORTEST_SHAPE = 3
MAX_WORDS_BY_SOUND = 60_000


class Speller:
    """Words of all names and synonym phrases by their sound. Made on the first query that needs it."""

    def __init__(self, snapshot: Snapshot, phrases: Iterable[str]) -> None:
        self._snapshot = snapshot
        short_names = {
            name
            for entry in snapshot.entries.values()
            for name in entry.names
            if 2 <= len(name) <= LONGEST_WINDOW
        }
        known = snapshot.vocabulary | short_names | {squeeze(phrase) for phrase in phrases}
        self._words = frozenset(word for word in known if len(word) > 1 and all(map(is_han, word)))
        self._by_sound: dict[str, str] = {}
        for word in sorted(self._words)[:MAX_WORDS_BY_SOUND]:
            self._by_sound.setdefault(loose_key(word), word)
        # Words that differ in one character share what is left when that character is taken out. Whoosh's own
        # corrector walks its lexicon with an automaton: seconds for one sentence over 25,000 documents.
        self._by_shape: dict[str, str] = {}
        for word in sorted(self._words):
            if SHORTEST_SHAPE <= len(word) <= LONGEST_WINDOW:
                for shape in _shapes(word):
                    self._by_shape.setdefault(shape, word)

    def correct(self, text: str) -> str | None:
        """`text` with its unknown stretches replaced, or None when nothing is unknown or nothing fits."""
        if len(text) > LONGEST_QUERY:
            return None
        pieces: list[str] = []
        end = 0
        for start, run in runs(text):
            pieces += [text[end:start], self._correct_run(run) if is_han(run[0]) else run]
            end = start + len(run)
        corrected = "".join([*pieces, text[end:]])
        return corrected if corrected != text else None

    def _correct_run(self, run: str) -> str:
        unknown = [at for at in range(len(run) - 1) if not self._known(run[at : at + 2])]
        while unknown:
            replaced = self._replace_at(run, unknown[0])
            if replaced is None:
                unknown.pop(0)
                continue
            run, end = replaced
            unknown = [at for at in range(end, len(run) - 1) if not self._known(run[at : at + 2])]
        return run

    def _known(self, pair: str) -> bool:
        return pair in self._words or self._snapshot.knows(pair)

    def _replace_at(self, run: str, at: int) -> tuple[str, int] | None:
        """The longest window over the unknown pair that a word sounds like; failing that, looks like."""
        windows = [
            (start, start + length)
            for length in range(min(LONGEST_WINDOW, len(run)), 1, -1)
            for start in range(max(0, at + 2 - length), min(at, len(run) - length) + 1)
        ]
        if any(run[start:end] in self._words for start, end in windows):
            return None
        for start, end in windows:
            word = self._by_sound.get(loose_key(run[start:end]))
            if word and word != run[start:end]:
                return run[:start] + word + run[end:], start + len(word)
        # A character inside a word of the language is no slip, even if no item has it: 电动车 is not 电叉车.
        import rjieba

        sound = {place for word, at, end in rjieba.tokenize(run) if len(word) > 1 for place in range(at, end)}
        for start, end in windows:
            if end - start >= SHORTEST_SHAPE:
                shapes = enumerate(_shapes(run[start:end]), start)
                near = (self._by_shape.get(shape) for place, shape in shapes if place not in sound)
                word = next((word for word in near if word), None)
                if word:
                    return run[:start] + word + run[end:], start + len(word)
        return None


def _shapes(word: str) -> list[str]:
    """The word with each character left out in turn, its place marked: equal for words that differ there alone."""
    return [f"{word[:at]}*{word[at + 1 :]}" for at in range(len(word))]
