"""Atom 1.0 feeds (RFC 4287), written plainly so that the same entries always give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

from rules.quick_dataclass import dataclass
from rules.time import day_start, format_stamp

_CONTROL = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; `address` is a path of this site and also its identity."""

    title: str
    address: str
    updated: datetime | date
    summary: str = ""
    author: str = ""
    html: str = ""


def feed(title: str, base: str, address: str, page: str, entries: Sequence[Entry]) -> str:
    """The feed at `address` for the page `page`; `base` is the county's own address without a slash at its end."""
    newest = max((_stamp(entry.updated) for entry in entries), default="1970-01-01T00:00:00+08:00")
    parts = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">',
        f"<title>{_text(title)}</title>",
        f"<id>{_text(base + page)}</id>",
        f"<link href={quoteattr(base + page)}/>",
        f'<link rel="self" type="application/atom+xml" href={quoteattr(base + address)}/>',
        f"<updated>{newest}</updated>",
        f"<author><name>{_text(title)}</name></author>",
    ]
    for entry in entries:
        parts += [
            "<entry>",
            f"<title>{_text(entry.title)}</title>",
            f"<id>{_text(base + entry.address)}</id>",
            f"<link href={quoteattr(base + entry.address)}/>",
            f"<updated>{_stamp(entry.updated)}</updated>",
        ]
        if entry.author:
            parts.append(f"<author><name>{_text(entry.author)}</name></author>")
        if entry.summary:
            parts.append(f"<summary>{_text(entry.summary)}</summary>")
        if entry.html:
            parts.append(f'<content type="html">{_text(entry.html)}</content>')
        parts.append("</entry>")
    parts.append("</feed>")
    return "\n".join(parts) + "\n"


def _text(text: str) -> str:
    return escape(text.translate(_CONTROL))


def _stamp(moment: datetime | date) -> str:
    return format_stamp(moment if isinstance(moment, datetime) else day_start(moment))
