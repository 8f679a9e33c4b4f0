"""The Chinese tokenizer: jieba's words in search mode, with bigrams so that a wrong cut loses nothing."""

from __future__ import annotations

from dataclasses import dataclass

from search_index.text import fold, is_han, runs


@dataclass(frozen=True, slots=True)
class Token:
    """A term with its place in the text; kind is word, bigram, char or latin."""

    term: str
    start: int
    kind: str


def tokenize(text: str, *, bigrams: bool = True, chars: bool = True) -> list[Token]:
    """All tokens of `text` (not folded yet). A two-character word is not repeated as a bigram."""
    # Its dictionary takes long to load; a handler that never cuts words starts without it.
    import rjieba

    tokens: list[Token] = []
    for start, run in runs(fold(text)):
        if not is_han(run[0]):
            tokens.append(Token(run, start, "latin"))
            continue
        words = {(begin, word) for word, begin, _ in rjieba.tokenize(run, "search") if len(word) > 1}
        tokens += [Token(word, start + begin, "word") for begin, word in sorted(words)]
        if bigrams:
            pairs = {(at, run[at : at + 2]) for at in range(len(run) - 1)} - words
            tokens += [Token(pair, start + at, "bigram") for at, pair in sorted(pairs)]
        if chars:
            tokens += [Token(char, start + at, "char") for at, char in enumerate(run)]
    return tokens


def words(text: str) -> list[str]:
    """Only the words of two characters or more, longest cuts included, for spelling."""
    import rjieba

    found: list[str] = []
    for _, run in runs(fold(text)):
        if is_han(run[0]):
            found += [word for word in rjieba.cut(run) if len(word) > 1]
            found += [word for word in rjieba.cut_for_search(run) if len(word) > 1]
    return found
