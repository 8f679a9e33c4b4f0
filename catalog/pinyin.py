"""Chinese names spelled in Latin letters: for slugs, for the alphabet list, for typing initials."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

from pypinyin import Style
from pypinyin.converter import DefaultConverter
from pypinyin.core import Pinyin


class _Remembering(DefaultConverter):
    """Spells each word once: a county's names are made of the same few thousand words."""

    @lru_cache(maxsize=32768)  # noqa: B019
    def convert(self, words: str, *options: Any, **more: Any) -> list[list[str]]:
        found: list[list[str]] = super().convert(words, *options, **more)
        return found


_speller = Pinyin(_Remembering())


@lru_cache(maxsize=32768)
def syllables(text: str) -> tuple[str, ...]:
    """One syllable a character, Latin runs kept as words, lower case."""
    cleaned = unicodedata.normalize("NFKC", text)
    parts = _speller.lazy_pinyin(cleaned, style=Style.NORMAL, errors="default")
    return tuple(part.lower() for part in parts if part.strip())


def initials(text: str) -> str:
    """`食品经营许可` -> `spjyxk`."""
    return "".join(part[0] for part in syllables(text) if part[0].isascii() and part[0].isalnum())


def spelled(text: str) -> str:
    """Letters and digits of all syllables in one word, a sort key."""
    return re.sub(r"[^a-z0-9]", "", "".join(syllables(text)))


def initial_of(text: str) -> str:
    """The capital under which a name stands in an alphabet list; `#` for none."""
    first = spelled(text)[:1]
    return first.upper() if first.isalpha() else "#"


def slug(text: str, limit: int = 50) -> str:
    """A name as a file or folder name: syllables joined by dashes, cut at a dash, `x` for nothing."""
    joined = "-".join(re.sub(r"[^a-z0-9]", "", part) for part in syllables(text))
    joined = re.sub(r"-+", "-", joined).strip("-")
    if len(joined) > limit:
        joined = joined[: limit + 1].rpartition("-")[0] or joined[:limit]
    return joined or "x"
