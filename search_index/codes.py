"""Item codes as people type them: with or without separators, whole or only the beginning."""

from __future__ import annotations

from search_index.text import fold

MIN_CODE_CHARS = 4
_SEPARATORS = frozenset(" -_./·—–")


def code_key(text: str) -> str:
    """Folded, without separators: `1144-0000 U` and `11440000u` are the same code."""
    return "".join(char for char in fold(text) if char not in _SEPARATORS)


def looks_like_code(query: str) -> bool:
    """Letters and digits only, at least four, with a digit among them."""
    key = code_key(query)
    return len(key) >= MIN_CODE_CHARS and key.isascii() and key.isalnum() and any(map(str.isdigit, key))
