"""Names of files that are no UTF-8, as archives from older systems leave them: no address can be made of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from catalog.problems import Problem
from catalog.root import Root


def is_readable(name: str) -> bool:
    """Whether a name, or a path, is text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_names(root: Root, folders: Iterable[Path]) -> list[Problem]:
    """One for every file or folder below `folders` that readers leave out for its name."""
    problems: list[Problem] = []
    for folder in folders:
        for inside, names, files in os.walk(folder):
            wrong = [name for name in (*names, *files) if not is_readable(name)]
            problems += [
                Problem(
                    root.shown(Path(inside, name)), 0, "",
                    "名称不是 UTF-8 编码（多半是从别的系统的压缩包里解出来的），没有读它，请改名", rule="content",
                )
                for name in sorted(wrong)
            ]  # fmt: skip
            names[:] = [name for name in names if is_readable(name) and not name.startswith(".")]
    return problems
