"""The Whoosh schema: which fields a document is cut into and how each is kept on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from whoosh import fields, formats
from whoosh.analysis import Analyzer, Token

from search_index.codes import code_key
from search_index.pinyin import name_pinyin
from search_index.records import Document
from search_index.tokens import tokenize, words

BODY_CHARS = 1500


class ChineseAnalyzer(Analyzer):  # type: ignore[misc]
    """Our tokenizer under Whoosh's interface, so that its own tools can read the fields."""

    def __call__(self, value: str, **_options: Any) -> Iterator[Any]:
        for token in tokenize(value):
            yield Token(text=token.term, boost=1.0, pos=token.start, stopped=False)


def _terms() -> Any:
    # Scorable not for the lengths, which we keep exactly, but because Whoosh looks for the file of lengths
    # once per posting while it is absent.
    return fields.FieldType(formats.Frequency(), ChineseAnalyzer(), scorable=True)


def make_schema() -> Any:
    """Text fields keep term frequencies; what ranking needs beside them is stored once in `facts`."""
    return fields.Schema(
        code=fields.ID(stored=True, unique=True),
        title=_terms(),
        plain=_terms(),
        keywords=_terms(),
        department=_terms(),
        body=_terms(),
        words=_terms(),
        facts=fields.STORED(),
    )


def load() -> None:
    """Loads what `to_fields` needs, which takes half a second, before there is a document."""
    words("许可")
    name_pinyin("许可")


def to_fields(document: Document) -> dict[str, Any]:
    """The document as Whoosh takes it. Lists are terms already cut, which Whoosh indexes as they are."""
    cut = {
        "title": _cut([document.title]),
        "plain": _cut(document.plain_names),
        "keywords": _cut(document.keywords),
        "department": _cut([document.department_name], chars=False),
        "body": _cut([document.body[:BODY_CHARS]], chars=False),
    }
    names = (document.title, *document.plain_names)
    facts = {
        "title": document.title,
        "plain_names": document.plain_names,
        "keywords": document.keywords,
        "department": document.department,
        "department_name": document.department_name,
        "themes": document.themes,
        "applicants": document.applicants,
        "type": document.type,
        "depth": document.depth,
        "labels": document.labels,
        "version_hash": document.version_hash,
        "code_key": code_key(document.code),
        # Exact lengths: Whoosh rounds those it keeps itself.
        "lengths": {name: len(terms) for name, terms in cut.items()},
        "pinyin": tuple((at, reading) for at, name in enumerate(names) for reading in name_pinyin(name)),
    }
    return {
        "code": document.code,
        "words": sorted({w for name in names for w in words(name)}),
        "facts": facts,
        **cut,
    }


def _cut(texts: Iterable[str], *, chars: bool = True) -> list[str]:
    return [token.term for text in texts for token in tokenize(text, chars=chars)]
