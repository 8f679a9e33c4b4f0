"""`hall build` loads only what every build needs: each of these takes as long as an edited item's pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SELDOM_NEEDED = {
    "openpyxl", "lxml", "docx", "PIL", "pypinyin", "rjieba", "whoosh", "segno", "mkdocs", "markdown", "nh3", "httpx",
    "sqlite3", "starlette", "concurrent.futures", "multiprocessing",
}  # fmt: skip


def test_a_build_with_nothing_to_do_loads_no_library_that_only_some_pages_need() -> None:
    code = "import sys, hall.cli, hall.commands.build; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert SELDOM_NEEDED & set(done.stdout.split()) == set()
