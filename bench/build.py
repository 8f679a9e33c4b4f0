"""How long the portal takes, beside Hugo and plain Material for MkDocs: the Guangdong list repeated with new codes.

    python -m bench.build [SIZE …] [--growth 25000] [--material both|short|whole|none] [--no-edits] [--rounds 3] [--json]

Ours is measured as other site generators are (`pages`: cold, without the search index), whole (`cold`: index
included), again with nothing to do, after one edit as a whole new process (`edit`), and in a hall that goes
on running, by the process that it keeps waiting (`inside`). Hugo builds the same items with as many sections, lists
and data (bench/hugo_site.py), in turns with ours. Reads ../shared, imports through `hall import`. A first build, which
is not counted, writes Python's bytecode as an installation does.

Nothing is deleted before the end, and what is written goes to the disk before the next run starts: on ext4 without
a journal a file made within minutes of the deletion of thousands costs several times its usual time, whoever makes it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench import hugo_site, material_site
from bench.runs import Run, figures, python, run
from catalog.root import Root
from hall.compiling import Compiler

HERE = Path(__file__).resolve().parent.parent
SOURCE = HERE.parent / "shared" / "data" / "guangdong-items.jsonl"
EDITS = 5
LOADING_SECONDS = 2.0
_PAGES_ONLY = """
import gc, json, sys
from pathlib import Path
from catalog.root import Root
from site_builder.compile import build
gc.disable()
built = build(Root(Path(sys.argv[1])), site=Path(sys.argv[2]), index=False)
gc.freeze()
print(json.dumps({"pages": built.pages, "documents": built.documents}))
"""


def main(arguments: list[str]) -> int:
    """Measures each size and prints what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", nargs="*", type=int, default=[2500, 10000])
    parser.add_argument("--growth", type=int, default=0, help="one more size, ours only, built once")
    parser.add_argument("--material", choices=("both", "short", "whole", "none"), default="both")
    parser.add_argument("--no-edits", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not SOURCE.is_file():
        print("../shared/data/guangdong-items.jsonl 不在，跳过", file=sys.stderr)
        return 0
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="hall-bench-") as temporary:
        folder = Path(temporary)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        _built(make_root(folder / "small", 20))
        for size in options.sizes:
            # Material is slow; how it compares is seen at one size.
            material = options.material if size == options.sizes[0] else "none"
            found |= _measured(folder / str(size), size, options.rounds, not options.no_edits, material)
            _say(found, options.json)
        if options.growth:
            found |= _measured(folder / "growth", options.growth, 0, False, "none")
            _say(found, options.json)
    found |= _growth(found, sorted({*options.sizes, options.growth} - {0}))
    print(json.dumps(found) if options.json else "\n".join(f"{k:42} {v:10.3f}" for k, v in found.items()))
    return 0


def _say(found: dict[str, float], quiet: bool) -> None:
    """What has been found so far, for a run may take half an hour."""
    print(json.dumps(found), file=sys.stderr, flush=True) if quiet else None


def _growth(found: dict[str, float], sizes: list[int]) -> dict[str, float]:
    """How much longer a larger county takes than its share: 1 is linear."""
    first = sizes[0]
    return {
        f"growth_{first}_to_{size}_{kind}": round(
            found[f"ours_{size}_{kind}_processor_seconds"]
            / found[f"ours_{first}_{kind}_processor_seconds"]
            / (size / first),
            3,
        )
        for size in sizes[1:]
        for kind in ("pages", "cold")
        if f"ours_{size}_{kind}_processor_seconds" in found
        and f"ours_{first}_{kind}_processor_seconds" in found
    }


def _measured(folder: Path, size: int, rounds: int, edits: bool, material: str) -> dict[str, float]:
    folder.mkdir()
    root = make_root(folder / "root", size)
    found = _pages(root, folder, size, rounds)
    if material in ("both", "short"):
        found |= _material(root, folder, f"material_short_{size}", False, found[f"ours_{size}_pages_seconds"])
    if material in ("both", "whole"):
        found |= _material(root, folder, f"material_{size}", True, found[f"ours_{size}_pages_seconds"])
    _forget(root, folder)
    found |= figures(f"ours_{size}_cold", [_built(root)])
    found[f"ours_{size}_site_megabytes"] = round(_bytes(root / "site", "*") / 1e6, 1)
    if edits:
        found |= figures(f"ours_{size}_again", [_built(root)])
        found |= figures(f"ours_{size}_edit", [_edited(root, path) for path in item_files(root)[:EDITS]])
        found[f"ours_{size}_edit_inside_seconds"] = round(_inside(root), 3)
    return found


def _forget(root: Path, folder: Path) -> None:
    """The next build is a cold one, on a disk that is at rest."""
    state = root / ".hall"
    if state.exists():
        state.rename(folder / f"state-{time.monotonic_ns()}")
    os.sync()


def _pages(root: Path, folder: Path, size: int, rounds: int) -> dict[str, float]:
    """Ours and Hugo in turns, each into a folder that is not there yet."""
    has_hugo = shutil.which("hugo") is not None and rounds > 0
    if has_hugo:
        hugo_site.write_site(root, folder / "hugo")
    ours: list[Run] = []
    hugo: list[Run] = []
    for number in range(max(1, rounds)):
        _forget(root, folder)
        ours.append(python("-c", _PAGES_ONLY, str(root), str(folder / f"pages-{number}")))
        if has_hugo:
            os.sync()
            hugo.append(run(["hugo", "--quiet", "-d", str(folder / f"hugo-{number}")], folder / "hugo"))
    found = figures(f"ours_{size}_pages", ours) | _weight(f"ours_{size}", folder / "pages-0")
    if hugo:
        found |= figures(f"hugo_{size}", hugo) | _weight(f"hugo_{size}", folder / "hugo-0")
        for kind in ("seconds", "processor_seconds"):
            found[f"hugo_{size}_to_ours_{kind}"] = round(
                found[f"hugo_{size}_{kind}"] / found[f"ours_{size}_pages_{kind}"], 2
            )
    return found


def _material(root: Path, folder: Path, name: str, whole: bool, ours: float) -> dict[str, float]:
    """As it comes (`whole`: every page in the navigation of every page), or helped to a short navigation."""
    material_site.write_site(root, folder / name, whole)
    os.sync()
    once = run([*material_site.command(), "build", "--quiet"], folder / name)
    ratio = {f"{name}_to_ours_seconds": round(once.seconds / ours, 1)}
    return figures(name, [once]) | _weight(name, folder / name / "site") | ratio


def _weight(name: str, site: Path) -> dict[str, float]:
    """Pages, all files, and bytes of an item's page."""
    pages = [path.stat().st_size for path in site.glob("items/*/index.html")]
    return {
        f"{name}_pages": sum(1 for _ in site.rglob("*.html")),
        f"{name}_files": sum(1 for path in site.rglob("*") if path.is_file()),
        f"{name}_bytes_per_page": round(sum(pages) / max(1, len(pages))),
    }


def _bytes(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.rglob(pattern) if path.is_file())


def item_files(root: Path) -> list[Path]:
    """The items' files, in order."""
    return [path for path in sorted(root.glob("items/*/*.yml")) if path.name != "department.yml"]


def _edited(root: Path, path: Path) -> Run:
    rename(path)
    return _built(root)


def rename(path: Path) -> None:
    """The dearest edit: another name moves the item to other places of all its lists."""
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\nname: ", "\nname: 改动过的", 1), encoding="utf-8")


def _inside(root: Path) -> float:
    """Median seconds of five builds as a running hall has them done, each after one more item was renamed."""
    compiler = Compiler(Root(root), (), root / "site")
    seconds = []
    for path in item_files(root)[EDITS : 2 * EDITS]:
        # The hall looks for edits every two seconds; by then the process of the next build waits.
        compiler.prepare()
        time.sleep(LOADING_SECONDS)
        rename(path)
        started = time.perf_counter()
        compiler.build()
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
    python(
        "-m", "hall", "import", str(repeated), "--root", str(root), "--mapping", "guangdong",
        "--into", str(root / "items"),
    )  # fmt: skip
    repeated.unlink()
    return root


def _built(root: Path) -> Run:
    return python("-m", "hall", "build", "--root", str(root), "--json")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
