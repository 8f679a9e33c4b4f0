"""One file of the site: where it goes, what it depends on, and how it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from urllib.parse import unquote

from markupsafe import Markup

from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Output:
    """`path` is relative to site/. `key` covers everything `make` looks at: the same key, the same bytes.

    `twin`: the output just before this one, when it has the same bytes under another name.
    """

    path: str
    key: str
    make: Callable[[], str | bytes]
    twin: str = ""


def fingerprint(*parts: object) -> str:
    """A short hash over texts, bytes and the `repr` of plain values, each set apart from the next."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        data = part if isinstance(part, bytes) else (part if isinstance(part, str) else repr(part)).encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def page_file(address: str) -> str:
    """`/items/x/` → `items/x/index.html`. Whoever serves a file looks for the name that the address stands for.

    Raises ValueError for one that leads elsewhere on the disk than on the web.
    """
    parts = [unquote(part) for part in address.strip("/").split("/")]
    if any(part in (".", "..") or "/" in part or "\0" in part for part in parts):
        raise ValueError(f"not the address of a page: {address!r}")
    return "/".join([*parts, "index.html"]).lstrip("/")


def meta(name: str, content: str) -> Markup:
    """A `<meta>` of the page's head (ColumnName, ArticleTitle, PubDate: what government sites carry)."""
    return Markup('<meta name="{}" content="{}">').format(name, content)


def article_head(column: str, title: str, published: date | None, source: str) -> str:
    """The head of an article as the government-site standard asks for."""
    parts = [meta("ColumnName", column), meta("ArticleTitle", title)]
    if published:
        parts.append(meta("PubDate", published.isoformat()))
    if source:
        parts.append(meta("ContentSource", source))
    return "\n".join(parts)
