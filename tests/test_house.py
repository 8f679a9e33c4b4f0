"""The house itself: arrows between rooms, file sizes, docstrings, no hosts or machine paths in files."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "rules": {"rules"},
    "catalog": {"rules", "catalog"},
    "search_index": {"search_index"},
    "presentation": {"rules", "catalog", "presentation"},
    "site_builder": {"rules", "catalog", "presentation", "search_index", "site_builder"},
    "handlers": {"rules", "catalog", "presentation", "search_index", "handlers"},
    "hall": {"rules", "catalog", "presentation", "search_index", "site_builder", "handlers", "hall"},
}
ROOMS = set(ALLOWED)


def python_files(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        yield from sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} relative import"
            yield node.lineno, node.module or ""


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_imports_run_one_way(room: str) -> None:
    against = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in python_files(room)
        for line, module in imported(path)
        if module.split(".")[0] in ROOMS and module.split(".")[0] not in ALLOWED[room]
    ]
    assert against == []


def test_rules_import_only_the_standard_library_and_stdnum() -> None:
    import sys

    known = set(sys.stdlib_module_names) | {"rules", "stdnum"}
    against = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in python_files("rules")
        for line, module in imported(path)
        if module.split(".")[0] not in known
    ]
    assert against == []


def test_only_the_store_speaks_sql() -> None:
    statement = re.compile(
        r"\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b"
    )
    against = [
        str(path.relative_to(ROOT))
        for path in python_files(*ROOMS)
        if "handlers/store" not in path.as_posix() and statement.search(path.read_text(encoding="utf-8"))
    ]
    assert against == []


def test_every_module_says_what_it_owns_and_stays_readable() -> None:
    faults = []
    for path in python_files(*ROOMS):
        source = path.read_text(encoding="utf-8")
        if source.strip() and ast.get_docstring(ast.parse(source)) is None:
            faults.append(f"{path.relative_to(ROOT)} has no first sentence")
        if source.count("\n") > 400 and path.name != "verify_log.py":  # one file is its point
            faults.append(f"{path.relative_to(ROOT)} is above 400 lines")
    assert faults == []


def test_no_registry_host_or_machine_path_in_any_tracked_file() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    hosts = re.compile(
        r"files\.pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org|pypi\.org/simple|--(extra-)?index-url"
        r"|(?<![\w./])/(root|home|work)/[A-Za-z0-9._-]+"
    )
    found = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path == Path(__file__) or not path.is_file() or path.suffix in {".png", ".docx", ".xlsx", ".pdf"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if hosts.search(line):
                found.append(f"{name}:{number}")
    assert found == []
