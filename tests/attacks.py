"""The one table of what attackers send: texts, file names, paths, formulas; every test of hostile input draws on it."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

# A mark of our own in every script attempt, so that whatever comes of it is found in any output.
MARK = "qhxss"
SCRIPTS = (
    f"<script>{MARK}(1)</script>",
    f"</title></textarea></select><script>{MARK}(1)</script>",
    f'"><img src={MARK} onerror={MARK}(1)>',
    f"' onfocus={MARK}(1) autofocus x='",
    f'" onmouseover="{MARK}(1)" style="background:url({MARK})',
    f"<svg/onload={MARK}(1)>",
    f"<iframe srcdoc='<b>{MARK}</b>'>",
    f'<a href="javascript:{MARK}(1)">x</a>',
    f"<math><mi xlink:href='data:x,{MARK}'>",
    f"<!--<{MARK}>--><{MARK}>",
    f"]]><{MARK} xmlns='x'/>",
    f"{{{{{MARK}*7}}}}{{% {MARK} %}}${{{MARK}}}#{{{MARK}}}",
    f"javascript:{MARK}(1)",
    f"data:text/html,<script>{MARK}(1)</script>",
    f"\u003c{MARK}\u003e\uff1c{MARK}\uff1e",
    f"&lt;{MARK}&gt;&#60;{MARK}&#62;",
)
# All at once, for fields that hold so much.
SCRIPT = "".join(SCRIPTS)
CONTROLS = (
    "a\x00b",
    "a\x1bb",
    "a\u202egpj.exe",
    "a\u2066b\u2069",
    "a\ud800b".encode("utf-8", "replace").decode(),
    "\ufeffa",
    "a\u0085b",
)
FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    '=HYPERLINK("http://x","y")',
    " =1+1",
    "＝1+1",
    "=cmd|' /C calc'!A0",
)
SQL = ("' OR '1'='1", "'; DROP TABLE cases;--", "%", "_", '" OR ""="', "NEAR(", "a* OR b")
TEXTS = (
    *SCRIPTS,
    *CONTROLS,
    *FORMULAS,
    *SQL,
    "{0.__class__}",
    "%s%n",
    "../../../etc/passwd",
    "字" * 300,
    " " * 500 + "x",
)
PATHS = (
    "..", "../..", "../../hall.db", "..%2f..%2fhall.key", "%2e%2e/%2e%2e/hall.key", "..%5c..%5chall.db", "%252e%252e%252fhall.db",
    "%00", "hall.db%00.pdf", "\uff0e\uff0e/hall.db", "%c0%ae%c0%ae/hall.db", "....//hall.db", "/etc/passwd", "//etc/passwd", "~root",
    "C:%5cwindows", "file:%2f%2f%2fetc%2fpasswd", "x" * 5000, "%ff%fe", "%0d%0aSet-Cookie:%20qhxss=1", "con", ".git/config", ".hall",
    "-1", "0", "99999999999999999999", "1e3", "١٢", "²", "1;2", "[]", "*", "%", "null",
)  # fmt: skip
FILE_NAMES = (
    "../../hall.db.pdf", "..\\..\\hall.pdf", "/etc/passwd.pdf", "a\r\nSet-Cookie: qhxss=1.pdf", f'"><script>{MARK}(1)</script>.pdf',
    "C:\\x\\图.pdf", "\u202efdp.exe.pdf", "." * 300 + "pdf", "图" * 300 + ".pdf", "con.pdf", "a.php.pdf", "a.pdf.", "=1+1.pdf",
    "a;b=c.pdf", "a\x00.pdf", "\uff0e\uff0e\uff0f.pdf", "-rf.pdf", "'; DROP TABLE attachment;--.pdf",
)  # fmt: skip
_MAY_HOLD_WORDS = frozenset({
    "value", "title", "alt", "content", "placeholder", "aria-label", "label", "data-label", "href", "action", "download",
    "datetime", "data-title", "aria-description", "data-busy", "data-copy", "src",
})  # fmt: skip


_ADDRESSES = frozenset({"href", "src", "action", "formaction", "xlink:href", "poster", "data"})
_ACTIVE = re.compile(r"[\s\x00-\x1f]*(javascript:|vbscript:|data:(?!image/)|file:)")


class _Looked(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.came_of_it: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        bare_script = tag == "script" and "src" not in given and "json" not in (given.get("type") or "")
        if MARK in tag or bare_script or tag in ("iframe", "object", "embed", "base"):
            self.came_of_it.append(f"<{tag} {attrs}>")
        for name, value in attrs:
            text = (value or "").lower()
            if MARK in name or name.startswith("on") or (MARK in text and name not in _MAY_HOLD_WORDS):
                self.came_of_it.append(f"<{tag} {name}={value!r}>")
            if name in _ADDRESSES and _ACTIVE.match(text):
                self.came_of_it.append(f"<{tag} {name}={value!r}>")
            if name == "style" and value:
                self.came_of_it.append(f"<{tag} style={value!r}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data: str) -> None:
        if MARK in data:
            self.came_of_it.append(f"<!--{data}-->")


def came_of_it(page: str) -> list[str]:
    """The elements, attributes, addresses and comments of an HTML page that an attempt has brought about."""
    parser = _Looked()
    parser.feed(page)
    parser.close()
    return parser.came_of_it


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would compute this cell of a CSV file."""
    return cell[:1] in tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20") and not re.fullmatch(r"-?[0-9.,]+%?", cell)


def shown(text: str) -> str:
    """A text as it stands in HTML."""
    return html.escape(text)
