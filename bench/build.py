"""How long the portal takes: the Guangdong list repeated with new codes, built cold, again, after one edit.

Usage: python -m bench.build [COUNT …]   (default 2500). Reads ../shared, imports through `hall import`.
"""

from __future__ import annotations

import json
import os
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


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: seconds of a cold build, of one that finds nothing to do, of one after an edit; megabytes.

    Those are whole `hall build` processes; `inside` is the median of five edits in a process that goes on
    running, as in `hall serve`.
    """

    items: int
    pages: int
    cold: float
    again: float
    edited: float
    inside: float
    written: int
    megabytes: float


def main(counts: list[int]) -> int:
    """Measures each count and prints a table."""
    if not SOURCE.is_file():
        print("../shared/data/guangdong-items.jsonl 不在,跳过", file=sys.stderr)
        return 0
    rows = [measure(count) for count in counts]
    print("items  pages   cold s  again s  edit s  inside s  written  site MB")
    for row in rows:
        print(
            f"{row.items:5}  {row.pages:5}  {row.cold:7.2f}  {row.again:7.2f}  {row.edited:6.2f}  {row.inside:8.2f}  {row.written:7}  {row.megabytes:7.1f}"
        )
    return 0


def measure(count: int) -> Measured:
    """Builds a root of `count` imported items in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="hall-bench-") as temporary:
        root = make_root(Path(temporary) / "root", count)
        cold = _build(root)
        again = _build(root)
        edited_file = next(
            path for path in sorted(root.glob("items/*/*.yml")) if path.name != "department.yml"
        )
        text = edited_file.read_text(encoding="utf-8")
        edited_file.write_text(text.replace("\nname: ", "\nname: 改动过的", 1), encoding="utf-8")
        edited = _build(root)
        size = sum(path.stat().st_size for path in (root / "site").rglob("*") if path.is_file())
        return Measured(
            int(str(cold["documents"])),
            int(str(cold["pages"])),
            float(str(cold["wall"])),
            float(str(again["wall"])),
            float(str(edited["wall"])),
            _inside(root),
            int(str(edited["written"])),
            size / 1e6,
        )


def _inside(root: Path) -> float:
    """Median seconds of five builds in this process, each after one more item was renamed."""
    seconds = []
    files = [path for path in sorted(root.glob("items/*/*.yml")) if path.name != "department.yml"]
    for path in files[1:6]:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("\nname: ", "\nname: 改动过的", 1), encoding="utf-8")
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


def _build(root: Path) -> dict[str, object]:
    started = time.perf_counter()
    answer = _hall(root, "build", "--root", str(root), "--json")
    figures: dict[str, object] = json.loads(answer)
    figures["wall"] = time.perf_counter() - started
    return figures


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
