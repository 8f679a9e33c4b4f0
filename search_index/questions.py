"""What people wrap round the thing they ask for (怎么办理, 要什么材料): found and set aside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from search_index.text import fold, is_word_char


@lru_cache(maxsize=8)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted({fold(phrase) for phrase in phrases}, key=lambda phrase: (-len(phrase), phrase))
    return re.compile("|".join(re.escape(phrase) for phrase in longest_first) or r"(?!)")


def strip_question(query: str, phrases: Sequence[str]) -> str:
    """The query without its question phrases; if nothing would be left, the query as it was."""
    pattern = _pattern(tuple(phrases))
    rest, before = fold(query), ""
    while rest != before:
        before, rest = rest, pattern.sub(" ", rest)
    rest = " ".join(rest.split())
    return rest if any(map(is_word_char, rest)) else fold(query)
