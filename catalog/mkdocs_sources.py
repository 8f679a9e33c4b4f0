"""What a county's mkdocs.yml brings in: the files it inherits from, its theme folder, its hooks. Runs nothing of them.

Apart from all that works with MkDocs, for a running hall watches these files and loads nothing that makes pages.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import yaml

from catalog.root import Root
from rules.quick_dataclass import dataclass

FILE = "mkdocs.yml"


class Inert(yaml.SafeLoader):
    """Takes a tag for something harmless that can be called, so that a file is read and nothing of it runs."""


def nothing(*_: object, **__: object) -> str:
    """What stands where a file has a tag."""
    return ""


Inert.add_multi_constructor("!", lambda *_: nothing)
Inert.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: nothing)


@dataclass(frozen=True, slots=True)
class MkDocsSources:
    """The file and those it inherits from, in that order; then folders and hooks that any of them names."""

    configs: tuple[Path, ...]
    folders: tuple[Path, ...]
    hooks: tuple[Path, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        """All of it."""
        return self.configs + self.folders + self.hooks

    def texts(self) -> list[bytes]:
        """What they hold, as far as they can be read: what is wrong is told by who loads them."""
        found: list[bytes] = []
        for path in self.configs + self.hooks:
            with suppress(OSError):
                found.append(path.read_bytes())
        for folder in self.folders:
            for path in sorted(folder.rglob("*")):
                with suppress(OSError):
                    if path.is_file() and "__pycache__" not in path.parts:
                        found.append(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
        return found


@dataclass(frozen=True, slots=True)
class _Names:
    """What one file names, as it is written."""

    inherits: str = ""
    folder: str = ""
    hooks: tuple[str, ...] = ()


def mkdocs_sources(root: Root, config: Path) -> MkDocsSources:
    """Those of `config`, which need not exist. A theme folder that holds the whole county is left out: the site that
    is built lies in it.
    """
    configs: list[Path] = []
    names: list[_Names] = []
    path = config
    while path not in configs:
        configs.append(path)
        names.append(_names(path))
        if not names[-1].inherits:
            break
        path = (path.parent / names[-1].inherits).resolve()
    # MkDocs looks for all of them from where the first file lies, whichever file names them.
    base = config.parent
    folders = (base / each.folder for each in names if each.folder)
    return MkDocsSources(
        tuple(configs),
        tuple(each for each in folders if not root.path.resolve().is_relative_to(each.resolve())),
        tuple(base / hook for each in names for hook in each.hooks),
    )


def _names(path: Path) -> _Names:
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return _Names()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _read(path: Path, *_: int) -> _Names:
    """Kept until the file is written again: a running hall asks every two seconds."""
    try:
        text = path.read_bytes()
        if not any(word in text for word in (b"INHERIT", b"custom_dir", b"hooks")):
            return _Names()
        said = yaml.load(text, Inert)  # noqa: S506  a SafeLoader
    # A file may hold what no date or number can be made of, which YAML raises as it comes; MkDocs tells it.
    except Exception:
        return _Names()
    if not isinstance(said, dict):
        return _Names()
    theme, hooks = said.get("theme"), said.get("hooks")
    return _Names(
        _text(said.get("INHERIT")),
        _text(theme.get("custom_dir")) if isinstance(theme, dict) else "",
        tuple(filter(None, map(_text, hooks))) if isinstance(hooks, list) else (),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) and "\0" not in value else ""
