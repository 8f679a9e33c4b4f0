"""The page frame: one shell that every body is spliced into. Needs no Jinja once the shell is built."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from markupsafe import Markup, escape

from catalog.county import County
from presentation import colours, view

HERE = Path(__file__).parent
THEME = HERE / "theme"
ASSETS = HERE / "assets"

_TOKEN = re.compile(r"@@hall:(title|description|head|crumbs|class|body)@@")
_MAIN_CLASS = {False: "wrap", True: "wrap-wide"}


@dataclass(frozen=True)
class Shell:
    """The rendered empty page. Its text is cut at its marks once; each page is then one join."""

    text: str
    site_name: str = ""

    @classmethod
    def load(cls, source: Path | str, site_name: str = "") -> Shell:
        """From `site/data/shell.html` or from HTML text. Raises ValueError when the body mark is missing."""
        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
        if "@@hall:body@@" not in text:
            raise ValueError("shell 页面里没有 @@hall:body@@ 标记，请重新运行 hall build")
        if not site_name:
            match = re.search(r'<meta name="SiteName" content="([^"]*)">', text)
            site_name = html.unescape(match.group(1)) if match else ""
        return cls(text, site_name)

    @classmethod
    def for_county(cls, county: County) -> Shell:
        """The same frame without MkDocs: for tests and for a hall whose portal is not built yet."""
        from jinja2 import Environment, FileSystemLoader

        # MkDocs renders the same files without autoescape, so the frame escapes each value itself.
        environment = Environment(loader=FileSystemLoader(THEME), autoescape=False)  # noqa: S701
        text = environment.get_template("shell.html").render(config={"extra": frame_values(county)})
        return cls(text, county.hall_name)

    @cached_property
    def _pieces(self) -> list[str]:
        return _TOKEN.split(self.text)

    def render(
        self,
        title: str,
        body: str,
        *,
        description: str = "",
        section: str = "",
        breadcrumbs: Sequence[view.Crumb | tuple[str, str]] = (),
        head: str = "",
        wide: bool = False,
    ) -> str:
        """A whole page. `title`, `description` and crumbs are plain text; `body` and `head` are trusted HTML.

        `section` is one of do, look, ask, rate, watch and marks that door; `wide` takes the whole width
        (desk, board, home). Breadcrumbs are (label, href) pairs without the home page, the last without href.
        """
        name = f"{title} - {self.site_name}" if title and self.site_name else title or self.site_name
        values = {
            "title": str(escape(name)),
            "description": str(escape(description or title)),
            "head": head,
            "crumbs": _crumbs_html(breadcrumbs),
            "class": _MAIN_CLASS[wide],
            "body": body,
        }
        pieces = self._pieces
        page = "".join(values[piece] if index % 2 else piece for index, piece in enumerate(pieces))
        if section:
            # Only the frame's own door, which comes before any body, is marked.
            page = page.replace(f'data-door="{section}"', f'data-door="{section}" aria-current="true"', 1)
        return page


def _crumbs_html(breadcrumbs: Sequence[view.Crumb | tuple[str, str]]) -> str:
    if not breadcrumbs:
        return ""
    parts = ['<nav class="crumbs wrap" aria-label="您在这里"><ol><li><a href="/">首页</a></li>']
    for each in breadcrumbs:
        crumb = each if isinstance(each, view.Crumb) else view.Crumb(*each)
        label = escape(crumb.label)
        inner = (
            f'<a href="{escape(crumb.href)}">{label}</a>'
            if crumb.href
            else f'<span aria-current="page">{label}</span>'
        )
        parts.append(f"<li>{inner}</li>")
    parts.append("</ol></nav>")
    return "".join(parts)


def frame_values(county: County) -> dict[str, object]:
    """What the frame's templates read as `config.extra`."""
    return {"county": county.model_dump(mode="json"), "stamp": asset_stamp(county)}


def asset_stamp(county: County) -> str:
    """Eight characters that change when a style, script or the county's colour changes, so caches let go."""
    digest = hashlib.sha256(colours.county_css(county.colour).encode())
    for name, path in _asset_files():
        digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def _asset_files() -> list[tuple[str, Path]]:
    # vendor/ holds what others wrote, with its licences.
    return [
        (path.relative_to(ASSETS).as_posix(), path) for path in sorted(ASSETS.rglob("*")) if path.is_file()
    ]


def assets(county: County) -> dict[str, bytes]:
    """Everything under `/assets/` by its path there, the county's own stylesheet included."""
    files = {name: path.read_bytes() for name, path in _asset_files()}
    files["county.css"] = colours.county_css(county.colour).encode()
    files["icon.svg"] = files["icon.svg"].replace(b"#0b5563", county.colour.encode())
    return files


@lru_cache(maxsize=256)
def icon(name: str, label: str = "") -> Markup:
    """One picture of the icon set; decorative unless it has a label."""
    if label:
        return Markup(
            '<svg class="icon" role="img" aria-label="{}"><use href="/assets/icons.svg#{}"/></svg>'
        ).format(label, name)
    return Markup('<svg class="icon" aria-hidden="true"><use href="/assets/icons.svg#{}"/></svg>').format(
        name
    )
