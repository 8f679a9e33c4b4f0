"""Which regular expressions may never come to an end: one answer of a stranger must not keep a worker for hours."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    # The library's own parser; from Python 3.11 on it is re._parser.
    from re import _constants, _parser  # type: ignore[attr-defined]

# Repeating so often at most is harmless whatever is inside.
_FEW = 3
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


def repeats_within_repeats(pattern: str) -> bool:
    """Whether something repeated without a small bound stands inside something repeated so, or many repeats of the
    same thing stand side by side: the shapes on which backtracking explodes. `pattern` compiles.
    """
    tree = _parser.parse(pattern)
    return _nested(tree, 0) or _most_in_a_row(tree) > 2


def _nested(tree: Any, around: int) -> bool:
    for kind, value in tree:
        if kind in _REPEATS:
            _, most, inner = value
            many = most > _FEW
            if many and around and _varies(value):
                return True
            if _nested(inner, around + many):
                return True
        elif any(_nested(each, around) for each in _inside(kind, value)) or (
            kind is _constants.BRANCH and around and len(value[1]) > 1 and _alternatives_overlap(value[1])
        ):
            return True
    return False


def _varies(value: tuple[int, int, Any]) -> bool:
    """Whether it may match in different lengths: `\\d{4}` inside a repeat has one way only."""
    least, most, _ = value
    return least != most


def _alternatives_overlap(branches: list[Any]) -> bool:
    """Whether two alternatives may begin alike (or one is not plain enough to tell)."""
    first = [str(each[0]) if len(each) else "" for each in branches]
    return len(set(first)) < len(first) or any(not each.startswith("(LITERAL") for each in first)


def _most_in_a_row(tree: Any) -> int:
    """How many repeats of the very same thing follow one another without a bound: `.*.*.*.*x`."""
    longest = run = 0
    before = ""
    for kind, value in tree:
        same = str(value[2]) if kind in _REPEATS and value[1] > 100 else ""
        run = run + 1 if same and same == before else int(bool(same))
        before, longest = same, max(longest, run)
    return max([longest, *(_most_in_a_row(each) for kind, value in tree for each in _inside(kind, value))])


def _inside(kind: Any, value: Any) -> Iterator[Any]:
    """The parts a construct is made of, repeats left out."""
    if kind is _constants.SUBPATTERN:
        yield value[3]
    elif kind is _constants.BRANCH:
        yield from value[1]
    elif kind in (_constants.ASSERT, _constants.ASSERT_NOT):
        yield value[1]
    elif kind in (_constants.ATOMIC_GROUP,):
        yield value
