"""What benches share: one command measured (clock, processors, memory), and figures told."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """One process with those it started: seconds, processor seconds, megabytes of the largest of them."""

    seconds: float
    processor: float
    megabytes: float
    output: str


def run(command: Sequence[str], folder: Path | None = None, allowed: tuple[int, ...] = (0, 1)) -> Run:
    """Raises SystemExit when it ends with another code than `allowed`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(HERE)}
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode not in allowed:
        raise SystemExit(f"{' '.join(command)[:120]}: {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, processor, used.ru_maxrss / 1000, output)


def python(*arguments: str) -> Run:
    return run([sys.executable, *arguments])


def middle(runs: Sequence[Run]) -> Run:
    """The run with the median time."""
    ordered = sorted(runs, key=lambda each: each.seconds)
    return ordered[len(ordered) // 2]


def figures(name: str, runs: Sequence[Run]) -> dict[str, float]:
    """Median, shortest and longest, processors and memory, as flat figures."""
    seconds = [each.seconds for each in runs]
    return {
        f"{name}_seconds": round(median(seconds), 3),
        f"{name}_seconds_least": round(min(seconds), 3),
        f"{name}_seconds_most": round(max(seconds), 3),
        f"{name}_processor_seconds": round(median([each.processor for each in runs]), 3),
        f"{name}_megabytes": round(max(each.megabytes for each in runs)),
    }


def say(found: Mapping[str, object], *, as_json: bool) -> None:
    """Prints figures: one JSON object for `make bench`, or lines for a reader."""
    print(json.dumps(found) if as_json else "\n".join(f"{name:>32}: {each}" for name, each in found.items()))
