"""Every form of a page as a browser sees it, to be filled with what an attacker would write and sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_WRITTEN = frozenset(
    {"text", "search", "tel", "email", "url", "number", "date", "datetime-local", "password", "month"}
)
_OURS = frozenset({"csrf", "form_end", "seen", "key", "version", "token", "draft_token"})


@dataclass
class PageForm:
    """A form: what stands in it (`fixed`), what a person writes (`written`), chooses (`chosen`) and uploads (`files`)."""

    action: str
    method: str
    fixed: dict[str, list[str]] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, words: str, *, hidden: bool = False) -> dict[str, list[str]]:
        """What is posted when a person writes these words everywhere and takes the last choice offered; with `hidden`
        also in hidden fields and choices, as only a program would.
        """
        found = {name: list(values) for name, values in self.fixed.items()}
        found |= {name: [values[-1]] for name, values in self.chosen.items() if values}
        found |= {name: [words] for name in self.written}
        if hidden:
            found |= {name: [words] for name in (*self.fixed, *self.chosen) if name not in _OURS}
        for name, value in self.buttons[:1]:
            found.setdefault(name, [value])
        return found


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[PageForm] = []
        self._open: PageForm | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = PageForm(given.get("action", ""), given.get("method", "get").lower())
            self.found.append(self._open)
        if self._open is None:
            return
        name, kind, value = given.get("name", ""), given.get("type", "text"), given.get("value", "")
        if tag == "select":
            self._select = name
            self._open.chosen.setdefault(name, [])
        elif tag == "option" and self._select:
            self._open.chosen[self._select].append(value)
        elif tag == "textarea" and name:
            self._open.written[name] = ""
        elif tag == "button" and name:
            self._open.buttons.append((name, value))
        elif tag == "input" and name:
            if kind in ("radio", "checkbox"):
                self._open.chosen.setdefault(name, []).append(value or "on")
            elif kind == "file":
                self._open.files.append(name)
            elif kind in _WRITTEN:
                self._open.written[name] = value
            elif kind == "submit":
                self._open.buttons.append((name, value))
            else:
                self._open.fixed.setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]


def forms_of(page: str) -> Iterator[PageForm]:
    """All forms of a page in order."""
    parser = _Forms()
    parser.feed(page)
    parser.close()
    yield from parser.found


def links_of(page: str) -> list[str]:
    """All addresses a page leads to."""
    parser = _Links()
    parser.feed(page)
    parser.close()
    return parser.found
