"""Markdown and HTML that departments write, made safe: no scripts, styles, frames or foreign pictures."""

from __future__ import annotations

# markdown and nh3 are imported where they are used: a build that renders no article need not load them.
import html
import re

from rules.quick_dataclass import dataclass

_TAGS = {
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "figure",
    "figcaption",
    "h2",
    "h3",
    "h4",
    "h5",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "abbr": {"title"},
    "h2": {"id"},
    "h3": {"id"},
}
# Browsers leave line breaks and tabs out of an address and take a backslash for a slash.
_UNREAD = {ord(each): None for each in "\t\r\n"} | {ord("\\"): "/"}
_FOREIGN = re.compile(r"^(?:[a-z][a-z0-9+.\-]*:|//)", re.IGNORECASE)
_BLANK = "".join(map(chr, range(0x21)))
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A Markdown file in two: the YAML text at its head (may be empty) and the body."""

    head: str
    body: str


def split_front_matter(text: str) -> FrontMatter:
    """Cut the `---` block off the top of a Markdown file."""
    match = _FRONT.match(text.lstrip("\ufeff"))
    if match is None:
        return FrontMatter("", text)
    return FrontMatter(match.group(1), text.lstrip("\ufeff")[match.end() :])


def _attribute(tag: str, name: str, value: str) -> str | None:
    # Pictures from other hosts would tell them who reads; the page's policy would block them anyway.
    if (tag, name) != ("img", "src"):
        return value
    return None if _FOREIGN.match(value.translate(_UNREAD).strip(_BLANK)) else value


def clean_html(text: str) -> str:
    """Only the tags an article needs; links keep http, https, mailto and tel."""
    import nh3

    return nh3.clean(
        text,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


def markdown_html(text: str) -> str:
    """A department's Markdown as clean HTML, headings moved below the page's own h1."""
    import markdown

    rendered = markdown.markdown(
        text, extensions=["tables", "sane_lists", "footnotes", "attr_list", "nl2br"], output_format="html"
    )
    rendered = re.sub(r"<(/?)h1\b", r"<\1h2", rendered)
    return clean_html(rendered)


def plain_text(text: str, limit: int = 120) -> str:
    """The first words of a Markdown text without marks, for descriptions and feeds."""
    import markdown
    import nh3

    # nh3 drops what stands inside scripts and styles too, not only their tags.
    stripped = nh3.clean(markdown.markdown(text), tags=set())
    words = re.sub(r"\s+", " ", html.unescape(stripped)).strip()
    return words if len(words) <= limit else words[: limit - 1] + "…"
