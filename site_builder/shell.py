"""Material for MkDocs, kept behind this one module: the editorial pages and the empty shell page."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from catalog.county import County
from catalog.problems import Problem
from catalog.root import Root
from presentation.page import THEME, Shell, frame_values
from site_builder.outputs import fingerprint

DEFAULTS = Path(__file__).parent / "defaults"
# What of content/ is not an editorial page: it is data, or stamped by other modules.
NOT_PAGES = frozenset({"notices", "work", "disclosure", "codes", "calendars", "supervision"})
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
                or any(p.startswith(".") for p in relative.parts)
            ):
                continue
            if path.suffix == ".md" or (path.suffix.lower() in _STATIC and len(relative.parts) > 1):
                found[relative.as_posix()] = path
    found.pop("index.md", None)
    return found


def render(root: Root, county: County, content_dirs: Sequence[Path], problems: list[Problem]) -> Editorial:
    """Editorial pages and shell, from the cache when nothing they depend on has changed.

    MkDocs empties its output folder, so it writes into `.hall/cache`, never into `site/`.
    """
    cache = root.state / "cache" / "mkdocs"
    # Pages that speak of the lights by name come with the rule set; the four-level ones are the usual.
    files = sources((DEFAULTS / county.settings.supervision_rules, *content_dirs))
    config = root.path / "mkdocs.yml"
    frame = frame_values(county)
    key = fingerprint(
        *(f"{name}\0".encode() + path.read_bytes() for name, path in sorted(files.items())),
        *(path.read_bytes() for path in sorted(THEME.rglob("*.html"))),
        (DEFAULTS / "mkdocs.yml").read_bytes(),
        config.read_bytes() if config.is_file() else b"",
        json.dumps(frame, sort_keys=True),
        version("mkdocs"),
        version("mkdocs-material"),
    )
    out = cache / "out"
    marker = cache / "key"
    if not (marker.is_file() and marker.read_text() == key and (out / "shell.html").is_file()):
        shutil.rmtree(cache, ignore_errors=True)
        docs = cache / "docs"
        docs.mkdir(parents=True)
        for name, path in files.items():
            target = docs / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        _run(config if config.is_file() else DEFAULTS / "mkdocs.yml", docs, out, county, frame, problems)
        marker.write_text(key)
    return _made(out, files, county)


def _run(
    config: Path, docs: Path, out: Path, county: County, frame: Mapping[str, Any], problems: list[Problem]
) -> None:
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

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
        loaded = load_config(
            config_file=str(config),
            docs_dir=str(docs),
            site_dir=str(out),
            site_name=county.hall_name,
            site_url="",
        )
        loaded.extra.update(frame)
        loaded.theme.dirs.insert(0, str(THEME))
        loaded.theme.static_templates = {"shell.html"}
        _leave_assets(loaded.theme)
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


def _made(out: Path, files: Mapping[str, Path], county: County) -> Editorial:
    made: dict[str, Path] = {}
    pages: list[tuple[str, str]] = []
    for name in sorted(files):
        if not name.endswith(".md"):
            made[name] = out / name
            continue
        stem = name.removesuffix(".md")
        address = stem.removesuffix("index").rstrip("/") if stem.endswith("index") else stem
        path = f"{address}/index.html" if address else "index.html"
        made[path] = out / path
        title = re.search(r"<h1[^>]*>(.*?)</h1>", (out / path).read_text(encoding="utf-8"), re.DOTALL)
        pages.append((re.sub(r"<[^>]+>", "", title.group(1)).strip() if title else stem, f"/{address}/"))
    return Editorial(Shell.load(out / "shell.html", county.hall_name), made, tuple(pages))
