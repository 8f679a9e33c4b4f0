"""How long the portal takes: the Guangdong list repeated with new codes, built cold, again, after one edit.

Usage: python -m bench.build [COUNT …]   (default 2500). Reads ../shared, imports through `hall import`.
The first build of all, which is not counted, writes Python's bytecode as an installation does.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from catalog.root import Root
from site_builder.compile import build

HERE = Path(__file__).resolve().parent.parent
SOURCE = HERE.parent / "shared" / "data" / "guangdong-items.jsonl"


EDITS = 5
_PAGES_ONLY = """
import gc, json, sys
from pathlib import Path
from catalog.root import Root
from site_builder.compile import build
gc.disable()
built = build(Root(Path(sys.argv[1])), site=Path(sys.argv[2]), index=False)
print(json.dumps({"pages": built.pages}))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One process with those it started: seconds on the clock, seconds of processors, the largest one's megabytes."""

    seconds: float
    processor: float
    megabytes: float
    answer: dict[str, object]


@dataclass(frozen=True, slots=True)
class Measured:
    """One size. `pages_only`: cold without the search index, as other site generators are measured; `again`: nothing
    to do; `edited`: the median of five edits, each a whole `hall build`; `inside`: the same in a process that goes
    on running, as in `hall serve`.
    """

    items: int
    cold: Run
    pages_only: Run
    again: Run
    edited: Run
    inside: float
    site_megabytes: float


def main(counts: list[int]) -> int:
    """Measures each count and prints a table."""
    if not SOURCE.is_file():
        print("../shared/data/guangdong-items.jsonl 不在,跳过", file=sys.stderr)
        return 0
    print("seconds (processor seconds)")
    print(
        "items  pages           cold     pages only          again           edit  inside  peak MB  site MB"
    )
    for count in counts:
        row = measure(count)
        runs = (row.cold, row.pages_only, row.again, row.edited)
        times = "  ".join(f"{run.seconds:5.2f} ({run.processor:5.1f})" for run in runs)
        print(
            f"{row.items:5}  {row.cold.answer['pages']:5}  {times}  {row.inside:6.2f}"
            f"  {row.cold.megabytes:7.0f}  {row.site_megabytes:7.1f}",
            flush=True,
        )
    return 0


def measure(count: int) -> Measured:
    """Builds a root of `count` imported items in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="hall-bench-") as temporary:
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(temporary) / "bytecode")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        root = make_root(Path(temporary) / "root", count)
        _built(make_root(Path(temporary) / "small", 20))
        pages = _pages_only(root)
        shutil.rmtree(root / ".hall")
        cold = _built(root)
        again = _built(root)
        edits = sorted((_edited(root, path) for path in _files(root)[:EDITS]), key=lambda run: run.seconds)
        size = sum(path.stat().st_size for path in (root / "site").rglob("*") if path.is_file())
        return Measured(
            int(str(cold.answer["documents"])),
            cold,
            pages,
            again,
            edits[EDITS // 2],
            _inside(root),
            size / 1e6,
        )


def _files(root: Path) -> list[Path]:
    return [path for path in sorted(root.glob("items/*/*.yml")) if path.name != "department.yml"]


def _edited(root: Path, path: Path) -> Run:
    _rename(path)
    return _built(root)


def _rename(path: Path) -> None:
    """The dearest edit: another name moves the item to other places of all its lists."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\nname: ", "\nname: 改动过的", 1), encoding="utf-8")


def _inside(root: Path) -> float:
    """Median seconds of five builds in this process, each after one more item was renamed."""
    seconds = []
    for path in _files(root)[EDITS : 2 * EDITS]:
        _rename(path)
        started = time.perf_counter()
        build(Root(root), site=root / "site")
        seconds.append(time.perf_counter() - started)
    return median(seconds)


def make_root(root: Path, count: int) -> Path:
    """A root with the sample county's settings and `count` items: the list repeated with new codes."""
    root.mkdir(parents=True)
    shutil.copyfile(HERE / "county.yml", root / "county.yml")
    shutil.copytree(HERE / "content", root / "content")
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    repeated = root / "list.jsonl"
    with repeated.open("w", encoding="utf-8") as out:
        for number in range(count):
            row = json.loads(lines[number % len(lines)])
            turn = number // len(lines)
            if turn:
                row["TASK_CODE"] = f"{row['TASK_CODE'][:18]}9{turn:02d}{row['TASK_CODE'][21:]}"
                row["TASK_NAME"] = f"{row['TASK_NAME']}({turn + 1})"
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    _hall(root, "import", str(repeated), "--mapping", "guangdong", "--into", str(root / "items"))
    repeated.unlink()
    return root


def _built(root: Path) -> Run:
    return _run("-m", "hall", "build", "--root", str(root), "--json")


def _pages_only(root: Path) -> Run:
    site = root / "pages-only"
    run = _run("-c", _PAGES_ONLY, str(root), str(site))
    shutil.rmtree(site)
    return run


def _run(*arguments: str) -> Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )
    assert process.stdout is not None
    answer = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode not in (0, 1) or not answer.strip():
        raise SystemExit(f"{' '.join(arguments)[:80]}: {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, processor, used.ru_maxrss / 1000, json.loads(answer))


def _hall(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hall", *arguments], cwd=root, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    )  # fmt: skip
    if done.returncode not in (0, 1) or not done.stdout.strip():
        raise SystemExit(f"hall {arguments[0]}: {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main([int(each) for each in sys.argv[1:]] or [2500]))
