"""Modules are loaded at first use, by whichever thread comes first: two that import each other would then fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ROOMS = ("rules", "catalog", "presentation", "search_index", "handlers", "hall")


def test_no_module_imports_itself_by_way_of_others() -> None:
    modules = {name_of(path): path for room in ROOMS for path in (HERE / room).rglob("*.py")}
    graph = {name: set(imported(name, path, modules)) for name, path in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" imports ".join(reversed(error.args[1]))) from None


def name_of(path: Path) -> str:
    parts = path.relative_to(HERE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(name: str, path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """What loading the module loads: imports in functions and for the type checker do not count."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            wanted = [f"{node.module}.{alias.name}" for alias in node.names]
            wanted = [each if each in modules else node.module for each in wanted]
        else:
            continue
        for each in wanted:
            if each in modules and each != name:
                yield each
                # A package is loaded before what lies in it.
                yield from (package for package in packages(each) if package in modules and package != name)


def packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))
