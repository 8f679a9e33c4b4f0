"""Material for MkDocs, kept behind this one module: the editorial pages and the empty shell page."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from catalog.county import County
from catalog.file_names import is_readable
from catalog.forking import Beside, processors
from catalog.mkdocs_sources import mkdocs_sources
from catalog.problems import Problem
from catalog.reader import read_model
from catalog.root import Root
from presentation.page import THEME, Shell, frame_values
from rules.quick_dataclass import dataclass
from site_builder.mkdocs_config import DEFAULTS, config_path, load, reasons_told
from site_builder.outputs import fingerprint

# What of content/ is not an editorial page: it is data, or stamped by other modules; MkDocs leaves out `templates`.
NOT_PAGES = frozenset({"notices", "work", "disclosure", "codes", "calendars", "supervision", "templates"})
# MkDocs would make it the folder's front page; to everybody else it is a note to who looks after the folder.
_NOTE = "README.md"
_STATIC = frozenset({".png", ".jpg", ".jpeg", ".webp", ".pdf", ".docx", ".xlsx", ".zip", ".ofd", ".svg"})


@dataclass(frozen=True, slots=True)
class Editorial:
    """What MkDocs made: the shell, and files by their path in the site, with (title, address) of each page."""

    shell: Shell
    files: Mapping[str, Path]
    pages: tuple[tuple[str, str], ...]


def sources(content_dirs: Sequence[Path]) -> dict[str, Path]:
    """Editorial files by relative path: the packaged ones, a root's file of the same path in their place."""
    found: dict[str, Path] = {}
    for base in (DEFAULTS / "content", *content_dirs):
        if not base.is_dir():
            continue
        for path in sorted(base.rglob("*")):
            relative = path.relative_to(base)
            if (
                not path.is_file()
                or relative.parts[0] in NOT_PAGES
                or path.name == _NOTE
                or not is_readable(str(relative))
                or any(p.startswith(".") for p in relative.parts)
            ):
                continue
            if path.suffix == ".md" or (path.suffix.lower() in _STATIC and len(relative.parts) > 1):
                found[relative.as_posix()] = path
    found.pop("index.md", None)
    return found


class EditorialBeside:
    """MkDocs at work in a copy of this process while the items are read, at the first build.

    It leaves the pages where `render` finds them; what it could not do is done there.
    """

    def __init__(self, root: Root, content_dirs: Sequence[Path]) -> None:
        self._copy: Beside[list[Problem]] | None = None
        # Where pages of an earlier build are, they are mostly still right; asking twice costs more than it saves.
        if processors() < 2 or _marker(root).is_file():
            return
        county = read_model(root.county, "county.yml", County, [])
        if county is not None:
            self._copy = Beside(partial(_problems_of, root, county, content_dirs))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._copy is not None:
            self._copy.__exit__()

    def finish(self, problems: list[Problem]) -> None:
        """Waits until the pages are there."""
        if self._copy is not None:
            problems += self._copy.result() or []


def _problems_of(root: Root, county: County, content_dirs: Sequence[Path]) -> list[Problem]:
    found: list[Problem] = []
    edition = _Edition(root, county, content_dirs)
    if not edition.is_there():
        edition.make(found)
    return found


def render(root: Root, county: County, content_dirs: Sequence[Path], problems: list[Problem]) -> Editorial:
    """Editorial pages and shell, from the cache when nothing they depend on has changed.

    MkDocs empties its output folder, so it writes into `.hall/cache`, never into `site/`.
    """
    edition = _Edition(root, county, content_dirs)
    if not edition.is_there():
        edition.make(problems)
    return _made(root, edition, county, problems)


def _numbers(county: County) -> dict[str, str]:
    """Those of the county's settings that are numbers, as a page may name them."""
    return {name: str(value) for name, value in county.settings if type(value) is int}


def _with_numbers(page: bytes, numbers: Mapping[str, str]) -> bytes:
    """`{{ letter_days }}` in a page becomes the county's number; what names no setting stays as it is written.

    What stands between `{{ if this above that }}` and `{{ end }}` goes unless the first number is the greater one.
    """

    def part(found: re.Match[bytes]) -> bytes:
        one, other = (numbers.get(found[at].decode()) for at in (1, 2))
        if one is None or other is None:
            return found[0]
        return found[3] if int(one) > int(other) else b""

    def number(found: re.Match[bytes]) -> bytes:
        return numbers.get(found[1].decode(), found[0].decode()).encode()

    page = re.sub(rb"\{\{ if ([a-z_]+) above ([a-z_]+) \}\}(.*?)\{\{ end \}\}", part, page, flags=re.DOTALL)
    return re.sub(rb"\{\{ ?([a-z_]+) ?\}\}", number, page)


def _marker(root: Root) -> Path:
    return root.state / "cache" / "mkdocs" / "key"


class _Edition:
    """The editorial pages of a county in the cache, and what they depend on."""

    def __init__(self, root: Root, county: County, content_dirs: Sequence[Path]) -> None:
        self._marker = _marker(root)
        self._cache = self._marker.parent
        # Pages that speak of the lights by name come with the rule set; the four-level ones are the usual.
        self.files = sources((DEFAULTS / county.settings.supervision_rules, *content_dirs))
        self.out = self._cache / "out"
        self._county = county
        self._config = config_path(root)
        self._frame = frame_values(county)
        self._numbers = _numbers(county)
        self._key = fingerprint(
            *(f"{name}\0".encode() + path.read_bytes() for name, path in sorted(self.files.items())),
            *(path.read_bytes() for path in sorted(THEME.rglob("*.html"))),
            (DEFAULTS / "mkdocs.yml").read_bytes(),
            *mkdocs_sources(root, self._config).texts(),
            json.dumps(self._frame, sort_keys=True),
            json.dumps(self._numbers, sort_keys=True),
            version("mkdocs"),
            version("mkdocs-material"),
        )

    def is_there(self) -> bool:
        """Whether nothing they depend on has changed since they were made."""
        marker = self._marker
        return marker.is_file() and marker.read_text() == self._key and (self.out / "shell.html").is_file()

    def make(self, problems: list[Problem]) -> None:
        """The marker is written last."""
        shutil.rmtree(self._cache, ignore_errors=True)
        docs = self._cache / "docs"
        docs.mkdir(parents=True)
        for name, path in self.files.items():
            target = docs / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".md":
                target.write_bytes(_with_numbers(path.read_bytes(), self._numbers))
            else:
                shutil.copyfile(path, target)
        _run(self._config, docs, self.out, self._county, self._frame, problems)
        self._marker.write_text(self._key)


def _run(
    config: Path, docs: Path, out: Path, county: County, frame: Mapping[str, Any], problems: list[Problem]
) -> None:
    from mkdocs.commands.build import build

    class Collect(logging.Handler):
        """MkDocs says what is wrong with a page through its log; it becomes a warning of the build."""

        def emit(self, record: logging.LogRecord) -> None:
            problems.append(Problem("content", 0, "", record.getMessage(), "warning", "mkdocs"))

    log = logging.getLogger("mkdocs")
    collect = Collect(logging.WARNING)
    before = log.propagate
    log.addHandler(collect)
    log.propagate = False
    try:
        loaded = load(
            config,
            docs_dir=str(docs),
            site_dir=str(out),
            site_name=county.hall_name,
            site_url="",
        )
        loaded.extra.update(frame)
        loaded.theme.dirs.insert(0, str(THEME))
        loaded.theme.static_templates = {"shell.html"}
        _leave_assets(loaded.theme)
        with reasons_told(others_code=bool(loaded.plugins)):
            build(loaded)
    finally:
        log.removeHandler(collect)
        log.propagate = before


def _leave_assets(theme: Any) -> None:
    """MkDocs looks through a theme's folders for files to copy; Material's ten thousand icons and its styles are
    not ours, and looking takes as long as all our pages of Markdown.
    """
    made = theme.get_env

    def without_files() -> Any:
        environment = made()
        environment.list_templates = lambda **_: []
        return environment

    theme.get_env = without_files


def _made(root: Root, edition: _Edition, county: County, problems: list[Problem]) -> Editorial:
    made: dict[str, Path] = {}
    pages: list[tuple[str, str]] = []
    for name, source in sorted(edition.files.items()):
        folder, _, stem = name.removesuffix(".md").rpartition("/")
        is_page = name.endswith(".md")
        address = folder if stem == "index" else f"{folder}/{stem}".lstrip("/")
        path = f"{address}/index.html" if is_page else name
        file = edition.out / path
        if not file.is_file():
            said = "MkDocs 没有生成这个文件，网站上没有它；要显示它，请看 mkdocs.yml 里的 exclude_docs、draft_docs 等键"
            problems.append(Problem(root.shown(source), 0, "", said, "warning", "mkdocs"))
            continue
        made[path] = file
        if is_page:
            title = re.search(r"<h1[^>]*>(.*?)</h1>", file.read_text(encoding="utf-8"), re.DOTALL)
            heading = re.sub(r"<[^>]+>", "", title.group(1)).strip() if title else name.removesuffix(".md")
            pages.append((heading, f"/{address}/"))
    return Editorial(Shell.load(edition.out / "shell.html", county.hall_name), made, tuple(pages))
