"""Pinyin of names: full syllables and initials, with the second reading of common heteronyms."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import islice, product

import yaml

from search_index.text import is_han, runs, squeeze
from search_index.tuning import DEFAULTS

MAX_NAME_CHARS = 60
MAX_VARIANTS = 4


@cache
def _heteronyms() -> dict[str, tuple[str, ...]]:
    loaded = yaml.safe_load((DEFAULTS / "heteronyms.yml").read_text(encoding="utf-8"))
    return {char: tuple(readings) for char, readings in loaded["readings"].items()}


def syllables(text: str) -> list[str]:
    """One entry per character of the squeezed text: its toneless pinyin, or the letter or digit itself."""
    # Imported late: its dictionary takes a fifth of a second that a plain query need not wait for.
    from pypinyin import Style, lazy_pinyin

    spelled: list[str] = []
    for _, run in runs(squeeze(text)):
        readings = lazy_pinyin(run, style=Style.NORMAL, v_to_u=False) if is_han(run[0]) else [*run]
        # A rare character without a reading is given back joined with its neighbours.
        spelled += readings if len(readings) == len(run) else [*run]
    return spelled


def name_pinyin(name: str) -> tuple[str, ...]:
    """Readings of a name, syllables parted by spaces: the dictionary's first, then heteronym variants."""
    squeezed = squeeze(name)[:MAX_NAME_CHARS]
    if not any(map(is_han, squeezed)):
        return ()
    first = syllables(squeezed)
    choices = [
        (spelled, *(other for other in _heteronyms().get(char, ()) if other != spelled))
        for char, spelled in zip(squeezed, first, strict=True)
    ]
    return tuple(" ".join(reading) for reading in islice(product(*choices), MAX_VARIANTS))


def pinyin_initials(name: str) -> str:
    """`食品经营许可` → `spjyxk`, for a list that filters without a server."""
    return "".join(spelled[0] for spelled in syllables(name) if spelled)


@lru_cache(maxsize=100_000)
def loose_key(text: str) -> str:
    """What two words sound alike by: toneless, with zh/z, ch/c, sh/s and -ng/-n not told apart."""
    return " ".join(_loosen(spelled) for spelled in syllables(text))


def _loosen(syllable: str) -> str:
    for retroflex, flat in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if syllable.startswith(retroflex):
            syllable = flat + syllable[2:]
    return syllable[:-1] if syllable.endswith("ng") else syllable
