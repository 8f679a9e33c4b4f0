"""Folding of Chinese text: width and case are levelled, positions are kept so that marks fall right."""

from __future__ import annotations

import unicodedata

MAX_QUERY_CHARS = 200


def fold_char(char: str) -> str:
    """One folded character for one character; what would grow under NFKC (㎡) keeps its first character."""
    folded = unicodedata.normalize("NFKC", char).casefold()
    return folded[0] if folded else char


class _Folded(dict[int, str]):
    """Every character met so far with its folded form."""

    def __missing__(self, code: int) -> str:
        found = self[code] = fold_char(chr(code))
        return found


_FOLDED = _Folded()


def fold(text: str) -> str:
    """Same length as `text`: full-width and upper-case letters levelled, everything else as it was."""
    return text.translate(_FOLDED)


def is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\U00020000" <= char <= "\U0003ffff" or char == "〇"


def is_word_char(char: str) -> bool:
    return is_han(char) or char.isalnum()


def runs(folded: str) -> list[tuple[int, str]]:
    """Stretches of Chinese characters, and stretches of letters and digits, each with its start."""
    found: list[tuple[int, str]] = []
    start, kind = 0, ""
    for position, char in enumerate(folded):
        now = "han" if is_han(char) else "latin" if char.isalnum() else ""
        if now != kind:
            if kind:
                found.append((start, folded[start:position]))
            start, kind = position, now
    if kind:
        found.append((start, folded[start:]))
    return found


def squeeze(text: str) -> str:
    """Only the characters that carry meaning, folded: what two names are compared by."""
    return "".join(char for char in fold(text) if is_word_char(char))


def clip_query(query: str) -> str:
    """A query as it is worked on: no control characters, surrounding space removed, bounded length."""
    printable = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char for char in query[:1000]
    )
    return " ".join(printable.split())[:MAX_QUERY_CHARS]
