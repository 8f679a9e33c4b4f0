"""Reading a page as a browser or a person would: what its form would post, its words."""

from __future__ import annotations

import html
import re


def fields_of(page: str, action: str = "") -> dict[str, list[str]]:
    """What a browser would post of the page's form (the first whose address holds `action`), buttons left out."""
    for opening, inner in re.findall(r"(<form[^>]*>)(.*?)</form>", page, re.S):
        if action and action not in opening:
            continue
        if not action and 'method="post"' not in opening:
            continue
        return _controls(inner)
    raise AssertionError(f"no form {action} in the page")


def _controls(inner: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    inner = re.sub(r"<noscript>.*?</noscript>", "", inner, flags=re.S)
    pattern = (
        r"<(?P<one>input)\b(?P<own>[^>]*)>|<(?P<two>textarea|select)\b(?P<its>[^>]*)>(?P<body>.*?)</(?P=two)>"
    )
    for match in re.finditer(pattern, inner, re.S):
        tag, attributes, body = (
            match["one"] or match["two"],
            match["own"] or match["its"] or "",
            match["body"] or "",
        )
        given = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', attributes)}
        name, kind = given.get("name", ""), given.get("type", "text")
        if not name or kind in ("file", "submit"):
            continue
        if kind in ("radio", "checkbox"):
            if " checked" in attributes:
                found.setdefault(name, []).append(given.get("value", "on"))
        elif tag == "select":
            chosen = re.search(r'<option value="([^"]*)" selected', body)
            found.setdefault(name, []).append(html.unescape(chosen[1]) if chosen else "")
        elif tag == "textarea":
            found.setdefault(name, []).append(html.unescape(body).lstrip("\n"))
        else:
            found.setdefault(name, []).append(given.get("value", ""))
    return found


def text_of(page: str) -> str:
    """A page's words, tags away."""
    main = page[page.find("<main") :] if "<main" in page else page
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())
