"""Where things lie in a hall root, and which file wins when the root overrides a packaged default."""

from __future__ import annotations

import os
from pathlib import Path

from rules.errors import HallError
from rules.quick_dataclass import dataclass

DEFAULTS = Path(__file__).parent / "defaults"
COUNTY_FILE = "county.yml"


class NotARoot(HallError):
    """The folder (or any above it) has no county.yml."""

    status = 400
    slug = "not-a-root"
    title = "这里不是县厅的目录"


@dataclass(frozen=True, slots=True)
class Root:
    """A folder with `county.yml`, `content/` and `items/`. Paths are absolute; folders may not exist yet."""

    path: Path

    def __post_init__(self) -> None:
        resolved = Path(self.path).expanduser().resolve()
        object.__setattr__(self, "path", resolved)
        if not (resolved / COUNTY_FILE).is_file():
            raise NotARoot(
                f"{resolved} 里没有 county.yml。请进入县厅的目录再运行，或用 --root 指明；"
                "新建一个县请用 hall new 目录名。"
            )

    @classmethod
    def find(cls, start: Path | str | None = None) -> Root:
        """The nearest folder at or above `start` (default: here) that has a county.yml. Raises NotARoot."""
        begin = Path(start) if start is not None else Path.cwd()
        begin = begin.expanduser().resolve()
        for folder in (begin, *begin.parents):
            if (folder / COUNTY_FILE).is_file():
                return cls(folder)
        raise NotARoot(
            f"从 {begin} 往上都没有找到 county.yml。请进入县厅的目录再运行，或用 --root 指明；"
            "新建一个县请用 hall new 目录名。"
        )

    @property
    def county(self) -> Path:
        """`county.yml`."""
        return self.path / COUNTY_FILE

    @property
    def content(self) -> Path:
        return self.path / "content"

    @property
    def items(self) -> Path:
        return self.path / "items"

    @property
    def published(self) -> Path:
        return self.path / "published"

    @property
    def state(self) -> Path:
        """`.hall/`: caches and local state, never in git; made by whoever writes there first."""
        return self.path / ".hall"

    def resource(self, name: str) -> list[Path]:
        """Existing files called `name`, lowest priority first: the packaged default, then content/`name`."""
        return [path for path in (DEFAULTS / name, self.content / name) if path.is_file()]

    def resources(self, folder: str, pattern: str = "*.yml") -> dict[str, Path]:
        """The files of a resource folder by file name, the root's own in place of defaults of that name."""
        found: dict[str, Path] = {}
        for base in (DEFAULTS / folder, self.content / folder):
            if base.is_dir():
                found.update({path.name: path for path in sorted(base.glob(pattern)) if path.is_file()})
        return found

    def shown(self, path: Path) -> str:
        """A path as messages show it: relative to the root when inside it, always with forward slashes."""
        text, base = str(path), f"{self.path}{os.sep}"
        # Most paths were made from the root's own; resolving each would cost more than reading it.
        if not text.startswith(base):
            text = str(path.resolve())
        found = Path(text[len(base) :]).as_posix() if text.startswith(base) else path.as_posix()
        # A name that is no UTF-8 could be neither printed nor sent.
        return found if found.isascii() else found.encode("utf-8", "replace").decode()
