"""Finds half-width marks in Chinese sentences: what a text is made of is masked first, by what holds the text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

# Masked characters keep their place: of code something is left that marks may stand beside, of markup nothing.
CODE, MARKUP = "\ue000", "\ue001"
_HAN = "\u3400-\u9fff"
_CHINESE = f"{_HAN}\u2460-\u2473\u3001\u3002\u300b\u3015\u2026\u201d\uff09\uff01\uff0c\uff1a\uff1b\uff1f"
_AFTER = re.compile(f"[{_CHINESE}]{MARKUP}*([,;:?!])")
_BEFORE = re.compile(f"(?:^|[\\w%).<>{CODE}]){MARKUP}*([,;:?!])(?={MARKUP}*[{_HAN}\u201c\u300a\uff09{CODE}])")
_IN_A_LIST_OF_CODE = re.compile(f"{CODE}([,;])(?=[A-Za-z])")
_AT_THE_END = re.compile(f"[A-Za-z0-9{CODE}]([?!])$")
_BRACKETS = re.compile(r"\(([^()]*)\)")
FULL = dict(zip(",;:?!()", "\uff0c\uff1b\uff1a\uff1f\uff01\uff08\uff09", strict=True))


def faults(masked: str) -> list[int]:
    """Places of the marks that should be full-width."""
    found: set[int] = set()
    start = 0
    for line in masked.split("\n"):
        if re.search(f"[{_HAN}]", line):
            found |= {start + place for place in _of_line(line)}
        start += len(line) + 1
    return sorted(found)


def _of_line(line: str) -> Iterator[int]:
    for pattern in (_AFTER, _BEFORE, _IN_A_LIST_OF_CODE, _AT_THE_END):
        for each in pattern.finditer(line):
            yield each.start(1)
    for each in _BRACKETS.finditer(line):
        before = line[: each.start()].rstrip(MARKUP)[-1:]
        if re.search(f"[{_HAN}]|^{MARKUP}*{CODE}", each[1]) or (before and re.match(f"[{_CHINESE}]", before)):
            yield each.start()
            yield each.end() - 1


def shown(text: str, place: int) -> str:
    """The mark with what stands round it, for who has to mend it."""
    return text[max(0, place - 12) : place + 13].replace("\n", " ")


def _mask(pattern: str, text: str, by: str, flags: int = 0) -> str:
    def fill(found: re.Match[str]) -> str:
        return re.sub(r"[^\n]", by, found[0])

    return re.sub(pattern, fill, text, flags=flags)


def masked_markdown(text: str) -> str:
    """Without code, addresses, marks of emphasis and front matter's keys."""
    text = _mask(r"^(```+|~~~+).*?^\1", text, CODE, re.DOTALL | re.MULTILINE)
    text = _mask(r"(`+)[^\n]+?\1", text, CODE)
    text = _mask(r"\{[:%{][^}\n]*\}+", text, CODE)
    text = _mask(r"(?<=\])\([^)\s]*\)", text, MARKUP)
    text = _mask(r"https?://[\w./?=&#%:-]+", text, CODE)
    text = _mask(r"</?[a-z][^>\n]*>|<!--|-->", text, MARKUP)
    return _mask(r"\*+|!?\[|\]", text, MARKUP)


def masked_template(text: str) -> str:
    """The text of a Jinja template: no tags, no expressions."""
    text = _mask(r"\{#.*?#\}", text, MARKUP, re.DOTALL)
    text = _mask(r"\{\{.*?\}\}", text, CODE, re.DOTALL)
    text = _mask(r"\{%.*?%\}", text, MARKUP, re.DOTALL)
    text = _mask(r"<(script|style|code|pre)\b.*?</\1>", text, CODE, re.DOTALL)
    text = _mask(r"</?(b|strong|a|span|em|i|small|time|button|summary)\b[^>]*>", text, MARKUP)
    return _mask(r"<[^>]*>", text, "\n")


def expressions(text: str) -> Iterator[str]:
    """Strings in a template's expressions, and the attributes of its tags that are read to people."""
    for part in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", text, re.DOTALL):
        for found in re.finditer(r"\"([^\"\n]*)\"|'([^'\n]*)'", part):
            yield found[1] or found[2] or ""
    for found in re.finditer(r'\b(?:alt|aria-label|placeholder|title|content)="([^"]*)"', text):
        yield _mask(r"\{\{.*?\}\}", _mask(r"\{%.*?%\}", found[1], MARKUP), CODE)


def literals(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of the strings of a module that are neither docstrings nor patterns; values in them are masked."""
    tree = ast.parse(source)
    left: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left.add(id(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "re":
                left |= {id(each) for each in ast.walk(node)}
        elif isinstance(node, ast.JoinedStr) and id(node) not in left:
            parts = (each.value if isinstance(each, ast.Constant) else CODE for each in node.values)
            yield node.lineno, "".join(map(str, parts))
            left |= {id(each) for each in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left:
            yield node.lineno, node.value


def masked_message(text: str) -> str:
    """A string of a program without addresses, `{placeholders}` and the notation it may speak of."""
    text = _mask(r"https?://[^\s\u3400-\u9fff\uff00-\uffef]+", text, CODE)
    text = _mask(r"\{[^{}\n]*\}", text, CODE)
    text = _mask(r"(`+)[^\n]+?\1", text, CODE)
    # How YAML is written, shown in quotes; how a name is called in Python.
    return _mask(r"“键: 值”|\b[a-z_]+\(\)", text, CODE)


def is_pattern(text: str) -> bool:
    """Whether a string is a piece of a regular expression rather than a sentence."""
    return bool(re.search(r"\(\?|\\s|\[\^|[|)]\?", text))
